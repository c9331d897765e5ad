// A decoded module: everything but the function bodies, checked; bodies are
// spans that engine/compile validates and translates.
#ifndef ENGINE_WASM_MODULE_H_
#define ENGINE_WASM_MODULE_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/wasm/types.h"

namespace ashlar::wasm {

// A constant expression (spec 2.0, 3.3.10), validated by the decoder.
struct ConstExpr {
  enum class Kind : uint8_t {
    kValue,      // bits is the value (a reference null is kRefNull)
    kGlobalGet,  // index is a global
    kRefFunc,    // index is a function
    kRefNull,
    kExtended,  // more than one instruction: evaluate `code`
  };
  Kind kind = Kind::kValue;
  ValType type = ValType::kI32;
  uint32_t index = 0;
  uint64_t bits = 0;  // i32 and f32 zero-extended
  // The whole expression including its `end`; offset is from the module's
  // first byte.
  absl::Span<const uint8_t> code;
  uint32_t offset = 0;
};

struct Import {
  absl::string_view module;
  absl::string_view name;
  ExternKind kind = ExternKind::kFunc;
  uint32_t index = 0;  // in the index space of its kind
  uint32_t offset = 0;
};

struct Export {
  absl::string_view name;
  ExternKind kind = ExternKind::kFunc;
  uint32_t index = 0;
  uint32_t offset = 0;
};

struct Global {
  GlobalType type;
  ConstExpr init;  // unused for imported globals
};

enum class SegmentMode : uint8_t { kActive, kPassive, kDeclarative };

struct ElementSegment {
  SegmentMode mode = SegmentMode::kActive;
  ValType type = ValType::kFuncRef;
  uint32_t table = 0;
  ConstExpr table_offset;
  uint32_t count = 0;
  // Either `count` function indices (LEB128) or `count` constant
  // expressions; both validated. offset is that of the first item.
  bool is_expressions = false;
  absl::Span<const uint8_t> items;
  uint32_t offset = 0;
};

struct DataSegment {
  SegmentMode mode = SegmentMode::kActive;
  uint32_t memory = 0;
  ConstExpr memory_offset;
  absl::Span<const uint8_t> bytes;
  uint32_t offset = 0;
};

// A function body: locals and code, without its size field.
struct Body {
  const uint8_t* begin = nullptr;
  const uint8_t* end = nullptr;
};

// Index spaces hold imports first. All views borrow from the bytes that were
// decoded; the bytes must outlive the Module and be followed by
// kReadablePadding readable bytes. A Module is reused: Clear() keeps its
// capacity. Not thread-safe while it is being filled; then immutable.
struct Module {
  static constexpr uint32_t kReadablePadding = 16;

  absl::Span<const uint8_t> bytes;
  std::vector<FuncType> types;
  std::vector<Import> imports;
  std::vector<uint32_t> functions;  // type index of every function
  std::vector<TableType> tables;
  std::vector<MemoryType> memories;
  std::vector<Global> globals;
  std::vector<Export> exports;
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> data;
  std::vector<Body> bodies;  // of functions[imported_functions ...]
  // declared_refs[i]: function i may be named by ref.func (it occurs in an
  // export, a global, an element segment; spec 3.4.10, C.refs). Sized to
  // functions only where ref.func can occur, else empty.
  std::vector<uint8_t> declared_refs;

  uint32_t imported_functions = 0;
  uint32_t imported_tables = 0;
  uint32_t imported_memories = 0;
  uint32_t imported_globals = 0;

  bool has_start = false;
  uint32_t start = 0;
  bool has_data_count = false;
  uint32_t data_count = 0;
  uint64_t code_size_bytes = 0;            // of the code section
  uint64_t segment_size_bytes = 0;         // data bytes of all segments
  uint64_t element_count = 0;              // items of all element segments
  absl::Span<const uint8_t> name_section;  // payload of "name", or empty

  const FuncType& func_type(uint32_t function) const {
    return types[functions[function]];
  }
  uint32_t offset_of(const uint8_t* p) const {
    return static_cast<uint32_t>(p - bytes.data());
  }
  // nullptr where there is none of that name and kind.
  const Export* FindExport(absl::string_view name, ExternKind kind) const;
  void Clear();
};

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_MODULE_H_
