// memory.fill and memory.copy of a few bytes, without a call: a handler that
// calls nothing need not save its registers.
#ifndef ENGINE_INTERP_SMALL_BULK_H_
#define ENGINE_INTERP_SMALL_BULK_H_

#include <cstdint>

#include "engine/interp/op.h"
#include "engine/interp/registers.h"

namespace ashlar::interp {

struct Word128 {
  uint64_t low;
  uint64_t high;
};

// REQUIRES: n <= kSmallBulkBytes. Overlapping is fine: all is read before
// anything is written.
inline void CopySmall(uint8_t* dst, const uint8_t* src, uint64_t n) {
  if (n > 32) {
    const auto a = LoadAs<Word128>(src);
    const auto b = LoadAs<Word128>(src + 16);
    const auto c = LoadAs<Word128>(src + n - 32);
    const auto d = LoadAs<Word128>(src + n - 16);
    StoreAs(dst, a);
    StoreAs(dst + 16, b);
    StoreAs(dst + n - 32, c);
    StoreAs(dst + n - 16, d);
  } else if (n >= 16) {
    const auto a = LoadAs<Word128>(src);
    const auto b = LoadAs<Word128>(src + n - 16);
    StoreAs(dst, a);
    StoreAs(dst + n - 16, b);
  } else if (n >= 8) {
    const auto a = LoadAs<uint64_t>(src);
    const auto b = LoadAs<uint64_t>(src + n - 8);
    StoreAs(dst, a);
    StoreAs(dst + n - 8, b);
  } else if (n >= 4) {
    const auto a = LoadAs<uint32_t>(src);
    const auto b = LoadAs<uint32_t>(src + n - 4);
    StoreAs(dst, a);
    StoreAs(dst + n - 4, b);
  } else if (n != 0) {
    const uint8_t a = src[0];
    const uint8_t b = src[n / 2];
    const uint8_t c = src[n - 1];
    dst[0] = a;
    dst[n / 2] = b;
    dst[n - 1] = c;
  }
}

// 8 bytes that repeat the low 1 << width_log2 bytes of `value`; those are 1, 4
// or 8.
inline uint64_t RepeatedValue(uint64_t value, uint32_t width_log2) {
  if (width_log2 == 0) return (value & 0xff) * 0x0101010101010101;
  return width_log2 == 2 ? (value & 0xffffffff) * 0x0000000100000001 : value;
}

// REQUIRES: n <= kSmallBulkBytes, and whole repetitions in `v` (RepeatedValue).
inline void FillSmall(uint8_t* dst, uint64_t v, uint64_t n) {
  const Word128 w = {v, v};
  if (n > 32) {
    StoreAs(dst, w);
    StoreAs(dst + 16, w);
    StoreAs(dst + n - 32, w);
    StoreAs(dst + n - 16, w);
  } else if (n >= 16) {
    StoreAs(dst, w);
    StoreAs(dst + n - 16, w);
  } else if (n >= 8) {
    StoreAs(dst, v);
    StoreAs(dst + n - 8, v);
  } else if (n >= 4) {
    StoreAs(dst, static_cast<uint32_t>(v));
    StoreAs(dst + n - 4, static_cast<uint32_t>(v));
  } else if (n != 0) {
    dst[0] = static_cast<uint8_t>(v);
    dst[n / 2] = static_cast<uint8_t>(v);
    dst[n - 1] = static_cast<uint8_t>(v);
  }
}

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_SMALL_BULK_H_
