#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

uint8_t Byte(ValType type) { return static_cast<uint8_t>(type); }

constexpr uint8_t kEmptyBlockType = 0x40;
constexpr uint8_t kFuncTypeTag = 0x60;
constexpr uint8_t kHeader[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

void WriteLimits(const LimitsSpec& limits, ByteWriter* out) {
  out->U8(limits.max.has_value()).U32(limits.min);
  if (limits.max) out->U32(*limits.max);
}

void WriteSection(uint8_t id, const std::vector<uint8_t>& payload,
                  ByteWriter* out) {
  out->U8(id).U32(static_cast<uint32_t>(payload.size())).Raw(payload);
}

void WriteTypes(const std::vector<ValType>& types, ByteWriter* out) {
  out->U32(static_cast<uint32_t>(types.size()));
  for (ValType type : types) out->U8(Byte(type));
}

std::vector<uint8_t> Counted(uint32_t count, const ByteWriter& items) {
  if (count == 0) return {};
  return ByteWriter().U32(count).Raw(items.bytes()).bytes();
}

std::vector<uint8_t> BodyBytes(const std::vector<ValType>& locals,
                               const Code& code) {
  ByteWriter groups;
  uint32_t group_count = 0;
  for (size_t i = 0; i < locals.size(); ++group_count) {
    size_t end = i;
    while (end < locals.size() && locals[end] == locals[i]) ++end;
    groups.U32(static_cast<uint32_t>(end - i)).U8(Byte(locals[i]));
    i = end;
  }
  return ByteWriter()
      .U32(group_count)
      .Raw(groups.bytes())
      .Raw(code.bytes())
      .bytes();
}

void WriteFunctionIndices(absl::Span<const uint32_t> functions,
                          ByteWriter* out) {
  out->U32(static_cast<uint32_t>(functions.size()));
  for (uint32_t f : functions) out->U32(f);
}

}  // namespace

ByteWriter& ByteWriter::U8(uint8_t byte) {
  bytes_.push_back(byte);
  return *this;
}

ByteWriter& ByteWriter::U32(uint32_t value) {
  while (value >= 0x80) {
    U8(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  return U8(static_cast<uint8_t>(value));
}

ByteWriter& ByteWriter::S64(int64_t value) {
  while (value < -0x40 || value > 0x3f) {
    U8(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  return U8(static_cast<uint8_t>(value & 0x7f));
}

ByteWriter& ByteWriter::PaddedU32(uint64_t value, int size) {
  for (int i = 0; i < size - 1; ++i, value >>= 7) {
    U8(static_cast<uint8_t>(value | 0x80));
  }
  return U8(static_cast<uint8_t>(value & 0x7f));
}

ByteWriter& ByteWriter::Fixed32(uint32_t value) {
  for (int i = 0; i < 32; i += 8) U8(static_cast<uint8_t>(value >> i));
  return *this;
}

ByteWriter& ByteWriter::Fixed64(uint64_t value) {
  for (int i = 0; i < 64; i += 8) U8(static_cast<uint8_t>(value >> i));
  return *this;
}

ByteWriter& ByteWriter::Name(absl::string_view name) {
  U32(static_cast<uint32_t>(name.size()));
  bytes_.insert(bytes_.end(), name.begin(), name.end());
  return *this;
}

ByteWriter& ByteWriter::Raw(absl::Span<const uint8_t> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

Code& Code::Op(testing::Op op) {
  const uint16_t code = static_cast<uint16_t>(op);
  if (code > 0xff) {
    writer_.U8(static_cast<uint8_t>(code >> 8)).U32(code & 0xff);
  } else {
    writer_.U8(static_cast<uint8_t>(code));
  }
  return *this;
}

Code& Code::Op(testing::Op op, uint32_t immediate) {
  Op(op);
  writer_.U32(immediate);
  return *this;
}

Code& Code::Op(testing::Op op, uint32_t first, uint32_t second) {
  Op(op);
  writer_.U32(first).U32(second);
  return *this;
}

Code& Code::I32(int32_t value) {
  Op(testing::Op::kI32Const);
  writer_.S64(value);
  return *this;
}

Code& Code::I64(int64_t value) {
  Op(testing::Op::kI64Const);
  writer_.S64(value);
  return *this;
}

Code& Code::F32(uint32_t bits) {
  Op(testing::Op::kF32Const);
  writer_.Fixed32(bits);
  return *this;
}

Code& Code::F64(uint64_t bits) {
  Op(testing::Op::kF64Const);
  writer_.Fixed64(bits);
  return *this;
}

Code& Code::Get(uint32_t local) { return Op(testing::Op::kLocalGet, local); }
Code& Code::Set(uint32_t local) { return Op(testing::Op::kLocalSet, local); }
Code& Code::Tee(uint32_t local) { return Op(testing::Op::kLocalTee, local); }

Code& Code::BlockOp(testing::Op op, uint8_t type) {
  Op(op);
  writer_.U8(type);
  return *this;
}

Code& Code::Block() { return BlockOp(testing::Op::kBlock, kEmptyBlockType); }
Code& Code::Block(ValType result) {
  return BlockOp(testing::Op::kBlock, Byte(result));
}
Code& Code::BlockType(uint32_t type_index) {
  Op(testing::Op::kBlock);
  writer_.S64(type_index);
  return *this;
}
Code& Code::Loop() { return BlockOp(testing::Op::kLoop, kEmptyBlockType); }
Code& Code::Loop(ValType result) {
  return BlockOp(testing::Op::kLoop, Byte(result));
}
Code& Code::LoopType(uint32_t type_index) {
  Op(testing::Op::kLoop);
  writer_.S64(type_index);
  return *this;
}
Code& Code::If() { return BlockOp(testing::Op::kIf, kEmptyBlockType); }
Code& Code::If(ValType result) {
  return BlockOp(testing::Op::kIf, Byte(result));
}
Code& Code::IfType(uint32_t type_index) {
  Op(testing::Op::kIf);
  writer_.S64(type_index);
  return *this;
}
Code& Code::Else() { return Op(testing::Op::kElse); }
Code& Code::End() { return Op(testing::Op::kEnd); }
Code& Code::Br(uint32_t label) { return Op(testing::Op::kBr, label); }
Code& Code::BrIf(uint32_t label) { return Op(testing::Op::kBrIf, label); }

Code& Code::BrTable(absl::Span<const uint32_t> labels, uint32_t default_label) {
  Op(testing::Op::kBrTable);
  WriteFunctionIndices(labels, &writer_);
  writer_.U32(default_label);
  return *this;
}

Code& Code::Return() { return Op(testing::Op::kReturn); }
Code& Code::Call(uint32_t function) { return Op(testing::Op::kCall, function); }
Code& Code::CallIndirect(uint32_t type_index, uint32_t table) {
  return Op(testing::Op::kCallIndirect, type_index, table);
}
Code& Code::ReturnCall(uint32_t function) {
  return Op(testing::Op::kReturnCall, function);
}
Code& Code::ReturnCallIndirect(uint32_t type_index, uint32_t table) {
  return Op(testing::Op::kReturnCallIndirect, type_index, table);
}
Code& Code::Mem(testing::Op op, uint32_t align_log2, uint32_t offset) {
  return Op(op, align_log2, offset);
}
Code& Code::MemoryGrow() { return Op(testing::Op::kMemoryGrow, 0); }
Code& Code::MemoryCopy() { return Op(testing::Op::kMemoryCopy, 0, 0); }
Code& Code::MemoryFill() { return Op(testing::Op::kMemoryFill, 0); }
Code& Code::MemoryInit(uint32_t segment) {
  return Op(testing::Op::kMemoryInit, segment, 0);
}
Code& Code::SelectT(ValType type) {
  return Op(testing::Op::kSelectT, 1, Byte(type));
}
Code& Code::RefNull(ValType type) {
  return BlockOp(testing::Op::kRefNull, Byte(type));
}
Code& Code::Raw(absl::Span<const uint8_t> bytes) {
  writer_.Raw(bytes);
  return *this;
}

uint32_t ModuleBuilder::Type(Types params, Types results) {
  for (size_t i = 0; i < types_.size(); ++i) {
    if (types_[i].first == params && types_[i].second == results) {
      return static_cast<uint32_t>(i);
    }
  }
  return AddType(std::move(params), std::move(results));
}

uint32_t ModuleBuilder::AddType(Types params, Types results) {
  types_.emplace_back(std::move(params), std::move(results));
  return static_cast<uint32_t>(types_.size() - 1);
}

void ModuleBuilder::ImportHead(absl::string_view module, absl::string_view name,
                               ExternKind kind) {
  imports_.Name(module).Name(name).U8(static_cast<uint8_t>(kind));
  ++import_count_;
}

uint32_t ModuleBuilder::ImportFunc(absl::string_view module,
                                   absl::string_view name,
                                   uint32_t type_index) {
  ImportHead(module, name, ExternKind::kFunc);
  imports_.U32(type_index);
  return imported_[0]++;
}

uint32_t ModuleBuilder::ImportTable(absl::string_view module,
                                    absl::string_view name, ValType element,
                                    LimitsSpec limits) {
  ImportHead(module, name, ExternKind::kTable);
  imports_.U8(Byte(element));
  WriteLimits(limits, &imports_);
  return imported_[1]++;
}

uint32_t ModuleBuilder::ImportMemory(absl::string_view module,
                                     absl::string_view name,
                                     LimitsSpec limits) {
  ImportHead(module, name, ExternKind::kMemory);
  WriteLimits(limits, &imports_);
  return imported_[2]++;
}

uint32_t ModuleBuilder::ImportGlobal(absl::string_view module,
                                     absl::string_view name, ValType type,
                                     bool is_mutable) {
  ImportHead(module, name, ExternKind::kGlobal);
  imports_.U8(Byte(type)).U8(is_mutable);
  return imported_[3]++;
}

uint32_t ModuleBuilder::DeclareFunc(uint32_t type_index) {
  functions_.push_back(type_index);
  bodies_.emplace_back();
  return imported_[0] + static_cast<uint32_t>(functions_.size() - 1);
}

void ModuleBuilder::SetBody(uint32_t function, Types locals, const Code& code) {
  bodies_[function - imported_[0]] = BodyBytes(locals, code);
}

uint32_t ModuleBuilder::Func(uint32_t type_index, Types locals,
                             const Code& code) {
  return RawBody(type_index, BodyBytes(locals, code));
}

uint32_t ModuleBuilder::RawBody(uint32_t type_index,
                                absl::Span<const uint8_t> body) {
  const uint32_t function = DeclareFunc(type_index);
  bodies_.back().assign(body.begin(), body.end());
  return function;
}

uint32_t ModuleBuilder::Table(ValType element, LimitsSpec limits) {
  tables_.U8(Byte(element));
  WriteLimits(limits, &tables_);
  return imported_[1] + table_count_++;
}

uint32_t ModuleBuilder::Memory(LimitsSpec limits) {
  WriteLimits(limits, &memories_);
  return imported_[2] + memory_count_++;
}

uint32_t ModuleBuilder::Global(ValType type, bool is_mutable,
                               const Code& init) {
  globals_.U8(Byte(type)).U8(is_mutable).Raw(init.bytes());
  return imported_[3] + global_count_++;
}

void ModuleBuilder::Export(absl::string_view name, ExternKind kind,
                           uint32_t index) {
  exports_.Name(name).U8(static_cast<uint8_t>(kind)).U32(index);
  ++export_count_;
}

void ModuleBuilder::Start(uint32_t function) { start_ = function; }

uint32_t ModuleBuilder::ActiveElements(const Code& offset,
                                       absl::Span<const uint32_t> functions) {
  elements_.U32(0).Raw(offset.bytes());
  WriteFunctionIndices(functions, &elements_);
  return element_count_++;
}

uint32_t ModuleBuilder::PassiveElements(absl::Span<const uint32_t> functions) {
  elements_.U32(1).U8(0);
  WriteFunctionIndices(functions, &elements_);
  return element_count_++;
}

uint32_t ModuleBuilder::DeclarativeElements(
    absl::Span<const uint32_t> functions) {
  elements_.U32(3).U8(0);
  WriteFunctionIndices(functions, &elements_);
  return element_count_++;
}

uint32_t ModuleBuilder::RawElements(absl::Span<const uint8_t> segment) {
  elements_.Raw(segment);
  return element_count_++;
}

uint32_t ModuleBuilder::ActiveData(const Code& offset,
                                   absl::Span<const uint8_t> bytes) {
  data_.U32(0).Raw(offset.bytes());
  data_.U32(static_cast<uint32_t>(bytes.size())).Raw(bytes);
  return data_count_++;
}

uint32_t ModuleBuilder::PassiveData(absl::Span<const uint8_t> bytes) {
  data_.U32(1).U32(static_cast<uint32_t>(bytes.size())).Raw(bytes);
  return data_count_++;
}

uint32_t ModuleBuilder::RawData(absl::Span<const uint8_t> segment) {
  data_.Raw(segment);
  return data_count_++;
}

void ModuleBuilder::DataCount() { has_data_count_ = true; }

void ModuleBuilder::Custom(Section after, absl::string_view name,
                           absl::Span<const uint8_t> payload) {
  customs_.push_back({after, ByteWriter().Name(name).Raw(payload).bytes()});
}

void ModuleBuilder::ReplaceSection(Section id, std::vector<uint8_t> payload) {
  replaced_.emplace_back(id, std::move(payload));
}

void ModuleBuilder::AppendSection(uint8_t id, std::vector<uint8_t> payload) {
  appended_.emplace_back(id, std::move(payload));
}

void ModuleBuilder::ReplaceHeader(std::vector<uint8_t> header) {
  header_ = std::move(header);
}

std::vector<uint8_t> ModuleBuilder::Payload(Section id) const {
  ByteWriter out;
  switch (id) {
    case Section::kType:
      if (types_.empty()) return {};
      out.U32(static_cast<uint32_t>(types_.size()));
      for (const auto& [params, results] : types_) {
        out.U8(kFuncTypeTag);
        WriteTypes(params, &out);
        WriteTypes(results, &out);
      }
      return out.bytes();
    case Section::kImport:
      return Counted(import_count_, imports_);
    case Section::kFunction:
      if (!functions_.empty()) WriteFunctionIndices(functions_, &out);
      return out.bytes();
    case Section::kTable:
      return Counted(table_count_, tables_);
    case Section::kMemory:
      return Counted(memory_count_, memories_);
    case Section::kGlobal:
      return Counted(global_count_, globals_);
    case Section::kExport:
      return Counted(export_count_, exports_);
    case Section::kStart:
      if (start_) out.U32(*start_);
      return out.bytes();
    case Section::kElement:
      return Counted(element_count_, elements_);
    case Section::kDataCount:
      if (has_data_count_) out.U32(data_count_);
      return out.bytes();
    case Section::kCode:
      if (bodies_.empty()) return {};
      out.U32(static_cast<uint32_t>(bodies_.size()));
      for (const std::vector<uint8_t>& body : bodies_) {
        out.U32(static_cast<uint32_t>(body.size())).Raw(body);
      }
      return out.bytes();
    case Section::kData:
      return Counted(data_count_, data_);
    case Section::kCustom:
      return {};
  }
  return {};
}

void ModuleBuilder::WriteCustoms(Section after, ByteWriter* out) const {
  for (const CustomSection& custom : customs_) {
    if (custom.after == after) WriteSection(0, custom.payload, out);
  }
}

std::vector<uint8_t> ModuleBuilder::Build() const {
  // The order of the format: data count stands between element and code.
  static constexpr Section kOrder[] = {
      Section::kCustom,   Section::kType,      Section::kImport,
      Section::kFunction, Section::kTable,     Section::kMemory,
      Section::kGlobal,   Section::kExport,    Section::kStart,
      Section::kElement,  Section::kDataCount, Section::kCode,
      Section::kData};
  ByteWriter out;
  if (header_) {
    out.Raw(*header_);
  } else {
    out.Raw(kHeader);
  }
  for (Section id : kOrder) {
    const std::vector<uint8_t>* replacement = nullptr;
    for (const auto& [replaced_id, payload] : replaced_) {
      if (replaced_id == id) replacement = &payload;
    }
    if (replacement != nullptr) {
      WriteSection(static_cast<uint8_t>(id), *replacement, &out);
    } else if (std::vector<uint8_t> payload = Payload(id); !payload.empty()) {
      WriteSection(static_cast<uint8_t>(id), payload, &out);
    }
    WriteCustoms(id, &out);
  }
  for (const auto& [id, payload] : appended_) WriteSection(id, payload, &out);
  return out.bytes();
}

}  // namespace ashlar::testing
