#include "naive/numeric.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <type_traits>

namespace ashlar::naive {
namespace {

using interp::Trap;

template <typename T>
T FromBits(uint64_t bits) {
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<float>(static_cast<uint32_t>(bits));
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<double>(bits);
  } else {
    return static_cast<T>(bits);
  }
}

template <typename T>
uint64_t ToBits(T value) {
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<uint32_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<uint64_t>(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? 1 : 0;
  } else {
    return static_cast<std::make_unsigned_t<T>>(value);
  }
}

// The one NaN that arithmetic may give (ARCHITECTURE.md, decision 7).
template <typename T>
T Canonical(T value) {
  if (!std::isnan(value)) return value;
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<float>(0x7fc00000u);
  } else {
    return std::bit_cast<double>(0x7ff8000000000000u);
  }
}

template <typename T>
T Min(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return Canonical(a + b);
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

template <typename T>
T Max(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return Canonical(a + b);
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

// Round half to even without the processor's rounding mode.
template <typename T>
T Nearest(T value) {
  if (std::isnan(value) || std::isinf(value)) return value;
  const T low = std::floor(value);
  const T distance = value - low;
  T rounded;
  if (distance < T{0.5}) {
    rounded = low;
  } else if (distance > T{0.5}) {
    rounded = low + 1;
  } else {
    rounded = std::fmod(low, T{2}) == 0 ? low : low + 1;
  }
  return std::copysign(rounded, value);
}

// The stack of one instruction.
class Operands {
 public:
  explicit Operands(std::vector<uint64_t>* stack) : stack_(stack) {}

  template <typename T>
  T Pop() {
    const uint64_t bits = stack_->back();
    stack_->pop_back();
    return FromBits<T>(bits);
  }
  template <typename T>
  void Push(T value) {
    stack_->push_back(ToBits<T>(value));
  }

  template <typename T, typename F>
  Trap Unary(F f) {
    Push(f(Pop<T>()));
    return Trap::kNone;
  }
  template <typename T, typename F>
  Trap Binary(F f) {
    const T b = Pop<T>();
    const T a = Pop<T>();
    Push(f(a, b));
    return Trap::kNone;
  }

 private:
  std::vector<uint64_t>* stack_;
};

// div_s, div_u, rem_s, rem_u by the signedness of T.
template <typename T>
Trap Divide(Operands* s, bool is_remainder) {
  const T b = s->Pop<T>();
  const T a = s->Pop<T>();
  if (b == 0) return Trap::kIntegerDivideByZero;
  if constexpr (std::is_signed_v<T>) {
    if (a == std::numeric_limits<T>::min() && b == -1) {
      if (!is_remainder) return Trap::kIntegerOverflow;
      s->Push<T>(0);
      return Trap::kNone;
    }
  }
  s->Push<T>(is_remainder ? a % b : a / b);
  return Trap::kNone;
}

// 2^(bits of T, or one less where signed): the first value beyond T.
template <typename T>
constexpr double Beyond() {
  constexpr int kBits = std::numeric_limits<T>::digits;
  return kBits == 31   ? 2147483648.0
         : kBits == 32 ? 4294967296.0
         : kBits == 63 ? 9223372036854775808.0
                       : 18446744073709551616.0;
}

template <typename F, typename T>
Trap Truncate(Operands* s, bool is_saturating) {
  // Every f32 is a f64, so the range is compared in f64.
  const double value = std::trunc(static_cast<double>(s->Pop<F>()));
  const double low = std::is_signed_v<T> ? -Beyond<T>() : 0;
  if (std::isnan(value)) {
    if (!is_saturating) return Trap::kInvalidConversionToInteger;
    s->Push<T>(0);
  } else if (value < low) {
    if (!is_saturating) return Trap::kIntegerOverflow;
    s->Push<T>(std::numeric_limits<T>::min());
  } else if (value >= Beyond<T>()) {
    if (!is_saturating) return Trap::kIntegerOverflow;
    s->Push<T>(std::numeric_limits<T>::max());
  } else {
    s->Push<T>(static_cast<T>(value));
  }
  return Trap::kNone;
}

template <typename U>
Trap Shift(Op op, Operands* s) {
  using S = std::make_signed_t<U>;
  constexpr U kMask = std::numeric_limits<U>::digits - 1;
  switch (op) {
    case Op::kI32Shl:
      return s->Binary<U>([](U a, U b) { return a << (b & kMask); });
    case Op::kI32ShrS:
      return s->Binary<S>(
          [](S a, S b) { return static_cast<S>(a >> (b & S{kMask})); });
    case Op::kI32ShrU:
      return s->Binary<U>([](U a, U b) { return a >> (b & kMask); });
    case Op::kI32Rotl:
      return s->Binary<U>(
          [](U a, U b) { return std::rotl(a, static_cast<int>(b & kMask)); });
    case Op::kI32Rotr:
      return s->Binary<U>(
          [](U a, U b) { return std::rotr(a, static_cast<int>(b & kMask)); });
    default:
      std::abort();
  }
}

// Integer opcodes of one width stand in one order for i32 and i64; `op` is
// given as its i32 form.
template <typename U>
Trap Integer(Op op, Operands* s) {
  using S = std::make_signed_t<U>;
  switch (op) {
    case Op::kI32Eqz:
      return s->Unary<U>([](U a) { return a == 0; });
    case Op::kI32Eq:
      return s->Binary<U>([](U a, U b) { return a == b; });
    case Op::kI32Ne:
      return s->Binary<U>([](U a, U b) { return a != b; });
    case Op::kI32LtS:
      return s->Binary<S>([](S a, S b) { return a < b; });
    case Op::kI32LtU:
      return s->Binary<U>([](U a, U b) { return a < b; });
    case Op::kI32GtS:
      return s->Binary<S>([](S a, S b) { return a > b; });
    case Op::kI32GtU:
      return s->Binary<U>([](U a, U b) { return a > b; });
    case Op::kI32LeS:
      return s->Binary<S>([](S a, S b) { return a <= b; });
    case Op::kI32LeU:
      return s->Binary<U>([](U a, U b) { return a <= b; });
    case Op::kI32GeS:
      return s->Binary<S>([](S a, S b) { return a >= b; });
    case Op::kI32GeU:
      return s->Binary<U>([](U a, U b) { return a >= b; });
    case Op::kI32Clz:
      return s->Unary<U>(
          [](U a) { return static_cast<U>(std::countl_zero(a)); });
    case Op::kI32Ctz:
      return s->Unary<U>(
          [](U a) { return static_cast<U>(std::countr_zero(a)); });
    case Op::kI32Popcnt:
      return s->Unary<U>([](U a) { return static_cast<U>(std::popcount(a)); });
    case Op::kI32Add:
      return s->Binary<U>([](U a, U b) { return a + b; });
    case Op::kI32Sub:
      return s->Binary<U>([](U a, U b) { return a - b; });
    case Op::kI32Mul:
      return s->Binary<U>([](U a, U b) { return a * b; });
    case Op::kI32DivS:
      return Divide<S>(s, false);
    case Op::kI32DivU:
      return Divide<U>(s, false);
    case Op::kI32RemS:
      return Divide<S>(s, true);
    case Op::kI32RemU:
      return Divide<U>(s, true);
    case Op::kI32And:
      return s->Binary<U>([](U a, U b) { return a & b; });
    case Op::kI32Or:
      return s->Binary<U>([](U a, U b) { return a | b; });
    case Op::kI32Xor:
      return s->Binary<U>([](U a, U b) { return a ^ b; });
    default:
      return Shift<U>(op, s);
  }
}

// Likewise for floats; `op` is given as its f32 form. The three sign
// operations work on bits, so that they keep the payload of a NaN.
template <typename F, typename U>
Trap Float(Op op, Operands* s) {
  constexpr U kSign = U{1} << (std::numeric_limits<U>::digits - 1);
  switch (op) {
    case Op::kF32Eq:
      return s->Binary<F>([](F a, F b) { return a == b; });
    case Op::kF32Ne:
      return s->Binary<F>([](F a, F b) { return a != b; });
    case Op::kF32Lt:
      return s->Binary<F>([](F a, F b) { return a < b; });
    case Op::kF32Gt:
      return s->Binary<F>([](F a, F b) { return a > b; });
    case Op::kF32Le:
      return s->Binary<F>([](F a, F b) { return a <= b; });
    case Op::kF32Ge:
      return s->Binary<F>([](F a, F b) { return a >= b; });
    case Op::kF32Abs:
      return s->Unary<U>([](U a) { return a & ~kSign; });
    case Op::kF32Neg:
      return s->Unary<U>([](U a) { return a ^ kSign; });
    case Op::kF32Copysign:
      return s->Binary<U>([](U a, U b) { return (a & ~kSign) | (b & kSign); });
    case Op::kF32Ceil:
      return s->Unary<F>([](F a) { return Canonical(std::ceil(a)); });
    case Op::kF32Floor:
      return s->Unary<F>([](F a) { return Canonical(std::floor(a)); });
    case Op::kF32Trunc:
      return s->Unary<F>([](F a) { return Canonical(std::trunc(a)); });
    case Op::kF32Nearest:
      return s->Unary<F>([](F a) { return Canonical(Nearest(a)); });
    case Op::kF32Sqrt:
      return s->Unary<F>([](F a) { return Canonical(std::sqrt(a)); });
    case Op::kF32Add:
      return s->Binary<F>([](F a, F b) { return Canonical(a + b); });
    case Op::kF32Sub:
      return s->Binary<F>([](F a, F b) { return Canonical(a - b); });
    case Op::kF32Mul:
      return s->Binary<F>([](F a, F b) { return Canonical(a * b); });
    case Op::kF32Div:
      return s->Binary<F>([](F a, F b) { return Canonical(a / b); });
    case Op::kF32Min:
      return s->Binary<F>([](F a, F b) { return Min(a, b); });
    case Op::kF32Max:
      return s->Binary<F>([](F a, F b) { return Max(a, b); });
    default:
      std::abort();
  }
}

Trap Convert(Op op, Operands* s) {
  switch (op) {
    case Op::kI32WrapI64:
      return s->Unary<uint64_t>([](uint64_t a) { return uint32_t(a); });
    case Op::kI64ExtendI32S:
      return s->Unary<int32_t>([](int32_t a) { return int64_t{a}; });
    case Op::kI64ExtendI32U:
      return s->Unary<uint32_t>([](uint32_t a) { return uint64_t{a}; });
    case Op::kI32Extend8S:
      return s->Unary<int32_t>([](int32_t a) { return int32_t{int8_t(a)}; });
    case Op::kI32Extend16S:
      return s->Unary<int32_t>([](int32_t a) { return int32_t{int16_t(a)}; });
    case Op::kI64Extend8S:
      return s->Unary<int64_t>([](int64_t a) { return int64_t{int8_t(a)}; });
    case Op::kI64Extend16S:
      return s->Unary<int64_t>([](int64_t a) { return int64_t{int16_t(a)}; });
    case Op::kI64Extend32S:
      return s->Unary<int64_t>([](int64_t a) { return int64_t{int32_t(a)}; });
    case Op::kF32ConvertI32S:
      return s->Unary<int32_t>([](int32_t a) { return float(a); });
    case Op::kF32ConvertI32U:
      return s->Unary<uint32_t>([](uint32_t a) { return float(a); });
    case Op::kF32ConvertI64S:
      return s->Unary<int64_t>([](int64_t a) { return float(a); });
    case Op::kF32ConvertI64U:
      return s->Unary<uint64_t>([](uint64_t a) { return float(a); });
    case Op::kF64ConvertI32S:
      return s->Unary<int32_t>([](int32_t a) { return double(a); });
    case Op::kF64ConvertI32U:
      return s->Unary<uint32_t>([](uint32_t a) { return double(a); });
    case Op::kF64ConvertI64S:
      return s->Unary<int64_t>([](int64_t a) { return double(a); });
    case Op::kF64ConvertI64U:
      return s->Unary<uint64_t>([](uint64_t a) { return double(a); });
    case Op::kF32DemoteF64:
      return s->Unary<double>([](double a) { return Canonical(float(a)); });
    case Op::kF64PromoteF32:
      return s->Unary<float>([](float a) { return Canonical(double{a}); });
    case Op::kI32ReinterpretF32:
    case Op::kF32ReinterpretI32:
    case Op::kI64ReinterpretF64:
    case Op::kF64ReinterpretI64:
      return Trap::kNone;
    default:
      std::abort();
  }
}

// The eight truncations stand in one order, trapping from `first` on as well
// as saturating. The unsigned bound -1 < value holds after truncation to -0.
Trap TruncateNth(int n, bool is_saturating, Operands* s) {
  switch (n) {
    case 0:
      return Truncate<float, int32_t>(s, is_saturating);
    case 1:
      return Truncate<float, uint32_t>(s, is_saturating);
    case 2:
      return Truncate<double, int32_t>(s, is_saturating);
    case 3:
      return Truncate<double, uint32_t>(s, is_saturating);
    case 4:
      return Truncate<float, int64_t>(s, is_saturating);
    case 5:
      return Truncate<float, uint64_t>(s, is_saturating);
    case 6:
      return Truncate<double, int64_t>(s, is_saturating);
    default:
      return Truncate<double, uint64_t>(s, is_saturating);
  }
}

bool Between(Op op, Op first, Op last) { return op >= first && op <= last; }

// The opcode as far behind `to` as `op` is behind `from`.
Op Shifted(Op op, Op from, Op to) {
  return static_cast<Op>(static_cast<int>(op) - static_cast<int>(from) +
                         static_cast<int>(to));
}

}  // namespace

bool IsNumeric(Op op) {
  return Between(op, Op::kI32Eqz, Op::kI64Extend32S) ||
         Between(op, Op::kI32TruncSatF32S, Op::kI64TruncSatF64U);
}

bool IsUnary(Op op) {
  return op == Op::kI32Eqz || op == Op::kI64Eqz ||
         Between(op, Op::kI32Clz, Op::kI32Popcnt) ||
         Between(op, Op::kI64Clz, Op::kI64Popcnt) ||
         Between(op, Op::kF32Abs, Op::kF32Sqrt) ||
         Between(op, Op::kF64Abs, Op::kF64Sqrt) || op >= Op::kI32WrapI64;
}

interp::Trap RunNumeric(Op op, std::vector<uint64_t>* stack) {
  Operands s(stack);
  if (Between(op, Op::kI32Eqz, Op::kI32GeU) ||
      Between(op, Op::kI32Clz, Op::kI32Rotr)) {
    return Integer<uint32_t>(op, &s);
  }
  if (Between(op, Op::kI64Eqz, Op::kI64GeU)) {
    return Integer<uint64_t>(Shifted(op, Op::kI64Eqz, Op::kI32Eqz), &s);
  }
  if (Between(op, Op::kI64Clz, Op::kI64Rotr)) {
    return Integer<uint64_t>(Shifted(op, Op::kI64Clz, Op::kI32Clz), &s);
  }
  if (Between(op, Op::kF32Eq, Op::kF32Ge) ||
      Between(op, Op::kF32Abs, Op::kF32Copysign)) {
    return Float<float, uint32_t>(op, &s);
  }
  if (Between(op, Op::kF64Eq, Op::kF64Ge)) {
    return Float<double, uint64_t>(Shifted(op, Op::kF64Eq, Op::kF32Eq), &s);
  }
  if (Between(op, Op::kF64Abs, Op::kF64Copysign)) {
    return Float<double, uint64_t>(Shifted(op, Op::kF64Abs, Op::kF32Abs), &s);
  }
  if (Between(op, Op::kI32TruncF32S, Op::kI32TruncF64U)) {
    return TruncateNth(
        static_cast<int>(op) - static_cast<int>(Op::kI32TruncF32S), false, &s);
  }
  if (Between(op, Op::kI64TruncF32S, Op::kI64TruncF64U)) {
    return TruncateNth(
        4 + static_cast<int>(op) - static_cast<int>(Op::kI64TruncF32S), false,
        &s);
  }
  if (op >= Op::kI32TruncSatF32S) {
    return TruncateNth(
        static_cast<int>(op) - static_cast<int>(Op::kI32TruncSatF32S), true,
        &s);
  }
  return Convert(op, &s);
}

}  // namespace ashlar::naive
