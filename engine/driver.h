// Drives one execution: opens the outermost contract, runs it, opens and
// closes the contracts it calls, and says how it ended. Nothing of a guest is
// on the native stack.
#ifndef ENGINE_DRIVER_H_
#define ENGINE_DRIVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/stack.h"
#include "engine/driver_contract.h"
#include "engine/estimation.h"
#include "engine/fuel_profile.h"
#include "engine/host/frames.h"
#include "engine/interp/call_profile.h"
#include "engine/mark.h"
#include "engine/module_cache.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/overlay.h"
#include "engine/state/reader.h"
#include "engine/workspace.h"
#include "metering/fuel.h"

namespace ashlar::engine {

// One use. Not thread-safe.
class Driver {
 public:
  // Everything given outlives the driver. REQUIRES: the request's operator
  // fields were checked; `profile` is the request's.
  Driver(const ExecuteRequest& request, const Profile& profile,
         state::Reader* reader, ModuleCache* cache, ValidModules* valid,
         Workspace* workspace, const std::atomic<bool>* cancel);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Notes where fuel goes; MakeProfile gives it. Changes nothing else.
  // REQUIRES: Run was not called yet (MakeProfile: it was).
  void EnableProfile();
  FuelProfile MakeProfile() const;

  // Notes which keys are written, also by what fails; MakeAccess gives them
  // with those read, by key. Changes nothing else. REQUIRES: as above.
  void EnableAccess();
  std::vector<Access> MakeAccess() const;

  // Stops before the first charge with which more than `fuel_mark` would be
  // used; then there is no outcome, but a mark. REQUIRES: as above.
  void StopAt(uint64_t fuel_mark);
  const std::optional<Mark>& mark() const { return mark_; }

  // See Engine::Execute. Digests are not filled in.
  absl::StatusOr<ExecuteResult> Run();

  // BLAKE2b-256 of the outermost module. REQUIRES: Run was called.
  const base::Hash256& module_hash() const { return module_hash_; }

 private:
  // How a contract ended.
  struct End {
    Outcome outcome;
    std::string message;
    FuelShortage shortage;
    std::optional<LimitShortage> limit_shortage;
    // Of failures that end the execution, filled in by ReportFailure.
    bool is_reported = false;
    std::optional<Phase> phase;
    std::string host_function;
    std::vector<BacktraceFrame> backtrace;
    std::vector<OpenContract> call_path;
  };
  using Contract = DriverContract;

  // The module of the request, its hash and its bytes: the end where the
  // execution cannot begin (or no outcome), else nullopt.
  std::optional<End> FindOutermostModule();
  bool FindByHash(const base::Hash256& hash);
  void PushOutermost();

  // Loads, instantiates and enters the top frame of the tree; nullopt where
  // it runs.
  std::optional<End> Open();
  std::optional<End> LoadModule(Contract* contract);
  std::optional<End> FindEntry(Contract* contract);
  // What comes with the call from outside: new code, the value.
  std::optional<End> BeginOutermost();
  std::optional<End> Instantiate(Contract* contract);
  std::optional<End> Enter(Contract* contract, uint32_t function);
  void Link(Contract* contract, std::vector<interp::Extern>* imports);
  // Runs the top contract until it ends (its end) or another one is on top
  // (nullopt).
  std::optional<End> Continue();
  // Closes the top contract and goes on with its caller: the caller's end, or
  // nullopt where it runs.
  std::optional<End> CloseNested(End end);
  // Commits or reverts, leaves, and gives back the top contract's memory.
  void Pop(const End& end);

  bool LoadForProfile(absl::string_view bytes, Contract* contract,
                      wasm::Violations* violations);
  End Rejected(const wasm::Violations& violations);
  void NoteCharge(metering::Category category, uint64_t fuel);
  std::optional<End> Charge(Contract* contract, metering::Category category,
                            uint64_t fuel);
  // Why a host function or a handler stopped the top contract: it returned, a
  // limit is exceeded, or it trapped.
  End EndOfTrap();
  End EndOfFuel();
  End EndOfLimit();
  End Trapped(interp::Trap trap, absl::string_view detail);
  bool no_outcome() const {
    return cancelled_ || mark_.has_value() || !status_.ok() ||
           tree_.no_outcome();
  }
  uint64_t PagesInUse() const;
  // Lets the top contract's memory grow as far as the request's limit goes.
  void BoundPages();
  absl::string_view EntryName(size_t depth) const;

  // Keeps the execution from using what the mark forbids; to be called where
  // what is left changed hands.
  void SetFuelFloor();
  // Whether a charge of the driver's own would; then the mark is made.
  bool IsBeyondMark(uint64_t fuel);
  // `left`: what the charge would have left to the top contract.
  End NoteMark(int64_t left);

  // Says where and why, while all that failed is still open.
  void ReportFailure(End* end);
  void NoteNestedFailure(const End& end);
  // Whether a caller goes on after this end of the top contract, or of one
  // that its shortage ends, too.
  bool IsCaught(const End& end) const;
  // What the contract has used, its closed callees included.
  metering::FuelByCategory ConsumedBy(size_t depth) const;
  std::optional<BacktraceFrame> PlaceOf(size_t depth) const;
  std::vector<OpenContract> CallPath() const;

  absl::StatusOr<ExecuteResult> NoOutcome();
  ExecuteResult Complete(End end);
  Fuel FuelReport(const End& end);

  const ExecuteRequest& request_;
  const Profile& profile_;
  ModuleCache* cache_;
  ValidModules* valid_;
  Workspace* workspace_;
  interp::Execution& execution_;
  // Of the lists of the three that follow, given back as a whole.
  std::pmr::monotonic_buffer_resource memory_;
  state::Overlay overlay_;
  host::CallTree tree_;
  base::Stack<Contract> contracts_;
  std::vector<base::Hash256> activated_;  // ascending
  // The outermost module's, and who owns it where the request does not.
  absl::string_view module_bytes_;
  std::shared_ptr<const base::Bytes> module_owner_;
  base::Hash256 module_hash_;
  absl::Status status_;
  bool cancelled_ = false;
  // For StopAt: fuel of the whole execution that stays unused.
  uint64_t kept_at_mark_ = 0;
  std::optional<Mark> mark_;
  std::vector<NestedFailure> nested_failures_;
  // For EnableAccess: written keys whose writes were taken back.
  std::set<state::Key> reverted_keys_;
  // For EnableProfile: the tree, and the modules that its frames name.
  struct ProfiledModule {
    base::Hash256 hash;
    std::shared_ptr<const CompiledModule> module;
  };
  std::unique_ptr<interp::CallProfile> calls_;
  std::vector<ProfiledModule> profile_modules_;
};

}  // namespace ashlar::engine

#endif  // ENGINE_DRIVER_H_
