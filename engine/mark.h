// Where an execution stood when it came to a fuel mark.
#ifndef ENGINE_MARK_H_
#define ENGINE_MARK_H_

#include <cstdint>
#include <vector>

#include "engine/base/hash.h"
#include "engine/outcome.h"

namespace ashlar::engine {

struct Mark {
  // Used so far, and the charge before which it stopped.
  uint64_t fuel = 0;
  // BLAKE2b-256 over `fuel` and what wasm knows of the state: for each open
  // contract its account and module, its globals, memory, tables, and for each
  // frame the function, the place in it and the values of its locals. No
  // address and nothing of how code is translated is in it, so that any two
  // ways of executing the same agree. Operands are not in it: what they were
  // shows where they are stored, passed or branched on.
  base::Hash256 state;
  // Of the innermost contract that runs, innermost first: the instruction
  // whose way out is charged. Empty before its first instruction.
  std::vector<BacktraceFrame> backtrace;
  state::AccountId account;  // of that contract
};

}  // namespace ashlar::engine

#endif  // ENGINE_MARK_H_
