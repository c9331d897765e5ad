// Validator: instructions by their operands.
#include "engine/compile/body_validator.h"
#include "engine/compile/validator.h"

namespace ashlar::compile {

bool Validator::MemArg(const wasm::Instruction& i,
                       const wasm::OpcodeInfo& info) {
  if (!HasMemory()) return false;
  if (i.index > info.align_max()) {
    return Fail(ViolationCode::kInvalidAlignment);
  }
  return true;
}

bool Validator::Select(const wasm::Instruction& i) {
  if (i.opcode == Opcode::kSelectT) {
    if (i.index != 1) return Fail(ViolationCode::kInvalidResultArity);
    const uint8_t type = *i.vector;
    if (!IsTypeEnabled(type, options_.features)) {
      return Fail(ViolationCode::kUnsupportedFeature, "type of select");
    }
    if (!Pop(kI32) || !Pop(type) || !Pop(type)) return false;
    Push(type);
    return true;
  }
  uint8_t x;
  uint8_t y;
  if (!Pop(kI32) || !Pop(kUnknown, &y) || !Pop(kUnknown, &x)) return false;
  if (wasm::IsRefType(x) || wasm::IsRefType(y)) {
    return Fail(ViolationCode::kTypeMismatch,
                "select of references must name its type");
  }
  if (x != y && x != kUnknown && y != kUnknown) return Mismatch(x, y);
  Push(x == kUnknown ? y : x);
  return true;
}

bool Validator::Variables(const wasm::Instruction& i) {
  uint8_t type = kUnknown;
  switch (i.opcode) {
    case Opcode::kDrop:
      return Pop(kUnknown);
    case Opcode::kSelect:
    case Opcode::kSelectT:
      return Select(i);
    case Opcode::kLocalGet:
    case Opcode::kLocalSet:
    case Opcode::kLocalTee:
      if (i.index >= locals_->count()) {
        return Fail(ViolationCode::kUnknownLocal, absl::StrCat(i.index));
      }
      type = locals_->TypeOf(i.index);
      if (i.opcode != Opcode::kLocalGet && !Pop(type)) return false;
      if (i.opcode != Opcode::kLocalSet) Push(type);
      return true;
    case Opcode::kGlobalGet:
    case Opcode::kGlobalSet: {
      if (i.index >= module_.globals.size()) {
        return Fail(ViolationCode::kUnknownGlobal, absl::StrCat(i.index));
      }
      const wasm::GlobalType& global = module_.globals[i.index].type;
      type = static_cast<uint8_t>(global.type);
      if (i.opcode == Opcode::kGlobalGet) {
        Push(type);
        return true;
      }
      if (!global.is_mutable) return Fail(ViolationCode::kImmutableGlobal);
      return Pop(type);
    }
    case Opcode::kTableGet:
    case Opcode::kTableSet:
      if (!Table(i.index, &type)) return false;
      if (i.opcode == Opcode::kTableSet) return Pop(type) && Pop(kI32);
      if (!Pop(kI32)) return false;
      Push(type);
      return true;
    case Opcode::kRefNull:
      Push(static_cast<uint8_t>(i.index));
      return true;
    case Opcode::kRefIsNull:
      if (!Pop(kUnknown, &type)) return false;
      if (type != kUnknown && !wasm::IsRefType(type)) {
        return Fail(ViolationCode::kTypeMismatch, "expected a reference");
      }
      Push(kI32);
      return true;
    default:  // kRefFunc
      if (i.index >= module_.functions.size()) {
        return Fail(ViolationCode::kUnknownFunction, absl::StrCat(i.index));
      }
      if (i.index >= module_.declared_refs.size() ||
          !module_.declared_refs[i.index]) {
        return Fail(ViolationCode::kUndeclaredFunctionReference);
      }
      Push(kFuncRef);
      return true;
  }
}

bool Validator::Table(uint32_t index, uint8_t* type) {
  if (index >= module_.tables.size()) {
    return Fail(ViolationCode::kUnknownTable, absl::StrCat(index));
  }
  if (index != 0 && !options_.features.Has(Feature::kReferenceTypes)) {
    return Fail(ViolationCode::kUnsupportedFeature, "multiple tables");
  }
  *type = static_cast<uint8_t>(module_.tables[index].element);
  return true;
}

// Indices of memory and table instructions; their operands, where typed, are
// popped by the caller.
bool Validator::Bulk(const wasm::Instruction& i) {
  switch (i.opcode) {
    case Opcode::kDataDrop:
    case Opcode::kMemoryInit:
      if (i.opcode == Opcode::kMemoryInit && !HasMemory()) return false;
      if (!module_.has_data_count) {
        return Fail(ViolationCode::kDataCountRequired);
      }
      return i.index < module_.data_count ||
             Fail(ViolationCode::kUnknownDataSegment, absl::StrCat(i.index));
    case Opcode::kMemorySize:
    case Opcode::kMemoryGrow:
    case Opcode::kMemoryCopy:
    case Opcode::kMemoryFill:
      return HasMemory();
    case Opcode::kElemDrop:
      return i.index < module_.elements.size() ||
             Fail(ViolationCode::kUnknownElemSegment, absl::StrCat(i.index));
    case Opcode::kTableInit: {
      uint8_t type;
      if (!Table(i.index2, &type)) return false;
      if (i.index >= module_.elements.size()) {
        return Fail(ViolationCode::kUnknownElemSegment, absl::StrCat(i.index));
      }
      const auto segment = static_cast<uint8_t>(module_.elements[i.index].type);
      return segment == type || Mismatch(type, segment);
    }
    case Opcode::kTableCopy: {
      uint8_t to;
      uint8_t from;
      if (!Table(i.index, &to) || !Table(i.index2, &from)) return false;
      return to == from || Mismatch(to, from);
    }
    default: {
      uint8_t type;
      return Table(i.index, &type);
    }
  }
}

// The ones whose operands depend on the table's type.
bool Validator::Tables(const wasm::Instruction& i) {
  const auto type = static_cast<uint8_t>(module_.tables[i.index].element);
  if (i.opcode == Opcode::kTableFill) {
    return Pop(kI32) && Pop(type) && Pop(kI32);
  }
  if (!Pop(kI32) || !Pop(type)) return false;  // table.grow
  Push(kI32);
  return true;
}

}  // namespace ashlar::compile
