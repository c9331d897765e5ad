// Linear memory with explicit bounds checks, from a pool.
#ifndef ENGINE_INTERP_MEMORY_H_
#define ENGINE_INTERP_MEMORY_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"

namespace ashlar::interp {

inline constexpr uint64_t kPageSizeBytes = 65536;

// base() moves when the memory grows: never keep it over anything that can
// run wasm or grow. The size stands in the 8 bytes below base().
class Memory {
 public:
  Memory() = default;
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  uint8_t* base() const { return base_; }
  uint64_t size_bytes() const { return size_bytes_; }
  uint32_t pages() const {
    return static_cast<uint32_t>(size_bytes_ / kPageSizeBytes);
  }
  // min(declared maximum, the profile's), in pages.
  uint32_t pages_max() const { return pages_max_; }
  // The type's own maximum, for import matching; UINT32_MAX: none declared.
  uint32_t declared_max() const { return declared_max_; }

  // A memory of no pages that never grows, for instances without one.
  static Memory* Empty();

  // Bounds check in u64: offset + size cannot overflow for u32 inputs.
  bool Contains(uint64_t offset, uint64_t size) const {
    return offset + size <= size_bytes_ && offset <= size_bytes_;
  }
  // Views are valid until the next grow. REQUIRES: Contains(offset, size).
  absl::Span<uint8_t> Slice(uint64_t offset, uint64_t size) {
    return {base_ + offset, static_cast<size_t>(size)};
  }

  // Adds zeroed pages. REQUIRES: pages() + delta <= pages_max(). Throws
  // bad_alloc when the machine has no memory: never a wasm-visible answer.
  void Grow(uint32_t delta);

 private:
  friend class MemoryPool;
  uint8_t* base_ = nullptr;
  uint64_t size_bytes_ = 0;
  uint32_t pages_max_ = 0;
  uint32_t declared_max_ = UINT32_MAX;
  uint64_t capacity_bytes_ = 0;
};

// Keeps memories between executions. Not thread-safe: one a thread.
class MemoryPool {
 public:
  MemoryPool();
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;
  // All bytes zero. REQUIRES: pages <= pages_max <= 65536.
  std::unique_ptr<Memory> Acquire(uint32_t pages, uint32_t pages_max,
                                  uint32_t declared_max);
  void Release(std::unique_ptr<Memory> memory);

 private:
  std::vector<std::unique_ptr<Memory>> free_;
};

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_MEMORY_H_
