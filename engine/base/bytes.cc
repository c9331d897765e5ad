#include "engine/base/bytes.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ashlar::base {
namespace {

// -1 for a character that is not a hexadecimal digit.
int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string HexEncode(absl::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (uint8_t byte : AsSpan(bytes)) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

absl::StatusOr<Bytes> HexDecode(absl::string_view hex) {
  for (size_t i = 0; i < hex.size(); ++i) {
    if (DigitValue(hex[i]) < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("no hexadecimal digit at position ", i));
    }
  }
  if (hex.size() % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("odd number of hexadecimal digits: ", hex.size()));
  }
  Bytes bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<char>(DigitValue(hex[i]) << 4 | DigitValue(hex[i + 1])));
  }
  return bytes;
}

}  // namespace ashlar::base
