// Contract frames: which contracts are open in one execution, what each was
// called with, and what they share. ABIs read and change them; the driver in
// engine/ opens, runs and closes them.
#ifndef ENGINE_HOST_FRAMES_H_
#define ENGINE_HOST_FRAMES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/base/int128.h"
#include "engine/base/limits.h"
#include "engine/base/stack.h"
#include "engine/host/context.h"
#include "engine/host/resources.h"
#include "engine/host/transient_storage.h"
#include "engine/state/overlay.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"
#include "metering/schedule.h"

namespace ashlar::host {

// How a contract asked to end by a host function that never returns.
enum class Ending : uint8_t { kNone, kReturn, kTerminate };

// Where a nested call's results go in the caller's memory, kept while the
// callee runs.
struct PendingCall {
  uint32_t output_ptr = 0;
  uint32_t output_len_ptr = 0;
  uint32_t address_ptr = 0;  // instantiate only
  uint32_t address_len_ptr = 0;
  bool is_instantiate = false;
  bool is_tail_call = false;
};

class CallTree;

// One open contract.
struct Frame {
  CallTree* tree = nullptr;  // that it is in; set before its code runs
  // What it was called with.
  state::AccountId account;
  state::AccountId caller;
  base::Hash256 code_hash;
  base::Balance value = 0;
  base::Bytes input;
  // Nested: the module to load. The outermost one's is the driver's own.
  std::shared_ptr<const base::Bytes> module_bytes;
  // Fuel it may use at most; 0: all that is left (FUEL.md rule 8).
  uint64_t fuel_cap = 0;
  bool is_constructor = false;
  bool is_delegate = false;  // another module's code on its caller's account
  bool is_outermost_call = false;  // or a delegate of it
  bool read_only = false;

  // What it did.
  bool input_forwarded = false;
  bool allows_reentry = true;  // of its account, while it waits for a callee
  Ending ending = Ending::kNone;
  uint32_t return_flags = 0;
  base::Bytes return_data;
  PendingCall pending;
  uint64_t host_fuel = 0;  // charged by its host calls so far
};

// Everything that the frames of one execution share. Methods that answer bool
// give false where the running frame must end at once: then either
// no_outcome() holds or exceeded() names a limit. Not thread-safe.
class CallTree {
 public:
  // All arguments outlive the tree. `memory` holds its lists, as the overlay's.
  CallTree(state::Overlay* overlay, state::Reader* reader,
           const BlockContext* context, const base::Limits* limits,
           const metering::Schedule* schedule,
           const ResourceLimits* resource_limits,
           std::pmr::memory_resource* memory = std::pmr::new_delete_resource());

  base::Stack<Frame>& frames() { return frames_; }
  const base::Stack<Frame>& frames() const { return frames_; }
  Frame& top() { return frames_.back(); }
  state::Overlay& overlay() { return *overlay_; }
  TransientStorage& transient() { return transient_; }
  TrackedContext& context() { return context_; }
  const base::Limits& limits() const { return *limits_; }
  const metering::Schedule& schedule() const { return *schedule_; }

  // Both storages at once, for a frame's changes.
  void Checkpoint();
  void Commit();
  void Revert();

  // `result->found` is never kUnknown; the value is valid until the next
  // change of the state.
  bool Read(const state::KeyView& key, state::ReadView* result);
  // Changes; false where a limit on writes is exceeded.
  bool Put(const state::KeyView& key, base::Bytes value);
  bool Delete(const state::KeyView& key);
  bool Emit(state::Event event);
  // nullopt: the account has no code.
  bool CodeOf(const state::AccountId& account,
              std::optional<base::Hash256>* code_hash);
  bool SetCode(const state::AccountId& account, const base::Hash256& code_hash);
  bool Balance(const state::AccountId& account, base::Balance* balance);
  // Null where there is no such module.
  bool FindModule(const base::Hash256& hash,
                  std::shared_ptr<const base::Bytes>* bytes);
  // *paid is false where `from` cannot pay or would fall below the existential
  // deposit, or `to` would overflow; nothing has changed then. A value of 0 is
  // always paid and reads nothing.
  bool Transfer(const state::AccountId& from, const state::AccountId& to,
                base::Balance value, bool* paid);
  // All that `account` has goes to `beneficiary` and the account is removed.
  // *paid is false where the beneficiary would overflow.
  bool Terminate(const state::AccountId& account,
                 const state::AccountId& beneficiary, bool* paid);
  // Counts one nested call or instantiation.
  bool CountCall();
  // Takes note of the linear memory of all open frames; the second only so
  // that resources() knows it, where the execution ends anyway.
  bool NotePages(uint64_t pages);
  void SeePages(uint64_t pages);

  // Open frames of `account`, delegates not counted.
  uint32_t CountFrames(const state::AccountId& account) const;
  bool IsOnStack(const state::AccountId& account, size_t below) const;

  // The execution ends without an outcome: a status, or state is missing.
  bool no_outcome() const;
  const absl::Status& status() const { return status_; }
  const std::vector<base::Hash256>& missing_modules() const {
    return missing_modules_;
  }
  Resource exceeded() const { return exceeded_; }
  // A bound of the profile: `needed` is more than `limit`.
  void SetExceeded(Resource resource, uint64_t limit, uint64_t needed);
  void ClearExceeded() { exceeded_ = Resource::kNone; }
  // Notes the bound because of which the running frame is about to end; an
  // exceeded resource is noted already. TakeShortage gives it once.
  void NoteShortage(absl::string_view name, uint64_t limit, uint64_t needed);
  std::optional<LimitShortage> TakeShortage();
  Resources resources() const;
  // Modules looked for, by hash, and whether they were there.
  const std::pmr::map<base::Hash256, bool>& modules() const { return modules_; }

  // The running contract read its remaining fuel, at this place. Only the
  // first places are kept.
  void NoteFuelRead(uint32_t function, uint32_t offset);
  bool WantsFuelReads() const;  // whether another place would be kept
  struct FuelRead {
    state::AccountId account;
    uint32_t function = 0;
    uint32_t offset = 0;  // bytes from the module's start
  };
  const std::vector<FuelRead>& fuel_reads() const { return fuel_reads_; }

  // Bounded: what does not fit is dropped.
  void AddDebugMessage(absl::string_view message);
  std::vector<std::string>& debug_messages() { return debug_messages_; }

 private:
  bool CheckResources();

  state::Overlay* overlay_;
  state::Reader* reader_;
  TrackedContext context_;
  const base::Limits* limits_;
  const metering::Schedule* schedule_;
  const ResourceLimits* resource_limits_;
  base::Stack<Frame> frames_;
  TransientStorage transient_;
  absl::Status status_;
  std::vector<base::Hash256> missing_modules_;
  std::pmr::map<base::Hash256, bool> modules_;
  Resource exceeded_ = Resource::kNone;
  std::optional<LimitShortage> shortage_;
  uint64_t calls_ = 0;
  uint64_t peak_pages_ = 0;
  Resources checked_;  // at the last check
  std::vector<FuelRead> fuel_reads_;
  std::vector<std::string> debug_messages_;
  size_t debug_size_bytes_ = 0;
};

}  // namespace ashlar::host

#endif  // ENGINE_HOST_FRAMES_H_
