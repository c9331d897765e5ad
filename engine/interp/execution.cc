#include "engine/interp/execution.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "engine/interp/code.h"
#include "engine/interp/internals.h"
#include "engine/interp/op.h"
#include "engine/interp/registers.h"
#include "engine/interp/special_code.h"

namespace ashlar::interp {
namespace {

// Slots behind the limit: links and results of host calls made at the very
// top, results of an entry from outside, and zeroing in groups of four.
constexpr size_t kSlackSlots = 2048;

// Fills in the offsets of frames that stand at pcs[...]; each function is
// looked at once, however many of the frames are its own.
void FindOffsets(absl::Span<const uint8_t* const> pcs,
                 std::vector<TraceFrame>* frames, std::shared_ptr<void>* kept) {
  std::vector<CodePlace> places(frames->size());
  // Those of one code stand together; which code comes first does not matter.
  std::vector<std::pair<const Code*, CodePlace*>> of_code;
  for (size_t i = 0; i < places.size(); ++i) {
    places[i] = {(*frames)[i].function, pcs[i], 0};
    of_code.push_back({(*frames)[i].instance->code, &places[i]});
  }
  std::sort(of_code.begin(), of_code.end(), [](const auto& a, const auto& b) {
    return std::less<const Code*>()(a.first, b.first);
  });
  std::vector<CodePlace*> chosen;
  for (size_t i = 0; i < of_code.size();) {
    const Code* const code = of_code[i].first;
    chosen.clear();
    while (i < of_code.size() && of_code[i].first == code) {
      chosen.push_back(of_code[i++].second);
    }
    code->find_offsets(*code, absl::MakeSpan(chosen), kept);
  }
  for (size_t i = 0; i < places.size(); ++i) {
    (*frames)[i].offset = places[i].offset;
  }
}

}  // namespace

Execution::Execution(uint32_t stack_slots_max) { Reset(stack_slots_max); }
Execution::~Execution() = default;

void Execution::Reset(uint32_t stack_slots_max) {
  const size_t capacity = size_t{stack_slots_max} + kSlackSlots;
  if (capacity > stack_capacity_) {
    // Not initialised: a frame's locals are zeroed by its own code.
    stack_.reset(new uint64_t[capacity]);
    stack_capacity_ = capacity;
  }
  stack_end_ = stack_.get() + stack_slots_max;
  slice_ = 0;
  reserve_ = 0;
  set_fuel_floor(0);
  memory_fuel_ = 0;
  pages_left_ = UINT64_MAX;
  pages_asked_ = 0;
  cancel_ = nullptr;
  profile_ = nullptr;
  activations_.clear();
  crossings_.clear();
  trap_ = Trap::kNone;
  trap_detail_.clear();
  out_of_fuel_ = {};
  host_instance_.memory = Memory::Empty();
}

uint64_t Execution::fuel_left() const { return slice_ + reserve_; }

void Execution::set_fuel_left(uint64_t fuel) {
  if (profile_ != nullptr) {
    profile_->Note(fuel_left());
    profile_->Rebase(fuel);
  }
  slice_ = 0;
  reserve_ = fuel;
}

Exit Execution::Enter(Func* func, absl::Span<const uint64_t> args) {
  Activation a;
  a.func = func;
  a.inst = func->instance != nullptr ? func->instance : &host_instance_;
  Internals::Attach(this, a.inst);
  a.base = activations_.empty() ? stack_.get() : activations_.back().top;
  a.crossings = crossings_.size();
  if (profile_ != nullptr) a.profile_depth = profile_->depth();
  a.pc = EnterActivationCode();
  a.top = a.base;
  if (func->host == nullptr) {
    func->entry = Internals::Translated(func->instance, func->entry);
  }
  const bool fits = func->host != nullptr || FitsStack(a.base, func);
  if (fits) {
    std::copy(args.begin(), args.end(), a.base);
    a.fp = a.base + args.size() + 2;
    a.fp[-1] = reinterpret_cast<uint64_t>(ExitActivationCode());
    a.fp[-2] = 0;
  }
  activations_.push_back(a);
  if (!fits) {
    trap_ = Trap::kCallStackExhausted;
    trap_detail_.clear();
    return Exit::kTrap;
  }
  if (func->host == nullptr &&
      !Take(LoadAs<uint32_t>(func->entry - 4), OutOfFuel::What::kRun)) {
    return Exit::kOutOfFuel;
  }
  return Exit::kDone;
}

bool Execution::FitsStack(const uint64_t* base, const Func* func) {
  const int64_t needed =
      int64_t{func->type->param_count} + 2 + LoadAs<int32_t>(func->entry - 8);
  stack_slots_needed_ = static_cast<uint64_t>(base - stack_.get() + needed);
  return needed <= stack_end_ - base;
}

bool Execution::Take(uint64_t fuel, OutOfFuel::What what) {
  if (fuel <= slice_) {
    slice_ -= fuel;
    return true;
  }
  const uint64_t left = slice_ + reserve_;
  if (floor_ != 0 && (fuel > left || left - fuel < floor_)) {
    is_at_floor_ = true;
    left_at_floor_ = static_cast<int64_t>(left - fuel);
    reserve_ = left;
    slice_ = 0;
    return false;
  }
  if (fuel > left) {
    out_of_fuel_ = {what, fuel - left,
                    what == OutOfFuel::What::kRun ? 0 : left};
    // Not set_fuel_left: what was left is used, also in a profile.
    slice_ = 0;
    reserve_ = 0;
    return false;
  }
  reserve_ = left - fuel;
  slice_ = 0;
  return true;
}

Exit Execution::Run() {
  Activation& a = activations_.back();
  Registers r;
  r.pc = a.pc;
  r.fp = a.fp;
  r.inst = a.inst;
  r.mem = a.inst->memory->handler_base();
  r.acc = a.suspended ? a.host_slots[0] : 0;
  r.fuel = slice_;
  // The host function that suspended is over.
  if (a.suspended && profile_ != nullptr) profile_->Leave(fuel_left());
  a.suspended = false;
  return RunHandlers(r);
}

absl::Span<const uint64_t> Execution::results() const {
  const Activation& a = activations_.back();
  return {a.base, a.func->type->result_count};
}

void Execution::Leave() {
  crossings_.resize(activations_.back().crossings);
  if (profile_ != nullptr) {
    profile_->Note(fuel_left());
    profile_->CutBackTo(activations_.back().profile_depth);
  }
  activations_.pop_back();
}

uint64_t* Execution::host_slots() const {
  return activations_.back().host_slots;
}

TraceFrame Execution::HostFunction() const {
  if (activations_.empty()) return {};
  const Activation& a = activations_.back();
  const bool is_inside = a.pc == nullptr || a.suspended;
  if (!is_inside || a.host == nullptr) return {};
  return {a.inst, a.host->index, 0};
}

std::vector<TraceFrame> Execution::Backtrace(size_t max, size_t below) const {
  std::vector<TraceFrame> frames;
  std::vector<const uint8_t*> pcs;
  if (below >= activations_.size()) return frames;
  const size_t level = activations_.size() - 1 - below;
  const Activation& a = activations_[level];
  const Instance* inst = a.inst;
  // Where it is to go on lies behind the call.
  const uint8_t* pc = a.suspended ? a.pc - 1 : a.pc;
  const uint64_t* fp = a.fp;
  size_t crossing =
      below == 0 ? crossings_.size() : activations_[level + 1].crossings;
  while (frames.size() < max && fp != nullptr) {
    uint32_t function = 0;
    if (inst->code != nullptr && inst->code->FindFunction(pc, &function)) {
      frames.push_back({inst, function, 0, fp});
      pcs.push_back(pc);
    }
    auto* back = reinterpret_cast<const uint8_t*>(fp[-1]);
    if (back == ExitActivationCode()) break;
    if (back == ReturnToInstanceCode() && crossing > a.crossings) {
      --crossing;
      inst = crossings_[crossing].inst;
      back = crossings_[crossing].pc;
    }
    pc = back - 1;  // inside the call
    fp = reinterpret_cast<const uint64_t*>(fp[-2]);
  }
  FindOffsets(pcs, &frames, &find_offsets_kept_);
  return frames;
}

bool HostCall::Charge(uint64_t fuel) {
  return execution_->Take(fuel, OutOfFuel::What::kHost);
}

HostResult HostCall::TrapWith(Trap trap, absl::string_view detail) {
  execution_->trap_ = trap;
  execution_->trap_detail_.assign(detail.data(), detail.size());
  return HostResult::kTrap;
}

}  // namespace ashlar::interp
