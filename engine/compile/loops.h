// Translator: branches back to a loop. Included by translate.cc only.
#ifndef ENGINE_COMPILE_LOOPS_H_
#define ENGINE_COMPILE_LOOPS_H_

#include "engine/compile/branch.h"

namespace ashlar::compile {

// The branch at `r`, in a block of `c`, was just emitted, and goes on behind
// itself where it is not taken: if it is the first instruction of a loop,
// branches back can do its work.
void Translator::NoteLoopHead(Control* c, const uint8_t* r) {
  for (uint32_t i = 0; i < kLoopHeadScanMax; ++i, --c) {
    if (c->kind == Control::kLoop) {
      if (c->loop_entry == r) c->head_op = s_->branch_op;
      return;
    }
    if (c->kind != Control::kBlock) return;
  }
}

// A label of `c` was just bound, to which nothing falls through: if the loop
// around it has a head that leads here, its rounds go on here.
void Translator::NoteLoopBody(Control* c) {
  for (uint32_t i = 0; i < kLoopHeadScanMax; ++i) {
    --c;
    if (c->kind == Control::kLoop) {
      c->goes_on_taken = c->head_op != kNoBranch &&
                         Get<const uint8_t*>(c->loop_entry + 16) == out_;
      return;
    }
    if (c->kind != Control::kBlock) return;
  }
}

// Whether the loop goes on in the else-arm of the `if` that it begins with, so
// where its head is taken; that arm is then the one at hand.
bool Translator::GoesOnInElse(const Control* loop) const {
  const auto head =
      static_cast<uint64_t>(loop->loop_entry - s_->context->code_base);
  for (uint32_t i = 0; i < kLoopHeadScanMax && loop != s_->control; ++i) {
    ++loop;
    if (loop->kind == Control::kElse) return loop->else_branch == head;
    if (loop->kind != Control::kBlock) return false;
  }
  return false;
}

// A branch back to a loop that begins with a branch: the same comparison,
// negated unless the loop goes on where its head is taken. It leads where the
// head would; nothing is known of the accumulators there.
bool Translator::TryLoopBranch(const Control* loop) {
  using namespace interp;
  if (loop->kind != Control::kLoop || loop->head_op == kNoBranch) return false;
  const bool is_taken = loop->goes_on_taken || GoesOnInElse(loop);
  uint32_t relative = loop->head_op - kOpBrI32Eq_SS;
  uint32_t which = relative / kBinForms;
  if (which >= kComparingBranches) {
    relative = loop->head_op - kOpBrI32AndNotZero_SS;
    // The head's own comparison, or the other one of the two.
    which = kComparingBranches + ((relative >= kBinForms) == is_taken);
  } else if (!is_taken) {
    which = which < 10 ? kNegated[which] : 10 + kNegated[which - 10];
  }
  const uint8_t* const head = loop->loop_entry;
  const uint32_t op =
      kOpLoopBrI32Eq_S + 2 * which + (relative % kBinForms == kFormImm);
  const auto head_cost = Get<uint32_t>(head + (is_taken ? 12 : 24));
  const Rounds rounds = {
      .op = op,
      .head = head,
      .body = is_taken ? Get<const uint8_t*>(head + 16) : head + 32,
      .cost = loop->loop_cost + head_cost};
  if (!TryLoopCopy(rounds)) TryLoopFill(rounds);
  uint8_t* const r = EmitLoopBranch(op, head);
  Put<uint32_t>(r + 12, loop->loop_cost);
  Put<const uint8_t*>(r + 16, rounds.body);
  Put<uint32_t>(r + 24, head_cost);
  Put<uint32_t>(r + 28, static_cast<uint32_t>(rounds.body - head));
  return true;
}

// Writes the operation and the operands of a branch back that compares as
// `head` does; returns it. What the last instruction added to the left side
// becomes part of it.
uint8_t* Translator::EmitLoopBranch(uint32_t op, const uint8_t* head) {
  using namespace interp;
  const uint32_t which = (op - kOpLoopBrI32Eq_S) / 2;
  uint8_t* const add = s_->last;
  if (add == nullptr || add + 16 != out_ || which >= kComparingBranches ||
      Get<uint64_t>(add) !=
          s_->handlers[which < 10 ? kOpI32Add_SI : kOpI64Add_SI] ||
      Get<int16_t>(add + 8) != Get<int16_t>(head + 8)) {
    uint8_t* const r = out_;
    SetOp(r, op);
    Put<uint32_t>(r + 8, Get<uint32_t>(head + 8));
    out_ += 32;
    return r;
  }
  SetOp(add, op - kOpLoopBrI32Eq_S + kOpLoopAddBrI32Eq_S);
  Put<int32_t>(add + 32, Get<int32_t>(add + 12));
  Put<int32_t>(add + 36, Get<int16_t>(head + 10));
  out_ = add + 40;
  return add;
}

// Writes the instruction that makes many rounds at once.
void Translator::EmitRounds(uint32_t op, int16_t counter, int32_t end,
                            const Rounds& rounds) {
  SetOp(out_, op);
  Put<int16_t>(out_ + 8, counter);
  Put<int16_t>(out_ + 10, static_cast<int16_t>(end));
  Put<uint32_t>(out_ + 12, rounds.cost);
  Put<const uint8_t*>(out_ + 16, rounds.body);
  out_ += 24;
}

// The two slots that each round of a loop writes.
struct Changing {
  int16_t counter;
  int16_t other;

  // Rounds that are made at once do not write the other slot, and execution may
  // stop behind them, where the value of a local can be seen.
  bool AreLocalAndTemporary(int32_t temps) const {
    return counter < temps && other >= temps;
  }
  bool Keep(int16_t slot) const { return slot != counter && slot != other; }
  // Of the two slots that stand at `p` one is the counter, the other is kept.
  bool CountIn(const uint8_t* p) const {
    const auto a = Get<int16_t>(p);
    const auto b = Get<int16_t>(p + 2);
    return (a == counter && Keep(b)) || (b == counter && Keep(a));
  }
  // With what the branch back compares the counter: a slot, or the constant of
  // kOpLoopBrI32Ne_I. kNone: with none that is kept, or is not on the left
  // where that makes a difference.
  int32_t EndOf(const Rounds& rounds) const {
    const auto a = Get<int16_t>(rounds.head + 8);
    const auto b = Get<int16_t>(rounds.head + 10);
    if (a == counter && (rounds.op == interp::kOpLoopBrI32Ne_I || Keep(b))) {
      return b;
    }
    return rounds.op == interp::kOpLoopBrI32Ne_S && b == counter && Keep(a)
               ? a
               : kNone;
  }
};

// A loop may be one that copies bytes, as compilers make of memcpy and memmove:
// then what makes many rounds at once stands before the branch back. All that a
// round changes is the byte, which nothing else uses, and the counter.
bool Translator::TryLoopCopy(const Rounds& rounds) {
  using namespace interp;
  const uint8_t* const load = rounds.body;
  const uint8_t* const store = load + 16;
  const uint8_t* const add = load + 32;
  const bool until_equal = rounds.op == kOpLoopBrI32Ne_S;
  if (add + 16 != out_ || (!until_equal && rounds.op != kOpLoopBrI32LtU_S) ||
      Get<uint64_t>(load) != s_->handlers[kOpI32Load8U_SS] ||
      Get<uint64_t>(store) != s_->handlers[kOpI32Store8_XA]) {
    return false;
  }
  const Changing slots = {Get<int16_t>(add + 8), Get<int16_t>(load + 8)};
  // Optimisers keep the step in a local, too; what it is is seen later.
  const bool by_slot = Get<uint64_t>(add) == s_->handlers[kOpI32Add_SS];
  const bool counts = by_slot
                          ? slots.Keep(Get<int16_t>(add + 12))
                          : Get<uint64_t>(add) == s_->handlers[kOpI32Add_SI] &&
                                Get<int32_t>(add + 12) == 1;
  const int32_t end = slots.EndOf(rounds);
  if (!counts || !slots.AreLocalAndTemporary(s_->temps) ||
      Get<int16_t>(add + 10) != slots.counter || end == kNone ||
      !slots.CountIn(load + 10) || !slots.CountIn(store + 8)) {
    return false;
  }
  EmitRounds((until_equal ? kOpLoopCopyNe : kOpLoopCopyLtU) + by_slot,
             slots.counter, end, rounds);
  return true;
}

// The same of loops that write one byte everywhere, as of memset: up, in which
// the counter is added to last, or down to a constant, in which it is counted
// first. All that a round changes is the address and the counter.
void Translator::TryLoopFill(const Rounds& rounds) {
  using namespace interp;
  const bool down = rounds.op == kOpLoopBrI32Ne_I;
  const uint8_t* const add = rounds.body + (down ? 0 : 32);
  const uint8_t* const sum = rounds.body + (down ? 16 : 0);
  const uint8_t* const store = sum + 16;
  if (rounds.body + 48 != out_ ||
      (!down && rounds.op != kOpLoopBrI32Ne_S &&
       rounds.op != kOpLoopBrI32LtU_S) ||
      Get<uint64_t>(add) != s_->handlers[kOpI32Add_SI] ||
      Get<int32_t>(add + 12) != (down ? -1 : 1)) {
    return;
  }
  const auto is = [&](const uint8_t* p, uint32_t op) {
    return Get<uint64_t>(p) == s_->handlers[op];
  };
  const bool of_constant = is(store, kOpI32Store8_AI);
  if ((!of_constant && !is(store, kOpI32Store8_AS)) ||
      (down ? !is(sum, kOpI32Add_AS) && !is(sum, kOpI32Add_SA)
            : !is(sum, kOpI32Add_SS))) {
    return;
  }
  const Changing slots = {Get<int16_t>(add + 8), Get<int16_t>(sum + 8)};
  const int32_t end = slots.EndOf(rounds);
  if (!slots.AreLocalAndTemporary(s_->temps) || end == kNone ||
      Get<int16_t>(add + 10) != slots.counter || !slots.CountIn(sum + 10) ||
      (!of_constant && !slots.Keep(Get<int16_t>(store + 10)))) {
    return;
  }
  const uint32_t first = down                            ? kOpLoopFillDown_S
                         : rounds.op == kOpLoopBrI32Ne_S ? kOpLoopFillNe_S
                                                         : kOpLoopFillLtU_S;
  EmitRounds(first + of_constant, slots.counter, end, rounds);
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_LOOPS_H_
