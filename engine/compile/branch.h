// Translator: conditional branches and their fusion, labels, returns.
// Included by translate.cc only.
#ifndef ENGINE_COMPILE_BRANCH_H_
#define ENGINE_COMPILE_BRANCH_H_

#include "engine/compile/access.h"
#include "engine/compile/fused_branch.h"

namespace ashlar::compile {

// Comparisons of floats, and their branches: 6 for each type.
inline constexpr uint32_t kFloatCompareForms = 5;
inline constexpr uint32_t kFirstConstantForm = 3;
static_assert(interp::kOpF64Ge_SS ==
              interp::kOpF32Eq_SS + 11 * kFloatCompareForms);
static_assert(interp::kOpBrNotF64Ge_SS ==
              interp::kOpBrF32Eq_SS + 23 * kFloatCompareForms);

ASHLAR_INLINE bool IsFloatCompare(uint32_t op) {
  return op - interp::kOpF32Eq_SS < 12 * kFloatCompareForms;
}
ASHLAR_INLINE bool HasConstant(uint32_t float_compare) {
  return (float_compare - interp::kOpF32Eq_SS) % kFloatCompareForms >=
         kFirstConstantForm;
}

// Whether the last instruction is a comparison (or a test) that made this
// condition and nothing else uses it: the branch can do its work.
bool Translator::IsFusable(const Entry* condition) const {
  using namespace interp;
  if (condition->is_constant || s_->last_dst != condition->slot ||
      condition->slot < s_->temps) {
    return false;
  }
  const uint32_t op = s_->last_op;
  if (ASHLAR_UNLIKELY(s_->last + 16 != out_)) {
    return s_->last + 24 == out_ && IsFloatCompare(op) && HasConstant(op);
  }
  return op - kOpI32Eqz_S < kIntegerTests + 12 * kFloatCompareForms ||
         op - kOpI32And_SS < kBinForms;
}

// Values must be moved between a comparison and its branch: the comparison is
// taken off the code and put back behind the moves. They write canonical
// temporaries below the condition only, which it does not read, and leave the
// accumulators alone.
bool Translator::TakeOffCompare(const Entry* condition, SavedCompare* saved) {
  if (!IsFusable(condition)) return false;
  std::memcpy(saved->words, s_->last, sizeof saved->words);
  saved->op = s_->last_op;
  saved->size_bytes = static_cast<uint32_t>(out_ - s_->last);
  out_ = s_->last;
  s_->acc = s_->acc_before_last;
  s_->last_dst = kNone;
  s_->last_copy = nullptr;
  return true;
}

void Translator::PutBackCompare(const SavedCompare& saved, int32_t dst) {
  std::memcpy(out_, saved.words, sizeof saved.words);
  s_->last_op = saved.op;
  s_->last = out_;
  out_ += saved.size_bytes;
  s_->acc_before_last = s_->acc;
  s_->acc = dst;
  s_->last_dst = dst;
  s_->last_copy = nullptr;
  s_->before_last = nullptr;
}

// Branch on the condition not being zero (inverted: being zero).
uint8_t* Translator::EmitUnfused(Entry* condition, bool inverted) {
  using namespace interp;
  uint8_t* const r = out_;
  uint8_t* const made = s_->last;  // perhaps the condition
  if (s_->last_dst == condition->slot && made != nullptr && made + 16 == r &&
      TryFuseAdd(made, inverted ? 0 : 1, /*immediate=*/true, 0)) {
    ForgetLast();
    return made;
  }
  const uint32_t first = inverted ? kOpBrI32Eq_SI : kOpBrI32Ne_SI;
  s_->branch_op = first + (condition->slot == s_->acc);
  SetOp(r, s_->branch_op);
  Put<int16_t>(r + 8, static_cast<int16_t>(condition->slot));
  Put<int16_t>(r + 10, 0);
  out_ = r + 32;
  ForgetLast();
  return r;
}

// The last instruction, a comparison of floats, becomes a branch. (With NaN no
// comparison is another's opposite, so there are negated branches.)
uint8_t* Translator::EmitFloatBranch(bool inverted) {
  using namespace interp;
  uint8_t* const r = s_->last;
  const uint32_t which = (s_->last_op - kOpF32Eq_SS) / kFloatCompareForms;
  const uint32_t form = (s_->last_op - kOpF32Eq_SS) % kFloatCompareForms;
  s_->branch_op = kNoBranch;
  SetOp(r, kOpBrF32Eq_SS + (2 * which + inverted) * kFloatCompareForms + form);
  Put<int16_t>(r + 8, Get<int16_t>(r + 10));
  Put<int16_t>(r + 10, Get<int16_t>(r + 12));
  out_ = r + 32;
  if (form >= kFirstConstantForm) {
    Put<uint64_t>(r + 32, Get<uint64_t>(r + 16));
    out_ = r + 40;
  }
  s_->acc = s_->acc_before_last;
  ForgetLast();
  return r;
}

// Emits a branch that is taken if the condition holds (inverted: does not);
// returns it. Target and costs are linked by the caller. A fused comparison
// is undone, so acc is again what it was before.
uint8_t* Translator::EmitConditional(Entry* condition, bool inverted) {
  using namespace interp;
  if (condition->is_constant) Materialise(condition, Temp(condition));
  if (!IsFusable(condition)) return EmitUnfused(condition, inverted);
  if (ASHLAR_UNLIKELY(IsFloatCompare(s_->last_op))) {
    return EmitFloatBranch(inverted);
  }
  uint8_t* const r = s_->last;
  const uint32_t of_and = s_->last_op - kOpI32And_SS;
  const FusedBranch fused =
      kFusedBranches.rows[of_and < kBinForms ? kIntegerTests + of_and
                                             : s_->last_op - kOpI32Eqz_S];
  const uint32_t form = fused.form;
  const uint32_t op = inverted ? fused.inverted : fused.op;
  const auto lhs = Get<int16_t>(r + 10);
  const auto immediate = Get<int32_t>(r + 12);
  const auto rhs = static_cast<int16_t>(immediate);
  if (form >= kFormImm && immediate != rhs) {
    return EmitUnfused(condition, inverted);
  }
  s_->acc = s_->acc_before_last;
  const uint32_t which = (op - kOpBrI32Eq_SS) / kBinForms;
  uint8_t* const before = s_->before_last;
  if ((form == 1 || form == kFormImm + 1) && which < kComparingBranches &&
      before != nullptr && before + 16 == r &&
      TryFuseAdd(before, which, form != 1, rhs)) {
    ForgetLast();
    return before;
  }
  s_->branch_op = op;
  SetOp(r, op);
  Put<int16_t>(r + 8, lhs);
  Put<int16_t>(r + 10, rhs);
  out_ = r + 32;
  ForgetLast();
  return r;
}

// Sets target and taken cost of a branch instruction (costs are closed).
void Translator::LinkBranch(uint8_t* insn, Control* target) {
  if (target->kind == Control::kLoop) {
    Put<uint32_t>(insn + 12, target->loop_cost);
    Put<uint8_t*>(insn + 16, target->loop_entry);
  } else {
    Put<uint64_t>(insn + 16, target->fix);
    target->fix = 2 * static_cast<uint64_t>(insn + 16 - s_->context->code_base);
  }
}

void Translator::LinkRow(uint8_t* row, Control* target) {
  Put<int16_t>(row + 12, static_cast<int16_t>(
                             s_->temps + static_cast<int32_t>(target->height)));
  Put<int16_t>(row + 14, 0);
  if (target->kind == Control::kLoop) {
    Put<uint8_t*>(row, target->loop_entry);
    Put<uint32_t>(row + 8, target->loop_cost);
  } else {
    Put<uint64_t>(row, target->fix);
    target->fix = 2 * static_cast<uint64_t>(row - s_->context->code_base) + 1;
  }
}

// Forward branches to `c` come here; each pays the run that starts here.
void Translator::BindLabel(Control* c) {
  uint64_t fix = c->fix;
  while (fix != 0) {
    uint8_t* const target = s_->context->code_base + (fix >> 1);
    const bool is_row = fix & 1;
    fix = Get<uint64_t>(target);
    Put<uint8_t*>(target, out_);
    OpenCharge(is_row ? target + 8 : target - 4);
  }
  ForgetAcc();
  ForgetLast();
}

void Translator::BindElse(Control* c) {
  uint8_t* const insn = s_->context->code_base + c->else_branch;
  Put<uint8_t*>(insn + 16, out_);
  OpenCharge(insn + 12);
  ForgetAcc();
  ForgetLast();
}

void Translator::EmitProfileLeave() {
  if (ASHLAR_LIKELY(!s_->context->options->profile)) return;
  SetOp(out_, interp::kOpProfileLeave);
  out_ += 16;
}

// Hands over the top entries as results. Entries stay as they are but for
// being materialised.
void Translator::EmitReturn() {
  using namespace interp;
  const uint32_t count = s_->context->type->result_count;
  Entry* const v = sp_ - 1;
  const bool immediate = count == 1 && v->is_constant &&
                         (v->type == 0x7f || v->type == 0x7d ||
                          v->constant == static_cast<uint32_t>(v->constant));
  if (count == 1 && v->is_constant && !immediate) Materialise(v, Temp(v));
  if (count > 1) MaterialiseTop(count);
  EmitProfileLeave();
  Put<int16_t>(out_ + 8, static_cast<int16_t>(s_->result_slot));
  if (count == 0) {
    SetOp(out_, kOpReturn0);
  } else if (immediate) {
    SetOp(out_, kOpReturn1_I);
    Put<uint32_t>(out_ + 12, static_cast<uint32_t>(v->constant));
  } else if (count == 1) {
    SetOp(out_, v->slot == s_->acc ? kOpReturn1_A : kOpReturn1_S);
    Put<int16_t>(out_ + 10, static_cast<int16_t>(v->slot));
  } else {
    SetOp(out_, kOpReturnN);
    Put<int16_t>(out_ + 10, static_cast<int16_t>(Temp(sp_ - count)));
    Put<uint32_t>(out_ + 12, count);
  }
  out_ += 16;
  ForgetLast();
}

// An unconditional branch with its values; those are temporaries, or one
// entry of any kind.
void Translator::EmitMoveAndBranch(Control* target) {
  using namespace interp;
  const uint32_t count = target->arity();
  const int32_t dst = s_->temps + static_cast<int32_t>(target->height);
  uint8_t* const r = out_;
  if (count == 0 || sp_[-static_cast<ptrdiff_t>(count)].slot == dst) {
    SetOp(r, kOpBr);
    out_ = r + 24;
  } else {
    SetOp(r, kOpBrMove);
    Put<int16_t>(r + 8, static_cast<int16_t>(dst));
    Put<int16_t>(
        r + 10, static_cast<int16_t>(sp_[-static_cast<ptrdiff_t>(count)].slot));
    Put<uint32_t>(r + 24, count);
    Put<uint32_t>(r + 28, 0);
    out_ = r + 32;
  }
  LinkBranch(r, target);
  ForgetLast();
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_BRANCH_H_
