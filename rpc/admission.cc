#include "rpc/admission.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"

namespace ashlar::rpc {
namespace {

absl::Status Draining() {
  return absl::UnavailableError(
      "the server is shutting down; send the call to another one, or again "
      "when it is back");
}

}  // namespace

Admission::Admission(const AdmissionOptions& options)
    : quota_(options.quota_fuel_per_second),
      queue_(options.worker_count, options.waiting_max) {}

absl::Status Admission::Enter(WorkQueue::Task* task, absl::string_view client) {
  RETURN_IF_ERROR(quota_.Admit(client, absl::Now()));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (draining_) return Draining();
    ++inside_;
  }
  if (queue_.Submit(task)) return absl::OkStatus();
  Leave();
  return absl::ResourceExhaustedError(
      absl::StrCat("the server is busy: ", queue_.waiting_max(),
                   " calls wait already; try again later"));
}

void Admission::Leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  --inside_;
  // Under the lock: whoever waits may destroy this once it has it.
  if (inside_ == 0) emptied_.notify_all();
}

void Admission::Drain() {
  const std::lock_guard<std::mutex> lock(mutex_);
  draining_ = true;
}

absl::Status Admission::CheckOpen() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return draining_ ? Draining() : absl::OkStatus();
}

bool Admission::WaitUntilEmpty(absl::Duration timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  // So long that a point in time still holds it.
  const absl::Duration bounded = std::min(timeout, absl::Hours(24 * 365));
  return emptied_.wait_for(lock, absl::ToChronoNanoseconds(bounded),
                           [this] { return inside_ == 0; });
}

size_t Admission::inside() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return inside_;
}

}  // namespace ashlar::rpc
