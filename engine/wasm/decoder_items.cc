// Types, imports, functions, tables, memories, globals, exports, start.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "engine/wasm/module_decoder.h"

namespace ashlar::wasm {
namespace {

// Up to these counts, comparing all pairs is cheaper than a hash set.
constexpr size_t kFewTypes = 64;
constexpr size_t kFewExports = 32;
// Long types in a small section only: all pairs must stay cheap.
constexpr size_t kFewTypeBytes = 4096;

constexpr uint8_t kFuncTypeForm = 0x60;
constexpr uint32_t kMemoryPagesMax = 65536;  // spec 3.2.5

// Equal types have equal keys. Types of up to six values have their own key.
uint64_t KeyOf(const FuncType& type) {
  uint64_t key = type.param_count;
  for (ValType t : type.params()) key = key << 8 ^ key >> 56 ^ uint64_t(t);
  key = key << 8 ^ key >> 56 ^ type.result_count;
  for (ValType t : type.results()) key = key << 8 ^ key >> 56 ^ uint64_t(t);
  return key;
}

// The start of a name, for a message: messages are bounded, names are not.
absl::string_view Excerpt(absl::string_view name) {
  constexpr size_t kMax = 64;
  if (name.size() <= kMax) return name;
  size_t size = kMax;
  while (size > 0 && (name[size] & 0xc0) == 0x80) --size;  // whole characters
  return name.substr(0, size);
}

// Type indices, hashed and compared by what they stand for.
struct TypeHash {
  const std::vector<FuncType>* types;
  size_t operator()(uint32_t index) const {
    const FuncType& type = (*types)[index];
    return absl::HashOf(type.params(), type.results());
  }
};
struct TypeEq {
  const std::vector<FuncType>* types;
  bool operator()(uint32_t a, uint32_t b) const {
    return SameType((*types)[a], (*types)[b]);
  }
};

}  // namespace

ValType ModuleDecoder::ReadValType() {
  const uint8_t* at = reader_.pos();
  const uint8_t byte = reader_.Byte();
  if (!IsValType(byte)) {
    reader_.FailForm(byte, ViolationCode::kMalformedValueType, at);
    return ValType::kI32;
  }
  UseValType(static_cast<ValType>(byte), at);
  return static_cast<ValType>(byte);
}

ValType ModuleDecoder::ReadRefType() {
  const uint8_t* at = reader_.pos();
  const uint8_t byte = reader_.Byte();
  if (!IsRefType(byte)) {
    reader_.FailForm(byte, ViolationCode::kMalformedReferenceType, at);
    return ValType::kFuncRef;
  }
  return static_cast<ValType>(byte);
}

const ValType* ModuleDecoder::ValTypes(uint32_t* count) {
  *count = reader_.Length();
  const uint8_t* at = reader_.pos();
  for (uint32_t i = 0; i < *count && reader_.ok(); ++i) ReadValType();
  // A ValType is a byte of the format, so the bytes are the types.
  return reinterpret_cast<const ValType*>(at);
}

void ModuleDecoder::FunctionType(FuncType* type) {
  const uint8_t* at = reader_.pos();
  const uint8_t form = reader_.Byte();
  if (form != kFuncTypeForm) {
    reader_.FailForm(form, ViolationCode::kMalformedFunctionType, at);
  }
  type->params_data = ValTypes(&type->param_count);
  type->results_data = ValTypes(&type->result_count);
  if (!reader_.ok()) return;
  if (type->param_count > limits_.function_params_max) {
    Add(ViolationCode::kLimitParameters, at,
        Exceeds(type->param_count, limits_.function_params_max));
  }
  if (type->result_count > 1) Use(Feature::kMultiValue, at);
  if (type->result_count > limits_.function_results_max) {
    Add(ViolationCode::kLimitResults, at,
        Exceeds(type->result_count, limits_.function_results_max));
  }
}

void ModuleDecoder::TypeSection() {
  const uint32_t count = ReadCount(SectionId::kType, 0);
  module_.types.resize(count);
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    FunctionType(&module_.types[i]);
  }
  if (reader_.ok()) Canonicalize();
}

void ModuleDecoder::Canonicalize() {
  std::vector<FuncType>& types = module_.types;
  const auto count = static_cast<uint32_t>(types.size());
  const auto size = static_cast<size_t>(section_end_ - section_begin_);
  if (count > kFewTypes || size > kFewTypeBytes) {
    // Buckets for all at once, of which an eighth stays empty: a table of
    // Abseil is torn where memory runs out while it grows.
    absl::flat_hash_set<uint32_t, TypeHash, TypeEq> first(
        count + count / 7 + 1, TypeHash{&types}, TypeEq{&types});
    for (uint32_t i = 0; i < count; ++i) {
      types[i].canonical_id = *first.insert(i).first;
    }
    return;
  }
  uint64_t keys[kFewTypes];
  for (uint32_t i = 0; i < count; ++i) {
    keys[i] = KeyOf(types[i]);
    uint32_t same = 0;
    while (keys[same] != keys[i] || !SameType(types[same], types[i])) ++same;
    types[i].canonical_id = same;
  }
}

void ModuleDecoder::AddFunction(uint32_t type, const uint8_t* at) {
  if (CheckIndex(type, module_.types.size(), ViolationCode::kUnknownType, at)) {
    const uint64_t max = limits_.function_params_total_max;
    const bool fitted = params_total_ <= max;
    params_total_ += module_.types[type].param_count;
    if (fitted && params_total_ > max) {
      Add(ViolationCode::kLimitParametersTotal, at);
    }
  }
  module_.functions.push_back(type);
}

void ModuleDecoder::ImportSection() {
  const uint32_t count = ReadCount(SectionId::kImport, 0);
  module_.imports.reserve(count);
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) ImportItem();
  module_.imported_functions = static_cast<uint32_t>(module_.functions.size());
  module_.imported_tables = static_cast<uint32_t>(module_.tables.size());
  module_.imported_memories = static_cast<uint32_t>(module_.memories.size());
  module_.imported_globals = static_cast<uint32_t>(module_.globals.size());
}

void ModuleDecoder::ImportItem() {
  Import item;
  const uint8_t* at = reader_.pos();
  item.offset = OffsetOf(at);
  item.module = ReadName();
  item.name = ReadName();
  const uint8_t* kind_at = reader_.pos();
  const uint8_t kind = reader_.Byte();
  item.kind = static_cast<ExternKind>(kind);
  const uint8_t* type_at = reader_.pos();
  size_t index = 0;
  switch (item.kind) {
    case ExternKind::kFunc:
      index = module_.functions.size();
      AddFunction(reader_.U32(), type_at);
      CheckSpace(SectionId::kFunction, index + 1, at);
      break;
    case ExternKind::kTable:
      index = module_.tables.size();
      module_.tables.push_back(ReadTableType());
      CheckSpace(SectionId::kTable, index + 1, at);
      break;
    case ExternKind::kMemory:
      index = module_.memories.size();
      module_.memories.push_back(ReadMemoryType());
      CheckSpace(SectionId::kMemory, index + 1, at);
      break;
    case ExternKind::kGlobal:
      index = module_.globals.size();
      module_.globals.emplace_back().type = ReadGlobalType();
      if (module_.globals.back().type.is_mutable) {
        Use(Feature::kMutableGlobals, type_at);
      }
      CheckSpace(SectionId::kGlobal, index + 1, at);
      break;
    default:
      reader_.Fail(ViolationCode::kMalformedImportKind, kind_at);
  }
  item.index = static_cast<uint32_t>(index);
  module_.imports.push_back(item);
}

void ModuleDecoder::FunctionSection() {
  const uint32_t count =
      ReadCount(SectionId::kFunction, module_.functions.size());
  module_.functions.reserve(module_.functions.size() + count);
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    const uint8_t* at = reader_.pos();
    AddFunction(reader_.U32(), at);
  }
}

Limits ModuleDecoder::ReadLimits() {
  Limits limits;
  const uint8_t* at = reader_.pos();
  const uint8_t flags = reader_.Byte();
  if (flags > 1) reader_.FailForm(flags, ViolationCode::kIntegerTooLarge, at);
  limits.has_max = flags == 1;
  limits.min = reader_.U32();
  if (limits.has_max) limits.max = reader_.U32();
  if (reader_.ok() && limits.min > limits.max) {
    Add(ViolationCode::kSizeMinimumGreater, at);
  }
  return limits;
}

TableType ModuleDecoder::ReadTableType() {
  const uint8_t* at = reader_.pos();
  TableType type;
  type.element = ReadRefType();
  type.limits = ReadLimits();
  if (!reader_.ok()) return type;
  // More than one table, or one of externrefs, came with that proposal.
  if (type.element != ValType::kFuncRef || !module_.tables.empty()) {
    Use(Feature::kReferenceTypes, at);
  }
  if (type.limits.min > limits_.table_elements_max) {
    Add(ViolationCode::kLimitTableElements, at,
        Exceeds(type.limits.min, limits_.table_elements_max));
  }
  return type;
}

void ModuleDecoder::TableSection() {
  const uint32_t count = ReadCount(SectionId::kTable, module_.tables.size());
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    module_.tables.push_back(ReadTableType());
  }
}

MemoryType ModuleDecoder::ReadMemoryType() {
  const uint8_t* at = reader_.pos();
  const Limits limits = ReadLimits();
  if (!reader_.ok()) return {limits};
  const uint32_t min = limits.min;
  if (min > kMemoryPagesMax ||
      (limits.has_max && limits.max > kMemoryPagesMax)) {
    Add(ViolationCode::kMemorySizeTooLarge, at);
  } else if (min > limits_.memory_pages_max) {
    Add(ViolationCode::kLimitMemoryPages, at,
        Exceeds(min, limits_.memory_pages_max));
  } else if (min > limits_.memory_pages_initial_max) {
    Add(ViolationCode::kLimitMemoryPagesInitial, at,
        Exceeds(min, limits_.memory_pages_initial_max));
  }
  return {limits};
}

void ModuleDecoder::MemorySection() {
  const uint32_t count = ReadCount(SectionId::kMemory, module_.memories.size());
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    module_.memories.push_back(ReadMemoryType());
  }
}

GlobalType ModuleDecoder::ReadGlobalType() {
  GlobalType type;
  type.type = ReadValType();
  const uint8_t* at = reader_.pos();
  const uint8_t mutability = reader_.Byte();
  if (mutability > 1) reader_.Fail(ViolationCode::kMalformedMutability, at);
  type.is_mutable = mutability == 1;
  return type;
}

void ModuleDecoder::GlobalSection() {
  const uint32_t count = ReadCount(SectionId::kGlobal, module_.globals.size());
  module_.globals.reserve(module_.globals.size() + count);
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    Global& global = module_.globals.emplace_back();
    global.type = ReadGlobalType();
    ReadConstExpr(global.type.type, &global.init);
  }
}

void ModuleDecoder::ExportSection() {
  const uint32_t count = ReadCount(SectionId::kExport, 0);
  module_.exports.reserve(count);
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    Export item;
    item.offset = OffsetOf(reader_.pos());
    item.name = ReadName();
    const uint8_t* kind_at = reader_.pos();
    item.kind = static_cast<ExternKind>(reader_.Byte());
    const uint8_t* at = reader_.pos();
    item.index = reader_.U32();
    switch (item.kind) {
      case ExternKind::kFunc:
        if (CheckIndex(item.index, module_.functions.size(),
                       ViolationCode::kUnknownFunction, at)) {
          DeclareRef(item.index);
        }
        break;
      case ExternKind::kTable:
        CheckIndex(item.index, module_.tables.size(),
                   ViolationCode::kUnknownTable, at);
        break;
      case ExternKind::kMemory:
        CheckIndex(item.index, module_.memories.size(),
                   ViolationCode::kUnknownMemory, at);
        break;
      case ExternKind::kGlobal:
        if (CheckIndex(item.index, module_.globals.size(),
                       ViolationCode::kUnknownGlobal, at) &&
            module_.globals[item.index].type.is_mutable) {
          Use(Feature::kMutableGlobals, at);
        }
        break;
      default:
        reader_.Fail(ViolationCode::kMalformedExportKind, kind_at);
    }
    module_.exports.push_back(item);
  }
  if (reader_.ok()) CheckDuplicateExports();
}

void ModuleDecoder::CheckDuplicateExports() {
  const auto report = [this](const Export& e) {
    violations_.Add(ViolationCode::kDuplicateExportName, e.offset,
                    Excerpt(e.name));
  };
  const std::vector<Export>& exports = module_.exports;
  if (exports.size() > kFewExports) {
    absl::flat_hash_set<absl::string_view> names(exports.size() +
                                                 exports.size() / 7 + 1);
    for (const Export& e : exports) {
      if (!names.insert(e.name).second) report(e);
    }
    return;
  }
  for (size_t i = 1; i < exports.size(); ++i) {
    size_t j = 0;
    while (j < i && exports[j].name != exports[i].name) ++j;
    if (j < i) report(exports[i]);
  }
}

void ModuleDecoder::StartSection() {
  const uint8_t* at = reader_.pos();
  Use(Feature::kStartFunction, at);
  const uint32_t index = reader_.U32();
  if (!CheckIndex(index, module_.functions.size(),
                  ViolationCode::kUnknownFunction, at)) {
    return;
  }
  module_.has_start = true;
  module_.start = index;
  // The type's index may be unknown, which was said where it stands.
  const uint32_t type = module_.functions[index];
  if (type >= module_.types.size()) return;
  if (module_.types[type].param_count != 0 ||
      module_.types[type].result_count != 0) {
    Add(ViolationCode::kStartFunctionType, at);
  }
}

}  // namespace ashlar::wasm
