// oneshot/NAME: everything of one call, from a module's bytes to the outcome
// with its digests, nothing kept but the engine's own pools.
// oneshot_cached/NAME: the same, its code in the engine's cache.
// oneshot_activated/NAME: activated, named by its hash, nothing kept.
// oneshot_activated_cached/NAME: likewise, its code in the cache.
// oneshot_activated_lazy/NAME: likewise, but the module was validated before.
// oneshot/ink_vectors: all steps of the data's ink! contracts, one after
// another; the counter s/call is the mean.
// oneshot_kernel/NAME: bytes to result of one export, without contract and
// state.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/contract_calls.h"
#include "bench/data.h"
#include "bench/harness.h"
#include "engine/engine.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/runner.h"
#include "metering/fuel.h"

namespace ashlar::bench {
namespace {

using Calls = std::vector<ContractCall>;

void CountCalls(size_t count, benchmark::State& state) {
  state.counters["s/call"] =
      benchmark::Counter(static_cast<double>(count),
                         benchmark::Counter::kIsIterationInvariantRate |
                             benchmark::Counter::kInvert);
}

// How the engine comes by the module.
struct Way {
  const char* prefix;
  bool is_activated;  // and given by its hash
  bool is_cached;
  bool is_lazy;  // known to be valid: translated as far as it is called
};
constexpr Way kWays[] = {
    {"oneshot/", false, false, false},
    {"oneshot_cached/", false, true, false},
    {"oneshot_activated/", true, false, false},
    {"oneshot_activated_lazy/", true, false, true},
    {"oneshot_activated_cached/", true, true, false},
};

void Run(const Way& way, Calls calls, benchmark::State& state) {
  engine::EngineOptions options;
  if (!way.is_cached) options.cache_size_bytes = 0;
  options.remembers_valid_modules = way.is_lazy;
  engine::Engine engine(options);
  if (way.is_activated) {
    for (ContractCall& call : calls) {
      call.request.activation = engine::Activation::kActivated;
      call.request.module_hash =
          engine::ModuleHash(std::exchange(call.request.module_bytes, {}));
    }
  }
  for (auto _ : state) {
    for (const ContractCall& call : calls) {
      if (absl::Status status = Execute(&engine, call); !status.ok()) {
        return FailOrSkip(state, status);
      }
    }
  }
  CountCalls(calls.size(), state);
}

// Reads the vectors once, when the first benchmark wants them.
const absl::StatusOr<Calls>& AllInkCalls() {
  static const auto* const calls = new absl::StatusOr<Calls>(InkCalls());
  return *calls;
}

// Those that the name chooses; all for "".
void RunInk(const Way& way, absl::string_view name, benchmark::State& state) {
  if (!AllInkCalls().ok()) return FailOrSkip(state, AllInkCalls().status());
  Calls calls;
  for (const ContractCall& call : *AllInkCalls()) {
    if (name.empty() || call.name == name) calls.push_back(call);
  }
  if (calls.empty()) return Fail(state, "no such step");
  Run(way, std::move(calls), state);
}

void RunLarge(const Way& way, benchmark::State& state) {
  static const auto* const call =
      new absl::StatusOr<ContractCall>(LargeContractCall());
  if (!call->ok()) return FailOrSkip(state, call->status());
  Run(way, {**call}, state);
}

struct SmallRun {
  const char* module;
  uint64_t arg;
  uint64_t result;
};
constexpr SmallRun kSmallRuns[] = {
    {"factorial_recursive", 25, 7'034'535'277'573'963'776u},
    {"fib_iterative", 50, 12'586'269'025},
};

void Kernel(const SmallRun& run, benchmark::State& state) {
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  engine::PreparedInstance instance;
  const std::vector<engine::Value> args = {{wasm::ValType::kI64, run.arg}};
  for (auto _ : state) {
    engine::RunResult result =
        instance.Prepare(OwnModule(run.module), profile, metering::kFuelMax);
    if (result.klass != engine::OutcomeClass::kReturned) {
      return Fail(state, result.message);
    }
    result = instance.Call("run", args, metering::kFuelMax);
    if (result.results.size() != 1 || result.results[0].bits != run.result) {
      return Fail(state, "a wrong result");
    }
  }
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  using namespace ashlar::bench;
  constexpr const char* kInkNames[] = {"flipper-v5/flip", "ink_erc20/new",
                                       "ink_erc20/transfer", "erc20/transfer",
                                       "erc721/mint"};
  const Calls token = TokenCalls();
  for (const Way& way : kWays) {
    for (const ContractCall& call : token) {
      Register(
          absl::StrCat(way.prefix, call.name),
          [&way, &call](benchmark::State& state) { Run(way, {call}, state); });
    }
    for (const char* name : kInkNames) {
      Register(
          absl::StrCat(way.prefix, name),
          [&way, name](benchmark::State& state) { RunInk(way, name, state); });
    }
    Register(absl::StrCat(way.prefix, "ink_vectors"),
             [&way](benchmark::State& state) { RunInk(way, "", state); });
    Register(absl::StrCat(way.prefix, "cosmwasm_211k/interface_version"),
             [&way](benchmark::State& state) { RunLarge(way, state); });
  }
  for (const SmallRun& run : kSmallRuns) {
    Register(absl::StrCat("oneshot_kernel/", run.module),
             [&run](benchmark::State& state) { Kernel(run, state); });
  }
  return Main(argc, argv);
}
