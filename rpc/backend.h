// What the services stand on, and what all of them ask of it.
#ifndef RPC_BACKEND_H_
#define RPC_BACKEND_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/state/store.h"
#include "google/protobuf/message_lite.h"
#include "replay/flight.h"
#include "rpc/memory_budget.h"
#include "rpc/shadow.h"

namespace ashlar::rpc {

// Borrowed; all are thread-safe.
struct Backend {
  engine::Engine* engine = nullptr;
  state::VersionedStore* store = nullptr;
  MemoryBudget* memory = nullptr;            // null: not limited
  replay::FlightRecorder* flight = nullptr;  // null: nothing is written down
  Shadow* shadow = nullptr;                  // null: nothing is checked
  bool state_in_memory = false;
  uint64_t message_bytes_max = uint64_t{16} << 20;
};

// The profile whose digest a request gives. INVALID_ARGUMENT (not 32 bytes),
// FAILED_PRECONDITION (this server lacks it).
absl::StatusOr<const engine::Profile*> FindProfile(const Backend& backend,
                                                   absl::string_view digest);

// RESOURCE_EXHAUSTED where the answer is larger than a message may be. To be
// asked before anything is committed.
absl::Status CheckAnswerSize(const Backend& backend,
                             const google::protobuf::MessageLite& answer);

// INVALID_ARGUMENT where it is no namespace's name.
absl::Status CheckNamespace(absl::string_view name_space);

}  // namespace ashlar::rpc

#endif  // RPC_BACKEND_H_
