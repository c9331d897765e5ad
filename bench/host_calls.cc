// host_calls/NAME: one execution that calls one host function 1,000 times; the
// counter s/call has the loop's share and the execution's in it, which
// host_calls/none is without any call.
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/contract_calls.h"
#include "bench/harness.h"
#include "bench/kernels.h"
#include "engine/base/check.h"
#include "engine/engine.h"

namespace ashlar::bench {
namespace {

constexpr uint32_t kCalls = 1'000;

void CountCalls(benchmark::State& state) {
  state.counters["s/call"] =
      benchmark::Counter(kCalls, benchmark::Counter::kIsIterationInvariantRate |
                                     benchmark::Counter::kInvert);
}

// The cheapest host function: it answers its argument.
void Plain(benchmark::State& state) {
  const Kernel* const kernel = FindKernel("host_calls");
  CHECK(kernel != nullptr && kernel->args[0].bits == kCalls);
  ReadyKernel ready;
  if (absl::Status status = ready.Prepare(*kernel); !status.ok()) {
    return FailOrSkip(state, status);
  }
  for (auto _ : state) {
    ready.Run();
    if (!ready.IsRight()) return Fail(state, "a wrong result");
  }
  CountCalls(state);
}

// A function of the seal ABI, by its place in seal_calls.wat.
void Seal(uint32_t function, benchmark::State& state) {
  engine::Engine engine({});
  const ContractCall call = SealCalls(function, kCalls);
  for (auto _ : state) {
    if (absl::Status status = Execute(&engine, call); !status.ok()) {
      return FailOrSkip(state, status);
    }
  }
  CountCalls(state);
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  using namespace ashlar::bench;
  Register("host_calls/plain", Plain);
  constexpr const char* kSealFunctions[] = {
      "none", "seal_value_transferred", "seal_get_storage", "seal_set_storage",
      "seal_hash_blake2_256"};
  for (uint32_t i = 0; i < std::size(kSealFunctions); ++i) {
    Register(absl::StrCat("host_calls/", kSealFunctions[i]),
             [i](benchmark::State& state) { Seal(i, state); });
  }
  return Main(argc, argv);
}
