// Executes records again, over nothing but what they hold, and compares.
#ifndef REPLAY_VERIFY_H_
#define REPLAY_VERIFY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/state/reader.h"
#include "replay/archive.h"
#include "replay/record.h"

namespace ashlar::replay {

// Where modules are that a file names but does not hold; null: nowhere.
using ModuleSource = absl::FunctionRef<std::shared_ptr<const base::Bytes>(
    const base::Hash256& hash)>;
std::shared_ptr<const base::Bytes> NoModules(const base::Hash256& hash);

// The state that a record holds: what it does not say is unknown. Borrows all
// that it is given.
class RecordedState : public state::Reader {
 public:
  RecordedState(const Record& record, const Archive& archive,
                ModuleSource modules)
      : record_(record), archive_(archive), modules_(modules) {}

  absl::StatusOr<state::ReadResult> Read(const state::Key& key) override;
  // NOT_FOUND: the record says that it is there, and it is nowhere.
  absl::StatusOr<state::ModuleResult> Module(
      const base::Hash256& hash) override;

 private:
  const Record& record_;
  const Archive& archive_;
  ModuleSource modules_;
};

// The request as it was made. NOT_FOUND: its module's bytes are nowhere.
// INVALID_ARGUMENT: no request gives no bytes with that entry.
absl::StatusOr<engine::ExecuteRequest> RequestOf(const Record& record,
                                                 const Archive& archive,
                                                 ModuleSource modules);

struct Verdict {
  bool is_match = false;
  // Of a mismatch: the field and both values, in a sentence.
  std::string first_difference;
  // Of the execution that was just made; empty where it had no outcome.
  std::optional<engine::OutcomeClass> outcome;
  uint64_t fuel_used = 0;
};

// Executes one record of the archive again. INVALID_ARGUMENT (malformed: names
// the byte), FAILED_PRECONDITION (the engine lacks the profile or its semantics
// version), NOT_FOUND (a module), CANCELLED, RESOURCE_EXHAUSTED. Thread-safe.
// `execute` is how that is done: Engine::Execute, or what stands around it.
using ExecuteFunction = absl::FunctionRef<absl::StatusOr<engine::ExecuteResult>(
    const engine::ExecuteRequest&, state::Reader*)>;
absl::StatusOr<Verdict> Verify(const Archive& archive, const Record& record,
                               const engine::ProfileSet& profiles,
                               ModuleSource modules, ExecuteFunction execute);

// The same for the record at `index`.
absl::StatusOr<Verdict> Verify(const Archive& archive, size_t index,
                               engine::Engine* engine, ModuleSource modules,
                               const std::atomic<bool>* cancel);

// What the same call would have cost under another profile: over the recorded
// state, with all the fuel there is.
struct Repriced {
  // Empty where the other prices made it read what was not recorded.
  std::optional<engine::OutcomeClass> outcome;
  uint64_t fuel_used = 0;
  // Whether the recorded limit would have been enough.
  bool is_within_limit = false;
};

// REQUIRES: the engine has the profile. Statuses as Verify.
absl::StatusOr<Repriced> Reprice(const Archive& archive, const Record& record,
                                 const base::Hash256& profile,
                                 engine::Engine* engine, ModuleSource modules,
                                 const std::atomic<bool>* cancel);

// The record's profile. FAILED_PRECONDITION: the set lacks it, or it is of
// another semantics version.
absl::StatusOr<const engine::Profile*> ProfileOf(
    const Record& record, const engine::ProfileSet& profiles);

}  // namespace ashlar::replay

#endif  // REPLAY_VERIFY_H_
