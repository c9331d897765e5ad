#include "engine/estimation.h"

#include <algorithm>

#include "engine/host/resources.h"

namespace ashlar::engine {
namespace {

// 0 where the profile has no such bound of a whole execution.
uint64_t ProfileLimit(const base::Limits& limits, Resource resource) {
  switch (resource) {
    case Resource::kEvents:
      return limits.events_max;
    case Resource::kInputSize:
      return limits.input_size_bytes_max;
    case Resource::kReturnSize:
      return limits.return_size_bytes_max;
    default:
      return 0;
  }
}

uint64_t Needed(const ExecuteRequest& request, const Completed& completed,
                Resource resource) {
  switch (resource) {
    case Resource::kInputSize:
      return request.input.size();
    case Resource::kReturnSize:
      return completed.outcome.data.size();
    default:
      return host::AmountOf(completed.resources, resource);
  }
}

}  // namespace

std::vector<ResourceNeed> ResourceNeeds(const ExecuteRequest& request,
                                        const base::Limits& limits,
                                        const ExecuteResult& result) {
  std::vector<ResourceNeed> needs;
  if (!result.completed.has_value()) return needs;
  const Completed& completed = *result.completed;
  const auto add = [&](Resource resource) {
    if (resource == Resource::kNone) return;
    ResourceNeed need;
    need.resource = resource;
    need.needed = Needed(request, completed, resource);
    need.limit = host::LimitOf(request.limits, resource);
    const uint64_t profile = ProfileLimit(limits, resource);
    if (profile != 0) {
      need.limit = need.limit == 0 ? profile : std::min(need.limit, profile);
    }
    need.exceeded = completed.outcome.limit == resource;
    const auto& shortage = result.diagnostics.limit_shortage;
    if (need.exceeded && shortage.has_value()) {
      need.needed = std::max(need.needed, shortage->needed);
    }
    needs.push_back(need);
  };
#define RESOURCE(name, number, text) add(Resource::k##name);
#include "engine/host/resource.def"
  return needs;
}

}  // namespace ashlar::engine
