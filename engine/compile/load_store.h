// Translator: loads and stores. Included by translate.cc only.
#ifndef ENGINE_COMPILE_LOAD_STORE_H_
#define ENGINE_COMPILE_LOAD_STORE_H_

#include "engine/compile/fuse.h"

namespace ashlar::compile {

// Alignment and offset. With kShort it answers false where the offset has over
// four bytes or the alignment more than one.
template <bool kShort>
bool Translator::MemArg(uint32_t* align, uint32_t* offset) {
  const uint32_t word = Get<uint32_t>(ip_);
  if (ASHLAR_LIKELY((word & 0x8080) == 0)) {
    ip_ += 2;
    *align = word & 0x7f;
    *offset = word >> 8 & 0x7f;
    return true;
  }
  if (!kShort) {
    *align = U32();
    *offset = U32();
    return true;
  }
  if ((word & 0x80) != 0) return false;
  *align = *ip_++;
  return ReadU32<kShort>(offset);
}

// Beyond UINT32_MAX it is out of bounds, and does not fit into an instruction.
inline uint64_t ConstantAddress(const Entry* x, uint32_t offset) {
  return uint64_t{static_cast<uint32_t>(x->constant)} + offset;
}

template <bool kShort, bool kFloat>
bool Translator::LoadOp(Descriptor d) {
  uint32_t align;
  uint32_t immediate;
  if (!MemArg<kShort>(&align, &immediate)) return false;
  if (ASHLAR_UNLIKELY(!Need(1) || (align | s_->no_memory) > d.extra)) {
    return false;
  }
  Entry* const x = sp_ - 1;
  const uint32_t kind = x->kind();
  const int32_t dst = Temp(x);
  uint32_t op = d.op;
  if (ASHLAR_LIKELY(kind == kI32Kind)) {
    if (s_->last_dst == x->slot && x->slot >= s_->temps &&
        TryFuseLoad<kFloat>(d, x, immediate)) {
      SetSlot(x, dst, d.out);
      return true;
    }
    op += x->slot == s_->acc;
    Put<int16_t>(out_ + 10, static_cast<int16_t>(x->slot));
  } else {
    if (kind != (kI32Kind | kConstantKind)) return false;
    const uint64_t address = ConstantAddress(x, immediate);
    if (ASHLAR_LIKELY(address <= UINT32_MAX)) {
      op += 2;
      immediate = static_cast<uint32_t>(address);
    } else {
      Materialise(x, dst);
      Put<int16_t>(out_ + 10, static_cast<int16_t>(dst));
    }
  }
  SetOp(out_, op);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<uint32_t>(out_ + 12, immediate);
  kFloat ? FloatEmitted(op, out_, dst) : Emitted(op, out_, dst);
  out_ += 16;
  SetSlot(x, dst, d.out);
  return true;
}

// Forms of a store: +0 slot slot, +1 acc slot, +2 slot acc, +3 slot imm16,
// +4 acc imm16, +5 constant address slot, +6 constant address acc. The value's
// acc is the float one where the value is a float. +7 sum of two slots, acc;
// of floats also +8 acc acc.
template <bool kShort, bool kFloat>
bool Translator::StoreOp(Descriptor d) {
  uint32_t align;
  uint32_t immediate;
  if (!MemArg<kShort>(&align, &immediate)) return false;
  if (ASHLAR_UNLIKELY(!Need(2) || (align | s_->no_memory) > d.extra)) {
    return false;
  }
  Entry* const x = sp_ - 2;
  Entry* const y = sp_ - 1;
  const uint32_t in = d.in;
  const bool is_constant = y->kind() == (in | kConstantKind);
  if (ASHLAR_UNLIKELY(!is_constant && y->kind() != in)) return false;
  uint32_t form;
  if (ASHLAR_UNLIKELY(x->kind() != kI32Kind)) {
    if (x->kind() != (kI32Kind | kConstantKind)) return false;
    const uint64_t address = ConstantAddress(x, immediate);
    if (address <= UINT32_MAX) {
      if (is_constant) Materialise(y, Temp(y));
      form = 5 + (y->slot == (kFloat ? s_->float_acc : s_->acc));
      Put<int16_t>(out_ + 10, static_cast<int16_t>(y->slot));
      EmitStore(d.op + form, static_cast<uint32_t>(address));
      return true;
    }
    Materialise(x, Temp(x));
  }
  if (is_constant && y->constant == static_cast<int16_t>(y->constant)) {
    form = 3 + (x->slot == s_->acc);
    Put<int16_t>(out_ + 10, static_cast<int16_t>(y->constant));
  } else {
    if (is_constant) Materialise(y, Temp(y));
    form = FormOf(x, y);
    if (kFloat) {
      const bool acc_address = x->slot == s_->acc;
      form = y->slot == s_->float_acc ? (acc_address ? 8 : 2) : acc_address;
    }
    if (form == 2 && TryFuseStore(d.op + kFormSummed, x, y, immediate)) {
      sp_ -= 2;
      return true;
    }
    Put<int16_t>(out_ + 10, static_cast<int16_t>(y->slot));
  }
  Put<int16_t>(out_ + 8, static_cast<int16_t>(x->slot));
  EmitStore(d.op + form, immediate);
  return true;
}

// The rest of a store whose operands stand in the instruction.
void Translator::EmitStore(uint32_t op, uint32_t immediate) {
  SetOp(out_, op);
  Put<uint32_t>(out_ + 12, immediate);
  out_ += 16;
  s_->last_dst = kNone;
  sp_ -= 2;
}

bool Translator::FloatLoad(Descriptor d) { return LoadOp<false, true>(d); }
bool Translator::FloatStore(Descriptor d) { return StoreOp<false, true>(d); }

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_LOAD_STORE_H_
