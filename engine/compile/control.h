// Translator: blocks and where dead code begins. Included by translate.cc only.
#ifndef ENGINE_COMPILE_CONTROL_H_
#define ENGINE_COMPILE_CONTROL_H_

#include "engine/compile/pointer_loops.h"
#include "engine/compile/validator.h"

namespace ashlar::compile {

// The cursor may have run past the end: looked at here, at every control
// instruction, and nowhere else.
#define CHECK_CURSOR() \
  if (ASHLAR_UNLIKELY(ip_ > s_->end)) return false

bool Translator::BlockType(Control* c) {
  const uint8_t byte = *ip_;
  c->params = nullptr;
  c->param_count = 0;
  if (byte == 0x40) {
    ++ip_;
    c->results = nullptr;
    c->result_count = 0;
    return true;
  }
  if (wasm::IsValType(byte)) {
    ++ip_;
    c->results = &kTypeBytes[byte];
    c->result_count = 1;
    return IsTypeEnabled(byte, s_->context->options->features);
  }
  if (!s_->context->options->features.Has(wasm::Feature::kMultiValue))
    return false;
  const LebResult index = ReadLebSigned(ip_, 33);
  if (index.next == nullptr || index.value >= s_->module->types.size()) {
    return false;  // negative ones are huge
  }
  ip_ = index.next;
  const wasm::FuncType& type = s_->module->types[index.value];
  c->params = reinterpret_cast<const uint8_t*>(type.params_data);
  c->results = reinterpret_cast<const uint8_t*>(type.results_data);
  c->param_count = type.param_count;
  c->result_count = type.result_count;
  return true;
}

Control* Translator::PushControl() {
  if (ASHLAR_UNLIKELY(
          s_->control - s_->controls >=
          static_cast<ptrdiff_t>(s_->context->options->limits->nesting_max))) {
    return nullptr;
  }
  return ++s_->control;
}

bool Translator::EnterBlock(Control::Kind kind) {
  CHECK_CURSOR();
  FlushLocals();
  Control* c = PushControl();
  if (c == nullptr || !BlockType(c) || !TopIs(c->params, c->param_count)) {
    return false;
  }
  MaterialiseTop(c->param_count);
  s_->base = sp_ - c->param_count;
  c->kind = kind;
  c->height = static_cast<uint32_t>(s_->base - s_->stack);
  c->fix = 0;
  if (kind == Control::kLoop) {
    c->loop_entry = out_;
    c->loop_cost = 0;
    c->head_op = kNoBranch;
    c->goes_on_taken = false;
    OpenCharge(reinterpret_cast<uint8_t*>(&c->loop_cost));
    ForgetAcc();
    ForgetLast();
  }
  return true;
}

bool Translator::EnterIf() {
  CHECK_CURSOR();
  if (ASHLAR_UNLIKELY(!Need(1))) return false;
  Entry* condition = --sp_;
  if (ASHLAR_UNLIKELY(condition->type != 0x7f)) return false;
  Control* c = PushControl();
  if (c == nullptr || !BlockType(c) || !TopIs(c->params, c->param_count)) {
    return false;
  }
  if (condition->is_constant) Materialise(condition, Temp(condition));
  if (s_->pending != 0 || c->param_count != 0) {
    SavedCompare saved;
    const bool taken_off = TakeOffCompare(condition, &saved);
    FlushLocals();
    MaterialiseTop(c->param_count);
    if (taken_off) PutBackCompare(saved, condition->slot);
  }
  CloseCharges();
  uint8_t* const r = EmitConditional(condition, true);
  NoteLoopHead(c - 1, r);
  OpenCharge(r + 24);
  c->else_branch = static_cast<uint64_t>(r - s_->context->code_base);
  s_->base = sp_ - c->param_count;
  c->kind = Control::kIf;
  c->height = static_cast<uint32_t>(s_->base - s_->stack);
  c->fix = 0;
  return true;
}

bool Translator::Else() {
  CHECK_CURSOR();
  Control* c = s_->control;
  if (ASHLAR_UNLIKELY(c->kind != Control::kIf)) return false;
  if (!s_->dead) {
    if (sp_ - c->result_count != s_->base ||
        !TopIs(c->results, c->result_count)) {
      return false;
    }
    MaterialiseTop(c->result_count);
    CloseCharges();
    SetOp(out_, interp::kOpBr);
    LinkBranch(out_, c);
    out_ += 24;
  }
  BindElse(c);
  if (s_->dead) NoteLoopBody(c);
  s_->dead = false;
  c->kind = Control::kElse;
  sp_ = s_->base;
  s_->pending = 0;
  s_->low = sp_;
  return PushTypes(c->params, c->param_count);
}

bool Translator::EndFunction() {
  Control* c = s_->control;
  if (!s_->dead && (sp_ - c->result_count != s_->base ||
                    !TopIs(c->results, c->result_count))) {
    return false;
  }
  if (c->fix != 0) {
    if (!s_->dead) MaterialiseTop(c->result_count);
    sp_ = s_->base;
    if (!PushTypes(c->results, c->result_count)) return false;
    BindLabel(c);
    s_->dead = false;
  }
  CloseCharges();
  if (!s_->dead) EmitReturn();
  return ip_ == s_->end;
}

bool Translator::End() {
  CHECK_CURSOR();
  Control* c = s_->control;
  if (c->kind == Control::kFunction) return EndFunction();
  const bool one_armed = c->kind == Control::kIf;
  if (one_armed &&
      (c->param_count != c->result_count ||
       (c->param_count != 0 &&
        std::memcmp(c->params, c->results, c->param_count) != 0))) {
    return false;
  }
  if (!s_->dead && (sp_ - c->result_count != s_->base ||
                    !TopIs(c->results, c->result_count))) {
    return false;
  }
  if (s_->dead || c->fix != 0 || one_armed) {
    if (!s_->dead) {
      FlushLocals();
      MaterialiseTop(c->result_count);
    }
    sp_ = s_->base;
    if (!PushTypes(c->results, c->result_count)) return false;
    if (one_armed) BindElse(c);
    BindLabel(c);
    if (s_->dead) NoteLoopBody(c);
    s_->dead = false;
  }
  --s_->control;
  s_->base = s_->stack + s_->control->height;
  return true;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_CONTROL_H_
