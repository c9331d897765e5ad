// Cold paths of control: refills, traps, host and cross-instance calls.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/interp/internals.h"
#include "engine/interp/op.h"
#include "engine/interp/special_code.h"

namespace ashlar::interp {
namespace {

using Internals = Execution::Internals;

// Small enough that a cancelled execution stops within a millisecond.
constexpr uint64_t kSliceFuel = 100000;

uint64_t* FrameOf(uint64_t* base, uint32_t param_count) {
  return base + param_count + 2;
}

// Where the frame of a callee ends.
const uint64_t* FrameEnd(const uint64_t* frame, const uint8_t* entry) {
  return frame + LoadAs<int32_t>(entry - 8);
}

bool FrameFits(const Registers& r, const uint64_t* frame,
               const uint8_t* entry) {
  return FrameEnd(frame, entry) <= r.inst->stack_end;
}

// The frame that the call at pc, of one of these handlers, gives its callee.
const uint64_t* FrameOfCallee(const Registers& r, uint64_t handler) {
  const uint64_t* handlers = HandlerTable();
  if (handler == handlers[kOpReturnCallSame]) return r.fp;
  if (handler == handlers[kOpReturnCall]) {
    return FrameOf(r.fp - 2 - LoadAs<uint16_t>(r.pc + 10),
                   LoadAs<uint32_t>(r.pc + 12));
  }
  if (handler == handlers[kOpReturnCallIndirect]) {
    return FrameOf(r.fp - 2 - LoadAs<uint16_t>(r.pc + 20),
                   LoadAs<uint16_t>(r.pc + 22));
  }
  return r.fp + LoadAs<int16_t>(r.pc + 8);
}

// Resolves call_indirect's callee, or ends with the trap of rule 6.
uint64_t ResolveIndirect(Registers& r, uint32_t table_index, uint64_t element,
                         uint32_t type_id, const Func** out) {
  const Table* table = r.inst->tables[table_index];
  if (element >= table->elements.size()) {
    return Internals::StopWithTrap(r, Trap::kUndefinedElement, "");
  }
  const auto* f = reinterpret_cast<const Func*>(table->elements[element]);
  if (f == nullptr) {
    return Internals::StopWithTrap(r, Trap::kUninitializedElement,
                                   absl::StrCat(element));
  }
  const bool same =
      f->instance == r.inst
          ? f->type_id == type_id
          : wasm::SameType(*f->type, r.inst->module->types[type_id]);
  if (!same) {
    return Internals::StopWithTrap(r, Trap::kIndirectCallTypeMismatch, "");
  }
  *out = f;
  return kGoOn;
}

// Calls whatever `f` is; r.fp is the callee's frame and its links are set.
uint64_t CallAny(Registers& r, const Func* f) {
  if (f->host != nullptr) {
    return Internals::CallHost(r, f, r.fp - 2 - f->type->param_count);
  }
  return Internals::CallForeign(r, f);
}

// Moves a tail call's arguments to the caller's base and hands its links on.
void ReplaceFrame(Registers& r, uint32_t first_argument_slot,
                  uint32_t param_count, uint32_t callee_param_count) {
  uint64_t* base = r.fp - 2 - param_count;
  const uint64_t back = r.fp[-1];
  const uint64_t saved = r.fp[-2];
  MoveSlots(base, r.fp + static_cast<int16_t>(first_argument_slot),
            callee_param_count);
  uint64_t* frame = FrameOf(base, callee_param_count);
  frame[-1] = back;
  frame[-2] = saved;
  r.fp = frame;
}

}  // namespace

const uint8_t* Internals::Translated(Instance* inst, const uint8_t* entry) {
  if (LoadAs<int32_t>(entry - 8) != kLazyFrameSlots) return entry;
  const uint32_t function = LoadAs<uint32_t>(entry - 4);
  const uint8_t* translated = inst->code->functions[function].entry;
  // Where it is not the stub, somebody has kept the stub's address.
  if (translated == entry) {
    LazyCode* const lazy = inst->code->lazy;
    translated = lazy->translate(lazy, function);
  }
  inst->functions[function].entry = translated;
  return translated;
}

uint64_t Internals::NextSlice(Execution* e) {
  const uint64_t left = e->slice_ + e->reserve_;
  const uint64_t slice = std::min(left - std::min(left, e->floor_), kSliceFuel);
  e->slice_ = slice;
  e->reserve_ = left - slice;
  return slice;
}

uint64_t Internals::Stop(Registers& r, Exit exit) {
  Execution* e = r.inst->execution;
  Execution::Activation& a = e->activations_.back();
  a.pc = r.pc;
  a.fp = r.fp;
  a.inst = r.inst;
  e->slice_ = r.fuel;
  return ExitCode(exit);
}

uint64_t Internals::StopWithTrap(Registers& r, Trap trap, std::string detail) {
  Execution* e = r.inst->execution;
  e->trap_ = trap;
  e->trap_detail_ = std::move(detail);
  return Stop(r, Exit::kTrap);
}

uint64_t Internals::StopAtStack(Registers& r, const uint64_t* frame_end) {
  Execution* e = r.inst->execution;
  e->stack_slots_needed_ = static_cast<uint64_t>(frame_end - e->stack_.get());
  return StopWithTrap(r, Trap::kCallStackExhausted, "");
}

uint64_t Internals::Refill(Registers& r) {
  Execution* e = r.inst->execution;
  const uint64_t deficit = uint64_t{0} - r.fuel;
  if (e->floor_ != 0 && e->reserve_ < deficit + e->floor_) {
    e->is_at_floor_ = true;
    e->left_at_floor_ = static_cast<int64_t>(e->reserve_ - deficit);
    r.fuel = 0;
    return Stop(r, Exit::kOutOfFuel);
  }
  if (e->reserve_ < deficit) {
    e->out_of_fuel_ = {OutOfFuel::What::kRun, deficit - e->reserve_, 0};
    e->reserve_ = 0;
    r.fuel = 0;
    return Stop(r, Exit::kOutOfFuel);
  }
  e->reserve_ -= deficit;
  e->slice_ = 0;
  r.fuel = NextSlice(e);
  if (e->cancel_ != nullptr && e->cancel_->load(std::memory_order_relaxed)) {
    return Stop(r, Exit::kCancelled);
  }
  return kGoOn;
}

bool Internals::Charge(Registers& r, uint64_t cost, OutOfFuel::What what) {
#if defined(ASHLAR_UNMETERED)
  (void)r, (void)cost, (void)what;
  return true;
#else
  Execution* e = r.inst->execution;
  e->slice_ = r.fuel;
  const bool paid = e->Take(cost, what);
  r.fuel = e->slice_;
  return paid;
#endif
}

bool Internals::TakePages(Registers& r, uint32_t pages) {
  Execution* e = r.inst->execution;
  e->pages_asked_ = pages;
  if (pages > e->pages_left_) return false;
  e->pages_left_ -= pages;
  return true;
}

bool Internals::ChargeMemory(Registers& r, uint64_t cost,
                             OutOfFuel::What what) {
  if (!Charge(r, cost, what)) return false;
  r.inst->execution->memory_fuel_ += cost;
  return true;
}

uint64_t Internals::CallHost(Registers& r, const Func* f, uint64_t* slots) {
  Execution* e = r.inst->execution;
  const auto* back = reinterpret_cast<const uint8_t*>(r.fp[-1]);
  auto* saved = reinterpret_cast<uint64_t*>(r.fp[-2]);
  if (e->cancel_ != nullptr && e->cancel_->load(std::memory_order_relaxed)) {
    return Stop(r, Exit::kCancelled);
  }
  // No wasm instruction: a backtrace begins at the caller, by the links.
  r.pc = nullptr;
  Stop(r, Exit::kDone);
  {
    Execution::Activation& a = e->activations_.back();
    a.host_slots = slots;
    a.host = f;
    a.top = slots + f->type->param_count;
  }
  if (e->profile_ != nullptr) {
    e->profile_->Enter(
        {CallProfile::Kind::kHost, r.inst->profile_module, f->index},
        e->fuel_left(), 0);
  }
  HostCall call(e, r.inst, f, slots);
  const HostResult result = f->host(call);
  Execution::Activation& a = e->activations_.back();
  switch (result) {
    case HostResult::kDone:
      break;
    case HostResult::kTrap:
      return ExitCode(Exit::kTrap);
    case HostResult::kOutOfFuel:
      return ExitCode(Exit::kOutOfFuel);
    case HostResult::kSuspend:
      a.pc = back;
      a.fp = saved;
      a.suspended = true;
      return ExitCode(Exit::kSuspended);
  }
  if (e->profile_ != nullptr) e->profile_->Leave(e->fuel_left());
  r.pc = back;
  r.fp = saved;
  r.acc = slots[0];
  r.fuel = e->slice_;
  r.mem = r.inst->memory->handler_base();
  return kGoOn;
}

uint64_t Internals::CallForeign(Registers& r, const Func* f) {
  Execution* e = r.inst->execution;
  const uint8_t* const entry = Translated(f->instance, f->entry);
  if (!FrameFits(r, r.fp, entry)) {
    // A backtrace begins at the caller, by the links.
    r.pc = nullptr;
    e->activations_.back().host = nullptr;
    return StopAtStack(r, FrameEnd(r.fp, entry));
  }
  if (f->instance != r.inst &&
      r.fp[-1] != reinterpret_cast<uint64_t>(ReturnToInstanceCode())) {
    e->crossings_.push_back(
        {r.inst, reinterpret_cast<const uint8_t*>(r.fp[-1])});
    r.fp[-1] = reinterpret_cast<uint64_t>(ReturnToInstanceCode());
  }
  r.inst = f->instance;
  Attach(e, r.inst);
  r.mem = r.inst->memory->handler_base();
  r.pc = entry;
  if (!Charge(r, LoadAs<uint32_t>(entry - 4), OutOfFuel::What::kRun)) {
    return Stop(r, Exit::kOutOfFuel);
  }
  return kGoOn;
}

uint64_t Internals::EnterActivation(Registers& r) {
  Execution::Activation& a = r.inst->execution->activations_.back();
  if (a.func->host != nullptr) return CallHost(r, a.func, a.base);
  r.pc = a.func->entry;
  return kGoOn;
}

uint64_t Internals::ReturnToInstance(Registers& r) {
  Execution* e = r.inst->execution;
  const Execution::Crossing crossing = e->crossings_.back();
  e->crossings_.pop_back();
  r.inst = crossing.inst;
  r.pc = crossing.pc;
  r.mem = r.inst->memory->handler_base();
  return kGoOn;
}

uint64_t Internals::ProfileEnter(Registers& r) {
  const Execution* e = r.inst->execution;
  if (e->profile_ != nullptr) {
    // It is a function's first instruction: the header stands before it.
    e->profile_->Enter({CallProfile::Kind::kFunction, r.inst->profile_module,
                        LoadAs<uint32_t>(r.pc + 12)},
                       r.fuel + e->reserve_, LoadAs<uint32_t>(r.pc - 4));
  }
  r.pc += 16;
  return kGoOn;
}

uint64_t Internals::ProfileLeave(Registers& r) {
  const Execution* e = r.inst->execution;
  if (e->profile_ != nullptr) e->profile_->Leave(r.fuel + e->reserve_);
  r.pc += 16;
  return kGoOn;
}

uint64_t ColdTrap(Registers& r, Trap trap) {
  return Internals::StopWithTrap(r, trap, "");
}

uint64_t ColdRefill(Registers& r) { return Internals::Refill(r); }

uint64_t ColdImport(Registers& r) {
  const uint32_t index = LoadAs<uint32_t>(r.pc + 12);
  return CallAny(r, &r.inst->functions[index]);
}

// The stack has no room for the callee of the call at pc, or the callee is not
// translated yet: then it is, and the call is tried again.
uint64_t ColdNoFrame(Registers& r) {
  const uint64_t handler = LoadAs<uint64_t>(r.pc);
  const uint64_t* handlers = HandlerTable();
  const bool is_indirect = handler == handlers[kOpCallIndirect] ||
                           handler == handlers[kOpReturnCallIndirect];
  const uint8_t* entry = nullptr;
  if (is_indirect) {
    const Table* table = r.inst->tables[LoadAs<uint32_t>(r.pc + 16)];
    const auto element =
        static_cast<uint32_t>(r.fp[LoadAs<int16_t>(r.pc + 10)]);
    entry = reinterpret_cast<const Func*>(table->elements[element])->entry;
  } else {
    entry = LoadAs<const uint8_t*>(r.pc + 16);
  }
  const uint8_t* const translated = Internals::Translated(r.inst, entry);
  if (translated == entry) {
    return Internals::StopAtStack(r,
                                  FrameEnd(FrameOfCallee(r, handler), entry));
  }
  // Lazy code belongs to one execution, so nobody else runs it now.
  if (!is_indirect) {
    const Arena& arena = r.inst->code->arena;
    StoreAs(arena.base() + (r.pc - arena.base()) + 16, translated);
  }
  return kGoOn;
}

uint64_t ColdCallIndirect(Registers& r) {
  const uint64_t element =
      static_cast<uint32_t>(r.fp[LoadAs<int16_t>(r.pc + 10)]);
  const Func* f = nullptr;
  if (uint64_t exit = ResolveIndirect(r, LoadAs<uint32_t>(r.pc + 16), element,
                                      LoadAs<uint32_t>(r.pc + 12), &f);
      exit != kGoOn) {
    return exit;
  }
  uint64_t* frame = r.fp + LoadAs<int16_t>(r.pc + 8);
  frame[-1] = reinterpret_cast<uint64_t>(r.pc + 24);
  frame[-2] = reinterpret_cast<uint64_t>(r.fp);
  r.fp = frame;
  return CallAny(r, f);
}

uint64_t ColdReturnCallIndirect(Registers& r) {
  const uint64_t element =
      static_cast<uint32_t>(r.fp[LoadAs<int16_t>(r.pc + 10)]);
  const Func* f = nullptr;
  if (uint64_t exit = ResolveIndirect(r, LoadAs<uint32_t>(r.pc + 16), element,
                                      LoadAs<uint32_t>(r.pc + 12), &f);
      exit != kGoOn) {
    return exit;
  }
  const uint32_t params = LoadAs<uint16_t>(r.pc + 20);
  const uint32_t callee_params = f->type->param_count;
  // Before the frame is gone, so that the trap stands at this instruction.
  if (f->host == nullptr) {
    const uint8_t* const entry = Internals::Translated(f->instance, f->entry);
    const uint64_t* frame = FrameOf(r.fp - 2 - params, callee_params);
    if (!FrameFits(r, frame, entry)) {
      return Internals::StopAtStack(r, FrameEnd(frame, entry));
    }
  }
  ReplaceFrame(r, LoadAs<uint16_t>(r.pc + 8), params, callee_params);
  return CallAny(r, f);
}

uint64_t ColdProfileEnter(Registers& r) { return Internals::ProfileEnter(r); }

uint64_t ColdProfileLeave(Registers& r) { return Internals::ProfileLeave(r); }

uint64_t ColdEnterActivation(Registers& r) {
  return Internals::EnterActivation(r);
}

uint64_t ColdExitActivation(Registers& r) {
  return Internals::Stop(r, Exit::kDone);
}

uint64_t ColdReturnToInstance(Registers& r) {
  return Internals::ReturnToInstance(r);
}

}  // namespace ashlar::interp
