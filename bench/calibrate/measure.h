// Time and fuel of one unit of work, found as a slope.
#ifndef BENCH_CALIBRATE_MEASURE_H_
#define BENCH_CALIBRATE_MEASURE_H_

#include <cstdint>

#include "bench/calibrate/workload.h"

namespace ashlar::bench {

inline constexpr uint32_t kCountMax = 1u << 30;

struct Cost {
  double ns = 0;
  double fuel = 0;

  double ns_per_fuel() const { return fuel > 0 ? ns / fuel : 0; }
};

// What one more unit of `workload` costs: the difference between runs of n and
// of 2n units, so that what a run costs beside its units drops out. n grows
// until a run takes `run_ns`, or reaches `count_max`; each run is repeated and
// its shortest time counts, because other work on the machine only adds.
Cost MeasureUnit(Workload* workload, uint32_t count_max = kCountMax,
                 double run_ns = 4e6);

}  // namespace ashlar::bench

#endif  // BENCH_CALIBRATE_MEASURE_H_
