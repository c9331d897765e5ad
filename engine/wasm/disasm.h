// Module -> WebAssembly text (spec 2.0, 6): readable, and again a module.
#ifndef ENGINE_WASM_DISASM_H_
#define ENGINE_WASM_DISASM_H_

#include <cstdint>
#include <string>

#include "engine/wasm/module.h"
#include "engine/wasm/names.h"

namespace ashlar::wasm {

// The whole module. Indices are numbers; offsets and names stand in comments.
// A body that is malformed ends with a comment that says where and why.
// Linear in the module's size, some hundred characters a byte at most.
// REQUIRES: Decode succeeded on `module`; bodies need not be valid.
std::string Disassemble(const Module& module);

// One defined function, appended. REQUIRES: as above; `function` is a defined
// function of `module`, `names` are its names.
void DisassembleFunction(const Module& module, const Names& names,
                         uint32_t function, std::string* out);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_DISASM_H_
