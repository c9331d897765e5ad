#include "engine/host/transient_storage.h"

#include <utility>

#include "engine/base/check.h"

namespace ashlar::host {

const base::Bytes* TransientStorage::Get(const state::KeyView& key) const {
  const auto it = values_.find(key);
  return it == values_.end() ? nullptr : &it->second;
}

void TransientStorage::Remember(const state::KeyView& key) {
  const base::Bytes* old = Get(key);
  undo_.push_back({key.ToKey(), old == nullptr
                                    ? std::nullopt
                                    : std::optional<base::Bytes>(*old)});
}

void TransientStorage::Put(const state::KeyView& key, base::Bytes value) {
  Remember(key);
  values_.insert_or_assign(key.ToKey(), std::move(value));
}

void TransientStorage::Delete(const state::KeyView& key) {
  Remember(key);
  const auto it = values_.find(key);
  if (it != values_.end()) values_.erase(it);
}

void TransientStorage::Revert() {
  CHECK(!checkpoints_.empty());
  const size_t size = checkpoints_.back();
  checkpoints_.pop_back();
  while (undo_.size() > size) {
    Undo& undo = undo_.back();
    if (undo.value.has_value()) {
      values_.insert_or_assign(std::move(undo.key), *std::move(undo.value));
    } else {
      values_.erase(undo.key);
    }
    undo_.pop_back();
  }
}

void TransientStorage::Commit() {
  CHECK(!checkpoints_.empty());
  checkpoints_.pop_back();
}

}  // namespace ashlar::host
