// Storage that lives for one execution: written by a contract, seen by later
// calls of the same execution, gone after it, rolled back with its frames.
#ifndef ENGINE_HOST_TRANSIENT_STORAGE_H_
#define ENGINE_HOST_TRANSIENT_STORAGE_H_

#include <cstddef>
#include <map>
#include <memory_resource>
#include <optional>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/state/types.h"

namespace ashlar::host {

// Not thread-safe.
class TransientStorage {
 public:
  // `memory`, which outlives it, holds its checkpoints.
  explicit TransientStorage(
      std::pmr::memory_resource* memory = std::pmr::new_delete_resource())
      : checkpoints_(memory) {}

  // nullptr where there is none; valid until the next change.
  const base::Bytes* Get(const state::KeyView& key) const;
  void Put(const state::KeyView& key, base::Bytes value);
  void Delete(const state::KeyView& key);

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

  void Remember(const state::KeyView& key);

  std::map<state::Key, base::Bytes, state::KeyLess> values_;
  std::vector<Undo> undo_;
  std::pmr::vector<size_t> checkpoints_;  // sizes of undo_
};

}  // namespace ashlar::host

#endif  // ENGINE_HOST_TRANSIENT_STORAGE_H_
