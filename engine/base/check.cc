#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ashlar::base {

void CheckFailed(const char* file, int line, const char* condition,
                 absl::string_view text) {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed%s%.*s\n", file, line, condition,
               text.empty() ? "" : ": ", static_cast<int>(text.size()),
               text.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace ashlar::base

// What ThreadSanitizer is not to report: Debian's libraries are not
// instrumented, so of their own memory it sees accesses without the atomics and
// the locks in between.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
extern "C" const char* __tsan_default_suppressions();  // NOLINT: its name
extern "C" const char* __tsan_default_suppressions() {
  return "race:libgrpc\n"
         "race:libgpr\n"
         "race:libabsl\n"
         "race:libprotobuf\n"
         "race:librocksdb\n"
         "race:libprometheus\n"
         "mutex:libgrpc\n"
         "mutex:librocksdb\n"
         "deadlock:libgrpc\n"
         "deadlock:librocksdb\n"
         "thread:libgrpc\n"
         "thread:libgpr\n"
         "thread:librocksdb\n";
}
#endif
#endif
