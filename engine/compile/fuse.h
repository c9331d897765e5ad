// Translator: instructions that take the place of several. Included by
// translate.cc only.
#ifndef ENGINE_COMPILE_FUSE_H_
#define ENGINE_COMPILE_FUSE_H_

#include "engine/compile/numeric.h"

namespace ashlar::compile {

// Whether the instruction at `p` is a shift to the left by 0-3 into the
// temporary `slot`.
bool Translator::IsSmallShiftOf(const uint8_t* p, int32_t slot) const {
  using namespace interp;
  const auto handler = Get<uint64_t>(p);
  return Get<int16_t>(p + 8) == slot && slot >= s_->temps &&
         (handler == s_->handlers[kOpI32Shl_SI] ||
          handler == s_->handlers[kOpI32Shl_AI]) &&
         (Get<uint32_t>(p + 12) & 31) < 4;
}

// The address was just added up: the load does it (and a small shift before
// it) itself. Fused forms: +3 slot slot, +4 acc slot, +5 slot imm16, +6 slot
// + (slot << 0..3) with a 14-bit offset.
template <bool kFloat>
bool Translator::TryFuseLoad(Descriptor d, Entry* x, uint32_t offset) {
  using namespace interp;
  const uint32_t form = s_->last_op - kOpI32Add_SS;
  if (form > 3 || offset >= 65536) return false;
  uint8_t* p = s_->last;
  const auto lhs = Get<int16_t>(p + 10);
  const auto rhs = Get<int16_t>(p + 12);
  uint32_t op = d.op;
  if (form == 3) {
    const auto immediate = Get<int32_t>(p + 12);
    if (immediate != static_cast<int16_t>(immediate)) return false;
    op += 5;
    Put<int16_t>(p + 12, static_cast<int16_t>(immediate));
    Put<uint16_t>(p + 14, static_cast<uint16_t>(offset));
  } else if (form != 0 && s_->before_last != nullptr &&
             s_->before_last + 16 == p && offset < 16384 &&
             IsSmallShiftOf(s_->before_last, form == 1 ? lhs : rhs)) {
    // The shifted value was a temporary that only the addition used.
    const uint32_t shift = Get<uint32_t>(s_->before_last + 12) & 31;
    const auto shifted = Get<int16_t>(s_->before_last + 10);
    p = s_->before_last;
    op += 6;
    Put<int16_t>(p + 10, form == 1 ? rhs : lhs);
    Put<int16_t>(p + 12, shifted);
    Put<uint16_t>(p + 14, static_cast<uint16_t>(offset | shift << 14));
  } else {
    op += form == 0 ? 3 : 4;
    Put<int16_t>(p + 12, form == 2 ? lhs : rhs);
    Put<uint16_t>(p + 14, static_cast<uint16_t>(offset));
  }
  SetOp(p, op);
  const int32_t dst = Temp(x);
  Put<int16_t>(p + 8, static_cast<int16_t>(dst));
  uint8_t* const before = p == s_->last ? s_->before_last : nullptr;
  kFloat ? FloatEmitted(op, p, dst) : Emitted(op, p, dst);
  s_->before_last = before;
  // What acc held before the fused instructions is not known any more.
  if (kFloat) s_->acc = kNone;
  s_->acc_before_last = kNone;
  out_ = p + 16;
  return true;
}

// The operand that acc holds (form 1 the left, 2 the right one) was loaded
// right before: the load does this addition, too, whose own 16 bytes follow as
// its operands. Not so i32, whose sums are addresses: loads do that addition.
bool Translator::TryFuseLoadAdd(Descriptor d, uint32_t form) {
  using namespace interp;
  if (form == 0 || s_->last_op != kOpI64Load_S) return false;
  Entry* const x = sp_ - 2;
  const Entry* const y = sp_ - 1;
  const int32_t loaded = form == 1 ? x->slot : y->slot;
  if (s_->last_dst != loaded || loaded < s_->temps || s_->last + 16 != out_) {
    return false;
  }
  if (form == 1) x->slot = y->slot;
  SetOp(s_->last, kOpI64LoadAdd);
  Replace2(kOpI64Add_SA, Temp(x), d);
  return true;
}

// The store's form that adds two slots to its address.
inline constexpr uint32_t kFormSummed = 7;

// With records: what began at or behind `from` begins at `to`. Inline, since a
// call would make all steps of stores save registers.
ASHLAR_INLINE void MoveRecords(Context* c, const uint8_t* from,
                               const uint8_t* to) {
  const auto offset = static_cast<uint32_t>(from - c->code_begin);
  for (auto r = c->records->rbegin();
       r != c->records->rend() && r->code_offset >= offset; ++r) {
    r->code_offset = static_cast<uint32_t>(to - c->code_begin);
  }
}

// The address of a store was added up from two slots right before the one
// instruction that made its value: the store adds, and the value moves up.
// That must not write what is added, so it writes a temporary.
bool Translator::TryFuseStore(uint32_t op, const Entry* x, const Entry* y,
                              uint32_t offset) {
  using namespace interp;
  // Where last_dst is a slot there is a last instruction.
  if (s_->last_dst != y->slot || y->slot < s_->temps) return false;
  uint8_t* const value = s_->last;
  uint8_t* const add = s_->before_last;
  if (add == nullptr || value + 16 != out_ || add + 16 != value ||
      x->slot < s_->temps || Get<uint64_t>(add) != s_->handlers[kOpI32Add_SS] ||
      Get<int16_t>(add + 8) != x->slot) {
    return false;
  }
  const auto base = Get<int16_t>(add + 10);
  const auto index = Get<int16_t>(add + 12);
  Put<uint64_t>(add, Get<uint64_t>(value));
  Put<uint64_t>(add + 8, Get<uint64_t>(value + 8));
  if (ASHLAR_UNLIKELY(s_->context->records != nullptr)) {
    MoveRecords(s_->context, value, add);
  }
  SetOp(value, op);
  Put<int16_t>(value + 8, base);
  Put<int16_t>(value + 10, index);
  Put<uint32_t>(value + 12, offset);
  // The sum's slot was not written, nor what acc held before is known.
  if (s_->acc == x->slot) s_->acc = kNone;
  s_->last_op = op;
  s_->last_dst = kNone;
  return true;
}

// Integer branches stand as their comparisons do, i32 before i64; those that
// test bits stand elsewhere.
inline constexpr uint32_t kComparingBranches = 20;
// So many blocks between a loop and the branch it begins with are looked at.
inline constexpr uint32_t kLoopHeadScanMax = 4;
static_assert(interp::kOpAddBrI64GeU_I ==
              interp::kOpAddBrI32Eq_S + 2 * kComparingBranches - 1);
static_assert(interp::kOpLoopBrI64GeU_I ==
              interp::kOpLoopBrI32Eq_S + 2 * kComparingBranches - 1);
static_assert(interp::kOpLoopAddBrI64GeU_I ==
              interp::kOpLoopAddBrI32Eq_S + 2 * kComparingBranches - 1);
static_assert(interp::kOpLoopBrI32AndNotZero_S ==
              interp::kOpLoopBrI32Eq_S + 2 * kComparingBranches);
static_assert(interp::kOpLoopBrI32AndZero_S ==
              interp::kOpLoopBrI32AndNotZero_S + 2);
static_assert(interp::kOpBrI32AndZero_SS ==
              interp::kOpBrI32AndNotZero_SS + interp::kBinForms);

// The instruction at `p` may be the addition of a small constant that made
// what a branch compares with `rhs` (_S a slot, _I itself). Then both become
// one instruction there. `which` counts as the branches do.
bool Translator::TryFuseAdd(uint8_t* p, uint32_t which, bool immediate,
                            int16_t rhs) {
  using namespace interp;
  const auto addend = Get<int32_t>(p + 12);
  if (Get<uint64_t>(p) !=
          s_->handlers[which < 10 ? kOpI32Add_SI : kOpI64Add_SI] ||
      addend != static_cast<int16_t>(addend)) {
    return false;
  }
  SetOp(p, kOpAddBrI32Eq_S + 2 * which + immediate);
  Put<int16_t>(p + 28, static_cast<int16_t>(addend));
  Put<int16_t>(p + 30, rhs);
  s_->branch_op = kNoBranch;
  out_ = p + 32;
  return true;
}

// global.set of own global `index` behind what made its value: a sum that
// began with the same global, or with a slot, becomes one instruction.
bool Translator::TryFuseGlobalSet(uint32_t index, const Entry* v) {
  using namespace interp;
  uint8_t* const add = s_->last;
  if (s_->last_dst != v->slot || add == nullptr || add + 16 != out_ ||
      index > UINT16_MAX) {
    return false;
  }
  const auto handler = Get<uint64_t>(add);
  const auto dst = Get<int16_t>(add + 8);
  uint8_t* const get = s_->before_last;
  if (handler == s_->handlers[kOpI32Add_SI] && dst >= s_->temps) {
    SetOp(add, kOpGlobalSetSum);
    Put<uint16_t>(add + 8, static_cast<uint16_t>(index));
    s_->acc = kNone;
    return true;
  }
  if (handler != s_->handlers[kOpI32Add_AI] || get == nullptr ||
      get + 16 != add || Get<uint64_t>(get) != s_->handlers[kOpGlobalGet] ||
      Get<uint32_t>(get + 12) != index || Get<int16_t>(get + 8) < s_->temps) {
    return false;
  }
  SetOp(get, kOpGlobalAdd);
  Put<int16_t>(get + 8, dst);
  Put<uint16_t>(get + 10, static_cast<uint16_t>(index));
  Put<uint32_t>(get + 12, Get<uint32_t>(add + 12));
  s_->last = get;
  out_ = get + 16;
  return true;
}

// global.get of own global `index` into a temporary, behind a global.set of
// the same one: that instruction writes the slot too.
bool Translator::TryFuseGlobalGet(uint32_t index, int32_t dst) {
  using namespace interp;
  uint8_t* const set = s_->last;
  if (set == nullptr || set + 16 != out_) return false;
  const auto handler = Get<uint64_t>(set);
  uint32_t op;
  if (handler == s_->handlers[kOpGlobalSet_A] &&
      Get<uint32_t>(set + 12) == index) {
    op = kOpGlobalTee;
  } else if (handler == s_->handlers[kOpGlobalAdd] &&
             Get<uint16_t>(set + 10) == index &&
             Get<int16_t>(set + 8) >= s_->temps) {
    op = kOpGlobalAdd;
  } else {
    return false;
  }
  SetOp(set, op);
  Put<int16_t>(set + 8, static_cast<int16_t>(dst));
  Emitted(op, set, dst);
  FloatWritten(dst);
  return true;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_FUSE_H_
