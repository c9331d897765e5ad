// What stands before the instructions of a function body (spec 2.0, 5.5.13).
#ifndef ENGINE_WASM_BODY_H_
#define ENGINE_WASM_BODY_H_

#include <cstdint>
#include <vector>

#include "engine/wasm/module.h"
#include "engine/wasm/reader.h"

namespace ashlar::wasm {

// `count` locals of one type, declared together.
struct LocalGroup {
  uint32_t count = 0;
  ValType type = ValType::kI32;
};

// A body's declared locals; afterwards the reader stands at its first
// instruction. False: malformed, the reader holds the error.
bool ReadLocals(Reader* reader, std::vector<LocalGroup>* groups);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_BODY_H_
