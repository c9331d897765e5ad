#include "bench/calibrate/programs.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "engine/base/check.h"
#include "engine/engine.h"
#include "engine/request.h"

namespace ashlar::bench {
namespace {

constexpr int kRepeats = 12;

}  // namespace

Cost Program::Measure(bool is_activated) const {
  engine::Engine engine(
      {.profiles = nullptr,
       .cache_size_bytes = is_activated ? uint64_t{64} << 20 : 0});
  engine::ExecuteRequest request = call.request;
  if (is_activated) request.activation = engine::Activation::kActivated;
  Cost cost;
  cost.ns = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kRepeats; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto result = engine.Execute(request, call.state.get(), nullptr);
    const std::chrono::duration<double, std::nano> took =
        std::chrono::steady_clock::now() - begin;
    CHECK(result.ok() && result->completed.has_value(), name);
    CHECK(result->completed->outcome.klass == call.klass, name);
    cost.ns = std::min(cost.ns, took.count());
    cost.fuel = static_cast<double>(result->completed->fuel.used);
  }
  return cost;
}

std::vector<Program> Programs() {
  std::vector<Program> programs;
  for (ContractCall& call : TokenCalls()) {
    std::string name = call.name;
    programs.push_back({std::move(name), std::move(call)});
  }
  auto ink = InkCalls();
  if (!ink.ok()) return programs;
  for (ContractCall& call : *ink) {
    std::string name = call.name;
    programs.push_back({std::move(name), std::move(call)});
  }
  return programs;
}

}  // namespace ashlar::bench
