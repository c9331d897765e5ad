// What handlers and cold paths see of an Execution.
#ifndef ENGINE_INTERP_INTERNALS_H_
#define ENGINE_INTERP_INTERNALS_H_

#include "engine/interp/execution.h"
#include "engine/interp/registers.h"

namespace ashlar::interp {

struct Execution::Internals {
  // Makes `inst` the one that runs.
  static void Attach(Execution* e, Instance* inst) {
    inst->execution = e;
    inst->stack_end = e->stack_end_;
  }
  // The next slice for the handlers, from what is left.
  static uint64_t NextSlice(Execution* e);
  // Pays the deficit that a handler's charge left (`fuel` wrapped below 0).
  static uint64_t Refill(Registers& r);
  // Pays `cost` at once; false: r holds no fuel and the execution knows why.
  static bool Charge(Registers& r, uint64_t cost, OutOfFuel::What what);
  // As Charge, for the dynamic part of memory and table instructions.
  static bool ChargeMemory(Registers& r, uint64_t cost, OutOfFuel::What what);
  // Takes note of a memory's growth; false: it is beyond the limit.
  static bool TakePages(Registers& r, uint32_t pages);
  // What ChargeMemory notes, where a handler has paid.
  static void NoteMemoryFuel(Instance* inst, uint64_t cost) {
    inst->execution->memory_fuel_ += cost;
  }
  // Saves where the execution stands; answers what the handler returns.
  static uint64_t Stop(Registers& r, Exit exit);
  static uint64_t StopWithTrap(Registers& r, Trap trap, std::string detail);
  // The stack has no room for a frame up to `frame_end`.
  static uint64_t StopAtStack(Registers& r, const uint64_t* frame_end);
  // Calls a host function; arguments at `slots`, links at r.fp.
  static uint64_t CallHost(Registers& r, const Func* f, uint64_t* slots);
  // Enters a function of another instance; r.fp is its frame, links are set.
  static uint64_t CallForeign(Registers& r, const Func* f);
  // The code at `entry` of a function of `inst`, translated now where it was
  // not yet.
  static const uint8_t* Translated(Instance* inst, const uint8_t* entry);
  static uint64_t EnterActivation(Registers& r);
  static uint64_t ReturnToInstance(Registers& r);
  static uint64_t ProfileEnter(Registers& r);
  static uint64_t ProfileLeave(Registers& r);
};

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_INTERNALS_H_
