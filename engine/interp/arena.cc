#include "engine/interp/arena.h"

#include <sys/mman.h>

#include <new>
#include <utility>

namespace ashlar::interp {
namespace {

constexpr size_t kGuardBytes = 65536;
constexpr size_t kGranule = 65536;

}  // namespace

Arena::Arena(size_t size_bytes) {
  if (size_bytes == 0) return;
  if (size_bytes > SIZE_MAX / 2) throw std::bad_alloc();
  size_bytes = (size_bytes + kGranule - 1) / kGranule * kGranule;
  void* p = mmap(nullptr, size_bytes + kGuardBytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  base_ = static_cast<uint8_t*>(p);
  size_bytes_ = size_bytes;
  if (mprotect(base_ + size_bytes, kGuardBytes, PROT_NONE) != 0) {
    Free();
    throw std::bad_alloc();
  }
}

Arena::~Arena() { Free(); }

Arena::Arena(Arena&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)) {}

Arena& Arena::operator=(Arena&& other) noexcept {
  if (this != &other) {
    Free();
    base_ = std::exchange(other.base_, nullptr);
    size_bytes_ = std::exchange(other.size_bytes_, 0);
  }
  return *this;
}

void Arena::Reserve(size_t size_bytes) {
  if (size_bytes > size_bytes_) *this = Arena(size_bytes);
}

void Arena::Free() {
  if (base_ != nullptr) munmap(base_, size_bytes_ + kGuardBytes);
  base_ = nullptr;
  size_bytes_ = 0;
}

}  // namespace ashlar::interp
