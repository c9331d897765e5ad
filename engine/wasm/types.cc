#include "engine/wasm/types.h"

namespace ashlar::wasm {

absl::string_view ValTypeName(ValType type) {
  switch (type) {
    case ValType::kI32:
      return "i32";
    case ValType::kI64:
      return "i64";
    case ValType::kF32:
      return "f32";
    case ValType::kF64:
      return "f64";
    case ValType::kFuncRef:
      return "funcref";
    case ValType::kExternRef:
      return "externref";
  }
  return "?";
}

absl::string_view ExternKindName(ExternKind kind) {
  switch (kind) {
    case ExternKind::kFunc:
      return "func";
    case ExternKind::kTable:
      return "table";
    case ExternKind::kMemory:
      return "memory";
    case ExternKind::kGlobal:
      return "global";
  }
  return "?";
}

bool SameType(const FuncType& a, const FuncType& b) {
  // Spans compare element by element, so an empty one never hands memcmp a
  // null pointer.
  return a.params() == b.params() && a.results() == b.results();
}

}  // namespace ashlar::wasm
