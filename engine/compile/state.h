// The translator's state and the arrays it works on.
#ifndef ENGINE_COMPILE_STATE_H_
#define ENGINE_COMPILE_STATE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/base/limits.h"
#include "engine/compile/compile.h"
#include "engine/compile/descriptor.h"
#include "engine/compile/locals.h"
#include "engine/interp/code.h"
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
  uint16_t zero;

  // Type and is_constant at once.
  uint32_t kind() const {
    uint32_t v;
    std::memcpy(&v, &type, sizeof v);
    return v;
  }
};
static_assert(sizeof(Entry) == 16);
// kind() of a constant: its type and this.
inline constexpr uint32_t kConstantKind = 0x100;
inline constexpr uint32_t kI32Kind = 0x7f;

// Put together with an alignment by |: more than the logarithm of any.
inline constexpr uint8_t kNoMemory = 0x80;

// No operation.
inline constexpr uint32_t kNoBranch = UINT32_MAX;

struct Control {
  enum Kind : uint8_t { kFunction, kBlock, kLoop, kIf, kElse };
  Kind kind;
  // Loops: where their head is taken, they go on; known once that is bound.
  bool goes_on_taken;
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
  // The integer branch with which the loop begins, or kNoBranch.
  uint32_t head_op;
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

// A local: its slot and type, as in an Entry, and its bit in State::pending.
struct Local {
  int32_t slot;
  uint32_t type;
  uint64_t bit;
};

// Where an instruction's code begins, for the offsets of backtraces.
struct CodeRecord {
  uint32_t code_offset;  // from the function's first byte of code
  uint32_t wasm_offset;  // from the body's first byte
};

// Per function; cold.
struct Context {
  const wasm::Module* module = nullptr;
  const Options* options = nullptr;
  Scratch* scratch = nullptr;
  const wasm::FuncType* type = nullptr;
  uint32_t function = 0;
  const uint8_t* begin = nullptr;
  const uint8_t* end = nullptr;
  uint8_t* code_base = nullptr;
  const interp::FuncCode* functions = nullptr;  // as in State
  std::vector<CodeRecord>* records = nullptr;
  // With records: the last place of which they are asked.
  const uint8_t* last_place = nullptr;
  // With records: where the code begins, and the instruction at hand.
  const uint8_t* code_begin = nullptr;
  const uint8_t* at = nullptr;
  // Results.
  const uint8_t* entry = nullptr;
  uint8_t* code_end = nullptr;
  uint32_t declared_locals = 0;
};

struct State;
// What of the translator's state lives in registers; false: not valid.
#define ASHLAR_STEP_PARAMS                                             \
  State *s, const uint8_t *ip, Entry *sp, uint8_t *out, uint32_t cost, \
      Descriptor d
// A step hands everything over, so it needs no registers saved.
#if defined(__clang__) && __has_attribute(preserve_none) && \
    !defined(ASHLAR_SANITIZE)
#define ASHLAR_STEP_CALL __attribute__((preserve_none))
#else
#define ASHLAR_STEP_CALL
#endif
#if defined(__clang__)
using Step = bool(ASHLAR_STEP_CALL*)(ASHLAR_STEP_PARAMS);
#else
using Step = uintptr_t;  // a label (steps.h)
#endif

// How the translator goes on with an opcode.
struct StepRow {
  Step step;
  Descriptor descriptor;
};
// By opcode, then by opcode behind the prefix.
inline constexpr uint32_t kPrefixedOpcodes = 32;
inline constexpr uint32_t kStepRows = 256 + kPrefixedOpcodes;

// No slot.
inline constexpr int32_t kNone = 0x7fffffff;
// The slot of a constant: equal to no real one and not kNone.
inline constexpr int32_t kNoSlot = 0x7ffffffe;

// Locals whose slot and type stand in a table; the rest are looked up.
inline constexpr int32_t kDirectLocals = 64;

// The state of one translation that stands in memory.
struct State {
  // Makes it ready for another body; the arrays and rows stay.
  void Begin(Context* next);

  // The first 128 bytes, which instructions of the processor reach with a short
  // offset, are what most steps use.
  const uint64_t* handlers = nullptr;
  Entry* base = nullptr;  // of the innermost block
  Entry* max_sp = nullptr;
  Entry* low = nullptr;  // no pending local stands below it
  // Locals (index modulo 64) that some entry still names.
  uint64_t pending = 0;
  uintptr_t origin = 0;  // stack - temps: where an entry of slot 0 would be
  // The last instruction, if its destination may still be patched: where it
  // stands, its destination, its operation, what acc mirrored before it. And
  // the instruction before it, if nothing is known to stand between them.
  uint8_t* last = nullptr;
  uint8_t* before_last = nullptr;
  int32_t last_dst = kNone;
  uint32_t last_op = 0;
  int32_t acc_before_last = kNone;
  // The slot whose value acc mirrors, or kNone.
  int32_t acc = kNone;
  // The same of the float accumulators, of which the last written counts.
  // Whoever writes a float to a slot without them must see to it.
  int32_t float_acc = kNone;
  int32_t temps = 0;          // slot of the lowest temporary = declared locals
  uint32_t direct_count = 0;  // of the locals, in `locals`
  uint8_t no_memory = kNoMemory;  // kNoMemory or 0
  bool dead = false;
  Context* context = nullptr;
  Control* control = nullptr;
  uint8_t* last_copy = nullptr;  // a copy that may become a double one
  const uint8_t* end = nullptr;

  Site* sites_end = nullptr;
  const uint32_t* function_types = nullptr;  // type index by function
  const wasm::FuncType* types = nullptr;
  // Code of each function as far as it exists: entry, or nullptr.
  const interp::FuncCode* functions = nullptr;
  const metering::Schedule* schedule = nullptr;
  uint32_t function_count = 0;
  uint32_t local_count = 0;
  Entry* stack_limit = nullptr;  // no more entries than a frame may have slots
  int32_t result_slot = 0;       // slot of the first result = the base
  uint32_t branch_op = 0;        // the last conditional branch, if of integers
  const wasm::Module* module = nullptr;
  Entry* stack = nullptr;
  Locals* local_types = nullptr;
  Site* sites = nullptr;
  Control* controls = nullptr;
  Local locals[kDirectLocals];  // the first ones
  StepRow rows[kStepRows];
};

static_assert(offsetof(State, sites_end) == 128);

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_STATE_H_
