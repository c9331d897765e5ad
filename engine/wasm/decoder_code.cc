// Constant expressions, element and data segments, code.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "engine/wasm/module_decoder.h"

namespace ashlar::wasm {
namespace {

// Bits of an element segment's flags (5.5.12).
constexpr uint32_t kNotActive = 1;
constexpr uint32_t kExplicit = 2;  // table and type; or declarative
constexpr uint32_t kExpressions = 4;
constexpr uint32_t kElementFlagsMax = 7;

// Checks one constant expression (3.3.10), an instruction at a time. After
// the first violation the rest is only read, to find the end.
class ConstExprChecker {
 public:
  struct Verdict {
    ViolationCode code = ViolationCode::kCount;  // kCount: none
    bool has_index = false;
    uint32_t index = 0;
  };

  explicit ConstExprChecker(const Module& module) : module_(module) {}

  Verdict Step(const Instruction& i) {
    switch (i.opcode) {
      case Opcode::kI32Const:
        return Push(ValType::kI32);
      case Opcode::kI64Const:
        return Push(ValType::kI64);
      case Opcode::kF32Const:
        return Push(ValType::kF32);
      case Opcode::kF64Const:
        return Push(ValType::kF64);
      case Opcode::kRefNull:
        return Push(static_cast<ValType>(i.index));
      case Opcode::kRefFunc:
        if (i.index >= module_.functions.size()) {
          return {ViolationCode::kUnknownFunction, true, i.index};
        }
        return Push(ValType::kFuncRef);
      case Opcode::kGlobalGet:
        return GlobalGet(i.index);
      case Opcode::kI32Add:
      case Opcode::kI32Sub:
      case Opcode::kI32Mul:
        return Binary(ValType::kI32);
      case Opcode::kI64Add:
      case Opcode::kI64Sub:
      case Opcode::kI64Mul:
        return Binary(ValType::kI64);
      default:
        return {ViolationCode::kConstantExpressionRequired};
    }
  }

  bool EndsWith(ValType type) const {
    return stack_.size() == 1 && stack_[0] == type;
  }

 private:
  Verdict Push(ValType type) {
    stack_.push_back(type);
    return {};
  }

  // Imported globals only: the context in which 3.4.10 checks constant
  // expressions has no others.
  Verdict GlobalGet(uint32_t index) {
    if (index >= module_.imported_globals) {
      return {ViolationCode::kUnknownGlobal, true, index};
    }
    const GlobalType& type = module_.globals[index].type;
    if (type.is_mutable) return {ViolationCode::kConstantExpressionRequired};
    return Push(type.type);
  }

  Verdict Binary(ValType type) {
    const size_t n = stack_.size();
    if (n < 2 || stack_[n - 1] != type || stack_[n - 2] != type) {
      return {ViolationCode::kTypeMismatch};
    }
    stack_.pop_back();
    return {};
  }

  const Module& module_;
  // Its height is bounded by the expression's size. Hardly any expression
  // needs more than two values, so hardly any allocates.
  absl::InlinedVector<ValType, 8> stack_;
};

bool IsArithmetic(Opcode opcode) {
  switch (opcode) {
    case Opcode::kI32Add:
    case Opcode::kI32Sub:
    case Opcode::kI32Mul:
    case Opcode::kI64Add:
    case Opcode::kI64Sub:
    case Opcode::kI64Mul:
      return true;
    default:
      return false;
  }
}

bool OpensBlock(Opcode opcode) {
  return opcode == Opcode::kBlock || opcode == Opcode::kLoop ||
         opcode == Opcode::kIf;
}

// What one valid instruction is worth, without its `end`.
void SetSingle(const Instruction& i, ConstExpr* out) {
  switch (i.opcode) {
    case Opcode::kGlobalGet:
      out->kind = ConstExpr::Kind::kGlobalGet;
      out->index = i.index;
      return;
    case Opcode::kRefFunc:
      out->kind = ConstExpr::Kind::kRefFunc;
      out->index = i.index;
      return;
    case Opcode::kRefNull:
      out->kind = ConstExpr::Kind::kRefNull;
      return;
    case Opcode::kI32Const:
      out->bits = static_cast<uint32_t>(i.value);
      return;
    default:
      out->bits = static_cast<uint64_t>(i.value);
  }
}

}  // namespace

bool ModuleDecoder::ReadShortConstExpr(ValType type, ConstExpr* out) {
  if (reader_.remaining() < 3) return false;
  const uint8_t* p = reader_.pos();
  constexpr uint8_t kI32Const = InfoOf(Opcode::kI32Const).code;
  constexpr uint8_t kEnd = InfoOf(Opcode::kEnd).code;
  if (p[0] != kI32Const || p[1] >= 0x80 || p[2] != kEnd ||
      type != ValType::kI32) {
    return false;
  }
  reader_.Byte();
  out->bits = static_cast<uint32_t>(reader_.S32());
  reader_.Byte();
  return true;
}

void ModuleDecoder::ReadConstExpr(ValType type, ConstExpr* out) {
  const uint8_t* begin = reader_.pos();
  out->type = type;
  out->offset = OffsetOf(begin);
  if (!ReadShortConstExpr(type, out)) ReadLongConstExpr(type, out);
  out->code = {begin, static_cast<size_t>(reader_.pos() - begin)};
}

void ModuleDecoder::ReadLongConstExpr(ValType type, ConstExpr* out) {
  const uint8_t* begin = reader_.pos();
  ConstExprChecker checker(module_);
  bool is_valid = true;
  uint32_t open_blocks = 0;  // only invalid expressions have any
  uint32_t count = 0;
  Instruction first;
  for (;; ++count) {
    Instruction i;
    if (!ReadInstruction(&reader_, &i)) return;
    if (count == 0) first = i;
    Use(InfoOf(i.opcode).feature, i.begin);
    if (i.opcode == Opcode::kEnd) {
      if (open_blocks == 0) break;
      --open_blocks;
    }
    if (OpensBlock(i.opcode)) ++open_blocks;
    if (!is_valid) continue;
    if (IsArithmetic(i.opcode)) Use(Feature::kExtendedConst, i.begin);
    const ConstExprChecker::Verdict verdict = checker.Step(i);
    is_valid = verdict.code == ViolationCode::kCount;
    if (is_valid) {
      if (i.opcode == Opcode::kRefFunc) DeclareRef(i.index);
      continue;
    }
    Add(verdict.code, i.begin,
        verdict.has_index ? absl::StrCat(verdict.index) : "");
  }
  if (!is_valid) return;
  if (!checker.EndsWith(type)) {
    Add(ViolationCode::kTypeMismatch, begin);
  } else if (count == 1) {
    SetSingle(first, out);
  } else {
    out->kind = ConstExpr::Kind::kExtended;
  }
}

void ModuleDecoder::ElementSection() {
  const uint32_t count = ReadCount(SectionId::kElement, 0);
  module_.elements.reserve(count);
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    Element(&module_.elements.emplace_back());
  }
}

void ModuleDecoder::Element(ElementSegment* segment) {
  const uint8_t* at = reader_.pos();
  const uint32_t flags = reader_.U32();
  if (flags > kElementFlagsMax) {
    reader_.Fail(ViolationCode::kMalformedElementKind, at);
    return;
  }
  segment->is_expressions = (flags & kExpressions) != 0;
  bool has_table = false;
  if ((flags & kNotActive) == 0) {
    const uint8_t* table_at = reader_.pos();
    if ((flags & kExplicit) != 0) segment->table = reader_.U32();
    has_table = CheckIndex(segment->table, module_.tables.size(),
                           ViolationCode::kUnknownTable, table_at);
    ReadConstExpr(ValType::kI32, &segment->table_offset);
  } else if ((flags & kExplicit) != 0) {
    segment->mode = SegmentMode::kDeclarative;
    Use(Feature::kReferenceTypes, at);
  } else {
    segment->mode = SegmentMode::kPassive;
    Use(Feature::kBulkMemory, at);
  }
  ElementKind(flags, segment);
  if (has_table && reader_.ok() &&
      module_.tables[segment->table].element != segment->type) {
    Add(ViolationCode::kTypeMismatch, at);
  }
  ElementList(segment);
}

// Nothing (functions), 0x00 (functions) or a reference type.
void ModuleDecoder::ElementKind(uint32_t flags, ElementSegment* segment) {
  if ((flags & (kNotActive | kExplicit)) == 0) return;
  const uint8_t* at = reader_.pos();
  if (segment->is_expressions) {
    segment->type = ReadRefType();
    UseValType(segment->type, at);
    return;
  }
  const uint8_t kind = reader_.Byte();
  if (kind != 0) {
    reader_.FailForm(kind, ViolationCode::kMalformedElementKind, at);
  }
}

void ModuleDecoder::ElementList(ElementSegment* segment) {
  const uint32_t count = reader_.Length();
  const uint8_t* begin = reader_.pos();
  segment->offset = OffsetOf(begin);
  if (segment->is_expressions) {
    ConstExpr item;
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
      ReadConstExpr(segment->type, &item);
    }
  } else {
    const size_t functions = module_.functions.size();
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
      const uint8_t* at = reader_.pos();
      const uint32_t index = reader_.U32();
      if (CheckIndex(index, functions, ViolationCode::kUnknownFunction, at)) {
        DeclareRef(index);
      }
    }
  }
  segment->count = count;
  segment->items = {begin, static_cast<size_t>(reader_.pos() - begin)};
  module_.element_count += count;
}

void ModuleDecoder::DataCountSection() {
  Use(Feature::kBulkMemory, reader_.pos());
  module_.has_data_count = true;
  module_.data_count = reader_.U32();
}

void ModuleDecoder::DataSection() {
  const uint32_t count = ReadCount(SectionId::kData, 0);
  module_.data.reserve(count);
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    Data(&module_.data.emplace_back());
  }
}

void ModuleDecoder::Data(DataSegment* segment) {
  const uint8_t* at = reader_.pos();
  // 5.5.14: 0 active, 1 passive, 2 active with a memory.
  const uint32_t flags = reader_.U32();
  if (flags > 2) {
    reader_.Fail(ViolationCode::kMalformedDataKind, at);
    return;
  }
  if (flags == 1) {
    segment->mode = SegmentMode::kPassive;
    Use(Feature::kBulkMemory, at);
  } else {
    const uint8_t* memory_at = reader_.pos();
    if (flags == 2) segment->memory = reader_.U32();
    CheckIndex(segment->memory, module_.memories.size(),
               ViolationCode::kUnknownMemory, memory_at);
    ReadConstExpr(ValType::kI32, &segment->memory_offset);
  }
  const uint32_t size = reader_.Length();
  const uint8_t* bytes = reader_.Bytes(size);
  if (bytes == nullptr) return;
  segment->bytes = {bytes, size};
  segment->offset = OffsetOf(bytes);
  module_.segment_size_bytes += size;
}

void ModuleDecoder::CodeSection() {
  code_at_ = reader_.pos();
  module_.code_size_bytes = static_cast<uint64_t>(section_end_ - code_at_);
  const uint32_t count = reader_.Length();
  if (count != module_.functions.size() - module_.imported_functions) {
    reader_.Fail(ViolationCode::kFunctionCodeMismatch, code_at_);
    return;
  }
  module_.bodies.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t* at = reader_.pos();
    const uint32_t size = reader_.Length();
    // A body has at least its locals' count.
    const uint8_t* begin = reader_.Bytes(size);
    if (size == 0) reader_.Fail(ViolationCode::kUnexpectedEnd, reader_.pos());
    if (!reader_.ok()) return;
    if (size > limits_.body_size_bytes_max) {
      Add(ViolationCode::kLimitBodySize, at,
          Exceeds(size, limits_.body_size_bytes_max));
    }
    module_.bodies.push_back({begin, begin + size});
  }
}

}  // namespace ashlar::wasm
