// The translator's working memory, reused between functions and modules.
#ifndef ENGINE_COMPILE_SCRATCH_H_
#define ENGINE_COMPILE_SCRATCH_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/limits.h"
#include "engine/compile/state.h"
#include "engine/interp/arena.h"
#include "engine/wasm/module.h"

namespace ashlar::compile {

// Not thread-safe; one translation at a time.
class Scratch {
 public:
  // Room for any body of `module` under `limits`. Keeps what it has.
  void Reserve(const wasm::Module& module, const base::Limits& limits);
  // Makes state.rows for these features and prices; `record`: for a translation
  // that notes where each instruction's code stands. (In translate.cc.)
  void UseSteps(wasm::Features features, const metering::Schedule& schedule,
                bool record);

  State state;
  // Calls to a function that is not translated yet: the target field of the
  // last one (earlier ones chained through it), by function. Only Compile needs
  // them: else every function has an entry already, if only a stub.
  std::vector<uint8_t*> pending_calls;
  // All bodies of a module, with what stops a cursor behind the last one.
  std::vector<uint8_t> bodies;

 private:
  // What the rows were made for; about a microsecond, so they are kept.
  bool has_steps_ = false;
  bool record_ = false;
  wasm::Features features_;
  metering::Schedule schedule_;
  interp::Arena entries_arena_;
  interp::Arena controls_arena_;
  interp::Arena sites_arena_;
  Locals locals_;
};

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_SCRATCH_H_
