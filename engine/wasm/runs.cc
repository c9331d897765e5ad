#include "engine/wasm/runs.h"

#include <algorithm>
#include <vector>

#include "engine/wasm/body.h"
#include "engine/wasm/instruction.h"
#include "metering/fuel.h"

namespace ashlar::wasm {
namespace {

struct Frame {
  Opcode opcode = Opcode::kBlock;
  bool is_live = false;  // control reaches its first instruction
  bool has_else = false;
  bool is_targeted = false;  // something live branches to its label
};

class RunWalker {
 public:
  RunWalker(const Module& module, const metering::Schedule& schedule,
            RunSummary* summary)
      : module_(module), schedule_(schedule), summary_(*summary) {}

  bool Walk(uint32_t function) {
    const Body& body = module_.bodies[function - module_.imported_functions];
    Reader reader(body.begin, body.end);
    std::vector<LocalGroup> groups;
    if (!ReadLocals(&reader, &groups)) return false;
    for (const LocalGroup& g : groups) summary_.local_count += g.count;
    frames_.push_back({Opcode::kBlock, true});
    Arrive(reader.pos());
    fuel_ = metering::CeilDiv(summary_.local_count, schedule_.locals_per_fuel);
    while (!frames_.empty()) {
      Instruction i;
      if (!ReadInstruction(&reader, &i)) return false;
      ++summary_.instruction_count;
      if (!Step(i, reader.pos())) return false;
    }
    return reader.remaining() == 0;
  }

 private:
  // Control arrives at `at`: another run begins. Where it also falls through
  // from before, the run that goes on is at least as dear.
  void Arrive(const uint8_t* at) {
    ++summary_.run_count;
    if (is_live_) return;
    is_live_ = true;
    fuel_ = 0;
    begin_ = at;
  }

  // A transfer: the run ends behind it.
  void Depart() {
    if (!is_live_) return;
    is_live_ = false;
    if (fuel_ > summary_.dearest_run_fuel) {
      summary_.dearest_run_fuel = fuel_;
      summary_.dearest_run_offset = module_.offset_of(begin_);
    }
  }

  // False: no such label. A loop's run is counted where it is first branched
  // to; other labels are arrived at behind their end.
  bool Target(uint32_t label) {
    if (label >= frames_.size()) return false;
    Frame& frame = frames_[frames_.size() - 1 - label];
    if (!is_live_ || frame.is_targeted) return true;
    frame.is_targeted = true;
    if (frame.opcode == Opcode::kLoop) {
      ++summary_.loop_count;
      ++summary_.run_count;
    }
    return true;
  }

  bool TargetTable(const Instruction& i) {
    Reader labels(i.vector, module_.bytes.data() + module_.bytes.size());
    for (uint32_t n = 0; n < i.index; ++n) {
      if (!Target(labels.U32())) return false;
    }
    return Target(i.index2);
  }

  void Open(Opcode opcode) {
    frames_.push_back({opcode, is_live_});
    summary_.nesting_max = std::max(summary_.nesting_max,
                                    static_cast<uint32_t>(frames_.size() - 1));
  }

  bool Else(const uint8_t* next) {
    Frame& frame = frames_.back();
    if (frame.opcode != Opcode::kIf || frame.has_else) return false;
    frame.has_else = true;
    // The then-arm's control goes on behind the end.
    if (is_live_) frame.is_targeted = true;
    Depart();
    if (frame.is_live) Arrive(next);
    return true;
  }

  void End(const uint8_t* next) {
    const Frame frame = frames_.back();
    frames_.pop_back();
    if (frames_.empty()) return Depart();
    const bool is_false_edge =
        frame.opcode == Opcode::kIf && !frame.has_else && frame.is_live;
    if (is_false_edge || (frame.is_targeted && frame.opcode != Opcode::kLoop)) {
      Arrive(next);
    }
  }

  bool Step(const Instruction& i, const uint8_t* next) {
    if (is_live_) fuel_ += StaticPrice(module_, i, schedule_);
    switch (i.opcode) {
      case Opcode::kBlock:
      case Opcode::kLoop:
        Open(i.opcode);
        return true;
      case Opcode::kIf:
        Open(i.opcode);
        return Branch(next);
      case Opcode::kElse:
        return Else(next);
      case Opcode::kEnd:
        End(next);
        return true;
      case Opcode::kBr:
        if (!Target(i.index)) return false;
        Depart();
        return true;
      case Opcode::kBrIf:
        return Target(i.index) && Branch(next);
      case Opcode::kBrTable:
        if (!TargetTable(i)) return false;
        Depart();
        return true;
      case Opcode::kReturn:
      case Opcode::kReturnCall:
      case Opcode::kReturnCallIndirect:
      case Opcode::kUnreachable:
        Depart();
        return true;
      default:
        return true;
    }
  }

  // A transfer with an edge to the next instruction.
  bool Branch(const uint8_t* next) {
    if (!is_live_) return true;
    Depart();
    Arrive(next);
    return true;
  }

  const Module& module_;
  const metering::Schedule& schedule_;
  RunSummary& summary_;
  std::vector<Frame> frames_;
  bool is_live_ = false;
  uint64_t fuel_ = 0;  // of the run from begin_ to here
  const uint8_t* begin_ = nullptr;
};

}  // namespace

uint64_t StaticPrice(const Module& module, const Instruction& i,
                     const metering::Schedule& schedule) {
  const OpcodeInfo& info = InfoOf(i.opcode);
  const uint64_t price = schedule.price(info.cost_class);
  uint32_t type = 0;
  switch (info.immediate) {
    case Immediate::kLabelTable:
      return price + metering::CeilDiv(uint64_t{i.index} + 1,
                                       schedule.branch_table_targets_per_fuel);
    case Immediate::kFunc:
      if (i.opcode == Opcode::kRefFunc) return price;
      if (i.index >= module.functions.size()) return price;
      type = module.functions[i.index];
      break;
    case Immediate::kTypeTable:
      type = i.index;
      break;
    default:
      return price;
  }
  if (type >= module.types.size()) return price;
  return price +
         uint64_t{schedule.call_parameter} * module.types[type].param_count;
}

bool SummarizeRuns(const Module& module, uint32_t function,
                   const metering::Schedule& schedule, RunSummary* summary) {
  *summary = RunSummary();
  return RunWalker(module, schedule, summary).Walk(function);
}

}  // namespace ashlar::wasm
