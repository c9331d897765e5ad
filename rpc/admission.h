// Decides which calls a server takes on: a bounded queue, a quota a client,
// nothing more once it drains.
#ifndef RPC_ADMISSION_H_
#define RPC_ADMISSION_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rpc/fuel_quota.h"
#include "rpc/work_queue.h"

namespace ashlar::rpc {

struct AdmissionOptions {
  size_t worker_count = 1;
  size_t waiting_max = 1024;
  uint64_t quota_fuel_per_second = 0;  // a client; 0: none
};

// Thread-safe.
class Admission {
 public:
  explicit Admission(const AdmissionOptions& options);

  // Queues the task, which then is inside until Leave(). UNAVAILABLE (the
  // server drains), RESOURCE_EXHAUSTED (quota, full queue): it was not taken.
  absl::Status Enter(WorkQueue::Task* task, absl::string_view client);
  void Leave();

  // Takes on nothing from here on.
  void Drain();
  // UNAVAILABLE once the server drains; for calls that are not queued.
  absl::Status CheckOpen() const;
  // Whether all that was taken has left, after `timeout` at most.
  bool WaitUntilEmpty(absl::Duration timeout);

  size_t inside() const;
  const WorkQueue& queue() const { return queue_; }
  FuelQuota* quota() { return &quota_; }

 private:
  FuelQuota quota_;
  mutable std::mutex mutex_;  // guards the three members below
  std::condition_variable emptied_;
  size_t inside_ = 0;
  bool draining_ = false;
  // The last member: its threads end before what they use does.
  WorkQueue queue_;
};

}  // namespace ashlar::rpc

#endif  // RPC_ADMISSION_H_
