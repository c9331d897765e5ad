#include "engine/interp/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "engine/base/check.h"

namespace ashlar::interp {
namespace {

// A released memory larger than this is given back to the machine: pooling
// pays for small contracts only.
constexpr uint64_t kPooledBytesMax = 4 << 20;
constexpr size_t kPooledMax = 64;

// The bytes below base(): what was written, then the header, at their end; a
// multiple of the machine's pages, so that base() is aligned to them.
uint64_t BytesBelowBase(uint64_t capacity_bytes) {
  constexpr uint64_t kMachinePageBytes = 4096;
  const uint64_t steps = capacity_bytes / kWriteStepBytes + 1;
  return (steps + sizeof(MemoryHeader) + kMachinePageBytes - 1) /
         kMachinePageBytes * kMachinePageBytes;
}

uint8_t* MapZeroed(uint64_t capacity_bytes) {
  const uint64_t below = BytesBelowBase(capacity_bytes);
  void* p = mmap(nullptr, below + capacity_bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  // What is never pooled is new each time, and a fault for each 4 KiB of it
  // would cost more than its fuel is worth. Where the machine has no large
  // pages, this does nothing.
  if (capacity_bytes > kPooledBytesMax) {
    madvise(p, below + capacity_bytes, MADV_HUGEPAGE);
  }
  uint8_t* const base = static_cast<uint8_t*>(p) + below;
  reinterpret_cast<MemoryHeader*>(base)[-1].written = static_cast<uint8_t*>(p);
  return base;
}

void Unmap(uint8_t* base, uint64_t capacity_bytes) {
  const uint64_t below = BytesBelowBase(capacity_bytes);
  munmap(base - below, below + capacity_bytes);
}

#if defined(ASHLAR_SANITIZE)
constexpr bool kChecksZeros = true;
#else
constexpr bool kChecksZeros = false;
#endif

bool IsZero(const uint8_t* begin, uint64_t size_bytes) {
  return std::all_of(begin, begin + size_bytes,
                     [](uint8_t byte) { return byte == 0; });
}

}  // namespace

Memory* Memory::Empty() {
  // It has a header as every memory, in which nothing ever changes.
  struct HeaderAndBase {
    MemoryHeader header;
    uint64_t base = 0;
  };
  static HeaderAndBase header_and_base;
  static Memory* const empty = [] {
    auto* memory = new Memory;
    memory->base_ = reinterpret_cast<uint8_t*>(&header_and_base.base);
    return memory;
  }();
  return empty;
}

Memory::~Memory() {
  if (base_ != nullptr) Unmap(base_, capacity_bytes_);
}

template <typename Use>
void Memory::ForEachWritten(const Use& use) const {
  const uint8_t* const begin = header().written;
  const uint8_t* const end = begin + size_bytes_ / kWriteStepBytes;
  for (const uint8_t* p = std::find(begin, end, 1); p != end;) {
    const uint8_t* const behind = std::find(p, end, 0);
    const auto offset = static_cast<uint64_t>(p - begin) * kWriteStepBytes;
    const auto stop = static_cast<uint64_t>(behind - begin) * kWriteStepBytes;
    use(offset, std::min(stop + kWriteSlackBytes, size_bytes_) - offset);
    p = std::find(behind, end, 1);
  }
}

void Memory::Grow(uint32_t delta) {
  uint64_t size = size_bytes_ + uint64_t{delta} * kPageSizeBytes;
  if (size > capacity_bytes_) {
    // Doubling keeps a loop of single-page grows linear.
    uint64_t capacity = capacity_bytes_ * 2;
    if (capacity < size) capacity = size;
    uint64_t most = uint64_t{pages_max_} * kPageSizeBytes;
    if (capacity > most) capacity = most;
    uint8_t* base = MapZeroed(capacity);
    ForEachWritten([this, base](uint64_t offset, uint64_t bytes) {
      std::memcpy(base + offset, base_ + offset, bytes);
    });
    std::memcpy(reinterpret_cast<MemoryHeader*>(base)[-1].written,
                header().written, size_bytes_ / kWriteStepBytes);
    Unmap(base_, capacity_bytes_);
    base_ = base;
    capacity_bytes_ = capacity;
  }
  size_bytes_ = size;
  header().size_bytes = size;
}

// Memories are given back where memory has run out, too: that never allocates.
MemoryPool::MemoryPool() { free_.reserve(kPooledMax); }
MemoryPool::~MemoryPool() = default;

std::unique_ptr<Memory> MemoryPool::Acquire(uint32_t pages, uint32_t pages_max,
                                            uint32_t declared_max) {
  const uint64_t size = uint64_t{pages} * kPageSizeBytes;
  std::unique_ptr<Memory> memory;
  for (size_t i = free_.size(); i-- > 0;) {
    if (free_[i]->capacity_bytes_ < size) continue;
    memory = std::move(free_[i]);
    free_.erase(free_.begin() + static_cast<ptrdiff_t>(i));
    break;
  }
  if (memory == nullptr) {
    memory = std::make_unique<Memory>();
    memory->base_ = MapZeroed(size);
    memory->capacity_bytes_ = size;
  }
  memory->size_bytes_ = size;
  memory->pages_max_ = pages_max;
  memory->declared_max_ = declared_max;
  memory->header().size_bytes = size;
  return memory;
}

void MemoryPool::Release(std::unique_ptr<Memory> memory) {
  if (memory->capacity_bytes_ > kPooledBytesMax || free_.size() >= kPooledMax) {
    return;
  }
  // Zeroed when it is given back, so that what one execution wrote is never
  // there for another.
  memory->ForEachWritten([&memory](uint64_t offset, uint64_t bytes) {
    std::memset(memory->base_ + offset, 0, bytes);
  });
  std::memset(memory->header().written, 0,
              memory->size_bytes_ / kWriteStepBytes + 1);
  if (kChecksZeros) {
    CHECK(IsZero(memory->base_, memory->size_bytes_),
          "something was written without being noted");
  }
  memory->size_bytes_ = 0;
  free_.push_back(std::move(memory));
}

}  // namespace ashlar::interp
