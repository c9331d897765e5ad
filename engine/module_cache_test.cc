#include "engine/module_cache.h"

#include <string>

#include "gtest/gtest.h"

namespace ashlar::engine {
namespace {

CacheKey Key(uint8_t byte) {
  CacheKey key;
  key.module.bytes.fill(byte);
  key.profile.bytes.fill(0xaa);
  return key;
}

// A module of this size, as far as the cache can see.
std::shared_ptr<const CompiledModule> Module(size_t size_bytes) {
  auto module = std::make_shared<CompiledModule>();
  module->padded_bytes.resize(size_bytes);
  return module;
}

TEST(ModuleCache, FindsWhatWasInserted) {
  ModuleCache cache(1 << 20);
  EXPECT_EQ(cache.Find(Key(1)), nullptr);
  const auto module = Module(10);
  cache.Insert(Key(1), module);
  EXPECT_EQ(cache.Find(Key(1)), module);
  CacheKey other_profile = Key(1);
  other_profile.profile.bytes.fill(0xbb);
  EXPECT_EQ(cache.Find(other_profile), nullptr);
}

TEST(ModuleCache, DropsTheLeastRecentlyUsed) {
  ModuleCache cache(350'000);
  for (uint8_t i = 1; i <= 3; ++i) cache.Insert(Key(i), Module(100'000));
  EXPECT_NE(cache.Find(Key(1)), nullptr);
  cache.Insert(Key(4), Module(100'000));
  EXPECT_NE(cache.Find(Key(1)), nullptr);
  EXPECT_EQ(cache.Find(Key(2)), nullptr);
  EXPECT_NE(cache.Find(Key(3)), nullptr);
  EXPECT_NE(cache.Find(Key(4)), nullptr);
  EXPECT_LE(cache.size_bytes(), 350'000u);
}

TEST(ModuleCache, KeepsNothingThatDoesNotFit) {
  ModuleCache cache(350'000);
  cache.Insert(Key(1), Module(100'000));
  cache.Insert(Key(2), Module(400'000));
  EXPECT_EQ(cache.Find(Key(2)), nullptr);
  EXPECT_NE(cache.Find(Key(1)), nullptr);
}

TEST(ModuleCache, KeepsTheFirstOfTwo) {
  ModuleCache cache(1 << 20);
  const auto first = Module(10);
  cache.Insert(Key(1), first);
  const uint64_t size = cache.size_bytes();
  cache.Insert(Key(1), Module(10));
  EXPECT_EQ(cache.Find(Key(1)), first);
  EXPECT_EQ(cache.size_bytes(), size);
}

TEST(ModuleCache, OffHoldsNothing) {
  ModuleCache cache(0);
  cache.Insert(Key(1), Module(10));
  EXPECT_EQ(cache.Find(Key(1)), nullptr);
  EXPECT_FALSE(cache.Notice(Key(1)));
  EXPECT_FALSE(cache.Notice(Key(1)));
}

TEST(ModuleCache, NoticesTheSecondTime) {
  ModuleCache cache(1 << 20);
  EXPECT_FALSE(cache.Notice(Key(1)));
  EXPECT_FALSE(cache.Notice(Key(2)));
  EXPECT_TRUE(cache.Notice(Key(1)));
  EXPECT_TRUE(cache.Notice(Key(2)));
}

}  // namespace
}  // namespace ashlar::engine
