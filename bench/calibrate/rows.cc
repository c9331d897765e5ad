#include "bench/calibrate/rows.h"

namespace ashlar::bench {

Cost MeasureRow(const Row& row) {
  const std::unique_ptr<Workload> more = row.more();
  Cost cost = MeasureUnit(more.get(), row.count_max);
  if (row.less != nullptr) {
    const std::unique_ptr<Workload> less = row.less();
    const Cost base = MeasureUnit(less.get(), row.count_max);
    cost.ns -= base.ns;
    cost.fuel -= base.fuel;
  }
  return {cost.ns * row.scale, cost.fuel * row.scale};
}

}  // namespace ashlar::bench
