#include "rpc/admission.h"

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
    absl::MutexLock lock(&mutex_);
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
  absl::MutexLock lock(&mutex_);
  --inside_;
}

void Admission::Drain() {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
}

absl::Status Admission::CheckOpen() const {
  absl::MutexLock lock(&mutex_);
  return draining_ ? Draining() : absl::OkStatus();
}

bool Admission::WaitUntilEmpty(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto is_empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return inside_ == 0;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&is_empty), timeout);
}

size_t Admission::inside() const {
  absl::MutexLock lock(&mutex_);
  return inside_;
}

}  // namespace ashlar::rpc
