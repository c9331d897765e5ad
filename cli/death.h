// Records of executions that never ended: whether they kill this process, too.
#ifndef CLI_DEATH_H_
#define CLI_DEATH_H_

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "replay/archive.h"
#include "replay/record.h"
#include "replay/verify.h"

namespace ashlar::cli {

// Executes in a process of its own. A match where that dies by a signal, as
// the first one did. REQUIRES: this process has one thread.
absl::StatusOr<replay::Verdict> ReplayDeath(const replay::Archive& archive,
                                            const replay::Record& record,
                                            engine::Engine* engine,
                                            replay::ModuleSource modules);

}  // namespace ashlar::cli

#endif  // CLI_DEATH_H_
