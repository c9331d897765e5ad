// work.def as data: what a host function is charged for beside the call and its
// bytes (metering/README.md, section 5).
#ifndef ENGINE_HOST_SEAL_WORK_H_
#define ENGINE_HOST_SEAL_WORK_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "metering/schedule.h"

namespace ashlar::host {

// A unit's price in any schedule, and its name; null and empty: none.
struct WorkUnit {
  uint32_t metering::Schedule::* price = nullptr;
  absl::string_view name;
};

// A row of work.def.
struct Work {
  uint32_t reads = 0;
  uint32_t writes = 0;
  bool is_recorded = false;
  WorkUnit unit;
  WorkUnit block_unit;
};

// Bytes of a block unit.
inline constexpr uint64_t kWorkBlockSizeBytes = 64;

namespace work {

namespace unit {
inline constexpr WorkUnit none;
#define UNIT(name, price, meaning) \
  inline constexpr WorkUnit name = {&metering::Schedule::name, #name};
#include "metering/unit.def"
}  // namespace unit

#define WORK(name, reads, writes, is_recorded, per_call, per_block) \
  inline constexpr Work k##name = {reads, writes, is_recorded != 0, \
                                   unit::per_call, unit::per_block};
#include "engine/host/seal/work.def"

}  // namespace work

// What `work` costs for a call whose inputs have this size, the call's own
// price and that of its bytes apart. Saturates.
uint64_t WorkFuel(const Work& work, uint64_t input_size_bytes,
                  const metering::Schedule& schedule);

}  // namespace ashlar::host

#endif  // ENGINE_HOST_SEAL_WORK_H_
