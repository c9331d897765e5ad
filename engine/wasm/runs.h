// Runs of a function by the fuel rule (metering/README.md, rules 1-3): the
// straight lines for which control pays when it arrives.
#ifndef ENGINE_WASM_RUNS_H_
#define ENGINE_WASM_RUNS_H_

#include <cstdint>

#include "engine/wasm/instruction.h"
#include "engine/wasm/module.h"
#include "metering/schedule.h"

namespace ashlar::wasm {

// What an instruction adds to the run that it is in (rule 1). An index that the
// module does not have adds nothing.
uint64_t StaticPrice(const Module& module, const Instruction& instruction,
                     const metering::Schedule& schedule);

struct RunSummary {
  uint32_t instruction_count = 0;  // dead code and markers included
  uint32_t local_count = 0;        // declared ones, without parameters
  uint32_t nesting_max = 0;        // open blocks, the body's own not counted
  uint32_t loop_count = 0;         // live ones that something branches to
  // Places where control can arrive, so that a run begins there.
  uint32_t run_count = 0;
  // The largest charge of one arrival, and the offset in the module of the
  // run's first instruction. The share of the locals is in the first run.
  uint64_t dearest_run_fuel = 0;
  uint32_t dearest_run_offset = 0;
};

// Walks the body of `function`. Static fuel only: what an instruction adds
// when it is executed (pages, bytes, elements, host functions) is not in it.
// False where the body is malformed or its blocks do not match; then *summary
// holds what was seen before.
// REQUIRES: Decode succeeded; `function` is not imported.
bool SummarizeRuns(const Module& module, uint32_t function,
                   const metering::Schedule& schedule, RunSummary* summary);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_RUNS_H_
