// Storage that lives for one execution: written by a contract, seen by later
// calls of the same execution, gone after it, rolled back with its frames.
#ifndef ENGINE_HOST_TRANSIENT_STORAGE_H_
#define ENGINE_HOST_TRANSIENT_STORAGE_H_

#include <map>
#include <optional>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/state/types.h"

namespace ashlar::host {

// Not thread-safe.
class TransientStorage {
 public:
  // nullptr where there is none; valid until the next change.
  const base::Bytes* Get(const state::Key& key) const;
  void Put(const state::Key& key, base::Bytes value);
  void Delete(const state::Key& key);

  // Nest like those of state::Overlay.
  void Checkpoint() { checkpoints_.push_back(undo_.size()); }
  // REQUIRES: a checkpoint is open.
  void Revert();
  void Commit();

 private:
  struct Undo {
    state::Key key;
    std::optional<base::Bytes> value;  // before the change
  };

  void Remember(const state::Key& key);

  std::map<state::Key, base::Bytes> values_;
  std::vector<Undo> undo_;
  std::vector<size_t> checkpoints_;  // sizes of undo_
};

}  // namespace ashlar::host

#endif  // ENGINE_HOST_TRANSIENT_STORAGE_H_
