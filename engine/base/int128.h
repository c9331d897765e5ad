// Balances: unsigned 128-bit integers and their decimal text.
#ifndef ENGINE_BASE_INT128_H_
#define ENGINE_BASE_INT128_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ashlar::base {

using Balance = unsigned __int128;

inline constexpr Balance kBalanceMax = ~Balance{0};

// Decimal digits without sign, blanks or separators; leading zeros are fine.
// INVALID_ARGUMENT names the position of another character; OUT_OF_RANGE at
// 2^128 and above.
absl::StatusOr<Balance> ParseBalance(absl::string_view text);

std::string FormatBalance(Balance balance);

}  // namespace ashlar::base

#endif  // ENGINE_BASE_INT128_H_
