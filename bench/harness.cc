#include "bench/harness.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace ashlar::bench {
namespace {

bool any_failed = false;

double Least(const std::vector<double>& times) {
  return *std::min_element(times.begin(), times.end());
}

}  // namespace

void Register(const std::string& name,
              std::function<void(benchmark::State&)> run) {
  benchmark::RegisterBenchmark(name.c_str(), std::move(run))
      ->Unit(benchmark::kMicrosecond)
      ->ComputeStatistics("min", Least);
}

void Fail(benchmark::State& state, absl::string_view why) {
  any_failed = true;
  state.SkipWithError(std::string(why).c_str());
}

void FailOrSkip(benchmark::State& state, const absl::Status& status) {
  if (absl::IsNotFound(status)) {
    state.SkipWithError(absl::StrCat("skipped: ", status.message()).c_str());
  } else {
    Fail(state, status.ToString());
  }
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return any_failed ? 1 : 0;
}

}  // namespace ashlar::bench
