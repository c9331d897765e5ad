#include "rpc/work_queue.h"

#include <atomic>
#include <latch>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace ashlar::rpc {
namespace {

// Says that it began, then waits to be let go.
struct Gate final : WorkQueue::Task {
  void Run() override {
    began.count_down();
    open.wait();
  }
  std::latch began{1};
  std::latch open{1};
};

struct Count final : WorkQueue::Task {
  void Run() override { ++*total; }
  std::atomic<int>* total = nullptr;
};

TEST(WorkQueueTest, RunsEverythingBeforeItEnds) {
  std::atomic<int> total = 0;
  std::vector<Count> tasks(100);
  {
    WorkQueue queue(2, 100);
    for (Count& task : tasks) {
      task.total = &total;
      ASSERT_TRUE(queue.Submit(&task));
    }
  }
  EXPECT_EQ(total, 100);
}

// Nobody waits for its threads to begin.
TEST(WorkQueueTest, TakesTasksAtOnce) {
  for (int i = 0; i < 100; ++i) {
    std::atomic<int> total = 0;
    Count first, second;
    first.total = second.total = &total;
    {
      WorkQueue queue(2, 0);
      EXPECT_TRUE(queue.Submit(&first));
      EXPECT_TRUE(queue.Submit(&second));
    }
    EXPECT_EQ(total, 2);
  }
}

TEST(WorkQueueTest, RefusesWhatDoesNotFit) {
  std::atomic<int> total = 0;
  Gate gate;
  Count first, second;
  first.total = second.total = &total;
  {
    WorkQueue queue(1, 1);
    ASSERT_TRUE(queue.Submit(&gate));
    gate.began.wait();
    EXPECT_EQ(queue.waiting(), 0u);
    EXPECT_TRUE(queue.Submit(&first));
    EXPECT_EQ(queue.waiting(), 1u);
    EXPECT_FALSE(queue.Submit(&second));
    gate.open.count_down();
  }
  EXPECT_EQ(total, 1);
}

}  // namespace
}  // namespace ashlar::rpc
