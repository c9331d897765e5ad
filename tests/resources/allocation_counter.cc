#include "tests/resources/allocation_counter.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace ashlar::testing {
namespace {

thread_local Allocations so_far;

void* Allocate(std::size_t size_bytes, std::size_t alignment) {
  ++so_far.count;
  so_far.size_bytes += size_bytes;
  // aligned_alloc wants a multiple of the alignment.
  const std::size_t rounded = (size_bytes + alignment - 1) & ~(alignment - 1);
  void* const memory = alignment <= alignof(std::max_align_t)
                           ? std::malloc(size_bytes)
                           : std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

Allocations AllocationsSoFar() { return so_far; }

}  // namespace ashlar::testing

// The other forms of the standard library end in these.
void* operator new(std::size_t size_bytes) {
  return ashlar::testing::Allocate(size_bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t size_bytes, std::align_val_t alignment) {
  return ashlar::testing::Allocate(size_bytes,
                                   static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
