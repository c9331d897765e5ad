// Translated code of one module: immutable once published, shared between
// executions and threads.
#ifndef ENGINE_INTERP_CODE_H_
#define ENGINE_INTERP_CODE_H_

#include <cstdint>
#include <memory>
#include <vector>

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
// The wasm offset (from the module's start) of the instruction to which the
// internal code at `pc` belongs. engine/compile fills it in; a pointer, so
// that the arrow between the rooms points up.
using OffsetOfFn = uint32_t (*)(const Code& code, uint32_t function,
                                const uint8_t* pc);

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
  // How it was translated, for offset_of, which translates a function once
  // more: a compile::Options, owned by the code.
  std::shared_ptr<void> options;
  OffsetOfFn offset_of = nullptr;
  // Null where all functions are translated. Part of `options`.
  LazyCode* lazy = nullptr;

  // The function whose code holds `pc`; false for stubs and foreign code.
  bool FindFunction(const uint8_t* pc, uint32_t* function) const;
};

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_CODE_H_
