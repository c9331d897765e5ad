#include "engine/workspace.h"

#include <utility>

namespace ashlar::engine {

std::unique_ptr<interp::Store> Workspace::TakeStore() {
  if (stores_.empty()) return std::make_unique<interp::Store>(&pool_);
  std::unique_ptr<interp::Store> store = std::move(stores_.back());
  stores_.pop_back();
  return store;
}

void Workspace::GiveBack(std::unique_ptr<interp::Store> store) {
  store->Clear();
  stores_.push_back(std::move(store));
}

std::unique_ptr<Workspace> WorkspacePool::Take() {
  {
    const absl::MutexLock lock(&mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Workspace> workspace = std::move(free_.back());
      free_.pop_back();
      return workspace;
    }
  }
  return std::make_unique<Workspace>();
}

void WorkspacePool::GiveBack(std::unique_ptr<Workspace> workspace) {
  const absl::MutexLock lock(&mutex_);
  free_.push_back(std::move(workspace));
}

}  // namespace ashlar::engine
