// Translated code of one module: immutable once published, shared between
// executions and threads.
#ifndef ENGINE_INTERP_CODE_H_
#define ENGINE_INTERP_CODE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/limits.h"
#include "engine/interp/arena.h"
#include "engine/wasm/module.h"
#include "metering/schedule.h"

namespace ashlar::interp {

// One function's internal code. `entry` points behind an 8-byte header
// {u32 frame slots = locals + highest operand height, u32 first run's cost}.
struct FuncCode {
  const uint8_t* entry = nullptr;
};

struct Code;
// Where an instruction stands, in both forms of its function.
struct CodePlace {
  uint32_t function = 0;
  const uint8_t* pc = nullptr;  // in the function's internal code
  uint32_t offset = 0;          // of the wasm, from the module's start
};
// Fills in the offset of each place: of the instruction to which the internal
// code at its `pc` belongs. Translates each function among them once more, as
// far as its last place, however many it has; may change their order. What it
// works in stays in `kept`, null at first, for its next call of any code, if
// it is not large. engine/compile fills it in; a pointer, so that the arrow
// between the rooms points up.
using FindOffsetsFn = void (*)(const Code& code, absl::Span<CodePlace*> places,
                               std::shared_ptr<void>* kept);

// Of code whose functions are translated at their first call: until then a
// function's entry is a stub (kLazyFrameSlots). Such code belongs to one
// execution.
struct LazyCode {
  // Translates a function that was not yet; its entry. engine/compile fills it
  // in. Where it throws, nothing has changed.
  const uint8_t* (*translate)(LazyCode* lazy, uint32_t function) = nullptr;
  Code* code = nullptr;  // whose it is
  // What was translated, in the order in which it stands in the arena.
  std::vector<uint32_t> translated;
};

struct Code {
  const wasm::Module* module = nullptr;  // outlives the code
  Arena arena;                           // the code itself
  std::vector<FuncCode> functions;       // imported functions too
  uint64_t code_size_bytes = 0;
  // Of the profile; both outlive the code.
  const metering::Schedule* schedule = nullptr;
  const base::Limits* limits = nullptr;
  // How it was translated, for find_offsets, which translates functions once
  // more: a compile::Options, owned by the code.
  std::shared_ptr<void> options;
  FindOffsetsFn find_offsets = nullptr;
  // Null where all functions are translated. Part of `options`.
  LazyCode* lazy = nullptr;

  // The function whose code holds `pc`; false for stubs and foreign code.
  bool FindFunction(const uint8_t* pc, uint32_t* function) const;
};

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_CODE_H_
