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

// Debian's libraries are not instrumented. ThreadSanitizer sees no atomics in
// them, only the calls that it replaces (memcpy, malloc, free), which it is to
// overlook. Whole stacks ("race:") are suppressed for RocksDB, whose threads
// call nothing of ours that has state and drop what is ours by counts that are
// not seen, and for two functions of gRPC's headers that fill what gRPC passes
// to another thread by atomics alone; they call nothing of ours. For more of
// gRPC that would hide what our callbacks do wrong.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
extern "C" const char* __tsan_default_suppressions();  // NOLINT: its name
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libabsl_base.so\n"
         "called_from_lib:libabsl_cord.so\n"
         "called_from_lib:libabsl_graphcycles_internal.so\n"
         "called_from_lib:libabsl_status.so\n"
         "called_from_lib:libabsl_strings.so\n"
         "called_from_lib:libabsl_synchronization.so\n"
         "called_from_lib:libabsl_time.so\n"
         "called_from_lib:libgpr.so\n"
         "called_from_lib:libgrpc.so\n"
         "called_from_lib:libgrpc++.so\n"
         "called_from_lib:libprotobuf.so\n"
         "called_from_lib:librocksdb.so\n"
         "called_from_lib:libsnappy.so\n"
         "called_from_lib:libupb.so\n"
         "race:librocksdb.so\n"
         "race:ServerCallbackUnaryImpl::Finish\n"
         "race:ServerCallbackUnaryImpl::ServerCallbackUnaryImpl\n";
}
#endif
#endif
