#include "engine/fuel_profile.h"

#include <unordered_map>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"

namespace ashlar::engine {
namespace {

using interp::CallProfile;

std::string NameOf(
    const CallProfile::Frame& frame,
    absl::FunctionRef<std::string(const CallProfile::Frame&)> name) {
  switch (frame.kind) {
    case CallProfile::Kind::kRoot:
      return "";
    case CallProfile::Kind::kFunction:
      return name(frame);
    case CallProfile::Kind::kHost:
      return absl::StrCat("[host] ", name(frame));
    case CallProfile::Kind::kCompile:
      return "[compile]";
    case CallProfile::Kind::kInstantiate:
      return "[instantiate]";
  }
  return "";
}

}  // namespace

uint64_t FuelProfile::Total() const {
  uint64_t total = 0;
  for (const Node& node : nodes) total += node.fuel;
  return total;
}

std::vector<uint64_t> FuelProfile::Inclusive() const {
  std::vector<uint64_t> fuel(nodes.size());
  for (size_t i = nodes.size(); i-- > 0;) {
    fuel[i] += nodes[i].fuel;
    if (i != 0) fuel[nodes[i].parent] += fuel[i];
  }
  return fuel;
}

FuelProfile LimitDepth(const FuelProfile& profile, uint32_t depth_max) {
  FuelProfile limited;
  limited.frames = profile.frames;
  const auto deeper_frame = static_cast<uint32_t>(limited.frames.size());
  std::vector<uint32_t> depth(profile.nodes.size(), 0);
  std::vector<uint32_t> moved_to(profile.nodes.size(), 0);
  std::unordered_map<uint32_t, uint32_t> deeper;  // by the node above
  for (size_t i = 0; i < profile.nodes.size(); ++i) {
    const FuelProfile::Node& node = profile.nodes[i];
    const uint32_t parent = moved_to[node.parent];
    depth[i] = i == 0 ? 0 : depth[node.parent] + 1;
    if (depth[i] <= depth_max) {
      moved_to[i] = static_cast<uint32_t>(limited.nodes.size());
      limited.nodes.push_back(node);
      limited.nodes.back().parent = parent;
      continue;
    }
    moved_to[i] = parent;
    if (depth[i] == depth_max + 1) {
      const auto next = static_cast<uint32_t>(limited.nodes.size());
      const auto [it, is_new] = deeper.try_emplace(parent, next);
      if (is_new) {
        limited.nodes.push_back({.parent = parent, .frame = deeper_frame});
      }
      moved_to[i] = it->second;
    }
    limited.nodes[moved_to[i]].fuel += node.fuel;
    limited.nodes[moved_to[i]].calls += node.calls;
  }
  if (!deeper.empty()) limited.frames.emplace_back("[deeper]");
  return limited;
}

FuelProfile MakeFuelProfile(
    const CallProfile& calls,
    absl::FunctionRef<std::string(const CallProfile::Frame&)> name) {
  FuelProfile profile;
  std::unordered_map<CallProfile::Frame, uint32_t,
                     absl::Hash<CallProfile::Frame>>
      frames;
  profile.nodes.reserve(calls.nodes().size());
  for (const CallProfile::Node& node : calls.nodes()) {
    FuelProfile::Node& made = profile.nodes.emplace_back();
    made.parent = node.parent;
    made.fuel = node.fuel;
    made.calls = node.calls;
    if (node.frame.kind == CallProfile::Kind::kRoot) continue;
    const auto next = static_cast<uint32_t>(profile.frames.size());
    const auto [it, is_new] = frames.try_emplace(node.frame, next);
    if (is_new) profile.frames.push_back(NameOf(node.frame, name));
    made.frame = it->second;
  }
  return profile;
}

}  // namespace ashlar::engine
