// Translator: locals, globals, select. Included by translate.cc only.
#ifndef ENGINE_COMPILE_ACCESS_H_
#define ENGINE_COMPILE_ACCESS_H_

#include "engine/compile/load_store.h"

namespace ashlar::compile {

// Of those that LocalAt<kShort> knows.
template <bool kShort>
uint32_t Translator::LocalCount() const {
  return kShort ? s_->direct_count : s_->local_count;
}

// REQUIRES: index < LocalCount<kShort>().
template <bool kShort>
Local Translator::LocalAt(uint32_t index) const {
  if (kShort) return s_->locals[index];
  const uint32_t params = s_->context->type->param_count;
  return {static_cast<int32_t>(index - params) - (index < params ? 2 : 0),
          s_->local_types->TypeOf(index), uint64_t{1} << (index & 63)};
}

static_assert(kDirectLocals <= 0x80,
              "one byte of LEB128 names them, and the first of more does not");

template <bool kShort>
bool Translator::LocalGet() {
  const uint32_t index = kShort ? *ip_++ : U32();
  if (ASHLAR_UNLIKELY(index >= LocalCount<kShort>())) return false;
  const Local local = LocalAt<kShort>(index);
  s_->pending |= local.bit;
  if (ASHLAR_UNLIKELY(sp_ < s_->low)) s_->low = sp_;
  Put<uint64_t>(&sp_->slot, Get<uint64_t>(&local.slot));
  ++sp_;
  NoteHeight();
  return true;
}

template <bool kShort>
bool Translator::LocalSet(bool tee) {
  const uint32_t index = kShort ? *ip_++ : U32();
  if (ASHLAR_UNLIKELY(!Need(1) || index >= LocalCount<kShort>())) return false;
  Entry* v = sp_ - 1;
  const Local local = LocalAt<kShort>(index);
  if (ASHLAR_UNLIKELY(v->type != local.type)) return false;
  const int32_t slot = local.slot;
  --sp_;
  if (ASHLAR_UNLIKELY((s_->pending & local.bit) != 0)) {
    if (sp_ == s_->base) {
      s_->pending = 0;
    } else {
      Hazard(index, slot);
    }
  }
  if (v->is_constant) {
    EmitConst(slot, v->constant, v->type);
    sp_ += tee;
    return true;
  }
  if (v->slot == s_->last_dst && v->slot >= s_->temps) {
    // The value was just made: let its instruction write the local.
    Put<int16_t>(s_->last + 8, static_cast<int16_t>(slot));
    if (s_->acc == v->slot) {
      s_->acc = slot;
    } else {
      AccWritten(slot);
    }
    if (IsFloat(local.type)) {
      if (s_->float_acc == v->slot) {
        s_->float_acc = slot;
      } else {
        FloatWritten(slot);
      }
    }
    s_->last_dst = slot;
    if (s_->acc_before_last == slot) s_->acc_before_last = kNone;
  } else if (v->slot != slot) {
    EmitCopy(slot, v->slot);
  }
  if (tee) {
    v->slot = slot;
    s_->pending |= local.bit;
    if (v < s_->low) s_->low = v;
    ++sp_;
  }
  return true;
}

bool Translator::GlobalGet() {
  const uint32_t index = U32();
  if (ASHLAR_UNLIKELY(index >= s_->module->globals.size())) return false;
  const int32_t dst = Temp(sp_);
  const auto type = static_cast<uint8_t>(s_->module->globals[index].type.type);
  const bool imported = index < s_->module->imported_globals;
  if (!imported &&
      TryFuseGlobalGet(index - s_->module->imported_globals, dst)) {
    PushSlot(dst, type);
    return true;
  }
  const uint32_t op =
      imported ? interp::kOpGlobalGetImported : interp::kOpGlobalGet;
  SetOp(out_, op);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<uint32_t>(out_ + 12,
                imported ? index : index - s_->module->imported_globals);
  Emitted(op, out_, dst);
  FloatWritten(dst);
  out_ += 16;
  PushSlot(dst, type);
  return true;
}

bool Translator::GlobalSet() {
  using namespace interp;
  const uint32_t index = U32();
  if (ASHLAR_UNLIKELY(!Need(1) || index >= s_->module->globals.size())) {
    return false;
  }
  Entry* v = --sp_;
  const wasm::GlobalType& type = s_->module->globals[index].type;
  if (!type.is_mutable || v->type != static_cast<uint8_t>(type.type)) {
    return false;
  }
  if (v->is_constant) Materialise(v, Temp(v));
  const bool imported = index < s_->module->imported_globals;
  if (!imported && TryFuseGlobalSet(index - s_->module->imported_globals, v)) {
    s_->last_dst = kNone;
    return true;
  }
  s_->last = out_;
  SetOp(out_, imported             ? kOpGlobalSetImported
              : v->slot == s_->acc ? kOpGlobalSet_A
                                   : kOpGlobalSet_S);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(v->slot));
  Put<uint32_t>(out_ + 12,
                imported ? index : index - s_->module->imported_globals);
  out_ += 16;
  s_->last_dst = kNone;
  return true;
}

bool Translator::Select(bool typed) {
  using namespace interp;
  uint8_t wanted = 0;
  if (typed) {
    if (U32() != 1) return false;
    wanted = *ip_++;
    if (!wasm::IsValType(wanted)) return false;
    if (wasm::IsNumType(wanted) && (wanted == 0x7d || wanted == 0x7c) &&
        !s_->context->options->features.Has(wasm::Feature::kFloats)) {
      return false;
    }
  }
  if (ASHLAR_UNLIKELY(!Need(3))) return false;
  Entry* condition = sp_ - 1;
  Entry* y = sp_ - 2;
  Entry* x = sp_ - 3;
  if (ASHLAR_UNLIKELY(condition->type != 0x7f || x->type != y->type)) {
    return false;
  }
  if (typed ? x->type != wanted : !wasm::IsNumType(x->type)) return false;
  if (condition->is_constant) Materialise(condition, Temp(condition));
  if (x->is_constant) Materialise(x, Temp(x));
  if (y->is_constant) Materialise(y, Temp(y));
  const int32_t dst = Temp(x);
  const uint32_t op = condition->slot == s_->acc ? kOpSelect_A : kOpSelect_S;
  SetOp(out_, op);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(x->slot));
  Put<int16_t>(out_ + 12, static_cast<int16_t>(y->slot));
  Put<int16_t>(out_ + 14, static_cast<int16_t>(condition->slot));
  Emitted(op, out_, dst);
  FloatWritten(dst);
  out_ += 16;
  x->slot = dst;
  sp_ -= 2;
  return true;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_ACCESS_H_
