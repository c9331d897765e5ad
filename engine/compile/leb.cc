#include "engine/compile/leb.h"

namespace ashlar::compile {

LebResult ReadLebU32(const uint8_t* p) {
  uint32_t value = 0;
  for (uint32_t shift = 0; shift < 35; shift += 7) {
    const uint8_t byte = *p++;
    if (shift == 28 && byte > 0x0f) break;
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return {value, p};
  }
  return {0, nullptr};
}

LebResult ReadLebSigned(const uint8_t* p, uint32_t bits) {
  uint64_t value = 0;
  for (uint32_t shift = 0; shift < bits; shift += 7) {
    const uint8_t byte = *p++;
    if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    const uint32_t left = bits - shift;
    if (left <= 7) {
      // The unused bits of the last byte must all equal the sign.
      const auto top = static_cast<uint8_t>((byte & 0x7f) >> (left - 1));
      const auto ones = static_cast<uint8_t>(0x7f >> (left - 1));
      if (byte >= 0x80 || (top != 0 && top != ones)) break;
    }
    if (byte < 0x80) {
      const uint32_t used = shift + 7;
      if (used < 64 && (byte & 0x40) != 0) value |= ~uint64_t{0} << used;
      return {value, p};
    }
  }
  return {0, nullptr};
}

}  // namespace ashlar::compile
