// Memory of this process that runs out at a chosen point. A binary that links
// this has its operator new and delete counted, and with them mmap, munmap and
// mprotect (not under sanitizers, which have their own).
#ifndef TESTS_RESOURCES_FAILING_ALLOCATOR_H_
#define TESTS_RESOURCES_FAILING_ALLOCATOR_H_

#include <cstdint>

namespace ashlar::testing {

enum class Failing : uint8_t {
  kOnce,     // the n-th allocation fails, those after it do not
  kForEver,  // nor is there any after it
};

// While it lives, allocations are counted, and the n-th (from 1) fails; none
// with n = 0. One at a time, in processes of one thread.
class FailingAllocator {
 public:
  FailingAllocator(uint64_t n, Failing failing);
  ~FailingAllocator();
  FailingAllocator(const FailingAllocator&) = delete;
  FailingAllocator& operator=(const FailingAllocator&) = delete;

  // So far.
  uint64_t count() const;
  bool has_failed() const;
};

// Blocks and mappings of this process that were not freed yet.
int64_t LiveAllocations();

}  // namespace ashlar::testing

#endif  // TESTS_RESOURCES_FAILING_ALLOCATOR_H_
