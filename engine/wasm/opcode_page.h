// The opcode table as a page: engine/wasm/OPCODES.md.
#ifndef ENGINE_WASM_OPCODE_PAGE_H_
#define ENGINE_WASM_OPCODE_PAGE_H_

#include <string>

namespace ashlar::wasm {

// Markdown, made from opcodes.def and the first schedule.
std::string OpcodePage();

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_OPCODE_PAGE_H_
