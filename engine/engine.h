// The facade: bytes, a call and a state view in, an outcome out.
#ifndef ENGINE_ENGINE_H_
#define ENGINE_ENGINE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/host/context.h"
#include "engine/host/resources.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"
#include "engine/wasm/violation.h"

namespace ashlar::engine {

// FUEL.md rule 7: what the request says of each module; consensus data.
enum class Activation : uint8_t { kFresh = 1, kActivated = 2 };

using host::BlockContext;
using host::ResourceLimits;

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
