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

// A module of these bytes, as far as the cache can see.
std::shared_ptr<const CompiledModule> ModuleOf(const std::string& bytes) {
  auto module = std::make_shared<CompiledModule>();
  module->padded_bytes = bytes + std::string(16, '\0');
  module->size_bytes = bytes.size();
  return module;
}

// The hash that a module is held under shows whether it was computed: these
// tests give it a false one.
TEST(ModuleCache, KnowsTheHashOfBytesThatItHolds) {
  const std::string bytes(10'000, 'x');
  ModuleCache cache(1 << 20);
  EXPECT_EQ(cache.HashOf(bytes), ModuleHash(bytes));
  cache.Insert(Key(7), ModuleOf(bytes));
  EXPECT_EQ(cache.HashOf(bytes), Key(7).module);
}

TEST(ModuleCache, ComparesAllBytesForAHash) {
  const std::string bytes(10'000, 'x');
  ModuleCache cache(1 << 20);
  cache.Insert(Key(7), ModuleOf(bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string other = bytes;
    other[i] = 'y';
    ASSERT_EQ(cache.HashOf(other), ModuleHash(other)) << i;
  }
  const std::string longer = bytes + "x";
  EXPECT_EQ(cache.HashOf(longer), ModuleHash(longer));
  const std::string padded = bytes + '\0';
  EXPECT_EQ(cache.HashOf(padded), ModuleHash(padded));
}

TEST(ModuleCache, ForgetsHashesWithTheirModules) {
  const std::string bytes(100'000, 'x');
  ModuleCache cache(350'000);
  cache.Insert(Key(7), ModuleOf(bytes));
  for (uint8_t i = 1; i <= 3; ++i) {
    cache.Insert(Key(i), ModuleOf(std::string(100'000, static_cast<char>(i))));
  }
  EXPECT_EQ(cache.Find(Key(7)), nullptr);
  EXPECT_EQ(cache.HashOf(bytes), ModuleHash(bytes));
  // Two modules of one sample: the one that is left stays known.
  std::string twin = bytes;
  twin[1] = 'y';
  cache.Insert(Key(8), ModuleOf(bytes));
  cache.Insert(Key(9), ModuleOf(twin));
  EXPECT_EQ(cache.HashOf(twin), Key(9).module);
  for (uint8_t i = 1; i <= 2; ++i) EXPECT_EQ(cache.Find(Key(i)), nullptr);
  cache.Insert(Key(1), ModuleOf(std::string(100'000, 'z')));
  cache.Insert(Key(2), ModuleOf(std::string(100'000, 'w')));
  EXPECT_EQ(cache.Find(Key(8)), nullptr);
  EXPECT_EQ(cache.HashOf(twin), Key(9).module);
}

TEST(ModuleCache, HashesModulesOfAnySize) {
  ModuleCache cache(1 << 20);
  for (size_t size = 0; size < 40; ++size) {
    const std::string bytes(size, 'x');
    EXPECT_EQ(cache.HashOf(bytes), ModuleHash(bytes));
    cache.Insert(Key(static_cast<uint8_t>(size)), ModuleOf(bytes));
    EXPECT_EQ(cache.HashOf(bytes), Key(static_cast<uint8_t>(size)).module);
  }
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

TEST(ValidModules, KnowsWhatWasAdded) {
  ValidModules valid(/*enabled=*/true);
  EXPECT_FALSE(valid.Contains(Key(1)));
  valid.Add(Key(1));
  EXPECT_TRUE(valid.Contains(Key(1)));
  EXPECT_FALSE(valid.Contains(Key(2)));
  CacheKey other_profile = Key(1);
  other_profile.profile.bytes.fill(0xbb);
  EXPECT_FALSE(valid.Contains(other_profile));
}

// Each byte of module and profile counts, also where the place is the same.
TEST(ValidModules, ComparesWholeKeys) {
  ValidModules valid(/*enabled=*/true);
  valid.Add(Key(1));
  for (size_t i = 0; i < base::Hash256::kSizeBytes; ++i) {
    CacheKey key = Key(1);
    key.module.bytes[i] ^= 1;
    EXPECT_FALSE(valid.Contains(key)) << i;
    key.profile.bytes[i] ^= 1;
    EXPECT_FALSE(valid.Contains(key)) << i;
  }
}

TEST(ValidModules, KeepsTheLastOfOnePlace) {
  ValidModules valid(/*enabled=*/true);
  valid.Add(Key(1));
  CacheKey same_place = Key(1);
  same_place.module.bytes[31] ^= 1;
  valid.Add(same_place);
  EXPECT_TRUE(valid.Contains(same_place));
  EXPECT_FALSE(valid.Contains(Key(1)));
}

TEST(ValidModules, OffKnowsNothing) {
  ValidModules valid(/*enabled=*/false);
  valid.Add(Key(1));
  EXPECT_FALSE(valid.Contains(Key(1)));
}

}  // namespace
}  // namespace ashlar::engine
