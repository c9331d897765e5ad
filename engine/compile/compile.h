// Bodies -> internal code: one pass that validates, prices and emits
// (design: ARCHITECTURE.md, "Translation").
#ifndef ENGINE_COMPILE_COMPILE_H_
#define ENGINE_COMPILE_COMPILE_H_

#include "engine/base/limits.h"
#include "engine/interp/code.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"
#include "metering/schedule.h"

namespace ashlar::compile {

class Scratch;

struct Options {
  wasm::Features features;
  // Both outlive the code.
  const base::Limits* limits = nullptr;
  const metering::Schedule* schedule = nullptr;
  // Emit what interp::CallProfile needs. Costs and results are the same.
  bool profile = false;
  // Working memory to reuse (engine/compile/scratch.h); null: made anew.
  Scratch* scratch = nullptr;
};

// Translates every body of `module` into `code` (imported functions get
// stubs). Each invalid body adds a violation and the rest is still checked.
// Returns true where none was added; otherwise `code` must not be run.
// REQUIRES: Decode succeeded on `module`; the module, limits and schedule
// outlive the code. Linear in the module's size.
bool Compile(const wasm::Module& module, const Options& options,
             interp::Code* code, wasm::Violations* violations);

// Makes `code` one whose functions are translated at their first call
// (interp::LazyCode), with the results and costs of Compile. For one execution
// at a time.
// REQUIRES: as Compile, and Compile accepted these very bytes under the same
// options before; options.scratch is there, and for as long as the code runs.
void CompileLazily(const wasm::Module& module, const Options& options,
                   interp::Code* code);

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_COMPILE_H_
