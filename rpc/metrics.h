// What an operator watches: counters, a histogram and gauges for Prometheus.
// Nothing of it is in an answer or in a digest.
#ifndef RPC_METRICS_H_
#define RPC_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/outcome.h"
#include "grpcpp/support/status_code_enum.h"
#include "prometheus/collectable.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/metric_family.h"
#include "prometheus/registry.h"

namespace ashlar::rpc {

// Requests of one method, by status. Thread-safe; series appear when they are
// first counted.
class MethodMetrics {
 public:
  void Count(grpc::StatusCode code, absl::Duration latency);

 private:
  friend class Metrics;
  static constexpr size_t kCodes = grpc::StatusCode::UNAUTHENTICATED + 1;

  std::string method_;
  prometheus::Family<prometheus::Counter>* requests_ = nullptr;
  prometheus::Histogram* latency_ = nullptr;
  std::array<std::atomic<prometheus::Counter*>, kCodes> by_code_{};
};

// Thread-safe but for Watch.
class Metrics : public prometheus::Collectable {
 public:
  Metrics();

  // The method's metrics live as long as this object. `method` is its full
  // name: "ashlar.v1.Execution/Execute".
  void Add(const std::string& method, MethodMetrics* metrics);
  void CountOutcome(engine::OutcomeClass outcome, uint64_t fuel_used);

  // Reads `value` whenever metrics are collected. `value` must stay callable
  // as long as this object is collected.
  void Watch(const std::string& name, const std::string& help,
             std::function<double()> value);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  static constexpr size_t kOutcomes =
      static_cast<size_t>(engine::OutcomeClass::kModuleRejected) + 1;

  struct Watched {
    prometheus::Gauge* gauge;
    std::function<double()> value;
  };

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>* requests_;
  prometheus::Family<prometheus::Histogram>* latency_;
  prometheus::Counter* fuel_;
  std::array<prometheus::Counter*, kOutcomes> outcomes_{};
  std::vector<Watched> watched_;
};

}  // namespace ashlar::rpc

#endif  // RPC_METRICS_H_
