// Work of one kind in any amount, run by the engine: what calibration times.
#ifndef BENCH_CALIBRATE_WORKLOAD_H_
#define BENCH_CALIBRATE_WORKLOAD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/runner.h"
#include "engine/state/inline_state.h"
#include "engine/state/reader.h"

namespace ashlar::bench {

class Workload {
 public:
  virtual ~Workload() = default;
  // Does the work `count` times and answers the fuel used. What a run costs
  // beside its count must not depend on the count. Aborts where the work
  // fails: a benchmark that fails measures nothing.
  virtual uint64_t Run(uint32_t count) = 0;
};

// Wasm of a module in text form, made by wat2wasm. Aborts where the text is
// wrong.
std::string Assemble(absl::string_view wat);

// Calls `run` of type (i32) -> (), prepared once. relaxed-1 knows an import
// `env.host`, a function of no parameters that does nothing.
std::unique_ptr<Workload> NewExportWorkload(
    absl::string_view wasm, absl::string_view profile = "relaxed-1");

// The same in a new instance for each run.
std::unique_ptr<Workload> NewGrowWorkload(std::string wasm);

// Loads and instantiates the module that `make` gives for a count.
std::unique_ptr<Workload> NewModuleWorkload(
    std::function<std::string(uint32_t)> make,
    absl::string_view profile = "relaxed-1");

// Loads and instantiates the same module again and again.
std::unique_ptr<Workload> NewRepeatedModuleWorkload(std::string wasm);

// What a contract's state is read from.
class StateSource {
 public:
  virtual ~StateSource() = default;
  // A reader for one execution.
  virtual std::unique_ptr<state::Reader> NewReader() = 0;
};

// One that also holds other states, each in a namespace of its own.
class DiskStateSource : public StateSource {
 public:
  // Keeps a copy of all entries and modules of `state`; answers its number.
  virtual uint32_t Add(const state::InlineState& state) = 0;
  virtual std::unique_ptr<state::Reader> NewReaderOf(uint32_t number) = 0;
};

// `entries` storage entries of the contract c0 x 32, their keys 32 bytes long
// and numbered from 0 (u32 LE, then zeros), each of `value_size_bytes`; and the
// given modules, each the code of the account whose 32 bytes are 16 + its
// index. In memory; or in a directory, by RocksDB, versioned as ashlard keeps
// it.
struct StateSpec {
  uint32_t entries = 0;
  uint32_t value_size_bytes = 32;
  std::vector<std::string> modules = {};
};
std::unique_ptr<StateSource> NewMemoryState(const StateSpec& spec);
std::unique_ptr<DiskStateSource> NewDiskState(const StateSpec& spec,
                                              const std::string& directory);

// Executes `call` of a seal-1 contract by the whole engine, digests included:
// the input is the count as u32 LE. The module is cached. `state` outlives it.
std::unique_ptr<Workload> NewContractWorkload(std::string wasm,
                                              StateSource* state);

}  // namespace ashlar::bench

#endif  // BENCH_CALIBRATE_WORKLOAD_H_
