// Whole contract calls: the yardstick of calibration.
#ifndef BENCH_CALIBRATE_PROGRAMS_H_
#define BENCH_CALIBRATE_PROGRAMS_H_

#include <cstddef>
#include <functional>
#include <string>

#include "bench/calibrate/workload.h"

namespace ashlar::bench {

// Median ns per fuel of the calls of contracts/token and, where the data is
// there, of all steps of the ink! vectors: from the request to the outcome with
// its digests, the state on disk.
struct Yardstick {
  size_t calls = 0;
  // The module is activated and kept, as a node keeps such modules: what the
  // blocks of a chain are full of. This is M.
  double activated = 0;
  // The module is compiled each time, and pays for it.
  double fresh = 0;
};
// Adds the calls' states to `state`. `progress` is told each call's name.
Yardstick MeasureCalls(
    DiskStateSource* state,
    const std::function<void(const std::string& name)>& progress);

}  // namespace ashlar::bench

#endif  // BENCH_CALIBRATE_PROGRAMS_H_
