// The rows of cost_class.def and unit.def as data, for code that walks over
// all prices. Private to this room.
#ifndef METERING_SCHEDULE_ROWS_H_
#define METERING_SCHEDULE_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>

#include "absl/strings/string_view.h"
#include "metering/schedule.h"

namespace ashlar::metering {

struct ClassRow {
  absl::string_view name;
  uint64_t ashlar_1_price;
};

// Indexed by CostClass.
inline constexpr ClassRow kClassRows[] = {
#define COST_CLASS(name, price, meaning) {#name, price},
#include "metering/cost_class.def"
};

struct UnitRow {
  absl::string_view name;
  uint32_t Schedule::* value;
  uint64_t ashlar_1_value;
};

inline constexpr UnitRow kUnitRows[] = {
#define UNIT(name, price, meaning) {#name, &Schedule::name, price},
#include "metering/unit.def"
};

inline constexpr size_t kClassCount = std::size(kClassRows);
inline constexpr size_t kUnitCount = std::size(kUnitRows);
static_assert(kClassCount == static_cast<size_t>(CostClass::kCount));

constexpr bool RowsFit() {
  for (const ClassRow& row : kClassRows) {
    if (row.ashlar_1_price > std::numeric_limits<uint16_t>::max()) return false;
  }
  for (const UnitRow& row : kUnitRows) {
    if (row.ashlar_1_value > std::numeric_limits<uint32_t>::max()) return false;
  }
  return true;
}
static_assert(RowsFit());

}  // namespace ashlar::metering

#endif  // METERING_SCHEDULE_ROWS_H_
