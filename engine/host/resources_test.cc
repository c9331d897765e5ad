#include "engine/host/resources.h"

#include <string>

#include "gtest/gtest.h"

namespace ashlar::host {
namespace {

TEST(FirstExceeded, EachResource) {
  const struct {
    uint64_t Resources::* used;
    uint64_t ResourceLimits::* limit;
    Resource resource;
  } rows[] = {
      {&Resources::reads, &ResourceLimits::reads, Resource::kReads},
      {&Resources::read_bytes, &ResourceLimits::read_bytes,
       Resource::kReadBytes},
      {&Resources::writes, &ResourceLimits::writes, Resource::kWrites},
      {&Resources::write_bytes, &ResourceLimits::write_bytes,
       Resource::kWriteBytes},
      {&Resources::events, &ResourceLimits::events, Resource::kEvents},
      {&Resources::event_bytes, &ResourceLimits::event_bytes,
       Resource::kEventBytes},
      {&Resources::peak_pages, &ResourceLimits::peak_pages,
       Resource::kPeakPages},
      {&Resources::calls, &ResourceLimits::calls, Resource::kCalls},
  };
  for (const auto& row : rows) {
    Resources used;
    ResourceLimits limits;
    used.*row.used = 5;
    EXPECT_EQ(FirstExceeded({}, used, limits), Resource::kNone);  // no limit
    limits.*row.limit = 5;
    EXPECT_EQ(FirstExceeded({}, used, limits), Resource::kNone);
    limits.*row.limit = 4;
    EXPECT_EQ(FirstExceeded({}, used, limits), row.resource);
    // Who asks for no more of it goes on.
    EXPECT_EQ(FirstExceeded(used, used, limits), Resource::kNone);
  }
}

TEST(Resource, NamesAreThoseOfTheTable) {
  EXPECT_EQ(std::string(ResourceName(Resource::kReadBytes)), "read_bytes");
  EXPECT_EQ(static_cast<int>(Resource::kReturnSize), 10);
}

}  // namespace
}  // namespace ashlar::host
