// What an execution answers: a contract's failure is data.
#ifndef ENGINE_OUTCOME_H_
#define ENGINE_OUTCOME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/host/resources.h"
#include "engine/interp/trap.h"
#include "engine/state/overlay.h"
#include "engine/wasm/violation.h"
#include "metering/fuel.h"

namespace ashlar::engine {

// Numbers are stable: digests hold them.
enum class OutcomeClass : uint8_t {
  kReturned = 1,
  kReverted = 2,
  kTrapped = 3,
  kOutOfFuel = 4,
  kLimitExceeded = 5,
  kModuleRejected = 6,
};
absl::string_view OutcomeName(OutcomeClass c);  // "returned", "out_of_fuel"

using host::Resource;
using host::ResourceName;
using host::Resources;

struct Outcome {
  OutcomeClass klass = OutcomeClass::kReturned;
  interp::Trap trap = interp::Trap::kNone;  // where kTrapped
  Resource limit = Resource::kNone;         // where kLimitExceeded
  uint32_t flags = 0;                       // of returned, reverted
  base::Bytes data;                         // likewise
  // Module violations where kModuleRejected: the first code is part of the
  // outcome, the rest is diagnostic.
  std::vector<wasm::Violation> violations;
};

// kProven: no smaller limit gives this outcome. kConditional: a contract read
// its remaining fuel, so only the tested limit is known to give it.
enum class Exactness : uint8_t { kProven = 1, kConditional = 2 };

// used: FUEL.md rule 9; minimum: rule 8. `by` is that of the outermost
// contract, and its sum is `used`.
struct Fuel {
  uint64_t limit = 0;
  uint64_t used = 0;
  uint64_t minimum = 0;
  Exactness exactness = Exactness::kProven;
  metering::FuelByCategory by;
};

struct Digests {
  base::Hash256 request;
  base::Hash256 reads;
  base::Hash256 effects;
  base::Hash256 receipt;
};

// A place in wasm, for people. Never part of a digest.
struct BacktraceFrame {
  state::AccountId account;
  uint32_t function = 0;
  uint32_t offset = 0;  // bytes from the module's start
  std::string name;     // of the name section, or empty
};

// What could not be paid for when fuel ran out, and where the money was going.
struct FuelShortage {
  metering::Category category = metering::Category::kCompute;
  uint64_t missing = 0;  // fuel, to this charge alone
  uint32_t depth = 0;    // 0: the outermost contract
};

using host::LimitShortage;

// How far a contract had come.
enum class Phase : uint8_t {
  kPrepare = 1,  // looking for module and entry, paying the value
  kCompile = 2,
  kInstantiate = 3,
  kStart = 4,  // its start function
  kRun = 5,    // its entry
};
absl::string_view PhaseName(Phase phase);  // "instantiate"

// A contract that was open when the execution failed.
struct OpenContract {
  state::AccountId account;
  base::Hash256 code_hash;
  base::Bytes entry;
  bool is_delegate = false;  // another module's code on its caller's account
  Phase phase = Phase::kPrepare;
  uint64_t fuel_limit = 0;
  // What it has used so far; kCalls holds what its callees have, also those
  // that are open.
  metering::FuelByCategory by;
  // The instruction that it was at: its call of the next one, or the failure.
  std::optional<BacktraceFrame> place;
};

// A contract that failed and whose caller went on.
struct NestedFailure {
  uint32_t depth = 0;
  state::AccountId account;
  base::Hash256 code_hash;
  Phase phase = Phase::kPrepare;
  OutcomeClass klass = OutcomeClass::kTrapped;
  interp::Trap trap = interp::Trap::kNone;  // where kTrapped
  Resource limit = Resource::kNone;         // where kLimitExceeded
  std::string message;
  std::string host_function;  // as in Diagnostics
  std::optional<BacktraceFrame> place;
};

// Never part of the outcome or of a digest.
struct Diagnostics {
  std::string message;
  std::vector<std::string> debug_messages;
  // Innermost first, of the contract that ended the execution.
  std::vector<BacktraceFrame> backtrace;
  std::optional<FuelShortage> shortage;  // where out_of_fuel
  // Where contracts read their remaining fuel (at most 16 places).
  std::vector<BacktraceFrame> fuel_reads;
  // Of an execution that failed (it neither returned nor reverted):
  std::optional<Phase> phase;  // of the innermost contract
  // "seal1.call": the imported function that was running, or empty.
  std::string host_function;
  // The bound that was too small, of a limit or of a trap that has one.
  std::optional<LimitShortage> limit_shortage;
  std::vector<OpenContract> call_path;  // outermost first
  // The first ones (at most kNestedFailuresMax), in their order; also where
  // the execution went well.
  std::vector<NestedFailure> nested_failures;
};
inline constexpr size_t kNestedFailuresMax = 16;

// A module that was looked for by its hash.
struct ModuleRead {
  base::Hash256 hash;
  bool present = false;

  friend bool operator==(const ModuleRead&, const ModuleRead&) = default;
};

struct Completed {
  Outcome outcome;
  Fuel fuel;
  Resources resources;
  std::vector<state::Effect> effects;
  std::vector<state::AccountId> removed_accounts;
  std::vector<state::Event> events;
  std::vector<state::ReadRecord> reads;
  // Names of context fields that were really read, in the order of
  // context.def.
  std::vector<std::string> context_reads;
  // Of nested contracts and of hashes given in the request; by hash.
  std::vector<ModuleRead> modules;
  Digests digests;
};

struct NeedsState {
  std::vector<state::Key> keys;
  std::vector<base::Hash256> modules;
};

struct ExecuteResult {
  std::optional<Completed> completed;  // exactly one of these two
  std::optional<NeedsState> needs_state;
  Diagnostics diagnostics;
};

}  // namespace ashlar::engine

#endif  // ENGINE_OUTCOME_H_
