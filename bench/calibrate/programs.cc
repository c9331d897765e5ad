#include "bench/calibrate/programs.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "bench/calibrate/measure.h"
#include "bench/contract_calls.h"
#include "engine/base/check.h"
#include "engine/engine.h"
#include "engine/request.h"

namespace ashlar::bench {
namespace {

constexpr int kRepeats = 12;
constexpr uint64_t kCacheSizeBytes = uint64_t{64} << 20;

std::vector<ContractCall> AllCalls() {
  std::vector<ContractCall> calls = TokenCalls();
  auto ink = InkCalls();
  if (!ink.ok()) return calls;
  for (ContractCall& call : *ink) calls.push_back(std::move(call));
  return calls;
}

double NsPerFuel(const ContractCall& call, bool is_activated,
                 DiskStateSource* state, uint32_t number) {
  engine::Engine engine(
      {.profiles = nullptr,
       .cache_size_bytes = is_activated ? kCacheSizeBytes : 0});
  engine::ExecuteRequest request = call.request;
  if (is_activated) request.activation = engine::Activation::kActivated;
  Cost cost;
  cost.ns = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kRepeats; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const std::unique_ptr<state::Reader> reader = state->NewReaderOf(number);
    const auto result = engine.Execute(request, reader.get(), nullptr);
    const std::chrono::duration<double, std::nano> took =
        std::chrono::steady_clock::now() - begin;
    CHECK(result.ok() && result->completed.has_value(), call.name);
    CHECK(result->completed->outcome.klass == call.klass, call.name);
    cost.ns = std::min(cost.ns, took.count());
    cost.fuel = static_cast<double>(result->completed->fuel.used);
  }
  return cost.ns_per_fuel();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

Yardstick MeasureCalls(
    DiskStateSource* state,
    const std::function<void(const std::string& name)>& progress) {
  std::vector<double> fresh;
  std::vector<double> activated;
  for (const ContractCall& call : AllCalls()) {
    progress(call.name);
    const uint32_t number = state->Add(*call.state);
    fresh.push_back(NsPerFuel(call, /*is_activated=*/false, state, number));
    activated.push_back(NsPerFuel(call, /*is_activated=*/true, state, number));
  }
  return {fresh.size(), Median(activated), Median(fresh)};
}

}  // namespace ashlar::bench
