// The facade: bytes, a call and a state view in, an outcome out.
#ifndef ENGINE_ENGINE_H_
#define ENGINE_ENGINE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/digests.h"
#include "engine/estimation.h"
#include "engine/fuel_profile.h"
#include "engine/inspection.h"
#include "engine/mark.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/reader.h"
#include "engine/wasm/violation.h"

namespace ashlar::engine {

struct EngineOptions {
  const ProfileSet* profiles = nullptr;  // null: the built-in ones
  // Of compiled code; 0 switches the module cache off. What it holds never
  // changes an outcome.
  uint64_t cache_size_bytes = 64 << 20;
  // Whether modules that this engine has validated are remembered, and then
  // translated only as far as they are called where the cache does not hold
  // them. Never changes an outcome either.
  bool remembers_valid_modules = true;
};

// Thread-safe: any number of Execute calls at once.
class Engine {
 public:
  explicit Engine(const EngineOptions& options);
  ~Engine();

  // Executes against `reader`; does not commit: the caller applies effects.
  // `cancel` may be null. `reader` is used by this call alone.
  // Statuses (no outcome exists): INVALID_ARGUMENT (missing or out-of-range
  // operator fields), FAILED_PRECONDITION (unknown profile), NOT_FOUND (a
  // module hash the reader knows to be absent, for the outermost module),
  // RESOURCE_EXHAUSTED (no memory), CANCELLED (flag set), or the reader's
  // own. Everything a transaction's sender controls (module bytes, entry,
  // input, value, callee) gives an Outcome.
  absl::StatusOr<ExecuteResult> Execute(const ExecuteRequest& request,
                                        state::Reader* reader,
                                        const std::atomic<bool>* cancel);

  // Execute that also says where the fuel went: `*profile` sums to the fuel
  // used. Outcome, fuel and digests are those of Execute.
  absl::StatusOr<ExecuteResult> ExecuteProfiled(const ExecuteRequest& request,
                                                state::Reader* reader,
                                                const std::atomic<bool>* cancel,
                                                FuelProfile* profile);

  // Execute that also says what was touched and needed. Where a contract read
  // its remaining fuel (the minimum is then only what was tested) it executes
  // once more with the fuel that was used: where the effects are the same, that
  // is the tested limit. Statuses as Execute. What an estimate is to assume
  // about the state, `reader` answers (state/overrides.h).
  absl::StatusOr<Estimation> Estimate(const ExecuteRequest& request,
                                      state::Reader* reader,
                                      const std::atomic<bool>* cancel);

  // Execute up to a fuel mark: stops before the first charge with which more
  // than `fuel_mark` would be used, and says where in `*mark`; the result then
  // is without a meaning. Where the execution ends before, `*mark` is empty and
  // the result that of Execute. What contracts see of their fuel is that of
  // Execute, too. Statuses as Execute.
  absl::StatusOr<ExecuteResult> ExecuteToMark(const ExecuteRequest& request,
                                              state::Reader* reader,
                                              uint64_t fuel_mark,
                                              std::optional<Mark>* mark,
                                              const std::atomic<bool>* cancel);

  // All violations of a module under a profile; empty: it is accepted.
  absl::StatusOr<std::vector<wasm::Violation>> ValidateModule(
      absl::string_view module_bytes, const base::Hash256& profile);

  // The static report (inspection.h), where the machine may lack memory for it.
  absl::StatusOr<Inspection> Inspect(absl::string_view module_bytes,
                                     const base::Hash256& profile);

  const ProfileSet& profiles() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::engine

#endif  // ENGINE_ENGINE_H_
