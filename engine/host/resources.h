// What an execution uses beside fuel, and the bounds a request puts on it.
#ifndef ENGINE_HOST_RESOURCES_H_
#define ENGINE_HOST_RESOURCES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ashlar::host {

// The resource whose limit was exceeded.
enum class Resource : uint8_t {
#define RESOURCE(name, number, text) k##name = number,
#include "engine/host/resource.def"
};

absl::string_view ResourceName(Resource resource);

// Used by one execution, nested contracts included, reverted ones too.
struct Resources {
  uint64_t reads = 0;        // keys that reached the state below
  uint64_t read_bytes = 0;   // of their values
  uint64_t writes = 0;       // puts and deletes
  uint64_t write_bytes = 0;  // of keys and values
  uint64_t events = 0;
  uint64_t event_bytes = 0;  // topics and data
  uint64_t peak_pages = 0;   // linear memory, over the whole call tree
  uint64_t calls = 0;        // nested contract calls and instantiations
};

// The most of each that is allowed; 0: no limit beyond the profile's.
struct ResourceLimits {
  uint64_t reads = 0;
  uint64_t read_bytes = 0;
  uint64_t writes = 0;
  uint64_t write_bytes = 0;
  uint64_t events = 0;
  uint64_t event_bytes = 0;
  uint64_t peak_pages = 0;
  uint64_t calls = 0;
};

// A bound that was too small for what was asked for. Diagnostic.
struct LimitShortage {
  std::string name;     // of a Resource, or of a row of limits.def
  uint64_t limit = 0;   // what is allowed
  uint64_t needed = 0;  // what would have been enough here; 0: not known
};

// Those that a request can bound, in the order of resource.def.
absl::Span<const Resource> BoundedResources();

// Of the resources that a request bounds; 0 for kInputSize and kReturnSize,
// which only a profile bounds.
uint64_t AmountOf(const Resources& used, Resource resource);
uint64_t LimitOf(const ResourceLimits& limits, Resource resource);

// Sets the limit of the resource of that name; false where a request can bound
// none of it.
bool SetLimit(absl::string_view name, uint64_t limit, ResourceLimits* limits);

// The first resource, in the order of resource.def, of which more is used than
// before and more than is allowed; or kNone. So what a reverted call has used
// up does not end a caller that asks for no more of it.
Resource FirstExceeded(const Resources& before, const Resources& now,
                       const ResourceLimits& limits);

}  // namespace ashlar::host

#endif  // ENGINE_HOST_RESOURCES_H_
