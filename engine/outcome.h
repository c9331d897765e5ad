// What an execution answers: a contract's failure is data.
#ifndef ENGINE_OUTCOME_H_
#define ENGINE_OUTCOME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
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

// The resource whose limit was exceeded.
enum class Resource : uint8_t {
  kNone = 0,
  kReads,
  kReadBytes,
  kWrites,
  kWriteBytes,
  kEvents,
  kEventBytes,
  kPeakPages,
  kCalls,
  kInputSize,
  kReturnSize,
};
absl::string_view ResourceName(Resource r);

struct Resources {
  uint64_t reads = 0;
  uint64_t read_bytes = 0;
  uint64_t writes = 0;
  uint64_t write_bytes = 0;
  uint64_t events = 0;
  uint64_t event_bytes = 0;
  uint64_t peak_pages = 0;  // linear memory over the whole call tree
  uint64_t calls = 0;       // nested contract calls and instantiations
};

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

enum class Exactness : uint8_t { kProven = 1, kConditional = 2 };

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

// Never part of the outcome or of a digest.
struct Diagnostics {
  std::string message;
  std::vector<std::string> debug_messages;
  std::vector<BacktraceFrame> backtrace;
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
