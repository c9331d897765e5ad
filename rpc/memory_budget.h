// Memory that running calls may come to use, reserved before they run: a call
// that the machine could not hold is refused, not begun (ARCHITECTURE.md,
// decision 6).
#ifndef RPC_MEMORY_BUDGET_H_
#define RPC_MEMORY_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/profile.h"
#include "engine/request.h"

namespace ashlar::rpc {

// Bytes that an execution of `request` under `profile` can come to use: its
// linear memories over the whole call tree, and what it returns.
uint64_t BytesOf(const engine::ExecuteRequest& request,
                 const engine::Profile& profile);

// Thread-safe.
class MemoryBudget {
 public:
  // 0: everything is granted.
  explicit MemoryBudget(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Gives its bytes back at its end. The budget outlives it.
  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          bytes_(other.bytes_) {}
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation();

   private:
    friend class MemoryBudget;
    Reservation(MemoryBudget* budget, uint64_t bytes)
        : budget_(budget), bytes_(bytes) {}

    MemoryBudget* budget_ = nullptr;
    uint64_t bytes_ = 0;
  };

  // RESOURCE_EXHAUSTED: the budget has not as much left, or never had.
  absl::StatusOr<Reservation> Reserve(uint64_t bytes);

  uint64_t bytes_reserved() const { return reserved_; }

 private:
  const uint64_t bytes_max_;
  std::atomic<uint64_t> reserved_ = 0;
};

}  // namespace ashlar::rpc

#endif  // RPC_MEMORY_BUDGET_H_
