#include "tests/resources/failing_allocator.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>

namespace ashlar::testing {
namespace {

bool counting = false;
uint64_t counted = 0;
uint64_t first_to_fail = 0;
Failing how = Failing::kOnce;
int64_t live = 0;

bool IsToFail() {
  if (!counting) return false;
  ++counted;
  if (first_to_fail == 0 || counted < first_to_fail) return false;
  return counted == first_to_fail || how == Failing::kForEver;
}

void* Allocate(size_t size, size_t alignment) {
  if (IsToFail()) return nullptr;
  // aligned_alloc wants a multiple; 0 bytes need an address of their own.
  size = (size == 0 ? 1 : size + alignment - 1) / alignment * alignment;
  void* const p = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
                      ? std::malloc(size == 0 ? 1 : size)
                      : std::aligned_alloc(alignment, size);
  if (p != nullptr) ++live;
  return p;
}

void* AllocateOrThrow(size_t size, size_t alignment) {
  void* const p = Allocate(size, alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

void Free(void* p) {
  if (p == nullptr) return;
  --live;
  std::free(p);
}

constexpr size_t kDefault = 1;

}  // namespace

FailingAllocator::FailingAllocator(uint64_t n, Failing failing) {
  counted = 0;
  first_to_fail = n;
  how = failing;
  counting = true;
}
FailingAllocator::~FailingAllocator() { counting = false; }
uint64_t FailingAllocator::count() const { return counted; }
bool FailingAllocator::has_failed() const {
  return first_to_fail != 0 && counted >= first_to_fail;
}

int64_t LiveAllocations() { return live; }

}  // namespace ashlar::testing

using ashlar::testing::Allocate;
using ashlar::testing::AllocateOrThrow;
using ashlar::testing::Free;
using ashlar::testing::kDefault;

void* operator new(size_t size) { return AllocateOrThrow(size, kDefault); }
void* operator new[](size_t size) { return AllocateOrThrow(size, kDefault); }
void* operator new(size_t size, std::align_val_t alignment) {
  return AllocateOrThrow(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return AllocateOrThrow(size, static_cast<size_t>(alignment));
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size, kDefault);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size, kDefault);
}
void operator delete(void* p) noexcept { Free(p); }
void operator delete[](void* p) noexcept { Free(p); }
void operator delete(void* p, size_t) noexcept { Free(p); }
void operator delete[](void* p, size_t) noexcept { Free(p); }
void operator delete(void* p, std::align_val_t) noexcept { Free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { Free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { Free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { Free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { Free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { Free(p); }

#if !defined(ASHLAR_SANITIZE)

// They stand before those of the C library, for everything in this process.
extern "C" void* mmap(void* address, size_t size, int protection, int flags,
                      int file, off_t offset) noexcept {
  using namespace ashlar::testing;
  if (IsToFail()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  void* const p = reinterpret_cast<void*>(
      syscall(SYS_mmap, address, size, protection, flags, file, offset));
  if (p != MAP_FAILED) ++live;
  return p;
}

extern "C" int munmap(void* address, size_t size) noexcept {
  --ashlar::testing::live;
  return static_cast<int>(syscall(SYS_munmap, address, size));
}

extern "C" int mprotect(void* address, size_t size, int protection) noexcept {
  if (ashlar::testing::IsToFail()) {
    errno = ENOMEM;
    return -1;
  }
  return static_cast<int>(syscall(SYS_mprotect, address, size, protection));
}

#endif  // !ASHLAR_SANITIZE
