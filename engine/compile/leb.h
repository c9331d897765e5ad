// LEB128 for the translator's cursor: fast for up to four bytes; the rest is
// out of line. Reads up to four bytes at the cursor whatever they are (the
// module's bytes are padded).
#ifndef ENGINE_COMPILE_LEB_H_
#define ENGINE_COMPILE_LEB_H_

#include <cstdint>
#include <cstring>

namespace ashlar::compile {

#define ASHLAR_INLINE inline __attribute__((always_inline))

struct LebResult {
  uint64_t value;
  const uint8_t* next;  // nullptr: not a LEB128 of that width
};
// Any length; `bits` 32, 33 or 64.
LebResult ReadLebU32(const uint8_t* p);
LebResult ReadLebSigned(const uint8_t* p, uint32_t bits);

// Joins the 7-bit groups of the first `count` (1-4) bytes of `word`.
ASHLAR_INLINE uint32_t JoinLeb(uint32_t word, uint32_t count) {
  word &= 0xffffffffu >> (32 - 8 * count);
  return (word & 0x7f) | ((word >> 1) & 0x3f80) | ((word >> 2) & 0x1fc000) |
         ((word >> 3) & 0xfe00000);
}
// The length if it is at most four bytes, else 0.
ASHLAR_INLINE uint32_t ShortLebLength(uint32_t word) {
  const uint32_t last = ~word & 0x80808080u;
  if (last == 0) return 0;
  return static_cast<uint32_t>(__builtin_ctz(last) >> 3) + 1;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_LEB_H_
