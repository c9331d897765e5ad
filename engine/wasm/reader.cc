#include "engine/wasm/reader.h"

#include <cstring>

namespace ashlar::wasm {
namespace {

// Skips ASCII from `i`, eight bytes at a time.
size_t SkipAscii(const uint8_t* p, size_t i, size_t size) {
  while (size - i >= 8) {
    uint64_t word;
    std::memcpy(&word, p + i, 8);
    if ((word & 0x8080808080808080) != 0) break;
    i += 8;
  }
  while (i < size && p[i] < 0x80) ++i;
  return i;
}

// The length of the well-formed multi-byte sequence at p, 0 if there is none.
// The second byte's range rules out overlong forms, surrogates and what is
// beyond U+10FFFF (Unicode, table 3-7).
size_t SequenceLength(const uint8_t* p, size_t size) {
  const uint8_t lead = p[0];
  const size_t length = lead < 0xc2   ? 0
                        : lead < 0xe0 ? 2
                        : lead < 0xf0 ? 3
                        : lead < 0xf5 ? 4
                                      : 0;
  if (length == 0 || length > size) return 0;
  uint8_t low = 0x80;
  uint8_t high = 0xbf;
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  if (p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((p[i] & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const size_t size = text.size();
  size_t i = 0;
  while ((i = SkipAscii(p, i, size)) < size) {
    const size_t length = SequenceLength(p + i, size - i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

absl::string_view Reader::Name() {
  const uint32_t size = Length();
  const uint8_t* at = Bytes(size);
  if (!ok()) return {};
  absl::string_view name(reinterpret_cast<const char*>(at), size);
  if (!IsUtf8(name)) {
    Fail(ViolationCode::kMalformedUtf8, at);
    return {};
  }
  return name;
}

template <int kBits, bool kSigned>
uint64_t Reader::LongLeb() {
  uint64_t value = 0;
  for (int shift = 0; shift < kBits; shift += 7) {
    const uint8_t* at = pos_;
    const uint8_t byte = Byte();
    if (!ok()) return 0;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    const int bits_left = kBits - shift;
    if (bits_left < 7) {
      // The last byte's spare bits are zero, or copies of the sign.
      const int used = kSigned ? bits_left - 1 : bits_left;
      const uint8_t spare = 0x7f & ~((1u << used) - 1);
      const uint8_t have = byte & spare;
      if (have != 0 && !(kSigned && have == spare)) {
        Fail(ViolationCode::kIntegerTooLarge, at);
        return 0;
      }
    }
    if (byte < 0x80) {
      const int used = shift + 7;
      if (kSigned && used < 64 && (byte & 0x40) != 0) {
        value |= ~uint64_t{0} << used;
      }
      return value;
    }
  }
  Fail(ViolationCode::kIntegerRepresentationTooLong, pos_);
  return 0;
}

template uint64_t Reader::LongLeb<32, false>();
template uint64_t Reader::LongLeb<32, true>();
template uint64_t Reader::LongLeb<33, true>();
template uint64_t Reader::LongLeb<64, true>();

}  // namespace ashlar::wasm
