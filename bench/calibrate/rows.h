// What calibration measures: a row for each cost class and each unit.
#ifndef BENCH_CALIBRATE_ROWS_H_
#define BENCH_CALIBRATE_ROWS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/calibrate/measure.h"
#include "bench/calibrate/workload.h"

namespace ashlar::bench {

// One row: what one more unit of `more` costs, less what one of `less` costs
// (where it is given), times `scale`.
struct Row {
  std::string name;  // of metering/cost_class.def or metering/unit.def
  double scale = 1;
  std::function<std::unique_ptr<Workload>()> more;
  std::function<std::unique_ptr<Workload>()> less;
  uint32_t count_max = kCountMax;
};

Cost MeasureRow(const Row& row);

// Cost classes: an instruction with the operands that it needs.
void AddClassRows(std::vector<Row>* rows);
// Units that price instructions.
void AddInstructionUnitRows(std::vector<Row>* rows);
// Units that price modules and instances, as an embedder pays for them: all of
// them but activated_base, which is a look-up.
void AddModuleRows(std::vector<Row>* rows);
// Units that price host functions. The rows borrow the states, whose stores lie
// in `directory`, which exists.
struct HostStates {
  std::unique_ptr<StateSource> memory;
  std::unique_ptr<DiskStateSource> disk;
};
void AddHostRows(const std::string& directory, HostStates* states,
                 std::vector<Row>* rows);

}  // namespace ashlar::bench

#endif  // BENCH_CALIBRATE_ROWS_H_
