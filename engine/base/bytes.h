// Byte strings, their views, hexadecimal text, little-endian numbers.
#ifndef ENGINE_BASE_BYTES_H_
#define ENGINE_BASE_BYTES_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ashlar::base {

// An owning byte string: keys, values, inputs, outputs.
using Bytes = std::string;
// A view of bytes that are read as numbers. Text-like views and views of
// Bytes are absl::string_view.
using ByteSpan = absl::Span<const uint8_t>;

inline ByteSpan AsSpan(absl::string_view bytes) {
  return ByteSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

inline absl::string_view AsView(ByteSpan bytes) {
  return absl::string_view(reinterpret_cast<const char*>(bytes.data()),
                           bytes.size());
}

// Two lower-case digits a byte, no prefix.
std::string HexEncode(absl::string_view bytes);

// The inverse of HexEncode; takes upper-case digits, too. INVALID_ARGUMENT
// with the position of the first character that is not a digit, or with the
// length where that is odd. A prefix `0x` is an error.
absl::StatusOr<Bytes> HexDecode(absl::string_view hex);

// Numbers in memory are little-endian in every format of ours and of wasm, so
// loads and stores are plain copies.
static_assert(std::endian::native == std::endian::little);

// Reads a T at `from`, which need not be aligned. REQUIRES: sizeof(T) bytes.
template <typename T>
inline T LoadLe(const void* from) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

// Writes `value` at `to`, which need not be aligned. REQUIRES: room for
// sizeof(T) bytes. Name T where the argument's type is not the format's.
template <typename T>
inline void StoreLe(void* to, std::type_identity_t<T> value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(to, &value, sizeof(T));
}

}  // namespace ashlar::base

#endif  // ENGINE_BASE_BYTES_H_
