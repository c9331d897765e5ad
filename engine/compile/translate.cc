#include "engine/compile/translate.h"

#include <utility>

#include "engine/compile/bulk.h"
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
  has_memory = !module->memories.empty();
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
  if (kShort && !IsShortLeb(ip_)) return false;
  PushConstant(S32<kShort>(), 0x7f);
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

namespace {

// An instruction that took the place of the ones before it, a fused load,
// begins before `out_before`. One that wrote nothing does not.
void Record(State* s, const uint8_t* out_before, uint32_t op_before,
            const Translator& t) {
  Context* const c = s->context;
  const bool replaced = t.out() <= out_before && s->last_op != op_before;
  const uint8_t* const from = replaced ? s->last : out_before;
  c->records->push_back({static_cast<uint32_t>(from - c->code_begin),
                         static_cast<uint32_t>(c->at - c->begin)});
  c->at = t.ip();
}

// Goes on with the instruction of `row`, whose immediates stand `skip` bytes
// behind the cursor.
#if defined(__clang__)
#define ASHLAR_TAIL [[clang::musttail]]
#define ASHLAR_NEXT_STEP_OF(t, row_, skip)                            \
  const StepRow& row = row_;                                          \
  ASHLAR_TAIL return row.step(s, (t).ip_ + (skip), (t).sp_, (t).out_, \
                              (t).cost_ + row.descriptor.price,       \
                              row.descriptor)
#else
#define ASHLAR_TAIL
// Without guaranteed tail calls, Translate() calls the steps in a loop.
#define ASHLAR_NEXT_STEP_OF(t, row_, skip)         \
  const StepRow& row = row_;                       \
  s->next.step = row.step;                         \
  s->next.ip = (t).ip_ + (skip);                   \
  s->next.sp = (t).sp_;                            \
  s->next.out = (t).out_;                          \
  s->next.cost = (t).cost_ + row.descriptor.price; \
  s->next.descriptor = row.descriptor;             \
  return true
#endif
#define ASHLAR_NEXT_STEP(t) ASHLAR_NEXT_STEP_OF(t, s->rows[*(t).ip_], 1)

// What handles the instructions of each class.
#define STEPS(STEP, FAST)                                        \
  FAST(kBinary, BinaryFast<false>(d), Binary<false>(d))          \
  FAST(kCompare, BinaryFast<true>(d), Binary<true>(d))           \
  STEP(kEqz, Eqz(d))                                             \
  STEP(kUnary, Unary(d))                                         \
  STEP(kFloatBinary, FloatBinary(d))                             \
  STEP(kFloatCompare, FloatBinary(d))                            \
  STEP(kFloatUnary, FloatUnary(d))                               \
  STEP(kRetype, Retype(d))                                       \
  FAST(kLoad, LoadOp<true>(d), LoadOp<false>(d))                 \
  FAST(kStore, StoreOp<true>(d), StoreOp<false>(d))              \
  STEP(kFloatLoad, FloatLoad(d))                                 \
  STEP(kFloatStore, FloatStore(d))                               \
  STEP(kUnreachable, Unreachable())                              \
  STEP(kNop, Nop())                                              \
  STEP(kBlock, EnterBlock(Control::kBlock))                      \
  STEP(kLoop, EnterBlock(Control::kLoop))                        \
  STEP(kIf, EnterIf())                                           \
  STEP(kElse, Else())                                            \
  STEP(kBr, Branch())                                            \
  STEP(kBrIf, BranchIf())                                        \
  STEP(kBrTable, BranchTable())                                  \
  STEP(kReturn, Return())                                        \
  FAST(kCall, CallOp<true>(), CallOp<false>())                   \
  STEP(kCallIndirect, CallIndirect())                            \
  STEP(kReturnCall, ReturnCall())                                \
  STEP(kReturnCallIndirect, ReturnCallIndirect())                \
  STEP(kDrop, Drop())                                            \
  STEP(kSelect, Select(false))                                   \
  STEP(kSelectT, Select(true))                                   \
  FAST(kLocalGet, LocalGet<true>(), LocalGet<false>())           \
  FAST(kLocalSet, LocalSet<true>(false), LocalSet<false>(false)) \
  FAST(kLocalTee, LocalSet<true>(true), LocalSet<false>(true))   \
  STEP(kGlobalGet, GlobalGet())                                  \
  STEP(kGlobalSet, GlobalSet())                                  \
  STEP(kTableGet, TableOp(Class::kTableGet))                     \
  STEP(kTableSet, TableOp(Class::kTableSet))                     \
  STEP(kRefNull, References(Class::kRefNull))                    \
  STEP(kRefIsNull, References(Class::kRefIsNull))                \
  STEP(kRefFunc, References(Class::kRefFunc))                    \
  FAST(kI32Const, ConstI32<true>(), ConstI32<false>())           \
  STEP(kI64Const, ConstI64())                                    \
  STEP(kF32Const, ConstF32())                                    \
  STEP(kF64Const, ConstF64())                                    \
  STEP(kMemorySize, Memory(Class::kMemorySize))                  \
  STEP(kMemoryGrow, Memory(Class::kMemoryGrow))                  \
  STEP(kMemoryInit, Memory(Class::kMemoryInit))                  \
  STEP(kDataDrop, Memory(Class::kDataDrop))                      \
  STEP(kMemoryCopy, Memory(Class::kMemoryCopy))                  \
  STEP(kMemoryFill, Memory(Class::kMemoryFill))                  \
  STEP(kTableInit, TableOp(Class::kTableInit))                   \
  STEP(kElemDrop, TableOp(Class::kElemDrop))                     \
  STEP(kTableCopy, TableOp(Class::kTableCopy))                   \
  STEP(kTableGrow, TableOp(Class::kTableGrow))                   \
  STEP(kTableSize, TableOp(Class::kTableSize))                   \
  STEP(kTableFill, TableOp(Class::kTableFill))

#define STEP_FUNCTION(name, call)                           \
  template <bool kRecord>                                   \
  ASHLAR_STEP_CALL bool Step_##name(ASHLAR_STEP_PARAMS) {   \
    Translator t(s, ip, sp, out, cost);                     \
    [[maybe_unused]] const uint32_t op_before = s->last_op; \
    if (ASHLAR_UNLIKELY(!t.call)) return false;             \
    if constexpr (kRecord) Record(s, out, op_before, t);    \
    ASHLAR_NEXT_STEP(t);                                    \
  }
// A fast form does the common case. Where it answers false it has changed
// nothing, or the body is not valid; the other form decides.
#define FAST_STEP_FUNCTION(name, fast, call)                            \
  template <bool kRecord>                                               \
  ASHLAR_STEP_CALL bool Slow_##name(ASHLAR_STEP_PARAMS) {               \
    Translator t(s, ip, sp, out, cost);                                 \
    [[maybe_unused]] const uint32_t op_before = s->last_op;             \
    if (ASHLAR_UNLIKELY(!t.call)) return false;                         \
    if constexpr (kRecord) Record(s, out, op_before, t);                \
    ASHLAR_NEXT_STEP(t);                                                \
  }                                                                     \
  template <bool kRecord>                                               \
  ASHLAR_STEP_CALL bool Step_##name(ASHLAR_STEP_PARAMS) {               \
    Translator t(s, ip, sp, out, cost);                                 \
    [[maybe_unused]] const uint32_t op_before = s->last_op;             \
    if (ASHLAR_UNLIKELY(!t.fast)) {                                     \
      ASHLAR_TAIL return Slow_##name<kRecord>(s, ip, sp, out, cost, d); \
    }                                                                   \
    if constexpr (kRecord) Record(s, out, op_before, t);                \
    ASHLAR_NEXT_STEP(t);                                                \
  }
STEPS(STEP_FUNCTION, FAST_STEP_FUNCTION)
#undef STEP_FUNCTION
#undef FAST_STEP_FUNCTION

template <bool kRecord>
ASHLAR_STEP_CALL bool Step_kEnd(ASHLAR_STEP_PARAMS) {
  Translator t(s, ip, sp, out, cost);
  const uint32_t op_before = s->last_op;
  if (s->control->kind == Control::kFunction) {
    if (!t.EndFunction() || !t.Finish()) return false;
    if constexpr (kRecord) Record(s, out, op_before, t);
    return true;
  }
  if (ASHLAR_UNLIKELY(!t.End())) return false;
  if constexpr (kRecord) Record(s, out, op_before, t);
  ASHLAR_NEXT_STEP(t);
}

template <bool kRecord>
ASHLAR_STEP_CALL bool Step_kPrefix(ASHLAR_STEP_PARAMS) {
  Translator t(s, ip, sp, out, cost);
  const uint32_t code = t.U32();
  if (code >= kPrefixedOpcodes) return false;
  ASHLAR_NEXT_STEP_OF(t, s->rows[256 + code], 0);
}

template <bool kRecord>
ASHLAR_STEP_CALL bool Step_kIllegal(ASHLAR_STEP_PARAMS) {
  return false;
}

template <bool kRecord>
Step StepOf(Class klass) {
  switch (klass) {
#define STEP_CASE(name, call) \
  case Class::name:           \
    return &Step_##name<kRecord>;
#define FAST_STEP_CASE(name, fast, call) STEP_CASE(name, call)
    STEPS(STEP_CASE, FAST_STEP_CASE)
#undef STEP_CASE
#undef FAST_STEP_CASE
    case Class::kEnd:
      return &Step_kEnd<kRecord>;
    case Class::kPrefix:
      return &Step_kPrefix<kRecord>;
    case Class::kIllegal:
      return &Step_kIllegal<kRecord>;
  }
  return nullptr;
}

}  // namespace

void Scratch::UseSteps(wasm::Features features,
                       const metering::Schedule& schedule, bool record) {
  // Translation looks into both tables all over: fetched at once, they cost a
  // cold start a fraction of what they cost line by line.
  for (uint32_t i = 0; i < kStepRows; i += 64 / sizeof(StepRow)) {
    __builtin_prefetch(&state.rows[i]);
  }
  for (uint32_t i = 0; i < interp::kOpCount; i += 64 / sizeof(uint64_t)) {
    __builtin_prefetch(&interp::HandlerTable()[i]);
  }
  if (has_steps_ && features == features_ && record == record_ &&
      schedule == schedule_) {
    return;
  }
  DescriptorTable table;
  MakeDescriptors(features, schedule, &table);
  for (uint32_t i = 0; i < kStepRows; ++i) {
    const Descriptor d = i < 256 ? table.one_byte[i] : table.prefixed[i - 256];
    state.rows[i] = {record ? StepOf<true>(d.klass) : StepOf<false>(d.klass),
                     d};
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
  const Descriptor d = first.descriptor;
  const uint32_t cost = t.cost() + d.price;
#if defined(__clang__)
  return first.step(s, t.ip() + 1, t.sp(), t.out(), cost, d);
#else
  NextStep& next = s->next;
  next = {first.step, t.ip() + 1, t.sp(), t.out(), cost, d};
  while (next.step != nullptr) {
    const Step step = std::exchange(next.step, nullptr);
    if (!step(s, next.ip, next.sp, next.out, next.cost, next.descriptor)) {
      return false;
    }
  }
  return true;
#endif
}

}  // namespace ashlar::compile
