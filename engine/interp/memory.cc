#include "engine/interp/memory.h"

#include <sys/mman.h>

#include <cstring>
#include <new>
#include <utility>

namespace ashlar::interp {
namespace {

// The bytes below base(): the size, aligned so that base() is page-aligned.
constexpr uint64_t kHeaderBytes = 4096;
// A released memory larger than this is given back to the machine: pooling
// pays for small contracts only.
constexpr uint64_t kPooledBytesMax = 4 << 20;
constexpr size_t kPooledMax = 64;

uint8_t* MapZeroed(uint64_t capacity_bytes) {
  void* p = mmap(nullptr, kHeaderBytes + capacity_bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  // What is never pooled is new each time, and a fault for each 4 KiB of it
  // would cost more than its fuel is worth. Where the machine has no large
  // pages, this does nothing.
  if (capacity_bytes > kPooledBytesMax) {
    madvise(p, kHeaderBytes + capacity_bytes, MADV_HUGEPAGE);
  }
  return static_cast<uint8_t*>(p) + kHeaderBytes;
}

void Unmap(uint8_t* base, uint64_t capacity_bytes) {
  munmap(base - kHeaderBytes, kHeaderBytes + capacity_bytes);
}

void StoreSize(uint8_t* base, uint64_t size_bytes) {
  std::memcpy(base - sizeof size_bytes, &size_bytes, sizeof size_bytes);
}

}  // namespace

Memory* Memory::Empty() {
  // Its size stands below base() as in every memory, and stays 0.
  static uint64_t size_and_base[2] = {0, 0};
  static Memory* const empty = [] {
    auto* memory = new Memory;
    memory->base_ = reinterpret_cast<uint8_t*>(size_and_base + 1);
    return memory;
  }();
  return empty;
}

Memory::~Memory() {
  if (base_ != nullptr) Unmap(base_, capacity_bytes_);
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
    std::memcpy(base, base_, size_bytes_);
    Unmap(base_, capacity_bytes_);
    base_ = base;
    capacity_bytes_ = capacity;
  }
  size_bytes_ = size;
  StoreSize(base_, size);
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
  StoreSize(memory->base_, size);
  return memory;
}

void MemoryPool::Release(std::unique_ptr<Memory> memory) {
  if (memory->capacity_bytes_ > kPooledBytesMax || free_.size() >= kPooledMax) {
    return;
  }
  // Zeroed when it is given back, so that what one execution wrote is never
  // there for another.
  std::memset(memory->base_, 0, memory->size_bytes_);
  memory->size_bytes_ = 0;
  free_.push_back(std::move(memory));
}

}  // namespace ashlar::interp
