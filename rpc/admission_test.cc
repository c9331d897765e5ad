#include "rpc/admission.h"

#include <latch>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "rpc/work_queue.h"

namespace ashlar::rpc {
namespace {

// Stays inside until it is let go.
struct Gate final : WorkQueue::Task {
  void Run() override {
    began.count_down();
    open.wait();
    admission->Leave();
  }
  Admission* admission = nullptr;
  std::latch began{1};
  std::latch open{1};
};

TEST(AdmissionTest, RefusesWhenTheQueueIsFull) {
  Admission admission({.worker_count = 1, .waiting_max = 0});
  Gate running, refused;
  running.admission = refused.admission = &admission;
  const absl::Status entered = admission.Enter(&running, "");
  ASSERT_TRUE(entered.ok()) << entered;
  running.began.wait();
  const absl::Status status = admission.Enter(&refused, "");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(),
            "the server is busy: 0 calls wait already; try again later");
  EXPECT_EQ(admission.inside(), 1u);
  running.open.count_down();
  EXPECT_TRUE(admission.WaitUntilEmpty(absl::Seconds(10)));
}

TEST(AdmissionTest, DrainsWhatIsInside) {
  Admission admission({.worker_count = 1, .waiting_max = 8});
  Gate running, late;
  running.admission = late.admission = &admission;
  ASSERT_TRUE(admission.Enter(&running, "").ok());
  EXPECT_TRUE(admission.CheckOpen().ok());
  admission.Drain();
  EXPECT_EQ(admission.Enter(&late, "").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(admission.CheckOpen().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(admission.WaitUntilEmpty(absl::Milliseconds(10)));
  running.open.count_down();
  EXPECT_TRUE(admission.WaitUntilEmpty(absl::Seconds(10)));
  EXPECT_EQ(admission.inside(), 0u);
}

TEST(AdmissionTest, RefusesAClientInDebtAndNoOther) {
  Admission admission(
      {.worker_count = 1, .waiting_max = 8, .quota_fuel_per_second = 1});
  admission.quota()->Charge("a", 1'000'000, absl::Now());
  Gate refused, taken;
  refused.admission = taken.admission = &admission;
  EXPECT_EQ(admission.Enter(&refused, "a").code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(admission.Enter(&taken, "b").ok());
  taken.open.count_down();
  EXPECT_TRUE(admission.WaitUntilEmpty(absl::Seconds(10)));
}

}  // namespace
}  // namespace ashlar::rpc
