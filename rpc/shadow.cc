#include "rpc/shadow.h"

#include <new>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "naive/check.h"
#include "replay/archive.h"

namespace ashlar::rpc {

Shadow::Shadow(ShadowOptions options)
    : options_(std::move(options)), thread_([this] { Work(); }) {}

Shadow::~Shadow() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Shadow::Wants() {
  const uint64_t percent = options_.percent;
  const uint64_t n = seen_.fetch_add(1, std::memory_order_relaxed) % 100;
  return (n + 1) * percent / 100 != n * percent / 100;
}

void Shadow::Submit(base::Bytes record) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (waiting_.size() >= options_.waiting_max ||
        waiting_bytes_ + record.size() > options_.waiting_bytes_max) {
      ++dropped_;
      return;
    }
    waiting_bytes_ += record.size();
    waiting_.push_back(std::move(record));
  }
  changed_.notify_all();
}

void Shadow::Finish() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && !is_busy_; });
}

void Shadow::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_closing_ || !waiting_.empty(); });
    if (is_closing_) return;
    base::Bytes record = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= record.size();
    is_busy_ = true;
    lock.unlock();
    // The naive implementation copies its state; a machine without memory for
    // that has no second opinion, and goes on serving.
    try {
      Check(record);
    } catch (const std::bad_alloc&) {
      ++skipped_;
    }
    lock.lock();
    is_busy_ = false;
    changed_.notify_all();
  }
}

void Shadow::Check(const base::Bytes& record) {
  const auto check = [&]() -> absl::StatusOr<naive::CheckResult> {
    ASSIGN_OR_RETURN(const replay::Archive archive,
                     replay::Archive::Parse(record));
    if (archive.size() != 1)
      return absl::InvalidArgumentError("not one record");
    return naive::Check(archive, 0, options_.engine, options_.fuel_max);
  };
  const absl::StatusOr<naive::CheckResult> result = check();
  std::string reason;
  if (!result.ok()) {
    // The engine could read and execute what this cannot.
    reason = absl::StrCat("no second answer: ", result.status().message());
  } else if (result->agreement == naive::Agreement::kSkipped) {
    ++skipped_;
    return;
  } else if (result->agreement == naive::Agreement::kDiffers) {
    reason = result->reason;
  }
  ++executions_;
  if (reason.empty()) return;
  ++mismatches_;
  if (options_.on_mismatch) options_.on_mismatch(reason, record);
}

}  // namespace ashlar::rpc
