#include "bench/calibrate/measure.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace ashlar::bench {
namespace {

constexpr int kRepeats = 5;

struct Timed {
  double ns = std::numeric_limits<double>::infinity();
  uint64_t fuel = 0;
};

void RunTimed(Workload* workload, uint32_t count, Timed* best) {
  const auto begin = std::chrono::steady_clock::now();
  best->fuel = workload->Run(count);
  const std::chrono::duration<double, std::nano> took =
      std::chrono::steady_clock::now() - begin;
  best->ns = std::min(best->ns, took.count());
}

}  // namespace

Cost MeasureUnit(Workload* workload, uint32_t count_max, double run_ns) {
  uint32_t count = 1;
  for (Timed once; count < count_max; count *= 2, once = Timed()) {
    RunTimed(workload, count, &once);
    if (once.ns >= run_ns) break;
  }
  Timed single;
  Timed twice;
  for (int i = 0; i < kRepeats; ++i) {
    RunTimed(workload, count, &single);
    RunTimed(workload, 2 * count, &twice);
  }
  return {(twice.ns - single.ns) / count,
          static_cast<double>(twice.fuel - single.fuel) / count};
}

}  // namespace ashlar::bench
