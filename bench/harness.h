// What all benchmark programs share: their main, and how one says that its
// answer is wrong.
#ifndef BENCH_HARNESS_H_
#define BENCH_HARNESS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "benchmark/benchmark.h"

namespace ashlar::bench {

// Registers a benchmark whose times are in microseconds; with repetitions its
// least time is reported as `NAME_min`, which is what comparisons use.
void Register(const std::string& name,
              std::function<void(benchmark::State&)> run);

// Ends the benchmark: its answer is wrong, so it has no time. Main fails.
void Fail(benchmark::State& state, absl::string_view why);
// Fails, or where the status is NOT_FOUND (data that is no part of the project
// is absent) skips the benchmark with a line.
void FailOrSkip(benchmark::State& state, const absl::Status& status);

// Runs the benchmarks that the arguments choose (those of Google Benchmark).
// Returns what main returns: 1 where one of them failed.
int Main(int argc, char** argv);

}  // namespace ashlar::bench

#endif  // BENCH_HARNESS_H_
