#include "engine/wasm/test_bytes.h"

#include "absl/strings/ascii.h"
#include "engine/base/check.h"

namespace ashlar::wasm {
namespace {

uint8_t Digit(char c) {
  CHECK(absl::ascii_isxdigit(c));
  if (absl::ascii_isdigit(c)) return static_cast<uint8_t>(c - '0');
  return static_cast<uint8_t>(absl::ascii_tolower(c) - 'a' + 10);
}

}  // namespace

std::vector<uint8_t> Hex(absl::string_view hex) {
  std::vector<uint8_t> bytes;
  std::vector<size_t> open;  // where sizes are to be written
  size_t i = 0;
  while (i < hex.size()) {
    if (absl::ascii_isspace(hex[i])) {
      ++i;
    } else if (hex[i] == '{') {
      open.push_back(bytes.size());
      bytes.push_back(0);
      ++i;
    } else if (hex[i] == '}') {
      CHECK(!open.empty());
      const size_t size = bytes.size() - open.back() - 1;
      CHECK(size < 0x80);
      bytes[open.back()] = static_cast<uint8_t>(size);
      open.pop_back();
      ++i;
    } else if (hex[i] == '\'') {
      for (++i; i < hex.size() && hex[i] != '\''; ++i) {
        bytes.push_back(static_cast<uint8_t>(hex[i]));
      }
      ++i;
    } else {
      CHECK(i + 1 < hex.size());
      bytes.push_back(
          static_cast<uint8_t>(Digit(hex[i]) << 4 | Digit(hex[i + 1])));
      i += 2;
    }
  }
  CHECK(open.empty());
  bytes.shrink_to_fit();
  return bytes;
}

std::vector<uint8_t> HexModule(absl::string_view sections) {
  std::vector<uint8_t> bytes = Hex("00'asm'01 00 00 00");
  const std::vector<uint8_t> rest = Hex(sections);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace ashlar::wasm
