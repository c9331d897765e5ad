// Says in a sentence where two answers part.
#ifndef REPLAY_DIFFERENCE_H_
#define REPLAY_DIFFERENCE_H_

#include <string>

#include "engine/outcome.h"

namespace ashlar::replay {

// "FIELD: recorded X, replayed Y" of the first field that differs, in the
// order outcome, fuel, changes, events, reads, resources, digests; empty where
// the answers are equal in all that a record holds.
std::string FirstDifference(const engine::Completed& recorded,
                            const engine::Completed& replayed);

// The same where the replay went beyond what was recorded and has no outcome.
std::string UnknownReads(const engine::NeedsState& needs);

}  // namespace ashlar::replay

#endif  // REPLAY_DIFFERENCE_H_
