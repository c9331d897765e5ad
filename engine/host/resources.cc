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

Resource FirstExceeded(const Resources& before, const Resources& now,
                       const ResourceLimits& limits) {
  static constexpr struct {
    Resource resource;
    uint64_t Resources::* used;
    uint64_t ResourceLimits::* limit;
  } kRows[] = {
      {Resource::kReads, &Resources::reads, &ResourceLimits::reads},
      {Resource::kReadBytes, &Resources::read_bytes,
       &ResourceLimits::read_bytes},
      {Resource::kWrites, &Resources::writes, &ResourceLimits::writes},
      {Resource::kWriteBytes, &Resources::write_bytes,
       &ResourceLimits::write_bytes},
      {Resource::kEvents, &Resources::events, &ResourceLimits::events},
      {Resource::kEventBytes, &Resources::event_bytes,
       &ResourceLimits::event_bytes},
      {Resource::kPeakPages, &Resources::peak_pages,
       &ResourceLimits::peak_pages},
      {Resource::kCalls, &Resources::calls, &ResourceLimits::calls},
  };
  for (const auto& row : kRows) {
    const uint64_t limit = limits.*row.limit;
    if (limit != 0 && now.*row.used > limit &&
        now.*row.used > before.*row.used) {
      return row.resource;
    }
  }
  return Resource::kNone;
}

}  // namespace ashlar::host
