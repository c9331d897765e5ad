#include "engine/compile/translate.h"

#include "engine/compile/steps.h"
#include "metering/fuel.h"

namespace ashlar::compile {

#define TYPES_4(n) n, n + 1, n + 2, n + 3
#define TYPES_16(n) TYPES_4(n), TYPES_4(n + 4), TYPES_4(n + 8), TYPES_4(n + 12)
#define TYPES_64(n) \
  TYPES_16(n), TYPES_16(n + 16), TYPES_16(n + 32), TYPES_16(n + 48)
const uint8_t kTypeBytes[256] = {TYPES_64(0), TYPES_64(64), TYPES_64(128),
                                 TYPES_64(192)};

void State::Begin(Context* next) {
  handlers = interp::HandlerTable();
  module = next->module;
  context = next;
  end = next->end;
  base = stack;
  max_sp = stack;
  low = stack;
  control = controls;
  sites_end = sites;
  function_types = module->functions.data();
  function_count = static_cast<uint32_t>(module->functions.size());
  types = module->types.data();
  functions = next->functions;
  schedule = next->options->schedule;
  stack_limit = stack + next->options->limits->frame_slots_max;
  no_memory = module->memories.empty() ? kNoMemory : 0;
  dead = false;
  acc = kNone;
  float_acc = kNone;
  last_dst = kNone;
  last_op = 0;
  acc_before_last = kNone;
  last = nullptr;
  before_last = nullptr;
  last_copy = nullptr;
  pending = 0;
}

// Declares the locals and writes the header and the zeroing of locals. A
// parameter stands below the two links: slot = index - parameters - 2.
bool Translator::Prologue() {
  const base::Limits& limits = *s_->context->options->limits;
  const wasm::FuncType& type = *s_->context->type;
  const auto params = static_cast<int32_t>(type.param_count);
  s_->result_slot = -2 - params;
  Locals& locals = *s_->local_types;
  locals.Begin(type);
  for (int32_t i = 0; i < std::min(params, kDirectLocals); ++i) {
    s_->locals[i] = {i - params - 2, static_cast<uint8_t>(type.params_data[i]),
                     uint64_t{1} << (i & 63)};
  }
  uint32_t declared = 0;
  const uint32_t groups = U32();
  for (uint32_t g = 0; g < groups; ++g) {
    const uint32_t count = U32();
    const uint8_t local_type = *ip_++;
    if (ip_ > s_->end || count > limits.function_locals_max - declared ||
        !wasm::IsValType(local_type) ||
        !IsTypeEnabled(local_type, s_->context->options->features)) {
      return false;
    }
    locals.Add(count, local_type);
    const auto first = static_cast<int32_t>(type.param_count + declared);
    declared += count;
    const int32_t last =
        std::min(static_cast<int32_t>(locals.count()), kDirectLocals);
    for (int32_t i = first; i < last; ++i) {
      s_->locals[i] = {i - params, local_type, uint64_t{1} << (i & 63)};
    }
  }
  s_->local_count = type.param_count + declared;
  s_->direct_count =
      std::min(s_->local_count, static_cast<uint32_t>(kDirectLocals));
  s_->temps = static_cast<int32_t>(declared);
  s_->origin =
      reinterpret_cast<uintptr_t>(s_->stack) - declared * sizeof(Entry);
  s_->context->declared_locals = declared;
  Put<uint64_t>(out_, 0);
  out_ += interp::kEntryHeaderBytes;
  s_->context->entry = out_;
  if (ASHLAR_UNLIKELY(s_->context->options->profile)) {
    SetOp(out_, interp::kOpProfileEnter);
    Put<uint32_t>(out_ + 12, s_->context->function);
    out_ += 16;
  }
  if (declared != 0) {
    SetOp(out_, declared == 1   ? interp::kOpZero1
                : declared <= 4 ? interp::kOpZero4
                                : interp::kOpZeroN);
    Put<uint32_t>(out_ + 12, declared);
    out_ += 16;
  }
  OpenCharge(const_cast<uint8_t*>(s_->context->entry) - 4);
  cost_ = static_cast<uint32_t>(
      metering::CeilDiv(declared, s_->schedule->locals_per_fuel));
  s_->sites[0].start = 0;
  *s_->control = {};
  s_->control->kind = Control::kFunction;
  s_->control->results = ResultBytes(type);
  s_->control->result_count = type.result_count;
  return true;
}

template <bool kShort>
bool Translator::ConstI32() {
  int64_t value;
  if (!ReadS32<kShort>(&value)) return false;
  PushConstant(value, 0x7f);
  return true;
}

bool Translator::ConstI64() {
  PushConstant(S64(), 0x7e);
  return true;
}

bool Translator::ConstF32() {
  PushConstant(Get<uint32_t>(ip_), 0x7d);
  ip_ += 4;
  return true;
}

bool Translator::ConstF64() {
  PushConstant(Get<int64_t>(ip_), 0x7c);
  ip_ += 8;
  return true;
}

bool Translator::Drop() {
  --sp_;
  return sp_ >= s_->base;
}

// The slot stays, its type changes. f32 constants are zero-extended, i32 ones
// sign-extended.
bool Translator::Retype(Descriptor d) {
  if (!Need(1) || sp_[-1].type != d.in) return false;
  Entry* x = sp_ - 1;
  if (x->is_constant) Materialise(x, Temp(x));
  FloatWritten(x->slot);
  x->type = d.out;
  return true;
}

bool Translator::Unreachable() {
  CHECK_CURSOR();
  CloseCharges();
  SetOp(out_, interp::kOpUnreachable);
  out_ += 16;
  return MarkDead();
}

// The frame: parameters, two links, locals, operands.
bool Translator::Finish() {
  const uint64_t slots = static_cast<uint64_t>(s_->temps) +
                         static_cast<uint64_t>(s_->max_sp - s_->stack);
  if (slots + 2 + s_->context->type->param_count >
      s_->context->options->limits->frame_slots_max) {
    return false;
  }
  Put<int32_t>(const_cast<uint8_t*>(s_->context->entry) - 8,
               static_cast<int32_t>(slots));
  s_->context->code_end = out_;
  return true;
}

void Scratch::UseSteps(wasm::Features features,
                       const metering::Schedule& schedule, bool record) {
  // Translation looks into both tables all over: fetched at once, they cost a
  // cold start a fraction of what they cost line by line.
  for (uint32_t i = 0; i < kStepRows; i += 64 / sizeof(StepRow)) {
    __builtin_prefetch(&state.rows[i]);
  }
  const uint64_t* const handlers = interp::HandlerTable();
  for (uint32_t i = 0; i < interp::kOpCount; i += 64 / sizeof(uint64_t)) {
    __builtin_prefetch(&handlers[i]);
  }
  if (has_steps_ && features == features_ && record == record_ &&
      schedule == schedule_) {
    return;
  }
  DescriptorTable table;
  MakeDescriptors(features, schedule, &table);
  Step steps[kClasses];
  if (record) {
    ListSteps<true>(steps);
  } else {
    ListSteps<false>(steps);
  }
  for (uint32_t i = 0; i < kStepRows; ++i) {
    const Descriptor d = i < 256 ? table.one_byte[i] : table.prefixed[i - 256];
    state.rows[i] = {steps[static_cast<size_t>(d.klass)], d};
  }
  features_ = features;
  schedule_ = schedule;
  record_ = record;
  has_steps_ = true;
}

bool Translate(Context* context, uint8_t* out) {
  State* const s = &context->scratch->state;
  s->Begin(context);
  context->code_begin = out;
  Translator t(s, context->begin, s->stack, out, 0);
  if (!t.Prologue()) return false;
  context->at = t.ip();
  const StepRow& first = s->rows[*t.ip()];
  return RunSteps(s, t.ip() + 1, t.sp(), t.out(),
                  t.cost() + first.descriptor.price, first);
}

}  // namespace ashlar::compile
