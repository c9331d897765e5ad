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
  TryLoopCopy(op, loop, is_taken);
  const uint8_t* const target =
      is_taken ? Get<const uint8_t*>(head + 16) : head + 32;
  SetOp(out_, op);
  Put<uint32_t>(out_ + 8, Get<uint32_t>(head + 8));
  Put<uint32_t>(out_ + 12, loop->loop_cost);
  Put<const uint8_t*>(out_ + 16, target);
  Put<uint32_t>(out_ + 24, Get<uint32_t>(head + (is_taken ? 12 : 24)));
  Put<uint32_t>(out_ + 28, static_cast<uint32_t>(target - head));
  out_ += 32;
  return true;
}

// `loop`, to which a branch leads back here, may be one that copies bytes, as
// compilers make of memcpy: then what makes many rounds at once stands before
// the branch. `op` is the comparison for which the loop goes on, as a branch
// back; `is_taken`: its head is taken then. All that a round changes is the
// byte, which nothing else uses, and the counter.
void Translator::TryLoopCopy(uint32_t op, const Control* loop, bool is_taken) {
  using namespace interp;
  const uint8_t* const head = loop->loop_entry;
  const uint8_t* const body =
      is_taken ? Get<const uint8_t*>(head + 16) : head + 32;
  const uint8_t* const store = body + 16;
  const uint8_t* const add = body + 32;
  if (add + 16 != out_ || (op != kOpLoopBrI32Ne_S && op != kOpLoopBrI32LtU_S) ||
      Get<uint64_t>(body) != s_->handlers[kOpI32Load8U_SS] ||
      Get<uint64_t>(store) != s_->handlers[kOpI32Store8_XA]) {
    return;
  }
  const auto counter = Get<int16_t>(add + 8);
  const auto byte = Get<int16_t>(body + 8);
  const auto is_fixed = [&](int16_t slot) {
    return slot != counter && slot != byte;
  };
  const auto counts_once = [&](const uint8_t* slots) {
    const auto a = Get<int16_t>(slots);
    const auto b = Get<int16_t>(slots + 2);
    return (a == counter && is_fixed(b)) || (b == counter && is_fixed(a));
  };
  // Optimisers keep the 1 in a local, too; whether it is one is seen later.
  const bool by_slot = Get<uint64_t>(add) == s_->handlers[kOpI32Add_SS];
  const bool counts = by_slot
                          ? is_fixed(Get<int16_t>(add + 12))
                          : Get<uint64_t>(add) == s_->handlers[kOpI32Add_SI] &&
                                Get<int32_t>(add + 12) == 1;
  auto end = Get<int16_t>(head + 10);
  if (op == kOpLoopBrI32Ne_S && end == counter) end = Get<int16_t>(head + 8);
  if (!counts || byte == counter || Get<int16_t>(add + 10) != counter ||
      !counts_once(head + 8) || !counts_once(body + 10) ||
      !counts_once(store + 8) || end == counter) {
    return;
  }
  SetOp(out_,
        (op == kOpLoopBrI32Ne_S ? kOpLoopCopyNe : kOpLoopCopyLtU) + by_slot);
  Put<int16_t>(out_ + 8, counter);
  Put<int16_t>(out_ + 10, end);
  Put<uint32_t>(out_ + 12,
                loop->loop_cost + Get<uint32_t>(head + (is_taken ? 12 : 24)));
  Put<const uint8_t*>(out_ + 16, body);
  out_ += 24;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_LOOPS_H_
