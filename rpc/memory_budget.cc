#include "rpc/memory_budget.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ashlar::rpc {
namespace {

constexpr uint64_t kPageBytes = 65'536;

}  // namespace

uint64_t BytesOf(const engine::ExecuteRequest& request,
                 const engine::Profile& profile) {
  // Both factors are u32 and limits.def keeps the depth small, so nothing here
  // comes near 2^64. Without an ABI there are no nested contracts.
  const uint64_t depth =
      profile.abi == engine::Abi::kNone ? 1 : profile.limits.contract_depth_max;
  uint64_t pages = depth * profile.limits.memory_pages_max;
  if (request.limits.peak_pages != 0) {
    pages = std::min(pages, request.limits.peak_pages);
  }
  return pages * kPageBytes + profile.limits.return_size_bytes_max;
}

absl::StatusOr<MemoryBudget::Reservation> MemoryBudget::Reserve(
    uint64_t bytes) {
  if (bytes_max_ == 0) return Reservation();
  uint64_t reserved = reserved_;
  do {
    if (bytes > bytes_max_ || reserved > bytes_max_ - bytes) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "the call may come to use ", bytes, " bytes of memory and ",
          bytes_max_ - reserved, " of ", bytes_max_,
          " are free; set limits.peak_pages lower, or try again later"));
    }
  } while (!reserved_.compare_exchange_weak(reserved, reserved + bytes));
  return Reservation(this, bytes);
}

MemoryBudget::Reservation::~Reservation() {
  if (budget_ != nullptr) budget_->reserved_ -= bytes_;
}

}  // namespace ashlar::rpc
