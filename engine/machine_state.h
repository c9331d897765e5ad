// What wasm knows of a running instance, as bytes that do not depend on how it
// is executed.
#ifndef ENGINE_MACHINE_STATE_H_
#define ENGINE_MACHINE_STATE_H_

#include "absl/types/span.h"
#include "engine/base/serial.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"

namespace ashlar::engine {

// Appends globals, memory, tables and frames: of each frame the function, the
// place, and its parameters and locals. A reference to a function is its index
// in `instance` plus one, 0 is null; of other references only whether they are
// null. REQUIRES: the frames are of one execution that is stopped, and of this
// instance.
void WriteMachineState(const interp::Instance& instance,
                       absl::Span<const interp::TraceFrame> frames,
                       base::Writer* writer);

}  // namespace ashlar::engine

#endif  // ENGINE_MACHINE_STATE_H_
