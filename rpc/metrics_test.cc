#include "rpc/metrics.h"

#include <string>

#include "absl/time/time.h"
#include "engine/outcome.h"
#include "grpcpp/support/status_code_enum.h"
#include "gtest/gtest.h"
#include "prometheus/text_serializer.h"

namespace ashlar::rpc {
namespace {

std::string Text(const Metrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.Collect());
}

bool Has(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

TEST(MetricsTest, CountsRequestsByMethodAndStatus) {
  Metrics metrics;
  MethodMetrics put;
  metrics.Add("ashlar.v1.Modules/Put", &put);
  put.Count(grpc::StatusCode::OK, absl::Milliseconds(1));
  put.Count(grpc::StatusCode::OK, absl::Milliseconds(1));
  put.Count(grpc::StatusCode::UNAUTHENTICATED, absl::Milliseconds(70));
  const std::string text = Text(metrics);
  EXPECT_TRUE(Has(text,
                  "ashlar_requests_total{code=\"OK\",method="
                  "\"ashlar.v1.Modules/Put\"} 2"))
      << text;
  EXPECT_TRUE(Has(text,
                  "ashlar_requests_total{code=\"UNAUTHENTICATED\",method="
                  "\"ashlar.v1.Modules/Put\"} 1"))
      << text;
  EXPECT_TRUE(Has(text,
                  "ashlar_request_seconds_bucket{method="
                  "\"ashlar.v1.Modules/Put\",le=\"0.05\"} 2"))
      << text;
}

TEST(MetricsTest, CountsOutcomesAndFuel) {
  Metrics metrics;
  metrics.CountOutcome(engine::OutcomeClass::kReturned, 10);
  metrics.CountOutcome(engine::OutcomeClass::kModuleRejected, 5);
  const std::string text = Text(metrics);
  EXPECT_TRUE(Has(text, "ashlar_outcomes_total{outcome=\"returned\"} 1"));
  EXPECT_TRUE(
      Has(text, "ashlar_outcomes_total{outcome=\"module_rejected\"} 1"));
  EXPECT_TRUE(Has(text, "ashlar_outcomes_total{outcome=\"trapped\"} 0"));
  EXPECT_TRUE(Has(text, "ashlar_fuel_used_total 15"));
}

TEST(MetricsTest, ReadsWhatIsWatched) {
  Metrics metrics;
  double value = 3;
  metrics.Watch("ashlar_test", "A test.", [&value] { return value; });
  EXPECT_TRUE(Has(Text(metrics), "ashlar_test 3"));
  value = 4;
  EXPECT_TRUE(Has(Text(metrics), "ashlar_test 4"));
}

}  // namespace
}  // namespace ashlar::rpc
