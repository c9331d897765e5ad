// The same work for many items, on several threads.
#ifndef CLI_PARALLEL_H_
#define CLI_PARALLEL_H_

#include <cstddef>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "cli/progress.h"

namespace ashlar::cli {

// As many as the machine has processors, at least 1.
size_t ProcessorCount();

// Calls `work` for each item in 0..count-1, once, on `jobs` threads, of which
// this is one; returns when all are done. `work` is called by many threads at
// once. This thread shows how far all of them are. REQUIRES: jobs > 0.
void ForEachInParallel(size_t count, size_t jobs, Progress* progress,
                       absl::FunctionRef<void(size_t)> work);

}  // namespace ashlar::cli

#endif  // CLI_PARALLEL_H_
