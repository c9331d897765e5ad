#include "engine/base/int128.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ashlar::base {

absl::StatusOr<Balance> ParseBalance(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("no digits");
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return absl::InvalidArgumentError(
          absl::StrCat("no decimal digit at position ", i));
    }
  }
  Balance balance = 0;
  for (char c : text) {
    if (__builtin_mul_overflow(balance, Balance{10}, &balance) ||
        __builtin_add_overflow(balance, Balance(c - '0'), &balance)) {
      return absl::OutOfRangeError("more than 128 bits");
    }
  }
  return balance;
}

std::string FormatBalance(Balance balance) {
  std::string text;
  do {
    text.push_back(static_cast<char>('0' + static_cast<int>(balance % 10)));
    balance /= 10;
  } while (balance != 0);
  std::reverse(text.begin(), text.end());
  return text;
}

}  // namespace ashlar::base
