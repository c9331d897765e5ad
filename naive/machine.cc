#include "naive/machine.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "naive/numeric.h"

namespace ashlar::naive {
namespace {

using interp::Trap;

constexpr uint64_t kPageSize = 65536;
constexpr uint64_t kPagesCeiling = 65536;
constexpr uint32_t kMinusOne = UINT32_MAX;
// Slots of a frame that hold neither parameters, locals nor operands.
constexpr uint64_t kLinkSlots = 2;

uint64_t Ceil(uint64_t amount, uint64_t unit) {
  return (amount + unit - 1) / unit;
}

struct Access {
  int size = 0;
  bool is_signed = false;
  bool is_64 = false;  // the value's width, where it is sign-extended
};

Access AccessOf(Op op) {
  switch (op) {
    case Op::kI32Load8S:
      return {1, true, false};
    case Op::kI64Load8S:
      return {1, true, true};
    case Op::kI32Load8U:
    case Op::kI64Load8U:
    case Op::kI32Store8:
    case Op::kI64Store8:
      return {1};
    case Op::kI32Load16S:
      return {2, true, false};
    case Op::kI64Load16S:
      return {2, true, true};
    case Op::kI32Load16U:
    case Op::kI64Load16U:
    case Op::kI32Store16:
    case Op::kI64Store16:
      return {2};
    case Op::kI64Load32S:
      return {4, true, true};
    case Op::kI32Load:
    case Op::kF32Load:
    case Op::kI64Load32U:
    case Op::kI32Store:
    case Op::kF32Store:
    case Op::kI64Store32:
      return {4};
    default:
      return {8};
  }
}

}  // namespace

Result Machine::Run(Func* func, std::vector<uint64_t> args) {
  Result result;
  values_ = std::move(args);
  if (func->instance == nullptr) {
    CallHost(func, nullptr);
  } else {
    Enter(func, 0);
    while (!is_over_ && !frames_.empty()) Step();
  }
  result.fuel_used = fuel_limit_ - fuel_left_;
  if (is_out_of_fuel_) {
    result.kind = Result::kOutOfFuel;
    result.fuel_used = fuel_limit_;
  } else if (trap_ != Trap::kNone) {
    result.kind = Result::kTrapped;
    result.trap = trap_;
  } else {
    result.results = std::move(values_);
  }
  return result;
}

uint64_t Machine::Pop() {
  const uint64_t value = values_.back();
  values_.pop_back();
  return value;
}

bool Machine::Charge(uint64_t fuel) {
  if (fuel > fuel_left_) {
    is_out_of_fuel_ = true;
    is_over_ = true;
    return false;
  }
  fuel_left_ -= fuel;
  return true;
}

void Machine::GoTo(size_t pos) {
  if (Charge(frame().info->RunCost(pos))) frame().pc = pos;
}

void Machine::Enter(Func* func, uint64_t base) {
  Instance* instance = func->instance;
  std::unique_ptr<FunctionInfo>& info = instance->infos_[func->index];
  if (info == nullptr) {
    info = std::make_unique<FunctionInfo>(&instance->module(), func->index,
                                          config_.schedule);
  }
  const Body& body = instance->module().bodies[func->index];
  const uint64_t params = func->type.params.size();
  if (base + params + kLinkSlots + body.local_count + info->height_max() >
      config_.stack_slots_max) {
    return SetTrap(Trap::kCallStackExhausted);
  }
  if (!Charge(info->RunCost(body.begin) +
              Ceil(body.local_count, config_.schedule->locals_per_fuel))) {
    return;
  }
  Frame callee;
  callee.instance = instance;
  callee.info = info.get();
  callee.base = base;
  callee.pc = body.begin;
  callee.bottom = values_.size() - params;
  callee.result_count = func->type.results.size();
  callee.locals.assign(values_.end() - params, values_.end());
  callee.locals.resize(params + body.local_count);
  values_.resize(callee.bottom);
  Label label;
  label.end_next = body.end;
  label.height = callee.bottom;
  callee.labels.push_back(label);
  frames_.push_back(std::move(callee));
}

void Machine::CallHost(Func* func, Memory* memory) {
  const size_t bottom = values_.size() - func->type.params.size();
  const std::vector<uint64_t> args(values_.begin() + bottom, values_.end());
  std::vector<uint64_t> results;
  HostContext context;
  context.args = args;
  context.results = &results;
  context.memory = memory;
  context.fuel_left = fuel_left_;
  context.charge = [this](uint64_t fuel) { return Charge(fuel); };
  const Trap trap = func->host(context);
  if (is_over_) return;
  if (trap != Trap::kNone) return SetTrap(trap);
  values_.resize(bottom);
  values_.insert(values_.end(), results.begin(), results.end());
}

void Machine::Call(Func* func, bool is_tail) {
  const size_t params = func->type.params.size();
  Instance* caller = frame().instance;
  const uint64_t height = values_.size() - frame().bottom;
  const uint64_t locals = frame().locals.size();  // P + L
  uint64_t base = frame().base;
  if (is_tail) {
    // The arguments move to where this frame's operands began.
    const size_t bottom = frame().bottom;
    std::copy(values_.end() - params, values_.end(), values_.begin() + bottom);
    values_.resize(bottom + params);
    frames_.pop_back();
  } else {
    base += locals + kLinkSlots + height - params;
  }
  if (func->instance == nullptr) {
    Memory* memory = caller->memories_.empty() ? nullptr : caller->memories_[0];
    CallHost(func, memory);
  } else {
    Enter(func, base);
  }
}

void Machine::LeaveFunction() {
  const size_t bottom = frame().bottom;
  const size_t count = frame().result_count;
  std::copy(values_.end() - count, values_.end(), values_.begin() + bottom);
  values_.resize(bottom + count);
  frames_.pop_back();
}

void Machine::OpenBlock(const Instr& instr, size_t pos) {
  const FunctionInfo::Block& block = frame().info->block_at(pos);
  Label label;
  label.is_loop = instr.op == Op::kLoop;
  label.end_next = block.end_next;
  label.target = label.is_loop ? instr.next : block.end_next;
  label.arity = label.is_loop ? instr.params : instr.results;
  label.height = values_.size() - instr.params;
  frame().labels.push_back(label);
}

void Machine::Branch(uint32_t depth) {
  std::vector<Label>& labels = frame().labels;
  if (depth + 1 == labels.size()) return LeaveFunction();
  const Label label = labels[labels.size() - 1 - depth];
  std::copy(values_.end() - label.arity, values_.end(),
            values_.begin() + label.height);
  values_.resize(label.height + label.arity);
  // A branch to a loop stays in it; others leave their block.
  labels.resize(labels.size() - depth - (label.is_loop ? 0 : 1));
  GoTo(label.target);
}

void Machine::Step() {
  const size_t pos = frame().pc;
  const Instr instr = DecodeInstr(frame().instance->module(), pos);
  frame().pc = instr.next;
  if (IsNumeric(instr.op)) {
    const Trap trap = RunNumeric(instr.op, &values_);
    if (trap != Trap::kNone) SetTrap(trap);
    return;
  }
  if (StepControl(instr, pos) || StepCall(instr) || StepVariable(instr) ||
      StepMemory(instr) || StepBulk(instr) || StepTable(instr)) {
    return;
  }
  // What is left are constants.
  Push(instr.value);
}

bool Machine::StepControl(const Instr& instr, size_t pos) {
  switch (instr.op) {
    case Op::kUnreachable:
      SetTrap(Trap::kUnreachable);
      return true;
    case Op::kNop:
      return true;
    case Op::kBlock:
    case Op::kLoop:
      OpenBlock(instr, pos);
      return true;
    case Op::kIf: {
      const bool is_taken = Pop32() != 0;
      const FunctionInfo::Block& block = frame().info->block_at(pos);
      if (is_taken || block.else_next != 0) OpenBlock(instr, pos);
      GoTo(is_taken               ? instr.next
           : block.else_next != 0 ? block.else_next
                                  : block.end_next);
      return true;
    }
    case Op::kElse: {
      const size_t end_next = frame().labels.back().end_next;
      frame().labels.pop_back();
      GoTo(end_next);
      return true;
    }
    case Op::kEnd:
      if (frame().labels.size() == 1) {
        LeaveFunction();
      } else {
        frame().labels.pop_back();
      }
      return true;
    case Op::kBr:
      Branch(instr.a);
      return true;
    case Op::kBrIf:
      if (Pop32() != 0) {
        Branch(instr.a);
      } else {
        GoTo(instr.next);
      }
      return true;
    case Op::kBrTable: {
      const size_t index = Pop32();
      Branch(instr.labels[std::min(index, instr.labels.size() - 1)]);
      return true;
    }
    case Op::kReturn:
      LeaveFunction();
      return true;
    default:
      return false;
  }
}

bool Machine::StepCall(const Instr& instr) {
  Instance* instance = frame().instance;
  switch (instr.op) {
    case Op::kCall:
    case Op::kReturnCall:
      Call(instance->functions_[instr.a], instr.op == Op::kReturnCall);
      return true;
    case Op::kCallIndirect:
    case Op::kReturnCallIndirect: {
      const uint64_t index = Pop32();
      const Table& table = *instance->tables_[instr.b];
      if (index >= table.elements.size()) {
        SetTrap(Trap::kUndefinedElement);
        return true;
      }
      Func* func = reinterpret_cast<Func*>(table.elements[index]);
      if (func == nullptr) {
        SetTrap(Trap::kUninitializedElement);
      } else if (func->type != instance->module().types[instr.a]) {
        SetTrap(Trap::kIndirectCallTypeMismatch);
      } else {
        Call(func, instr.op == Op::kReturnCallIndirect);
      }
      return true;
    }
    default:
      return false;
  }
}

bool Machine::StepVariable(const Instr& instr) {
  switch (instr.op) {
    case Op::kDrop:
      Pop();
      return true;
    case Op::kSelect:
    case Op::kSelectT: {
      const bool is_first = Pop32() != 0;
      const uint64_t second = Pop();
      if (!is_first) values_.back() = second;
      return true;
    }
    case Op::kLocalGet:
      Push(frame().locals[instr.a]);
      return true;
    case Op::kLocalSet:
      frame().locals[instr.a] = Pop();
      return true;
    case Op::kLocalTee:
      frame().locals[instr.a] = values_.back();
      return true;
    case Op::kGlobalGet:
      Push(frame().instance->globals_[instr.a]->value);
      return true;
    case Op::kGlobalSet:
      frame().instance->globals_[instr.a]->value = Pop();
      return true;
    case Op::kRefNull:
      Push(0);
      return true;
    case Op::kRefIsNull:
      Push(Pop() == 0);
      return true;
    case Op::kRefFunc:
      Push(reinterpret_cast<uint64_t>(frame().instance->functions_[instr.a]));
      return true;
    default:
      return false;
  }
}

bool Machine::StepMemory(const Instr& instr) {
  const bool is_store =
      instr.op >= Op::kI32Store && instr.op <= Op::kI64Store32;
  const bool is_load = instr.op >= Op::kI32Load && instr.op <= Op::kI64Load32U;
  if (!is_load && !is_store) return false;
  std::vector<uint8_t>& bytes = frame().instance->memories_[0]->bytes;
  const Access access = AccessOf(instr.op);
  const uint64_t stored = is_store ? Pop() : 0;
  const uint64_t address = uint64_t{Pop32()} + instr.a;
  if (address + access.size > bytes.size()) {
    SetTrap(Trap::kOutOfBoundsMemoryAccess);
    return true;
  }
  if (is_store) {
    for (int i = 0; i < access.size; ++i) {
      bytes[address + i] = static_cast<uint8_t>(stored >> (8 * i));
    }
    return true;
  }
  uint64_t value = 0;
  for (int i = 0; i < access.size; ++i) {
    value |= uint64_t{bytes[address + i]} << (8 * i);
  }
  const uint64_t sign = uint64_t{1} << (8 * access.size - 1);
  if (access.is_signed && (value & sign)) value |= ~(sign | (sign - 1));
  Push(access.is_signed && !access.is_64 ? static_cast<uint32_t>(value)
                                         : value);
  return true;
}

// memory.init, and memory.copy with the memory as its own source.
void Machine::MemoryCopyOrInit(const std::vector<uint8_t>& from,
                               Memory* memory) {
  const uint64_t n = Pop32();
  const uint64_t source = Pop32();
  const uint64_t target = Pop32();
  if (source + n > from.size() || target + n > memory->bytes.size()) {
    return SetTrap(Trap::kOutOfBoundsMemoryAccess);
  }
  if (!Charge(Ceil(n, config_.schedule->bulk_bytes_per_fuel)) || n == 0) {
    return;
  }
  std::memmove(memory->bytes.data() + target, from.data() + source, n);
}

bool Machine::StepBulk(const Instr& instr) {
  Instance* instance = frame().instance;
  switch (instr.op) {
    case Op::kMemorySize:
      Push(instance->memories_[0]->bytes.size() / kPageSize);
      return true;
    case Op::kMemoryGrow: {
      Memory* memory = instance->memories_[0];
      const uint64_t delta = Pop32();
      const uint64_t pages = memory->bytes.size() / kPageSize;
      if (pages + delta > std::min({memory->limits.max, kPagesCeiling,
                                    config_.memory_pages_max})) {
        Push(kMinusOne);
      } else if (Charge(delta * config_.schedule->memory_grow_page)) {
        memory->bytes.resize((pages + delta) * kPageSize);
        Push(pages);
      }
      return true;
    }
    case Op::kMemoryInit:
      MemoryCopyOrInit(instance->data_[instr.a], instance->memories_[0]);
      return true;
    case Op::kMemoryCopy:
      MemoryCopyOrInit(instance->memories_[0]->bytes, instance->memories_[0]);
      return true;
    case Op::kMemoryFill: {
      std::vector<uint8_t>& bytes = instance->memories_[0]->bytes;
      const uint64_t n = Pop32();
      const uint8_t byte = static_cast<uint8_t>(Pop());
      const uint64_t target = Pop32();
      if (target + n > bytes.size()) {
        SetTrap(Trap::kOutOfBoundsMemoryAccess);
      } else if (Charge(Ceil(n, config_.schedule->bulk_bytes_per_fuel))) {
        std::fill_n(bytes.begin() + target, n, byte);
      }
      return true;
    }
    case Op::kDataDrop:
      instance->data_[instr.a].clear();
      return true;
    case Op::kElemDrop:
      instance->elements_[instr.a].clear();
      return true;
    default:
      return false;
  }
}

void Machine::TableCopyOrInit(const std::vector<uint64_t>& from, Table* table) {
  const uint64_t n = Pop32();
  const uint64_t source = Pop32();
  const uint64_t target = Pop32();
  if (source + n > from.size() || target + n > table->elements.size()) {
    return SetTrap(Trap::kOutOfBoundsTableAccess);
  }
  if (!Charge(Ceil(n, config_.schedule->table_elements_per_fuel)) || n == 0) {
    return;
  }
  std::memmove(table->elements.data() + target, from.data() + source,
               n * sizeof(uint64_t));
}

bool Machine::StepTable(const Instr& instr) {
  Instance* instance = frame().instance;
  const uint64_t per_fuel = config_.schedule->table_elements_per_fuel;
  switch (instr.op) {
    case Op::kTableInit:
      TableCopyOrInit(instance->elements_[instr.a], instance->tables_[instr.b]);
      return true;
    case Op::kTableCopy:
      TableCopyOrInit(instance->tables_[instr.b]->elements,
                      instance->tables_[instr.a]);
      return true;
    case Op::kTableGet:
    case Op::kTableSet: {
      std::vector<uint64_t>& elements = instance->tables_[instr.a]->elements;
      const uint64_t stored = instr.op == Op::kTableSet ? Pop() : 0;
      const uint64_t index = Pop32();
      if (index >= elements.size()) {
        SetTrap(Trap::kOutOfBoundsTableAccess);
      } else if (instr.op == Op::kTableSet) {
        elements[index] = stored;
      } else {
        Push(elements[index]);
      }
      return true;
    }
    case Op::kTableSize:
      Push(instance->tables_[instr.a]->elements.size());
      return true;
    case Op::kTableGrow: {
      Table* table = instance->tables_[instr.a];
      const uint64_t delta = Pop32();
      const uint64_t init = Pop();
      const uint64_t size = table->elements.size();
      if (size + delta >
          std::min(table->type.limits.max, config_.table_elements_max)) {
        Push(kMinusOne);
      } else if (Charge(Ceil(delta, per_fuel))) {
        table->elements.resize(size + delta, init);
        Push(size);
      }
      return true;
    }
    case Op::kTableFill: {
      std::vector<uint64_t>& elements = instance->tables_[instr.a]->elements;
      const uint64_t n = Pop32();
      const uint64_t value = Pop();
      const uint64_t target = Pop32();
      if (target + n > elements.size()) {
        SetTrap(Trap::kOutOfBoundsTableAccess);
      } else if (Charge(Ceil(n, per_fuel))) {
        std::fill_n(elements.begin() + target, n, value);
      }
      return true;
    }
    default:
      return false;
  }
}

}  // namespace ashlar::naive
