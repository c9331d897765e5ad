// compile_and_validate/NAME: a module's bytes to code: decoded, validated,
// priced, translated.
// startup/NAME: its bytes to an instance that is ready to be called.
// startup/contracts: all valid modules of the data's contracts of at least
// 5,000 bytes, one after another; its counters are the geometric mean and the
// worst of their nanoseconds a byte, each module at its best round.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/data.h"
#include "bench/harness.h"
#include "bench/startup_modules.h"
#include "engine/base/check.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/runner.h"
#include "metering/fuel.h"

namespace ashlar::bench {
namespace {

constexpr size_t kContractSizeBytesMin = 5'000;
// Of startup/contracts, in an iteration: one alone has a best of none.
constexpr int kRounds = 3;

const engine::Profile& Relaxed() {
  return *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
}

void CountBytes(const std::string& bytes, const engine::CompiledModule& module,
                benchmark::State& state) {
  state.counters["bytes"] = static_cast<double>(bytes.size());
  state.counters["code_bytes"] =
      static_cast<double>(module.code.code_size_bytes);
  state.counters["s/byte"] =
      benchmark::Counter(static_cast<double>(bytes.size()),
                         benchmark::Counter::kIsIterationInvariantRate |
                             benchmark::Counter::kInvert);
}

void CompileAndValidate(const StartupModule& module, benchmark::State& state) {
  const auto bytes = ReadData(module.path);
  if (!bytes.ok()) return FailOrSkip(state, bytes.status());
  engine::CompiledModule compiled;
  compile::Scratch scratch;
  for (auto _ : state) {
    wasm::Violations violations;
    if (!engine::LoadInto(*bytes, Relaxed(), &scratch, &compiled,
                          &violations)) {
      return Fail(state, violations.list().front().message);
    }
  }
  CountBytes(*bytes, compiled, state);
}

// One object is used again and again: its arenas and memories are kept from
// module to module, as an engine keeps them.
void Startup(const StartupModule& module, benchmark::State& state) {
  const auto bytes = ReadData(module.path);
  if (!bytes.ok()) return FailOrSkip(state, bytes.status());
  engine::PreparedInstance instance;
  for (auto _ : state) {
    // The teardown of the last one belongs to no start.
    state.PauseTiming();
    instance.Drop();
    state.ResumeTiming();
    const engine::RunResult result =
        instance.Prepare(*bytes, Relaxed(), metering::kFuelMax);
    if (result.klass != engine::OutcomeClass::kReturned) {
      return Fail(state, result.message);
    }
  }
  CountBytes(*bytes, instance.compiled(), state);
}

struct Timed {
  ModuleFile file;
  double least_ns = std::numeric_limits<double>::max();
};

// Those that are accepted.
std::vector<Timed> ValidContracts(engine::PreparedInstance* instance) {
  std::vector<Timed> valid;
  for (ModuleFile& file : ContractModules(kContractSizeBytesMin)) {
    const engine::RunResult result =
        instance->Prepare(file.bytes, Relaxed(), metering::kFuelMax);
    if (result.klass == engine::OutcomeClass::kModuleRejected) continue;
    valid.push_back({std::move(file)});
  }
  return valid;
}

void TimeOnce(engine::PreparedInstance* instance, Timed* module) {
  instance->Drop();
  const auto begin = std::chrono::steady_clock::now();
  const engine::RunResult result =
      instance->Prepare(module->file.bytes, Relaxed(), metering::kFuelMax);
  const std::chrono::duration<double, std::nano> passed =
      std::chrono::steady_clock::now() - begin;
  CHECK(result.klass != engine::OutcomeClass::kModuleRejected);
  module->least_ns = std::min(module->least_ns, passed.count());
}

void Contracts(benchmark::State& state) {
  engine::PreparedInstance instance;
  std::vector<Timed> modules = ValidContracts(&instance);
  if (modules.empty()) {
    return FailOrSkip(state, ReadData("contracts").status());
  }
  for (auto _ : state) {
    for (int round = 0; round < kRounds; ++round) {
      for (Timed& module : modules) TimeOnce(&instance, &module);
    }
  }
  double log_sum = 0;
  double worst = 0;
  for (const Timed& module : modules) {
    const double ns_per_byte =
        module.least_ns / static_cast<double>(module.file.bytes.size());
    log_sum += std::log(ns_per_byte);
    if (ns_per_byte <= worst) continue;
    worst = ns_per_byte;
    state.SetLabel(absl::StrCat("worst: ", module.file.path));
  }
  const double count = static_cast<double>(modules.size());
  state.counters["modules"] = count;
  state.counters["geomean_ns/byte"] = std::exp(log_sum / count);
  state.counters["worst_ns/byte"] = worst;
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  using namespace ashlar::bench;
  for (const StartupModule& module : kStartupModules) {
    Register(absl::StrCat("compile_and_validate/", module.name),
             [&module](benchmark::State& state) {
               CompileAndValidate(module, state);
             });
  }
  for (const StartupModule& module : kStartupModules) {
    Register(absl::StrCat("startup/", module.name),
             [&module](benchmark::State& state) { Startup(module, state); });
  }
  Register("startup/contracts", Contracts);
  return Main(argc, argv);
}
