// Builds wasm binaries for tests, valid ones and malformed ones (spec 2.0,
// section 5). The builder checks nothing: what it is told is what it writes.
#ifndef TESTS_UTIL_MODULE_BUILDER_H_
#define TESTS_UTIL_MODULE_BUILDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/wasm/types.h"

namespace ashlar::testing {

using wasm::ExternKind;
using wasm::ValType;

// Rows of engine/wasm/opcodes.def; values are those of the binary format
// (0xfcNN behind the prefix 0xfc).
enum class Op : uint16_t {
#define OP(name, code, ...) k##name = code,
#include "engine/wasm/opcodes.def"
};

// A growing byte string with the encodings of the binary format (5.2).
class ByteWriter {
 public:
  ByteWriter& U8(uint8_t byte);
  ByteWriter& U32(uint32_t value);  // unsigned LEB128, shortest form
  ByteWriter& S64(int64_t value);   // signed LEB128, shortest form; also s32
  // Unsigned LEB128 of exactly `size` bytes: overlong forms. REQUIRES: the
  // value fits in 7 * size bits.
  ByteWriter& PaddedU32(uint64_t value, int size);
  ByteWriter& Fixed32(uint32_t value);  // little endian
  ByteWriter& Fixed64(uint64_t value);
  ByteWriter& Name(absl::string_view name);  // size, bytes (any bytes)
  ByteWriter& Raw(absl::Span<const uint8_t> bytes);

  const std::vector<uint8_t>& bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }

 private:
  std::vector<uint8_t> bytes_;
};

// Instructions. A function body needs its final End(); so does a constant
// expression.
class Code {
 public:
  // An opcode without immediate.
  Code& Op(testing::Op op);
  // An opcode and LEB128 immediates in the order of the format.
  Code& Op(testing::Op op, uint32_t immediate);
  Code& Op(testing::Op op, uint32_t first, uint32_t second);
  Code& I32(int32_t value);  // i32.const
  Code& I64(int64_t value);
  Code& F32(uint32_t bits);
  Code& F64(uint64_t bits);
  Code& Get(uint32_t local);
  Code& Set(uint32_t local);
  Code& Tee(uint32_t local);
  // Control. Without a type the block has neither parameters nor results.
  Code& Block();
  Code& Block(ValType result);
  Code& BlockType(uint32_t type_index);
  Code& Loop();
  Code& Loop(ValType result);
  Code& LoopType(uint32_t type_index);
  Code& If();
  Code& If(ValType result);
  Code& IfType(uint32_t type_index);
  Code& Else();
  Code& End();
  Code& Br(uint32_t label);
  Code& BrIf(uint32_t label);
  Code& BrTable(absl::Span<const uint32_t> labels, uint32_t default_label);
  Code& Return();
  Code& Call(uint32_t function);
  Code& CallIndirect(uint32_t type_index, uint32_t table = 0);
  Code& ReturnCall(uint32_t function);
  Code& ReturnCallIndirect(uint32_t type_index, uint32_t table = 0);
  // A load or store.
  Code& Mem(testing::Op op, uint32_t align_log2, uint32_t offset);
  Code& MemoryGrow();
  Code& MemoryCopy();
  Code& MemoryFill();
  Code& MemoryInit(uint32_t segment);
  Code& SelectT(ValType type);
  Code& RefNull(ValType type);
  Code& Raw(absl::Span<const uint8_t> bytes);

  const std::vector<uint8_t>& bytes() const { return writer_.bytes(); }
  size_t size() const { return writer_.size(); }

 private:
  Code& BlockOp(testing::Op op, uint8_t type);
  ByteWriter writer_;
};

struct LimitsSpec {
  uint32_t min = 0;
  std::optional<uint32_t> max;
};

// Section ids (5.5.2).
enum class Section : uint8_t {
  kCustom = 0,
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kGlobal,
  kExport,
  kStart,
  kElement,
  kCode,
  kData,
  kDataCount,
};

class ModuleBuilder {
 public:
  using Types = std::vector<ValType>;

  // The index of an equal type, added where there is none.
  uint32_t Type(Types params, Types results);
  // Adds a type even where an equal one exists.
  uint32_t AddType(Types params, Types results);

  // Imports come first: REQUIRES: no own item of the kind was added yet.
  // Each returns the index in the space of its kind.
  uint32_t ImportFunc(absl::string_view module, absl::string_view name,
                      uint32_t type_index);
  uint32_t ImportTable(absl::string_view module, absl::string_view name,
                       ValType element, LimitsSpec limits);
  uint32_t ImportMemory(absl::string_view module, absl::string_view name,
                        LimitsSpec limits);
  uint32_t ImportGlobal(absl::string_view module, absl::string_view name,
                        ValType type, bool is_mutable);

  // Locals may be given as (count, type) groups with RawBody.
  uint32_t Func(uint32_t type_index, Types locals, const Code& code);
  // A function whose body (locals and code, without its size) is given.
  uint32_t RawBody(uint32_t type_index, absl::Span<const uint8_t> body);
  // Declares a function now; the body follows with SetBody.
  uint32_t DeclareFunc(uint32_t type_index);
  void SetBody(uint32_t function, Types locals, const Code& code);

  uint32_t Table(ValType element, LimitsSpec limits);
  uint32_t Memory(LimitsSpec limits);
  uint32_t Global(ValType type, bool is_mutable, const Code& init);
  void Export(absl::string_view name, ExternKind kind, uint32_t index);
  void Start(uint32_t function);

  // Each returns the segment's index.
  uint32_t ActiveElements(const Code& offset,
                          absl::Span<const uint32_t> functions);
  uint32_t PassiveElements(absl::Span<const uint32_t> functions);
  uint32_t DeclarativeElements(absl::Span<const uint32_t> functions);
  uint32_t RawElements(absl::Span<const uint8_t> segment);
  uint32_t ActiveData(const Code& offset, absl::Span<const uint8_t> bytes);
  uint32_t PassiveData(absl::Span<const uint8_t> bytes);
  uint32_t RawData(absl::Span<const uint8_t> segment);
  // Writes a data count section; memory.init and data.drop need it.
  void DataCount();

  // A custom section behind the section `after` (or behind where it would
  // stand); Section::kCustom puts it first.
  void Custom(Section after, absl::string_view name,
              absl::Span<const uint8_t> payload);

  // For malformed modules: the payload of a section instead of the built one.
  void ReplaceSection(Section id, std::vector<uint8_t> payload);
  // Appends any section, of any id, behind all others.
  void AppendSection(uint8_t id, std::vector<uint8_t> payload);
  // Instead of the magic number and the version.
  void ReplaceHeader(std::vector<uint8_t> header);

  std::vector<uint8_t> Build() const;

 private:
  struct CustomSection {
    Section after;
    std::vector<uint8_t> payload;
  };
  void ImportHead(absl::string_view module, absl::string_view name,
                  ExternKind kind);
  std::vector<uint8_t> Payload(Section id) const;
  void WriteCustoms(Section after, ByteWriter* out) const;

  std::vector<std::pair<Types, Types>> types_;
  ByteWriter imports_;
  uint32_t import_count_ = 0;
  uint32_t imported_[4] = {};  // by ExternKind
  std::vector<uint32_t> functions_;
  std::vector<std::vector<uint8_t>> bodies_;
  ByteWriter tables_, memories_, globals_, exports_, elements_, data_;
  uint32_t table_count_ = 0, memory_count_ = 0, global_count_ = 0;
  uint32_t export_count_ = 0, element_count_ = 0, data_count_ = 0;
  std::optional<uint32_t> start_;
  bool has_data_count_ = false;
  std::vector<CustomSection> customs_;
  std::vector<std::pair<Section, std::vector<uint8_t>>> replaced_;
  std::vector<std::pair<uint8_t, std::vector<uint8_t>>> appended_;
  std::optional<std::vector<uint8_t>> header_;
};

}  // namespace ashlar::testing

#endif  // TESTS_UTIL_MODULE_BUILDER_H_
