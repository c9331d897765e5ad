// Spelling of types and strings as the text format has them (spec 2.0, 6).
#ifndef ENGINE_WASM_TEXT_H_
#define ENGINE_WASM_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/wasm/module.h"

namespace ashlar::wasm {

// "(param i32 i32) (result i32)"; empty for a type without either.
std::string TypeUseText(const FuncType& type);

// What an import or export is: "func (param i32)", "memory 2 16",
// "table 1 funcref", "global (mut i32)". "?" stands for a part that is not in
// the module, which an invalid one can have.
std::string ExternText(const Module& module, ExternKind kind, uint32_t index);

// Quoted, with every byte that is not printable ASCII as \hh.
std::string QuotedText(absl::string_view bytes);

// The value of a float constant from its bits, exactly: "0x1.8p+1", "inf",
// "nan:0x200000".
std::string F32Text(uint32_t bits);
std::string F64Text(uint64_t bits);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_TEXT_H_
