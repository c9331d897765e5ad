// How much of the stack a module's functions take, by the stack rule
// (ARCHITECTURE.md), as far as its code alone tells.
#ifndef ENGINE_WASM_STACK_USE_H_
#define ENGINE_WASM_STACK_USE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/wasm/module.h"

namespace ashlar::wasm {

// The deepest stack that a call from outside can come to: over all paths of
// calls from an exported function, the start function, and where a table is
// exported its functions. A call by a table may be of every function of its
// type that the module puts into tables or refers to; what others put into
// tables that they share with it is not looked at. A path is taken for
// possible whatever its conditions are.
struct WorstStack {
  // Slots, counted from an empty stack; 0 where nothing can be called. Nothing
  // where functions call each other in a circle, other than by tail calls.
  std::optional<uint64_t> slots;
  // Functions, from the one that is called from outside to the deepest one;
  // or those of the circle, each of which calls the next and the last the
  // first. A chain of functions that tail-call each other may be shortened to
  // its ends.
  std::vector<uint32_t> path;
  bool by_table = false;  // some call on the path is by a table
};

struct StackUse {
  // Of each defined function: parameters, two links, locals and the highest
  // operand stack.
  std::vector<uint64_t> frame_slots;
  WorstStack worst;
};

// REQUIRES: Decode succeeded on `module` and its bodies are valid. Linear in
// the size of the module; no recursion.
StackUse MeasureStack(const Module& module);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_STACK_USE_H_
