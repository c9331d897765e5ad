// What an execution needs and the next one can use again: memories, the slot
// stack, stores, code space. One execution at a time uses a workspace.
#ifndef ENGINE_WORKSPACE_H_
#define ENGINE_WORKSPACE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/serial.h"
#include "engine/compile/scratch.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "engine/loader.h"

namespace ashlar::engine {

// Not thread-safe.
class Workspace {
 public:
  Workspace() : execution_(0) {}

  interp::Execution& execution() { return execution_; }
  compile::Scratch* scratch() { return &scratch_; }
  // To link a module's imports in, and to digest in.
  std::vector<interp::Extern>* imports() { return &imports_; }
  base::Writer* writer() { return &writer_; }
  // For what a call keeps of its contracts and of the state; more of it comes
  // from the heap.
  absl::Span<std::byte> buffer() { return absl::MakeSpan(buffer_); }
  // An empty store over this workspace's memories.
  std::unique_ptr<interp::Store> TakeStore();
  void GiveBack(std::unique_ptr<interp::Store> store);
  // A module to load into, for one contract of one execution.
  std::shared_ptr<CompiledModule> TakeModule();
  void GiveBack(std::shared_ptr<CompiledModule> module);

 private:
  interp::MemoryPool pool_;  // outlives the stores
  interp::Execution execution_;
  compile::Scratch scratch_;
  std::vector<interp::Extern> imports_;
  base::Writer writer_;
  alignas(std::max_align_t) std::array<std::byte, 16 * 1024> buffer_;
  std::vector<std::unique_ptr<interp::Store>> stores_;
  std::vector<std::shared_ptr<CompiledModule>> modules_;
};

// Workspaces that no execution uses now, as many as it has places for.
// Thread-safe.
class WorkspacePool {
 public:
  WorkspacePool() = default;
  ~WorkspacePool();
  WorkspacePool(const WorkspacePool&) = delete;
  WorkspacePool& operator=(const WorkspacePool&) = delete;

  std::unique_ptr<Workspace> Take();
  void GiveBack(std::unique_ptr<Workspace> workspace);

 private:
  std::array<std::atomic<Workspace*>, 64> places_{};
};

}  // namespace ashlar::engine

#endif  // ENGINE_WORKSPACE_H_
