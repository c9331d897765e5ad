// execute/NAME: one call of a kernel in an instance that is ready.
#include "bench/harness.h"
#include "bench/kernels.h"

namespace ashlar::bench {
namespace {

void Execute(const Kernel& kernel, benchmark::State& state) {
  ReadyKernel ready;
  if (absl::Status status = ready.Prepare(kernel); !status.ok()) {
    return FailOrSkip(state, status);
  }
  uint64_t fuel = 0;
  for (auto _ : state) {
    fuel = ready.Run().fuel_used;
    if (!ready.IsRight()) return Fail(state, "a wrong result");
  }
  if (absl::Status status = ready.CheckAgain(); !status.ok()) {
    return FailOrSkip(state, status);
  }
  state.counters["fuel"] = static_cast<double>(fuel);
  state.counters["s/fuel"] = benchmark::Counter(
      static_cast<double>(fuel), benchmark::Counter::kIsIterationInvariantRate |
                                     benchmark::Counter::kInvert);
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  using namespace ashlar::bench;
  for (const Kernel& kernel : Kernels()) {
    Register(std::string("execute/") + kernel.name,
             [&kernel](benchmark::State& state) { Execute(kernel, state); });
  }
  return Main(argc, argv);
}
