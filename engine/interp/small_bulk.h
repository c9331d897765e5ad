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

// REQUIRES: n <= kSmallBulkBytes.
inline void FillSmall(uint8_t* dst, uint8_t value, uint64_t n) {
  const uint64_t v = value * uint64_t{0x0101010101010101};
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
    dst[0] = value;
    dst[n / 2] = value;
    dst[n - 1] = value;
  }
}

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_SMALL_BULK_H_
