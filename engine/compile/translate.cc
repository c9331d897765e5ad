#include "engine/compile/translate.h"

#include "engine/compile/bulk.h"
#include "metering/fuel.h"

namespace ashlar::compile {

#define TYPES_4(n) n, n + 1, n + 2, n + 3
#define TYPES_16(n) TYPES_4(n), TYPES_4(n + 4), TYPES_4(n + 8), TYPES_4(n + 12)
#define TYPES_64(n) \
  TYPES_16(n), TYPES_16(n + 16), TYPES_16(n + 32), TYPES_16(n + 48)
const uint8_t kTypeBytes[256] = {TYPES_64(0), TYPES_64(64), TYPES_64(128),
                                 TYPES_64(192)};

Translator::Translator(Context* context)
    : c_(context),
      handlers_(interp::HandlerTable()),
      table_(&context->scratch->descriptors),
      stack_(context->scratch->entries),
      locals_(context->scratch->locals),
      sites_(context->scratch->sites),
      controls_(context->scratch->controls),
      module_(*context->module),
      ip_(context->begin),
      end_(context->end),
      sp_(stack_),
      base_(stack_),
      max_sp_(stack_),
      low_(stack_),
      control_(controls_) {}

// Declares the locals and writes the header and the zeroing of locals. A
// parameter stands below the two links: slot = index - parameters - 2.
bool Translator::Prologue() {
  const base::Limits& limits = *c_->options->limits;
  const wasm::FuncType& type = *c_->type;
  const auto params = static_cast<int32_t>(type.param_count);
  result_slot_ = -2 - params;
  for (int32_t i = 0; i < params; ++i) {
    locals_[i] = {i - params - 2, static_cast<uint8_t>(type.params_data[i])};
  }
  uint32_t declared = 0;
  const uint32_t groups = U32();
  for (uint32_t g = 0; g < groups; ++g) {
    const uint32_t count = U32();
    const uint8_t local_type = *ip_++;
    if (ip_ > end_ || count > limits.function_locals_max - declared ||
        !wasm::IsValType(local_type) ||
        !IsTypeEnabled(local_type, c_->options->features)) {
      return false;
    }
    for (uint32_t i = 0; i < count; ++i) {
      const auto slot = static_cast<int32_t>(declared + i);
      locals_[params + slot] = {slot, local_type};
    }
    declared += count;
  }
  local_count_ = type.param_count + declared;
  temps_ = static_cast<int32_t>(declared);
  c_->declared_locals = declared;
  Put<uint64_t>(out_, 0);
  out_ += interp::kEntryHeaderBytes;
  c_->entry = out_;
  if (ASHLAR_UNLIKELY(c_->options->profile)) {
    SetOp(out_, interp::kOpProfileEnter);
    Put<uint32_t>(out_ + 12, c_->function);
    out_ += 16;
  }
  if (declared != 0) {
    SetOp(out_, declared == 1   ? interp::kOpZero1
                : declared <= 4 ? interp::kOpZero4
                                : interp::kOpZeroN);
    Put<uint32_t>(out_ + 12, declared);
    out_ += 16;
  }
  OpenCharge(const_cast<uint8_t*>(c_->entry) - 4);
  cost_ = static_cast<uint32_t>(
      metering::CeilDiv(declared, c_->options->schedule->locals_per_fuel));
  sites_[0].start = 0;
  *control_ = {};
  control_->kind = Control::kFunction;
  control_->results = ResultBytes(type);
  control_->result_count = type.result_count;
  return true;
}

bool Translator::Dispatch(Descriptor d) {
  switch (d.klass) {
    case Class::kLocalGet:
      return LocalGet();
    case Class::kLocalSet:
      return LocalSet(false);
    case Class::kLocalTee:
      return LocalSet(true);
    case Class::kI32Const:
      PushConstant(S32(), 0x7f);
      return true;
    case Class::kI64Const:
      PushConstant(S64(), 0x7e);
      return true;
    case Class::kF32Const:
      PushConstant(Get<uint32_t>(ip_), 0x7d);
      ip_ += 4;
      return true;
    case Class::kF64Const:
      PushConstant(Get<int64_t>(ip_), 0x7c);
      ip_ += 8;
      return true;
    case Class::kBinary:
    case Class::kCompare:
      return Binary(d);
    case Class::kLoad:
      return LoadOp(d);
    case Class::kStore:
      return StoreOp(d);
    case Class::kEqz:
      return Eqz(d);
    case Class::kUnary:
      return Unary(d);
    case Class::kGlobalGet:
      return GlobalGet();
    case Class::kGlobalSet:
      return GlobalSet();
    case Class::kDrop:
      if (!Need(1)) return false;
      --sp_;
      return true;
    case Class::kNop:
      return true;
    case Class::kSelect:
      return Select(false);
    case Class::kCall:
      return CallOp();
    default:
      return DispatchControl(d);
  }
}

bool Translator::DispatchControl(Descriptor d) {
  switch (d.klass) {
    case Class::kBlock:
      return EnterBlock(Control::kBlock);
    case Class::kLoop:
      return EnterBlock(Control::kLoop);
    case Class::kIf:
      return EnterIf();
    case Class::kElse:
      return Else();
    case Class::kEnd:
      return End();
    case Class::kBr:
      return Branch();
    case Class::kBrIf:
      return BranchIf();
    case Class::kBrTable:
      return BranchTable();
    case Class::kReturn:
      return Return();
    case Class::kCallIndirect:
      return CallIndirect();
    case Class::kReturnCall:
      return ReturnCall();
    case Class::kReturnCallIndirect:
      return ReturnCallIndirect();
    case Class::kUnreachable:
      if (ip_ > end_) return false;
      CloseCharges();
      SetOp(out_, interp::kOpUnreachable);
      out_ += 16;
      MarkDead();
      return true;
    default:
      return DispatchRest(d);
  }
}

bool Translator::DispatchRest(Descriptor d) {
  switch (d.klass) {
    case Class::kFloatBinary:
    case Class::kFloatCompare:
      return FloatBinary(d);
    case Class::kFloatUnary:
      return FloatUnary(d);
    case Class::kRetype: {
      if (!Need(1) || sp_[-1].type != d.in) return false;
      // f32 constants are zero-extended, i32 ones sign-extended.
      Entry* x = sp_ - 1;
      if (x->is_constant) Materialise(x, Temp(x));
      x->type = d.out;
      return true;
    }
    case Class::kSelectT:
      return Select(true);
    case Class::kRefNull:
    case Class::kRefIsNull:
    case Class::kRefFunc:
      return References(d.klass);
    case Class::kMemorySize:
    case Class::kMemoryGrow:
    case Class::kMemoryInit:
    case Class::kMemoryCopy:
    case Class::kMemoryFill:
    case Class::kDataDrop:
      return Memory(d.klass);
    case Class::kTableGet:
    case Class::kTableSet:
    case Class::kTableInit:
    case Class::kTableCopy:
    case Class::kTableGrow:
    case Class::kTableSize:
    case Class::kTableFill:
    case Class::kElemDrop:
      return TableOp(d.klass);
    default:
      return false;
  }
}

// The frame: parameters, two links, locals, operands.
bool Translator::Finish() {
  const uint64_t slots =
      static_cast<uint64_t>(temps_) + static_cast<uint64_t>(max_sp_ - stack_);
  if (slots + 2 + c_->type->param_count >
      c_->options->limits->frame_slots_max) {
    return false;
  }
  Put<int32_t>(const_cast<uint8_t*>(c_->entry) - 8,
               static_cast<int32_t>(slots));
  c_->code_end = out_;
  return true;
}

template <bool kRecord>
bool Translator::Run(uint8_t* out) {
  out_ = out;
  if (!Prologue()) return false;
  while (!done_) {
    [[maybe_unused]] uint8_t* const out_before = out_;
    [[maybe_unused]] const uint32_t op_before = last_op_;
    [[maybe_unused]] const uint8_t* const at = ip_;
    const uint8_t byte = *ip_++;
    Descriptor d = table_->one_byte[byte];
    if (ASHLAR_UNLIKELY(d.klass == Class::kPrefix)) {
      const uint32_t code = U32();
      if (code >= 32) return false;
      d = table_->prefixed[code];
    }
    cost_ += d.price;
    if (ASHLAR_UNLIKELY(!Dispatch(d))) return false;
    if constexpr (kRecord) {
      // An instruction that took the place of the ones before it, a fused
      // load, begins before out_before. One that wrote nothing does not.
      const bool replaced = out_ <= out_before && last_op_ != op_before;
      uint8_t* const from = replaced ? last_ : out_before;
      c_->records->push_back({static_cast<uint32_t>(from - out),
                              static_cast<uint32_t>(at - c_->begin)});
    }
    if (ASHLAR_UNLIKELY(dead_) && !done_ && !SkipDeadCode()) return false;
  }
  return Finish();
}

bool Translate(Context* context, uint8_t* out) {
  if (context->records != nullptr) {
    return Translator(context).Run<true>(out);
  }
  return Translator(context).Run<false>(out);
}

}  // namespace ashlar::compile
