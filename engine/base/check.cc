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
