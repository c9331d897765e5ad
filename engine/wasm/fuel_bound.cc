#include "engine/wasm/fuel_bound.h"

#include <algorithm>
#include <cstddef>

#include "engine/wasm/body.h"
#include "engine/wasm/instruction.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/reader.h"
#include "engine/wasm/runs.h"
#include "metering/fuel.h"

namespace ashlar::wasm {
namespace {

using metering::SaturatingAdd;

// What the dearest path to a place costs; nothing where no path leads there.
using Cost = std::optional<uint64_t>;

Cost Dearer(Cost a, Cost b) { return std::max(a, b); }

Cost Plus(Cost cost, uint64_t fuel) {
  if (!cost) return cost;
  return SaturatingAdd(*cost, fuel);
}

bool IsChargedByValue(Opcode opcode) {
  switch (opcode) {
    case Opcode::kMemoryGrow:
    case Opcode::kMemoryInit:
    case Opcode::kMemoryCopy:
    case Opcode::kMemoryFill:
    case Opcode::kTableGrow:
    case Opcode::kTableInit:
    case Opcode::kTableCopy:
    case Opcode::kTableFill:
      return true;
    default:
      return false;
  }
}

bool IsDirectCall(Opcode opcode) {
  return opcode == Opcode::kCall || opcode == Opcode::kReturnCall;
}

// Functions that each defined function calls directly, by defined index.
std::vector<std::vector<uint32_t>> Callees(const Module& module) {
  std::vector<std::vector<uint32_t>> callees(module.bodies.size());
  for (size_t i = 0; i < module.bodies.size(); ++i) {
    const Body& body = module.bodies[i];
    Reader reader(body.begin, body.end);
    std::vector<LocalGroup> groups;
    ReadLocals(&reader, &groups);
    Instruction instruction;
    while (reader.remaining() > 0 && ReadInstruction(&reader, &instruction)) {
      if (IsDirectCall(instruction.opcode) &&
          instruction.index >= module.imported_functions) {
        callees[i].push_back(instruction.index - module.imported_functions);
      }
    }
  }
  return callees;
}

// Callees before their callers. Functions in a cycle are left out.
std::vector<uint32_t> CalleesFirst(
    const std::vector<std::vector<uint32_t>>& callees) {
  std::vector<std::vector<uint32_t>> callers(callees.size());
  std::vector<size_t> waiting_for(callees.size());
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < callees.size(); ++i) {
    waiting_for[i] = callees[i].size();
    for (uint32_t callee : callees[i]) callers[callee].push_back(i);
    if (waiting_for[i] == 0) order.push_back(i);
  }
  for (size_t done = 0; done < order.size(); ++done) {
    for (uint32_t caller : callers[order[done]]) {
      if (--waiting_for[caller] == 0) order.push_back(caller);
    }
  }
  return order;
}

struct Frame {
  Opcode opcode = Opcode::kBlock;
  bool has_else = false;
  Cost entry;    // of an if: at its arms
  Cost arrived;  // the dearest path that ends at or branches to its end
};

// Walks one body. A path's cost is the sum of the prices on it, because each
// run is paid once, whole, and run to its end.
class PathWalker {
 public:
  PathWalker(const Module& module, const metering::Schedule& schedule,
             const std::vector<Cost>& bounds)
      : module_(module), schedule_(schedule), bounds_(bounds) {}

  Cost Walk(const Body& body) {
    Reader reader(body.begin, body.end);
    std::vector<LocalGroup> groups;
    if (!ReadLocals(&reader, &groups)) return std::nullopt;
    uint64_t locals = 0;
    for (const LocalGroup& group : groups) locals += group.count;
    cost_ = metering::CeilDiv(locals, schedule_.locals_per_fuel);
    frames_.push_back({});
    while (!frames_.empty()) {
      Instruction i;
      if (!ReadInstruction(&reader, &i) || !Step(i)) {
        return std::nullopt;
      }
    }
    return Dearer(ended_, cost_);
  }

 private:
  // A branch to a label; false where it leads back.
  bool Target(uint32_t label) {
    if (!cost_) return true;
    Frame& frame = frames_[frames_.size() - 1 - label];
    if (frame.opcode == Opcode::kLoop) return false;
    frame.arrived = Dearer(frame.arrived, cost_);
    return true;
  }

  bool TargetTable(const Instruction& i) {
    Reader labels(i.vector, module_.bytes.data() + module_.bytes.size());
    for (uint32_t n = 0; n < i.index; ++n) {
      if (!Target(labels.U32())) return false;
    }
    return Target(i.index2);
  }

  // The path ends here, for the function.
  bool End() {
    ended_ = Dearer(ended_, cost_);
    cost_ = std::nullopt;
    return true;
  }

  bool CallOf(uint32_t function) {
    if (!cost_) return true;
    if (function < module_.imported_functions) return false;
    const Cost bound = bounds_[function - module_.imported_functions];
    if (bound) cost_ = Plus(cost_, *bound);
    return bound.has_value();
  }

  bool CloseFrame() {
    const Frame frame = frames_.back();
    frames_.pop_back();
    cost_ = Dearer(cost_, frame.arrived);
    if (frame.opcode == Opcode::kIf && !frame.has_else) {
      cost_ = Dearer(cost_, frame.entry);
    }
    return true;
  }

  bool Step(const Instruction& i) {
    if (cost_) cost_ = Plus(cost_, StaticPrice(module_, i, schedule_));
    switch (i.opcode) {
      case Opcode::kBlock:
      case Opcode::kLoop:
      case Opcode::kIf:
        frames_.push_back({.opcode = i.opcode, .entry = cost_, .arrived = {}});
        return true;
      case Opcode::kElse: {
        Frame& frame = frames_.back();
        frame.has_else = true;
        frame.arrived = Dearer(frame.arrived, cost_);
        cost_ = frame.entry;
        return true;
      }
      case Opcode::kEnd:
        return CloseFrame();
      case Opcode::kBr:
        if (!Target(i.index)) return false;
        cost_ = std::nullopt;
        return true;
      case Opcode::kBrIf:
        return Target(i.index);
      case Opcode::kBrTable:
        if (!TargetTable(i)) return false;
        cost_ = std::nullopt;
        return true;
      case Opcode::kReturn:
      case Opcode::kUnreachable:
        return End();
      case Opcode::kCall:
        return CallOf(i.index);
      case Opcode::kReturnCall:
        return CallOf(i.index) && End();
      case Opcode::kCallIndirect:
      case Opcode::kReturnCallIndirect:
        return !cost_;
      default:
        return !cost_ || !IsChargedByValue(i.opcode);
    }
  }

  const Module& module_;
  const metering::Schedule& schedule_;
  const std::vector<Cost>& bounds_;
  std::vector<Frame> frames_;
  Cost cost_;   // of the dearest path to here
  Cost ended_;  // of the dearest one that left the function
};

}  // namespace

std::vector<Cost> FuelBounds(const Module& module,
                             const metering::Schedule& schedule) {
  std::vector<Cost> bounds(module.bodies.size());
  for (uint32_t function : CalleesFirst(Callees(module))) {
    bounds[function] =
        PathWalker(module, schedule, bounds).Walk(module.bodies[function]);
  }
  return bounds;
}

}  // namespace ashlar::wasm
