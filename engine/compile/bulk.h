// Translator: reference, memory and table instructions. Included by
// translate.cc only.
#ifndef ENGINE_COMPILE_BULK_H_
#define ENGINE_COMPILE_BULK_H_

#include <bit>

#include "engine/compile/call.h"

namespace ashlar::compile {

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
    if (function >= s_->module->declared_refs.size() ||
        !s_->module->declared_refs[function]) {
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
    if (!s_->module->has_data_count || segment >= s_->module->data_count)
      return false;
    if (klass == Class::kDataDrop) {
      SetOp(out_, kOpDataDrop);
      Put<uint32_t>(out_ + 12, segment);
      out_ += 16;
      s_->last_dst = kNone;
      return true;
    }
    if (!ZeroByte() || s_->no_memory != 0 || !PopThree(0x7f, 0x7f, 0x7f)) {
      return false;
    }
    SetOp(out_, kOpMemoryInit);
    Put<uint64_t>(out_ + 16, segment);
    out_ += 24;
    s_->last_dst = kNone;
    return true;
  }
  if (!ZeroByte() || s_->no_memory != 0) return false;
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
  const uint32_t unit = s_->context->options->schedule->bulk_bytes_per_fuel;
  const bool is_power = std::has_single_bit(unit);
  out_[14] = static_cast<uint8_t>(is_power ? std::countr_zero(unit) : 0);
  out_[15] = is_power ? kSmallBulkBytes : 0;
  out_ += 16;
  s_->last_dst = kNone;
  return true;
}

bool Translator::KnownTable(uint32_t index) const {
  return index < s_->module->tables.size() &&
         (index == 0 ||
          s_->context->options->features.Has(wasm::Feature::kReferenceTypes));
}

// table.size, get, set and grow.
bool Translator::TableAccess(Class klass, uint32_t table) {
  using namespace interp;
  const auto type = static_cast<uint8_t>(s_->module->tables[table].element);
  const uint32_t operands = klass == Class::kTableSize  ? 0
                            : klass == Class::kTableGet ? 1
                                                        : 2;
  if (!Need(operands)) return false;
  Entry* const x = sp_ - operands;
  const uint8_t first = klass == Class::kTableGrow ? type : 0x7f;
  const uint8_t second = klass == Class::kTableGrow ? 0x7f : type;
  if ((operands > 0 && x[0].type != first) ||
      (operands > 1 && x[1].type != second)) {
    return false;
  }
  for (Entry* e = x; e < sp_; ++e) {
    if (e->is_constant) Materialise(e, Temp(e));
  }
  sp_ = x;
  const int32_t dst = Temp(x);
  if (klass == Class::kTableSet) {  // {a index, b value, table}
    SetOp(out_, kOpTableSet);
    Put<int16_t>(out_ + 8, static_cast<int16_t>(x[0].slot));
    Put<int16_t>(out_ + 10, static_cast<int16_t>(x[1].slot));
    Put<uint32_t>(out_ + 12, table);
    out_ += 16;
    s_->last_dst = kNone;
    return true;
  }
  Put<int16_t>(out_ + 8, static_cast<int16_t>(dst));
  if (klass == Class::kTableGrow) {  // {a dst, b value, c count, table at 16}
    SetOp(out_, kOpTableGrow);
    Put<int16_t>(out_ + 10, static_cast<int16_t>(x[0].slot));
    Put<int16_t>(out_ + 12, static_cast<int16_t>(x[1].slot));
    Put<uint64_t>(out_ + 16, table);
    out_ += 24;
    ForgetLast();
    s_->acc = dst;
    PushSlot(dst, 0x7f);
    return true;
  }
  // {a dst, b index, table}
  const bool is_get = klass == Class::kTableGet;
  const uint32_t op = is_get ? kOpTableGet : kOpTableSize;
  SetOp(out_, op);
  Put<int16_t>(out_ + 10, static_cast<int16_t>(is_get ? x[0].slot : 0));
  Put<uint32_t>(out_ + 12, table);
  Emitted(op, out_, dst);
  out_ += 16;
  PushSlot(dst, is_get ? type : 0x7f);
  return true;
}

// table.init, copy, fill and elem.drop.
bool Translator::TableBulk(Class klass) {
  using namespace interp;
  uint32_t from = 0;
  if (klass == Class::kElemDrop || klass == Class::kTableInit) {
    from = U32();
    if (from >= s_->module->elements.size()) return false;
  }
  if (klass == Class::kElemDrop) {
    SetOp(out_, kOpElemDrop);
    Put<uint32_t>(out_ + 12, from);
    out_ += 16;
    s_->last_dst = kNone;
    return true;
  }
  const uint32_t table = U32();
  if (!KnownTable(table)) return false;
  const auto type = static_cast<uint8_t>(s_->module->tables[table].element);
  uint32_t op = kOpTableFill;
  uint8_t source = type;
  if (klass == Class::kTableCopy) {
    op = kOpTableCopy;
    from = U32();
    if (!KnownTable(from)) return false;
    source = static_cast<uint8_t>(s_->module->tables[from].element);
  } else if (klass == Class::kTableInit) {
    op = kOpTableInit;
    source = static_cast<uint8_t>(s_->module->elements[from].type);
  }
  const uint8_t second = klass == Class::kTableFill ? type : 0x7f;
  if (source != type || !PopThree(0x7f, second, 0x7f)) return false;
  SetOp(out_, op);
  // copy: to, from; init: segment, table; fill: table.
  const bool is_init = klass == Class::kTableInit;
  Put<uint32_t>(out_ + 16, is_init ? from : table);
  Put<uint32_t>(out_ + 20, is_init ? table : from);
  out_ += 24;
  s_->last_dst = kNone;
  return true;
}

bool Translator::TableOp(Class klass) {
  switch (klass) {
    case Class::kTableSize:
    case Class::kTableGet:
    case Class::kTableSet:
    case Class::kTableGrow: {
      const uint32_t table = U32();
      return KnownTable(table) && TableAccess(klass, table);
    }
    default:
      return TableBulk(klass);
  }
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_BULK_H_
