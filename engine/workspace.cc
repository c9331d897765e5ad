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

std::shared_ptr<CompiledModule> Workspace::TakeModule() {
  if (modules_.empty()) return std::make_shared<CompiledModule>();
  std::shared_ptr<CompiledModule> module = std::move(modules_.back());
  modules_.pop_back();
  return module;
}

void Workspace::GiveBack(std::shared_ptr<CompiledModule> module) {
  modules_.push_back(std::move(module));
}

WorkspacePool::~WorkspacePool() {
  for (std::atomic<Workspace*>& place : places_) delete place.load();
}

std::unique_ptr<Workspace> WorkspacePool::Take() {
  for (std::atomic<Workspace*>& place : places_) {
    if (place.load(std::memory_order_relaxed) == nullptr) continue;
    Workspace* workspace = place.exchange(nullptr, std::memory_order_acquire);
    if (workspace != nullptr) return std::unique_ptr<Workspace>(workspace);
  }
  return std::make_unique<Workspace>();
}

void WorkspacePool::GiveBack(std::unique_ptr<Workspace> workspace) {
  for (std::atomic<Workspace*>& place : places_) {
    Workspace* expected = nullptr;
    if (place.compare_exchange_strong(expected, workspace.get(),
                                      std::memory_order_release,
                                      std::memory_order_relaxed)) {
      workspace.release();
      return;
    }
  }
}

}  // namespace ashlar::engine
