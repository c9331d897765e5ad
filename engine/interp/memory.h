// Linear memory with explicit bounds checks, from a pool.
#ifndef ENGINE_INTERP_MEMORY_H_
#define ENGINE_INTERP_MEMORY_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/types/span.h"

namespace ashlar::interp {

inline constexpr uint64_t kPageSizeBytes = 65536;

// What was written is noted in steps of so many bytes; divides kPageSizeBytes.
inline constexpr uint32_t kWriteStepShift = 12;
inline constexpr uint64_t kWriteStepBytes = uint64_t{1} << kWriteStepShift;
// A write of so many bytes may note the step of its first byte only.
inline constexpr uint64_t kWriteSlackBytes = 64;

// What stands right below a memory's first byte, for handlers. `written` has a
// byte for each step and one more: 1 where something was written, for what else
// Memory::NoteWrite takes note. All other bytes are zero, but for those that
// such a step's writes may have written behind it (kWriteSlackBytes).
struct MemoryHeader {
  uint8_t* written = nullptr;
  uint64_t size_bytes = 0;
};

// base() moves when the memory grows: never keep it over anything that can
// run wasm or grow. A MemoryHeader stands below it.
class Memory {
 public:
  Memory() = default;
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // To read from; what is to be written is a Slice.
  const uint8_t* base() const { return base_; }
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
  // Views to write to, valid until the next grow.
  // REQUIRES: Contains(offset, size).
  absl::Span<uint8_t> Slice(uint64_t offset, uint64_t size) {
    NoteWrite(offset, size);
    return {base_ + offset, static_cast<size_t>(size)};
  }

  // For handlers, which note what they write themselves (MemoryHeader).
  uint8_t* handler_base() const { return base_; }
  // These bytes may be written from here on: what is not noted would be there
  // for the next execution. REQUIRES: Contains(offset, size).
  void NoteWrite(uint64_t offset, uint64_t size) {
    if (size == 0) return;
    const uint64_t first = offset / kWriteStepBytes;
    const uint64_t last = (offset + size - 1) / kWriteStepBytes;
    std::memset(header().written + first, 1, last - first + 1);
  }

  // Adds zeroed pages. REQUIRES: pages() + delta <= pages_max(). Throws
  // bad_alloc when the machine has no memory: never a wasm-visible answer.
  void Grow(uint32_t delta);

 private:
  friend class MemoryPool;
  MemoryHeader& header() const {
    return reinterpret_cast<MemoryHeader*>(base_)[-1];
  }
  // Calls use(offset, size) for all that may not be zero.
  template <typename Use>
  void ForEachWritten(const Use& use) const;

  uint8_t* base_ = nullptr;
  uint64_t size_bytes_ = 0;
  uint32_t pages_max_ = 0;
  uint32_t declared_max_ = UINT32_MAX;
  uint64_t capacity_bytes_ = 0;
};

// Keeps memories between executions, at most 64 of at most 4 MiB each. What was
// written is zeroed when a memory is released. Not thread-safe: one a thread.
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
