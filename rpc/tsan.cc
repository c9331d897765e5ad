// For ThreadSanitizer alone; otherwise this file is empty.
//
// gRPC guards what passes between its threads with absl::Mutex, and Debian's
// Abseil is not instrumented: the sanitizer would see our objects and gRPC's
// cross threads with no lock in between. The methods below stand before those
// of the library, which they call, and tell it of every lock. That keeps whole
// stacks of gRPC out of the list of suppressions (engine/base/check.cc), which
// would hide races of our own callbacks.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/base/check.h"

namespace {

// The library's own method. Another Abseil has another inline namespace: then
// there is no such symbol, and the first lock says so.
template <typename Method>
Method* Next(const char* symbol) {
  void* const found = dlsym(RTLD_NEXT, symbol);
  CHECK(found != nullptr);
  return reinterpret_cast<Method*>(found);
}

}  // namespace

ABSL_NO_THREAD_SAFETY_ANALYSIS void absl::Mutex::Lock() {
  static auto* const next =
      Next<void(absl::Mutex*)>("_ZN4absl7debian35Mutex4LockEv");
  next(this);
  __tsan_acquire(this);
}

ABSL_NO_THREAD_SAFETY_ANALYSIS bool absl::Mutex::TryLock() {
  static auto* const next =
      Next<bool(absl::Mutex*)>("_ZN4absl7debian35Mutex7TryLockEv");
  if (!next(this)) return false;
  __tsan_acquire(this);
  return true;
}

ABSL_NO_THREAD_SAFETY_ANALYSIS void absl::Mutex::Unlock() {
  static auto* const next =
      Next<void(absl::Mutex*)>("_ZN4absl7debian35Mutex6UnlockEv");
  __tsan_release(this);
  next(this);
}

ABSL_NO_THREAD_SAFETY_ANALYSIS void absl::CondVar::Wait(Mutex* mutex) {
  static auto* const next = Next<void(absl::CondVar*, absl::Mutex*)>(
      "_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE");
  __tsan_release(mutex);
  next(this, mutex);
  __tsan_acquire(mutex);
}

ABSL_NO_THREAD_SAFETY_ANALYSIS bool absl::CondVar::WaitWithTimeout(
    Mutex* mutex, Duration timeout) {
  static auto* const next =
      Next<bool(absl::CondVar*, absl::Mutex*, absl::Duration)>(
          "_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_"
          "8DurationE");
  __tsan_release(mutex);
  const bool is_over = next(this, mutex, timeout);
  __tsan_acquire(mutex);
  return is_over;
}

ABSL_NO_THREAD_SAFETY_ANALYSIS bool absl::CondVar::WaitWithDeadline(
    Mutex* mutex, Time deadline) {
  static auto* const next =
      Next<bool(absl::CondVar*, absl::Mutex*, absl::Time)>(
          "_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  __tsan_release(mutex);
  const bool is_over = next(this, mutex, deadline);
  __tsan_acquire(mutex);
  return is_over;
}

#endif
#endif
