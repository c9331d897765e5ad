// What one execution tells about what a call costs and touches.
#ifndef ENGINE_ESTIMATION_H_
#define ENGINE_ESTIMATION_H_

#include <cstdint>
#include <vector>

#include "engine/base/limits.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/state/types.h"

namespace ashlar::engine {

// One key that an execution read below its own changes, or wrote; also inside
// of calls that were reverted, and where the execution failed.
struct Access {
  state::Key key;
  bool read = false;
  bool written = false;
};

// One row of resource.def. `needed` is the least limit under which this
// execution comes as far as it came, and where `exceeded` the least that would
// have allowed what was refused.
struct ResourceNeed {
  Resource resource = Resource::kNone;
  uint64_t limit = 0;  // the smaller of request's and profile's; 0: none
  uint64_t needed = 0;
  bool exceeded = false;
};

// An estimate, of calls that fail, too.
struct Estimation {
  ExecuteResult result;
  // By key. Modules and context fields that were read are in result.completed;
  // digests.reads there names the state for which all of this holds.
  std::vector<Access> access;
  // Every resource, in the order of resource.def; empty where there is no
  // outcome.
  std::vector<ResourceNeed> resources;
};

// `result` is that of `request` under a profile with these limits.
std::vector<ResourceNeed> ResourceNeeds(const ExecuteRequest& request,
                                        const base::Limits& limits,
                                        const ExecuteResult& result);

}  // namespace ashlar::engine

#endif  // ENGINE_ESTIMATION_H_
