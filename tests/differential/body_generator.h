// One random function body. Internal to tests/differential.
#ifndef TESTS_DIFFERENTIAL_BODY_GENERATOR_H_
#define TESTS_DIFFERENTIAL_BODY_GENERATOR_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "tests/differential/generator.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {

inline constexpr uint32_t kNoFunction = UINT32_MAX;

struct PlannedType {
  std::vector<ValType> params;
  std::vector<ValType> results;
};
struct PlannedFunction {
  uint32_t type = 0;
  bool is_import = false;
};
struct PlannedGlobal {
  ValType type = ValType::kI32;
  bool is_mutable = false;
};

// What bodies may refer to.
struct ModulePlan {
  std::vector<PlannedType> types;
  std::vector<PlannedFunction> functions;
  std::vector<PlannedGlobal> globals;
  std::vector<uint32_t> slots;  // of func_table, or kNoFunction
  uint32_t func_table_size = 0;
  uint32_t extern_table_size = 0;
  uint32_t passive_elements = 0;  // the segment's index
  uint32_t passive_element_count = 0;
  bool has_memory = false;
  uint32_t passive_data = 0;
  uint32_t passive_data_size = 0;
  bool may_recurse = false;  // else calls go to functions of a higher index
  // Tables by use; table 0 is the library's where there is one.
  uint32_t func_table = 0;
  uint32_t extern_table = 1;
};

// Keeps the types on the operand stack as a validator does and emits only what
// is valid there.
class BodyGenerator {
 public:
  BodyGenerator(const ModulePlan* plan, uint32_t function, uint32_t size,
                Rng* rng);
  void Run();
  const Code& code() const { return code_; }
  // Declared locals, without parameters.
  std::vector<ValType> locals() const;

 private:
  using Types = std::vector<ValType>;
  struct Frame {
    Types label;    // what a branch to it carries
    Types results;  // what its end leaves
    size_t height = 0;
    bool is_loop = false;
    bool is_dead = false;
  };

  void Steps(uint32_t count);
  void Step();
  void StepNumeric();
  void StepLocal();
  void StepHazard();
  void StepDeepStack();
  void StepSelect();
  void StepGlobalSet();
  void StepStore();
  void StepMemoryBulk();
  void StepTable();
  void StepArray();
  void StepByteLoop();
  void StepPointerLoop();
  void StepLoadAndAdd();
  void StepIncrement();
  // A load or a store, at a random alignment and offset.
  void Mem(Op op);
  void StepBlock();
  void StepLoop();
  void StepIf();
  void StepBranch();
  void StepBranchIf();
  void StepBranchTable();
  void StepTerminal();
  void StepCall(bool is_tail);
  void StepCallIndirect(bool is_tail);

  // Emits code that leaves one value.
  void Produce(ValType type, int depth);
  void ProduceNumeric(ValType type, int depth);
  void ProduceConst(ValType type);
  bool ProduceLocal(ValType type);
  bool ProduceGlobal(ValType type);
  void ProduceLoad(ValType type, int depth);
  void ProduceBlock(ValType type, int depth);
  void ProduceReference(ValType type);
  void ProduceAddress(int depth);
  // Emits a truth value, mostly by a comparison of two simple operands.
  void ProduceCondition();
  // An operand as code has it most: a local or a constant.
  void ProduceSimple(ValType type);
  // A count or index that is small, mostly.
  void ProduceSmall(uint32_t below, int depth);
  // Makes the operands of an opcode safe from trapping, mostly.
  void Tame(Op op);

  // The top of the stack becomes `types`: what is there is used where it
  // fits, or all of them are produced.
  void Need(const Types& types);
  // The frame's operands become exactly its results; then its end can stand.
  void Coerce();
  void PushFrame(Types label, Types results, size_t params, bool is_loop);
  void PopFrame();
  void MarkDead();
  void PopTypes(size_t count);
  void PushTypes(const Types& types);
  bool TopIs(const Types& types) const;
  // Emits a block's opening and returns its parameters and results. The
  // parameters are on the stack. REQUIRES: op opens a block.
  void ChooseBlockType(Types* params, Types* results, uint32_t* type_index);
  void EmitOpening(Op op, const Types& params, const Types& results,
                   uint32_t type_index);
  uint32_t RandomLabel();
  bool FindCallee(bool is_tail, uint32_t* function);
  // A local of the type that may be written; kNoFunction where there is none.
  uint32_t RandomLocal(ValType type, bool is_written);
  uint32_t NewCounter();
  Frame& frame() { return frames_.back(); }
  const PlannedType& type() const {
    return plan_->types[plan_->functions[function_].type];
  }

  const ModulePlan* plan_;
  uint32_t function_;
  uint32_t size_;
  Rng* rng_;
  Code code_;
  uint32_t budget_;
  Types stack_;
  std::vector<Frame> frames_;
  Types locals_;                   // parameters first
  std::vector<bool> is_reserved_;  // loop counters
};

}  // namespace ashlar::testing

#endif  // TESTS_DIFFERENTIAL_BODY_GENERATOR_H_
