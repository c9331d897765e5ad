// One execution of the naive interpreter. Internal to naive.
#ifndef NAIVE_MACHINE_H_
#define NAIVE_MACHINE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/interp/trap.h"
#include "naive/function_info.h"
#include "naive/module.h"
#include "naive/store.h"

namespace ashlar::naive {

class Machine {
 public:
  Machine(const Config& config, uint64_t fuel_limit)
      : config_(config), fuel_limit_(fuel_limit), fuel_left_(fuel_limit) {}
  Result Run(Func* func, std::vector<uint64_t> args);

 private:
  struct Label {
    size_t target = 0;    // where a branch to it goes on
    size_t end_next = 0;  // behind the block's end
    size_t height = 0;    // of the value stack below the block's operands
    uint32_t arity = 0;   // values that a branch to it carries
    bool is_loop = false;
  };
  struct Frame {
    Instance* instance = nullptr;
    FunctionInfo* info = nullptr;
    uint64_t base = 0;  // b of the stack rule
    size_t pc = 0;
    size_t bottom = 0;  // of its operands on the value stack
    size_t result_count = 0;
    std::vector<uint64_t> locals;  // parameters first
    std::vector<Label> labels;     // the body's own first
  };

  void Step();
  bool StepControl(const Instr& instr, size_t pos);
  bool StepCall(const Instr& instr);
  bool StepVariable(const Instr& instr);
  bool StepMemory(const Instr& instr);
  bool StepBulk(const Instr& instr);
  bool StepTable(const Instr& instr);
  void MemoryCopyOrInit(const std::vector<uint8_t>& from, Memory* memory);
  void TableCopyOrInit(const std::vector<uint64_t>& from, Table* table);

  // Function entry (rules 3 and 6). The arguments are on the value stack.
  void Enter(Func* func, uint64_t base);
  void CallHost(Func* func, Memory* memory);
  void Call(Func* func, bool is_tail);
  void LeaveFunction();
  // Opens a block whose operands are on the value stack.
  void OpenBlock(const Instr& instr, size_t pos);
  void Branch(uint32_t depth);
  // Pays for the run that starts at `pos` and goes on there.
  void GoTo(size_t pos);

  bool Charge(uint64_t fuel);
  void SetTrap(interp::Trap trap) {
    trap_ = trap;
    is_over_ = true;
  }

  uint64_t Pop();
  uint32_t Pop32() { return static_cast<uint32_t>(Pop()); }
  void Push(uint64_t value) { values_.push_back(value); }
  Frame& frame() { return frames_.back(); }

  const Config& config_;
  uint64_t fuel_limit_;
  uint64_t fuel_left_;
  bool is_over_ = false;
  bool is_out_of_fuel_ = false;
  interp::Trap trap_ = interp::Trap::kNone;
  std::vector<uint64_t> values_;
  std::vector<Frame> frames_;
};

}  // namespace ashlar::naive

#endif  // NAIVE_MACHINE_H_
