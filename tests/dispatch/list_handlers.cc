// Prints what is known of the handlers' shapes from their one table:
//   dispatch | skip REASON
//   steps JUMPS      where the first line is `dispatch`, as the rest
//   NAME JUMPS FOLLOWER...   one line a handler
// JUMPS is how many times the handler dispatches: 0 where it only leaves for a
// cold path, 2 where it branches, else 1. Those of `steps` are of all steps of
// the translator, at least: one for each class of opcodes but the illegal ones.
// FOLLOWERs are the handlers that it looks for by a branch.
#include <cstdio>
#include <cstring>

#include "engine/compile/descriptor.h"
#include "engine/interp/followers.h"
#include "engine/interp/op.h"

namespace {

struct Handler {
  const char* name;
  const char* body;  // as it is written, its macros unexpanded
};

constexpr Handler kHandlers[] = {
#define HANDLER(name, ...) {#name, #__VA_ARGS__},
#include "engine/interp/ops.inc"
};
static_assert(sizeof(kHandlers) / sizeof(kHandlers[0]) ==
              ashlar::interp::kOpCount);

bool Contains(const char* body, const char* word) {
  return std::strstr(body, word) != nullptr;
}

int Jumps(const char* body) {
  if (Contains(body, "BRANCH_IF_(")) return 2;
  const bool leaves = Contains(body, "COLD(") || Contains(body, "TRAP(");
  const bool dispatches = Contains(body, "NEXT(") || Contains(body, "JUMP(") ||
                          Contains(body, "BEGIN(") ||
                          Contains(body, "DISPATCH");
  return leaves && !dispatches ? 0 : 1;
}

struct Pair {
  const char* handler;
  const char* follower;
};
constexpr Pair kFollowers[] = {
#define FOLLOWS(handler, follower) {#handler, #follower},
    ASHLAR_FOLLOWERS(FOLLOWS)
#undef FOLLOWS
};

const char* SkipReason() {
#if defined(ASHLAR_SANITIZE)
  return "a sanitizer changes the handlers";
#elif !defined(__OPTIMIZE__)
  return "not optimised";
#elif !defined(__x86_64__)
  return "not x86-64";
#else
  return nullptr;
#endif
}

}  // namespace

int main() {
  if (const char* reason = SkipReason(); reason != nullptr) {
    std::printf("skip %s\n", reason);
    return 0;
  }
  std::printf("dispatch\nsteps %zu\n", ashlar::compile::kClasses - 1);
  for (const Handler& h : kHandlers) {
    std::printf("%s %d", h.name, Jumps(h.body));
    for (const Pair& pair : kFollowers) {
      if (std::strcmp(pair.handler, h.name) != 0) continue;
      std::printf(" %s", pair.follower);
    }
    std::printf("\n");
  }
  return 0;
}
