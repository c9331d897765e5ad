// Translator: br, br_if, br_table, return. Included by translate.cc only.
#ifndef ENGINE_COMPILE_TRANSFER_H_
#define ENGINE_COMPILE_TRANSFER_H_

#include "engine/compile/control.h"

namespace ashlar::compile {

bool Translator::FindLabel(Control** out) {
  const uint32_t depth = U32();
  if (ASHLAR_UNLIKELY(depth >
                      static_cast<uint64_t>(s_->control - s_->controls))) {
    return false;
  }
  *out = s_->control - depth;
  return true;
}

// Behind an unconditional transfer. Dead code is validated with the spec's
// polymorphic stack, out of line, and emits nothing; the cursor then stands at
// the block's `end` or `else`.
bool Translator::MarkDead() {
  s_->dead = true;
  sp_ = s_->base;
  s_->pending = 0;
  s_->low = sp_;
  ForgetAcc();
  ForgetLast();
  if (ASHLAR_LIKELY(*ip_ == 0x0b || *ip_ == 0x05)) return true;
  ip_ = ValidateDeadCode(*s_->context, ip_, s_->controls,
                         static_cast<uint32_t>(s_->control - s_->controls));
  return ip_ != nullptr;
}

bool Translator::Branch() {
  CHECK_CURSOR();
  Control* c;
  if (!FindLabel(&c)) return false;
  const uint32_t count = c->arity();
  if (count != 0 && !TopIs(c->label_types(), count)) return false;
  if (c->kind == Control::kFunction) {
    CloseCharges();
    EmitReturn();
  } else {
    if (count > 1) {
      MaterialiseTop(count);
    } else if (count == 1) {
      Materialise(sp_ - 1, s_->temps + static_cast<int32_t>(c->height));
    }
    CloseCharges();
    if (count != 0 || !TryLoopBranch(c)) EmitMoveAndBranch(c);
  }
  return MarkDead();
}

bool Translator::BranchIf() {
  CHECK_CURSOR();
  Control* c;
  if (!FindLabel(&c)) return false;
  if (ASHLAR_UNLIKELY(!Need(1))) return false;
  Entry* condition = --sp_;
  if (ASHLAR_UNLIKELY(condition->type != 0x7f)) return false;
  const uint32_t count = c->arity();
  if (count != 0) {
    if (!TopIs(c->label_types(), count)) return false;
    if (condition->is_constant) Materialise(condition, Temp(condition));
    SavedCompare saved;
    const bool taken_off = TakeOffCompare(condition, &saved);
    const bool in_acc = condition->slot == s_->acc;
    MaterialiseTop(count);
    // Moves do not change acc; it may now count as another slot's mirror.
    if (in_acc) s_->acc = condition->slot;
    if (taken_off) PutBackCompare(saved, condition->slot);
  }
  CloseCharges();
  const bool in_place =
      c->kind != Control::kFunction &&
      (count == 0 ||
       Temp(sp_ - count) == s_->temps + static_cast<int32_t>(c->height));
  if (ASHLAR_LIKELY(in_place)) {
    uint8_t* const r = EmitConditional(condition, false);
    NoteLoopHead(s_->control, r);
    LinkBranch(r, c);
    OpenCharge(r + 24);
    if (s_->branch_op == kNoBranch && c->kind == Control::kLoop &&
        r - c->loop_entry <= kPointerLoopBytesMax) {
      TryPointerLoop(s_, c->loop_entry, r);
    }
    return true;
  }
  // The inverted branch jumps over the moves, or over the return.
  uint8_t* const r = EmitConditional(condition, true);
  Put<uint32_t>(r + 24, 0);
  const int32_t acc = s_->acc;
  if (c->kind == Control::kFunction) {
    EmitReturn();
  } else {
    EmitMoveAndBranch(c);
  }
  Put<uint8_t*>(r + 16, out_);
  OpenCharge(r + 12);
  s_->acc = acc;
  return true;
}

bool Translator::BranchTable() {
  CHECK_CURSOR();
  const uint32_t count = U32();
  if (ip_ > s_->end || count > static_cast<uint64_t>(s_->end - ip_) ||
      count > s_->context->options->limits->br_table_targets_max || !Need(1)) {
    return false;
  }
  Entry* index = --sp_;
  if (index->type != 0x7f) return false;
  if (index->is_constant) Materialise(index, Temp(index));
  cost_ += BranchTableWidthPrice(*s_->schedule, count + 1);
  // All labels have one arity.
  uint32_t arity = 0;
  bool in_place = true;
  const uint8_t* const labels = ip_;
  for (uint32_t i = 0; i <= count; ++i) {
    Control* c;
    if (ip_ > s_->end || !FindLabel(&c)) return false;
    if (i == 0) arity = c->arity();
    if (c->arity() != arity || !TopIs(c->label_types(), arity)) return false;
    if (arity != 0 &&
        Temp(sp_ - arity) != s_->temps + static_cast<int32_t>(c->height)) {
      in_place = false;
    }
  }
  MaterialiseTop(arity);
  CloseCharges();
  uint8_t* const insn = out_;
  Put<int16_t>(insn + 8, static_cast<int16_t>(index->slot));
  Put<uint32_t>(insn + 12, count);
  uint8_t* rows;
  if (in_place) {
    SetOp(insn,
          index->slot == s_->acc ? interp::kOpBrTable_A : interp::kOpBrTable_S);
    rows = insn + 16;
  } else {
    SetOp(insn, interp::kOpBrTableMove);
    Put<int16_t>(insn + 10, static_cast<int16_t>(Temp(sp_ - arity)));
    Put<uint32_t>(insn + 16, arity);
    Put<uint32_t>(insn + 20, 0);
    rows = insn + 24;
  }
  ip_ = labels;
  for (uint32_t i = 0; i <= count; ++i, rows += 16) {
    Control* c;
    if (!FindLabel(&c)) return false;
    LinkRow(rows, c);
  }
  out_ = rows;
  return MarkDead();
}

bool Translator::Return() {
  CHECK_CURSOR();
  const uint32_t count = s_->context->type->result_count;
  if (count != 0 && !TopIs(s_->controls->results, count)) return false;
  CloseCharges();
  EmitReturn();
  return MarkDead();
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_TRANSFER_H_
