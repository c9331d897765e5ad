// Translator: calls, references, memory and table instructions. Included by
// translate.cc only.
#ifndef ENGINE_COMPILE_CALL_H_
#define ENGINE_COMPILE_CALL_H_

#include "engine/compile/control.h"

namespace ashlar::compile {

ASHLAR_INLINE const uint8_t* ParamBytes(const wasm::FuncType& type) {
  return reinterpret_cast<const uint8_t*>(type.params_data);
}
ASHLAR_INLINE const uint8_t* ResultBytes(const wasm::FuncType& type) {
  return reinterpret_cast<const uint8_t*>(type.results_data);
}

// The callee's entry, or a link in the chain of calls that wait for it.
void Translator::EmitCallTarget(uint8_t* field, uint32_t function) {
  const uint8_t* entry = c_->functions[function].entry;
  if (entry != nullptr) {
    Put<const uint8_t*>(field, entry);
  } else {
    uint8_t*& chain = c_->scratch->pending_calls[function];
    Put<uint8_t*>(field, chain);
    chain = field;
  }
}

// The arguments already stand in the topmost temporaries: the callee's frame
// begins there.
bool Translator::CallOp() {
  const uint32_t function = U32();
  if (ASHLAR_UNLIKELY(function >= module_.functions.size())) return false;
  const wasm::FuncType& type = module_.func_type(function);
  const uint32_t count = type.param_count;
  if (ASHLAR_UNLIKELY(!TopIs(ParamBytes(type), count))) return false;
  cost_ += CallParametersPrice(*c_->options->schedule, count);
  MaterialiseTop(count);
  const int32_t frame = Temp(sp_) + 2;
  sp_ -= count;
  const int32_t first = Temp(sp_);
  SetOp(out_, interp::kOpCall);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(frame));
  EmitCallTarget(out_ + 16, function);
  out_ += 24;
  ForgetLast();
  acc_ = type.result_count == 1 ? first : kNone;
  return PushTypes(ResultBytes(type), type.result_count);
}

bool Translator::IndirectCallee(const wasm::FuncType** type, uint32_t* table,
                                Entry** index) {
  const uint32_t type_index = U32();
  *table = U32();
  if (type_index >= module_.types.size() || !KnownTable(*table) || !Need(1) ||
      module_.tables[*table].element != wasm::ValType::kFuncRef) {
    return false;
  }
  *index = --sp_;
  if ((*index)->type != 0x7f) return false;
  *type = &module_.types[type_index];
  cost_ += CallParametersPrice(*c_->options->schedule, (*type)->param_count);
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
  acc_ = type->result_count == 1 ? first : kNone;
  return PushTypes(ResultBytes(*type), type->result_count);
}

bool Translator::TailResultsMatch(const wasm::FuncType& callee) const {
  return callee.result_count == c_->type->result_count &&
         (callee.result_count == 0 ||
          std::memcmp(callee.results_data, c_->type->results_data,
                      callee.result_count) == 0);
}

bool Translator::ReturnCall() {
  CHECK_CURSOR();
  const uint32_t function = U32();
  if (function >= module_.functions.size()) return false;
  const wasm::FuncType& type = module_.func_type(function);
  if (!TailResultsMatch(type) || !TopIs(ParamBytes(type), type.param_count)) {
    return false;
  }
  cost_ += CallParametersPrice(*c_->options->schedule, type.param_count);
  MaterialiseTop(type.param_count);
  CloseCharges();
  EmitProfileLeave();
  SetOp(out_, interp::kOpReturnCall);
  Put<int16_t>(out_ + 8, static_cast<int16_t>(Temp(sp_ - type.param_count)));
  Put<uint16_t>(out_ + 10, static_cast<uint16_t>(c_->type->param_count));
  Put<uint32_t>(out_ + 12, type.param_count);
  EmitCallTarget(out_ + 16, function);
  out_ += 24;
  MarkDead();
  return true;
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
  Put<uint16_t>(out_ + 20, static_cast<uint16_t>(c_->type->param_count));
  Put<uint16_t>(out_ + 22, static_cast<uint16_t>(type->param_count));
  out_ += 24;
  MarkDead();
  return true;
}

bool Translator::References(Class klass) {
  using namespace interp;
  if (klass == Class::kRefNull) {
    const uint8_t type = *ip_++;
    if (!wasm::IsRefType(type)) return false;
    PushConstant(0, type);
    return true;
  }
  if (klass == Class::kRefFunc) {
    const uint32_t function = U32();
    if (function >= module_.declared_refs.size() ||
        !module_.declared_refs[function]) {
      return false;
    }
    const int32_t dst = Temp(sp_);
    SetOp(out_, kOpRefFunc);
    Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
    Put<uint32_t>(out_ + 12, function);
    Emitted(kOpRefFunc, out_, dst);
    out_ += 16;
    PushSlot(dst, 0x70);
    return true;
  }
  // ref.is_null: a null reference is 0.
  if (!Need(1) || !wasm::IsRefType(sp_[-1].type)) return false;
  Descriptor d;
  d.op = kOpI64Eqz_S;
  d.in = sp_[-1].type;
  d.out = 0x7f;
  return Unary(d);
}

bool Translator::PopThree(uint8_t first, uint8_t second, uint8_t third) {
  if (!Need(3) || sp_[-3].type != first || sp_[-2].type != second ||
      sp_[-1].type != third) {
    return false;
  }
  for (Entry* e = sp_ - 3; e < sp_; ++e) {
    if (e->is_constant) Materialise(e, Temp(e));
  }
  sp_ -= 3;
  Put<int16_t>(out_ + 8, static_cast<int16_t>(sp_[0].slot));
  Put<int16_t>(out_ + 10, static_cast<int16_t>(sp_[1].slot));
  Put<int16_t>(out_ + 12, static_cast<int16_t>(sp_[2].slot));
  Put<int16_t>(out_ + 14, 0);
  return true;
}

bool Translator::Memory(Class klass) {
  using namespace interp;
  if (klass == Class::kDataDrop || klass == Class::kMemoryInit) {
    const uint32_t segment = U32();
    if (!module_.has_data_count || segment >= module_.data_count) return false;
    if (klass == Class::kDataDrop) {
      SetOp(out_, kOpDataDrop);
      Put<uint32_t>(out_ + 12, segment);
      out_ += 16;
      last_dst_ = kNone;
      return true;
    }
    if (!ZeroByte() || module_.memories.empty() ||
        !PopThree(0x7f, 0x7f, 0x7f)) {
      return false;
    }
    SetOp(out_, kOpMemoryInit);
    Put<uint64_t>(out_ + 16, segment);
    out_ += 24;
    last_dst_ = kNone;
    return true;
  }
  if (!ZeroByte() || module_.memories.empty()) return false;
  if (klass == Class::kMemorySize) {
    const int32_t dst = Temp(sp_);
    SetOp(out_, kOpMemorySize);
    Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
    Emitted(kOpMemorySize, out_, dst);
    out_ += 16;
    PushSlot(dst, 0x7f);
    return true;
  }
  if (klass == Class::kMemoryGrow) {
    if (!Need(1) || sp_[-1].type != 0x7f) return false;
    Entry* x = sp_ - 1;
    const int32_t dst = Temp(x);
    if (x->is_constant) Materialise(x, dst);
    SetOp(out_, kOpMemoryGrow);
    Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
    Put<int16_t>(out_ + 10, static_cast<int16_t>(x->slot));
    Emitted(kOpMemoryGrow, out_, dst);
    out_ += 16;
    x->slot = dst;
    return true;
  }
  if (klass == Class::kMemoryCopy && !ZeroByte()) return false;
  if (!PopThree(0x7f, 0x7f, 0x7f)) return false;
  SetOp(out_, klass == Class::kMemoryCopy ? kOpMemoryCopy : kOpMemoryFill);
  out_ += 16;
  last_dst_ = kNone;
  return true;
}

bool Translator::KnownTable(uint32_t index) const {
  return index < module_.tables.size() &&
         (index == 0 ||
          c_->options->features.Has(wasm::Feature::kReferenceTypes));
}

bool Translator::TableOp(Class klass) {
  using namespace interp;
  if (klass == Class::kElemDrop) {
    const uint32_t segment = U32();
    if (segment >= module_.elements.size()) return false;
    SetOp(out_, kOpElemDrop);
    Put<uint32_t>(out_ + 12, segment);
    out_ += 16;
    last_dst_ = kNone;
    return true;
  }
  uint32_t from = 0;
  if (klass == Class::kTableInit) from = U32();
  const uint32_t table = U32();
  if (klass == Class::kTableCopy) from = U32();
  if (!KnownTable(table)) return false;
  const auto type = static_cast<uint8_t>(module_.tables[table].element);
  uint32_t op;
  switch (klass) {
    case Class::kTableSize:
    case Class::kTableGet: {
      int32_t src = 0;
      if (klass == Class::kTableGet) {
        if (!Need(1) || sp_[-1].type != 0x7f) return false;
        --sp_;
        if (sp_->is_constant) Materialise(sp_, Temp(sp_));
        src = sp_->slot;
      }
      const int32_t dst = Temp(sp_);
      op = klass == Class::kTableGet ? kOpTableGet : kOpTableSize;
      SetOp(out_, op);
      Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
      Put<int16_t>(out_ + 10, static_cast<int16_t>(src));
      Put<uint32_t>(out_ + 12, table);
      Emitted(op, out_, dst);
      out_ += 16;
      PushSlot(dst, klass == Class::kTableGet ? type : 0x7f);
      return true;
    }
    case Class::kTableSet: {
      if (!Need(2) || sp_[-2].type != 0x7f || sp_[-1].type != type) {
        return false;
      }
      sp_ -= 2;
      if (sp_[0].is_constant) Materialise(sp_, Temp(sp_));
      if (sp_[1].is_constant) Materialise(sp_ + 1, Temp(sp_ + 1));
      SetOp(out_, kOpTableSet);
      Put<int16_t>(out_ + 8, static_cast<int16_t>(sp_[0].slot));
      Put<int16_t>(out_ + 10, static_cast<int16_t>(sp_[1].slot));
      Put<uint32_t>(out_ + 12, table);
      out_ += 16;
      last_dst_ = kNone;
      return true;
    }
    case Class::kTableGrow: {
      // {a dst, b initial value, c count, table at 16}
      if (!Need(2) || sp_[-2].type != type || sp_[-1].type != 0x7f) {
        return false;
      }
      sp_ -= 2;
      if (sp_[0].is_constant) Materialise(sp_, Temp(sp_));
      if (sp_[1].is_constant) Materialise(sp_ + 1, Temp(sp_ + 1));
      const int32_t dst = Temp(sp_);
      SetOp(out_, kOpTableGrow);
      Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
      Put<int16_t>(out_ + 10, static_cast<int16_t>(sp_[0].slot));
      Put<int16_t>(out_ + 12, static_cast<int16_t>(sp_[1].slot));
      Put<uint64_t>(out_ + 16, table);
      out_ += 24;
      ForgetLast();
      acc_ = dst;
      PushSlot(dst, 0x7f);
      return true;
    }
    case Class::kTableFill:
      if (!PopThree(0x7f, type, 0x7f)) return false;
      op = kOpTableFill;
      break;
    case Class::kTableCopy:
      if (!KnownTable(from) ||
          static_cast<uint8_t>(module_.tables[from].element) != type ||
          !PopThree(0x7f, 0x7f, 0x7f)) {
        return false;
      }
      op = kOpTableCopy;
      Put<uint32_t>(out_ + 20, from);
      Put<uint32_t>(out_ + 16, table);
      break;
    default:  // kTableInit
      if (from >= module_.elements.size() ||
          static_cast<uint8_t>(module_.elements[from].type) != type ||
          !PopThree(0x7f, 0x7f, 0x7f)) {
        return false;
      }
      op = kOpTableInit;
      Put<uint32_t>(out_ + 16, from);
      Put<uint32_t>(out_ + 20, table);
      break;
  }
  if (klass == Class::kTableFill) Put<uint64_t>(out_ + 16, table);
  SetOp(out_, op);
  out_ += 24;
  last_dst_ = kNone;
  return true;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_CALL_H_
