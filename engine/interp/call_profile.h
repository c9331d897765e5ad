// Where fuel went: a tree of call paths with the fuel each used itself. Filled
// by an execution whose code was translated for profiling; what is charged is
// the same with and without it.
#ifndef ENGINE_INTERP_CALL_PROFILE_H_
#define ENGINE_INTERP_CALL_PROFILE_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"

namespace ashlar::interp {

// Not thread-safe. Bounded: beyond kNodesMax paths, what a new path uses
// counts for the path that it would have been added to.
class CallProfile {
 public:
  static constexpr size_t kNodesMax = 1 << 20;
  static constexpr uint32_t kRoot = 0;

  enum class Kind : uint8_t { kRoot, kFunction, kHost, kCompile, kInstantiate };
  // What a node stands for. `module` is Instance::profile_module of the
  // instance whose function it is (kHost: that imports it).
  struct Frame {
    Kind kind = Kind::kRoot;
    uint32_t module = 0;
    uint32_t function = 0;  // index in the module; kHost: the imported one's
    friend bool operator==(const Frame&, const Frame&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Frame& f) {
      return H::combine(std::move(h), f.kind, f.module, f.function);
    }
  };
  struct Node {
    Frame frame;
    uint32_t parent = kRoot;
    uint64_t fuel = 0;   // its own, without its callees'
    uint64_t calls = 0;  // how often it was entered
  };

  CallProfile();

  // The fuel that is left changed, and not by a charge (a child's limit).
  void Rebase(uint64_t fuel_left) { last_left_ = fuel_left; }
  // What was charged since the last event counts for the path on top.
  void Note(uint64_t fuel_left);
  // A call. `prepaid` of what was charged before it is the callee's.
  void Enter(const Frame& frame, uint64_t fuel_left, uint64_t prepaid);
  void Leave(uint64_t fuel_left);
  // A charge of its own, below the path on top. Note() comes first, Rebase()
  // after it.
  void Add(Kind kind, uint32_t module, uint64_t fuel);

  // Open calls, to come back to where calls were cut short by a trap.
  size_t depth() const { return open_.size(); }
  void CutBackTo(size_t depth) { open_.resize(depth); }

  // Parents stand before their children; the first is the root.
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  struct Edge {
    uint32_t parent;
    Frame frame;
    friend bool operator==(const Edge&, const Edge&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Edge& e) {
      return H::combine(std::move(h), e.parent, e.frame);
    }
  };
  uint32_t top() const { return open_.empty() ? kRoot : open_.back(); }
  uint32_t Child(const Frame& frame);

  std::vector<Node> nodes_;
  std::unordered_map<Edge, uint32_t, absl::Hash<Edge>> children_;
  std::vector<uint32_t> open_;  // nodes of the calls that are open
  uint64_t last_left_ = 0;
};

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_CALL_PROFILE_H_
