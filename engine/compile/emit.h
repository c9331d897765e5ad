// Translator: cursor, operand stack, emission. Included by translate.cc only.
#ifndef ENGINE_COMPILE_EMIT_H_
#define ENGINE_COMPILE_EMIT_H_

#include "engine/compile/translator.h"

namespace ashlar::compile {

// A malformed integer moves the cursor behind the end: every body is checked
// against its end at control instructions, so that stops it. A cursor that is
// there already goes on: back again, it could go round for ever.
const uint8_t* Translator::BehindEnd() const {
  return (ip_ > s_->end ? ip_ : s_->end) + 1;
}

// With kShort it answers false, and reads nothing, where there are more than
// four bytes.
template <bool kShort>
bool Translator::ReadU32(uint32_t* value) {
  const uint32_t word = Get<uint32_t>(ip_);
  if (ASHLAR_LIKELY((word & 0x80) == 0)) {
    ++ip_;
    *value = word & 0x7f;
    return true;
  }
  if (ASHLAR_LIKELY((word & 0x8000) == 0)) {
    ip_ += 2;
    *value = (word & 0x7f) | (word >> 1 & 0x3f80);
    return true;
  }
  const uint32_t length = ShortLebLength(word);
  if (ASHLAR_LIKELY(length != 0)) {
    ip_ += length;
    *value = JoinLeb(word, length);
    return true;
  }
  if (kShort) return false;
  const LebResult r = ReadLebU32(ip_);
  ip_ = r.next != nullptr ? r.next : BehindEnd();
  *value = static_cast<uint32_t>(r.value);
  return true;
}

uint32_t Translator::U32() {
  uint32_t value;
  ReadU32<false>(&value);
  return value;
}

template <bool kShort>
bool Translator::ReadS32(int64_t* value) {
  const uint32_t word = Get<uint32_t>(ip_);
  if (ASHLAR_LIKELY((word & 0x80) == 0)) {
    ++ip_;
    *value = static_cast<int32_t>(word << 25) >> 25;
    return true;
  }
  if (ASHLAR_LIKELY((word & 0x8000) == 0)) {
    ip_ += 2;
    *value =
        static_cast<int32_t>((word & 0x7f) << 18 | (word & 0x7f00) << 17) >> 18;
    return true;
  }
  const uint32_t length = ShortLebLength(word);
  if (ASHLAR_LIKELY(length != 0)) {
    ip_ += length;
    const uint32_t shift = 32 - 7 * length;
    *value = static_cast<int32_t>(JoinLeb(word, length) << shift) >> shift;
    return true;
  }
  if (kShort) return false;
  const LebResult r = ReadLebSigned(ip_, 32);
  ip_ = r.next != nullptr ? r.next : BehindEnd();
  *value = static_cast<int64_t>(r.value);
  return true;
}

int64_t Translator::S64() {
  const uint8_t byte = *ip_;
  if (ASHLAR_LIKELY(byte < 0x80)) {
    ++ip_;
    return static_cast<int64_t>(static_cast<uint64_t>(byte) << 57) >> 57;
  }
  const LebResult r = ReadLebSigned(ip_, 64);
  ip_ = r.next != nullptr ? r.next : BehindEnd();
  return static_cast<int64_t>(r.value);
}

bool Translator::ZeroByte() { return *ip_++ == 0; }

void Translator::PushSlot(int32_t slot, uint8_t type) {
  SetSlot(sp_, slot, type);
  ++sp_;
  NoteHeight();
}

void Translator::PushConstant(int64_t value, uint8_t type) {
  sp_->constant = value;
  Put<uint64_t>(&sp_->slot, static_cast<uint32_t>(kNoSlot) |
                                uint64_t{kConstantKind | type} << 32);
  ++sp_;
  NoteHeight();
}

// The frame limit is looked at here because a call or a block can push many
// values for two bytes.
bool Translator::PushTypes(const uint8_t* types, uint32_t count) {
  if (ASHLAR_UNLIKELY(s_->stack_limit - sp_ < static_cast<ptrdiff_t>(count))) {
    return count == 0;
  }
  int32_t temp = Temp(sp_);
  for (uint32_t i = 0; i < count; ++i) PushSlot(temp++, types[i]);
  return true;
}

bool Translator::TopIs(const uint8_t* types, uint32_t count) const {
  if (sp_ - s_->base < static_cast<ptrdiff_t>(count)) return false;
  const Entry* e = sp_ - count;
  for (uint32_t i = 0; i < count; ++i) {
    if (e[i].type != types[i]) return false;
  }
  return true;
}

void Translator::ForgetLast() {
  s_->last_dst = kNone;
  s_->last = nullptr;
  s_->last_copy = nullptr;
}

// A slot was written without acc.
void Translator::AccWritten(int32_t dst) {
  if (s_->acc == dst) s_->acc = kNone;
}

// A slot was written without the float accumulators, perhaps with a float.
void Translator::FloatWritten(int32_t dst) {
  if (s_->float_acc == dst) s_->float_acc = kNone;
}

// What the accumulators hold is not known any more.
void Translator::ForgetAcc() {
  s_->acc = kNone;
  s_->float_acc = kNone;
}

// `dst` := value of slot `src`; the value also stands in acc if it did.
void Translator::EmitCopy(int32_t dst, int32_t src) {
  using namespace interp;
  const bool pair = s_->last_copy != nullptr && s_->last_copy + 16 == out_;
  s_->before_last = nullptr;
  s_->last_dst = kNone;
  FloatWritten(dst);
  if (src == s_->acc) {
    s_->acc = dst;
    if (pair && s_->last_op == kOpCopy_S) {
      SetOp(s_->last_copy, kOpCopy2_SA);
      Put<int16_t>(s_->last_copy + 12, static_cast<int16_t>(dst));
      s_->last_copy = nullptr;
      return;
    }
    SetOp(out_, kOpCopy_A);
    s_->last_op = kOpCopy_A;
  } else {
    AccWritten(dst);
    if (pair && s_->last_op == kOpCopy_S) {
      SetOp(s_->last_copy, kOpCopy2_SS);
      Put<int16_t>(s_->last_copy + 12, static_cast<int16_t>(dst));
      Put<int16_t>(s_->last_copy + 14, static_cast<int16_t>(src));
      s_->last_copy = nullptr;
      return;
    }
    if (pair) {  // Copy_A before it
      const auto first = Get<int16_t>(s_->last_copy + 8);
      SetOp(s_->last_copy, kOpCopy2_AS);
      Put<int16_t>(s_->last_copy + 12, first);
      Put<int16_t>(s_->last_copy + 8, static_cast<int16_t>(dst));
      Put<int16_t>(s_->last_copy + 10, static_cast<int16_t>(src));
      s_->last_copy = nullptr;
      return;
    }
    SetOp(out_, kOpCopy_S);
    Put<int16_t>(out_ + 10, static_cast<int16_t>(src));
    s_->last_op = kOpCopy_S;
  }
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  s_->last_copy = out_;
  out_ += 16;
}

void Translator::EmitConst(int32_t dst, int64_t value, uint8_t type) {
  using namespace interp;
  AccWritten(dst);
  FloatWritten(dst);
  ForgetLast();
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<int32_t>(out_ + 12, static_cast<int32_t>(value));
  if (type == 0x7f || type == 0x7d) {
    SetOp(out_, kOpConstU32);
  } else if (value == static_cast<int32_t>(value)) {
    SetOp(out_, kOpConstS32);
  } else {
    SetOp(out_, kOpConst64);
    Put<int64_t>(out_ + 16, value);
    out_ += 8;
  }
  out_ += 16;
}

void Translator::Materialise(Entry* e, int32_t dst) {
  if (e->is_constant) {
    EmitConst(dst, e->constant, e->type);
    e->is_constant = 0;
    e->slot = dst;
  } else if (e->slot != dst) {
    EmitCopy(dst, e->slot);
    e->slot = dst;
  }
}

// Brings the top entries to their own temporaries.
void Translator::MaterialiseTop(uint32_t count) {
  for (Entry* e = sp_ - count; e < sp_; ++e) Materialise(e, Temp(e));
}

// Entries that name locals become temporaries. `s_->low` keeps this linear.
void Translator::FlushLocals() {
  if (s_->pending == 0) return;
  for (Entry* e = s_->low < s_->base ? s_->base : s_->low; e < sp_; ++e) {
    if (!e->is_constant && e->slot < s_->temps) Materialise(e, Temp(e));
  }
  s_->pending = 0;
  s_->low = sp_;
}

// A local is about to be written: entries that still name it are copied out
// first. Beyond kHazardScanMax entries all pending ones are, so that no input
// makes this quadratic.
void Translator::Hazard(uint32_t local, int32_t slot) {
  (void)local;
  if (s_->low < s_->base) s_->low = s_->base;
  const bool all = sp_ - s_->low > kHazardScanMax;
  uint64_t still = 0;
  for (Entry* e = s_->low; e < sp_; ++e) {
    if (e->is_constant || e->slot >= s_->temps) continue;
    if (all || e->slot == slot) {
      Materialise(e, Temp(e));
    } else {
      const int32_t index = e->slot - s_->result_slot - (e->slot < 0 ? 0 : 2);
      still |= uint64_t{1} << (index & 63);
    }
  }
  s_->pending = still;
  if (all) s_->low = sp_;
}

// Notes the instruction at `p` (just written, 16 bytes) that wrote dst and
// acc.
void Translator::Emitted(uint32_t op, uint8_t* p, int32_t dst) {
  s_->before_last = s_->last;
  s_->last_op = op;
  s_->last = p;
  s_->acc_before_last = s_->acc;
  s_->acc = dst;
  s_->last_dst = dst;
}

// As Emitted, for an instruction that wrote dst and a float accumulator.
void Translator::FloatEmitted(uint32_t op, uint8_t* p, int32_t dst) {
  const int32_t acc = s_->acc;
  Emitted(op, p, dst);
  s_->acc = acc == dst ? kNone : acc;
  s_->float_acc = dst;
}

// 0 slot slot, 1 acc slot, 2 slot acc.
uint32_t Translator::FormOf(const Entry* x, const Entry* y) const {
  if (x->slot == s_->acc) return 1;
  return y->slot == s_->acc ? 2 : 0;
}

void Translator::CloseCharges() {
  for (const Site* site = s_->sites; site != s_->sites_end; ++site) {
    Put<uint32_t>(site->cost_field, cost_ - site->start);
  }
  s_->sites_end = s_->sites;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_EMIT_H_
