// Translator: calls and tail calls. Included by
// translate.cc only.
#ifndef ENGINE_COMPILE_CALL_H_
#define ENGINE_COMPILE_CALL_H_

#include "engine/compile/transfer.h"

namespace ashlar::compile {

ASHLAR_INLINE const uint8_t* ParamBytes(const wasm::FuncType& type) {
  return reinterpret_cast<const uint8_t*>(type.params_data);
}
ASHLAR_INLINE const uint8_t* ResultBytes(const wasm::FuncType& type) {
  return reinterpret_cast<const uint8_t*>(type.results_data);
}

// The callee's entry, or a link in the chain of calls that wait for it.
void Translator::EmitCallTarget(uint8_t* field, uint32_t function) {
  const uint8_t* entry = s_->functions[function].entry;
  if (entry != nullptr) {
    Put<const uint8_t*>(field, entry);
  } else {
    uint8_t*& chain = s_->context->scratch->pending_calls[function];
    Put<uint8_t*>(field, chain);
    chain = field;
  }
}

// The arguments already stand in the topmost temporaries: the callee's frame
// begins there.
template <bool kShort>
bool Translator::CallOp() {
  uint32_t function;
  if (!ReadU32<kShort>(&function)) return false;
  if (ASHLAR_UNLIKELY(function >= s_->function_count)) return false;
  const wasm::FuncType& type = s_->types[s_->function_types[function]];
  const uint32_t count = type.param_count;
  if (ASHLAR_UNLIKELY(!Need(count))) return false;
  cost_ += CallParametersPrice(*s_->schedule, count);
  const uint8_t* const params = ParamBytes(type);
  Entry* const arguments = sp_ - count;
  const int32_t first = Temp(arguments);
  int32_t temp = first;
  for (uint32_t i = 0; i < count; ++i, ++temp) {
    Entry* const e = arguments + i;
    if (ASHLAR_UNLIKELY(e->type != params[i])) return false;
    Materialise(e, temp);
  }
  sp_ = arguments;
  SetOp(out_, interp::kOpCall);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(temp + 2));
  EmitCallTarget(out_ + 16, function);
  out_ += 24;
  ForgetLast();
  s_->float_acc = kNone;
  s_->acc = type.result_count == 1 ? first : kNone;
  return PushTypes(ResultBytes(type), type.result_count);
}

bool Translator::IndirectCallee(const wasm::FuncType** type, uint32_t* table,
                                Entry** index) {
  const uint32_t type_index = U32();
  *table = U32();
  if (type_index >= s_->module->types.size() || !KnownTable(*table) ||
      !Need(1) ||
      s_->module->tables[*table].element != wasm::ValType::kFuncRef) {
    return false;
  }
  *index = --sp_;
  if ((*index)->type != 0x7f) return false;
  *type = &s_->module->types[type_index];
  cost_ += CallParametersPrice(*s_->schedule, (*type)->param_count);
  if (!TopIs(ParamBytes(**type), (*type)->param_count)) return false;
  if ((*index)->is_constant) Materialise(*index, Temp(*index));
  MaterialiseTop((*type)->param_count);
  return true;
}

bool Translator::CallIndirect() {
  const wasm::FuncType* type;
  uint32_t table;
  Entry* index;
  if (!IndirectCallee(&type, &table, &index)) return false;
  const int32_t frame = Temp(sp_) + 2;
  sp_ -= type->param_count;
  const int32_t first = Temp(sp_);
  SetOp(out_, interp::kOpCallIndirect);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(frame));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(index->slot));
  Put<uint32_t>(out_ + 12, type->canonical_id);
  Put<uint64_t>(out_ + 16, table);
  out_ += 24;
  ForgetLast();
  s_->float_acc = kNone;
  s_->acc = type->result_count == 1 ? first : kNone;
  return PushTypes(ResultBytes(*type), type->result_count);
}

bool Translator::TailResultsMatch(const wasm::FuncType& callee) const {
  return callee.result_count == s_->context->type->result_count &&
         (callee.result_count == 0 ||
          std::memcmp(callee.results_data, s_->context->type->results_data,
                      callee.result_count) == 0);
}

bool Translator::ReturnCall() {
  CHECK_CURSOR();
  const uint32_t function = U32();
  if (function >= s_->module->functions.size()) return false;
  const wasm::FuncType& type = s_->module->func_type(function);
  if (!TailResultsMatch(type) || !TopIs(ParamBytes(type), type.param_count)) {
    return false;
  }
  cost_ += CallParametersPrice(*s_->schedule, type.param_count);
  MaterialiseTop(type.param_count);
  CloseCharges();
  EmitProfileLeave();
  SetOp(out_, type.param_count == s_->context->type->param_count
                  ? interp::kOpReturnCallSame
                  : interp::kOpReturnCall);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(Temp(sp_ - type.param_count)));
  Put<uint16_t>(out_ + 10,
                static_cast<uint16_t>(s_->context->type->param_count));
  Put<uint32_t>(out_ + 12, type.param_count);
  EmitCallTarget(out_ + 16, function);
  out_ += 24;
  return MarkDead();
}

bool Translator::ReturnCallIndirect() {
  CHECK_CURSOR();
  const wasm::FuncType* type;
  uint32_t table;
  Entry* index;
  if (!IndirectCallee(&type, &table, &index) || !TailResultsMatch(*type)) {
    return false;
  }
  CloseCharges();
  EmitProfileLeave();
  SetOp(out_, interp::kOpReturnCallIndirect);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(Temp(sp_ - type->param_count)));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(index->slot));
  Put<uint32_t>(out_ + 12, type->canonical_id);
  Put<uint32_t>(out_ + 16, table);
  Put<uint16_t>(out_ + 20,
                static_cast<uint16_t>(s_->context->type->param_count));
  Put<uint16_t>(out_ + 22, static_cast<uint16_t>(type->param_count));
  out_ += 24;
  return MarkDead();
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_CALL_H_
