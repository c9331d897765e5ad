// Translator: numeric instructions. Included by
// translate.cc only.
#ifndef ENGINE_COMPILE_NUMERIC_H_
#define ENGINE_COMPILE_NUMERIC_H_

#include "absl/types/span.h"
#include "engine/compile/emit.h"
#include "engine/compile/fused_branch.h"

namespace ashlar::compile {

// x - c is x + -c.
inline constexpr uint32_t kFromAddToSub =
    interp::kOpI32Sub_SS - interp::kOpI32Add_SS;
static_assert(kFromAddToSub == interp::kOpI64Sub_SS - interp::kOpI64Add_SS);

// The two operands become one value, which an instruction at the end made.
void Translator::Replace2(uint32_t op, int32_t dst, Descriptor d) {
  Entry* const x = sp_ - 2;
  SetOp(out_, op);
  Put<uint32_t>(out_ + 8, static_cast<uint16_t>(dst) |
                              static_cast<uint32_t>(x->slot) << 16);
  Emitted(op, out_, dst);
  out_ += 16;
  SetSlot(x, dst, d.out);
  --sp_;
}

// Binary operations and comparisons: five forms. Here what most are: no
// constant on the left, on the right one that fits the instruction, or none.
template <bool kCompare>
bool Translator::BinaryFast(Descriptor d) {
  using namespace interp;
  if (ASHLAR_UNLIKELY(!Need(2))) return false;
  const Entry* const x = sp_ - 2;
  const Entry* const y = sp_ - 1;
  const uint32_t in = d.in;
  if (ASHLAR_UNLIKELY(x->kind() != in)) return false;
  uint32_t op = d.op;
  if (y->kind() == (in | kConstantKind)) {
    int64_t constant = y->constant;
    if (ASHLAR_UNLIKELY(constant != static_cast<int32_t>(constant))) {
      return false;
    }
    if (!kCompare && d.extra >= kSubtraction) {
      if (d.extra == kQuotient) return false;
      if (ASHLAR_UNLIKELY(constant == INT32_MIN)) return false;
      op -= kFromAddToSub;
      constant = -constant;
    }
    op += kFormImm + (x->slot == s_->acc);
    Put<int32_t>(out_ + 12, static_cast<int32_t>(constant));
  } else {
    if (ASHLAR_UNLIKELY(y->kind() != in)) return false;
    const uint32_t form = FormOf(x, y);
    // The operation first: the form is what no processor predicts.
    if (!kCompare && d.op == kOpI64Add_SS && TryFuseLoadAdd(d, form)) {
      return true;
    }
    op += form;
    Put<int16_t>(out_ + 12, static_cast<int16_t>(y->slot));
  }
  Replace2(op, Temp(x), d);
  return true;
}

// Where one operand is a constant and the operation has a form for it: on the
// left, or of 64 bits (first form's number, 24 bytes).
struct ConstantForm {
  uint32_t op;
  uint32_t form;
};
inline constexpr ConstantForm kWideForms[] = {
    {interp::kOpI64Add_SS, interp::kOpI64Add_SK},
    {interp::kOpI64Mul_SS, interp::kOpI64Mul_SK},
    {interp::kOpI64And_SS, interp::kOpI64And_SK},
    {interp::kOpI64Or_SS, interp::kOpI64Or_SK},
    {interp::kOpI64Xor_SS, interp::kOpI64Xor_SK},
};
inline constexpr ConstantForm kLeftForms[] = {
    {interp::kOpI32Sub_SS, interp::kOpI32Sub_IS},
    {interp::kOpI32Shl_SS, interp::kOpI32Shl_IS},
    {interp::kOpI32Rotl_SS, interp::kOpI32Rotl_IS},
    {interp::kOpI64Sub_SS, interp::kOpI64Sub_IS},
    {interp::kOpI64Shl_SS, interp::kOpI64Shl_IS},
    {interp::kOpI64Rotl_SS, interp::kOpI64Rotl_IS},
};

// Unsigned division of 32 bits by a constant, by means of its reciprocal.
// Changes nothing where it answers false: 0 traps, and 1 has none in 64 bits.
bool Translator::TryReciprocal(uint32_t op, Descriptor d) {
  using namespace interp;
  const Entry* const x = sp_ - 2;
  const auto divisor = static_cast<uint32_t>(sp_[-1].constant);
  if (divisor < 2 || x->is_constant || !sp_[-1].is_constant) return false;
  Put<uint32_t>(out_ + 12, divisor);
  Put<uint64_t>(out_ + 16, UINT64_MAX / divisor + 1);
  const uint32_t first = op == kOpI32DivU_SS ? kOpI32DivU_SK : kOpI32RemU_SK;
  Replace2(first + (x->slot == s_->acc), Temp(x), d);
  out_ += 8;
  return true;
}

// One operand is a constant, the other is not; changes nothing where it
// answers false.
bool Translator::TryBinaryConstant(uint32_t op, Descriptor d) {
  Entry* const x = sp_ - 2;
  const Entry* const y = sp_ - 1;
  const bool on_left = x->is_constant;
  const int64_t constant = on_left ? x->constant : y->constant;
  const int32_t slot = on_left ? y->slot : x->slot;
  const bool is_wide = constant != static_cast<int32_t>(constant);
  if (d.extra == kQuotient) return TryReciprocal(op, d);
  if (is_wide && on_left && d.extra != kCommutative) return false;
  if (!is_wide && !on_left) return false;
  for (const ConstantForm& row : is_wide ? absl::MakeConstSpan(kWideForms)
                                         : absl::MakeConstSpan(kLeftForms)) {
    if (row.op != op) continue;
    if (is_wide) {
      Put<int64_t>(out_ + 16, constant);
    } else {
      Put<int32_t>(out_ + 12, static_cast<int32_t>(constant));
    }
    x->is_constant = 0;
    x->slot = slot;
    Replace2(row.form + (slot == s_->acc), Temp(x), d);
    if (is_wide) out_ += 8;
    return true;
  }
  return false;
}

// All of them. A constant goes to the right where it fits the instruction.
template <bool kCompare>
bool Translator::Binary(Descriptor d) {
  using namespace interp;
  if (ASHLAR_UNLIKELY(!Need(2))) return false;
  Entry* x = sp_ - 2;
  Entry* y = sp_ - 1;
  if (ASHLAR_UNLIKELY((x->type ^ d.in) | (y->type ^ d.in))) return false;
  uint32_t op = d.op;
  const int32_t dst = Temp(x);
  // Only what fits the instruction changes sides: another constant would be
  // written to y's temporary, where the other operand stands.
  if (x->is_constant && !y->is_constant &&
      (kCompare || d.extra == kCommutative) &&
      x->constant == static_cast<int32_t>(x->constant)) {
    std::swap(*x, *y);
    if (kCompare) {
      op = (d.in == 0x7f ? kOpI32Eq_SS : kOpI64Eq_SS) + d.extra * kBinForms;
    }
  }
  if (!kCompare && x->is_constant != y->is_constant &&
      !(op == kOpI64And_SS && y->constant == 0xffffffff) &&
      TryBinaryConstant(op, d)) {
    return true;
  }
  bool immediate = y->is_constant;
  if (ASHLAR_UNLIKELY(x->is_constant)) Materialise(x, dst);
  if (ASHLAR_UNLIKELY(immediate &&
                      y->constant != static_cast<int32_t>(y->constant))) {
    if (op == kOpI64And_SS && y->constant == 0xffffffff) {
      const uint32_t form = x->slot == s_->acc;
      SetOp(out_, kOpI64ExtendI32U_S + form);
      Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
      Put<int16_t>(out_ + 10, static_cast<int16_t>(x->slot));
      Emitted(kOpI64ExtendI32U_S + form, out_, dst);
      out_ += 16;
      x->slot = dst;
      --sp_;
      return true;
    }
    Materialise(y, Temp(y));
    immediate = false;
  }
  if (!kCompare && immediate && d.extra == kSubtraction &&
      y->constant != INT32_MIN) {
    op -= kFromAddToSub;
    y->constant = -y->constant;
  }
  if (immediate) {
    op += kFormImm + (x->slot == s_->acc);
    Put<int32_t>(out_ + 12, static_cast<int32_t>(y->constant));
  } else {
    op += FormOf(x, y);
    Put<int16_t>(out_ + 12, static_cast<int16_t>(y->slot));
  }
  Replace2(op, dst, d);
  return true;
}

bool Translator::Eqz(Descriptor d) {
  using namespace interp;
  if (ASHLAR_UNLIKELY(!Need(1))) return false;
  const Entry* x = sp_ - 1;
  if (d.in == 0x7f && x->type == 0x7f && !x->is_constant &&
      s_->last_dst == x->slot && x->slot >= s_->temps) {
    // eqz of a comparison: negate the comparison.
    const bool wide = s_->last_op - kOpI64Eq_SS < 10 * kBinForms;
    if (wide || s_->last_op - kOpI32Eq_SS < 10 * kBinForms) {
      const uint32_t first = wide ? kOpI64Eq_SS : kOpI32Eq_SS;
      const uint32_t which = (s_->last_op - first) / kBinForms;
      const uint32_t form = (s_->last_op - first) % kBinForms;
      s_->last_op = first + kNegated[which] * kBinForms + form;
      SetOp(s_->last, s_->last_op);
      return true;
    }
  }
  return Unary(d);
}

bool Translator::Unary(Descriptor d) {
  if (ASHLAR_UNLIKELY(!Need(1))) return false;
  Entry* x = sp_ - 1;
  if (ASHLAR_UNLIKELY(x->type != d.in)) return false;
  const int32_t dst = Temp(x);
  if (x->is_constant) Materialise(x, dst);
  const uint32_t op = d.op + (x->slot == s_->acc);
  SetOp(out_, op);
  // Behind the slots stands the 0 with which eqz compares.
  Put<uint64_t>(out_ + 8, static_cast<uint16_t>(dst) |
                              static_cast<uint32_t>(x->slot) << 16);
  Emitted(op, out_, dst);
  out_ += 16;
  SetSlot(x, dst, d.out);
  return true;
}

// Forms: 0 slot slot, 1 acc slot, 2 slot acc, 3 slot constant, 4 acc constant,
// 5 constant slot, 6 constant acc; comparisons have the first five.
bool Translator::FloatBinary(Descriptor d) {
  if (ASHLAR_UNLIKELY(!Need(2))) return false;
  Entry* x = sp_ - 2;
  Entry* y = sp_ - 1;
  if (ASHLAR_UNLIKELY((x->type ^ d.in) | (y->type ^ d.in))) return false;
  const int32_t dst = Temp(x);
  const bool is_compare = d.klass == Class::kFloatCompare;
  if (x->is_constant && (y->is_constant || is_compare)) Materialise(x, dst);
  uint32_t form;
  const Entry* slot = x;
  if (y->is_constant || x->is_constant) {
    slot = y->is_constant ? x : y;
    form = (y->is_constant ? 3 : 5) + (slot->slot == s_->float_acc);
    Put<int64_t>(out_ + 16, y->is_constant ? y->constant : x->constant);
  } else {
    form = x->slot == s_->float_acc ? 1 : y->slot == s_->float_acc ? 2 : 0;
    Put<int16_t>(out_ + 12, static_cast<int16_t>(y->slot));
  }
  const uint32_t op = d.op + form;
  SetOp(out_, op);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(slot->slot));
  if (is_compare) {
    Emitted(op, out_, dst);
  } else {
    FloatEmitted(op, out_, dst);
  }
  out_ += form >= 3 ? 24 : 16;
  x->slot = dst;
  x->is_constant = 0;
  x->type = d.out;
  --sp_;
  return true;
}

// Operations on one float, and conversions from and to floats.
bool Translator::FloatUnary(Descriptor d) {
  if (ASHLAR_UNLIKELY(!Need(1))) return false;
  Entry* x = sp_ - 1;
  if (ASHLAR_UNLIKELY(x->type != d.in)) return false;
  const int32_t dst = Temp(x);
  if (x->is_constant) Materialise(x, dst);
  const uint32_t op =
      d.op + (x->slot == (IsFloat(d.in) ? s_->float_acc : s_->acc));
  SetOp(out_, op);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(x->slot));
  if (IsFloat(d.out)) {
    FloatEmitted(op, out_, dst);
  } else {
    Emitted(op, out_, dst);
  }
  out_ += 16;
  x->slot = dst;
  x->type = d.out;
  return true;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_NUMERIC_H_
