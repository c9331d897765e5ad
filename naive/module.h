// A module as the naive interpreter reads it. Nothing is validated: a module
// that is not valid is outside the contract of everything here. The decoder is
// deliberately not the engine's, so that the two can be compared.
#ifndef NAIVE_MODULE_H_
#define NAIVE_MODULE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::naive {

// Names of the opcodes; values as in the binary format (0xfcNN: prefixed).
enum class Op : uint16_t {
#define OP(name, code, ...) k##name = code,
#include "engine/wasm/opcodes.def"
};

// Type bytes of the format (spec 2.0, 5.3).
inline constexpr uint8_t kI32 = 0x7f;
inline constexpr uint8_t kI64 = 0x7e;
inline constexpr uint8_t kF32 = 0x7d;
inline constexpr uint8_t kF64 = 0x7c;
inline constexpr uint8_t kFuncRef = 0x70;
inline constexpr uint8_t kExternRef = 0x6f;

// Kinds of imports and exports (5.5.5).
enum class Kind : uint8_t { kFunc = 0, kTable, kMemory, kGlobal };

struct FuncType {
  std::vector<uint8_t> params;
  std::vector<uint8_t> results;
  friend bool operator==(const FuncType&, const FuncType&) = default;
};

struct Limits {
  uint64_t min = 0;
  uint64_t max = UINT64_MAX;
  bool has_max = false;
};

struct TableType {
  uint8_t element = kFuncRef;
  Limits limits;
};

struct GlobalType {
  uint8_t type = kI32;
  bool is_mutable = false;
};

struct Import {
  std::string module;
  std::string name;
  Kind kind = Kind::kFunc;
  uint32_t index = 0;  // in the index space of its kind
};

struct Export {
  std::string name;
  Kind kind = Kind::kFunc;
  uint32_t index = 0;
};

// Positions are byte offsets from the module's start.
struct Body {
  uint64_t local_count = 0;  // declared, without parameters
  size_t begin = 0;          // of the first instruction
  size_t end = 0;            // behind the last `end`
};

struct Global {
  GlobalType type;
  size_t init = 0;  // position of the constant expression
};

struct ElementSegment {
  bool is_active = false;
  bool is_declarative = false;
  uint32_t table = 0;
  size_t offset = 0;                // constant expression, where active
  std::vector<uint32_t> functions;  // either these
  std::vector<size_t> expressions;  // or these positions
};

struct DataSegment {
  bool is_active = false;
  uint32_t memory = 0;
  size_t offset = 0;
  std::vector<uint8_t> bytes;
};

struct Module {
  std::vector<uint8_t> bytes;
  std::vector<FuncType> types;
  std::vector<Import> imports;
  std::vector<uint32_t> functions;  // type indices, imports first
  std::vector<TableType> tables;
  std::vector<Limits> memories;
  std::vector<Global> globals;
  std::vector<Export> exports;
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> data;
  std::vector<Body> bodies;   // of own functions
  uint32_t imported[4] = {};  // counts by Kind
  bool has_start = false;
  uint32_t start = 0;
};

// REQUIRES: `bytes` is a valid module without vector instructions.
Module Decode(std::vector<uint8_t> bytes);

// Reads the bytes of a module from a position on.
class Cursor {
 public:
  Cursor(const std::vector<uint8_t>& bytes, size_t pos)
      : bytes_(&bytes), pos_(pos) {}
  uint8_t U8() { return bytes_->at(pos_++); }
  uint32_t U32() { return static_cast<uint32_t>(Unsigned()); }
  int64_t Signed();
  uint64_t Unsigned();
  uint64_t Fixed(int size);
  std::string Name();
  void Skip(size_t n) { pos_ += n; }
  size_t pos() const { return pos_; }

 private:
  const std::vector<uint8_t>* bytes_;
  size_t pos_;
};

// One instruction, decoded.
struct Instr {
  Op op = Op::kNop;
  size_t next = 0;     // the position behind it
  uint32_t a = 0;      // first index; of loads and stores the offset
  uint32_t b = 0;      // second index
  uint64_t value = 0;  // of a constant
  // Of block, loop, if.
  uint32_t params = 0;
  uint32_t results = 0;
  std::vector<uint32_t> labels;  // br_table, the default last
};

Instr DecodeInstr(const Module& module, size_t pos);

}  // namespace ashlar::naive

#endif  // NAIVE_MODULE_H_
