// Where the fuel of one execution went, by call path, with names. Diagnostic:
// the outcome, the fuel and the digests are those of a plain run.
#ifndef ENGINE_FUEL_PROFILE_H_
#define ENGINE_FUEL_PROFILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/interp/call_profile.h"

namespace ashlar::engine {

struct FuelProfile {
  struct Node {
    uint32_t parent = 0;  // index; the root is its own
    uint32_t frame = 0;   // index into frames; unused in the root
    uint64_t fuel = 0;    // its own, without its callees'
    uint64_t calls = 0;
  };
  // Names: a function's by the name section, else its export, else
  // "func[INDEX]"; "[host] NAME"; "[compile]"; "[instantiate]".
  std::vector<std::string> frames;
  // Parents stand before their children; nodes[0] is the root.
  std::vector<Node> nodes;

  // The fuel used: the sum over all nodes.
  uint64_t Total() const;
  // By node: its own fuel and that of everything below it.
  std::vector<uint64_t> Inclusive() const;
};

// The same with paths of at most `depth_max` frames: what is deeper counts for
// a frame "[deeper]" below the last one. What prints whole paths needs it,
// because recursion makes them as long as the stack. REQUIRES: depth_max > 0.
FuelProfile LimitDepth(const FuelProfile& profile, uint32_t depth_max);

// `name` answers for the frames of kinds kFunction and kHost.
FuelProfile MakeFuelProfile(
    const interp::CallProfile& calls,
    absl::FunctionRef<std::string(const interp::CallProfile::Frame&)> name);

}  // namespace ashlar::engine

#endif  // ENGINE_FUEL_PROFILE_H_
