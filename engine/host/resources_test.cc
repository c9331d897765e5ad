#include "engine/host/resources.h"

#include <iterator>
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
    EXPECT_EQ(AmountOf(used, row.resource), 5u);
    EXPECT_EQ(LimitOf(limits, row.resource), 4u);
    ResourceLimits named;
    EXPECT_TRUE(SetLimit(ResourceName(row.resource), 7, &named));
    EXPECT_EQ(named.*row.limit, 7u);
  }
  EXPECT_EQ(BoundedResources().size(), std::size(rows));
}

TEST(Resource, WhatOnlyAProfileBounds) {
  ResourceLimits limits;
  for (const Resource resource :
       {Resource::kNone, Resource::kInputSize, Resource::kReturnSize}) {
    EXPECT_FALSE(SetLimit(ResourceName(resource), 1, &limits));
    EXPECT_EQ(AmountOf({.reads = 3}, resource), 0u);
    EXPECT_EQ(LimitOf({.reads = 3}, resource), 0u);
  }
}

TEST(Resource, NamesAreThoseOfTheTable) {
  EXPECT_EQ(std::string(ResourceName(Resource::kReadBytes)), "read_bytes");
  EXPECT_EQ(static_cast<int>(Resource::kReturnSize), 10);
}

}  // namespace
}  // namespace ashlar::host
