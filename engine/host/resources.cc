#include "engine/host/resources.h"

namespace ashlar::host {

absl::string_view ResourceName(Resource resource) {
  switch (resource) {
#define RESOURCE(name, number, text) \
  case Resource::k##name:            \
    return text;
#include "engine/host/resource.def"
  }
  return "";
}

Resource FirstExceeded(const Resources& used, const ResourceLimits& limits) {
  const struct {
    Resource resource;
    uint64_t used;
    uint64_t limit;
  } rows[] = {
      {Resource::kReads, used.reads, limits.reads},
      {Resource::kReadBytes, used.read_bytes, limits.read_bytes},
      {Resource::kWrites, used.writes, limits.writes},
      {Resource::kWriteBytes, used.write_bytes, limits.write_bytes},
      {Resource::kEvents, used.events, limits.events},
      {Resource::kEventBytes, used.event_bytes, limits.event_bytes},
      {Resource::kPeakPages, used.peak_pages, limits.peak_pages},
      {Resource::kCalls, used.calls, limits.calls},
  };
  for (const auto& row : rows) {
    if (row.limit != 0 && row.used > row.limit) return row.resource;
  }
  return Resource::kNone;
}

}  // namespace ashlar::host
