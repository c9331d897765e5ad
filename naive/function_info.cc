#include "naive/function_info.h"

#include <algorithm>
#include <vector>

#include "naive/numeric.h"

namespace ashlar::naive {
namespace {

using metering::CostClass;

uint64_t Ceil(uint64_t amount, uint64_t unit) {
  return (amount + unit - 1) / unit;
}

const FuncType& TypeOfCall(const Module& module, const Instr& instr) {
  const bool is_direct = instr.op == Op::kCall || instr.op == Op::kReturnCall;
  return module.types[is_direct ? module.functions[instr.a] : instr.a];
}

bool IsFloatDivision(Op op) {
  return op == Op::kF32Div || op == Op::kF64Div || op == Op::kF32Sqrt ||
         op == Op::kF64Sqrt;
}

bool IsIntegerDivision(Op op) {
  return (op >= Op::kI32DivS && op <= Op::kI32RemU) ||
         (op >= Op::kI64DivS && op <= Op::kI64RemU);
}

// An integer opcode knows no float, not even as an operand.
bool IsInteger(Op op) {
  return (op >= Op::kI32Eqz && op <= Op::kI64GeU) ||
         (op >= Op::kI32Clz && op <= Op::kI64Rotr) || op == Op::kI32WrapI64 ||
         op == Op::kI64ExtendI32S || op == Op::kI64ExtendI32U ||
         (op >= Op::kI32Extend8S && op <= Op::kI64Extend32S);
}

CostClass ClassOfNumeric(Op op) {
  if (op == Op::kI32Mul || op == Op::kI64Mul) return CostClass::kMul;
  if (IsIntegerDivision(op)) return CostClass::kDiv;
  if (IsFloatDivision(op)) return CostClass::kFloatDiv;
  return IsInteger(op) ? CostClass::kAlu : CostClass::kFloat;
}

// The classes as the fuel page lists them, not as the opcode table does, so
// that the table is checked too.
CostClass ClassOf(Op op) {
  if (IsNumeric(op)) return ClassOfNumeric(op);
  if (op >= Op::kI32Load && op <= Op::kI64Load32U) return CostClass::kLoad;
  if (op >= Op::kI32Store && op <= Op::kI64Store32) return CostClass::kStore;
  switch (op) {
    case Op::kBlock:
    case Op::kLoop:
    case Op::kElse:
    case Op::kEnd:
      return CostClass::kMarker;
    case Op::kUnreachable:
      return CostClass::kUnreachable;
    case Op::kNop:
    case Op::kDrop:
    case Op::kSelect:
    case Op::kSelectT:
      return CostClass::kParametric;
    case Op::kI32Const:
    case Op::kI64Const:
    case Op::kF32Const:
    case Op::kF64Const:
    case Op::kRefNull:
    case Op::kRefFunc:
      return CostClass::kConst;
    case Op::kLocalGet:
    case Op::kLocalSet:
    case Op::kLocalTee:
      return CostClass::kLocal;
    case Op::kRefIsNull:
      return CostClass::kAlu;
    case Op::kGlobalGet:
      return CostClass::kGlobalGet;
    case Op::kGlobalSet:
      return CostClass::kGlobalSet;
    case Op::kBr:
    case Op::kBrIf:
    case Op::kIf:
    case Op::kReturn:
      return CostClass::kBranch;
    case Op::kBrTable:
      return CostClass::kBranchTable;
    case Op::kCall:
    case Op::kReturnCall:
      return CostClass::kCall;
    case Op::kCallIndirect:
    case Op::kReturnCallIndirect:
      return CostClass::kCallIndirect;
    case Op::kMemorySize:
      return CostClass::kMemorySize;
    case Op::kMemoryGrow:
      return CostClass::kGrow;
    case Op::kMemoryInit:
    case Op::kMemoryCopy:
    case Op::kMemoryFill:
    case Op::kDataDrop:
      return CostClass::kBulk;
    default:  // table.*, elem.drop
      return CostClass::kTable;
  }
}

// Behind it nothing is reached without a label.
bool IsUnconditional(Op op) {
  return op == Op::kUnreachable || op == Op::kBr || op == Op::kBrTable ||
         op == Op::kReturn || op == Op::kReturnCall ||
         op == Op::kReturnCallIndirect;
}

struct ScanFrame {
  size_t pos = 0;
  uint64_t height = 0;  // below the parameters
  uint32_t params = 0;
  uint32_t results = 0;
  bool is_dead = false;  // the block itself stands in dead code
};

}  // namespace

uint64_t PriceOf(const Module& module, const Instr& instr,
                 const metering::Schedule& schedule) {
  uint64_t price = schedule.price(ClassOf(instr.op));
  switch (instr.op) {
    case Op::kCall:
    case Op::kReturnCall:
    case Op::kCallIndirect:
    case Op::kReturnCallIndirect:
      price += uint64_t{schedule.call_parameter} *
               TypeOfCall(module, instr).params.size();
      break;
    case Op::kBrTable:
      price +=
          Ceil(instr.labels.size(), schedule.branch_table_targets_per_fuel);
      break;
    default:
      break;
  }
  return price;
}

Effect EffectOf(const Module& module, const Instr& instr) {
  const Op op = instr.op;
  if (IsNumeric(op)) return {IsUnary(op) ? 1u : 2u, 1};
  if (op >= Op::kI32Load && op <= Op::kI64Load32U) return {1, 1};
  if (op >= Op::kI32Store && op <= Op::kI64Store32) return {2, 0};
  switch (op) {
    case Op::kDrop:
    case Op::kLocalSet:
    case Op::kGlobalSet:
    case Op::kIf:
    case Op::kBrIf:
    case Op::kBrTable:
      return {1, 0};
    case Op::kSelect:
    case Op::kSelectT:
      return {3, 1};
    case Op::kI32Const:
    case Op::kI64Const:
    case Op::kF32Const:
    case Op::kF64Const:
    case Op::kRefNull:
    case Op::kRefFunc:
    case Op::kLocalGet:
    case Op::kGlobalGet:
    case Op::kMemorySize:
    case Op::kTableSize:
      return {0, 1};
    case Op::kLocalTee:
    case Op::kRefIsNull:
    case Op::kTableGet:
    case Op::kMemoryGrow:
      return {1, 1};
    case Op::kTableSet:
      return {2, 0};
    case Op::kTableGrow:
      return {2, 1};
    case Op::kTableFill:
    case Op::kTableInit:
    case Op::kTableCopy:
    case Op::kMemoryInit:
    case Op::kMemoryCopy:
    case Op::kMemoryFill:
      return {3, 0};
    case Op::kCall:
    case Op::kCallIndirect: {
      const FuncType& type = TypeOfCall(module, instr);
      return {type.params.size() + (op == Op::kCallIndirect),
              type.results.size()};
    }
    default:
      return {0, 0};
  }
}

FunctionInfo::FunctionInfo(const Module* module, uint32_t function,
                           const metering::Schedule* schedule)
    : module_(module), schedule_(schedule), body_(module->bodies[function]) {
  Scan(function);
}

void FunctionInfo::Scan(uint32_t function) {
  const uint32_t type = module_->functions[module_->imported[0] + function];
  std::vector<ScanFrame> frames(1);
  frames[0].results =
      static_cast<uint32_t>(module_->types[type].results.size());
  uint64_t height = 0;
  bool is_dead = false;
  size_t pos = body_.begin;
  while (!frames.empty()) {
    const Instr instr = DecodeInstr(*module_, pos);
    switch (instr.op) {
      case Op::kBlock:
      case Op::kLoop:
      case Op::kIf:
        if (!is_dead) height -= instr.op == Op::kIf;
        frames.push_back({pos, is_dead ? 0 : height - instr.params,
                          instr.params, instr.results, is_dead});
        break;
      case Op::kElse:
        blocks_[frames.back().pos].else_next = instr.next;
        is_dead = frames.back().is_dead;
        height = frames.back().height + frames.back().params;
        break;
      case Op::kEnd:
        blocks_[frames.back().pos].end_next = instr.next;
        // The function's own end leaves no code behind it to be live.
        if (frames.size() > 1) is_dead = frames.back().is_dead;
        height = frames.back().height + frames.back().results;
        frames.pop_back();
        break;
      default:
        if (is_dead) break;
        const Effect effect = EffectOf(*module_, instr);
        height = height - effect.pops + effect.pushes;
        is_dead = IsUnconditional(instr.op);
    }
    if (!is_dead) height_max_ = std::max(height_max_, height);
    pos = instr.next;
  }
}

uint64_t FunctionInfo::RunCost(size_t pos) {
  const auto known = run_costs_.find(pos);
  if (known != run_costs_.end()) return known->second;
  uint64_t cost = 0;
  for (size_t at = pos;;) {
    const Instr instr = DecodeInstr(*module_, at);
    cost += PriceOf(*module_, instr, *schedule_);
    at = instr.next;
    const bool is_transfer = IsUnconditional(instr.op) ||
                             instr.op == Op::kBrIf || instr.op == Op::kIf ||
                             instr.op == Op::kElse || at == body_.end;
    if (is_transfer) break;
  }
  run_costs_[pos] = cost;
  return cost;
}

}  // namespace ashlar::naive
