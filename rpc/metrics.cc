#include "rpc/metrics.h"

#include <utility>

namespace ashlar::rpc {
namespace {

// Seconds: from a cached call of a small contract to a long one.
const prometheus::Histogram::BucketBoundaries& LatencyBuckets() {
  static const auto& buckets = *new prometheus::Histogram::BucketBoundaries{
      50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
      50e-3, 0.1,    0.25,   0.5,    1,    2.5,    5,    10,    60};
  return buckets;
}

constexpr const char* kCodeNames[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

}  // namespace

void MethodMetrics::Count(grpc::StatusCode code, absl::Duration latency) {
  static_assert(std::size(kCodeNames) == kCodes);
  latency_->Observe(absl::ToDoubleSeconds(latency));
  prometheus::Counter* counter = by_code_[code].load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Adding the same labels again gives the same counter.
    counter =
        &requests_->Add({{"method", method_}, {"code", kCodeNames[code]}});
    by_code_[code].store(counter, std::memory_order_release);
  }
  counter->Increment();
}

Metrics::Metrics()
    : requests_(&prometheus::BuildCounter()
                     .Name("ashlar_requests_total")
                     .Help("Requests by method and gRPC status.")
                     .Register(registry_)),
      latency_(&prometheus::BuildHistogram()
                    .Name("ashlar_request_seconds")
                    .Help("Time from a request's arrival to its answer.")
                    .Register(registry_)),
      fuel_(&prometheus::BuildCounter()
                 .Name("ashlar_fuel_used_total")
                 .Help("Fuel used by executions.")
                 .Register(registry_)
                 .Add({})) {
  prometheus::Family<prometheus::Counter>& outcomes =
      prometheus::BuildCounter()
          .Name("ashlar_outcomes_total")
          .Help("Executions by the class of their outcome.")
          .Register(registry_);
  for (size_t i = 1; i < kOutcomes; ++i) {
    const absl::string_view name =
        engine::OutcomeName(static_cast<engine::OutcomeClass>(i));
    outcomes_[i] =
        &outcomes.Add({{"outcome", std::string(name.data(), name.size())}});
  }
}

void Metrics::Add(const std::string& method, MethodMetrics* metrics) {
  metrics->method_ = method;
  metrics->requests_ = requests_;
  metrics->latency_ = &latency_->Add({{"method", method}}, LatencyBuckets());
}

void Metrics::CountOutcome(engine::OutcomeClass outcome, uint64_t fuel_used) {
  outcomes_[static_cast<size_t>(outcome)]->Increment();
  fuel_->Increment(static_cast<double>(fuel_used));
}

void Metrics::Watch(const std::string& name, const std::string& help,
                    std::function<double()> value) {
  prometheus::Gauge& gauge =
      prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(
          {});
  watched_.push_back({&gauge, std::move(value)});
}

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
  for (const Watched& watched : watched_) watched.gauge->Set(watched.value());
  return registry_.Collect();
}

}  // namespace ashlar::rpc
