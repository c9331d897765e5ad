// Finds where two executions part, by executing both again to fuel marks.
#ifndef REPLAY_BISECT_H_
#define REPLAY_BISECT_H_

#include <atomic>
#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/base/hash.h"
#include "engine/engine.h"
#include "engine/mark.h"
#include "engine/outcome.h"
#include "replay/archive.h"
#include "replay/record.h"
#include "replay/verify.h"

namespace ashlar::replay {

// One of the two: a record, executed by an engine, under the record's profile
// or another one. Borrowed.
struct Side {
  const Archive* archive = nullptr;
  const Record* record = nullptr;
  engine::Engine* engine = nullptr;
  base::Hash256 profile;  // zeros: the record's
};

// Where one side stands with so much fuel: at a mark, or it ended before it.
// Neither: it needs state that was not recorded.
struct Standing {
  std::optional<engine::Mark> mark;
  std::optional<engine::Completed> completed;
};

struct Parting {
  bool is_found = false;
  // With this fuel they stand alike, unless they part at the first charge ...
  std::optional<Standing> common;
  // ... and with this they do not.
  uint64_t fuel = 0;
  Standing a;
  Standing b;
};

// How one side stands with so much fuel. Statuses as Verify.
absl::StatusOr<Standing> StandAt(const Side& side, uint64_t fuel,
                                 ModuleSource modules,
                                 const std::atomic<bool>* cancel);

// The same as a function, which may ask another process.
using StandFunction =
    absl::FunctionRef<absl::StatusOr<Standing>(uint64_t fuel)>;

// The first fuel mark with which the two stand differently. They are compared
// at eight marks a round, and from the first that differs the next round goes
// on; two that part and meet again between two marks are not told apart.
// Statuses are those of the functions.
absl::StatusOr<Parting> Bisect(StandFunction a, StandFunction b);
absl::StatusOr<Parting> Bisect(const Side& a, const Side& b,
                               ModuleSource modules,
                               const std::atomic<bool>* cancel);

}  // namespace ashlar::replay

#endif  // REPLAY_BISECT_H_
