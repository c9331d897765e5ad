// Meaning of the numeric instructions (spec 2.0, 4.3), one expression each:
// SEM_Name(x) or SEM_Name(x, y). Operands and results are u32, u64, float or
// double; results of comparisons are 0 or 1.
// Wired to opcodes.def by ops_numeric.inc.
#ifndef ENGINE_INTERP_SEMANTICS_H_
#define ENGINE_INTERP_SEMANTICS_H_

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace ashlar::interp {

inline constexpr uint32_t kCanonicalNan32 = 0x7fc00000;
inline constexpr uint64_t kCanonicalNan64 = 0x7ff8000000000000;

inline uint32_t Bits(float v) {
  uint32_t b;
  std::memcpy(&b, &v, sizeof b);
  return b;
}
inline uint64_t Bits(double v) {
  uint64_t b;
  std::memcpy(&b, &v, sizeof b);
  return b;
}
template <typename F>
inline F FloatOf(std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t> bits) {
  F v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}
// Results of arithmetic: every NaN becomes the canonical one (the profile's
// float rule), because processors differ in the payloads they make. The asm
// statement keeps this a branch, which is predicted: a conditional move would
// lengthen every chain of float operations.
inline float Canonical(float v) {
  if (__builtin_expect(v != v, 0)) {
    __asm__ volatile("");
    return FloatOf<float>(kCanonicalNan32);
  }
  return v;
}
inline double Canonical(double v) {
  if (__builtin_expect(v != v, 0)) {
    __asm__ volatile("");
    return FloatOf<double>(kCanonicalNan64);
  }
  return v;
}

template <typename F>
inline F FloatMin(F x, F y) {
  if (x != x || y != y) return x + y;
  if (x == y) return std::signbit(x) ? x : y;  // -0 < +0
  return x < y ? x : y;
}
template <typename F>
inline F FloatMax(F x, F y) {
  if (x != x || y != y) return x + y;
  if (x == y) return std::signbit(x) ? y : x;
  return x > y ? x : y;
}

// Truncations. Exclusive bounds are exact in the source type.
template <typename F>
inline bool FitsI32(F v) {
  if constexpr (sizeof(F) == 4) return v >= -2147483648.0f && v < 2147483648.0f;
  return v > -2147483649.0 && v < 2147483648.0;
}
template <typename F>
inline bool FitsU32(F v) {
  return v > F{-1} && v < F{4294967296.0};
}
template <typename F>
inline bool FitsI64(F v) {
  return v >= F{-9223372036854775808.0} && v < F{9223372036854775808.0};
}
template <typename F>
inline bool FitsU64(F v) {
  return v > F{-1} && v < F{18446744073709551616.0};
}
template <typename F>
inline uint32_t SatI32(F v) {
  if (v != v) return 0;
  if (!FitsI32(v)) return v < 0 ? 0x80000000u : 0x7fffffffu;
  return static_cast<uint32_t>(static_cast<int32_t>(v));
}
template <typename F>
inline uint32_t SatU32(F v) {
  if (!FitsU32(v)) return v > 0 ? 0xffffffffu : 0;
  return static_cast<uint32_t>(v);
}
template <typename F>
inline uint64_t SatI64(F v) {
  if (v != v) return 0;
  if (!FitsI64(v)) {
    return v < 0 ? uint64_t{1} << 63 : ~uint64_t{0} >> 1;
  }
  return static_cast<uint64_t>(static_cast<int64_t>(v));
}
template <typename F>
inline uint64_t SatU64(F v) {
  if (!FitsU64(v)) return v > 0 ? ~uint64_t{0} : 0;
  return static_cast<uint64_t>(v);
}

}  // namespace ashlar::interp

// Sign changes of the bits.
#define ASHLAR_S32(v) static_cast<int32_t>(v)
#define ASHLAR_S64(v) static_cast<int64_t>(v)
#define ASHLAR_U32(v) static_cast<uint32_t>(v)
#define ASHLAR_U64(v) static_cast<uint64_t>(v)

#define SEM_I32Eqz(x) (x) == 0
#define SEM_I32Eq(x, y) (x) == (y)
#define SEM_I32Ne(x, y) (x) != (y)
#define SEM_I32LtS(x, y) ASHLAR_S32(x) < ASHLAR_S32(y)
#define SEM_I32LtU(x, y) (x) < (y)
#define SEM_I32GtS(x, y) ASHLAR_S32(x) > ASHLAR_S32(y)
#define SEM_I32GtU(x, y) (x) > (y)
#define SEM_I32LeS(x, y) ASHLAR_S32(x) <= ASHLAR_S32(y)
#define SEM_I32LeU(x, y) (x) <= (y)
#define SEM_I32GeS(x, y) ASHLAR_S32(x) >= ASHLAR_S32(y)
#define SEM_I32GeU(x, y) (x) >= (y)
#define SEM_I64Eqz(x) (x) == 0
#define SEM_I64Eq(x, y) (x) == (y)
#define SEM_I64Ne(x, y) (x) != (y)
#define SEM_I64LtS(x, y) ASHLAR_S64(x) < ASHLAR_S64(y)
#define SEM_I64LtU(x, y) (x) < (y)
#define SEM_I64GtS(x, y) ASHLAR_S64(x) > ASHLAR_S64(y)
#define SEM_I64GtU(x, y) (x) > (y)
#define SEM_I64LeS(x, y) ASHLAR_S64(x) <= ASHLAR_S64(y)
#define SEM_I64LeU(x, y) (x) <= (y)
#define SEM_I64GeS(x, y) ASHLAR_S64(x) >= ASHLAR_S64(y)
#define SEM_I64GeU(x, y) (x) >= (y)

#define SEM_I32Clz(x) ((x) ? ASHLAR_U32(__builtin_clz(x)) : 32u)
#define SEM_I32Ctz(x) ((x) ? ASHLAR_U32(__builtin_ctz(x)) : 32u)
#define SEM_I32Popcnt(x) ASHLAR_U32(__builtin_popcount(x))
#define SEM_I32Add(x, y) ((x) + (y))
#define SEM_I32Sub(x, y) ((x) - (y))
#define SEM_I32Mul(x, y) ((x) * (y))
#define SEM_I32DivS(x, y) ASHLAR_U32(ASHLAR_S32(x) / ASHLAR_S32(y))
#define SEM_I32DivU(x, y) ((x) / (y))
#define SEM_I32RemS(x, y) \
  ((y) == ~0u ? 0u : ASHLAR_U32(ASHLAR_S32(x) % ASHLAR_S32(y)))
#define SEM_I32RemU(x, y) ((x) % (y))
#define SEM_I32And(x, y) ((x) & (y))
#define SEM_I32Or(x, y) ((x) | (y))
#define SEM_I32Xor(x, y) ((x) ^ (y))
#define SEM_I32Shl(x, y) ((x) << ((y) & 31))
#define SEM_I32ShrS(x, y) ASHLAR_U32(ASHLAR_S32(x) >> ((y) & 31))
#define SEM_I32ShrU(x, y) ((x) >> ((y) & 31))
#define SEM_I32Rotl(x, y) (((x) << ((y) & 31)) | ((x) >> (-(y) & 31)))
#define SEM_I32Rotr(x, y) (((x) >> ((y) & 31)) | ((x) << (-(y) & 31)))
#define SEM_I64Clz(x) ((x) ? ASHLAR_U64(__builtin_clzll(x)) : 64u)
#define SEM_I64Ctz(x) ((x) ? ASHLAR_U64(__builtin_ctzll(x)) : 64u)
#define SEM_I64Popcnt(x) ASHLAR_U64(__builtin_popcountll(x))
#define SEM_I64Add(x, y) ((x) + (y))
#define SEM_I64Sub(x, y) ((x) - (y))
#define SEM_I64Mul(x, y) ((x) * (y))
#define SEM_I64DivS(x, y) ASHLAR_U64(ASHLAR_S64(x) / ASHLAR_S64(y))
#define SEM_I64DivU(x, y) ((x) / (y))
#define SEM_I64RemS(x, y) \
  ((y) == ~uint64_t{0} ? 0u : ASHLAR_U64(ASHLAR_S64(x) % ASHLAR_S64(y)))
#define SEM_I64RemU(x, y) ((x) % (y))
#define SEM_I64And(x, y) ((x) & (y))
#define SEM_I64Or(x, y) ((x) | (y))
#define SEM_I64Xor(x, y) ((x) ^ (y))
#define SEM_I64Shl(x, y) ((x) << ((y) & 63))
#define SEM_I64ShrS(x, y) ASHLAR_U64(ASHLAR_S64(x) >> ((y) & 63))
#define SEM_I64ShrU(x, y) ((x) >> ((y) & 63))
#define SEM_I64Rotl(x, y) (((x) << ((y) & 63)) | ((x) >> (-(y) & 63)))
#define SEM_I64Rotr(x, y) (((x) >> ((y) & 63)) | ((x) << (-(y) & 63)))

#define SEM_F32Eq(x, y) (x) == (y)
#define SEM_F32Ne(x, y) (x) != (y)
#define SEM_F32Lt(x, y) (x) < (y)
#define SEM_F32Gt(x, y) (x) > (y)
#define SEM_F32Le(x, y) (x) <= (y)
#define SEM_F32Ge(x, y) (x) >= (y)
#define SEM_F64Eq(x, y) (x) == (y)
#define SEM_F64Ne(x, y) (x) != (y)
#define SEM_F64Lt(x, y) (x) < (y)
#define SEM_F64Gt(x, y) (x) > (y)
#define SEM_F64Le(x, y) (x) <= (y)
#define SEM_F64Ge(x, y) (x) >= (y)

#define SEM_F32Ceil(x) Canonical(__builtin_ceilf(x))
#define SEM_F32Floor(x) Canonical(__builtin_floorf(x))
#define SEM_F32Trunc(x) Canonical(__builtin_truncf(x))
#define SEM_F32Nearest(x) Canonical(__builtin_rintf(x))
#define SEM_F32Sqrt(x) Canonical(__builtin_sqrtf(x))
#define SEM_F32Add(x, y) Canonical((x) + (y))
#define SEM_F32Sub(x, y) Canonical((x) - (y))
#define SEM_F32Mul(x, y) Canonical((x) * (y))
#define SEM_F32Div(x, y) Canonical((x) / (y))
#define SEM_F32Min(x, y) Canonical(FloatMin(x, y))
#define SEM_F32Max(x, y) Canonical(FloatMax(x, y))
#define SEM_F64Ceil(x) Canonical(__builtin_ceil(x))
#define SEM_F64Floor(x) Canonical(__builtin_floor(x))
#define SEM_F64Trunc(x) Canonical(__builtin_trunc(x))
#define SEM_F64Nearest(x) Canonical(__builtin_rint(x))
#define SEM_F64Sqrt(x) Canonical(__builtin_sqrt(x))
#define SEM_F64Add(x, y) Canonical((x) + (y))
#define SEM_F64Sub(x, y) Canonical((x) - (y))
#define SEM_F64Mul(x, y) Canonical((x) * (y))
#define SEM_F64Div(x, y) Canonical((x) / (y))
#define SEM_F64Min(x, y) Canonical(FloatMin(x, y))
#define SEM_F64Max(x, y) Canonical(FloatMax(x, y))
// Sign operations work on bits: they keep the payload of a NaN.
#define SEM_F32Abs(x) FloatOf<float>(Bits(x) & 0x7fffffffu)
#define SEM_F32Neg(x) FloatOf<float>(Bits(x) ^ 0x80000000u)
#define SEM_F32Copysign(x, y) \
  FloatOf<float>((Bits(x) & 0x7fffffffu) | (Bits(y) & 0x80000000u))
#define SEM_F64Abs(x) FloatOf<double>(Bits(x) & ~(uint64_t{1} << 63))
#define SEM_F64Neg(x) FloatOf<double>(Bits(x) ^ (uint64_t{1} << 63))
#define SEM_F64Copysign(x, y)                        \
  FloatOf<double>((Bits(x) & ~(uint64_t{1} << 63)) | \
                  (Bits(y) & (uint64_t{1} << 63)))

#define SEM_I32WrapI64(x) ASHLAR_U32(x)
#define SEM_I64ExtendI32S(x) ASHLAR_U64(int64_t{ASHLAR_S32(x)})
#define SEM_I64ExtendI32U(x) ASHLAR_U64(x)
#define SEM_I32Extend8S(x) ASHLAR_U32(int32_t{static_cast<int8_t>(x)})
#define SEM_I32Extend16S(x) ASHLAR_U32(int32_t{static_cast<int16_t>(x)})
#define SEM_I64Extend8S(x) ASHLAR_U64(int64_t{static_cast<int8_t>(x)})
#define SEM_I64Extend16S(x) ASHLAR_U64(int64_t{static_cast<int16_t>(x)})
#define SEM_I64Extend32S(x) ASHLAR_U64(int64_t{ASHLAR_S32(x)})
#define SEM_I32ReinterpretF32(x) Bits(x)
#define SEM_I64ReinterpretF64(x) Bits(x)
#define SEM_F32ReinterpretI32(x) FloatOf<float>(x)
#define SEM_F64ReinterpretI64(x) FloatOf<double>(x)
#define SEM_I32TruncF32S(x) ASHLAR_U32(static_cast<int32_t>(x))
#define SEM_I32TruncF32U(x) static_cast<uint32_t>(x)
#define SEM_I32TruncF64S(x) ASHLAR_U32(static_cast<int32_t>(x))
#define SEM_I32TruncF64U(x) static_cast<uint32_t>(x)
#define SEM_I64TruncF32S(x) ASHLAR_U64(static_cast<int64_t>(x))
#define SEM_I64TruncF32U(x) static_cast<uint64_t>(x)
#define SEM_I64TruncF64S(x) ASHLAR_U64(static_cast<int64_t>(x))
#define SEM_I64TruncF64U(x) static_cast<uint64_t>(x)
#define SEM_I32TruncSatF32S(x) SatI32(x)
#define SEM_I32TruncSatF32U(x) SatU32(x)
#define SEM_I32TruncSatF64S(x) SatI32(x)
#define SEM_I32TruncSatF64U(x) SatU32(x)
#define SEM_I64TruncSatF32S(x) SatI64(x)
#define SEM_I64TruncSatF32U(x) SatU64(x)
#define SEM_I64TruncSatF64S(x) SatI64(x)
#define SEM_I64TruncSatF64U(x) SatU64(x)
#define SEM_F32ConvertI32S(x) static_cast<float>(ASHLAR_S32(x))
#define SEM_F32ConvertI32U(x) static_cast<float>(x)
#define SEM_F32ConvertI64S(x) static_cast<float>(ASHLAR_S64(x))
#define SEM_F32ConvertI64U(x) static_cast<float>(x)
#define SEM_F32DemoteF64(x) Canonical(static_cast<float>(x))
#define SEM_F64ConvertI32S(x) static_cast<double>(ASHLAR_S32(x))
#define SEM_F64ConvertI32U(x) static_cast<double>(x)
#define SEM_F64ConvertI64S(x) static_cast<double>(ASHLAR_S64(x))
#define SEM_F64ConvertI64U(x) static_cast<double>(x)
#define SEM_F64PromoteF32(x) Canonical(static_cast<double>(x))

#endif  // ENGINE_INTERP_SEMANTICS_H_
