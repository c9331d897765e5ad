#include "engine/interp/memory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"

namespace ashlar::interp {
namespace {

constexpr uint32_t kNoMax = UINT32_MAX;

bool IsZero(absl::Span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](uint8_t b) { return b == 0; });
}
bool IsZero(Memory* memory) {
  return IsZero(absl::MakeConstSpan(memory->base(), memory->size_bytes()));
}
void Fill(Memory* memory) {
  const absl::Span<uint8_t> all = memory->Slice(0, memory->size_bytes());
  std::fill(all.begin(), all.end(), 0xa5);
}
MemoryHeader HeaderOf(const Memory& memory) {
  MemoryHeader header;
  std::memcpy(&header, memory.base() - sizeof header, sizeof header);
  return header;
}
uint64_t SizeBelowBase(const Memory& memory) {
  return HeaderOf(memory).size_bytes;
}

TEST(MemoryTest, IsZeroAndKnowsItsSize) {
  MemoryPool pool;
  const std::unique_ptr<Memory> memory = pool.Acquire(3, 7, 9);
  EXPECT_EQ(memory->pages(), 3u);
  EXPECT_EQ(memory->size_bytes(), 3 * kPageSizeBytes);
  EXPECT_EQ(memory->pages_max(), 7u);
  EXPECT_EQ(memory->declared_max(), 9u);
  EXPECT_EQ(SizeBelowBase(*memory), 3 * kPageSizeBytes);
  EXPECT_TRUE(IsZero(memory.get()));
}

TEST(MemoryTest, Bounds) {
  MemoryPool pool;
  const std::unique_ptr<Memory> memory = pool.Acquire(1, 1, kNoMax);
  EXPECT_TRUE(memory->Contains(0, 65536));
  EXPECT_FALSE(memory->Contains(0, 65537));
  EXPECT_TRUE(memory->Contains(65536, 0));
  EXPECT_FALSE(memory->Contains(65537, 0));
  EXPECT_TRUE(memory->Contains(65535, 1));
  EXPECT_FALSE(memory->Contains(65535, 2));
  EXPECT_FALSE(memory->Contains(UINT32_MAX, UINT32_MAX));
  EXPECT_EQ(memory->Slice(65536, 0).size(), 0u);
}

TEST(MemoryTest, GrowKeepsContentsAndAddsZeros) {
  MemoryPool pool;
  const std::unique_ptr<Memory> memory = pool.Acquire(1, 100, kNoMax);
  Fill(memory.get());
  bool has_moved = false;
  for (uint32_t pages = 1; pages < 100; pages += 9) {
    const uint8_t* before = memory->base();
    memory->Grow(9);
    has_moved |= memory->base() != before;
    EXPECT_EQ(memory->pages(), pages + 9);
    EXPECT_EQ(SizeBelowBase(*memory), memory->size_bytes());
    EXPECT_EQ(memory->base()[0], 0xa5);
    EXPECT_EQ(memory->base()[pages * kPageSizeBytes - 1], 0xa5);
    EXPECT_TRUE(
        IsZero(memory->Slice(pages * kPageSizeBytes, 9 * kPageSizeBytes)));
    Fill(memory.get());
  }
  EXPECT_EQ(memory->pages(), memory->pages_max());
  // Whoever kept base() over a grow would have been wrong.
  EXPECT_TRUE(has_moved);
}

TEST(MemoryTest, GrowByNothing) {
  MemoryPool pool;
  const std::unique_ptr<Memory> memory = pool.Acquire(0, 0, 0);
  EXPECT_EQ(memory->pages(), 0u);
  memory->Grow(0);
  EXPECT_EQ(memory->pages(), 0u);
  EXPECT_EQ(SizeBelowBase(*memory), 0u);
}

TEST(MemoryTest, GrowFromNothing) {
  MemoryPool pool;
  const std::unique_ptr<Memory> memory = pool.Acquire(0, 2, kNoMax);
  memory->Grow(2);
  EXPECT_EQ(memory->pages(), 2u);
  EXPECT_TRUE(IsZero(memory.get()));
}

TEST(MemoryTest, TheWholeAddressSpace) {
  MemoryPool pool;
  const std::unique_ptr<Memory> memory = pool.Acquire(1, 65536, 65536);
  memory->Grow(65535);
  EXPECT_EQ(memory->size_bytes(), uint64_t{1} << 32);
  EXPECT_EQ(memory->base()[UINT32_MAX], 0);
  memory->Slice(UINT32_MAX, 1)[0] = 1;
  EXPECT_TRUE(memory->Contains(UINT32_MAX, 1));
  EXPECT_FALSE(memory->Contains(UINT32_MAX, 2));
}

TEST(MemoryTest, Empty) {
  Memory* empty = Memory::Empty();
  EXPECT_EQ(empty, Memory::Empty());
  EXPECT_EQ(empty->pages(), 0u);
  EXPECT_EQ(empty->pages_max(), 0u);
  EXPECT_EQ(SizeBelowBase(*empty), 0u);
  EXPECT_TRUE(empty->Contains(0, 0));
  EXPECT_FALSE(empty->Contains(0, 1));
}

// What one execution wrote is never there for another.
TEST(MemoryPoolTest, ReusedMemoryIsZero) {
  MemoryPool pool;
  std::unique_ptr<Memory> memory = pool.Acquire(2, 10, kNoMax);
  memory->Grow(3);
  Fill(memory.get());
  const uint8_t* base = memory->base();
  pool.Release(std::move(memory));
  memory = pool.Acquire(1, 20, 30);
  EXPECT_EQ(memory->base(), base) << "the pool keeps memories";
  EXPECT_EQ(memory->pages(), 1u);
  EXPECT_EQ(memory->pages_max(), 20u);
  EXPECT_EQ(memory->declared_max(), 30u);
  EXPECT_EQ(SizeBelowBase(*memory), kPageSizeBytes);
  EXPECT_TRUE(IsZero(memory.get()));
  // Also what lies beyond its size now, once it grows there.
  memory->Grow(4);
  EXPECT_EQ(memory->base(), base);
  EXPECT_TRUE(IsZero(memory.get()));
  memory->Grow(15);
  EXPECT_TRUE(IsZero(memory.get()));
}

// The steps of which something was noted, the one behind the last included.
std::vector<uint64_t> NotedSteps(const Memory& memory) {
  std::vector<uint64_t> steps;
  const uint8_t* const written = HeaderOf(memory).written;
  for (uint64_t i = 0; i <= memory.size_bytes() / kWriteStepBytes; ++i) {
    if (written[i] != 0) steps.push_back(i);
  }
  return steps;
}

TEST(MemoryTest, WritesAreNoted) {
  using Steps = std::vector<uint64_t>;
  MemoryPool pool;
  std::unique_ptr<Memory> memory = pool.Acquire(2, 2, kNoMax);
  EXPECT_EQ(NotedSteps(*memory), Steps());
  memory->NoteWrite(70000, 0);
  memory->NoteWrite(131072, 0);
  EXPECT_EQ(NotedSteps(*memory), Steps());
  memory->NoteWrite(70000, 1);
  EXPECT_EQ(NotedSteps(*memory), Steps({17}));
  memory->NoteWrite(131071, 1);
  EXPECT_EQ(NotedSteps(*memory), Steps({17, 31}));
  memory->NoteWrite(8191, 2);
  EXPECT_EQ(NotedSteps(*memory), Steps({1, 2, 17, 31}));
  memory->NoteWrite(12288, 4096);
  EXPECT_EQ(NotedSteps(*memory), Steps({1, 2, 3, 17, 31}));
  memory->NoteWrite(0, 131072);
  EXPECT_EQ(NotedSteps(*memory).size(), 32u);
  pool.Release(std::move(memory));
  memory = pool.Acquire(2, 2, kNoMax);
  EXPECT_EQ(NotedSteps(*memory), Steps());
}

// Of nothing at the memory's end handlers note the step behind the last.
TEST(MemoryTest, WhatIsNotedBehindTheEndIsForgotten) {
  MemoryPool pool;
  std::unique_ptr<Memory> memory = pool.Acquire(2, 2, kNoMax);
  HeaderOf(*memory).written[32] = 1;
  pool.Release(std::move(memory));
  memory = pool.Acquire(2, 2, kNoMax);
  EXPECT_TRUE(NotedSteps(*memory).empty());
}

// Wherever a write is and however large, the next execution finds zeros.
TEST(MemoryPoolTest, WhatWasNotedIsZeroed) {
  constexpr uint64_t kSize = 3 * kPageSizeBytes;
  constexpr uint64_t kEdges[] = {0,    1,     63,        64,        4095,
                                 4096, 65536, kSize - 9, kSize - 1, 70000};
  MemoryPool pool;
  for (const uint64_t first : kEdges) {
    for (const uint64_t second : kEdges) {
      for (const uint64_t size : {1, 64, 5000, 131072}) {
        std::unique_ptr<Memory> memory = pool.Acquire(3, 3, kNoMax);
        ASSERT_TRUE(IsZero(memory.get()));
        for (const uint64_t begin : {first, second}) {
          for (uint8_t& b : memory->Slice(begin, std::min(size, kSize - begin)))
            b = 1;
        }
        pool.Release(std::move(memory));
      }
    }
  }
}

// What handlers may write without noting it, behind the step they note.
TEST(MemoryPoolTest, TheSlackIsZeroed) {
  for (const uint64_t end :
       {uint64_t{4096}, uint64_t{65536}, 2 * kPageSizeBytes}) {
    MemoryPool pool;
    std::unique_ptr<Memory> memory = pool.Acquire(2, 2, kNoMax);
    memory->NoteWrite(end - 1, 1);
    const uint64_t size =
        std::min(kWriteSlackBytes, memory->size_bytes() - (end - 1));
    std::memset(memory->handler_base() + end - 1, 1, size);
    pool.Release(std::move(memory));
    memory = pool.Acquire(2, 2, kNoMax);
    EXPECT_TRUE(IsZero(memory.get()));
  }
}

TEST(MemoryPoolTest, TooSmallOnesAreLeft) {
  MemoryPool pool;
  std::unique_ptr<Memory> small = pool.Acquire(1, 1, kNoMax);
  const uint8_t* base = small->base();
  pool.Release(std::move(small));
  const std::unique_ptr<Memory> large = pool.Acquire(2, 2, kNoMax);
  EXPECT_NE(large->base(), base);
  Fill(large.get());
  EXPECT_EQ(pool.Acquire(1, 1, kNoMax)->base(), base);
}

TEST(MemoryPoolTest, ManyAreReleased) {
  MemoryPool pool;
  std::vector<std::unique_ptr<Memory>> memories;
  for (int i = 0; i < 200; ++i) {
    memories.push_back(pool.Acquire(1, 1, kNoMax));
    Fill(memories.back().get());
  }
  for (auto& memory : memories) pool.Release(std::move(memory));
  for (auto& memory : memories) {
    memory = pool.Acquire(1, 1, kNoMax);
    EXPECT_TRUE(IsZero(memory.get()));
  }
}

// A large one goes back to the machine.
TEST(MemoryPoolTest, LargeOnesAreNotKept) {
  MemoryPool pool;
  std::unique_ptr<Memory> memory = pool.Acquire(1000, 1000, kNoMax);
  Fill(memory.get());
  pool.Release(std::move(memory));
  memory = pool.Acquire(1000, 1000, kNoMax);
  EXPECT_TRUE(IsZero(memory.get()));
}

}  // namespace
}  // namespace ashlar::interp
