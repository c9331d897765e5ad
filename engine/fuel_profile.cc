#include "engine/fuel_profile.h"

#include "absl/container/flat_hash_map.h"
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

FuelProfile MakeFuelProfile(
    const CallProfile& calls,
    absl::FunctionRef<std::string(const CallProfile::Frame&)> name) {
  FuelProfile profile;
  absl::flat_hash_map<CallProfile::Frame, uint32_t> frames;
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
