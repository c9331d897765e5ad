// What is known of a function body before it runs: where its blocks end, its
// highest operand height, and what its runs cost (metering/README.md).
#ifndef NAIVE_FUNCTION_INFO_H_
#define NAIVE_FUNCTION_INFO_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "metering/schedule.h"
#include "naive/module.h"

namespace ashlar::naive {

// Price of an instruction, without dynamic charges.
uint64_t PriceOf(const Module& module, const Instr& instr,
                 const metering::Schedule& schedule);

// How many operands an instruction takes and leaves. Control instructions
// that open or close blocks take and leave what their operands are (`if`: its
// condition).
struct Effect {
  uint64_t pops = 0;
  uint64_t pushes = 0;
};
Effect EffectOf(const Module& module, const Instr& instr);

class FunctionInfo {
 public:
  // `function` is an index among the module's own functions; the module and
  // the schedule outlive this.
  FunctionInfo(const Module* module, uint32_t function,
               const metering::Schedule* schedule);

  // Positions behind the `else` and the `end` of a block.
  struct Block {
    size_t else_next = 0;  // 0 where there is none
    size_t end_next = 0;
  };
  // `pos` is that of the block, loop or if.
  const Block& block_at(size_t pos) const { return blocks_.at(pos); }

  // H of the stack rule.
  uint64_t height_max() const { return height_max_; }

  // Cost of the run that starts at `pos`.
  uint64_t RunCost(size_t pos);

 private:
  void Scan(uint32_t function);

  const Module* module_;
  const metering::Schedule* schedule_;
  Body body_;
  uint64_t height_max_ = 0;
  std::unordered_map<size_t, Block> blocks_;
  std::unordered_map<size_t, uint64_t> run_costs_;
};

}  // namespace ashlar::naive

#endif  // NAIVE_FUNCTION_INFO_H_
