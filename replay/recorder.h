// Records an execution by standing between it and its state: the engine does
// not know that it is recorded.
#ifndef REPLAY_RECORDER_H_
#define REPLAY_RECORDER_H_

#include <memory>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"
#include "replay/archive.h"
#include "replay/record.h"

namespace ashlar::replay {

enum class Modules : uint8_t { kAttached, kByHash };

// Gives what `below` gives and keeps it. One recorder, one execution.
class Recorder : public state::Reader {
 public:
  // `below` outlives the recorder.
  explicit Recorder(state::Reader* below) : below_(below) {}

  absl::StatusOr<state::ReadResult> Read(const state::Key& key) override;
  absl::StatusOr<state::ModuleResult> Module(
      const base::Hash256& hash) override;

  // Adds the record to `file`, with the modules unless they are only to be
  // named. REQUIRES: `completed` is the answer to `request` under `profile`,
  // executed over this reader.
  void AddTo(const engine::ExecuteRequest& request,
             const engine::Profile& profile, const engine::Completed& completed,
             Modules modules, ArchiveWriter* file) const;

 private:
  state::Reader* const below_;
  absl::btree_map<state::Key, state::ReadResult> reads_;
  absl::btree_map<base::Hash256, std::shared_ptr<const base::Bytes>> modules_;
};

}  // namespace ashlar::replay

#endif  // REPLAY_RECORDER_H_
