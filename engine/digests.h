// The digests of an execution: BLAKE2b-256 over the canonical serialisation of
// engine/base/serial.h, field by field as engine/DIGESTS.md states.
#ifndef ENGINE_DIGESTS_H_
#define ENGINE_DIGESTS_H_

#include "engine/base/hash.h"
#include "engine/base/serial.h"
#include "engine/outcome.h"
#include "engine/request.h"

namespace ashlar::engine {

// Of everything that the request states: retry key and replay key. A module
// given by bytes and by hash digests alike.
base::Hash256 RequestDigest(const ExecuteRequest& request);

// Of what was read: state, context fields of `block`, modules.
base::Hash256 ReadsDigest(const Completed& completed,
                          const BlockContext& block);

// Of the outcome, the state changes and the events.
base::Hash256 EffectsDigest(const Completed& completed);

// Of request, effects and fuel used.
base::Hash256 ReceiptDigest(uint32_t semantics_version,
                            const base::Hash256& request,
                            const base::Hash256& effects, uint64_t fuel_used);

// All four. Reads nothing of `completed.digests`. `bytes_hash` is the hash of
// the request's module bytes, which are not hashed again; unused where the
// request has none. `scratch` is working memory to use again, or null.
Digests ComputeDigests(const ExecuteRequest& request,
                       const base::Hash256& bytes_hash,
                       uint32_t semantics_version, const Completed& completed,
                       base::Writer* scratch = nullptr);

}  // namespace ashlar::engine

#endif  // ENGINE_DIGESTS_H_
