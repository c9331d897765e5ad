// The facade: bytes, a call and a state view in, an outcome out.
#ifndef ENGINE_ENGINE_H_
#define ENGINE_ENGINE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/state/reader.h"

namespace ashlar::engine {

// FUEL.md rule 7: what the request says of each module; consensus data.
enum class Activation : uint8_t { kFresh = 1, kActivated = 2 };

struct BlockContext {
  uint64_t number = 0;
  uint64_t timestamp_ms = 0;
  base::Hash256 random{};                 // seal random
  unsigned __int128 minimum_balance = 1;  // existential deposit
  unsigned __int128 fee_per_fuel = 1;     // weight_to_fee
  uint64_t instantiation_nonce = 0;
  bool caller_is_root = false;
  // Of the outermost call; nested ones are never the origin.
  bool caller_is_origin = true;
};

// 0: no limit beyond the profile's.
struct ResourceLimits {
  uint64_t reads = 0;
  uint64_t read_bytes = 0;
  uint64_t writes = 0;
  uint64_t write_bytes = 0;
  uint64_t events = 0;
  uint64_t event_bytes = 0;
  uint64_t peak_pages = 0;
  uint64_t calls = 0;
};

struct ExecuteRequest {
  base::Hash256 profile;  // required
  // The outermost module: its bytes, or (bytes empty) its hash, found by the
  // reader. `deploy` makes callee's code be that module.
  base::Bytes module_bytes;
  base::Hash256 module_hash{};
  Activation activation = Activation::kFresh;
  // Modules of nested calls that are activated, by hash; others are fresh.
  std::vector<base::Hash256> activated;
  base::Bytes entry;
  base::Bytes input;
  uint64_t fuel_limit = 0;  // 1 .. 2^56
  state::AccountId caller{};
  state::AccountId callee{};
  unsigned __int128 value = 0;
  BlockContext block;
  ResourceLimits limits;
};

struct EngineOptions {
  const ProfileSet* profiles = nullptr;  // null: the built-in ones
  // Of compiled code; 0 switches the module cache off. What it holds never
  // changes an outcome.
  uint64_t cache_size_bytes = 64 << 20;
};

// Thread-safe: any number of Execute calls at once.
class Engine {
 public:
  explicit Engine(const EngineOptions& options);
  ~Engine();

  // Executes against `reader`; does not commit: the caller applies effects.
  // Statuses (no outcome exists): INVALID_ARGUMENT (missing or out-of-range
  // operator fields), FAILED_PRECONDITION (unknown profile), NOT_FOUND (a
  // module hash the reader knows to be absent, for the outermost module),
  // RESOURCE_EXHAUSTED (no memory), CANCELLED (flag set), or the reader's
  // own. Everything a transaction's sender controls (module bytes, entry,
  // input, value, callee) gives an Outcome.
  absl::StatusOr<ExecuteResult> Execute(const ExecuteRequest& request,
                                        state::Reader* reader,
                                        const std::atomic<bool>* cancel);

  // All violations of a module under a profile; empty: it is accepted.
  absl::StatusOr<std::vector<wasm::Violation>> ValidateModule(
      absl::string_view module_bytes, const base::Hash256& profile);

  const ProfileSet& profiles() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The request digest (ARCHITECTURE.md decision 10): retry key and replay key.
base::Hash256 RequestDigest(const ExecuteRequest& request);

}  // namespace ashlar::engine

#endif  // ENGINE_ENGINE_H_
