// Translator: numeric instructions. Included by
// translate.cc only.
#ifndef ENGINE_COMPILE_NUMERIC_H_
#define ENGINE_COMPILE_NUMERIC_H_

#include "engine/compile/emit.h"

namespace ashlar::compile {

// Binary operations and comparisons: five forms. A constant goes to the
// right, into the instruction, where it fits 32 bits.
bool Translator::Binary(Descriptor d) {
  using namespace interp;
  if (ASHLAR_UNLIKELY(!Need(2))) return false;
  Entry* x = sp_ - 2;
  Entry* y = sp_ - 1;
  if (ASHLAR_UNLIKELY((x->type ^ d.in) | (y->type ^ d.in))) return false;
  uint32_t op = d.op;
  const int32_t dst = Temp(x);
  const bool is_compare = d.klass == Class::kCompare;
  // Only what fits the instruction changes sides: another constant would be
  // written to y's temporary, where the other operand stands.
  if (x->is_constant && !y->is_constant && (is_compare || d.extra) &&
      x->constant == static_cast<int32_t>(x->constant)) {
    std::swap(*x, *y);
    if (is_compare) {
      op = (d.in == 0x7f ? kOpI32Eq_SS : kOpI64Eq_SS) + d.extra * kBinForms;
    }
  }
  bool immediate = y->is_constant;
  if (ASHLAR_UNLIKELY(x->is_constant)) Materialise(x, dst);
  if (ASHLAR_UNLIKELY(immediate &&
                      y->constant != static_cast<int32_t>(y->constant))) {
    if (op == kOpI64And_SS && y->constant == 0xffffffff) {
      const uint32_t form = x->slot == acc_;
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
  if (immediate && (op == kOpI32Sub_SS || op == kOpI64Sub_SS) &&
      y->constant != INT32_MIN) {
    op -= kOpI32Sub_SS - kOpI32Add_SS;
    y->constant = -y->constant;
  }
  if (immediate) {
    op += kFormImm + (x->slot == acc_);
    Put<int32_t>(out_ + 12, static_cast<int32_t>(y->constant));
  } else {
    op += FormOf(x, y);
    Put<int16_t>(out_ + 12, static_cast<int16_t>(y->slot));
  }
  SetOp(out_, op);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(x->slot));
  uint8_t* const before =
      last_dst_ == acc_ && last_dst_ != kNone ? last_ : nullptr;
  const uint32_t before_op = last_op_;
  Emitted(op, out_, dst);
  before_last_ = before;
  before_last_op_ = before_op;
  out_ += 16;
  x->slot = dst;
  x->type = d.out;
  --sp_;
  return true;
}

static_assert(interp::kOpI32Sub_SS - interp::kOpI32Add_SS ==
              interp::kOpI64Sub_SS - interp::kOpI64Add_SS);

// eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u -> negated.
inline constexpr uint8_t kNegated[10] = {1, 0, 8, 9, 6, 7, 4, 5, 2, 3};

bool Translator::Eqz(Descriptor d) {
  using namespace interp;
  if (ASHLAR_UNLIKELY(!Need(1))) return false;
  const Entry* x = sp_ - 1;
  if (d.in == 0x7f && x->type == 0x7f && !x->is_constant &&
      last_dst_ == x->slot && x->slot >= temps_) {
    // eqz of a comparison: negate the comparison.
    const bool wide = last_op_ - kOpI64Eq_SS < 10 * kBinForms;
    if (wide || last_op_ - kOpI32Eq_SS < 10 * kBinForms) {
      const uint32_t first = wide ? kOpI64Eq_SS : kOpI32Eq_SS;
      const uint32_t which = (last_op_ - first) / kBinForms;
      const uint32_t form = (last_op_ - first) % kBinForms;
      last_op_ = first + kNegated[which] * kBinForms + form;
      SetOp(last_, last_op_);
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
  const uint32_t op = d.op + (x->slot == acc_);
  SetOp(out_, op);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(x->slot));
  Emitted(op, out_, dst);
  out_ += 16;
  x->slot = dst;
  x->type = d.out;
  return true;
}

bool Translator::FloatBinary(Descriptor d) {
  if (ASHLAR_UNLIKELY(!Need(2))) return false;
  Entry* x = sp_ - 2;
  Entry* y = sp_ - 1;
  if (ASHLAR_UNLIKELY((x->type ^ d.in) | (y->type ^ d.in))) return false;
  const int32_t dst = Temp(x);
  if (x->is_constant) Materialise(x, dst);
  if (y->is_constant) Materialise(y, Temp(y));
  SetOp(out_, d.op);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(x->slot));
  Put<int16_t>(out_ + 12, static_cast<int16_t>(y->slot));
  const int32_t acc = acc_;
  Emitted(d.op, out_, dst);
  // Arithmetic writes its slot only; a comparison writes acc too.
  if (d.klass == Class::kFloatBinary) acc_ = acc == dst ? kNone : acc;
  out_ += 16;
  x->slot = dst;
  x->type = d.out;
  --sp_;
  return true;
}

bool Translator::FloatUnary(Descriptor d) {
  if (ASHLAR_UNLIKELY(!Need(1))) return false;
  Entry* x = sp_ - 1;
  if (ASHLAR_UNLIKELY(x->type != d.in)) return false;
  const int32_t dst = Temp(x);
  if (x->is_constant) Materialise(x, dst);
  SetOp(out_, d.op);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(x->slot));
  Emitted(d.op, out_, dst);
  out_ += 16;
  x->slot = dst;
  x->type = d.out;
  return true;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_NUMERIC_H_
