// Whole contract calls: the yardstick of calibration.
#ifndef BENCH_CALIBRATE_PROGRAMS_H_
#define BENCH_CALIBRATE_PROGRAMS_H_

#include <string>
#include <vector>

#include "bench/calibrate/measure.h"
#include "bench/contract_calls.h"

namespace ashlar::bench {

struct Program {
  std::string name;
  ContractCall call;

  // From the request to the outcome with its digests. FRESH: the module is
  // compiled each time. Activated: it is kept, as a node keeps such modules.
  Cost Measure(bool is_activated) const;
};

// The calls of contracts/token and, where the data is there, all steps of the
// ink! vectors.
std::vector<Program> Programs();

}  // namespace ashlar::bench

#endif  // BENCH_CALIBRATE_PROGRAMS_H_
