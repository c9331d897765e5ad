#include "engine/interp/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "engine/base/check.h"

namespace ashlar::interp {
namespace {

// The bytes below base(): the header, at their end, so that base() is
// page-aligned.
constexpr uint64_t kHeaderBytes = 4096;
// What was written is noted in steps of so many bytes; divides kPageSizeBytes.
constexpr uint64_t kWriteStepBytes = 4096;
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

void Memory::Widen(uint64_t offset, uint64_t size) {
  if (size == 0) return;
  MemoryHeader& h = header();
  uint64_t begin = offset / kWriteStepBytes * kWriteStepBytes;
  uint64_t end =
      (offset + size + kWriteStepBytes - 1) / kWriteStepBytes * kWriteStepBytes;
  if (h.write_size != 0) {
    begin = std::min(begin, h.write_begin);
    end = std::max(end, h.write_begin + h.write_size);
  }
  h.write_begin = begin;
  h.write_size = end - begin;
}

absl::Span<uint8_t> Memory::Written() const {
  const MemoryHeader& h = header();
  if (h.write_size == 0) return {};
  const uint64_t slack = std::min(h.write_begin, kWriteSlackBytes);
  return {base_ + h.write_begin - slack,
          static_cast<size_t>(h.write_size + slack)};
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
    const absl::Span<uint8_t> written = Written();
    if (!written.empty()) {
      std::memcpy(base + (written.data() - base_), written.data(),
                  written.size());
    }
    reinterpret_cast<MemoryHeader*>(base)[-1] = header();
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
  memory->header() = {.size_bytes = size};
  return memory;
}

void MemoryPool::Release(std::unique_ptr<Memory> memory) {
  if (memory->capacity_bytes_ > kPooledBytesMax || free_.size() >= kPooledMax) {
    return;
  }
  // Zeroed when it is given back, so that what one execution wrote is never
  // there for another.
  const absl::Span<uint8_t> written = memory->Written();
  if (!written.empty()) std::memset(written.data(), 0, written.size());
  if (kChecksZeros) {
    CHECK(IsZero(memory->base_, memory->size_bytes_),
          "something was written without being noted");
  }
  memory->size_bytes_ = 0;
  free_.push_back(std::move(memory));
}

}  // namespace ashlar::interp
