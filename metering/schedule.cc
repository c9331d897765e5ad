#include "metering/schedule.h"

#include <algorithm>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/serial.h"
#include "metering/fuel.h"
#include "metering/schedule_rows.h"

namespace ashlar::metering {
namespace {

constexpr absl::string_view kDigestTag = "ashlar.schedule";
constexpr absl::string_view kDivisorSuffix = "_per_fuel";

// The shortest encodings of the two opcodes whose price has a part that their
// bytes do not bound: opcode and function; opcode, type and table.
constexpr uint64_t kCallSizeBytes = 2;
constexpr uint64_t kCallIndirectSizeBytes = 3;

Schedule MakeAshlar1() {
  Schedule schedule;
  schedule.name = "ashlar-1";
  for (size_t i = 0; i < kClassCount; ++i) {
    schedule.class_price[i] =
        static_cast<uint16_t>(kClassRows[i].ashlar_1_price);
  }
  for (const UnitRow& row : kUnitRows) {
    schedule.*row.value = static_cast<uint32_t>(row.ashlar_1_value);
  }
  return schedule;
}

Schedule MakeAshlar1Wide() {
  Schedule schedule = Ashlar1();
  schedule.name = "ashlar-1-wide";
#define CLASS_PRICE(name, price) \
  schedule.class_price[static_cast<int>(CostClass::k##name)] = price;
#include "metering/ashlar_1_wide.def"
  return schedule;
}

// The most fuel that one byte of a run can stand for, the width of br_table
// and the declared locals apart.
uint64_t PricePerByteMax(const Schedule& schedule) {
  const uint64_t most = *std::max_element(std::begin(schedule.class_price),
                                          std::end(schedule.class_price));
  const uint64_t parameters =
      uint64_t{base::kRelaxedLimits.function_params_max} *
      schedule.call_parameter;
  const uint64_t call = schedule.price(CostClass::kCall) + parameters;
  const uint64_t indirect =
      schedule.price(CostClass::kCallIndirect) + parameters;
  return std::max({most, CeilDiv(call, kCallSizeBytes),
                   CeilDiv(indirect, kCallIndirectSizeBytes)});
}

}  // namespace

const Schedule& Ashlar1() {
  static const Schedule& schedule = *new Schedule(MakeAshlar1());
  return schedule;
}

const Schedule& Ashlar1Wide() {
  static const Schedule& schedule = *new Schedule(MakeAshlar1Wide());
  return schedule;
}

base::Hash256 Digest(const Schedule& schedule) {
  base::Writer out;
  out.Bytes(kDigestTag);
  out.Count(kClassCount);
  for (size_t i = 0; i < kClassCount; ++i) {
    out.Bytes(kClassRows[i].name);
    out.U16(schedule.class_price[i]);
  }
  out.Count(kUnitCount);
  for (const UnitRow& row : kUnitRows) {
    out.Bytes(row.name);
    out.U32(schedule.*row.value);
  }
  return base::Blake2b256(out.data());
}

absl::Status Validate(const Schedule& schedule, uint64_t body_size_bytes_max) {
  for (const UnitRow& row : kUnitRows) {
    if (schedule.*row.value == 0 && absl::EndsWith(row.name, kDivisorSuffix)) {
      return absl::InvalidArgumentError(
          absl::StrCat("schedule '", schedule.name, "': ", row.name, " is 0"));
    }
  }
  // A body is one run at worst. Each target of a br_table is a byte or more.
  const uint64_t run = SaturatingAdd(
      SaturatingMul(body_size_bytes_max, PricePerByteMax(schedule)),
      SaturatingAdd(
          CeilDiv(body_size_bytes_max, schedule.branch_table_targets_per_fuel),
          CeilDiv(base::kRelaxedLimits.function_locals_max,
                  schedule.locals_per_fuel)));
  if (run > std::numeric_limits<uint32_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "schedule '", schedule.name, "': a run in a body of ",
        body_size_bytes_max, " bytes could cost more than 2^32 - 1"));
  }
  return absl::OkStatus();
}

const Schedule* FindSchedule(absl::string_view name) {
  for (const Schedule* schedule : {&Ashlar1(), &Ashlar1Wide()}) {
    if (name == schedule->name) return schedule;
  }
  return nullptr;
}

}  // namespace ashlar::metering
