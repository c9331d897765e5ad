// Nested contract calls of the seal ABI, seen by the driver: a handler pushes
// the callee's frame on the tree and suspends; the driver runs the callee and
// then hands its end to ResumeCall.
#ifndef ENGINE_HOST_SEAL_CALLS_H_
#define ENGINE_HOST_SEAL_CALLS_H_

#include "engine/host/frames.h"
#include "engine/interp/execution.h"

namespace ashlar::host {

// How a callee ended, as its caller may see it.
enum class CalleeEnd : uint8_t { kReturned, kReverted, kTrapped };

// Finishes the caller's host function: writes the callee's output (and a new
// contract's address), charged to the caller, and the return code. `call` is
// that of the suspended caller, with its fuel restored; the callee's frame is
// off the tree. Answers kDone where the caller runs on; kTrap or kOutOfFuel
// where it ends (a tail call ends it by its frame's `ending`).
interp::HostResult ResumeCall(interp::HostCall& call, CallTree* tree,
                              CalleeEnd end, const Frame& callee);

}  // namespace ashlar::host

#endif  // ENGINE_HOST_SEAL_CALLS_H_
