// Modules of this room's tests, written as hexadecimal.
#ifndef ENGINE_WASM_TEST_BYTES_H_
#define ENGINE_WASM_TEST_BYTES_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ashlar::wasm {

// The bytes of `hex`; blanks are passed over, text in single quotes stands
// for itself, and braces stand for the size of what they hold, as one byte of
// LEB128, and what they hold. CHECKs its form.
std::vector<uint8_t> Hex(absl::string_view hex);

// The preamble of a module, then Hex(sections).
std::vector<uint8_t> HexModule(absl::string_view sections);

// Without a byte behind the last, so that a sanitizer sees every read beyond.
inline absl::Span<const uint8_t> Exactly(const std::vector<uint8_t>& bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_TEST_BYTES_H_
