#include "engine/host/seal/work.h"

#include "metering/fuel.h"

namespace ashlar::host {

uint64_t WorkFuel(const Work& work, uint64_t input_size_bytes,
                  const metering::Schedule& schedule) {
  using metering::SaturatingAdd;
  using metering::SaturatingMul;
  uint64_t fuel = SaturatingAdd(uint64_t{work.reads} * schedule.state_read,
                                uint64_t{work.writes} * schedule.state_write);
  if (work.is_recorded) {
    fuel = SaturatingAdd(fuel,
                         SaturatingMul(input_size_bytes, schedule.state_byte));
  }
  if (work.unit.price != nullptr) {
    fuel = SaturatingAdd(fuel, schedule.*work.unit.price);
  }
  if (work.block_unit.price != nullptr) {
    const uint64_t blocks = input_size_bytes / kWorkBlockSizeBytes + 1;
    fuel = SaturatingAdd(
        fuel, SaturatingMul(blocks, schedule.*work.block_unit.price));
  }
  return fuel;
}

}  // namespace ashlar::host
