// Handlers of the seal ABI, one for each function named in abi.def. They are
// grouped by theme into storage.cc, calls.cc, context.cc, events.cc,
// crypto.cc; abi.def says what each does and what it costs.
#ifndef ENGINE_HOST_SEAL_HANDLERS_H_
#define ENGINE_HOST_SEAL_HANDLERS_H_

#include "engine/interp/execution.h"

// Not in the room's own namespace: the names are those of the table.
namespace ashlar::host::seal {

#define SEAL(function, module, name, names, type, status, work, doc) \
  interp::HostResult function(interp::HostCall& call);
#include "engine/host/seal/abi.def"

}  // namespace ashlar::host::seal

#endif  // ENGINE_HOST_SEAL_HANDLERS_H_
