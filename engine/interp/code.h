// Translated code of one module: immutable once published, shared between
// executions and threads.
#ifndef ENGINE_INTERP_CODE_H_
#define ENGINE_INTERP_CODE_H_

#include <cstdint>
#include <vector>

#include "engine/interp/arena.h"
#include "engine/wasm/module.h"

namespace ashlar::interp {

// One function's internal code. `entry` points behind an 8-byte header
// {u32 frame slots = locals + highest operand height, u32 first run's cost}.
struct FuncCode {
  const uint8_t* entry = nullptr;
};

// Makes the code-offset -> wasm-offset map of one function by translating it
// again (engine/compile); kept as a pointer so that the arrow points up.
struct Code;
using OffsetOfFn = uint32_t (*)(const Code& code, uint32_t function,
                                const uint8_t* pc);

struct Code {
  const wasm::Module* module = nullptr;  // outlives the code
  Arena arena;                           // the code itself
  std::vector<FuncCode> functions;       // imported functions too
  uint64_t code_size_bytes = 0;
  // How it was translated; offset_of translates a function once more.
  uint64_t body_options = 0;
  const void* schedule = nullptr;
  const void* limits = nullptr;
  OffsetOfFn offset_of = nullptr;
};

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_CODE_H_
