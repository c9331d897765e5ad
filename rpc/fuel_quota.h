// How much fuel per second a client may burn. It decides who is admitted and
// never what an execution answers.
#ifndef RPC_FUEL_QUOTA_H_
#define RPC_FUEL_QUOTA_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace ashlar::rpc {

// The part of a gRPC peer name that stays the same over connections:
// "ipv4:10.0.0.1:5000" is client "ipv4:10.0.0.1"; all users of a Unix socket
// are one client.
std::string ClientOfPeer(absl::string_view peer);

// A bucket a client holds one second's fuel and refills steadily. Fuel is
// taken after it was burned, because limits say little (they are often the
// maximum): a client in debt is refused until the debt is refilled.
// Thread-safe.
class FuelQuota {
 public:
  // 0: everything is admitted and nothing is counted.
  explicit FuelQuota(uint64_t fuel_per_second);

  // RESOURCE_EXHAUSTED, with the time to wait, while the client is in debt.
  absl::Status Admit(absl::string_view client, absl::Time now);
  void Charge(absl::string_view client, uint64_t fuel, absl::Time now);

  uint64_t fuel_per_second() const { return fuel_per_second_; }
  // Clients that are remembered; for tests.
  size_t client_count() const;

 private:
  struct Bucket {
    int64_t fuel = 0;  // negative: debt
    absl::Time filled;
  };
  // REQUIRES, as ForgetFull: mutex_ is held. Refills; returns the client's
  // bucket, a new one being full.
  Bucket& Refill(absl::string_view client, absl::Time now);
  void ForgetFull(absl::Time now);
  void Refill(Bucket* bucket, absl::Time now) const;

  const uint64_t fuel_per_second_;
  mutable std::mutex mutex_;  // guards all members below
  absl::flat_hash_map<std::string, Bucket> buckets_;
  size_t sweep_at_;
};

}  // namespace ashlar::rpc

#endif  // RPC_FUEL_QUOTA_H_
