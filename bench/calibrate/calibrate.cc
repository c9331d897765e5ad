// Measures ns and fuel of every cost class and unit of ashlar-1 and of whole
// contract calls, and says how far each is from the median call: see
// metering/README.md, "Calibration". Arguments: --json.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/calibrate/programs.h"
#include "bench/calibrate/rows.h"
#include "metering/schedule.h"
#include "nlohmann/json.hpp"

namespace ashlar::bench {
namespace {

// The most that a row may be above the median call.
constexpr double kRatioMax = 4;

uint64_t PriceOf(absl::string_view name) {
  const metering::Schedule& schedule = metering::Ashlar1();
#define COST_CLASS(row, fuel, meaning) \
  if (name == #row) return schedule.price(metering::CostClass::k##row);
#include "metering/cost_class.def"
#define UNIT(row, fuel, meaning) \
  if (name == #row) return schedule.row;
#include "metering/unit.def"
  return 0;
}

void ShowProgress(const std::string& name) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r\033[K%s", name.c_str());
}

struct Measured {
  std::string name;
  Cost cost;
};

void Print(const Measured& row, double median) {
  std::printf("%-30s %8llu %14.3f %12.3f %9.3f %7.2f%s\n", row.name.c_str(),
              static_cast<unsigned long long>(PriceOf(row.name)), row.cost.ns,
              row.cost.fuel, row.cost.ns_per_fuel(),
              row.cost.ns_per_fuel() / median,
              row.cost.ns_per_fuel() > kRatioMax * median ? " !" : "");
}

int Run(bool as_json) {
  char folder[] = "/tmp/calibrateXXXXXX";
  if (mkdtemp(folder) == nullptr) return 3;
  std::vector<Row> rows;
  HostStates states;
  AddClassRows(&rows);
  AddInstructionUnitRows(&rows);
  AddModuleRows(&rows);
  AddHostRows(folder, &states, &rows);
  std::vector<Measured> measured;
  for (const Row& row : rows) {
    ShowProgress(row.name);
    measured.push_back({row.name, MeasureRow(row)});
  }
  const Yardstick calls = MeasureCalls(states.disk.get(), ShowProgress);
  ShowProgress("");
  const double median = calls.activated;
  if (as_json) {
    nlohmann::ordered_json json;
    json["median_call"] = median;
    json["median_fresh_call"] = calls.fresh;
    json["calls"] = calls.calls;
    for (const Measured& row : measured) {
      json["rows"][row.name] = {{"price", PriceOf(row.name)},
                                {"ns", row.cost.ns},
                                {"fuel", row.cost.fuel},
                                {"ns_per_fuel", row.cost.ns_per_fuel()}};
    }
    std::printf("%s\n", json.dump(1).c_str());
  } else {
    std::printf("%-30s %8s %14s %12s %9s %7s\n", "class or unit", "price", "ns",
                "fuel", "ns/fuel", "ratio");
    for (const Measured& row : measured) Print(row, median);
    std::printf(
        "\nmedian of %zu contract calls: %.3f ns/fuel, which is ratio 1;"
        " fresh: %.3f\n",
        calls.calls, median, calls.fresh);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  const bool as_json = argc == 2 && absl::string_view(argv[1]) == "--json";
  if (argc > 1 && !as_json) {
    std::fprintf(stderr, "usage: calibrate [--json]\n");
    return 2;
  }
  return ashlar::bench::Run(as_json);
}
