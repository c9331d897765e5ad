// Executes a record by the naive chain and says whether it agrees with the
// engine that made it.
#ifndef NAIVE_CHECK_H_
#define NAIVE_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "replay/archive.h"

namespace ashlar::naive {

enum class Agreement : uint8_t {
  kAgrees,
  kDiffers,
  kSkipped,  // it has something that the naive chain does not do
};

struct CheckResult {
  Agreement agreement = Agreement::kSkipped;
  // What differs, or why it was skipped.
  std::string reason;
};

// Compares class, trap, flags, data, fuel used and its minimum, the state
// afterwards, the events and the removed accounts. Skipped are executions
// without an answer, with resource limits or an exceeded limit, of other ABIs
// and entries, that call functions which the naive chain lacks, that read more
// than 1 MiB, or that used more than `fuel_max` fuel: it is much slower than
// the engine. `engine` has the record's profile and says which modules are
// valid. Statuses as replay::Verify.
absl::StatusOr<CheckResult> Check(const replay::Archive& archive, size_t index,
                                  engine::Engine* engine, uint64_t fuel_max);

}  // namespace ashlar::naive

#endif  // NAIVE_CHECK_H_
