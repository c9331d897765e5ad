#include "engine/host/resources.h"

#include <array>
#include <iterator>

namespace ashlar::host {
namespace {

// What a request can bound, in the order of resource.def.
constexpr struct Row {
  Resource resource;
  uint64_t Resources::* used;
  uint64_t ResourceLimits::* limit;
} kRows[] = {
    {Resource::kReads, &Resources::reads, &ResourceLimits::reads},
    {Resource::kReadBytes, &Resources::read_bytes, &ResourceLimits::read_bytes},
    {Resource::kWrites, &Resources::writes, &ResourceLimits::writes},
    {Resource::kWriteBytes, &Resources::write_bytes,
     &ResourceLimits::write_bytes},
    {Resource::kEvents, &Resources::events, &ResourceLimits::events},
    {Resource::kEventBytes, &Resources::event_bytes,
     &ResourceLimits::event_bytes},
    {Resource::kPeakPages, &Resources::peak_pages, &ResourceLimits::peak_pages},
    {Resource::kCalls, &Resources::calls, &ResourceLimits::calls},
};

const Row* FindRow(Resource resource) {
  for (const Row& row : kRows) {
    if (row.resource == resource) return &row;
  }
  return nullptr;
}

}  // namespace

absl::string_view ResourceName(Resource resource) {
  switch (resource) {
#define RESOURCE(name, number, text) \
  case Resource::k##name:            \
    return text;
#include "engine/host/resource.def"
  }
  return "";
}

absl::Span<const Resource> BoundedResources() {
  static constexpr auto kBounded = [] {
    std::array<Resource, std::size(kRows)> resources{};
    for (size_t i = 0; i < resources.size(); ++i) {
      resources[i] = kRows[i].resource;
    }
    return resources;
  }();
  return kBounded;
}

uint64_t AmountOf(const Resources& used, Resource resource) {
  const Row* const row = FindRow(resource);
  return row == nullptr ? 0 : used.*row->used;
}

uint64_t LimitOf(const ResourceLimits& limits, Resource resource) {
  const Row* const row = FindRow(resource);
  return row == nullptr ? 0 : limits.*row->limit;
}

bool SetLimit(absl::string_view name, uint64_t limit, ResourceLimits* limits) {
  for (const Row& row : kRows) {
    if (ResourceName(row.resource) != name) continue;
    limits->*row.limit = limit;
    return true;
  }
  return false;
}

Resource FirstExceeded(const Resources& before, const Resources& now,
                       const ResourceLimits& limits) {
  for (const Row& row : kRows) {
    const uint64_t limit = limits.*row.limit;
    if (limit != 0 && now.*row.used > limit &&
        now.*row.used > before.*row.used) {
      return row.resource;
    }
  }
  return Resource::kNone;
}

}  // namespace ashlar::host
