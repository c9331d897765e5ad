// CHECK: an invariant of ours, kept in every build.
//
// A failed CHECK is our mistake, never a contract's or a caller's: it prints
// the place and the condition to stderr and aborts the process.
#ifndef ENGINE_BASE_CHECK_H_
#define ENGINE_BASE_CHECK_H_

#include "absl/base/optimization.h"
#include "absl/strings/string_view.h"

namespace ashlar::base {

[[noreturn, gnu::cold, gnu::noinline]] void CheckFailed(
    const char* file, int line, const char* condition,
    absl::string_view text = "");

}  // namespace ashlar::base

// CHECK(condition) or CHECK(condition, "what it means"). The text is evaluated
// only where the condition is false.
#define CHECK(condition, ...)                            \
  (ABSL_PREDICT_TRUE(condition)                          \
       ? static_cast<void>(0)                            \
       : ::ashlar::base::CheckFailed(__FILE__, __LINE__, \
                                     #condition __VA_OPT__(, ) __VA_ARGS__))

#endif  // ENGINE_BASE_CHECK_H_
