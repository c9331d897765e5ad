#include "engine/interp/call_profile.h"

namespace ashlar::interp {

CallProfile::CallProfile() { nodes_.emplace_back(); }

uint32_t CallProfile::Child(const Frame& frame) {
  const uint32_t parent = top();
  const auto next = static_cast<uint32_t>(nodes_.size());
  if (next >= kNodesMax) {
    const auto it = children_.find(Edge{parent, frame});
    return it == children_.end() ? parent : it->second;
  }
  const auto [it, is_new] = children_.try_emplace(Edge{parent, frame}, next);
  if (is_new) {
    Node& node = nodes_.emplace_back();
    node.frame = frame;
    node.parent = parent;
  }
  return it->second;
}

void CallProfile::Note(uint64_t fuel_left) {
  nodes_[top()].fuel += last_left_ - fuel_left;
  last_left_ = fuel_left;
}

void CallProfile::Enter(const Frame& frame, uint64_t fuel_left,
                        uint64_t prepaid) {
  Note(fuel_left + prepaid);
  const uint32_t node = Child(frame);
  open_.push_back(node);
  ++nodes_[node].calls;
  Note(fuel_left);
}

void CallProfile::Leave(uint64_t fuel_left) {
  Note(fuel_left);
  open_.pop_back();
}

void CallProfile::Add(Kind kind, uint32_t module, uint64_t fuel) {
  const uint32_t node = Child({kind, module, 0});
  ++nodes_[node].calls;
  nodes_[node].fuel += fuel;
}

}  // namespace ashlar::interp
