// Types of WebAssembly as the binary format spells them (spec 2.0, 5.3).
#ifndef ENGINE_WASM_TYPES_H_
#define ENGINE_WASM_TYPES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ashlar::wasm {

// Values are the bytes of the binary format (5.3.1, 5.3.3).
enum class ValType : uint8_t {
  kI32 = 0x7f,
  kI64 = 0x7e,
  kF32 = 0x7d,
  kF64 = 0x7c,
  kFuncRef = 0x70,
  kExternRef = 0x6f,
};

inline bool IsNumType(uint8_t byte) {
  return static_cast<uint8_t>(byte - 0x7c) <= 3;
}
inline bool IsRefType(uint8_t byte) { return byte == 0x70 || byte == 0x6f; }
inline bool IsValType(uint8_t byte) {
  return IsNumType(byte) || IsRefType(byte);
}

// "i32", "funcref", ...; "?" for a byte that is no value type.
absl::string_view ValTypeName(ValType type);

// Kinds of imports and exports; values are those of the format (5.5.5).
enum class ExternKind : uint8_t { kFunc = 0, kTable, kMemory, kGlobal };
absl::string_view ExternKindName(ExternKind kind);

// A function type (5.3.6). The type bytes are borrowed from the module's
// bytes: a FuncType lives no longer than they do.
struct FuncType {
  const ValType* params_data = nullptr;
  const ValType* results_data = nullptr;
  uint32_t param_count = 0;
  uint32_t result_count = 0;
  // The first index of an equal type in the same module. Types of different
  // modules are compared in full (SameType), never by id.
  uint32_t canonical_id = 0;

  absl::Span<const ValType> params() const {
    return {params_data, param_count};
  }
  absl::Span<const ValType> results() const {
    return {results_data, result_count};
  }
};

// Structural equality.
bool SameType(const FuncType& a, const FuncType& b);

// Limits of a table (elements) or a memory (pages of 64 KiB) (5.3.7).
struct Limits {
  uint32_t min = 0;
  uint32_t max = UINT32_MAX;  // UINT32_MAX where has_max is false
  bool has_max = false;
};

struct TableType {
  ValType element = ValType::kFuncRef;
  Limits limits;
};

struct MemoryType {
  Limits limits;
};

struct GlobalType {
  ValType type = ValType::kI32;
  bool is_mutable = false;
};

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_TYPES_H_
