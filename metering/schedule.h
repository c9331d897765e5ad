// Fuel prices. A schedule is a named, immutable table with a digest; a profile
// names one. The rule that applies it is metering/README.md.
#ifndef METERING_SCHEDULE_H_
#define METERING_SCHEDULE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"

namespace ashlar::metering {

// Rows of metering/cost_class.def.
enum class CostClass : uint8_t {
#define COST_CLASS(name, price, meaning) k##name,
#include "metering/cost_class.def"
  kCount
};

// Prices beside those of the classes, in fuel; rows of metering/unit.def:
// UNIT(name, ashlar-1 price, meaning). Where a unit is "units per fuel" (its
// name ends in _per_fuel) the charge is ceil(amount / unit).
struct Schedule {
  std::string name;
  uint16_t class_price[static_cast<int>(CostClass::kCount)] = {};
#define UNIT(name, price, meaning) uint32_t name = 0;
#include "metering/unit.def"

  uint32_t price(CostClass c) const { return class_price[static_cast<int>(c)]; }
  friend bool operator==(const Schedule&, const Schedule&) = default;
};

// The first schedule, by FUEL.md. Static storage.
const Schedule& Ashlar1();
// The same, but for profiles whose memories do not fit a processor's cache:
// metering/ashlar_1_wide.def. Static storage.
const Schedule& Ashlar1Wide();

// BLAKE2b-256 of the canonical serialisation (documented in README.md): the
// names and values of all classes and units. The schedule's own name is not in
// it: two schedules of equal prices are one.
base::Hash256 Digest(const Schedule& schedule);

// Refuses a schedule with which the cost of one run could exceed u32 in a
// body of `body_size_bytes_max` bytes, or with a *_per_fuel unit of 0. Counts
// of parameters and locals are taken as the most that any profile may allow.
absl::Status Validate(const Schedule& schedule, uint64_t body_size_bytes_max);

// Schedules by built-in name; nullptr where there is none.
const Schedule* FindSchedule(absl::string_view name);

// A text form (one `name value` pair a line, # comments), for profile files.
// A line `name NAME` names the schedule; a built-in's name is refused unless
// the prices are the built-in's. Every class and unit must be given once, or
// inherited by a first line `copy NAME` of a built-in schedule. Errors name
// the line. FormatSchedule writes every price; parsing it gives an equal
// schedule. Neither checks what Validate checks.
absl::StatusOr<Schedule> ParseSchedule(absl::string_view text);
std::string FormatSchedule(const Schedule& schedule);

}  // namespace ashlar::metering

#endif  // METERING_SCHEDULE_H_
