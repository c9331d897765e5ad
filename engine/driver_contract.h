// What a Driver keeps of an open contract, beside its host::Frame; for its own
// sources.
#ifndef ENGINE_DRIVER_CONTRACT_H_
#define ENGINE_DRIVER_CONTRACT_H_

#include <cstdint>
#include <memory>

#include "engine/interp/instance.h"
#include "engine/loader.h"
#include "engine/outcome.h"
#include "metering/fuel.h"

namespace ashlar::engine {

struct DriverContract {
  std::shared_ptr<const CompiledModule> module;
  std::shared_ptr<CompiledModule> scratch;  // `module`, where it is not kept
  std::unique_ptr<interp::Store> store;
  interp::Instance* instance = nullptr;
  uint32_t entry = 0;  // function index
  bool is_entered = false;
  bool is_starting = false;  // the start function runs, then the entry
  // FUEL.md rule 8: what it may use, what its caller keeps back, and whether
  // its own cap (not the caller's fuel) is what limits it.
  uint64_t fuel_limit = 0;
  uint64_t fuel_reserve = 0;
  bool is_bounded = false;
  Phase phase = Phase::kPrepare;
  uint32_t profile_module = 0;  // index in the driver's profile_modules_
  // Compile, instantiate and calls so far; the rest is added at the end.
  metering::FuelByCategory by;
  uint64_t memory_before = 0;  // Execution::memory_fuel() when it began
  uint64_t memory_nested = 0;  // of that, used by its callees
};

}  // namespace ashlar::engine

#endif  // ENGINE_DRIVER_CONTRACT_H_
