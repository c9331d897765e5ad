// The translator's working memory, reused between functions and modules.
#ifndef ENGINE_COMPILE_SCRATCH_H_
#define ENGINE_COMPILE_SCRATCH_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/limits.h"
#include "engine/compile/descriptor.h"
#include "engine/interp/arena.h"
#include "engine/wasm/module.h"

namespace ashlar::compile {

// An entry of the compile-time operand stack: a constant that was not emitted
// yet, or the slot that holds the value. A slot is a local's or the entry's
// own canonical temporary, never another one.
struct Entry {
  int64_t constant;  // i32 sign-extended, f32 zero-extended
  int32_t slot;
  uint8_t type;  // of the binary format
  uint8_t is_constant;
};

struct Control {
  enum Kind : uint8_t { kFunction, kBlock, kLoop, kIf, kElse };
  Kind kind;
  uint32_t height;  // entries below its own
  const uint8_t* params;
  const uint8_t* results;
  uint32_t param_count;
  uint32_t result_count;
  // Forward branches to its end: a chain through their target fields. An
  // element is 2 * offset in the code + (1 if a row of a br_table); 0 ends it.
  uint64_t fix;
  // Loops: where they begin and what the run from there costs.
  uint8_t* loop_entry;
  uint32_t loop_cost;
  // if: offset of the branch to the else-arm.
  uint64_t else_branch;

  // What a branch to it carries.
  uint32_t arity() const { return kind == kLoop ? param_count : result_count; }
  const uint8_t* label_types() const {
    return kind == kLoop ? params : results;
  }
};

// A charge whose run is still open: where its cost goes, and the running sum
// when it began.
struct Site {
  uint8_t* cost_field;
  uint32_t start;
};

// A local: its slot and type.
struct Local {
  int32_t slot;
  uint32_t type;
};

struct State;
// What of the translator's state lives in registers; false: not valid.
#define ASHLAR_STEP_PARAMS                                             \
  State *s, const uint8_t *ip, Entry *sp, uint8_t *out, uint32_t cost, \
      Descriptor d
using Step = bool (*)(ASHLAR_STEP_PARAMS);

// How the translator goes on with an opcode.
struct StepRow {
  Step step;
  Descriptor descriptor;
};
// By opcode, then by opcode behind the prefix.
inline constexpr uint32_t kPrefixedOpcodes = 32;
inline constexpr uint32_t kStepRows = 256 + kPrefixedOpcodes;

// Not thread-safe; one translation at a time.
class Scratch {
 public:
  // Room for any body of `module` under `limits`. Keeps what it has.
  void Reserve(const wasm::Module& module, const base::Limits& limits);
  // Makes `rows` for these features and prices; `record`: for a translation
  // that notes where each instruction's code stands. (In translate.cc.)
  void UseSteps(wasm::Features features, const metering::Schedule& schedule,
                bool record);

  Entry* entries = nullptr;
  Control* controls = nullptr;
  Site* sites = nullptr;
  Local* locals = nullptr;
  // Calls to a function that is not translated yet: the target field of the
  // last one (earlier ones chained through it), by function.
  std::vector<uint8_t*> pending_calls;
  StepRow rows[kStepRows];

 private:
  // What `rows` were made for; about a microsecond, so they are kept.
  bool has_steps_ = false;
  bool record_ = false;
  wasm::Features features_;
  metering::Schedule schedule_;
  interp::Arena entries_arena_;
  interp::Arena controls_arena_;
  interp::Arena sites_arena_;
  interp::Arena locals_arena_;
};

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_SCRATCH_H_
