// The same call of a generated module in both interpreters.
#ifndef TESTS_DIFFERENTIAL_RUN_H_
#define TESTS_DIFFERENTIAL_RUN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/interp/trap.h"
#include "metering/schedule.h"

namespace ashlar::testing {

struct Call {
  uint32_t function = 0;
  std::vector<uint64_t> args;  // i32 and f32 zero-extended
  uint64_t fuel_limit = 0;
  uint32_t stack_slots_max = 0;
  uint32_t memory_pages_max = 0;
};

// Everything that must be equal. A funcref is 0 where null, else 1 + the
// index by which the module under test knows the function.
struct Observation {
  enum class Kind { kReturned, kTrapped, kOutOfFuel, kNotInstantiated };
  Kind kind = Kind::kReturned;
  interp::Trap trap = interp::Trap::kNone;
  std::vector<uint64_t> results;
  uint64_t fuel_used = 0;  // of the execution alone
  // State of the module under test afterwards, and the library's memory where
  // it was instantiated; left empty where the fuel ran out, since all effects
  // are discarded then.
  std::vector<uint8_t> memory;
  std::vector<uint8_t> library_memory;
  std::vector<uint64_t> globals;
  std::vector<std::vector<uint64_t>> tables;
  // What is wrong with the backtrace of one that did not return, by itself
  // (places.h); empty where there is none.
  std::string wrong_place;

  friend bool operator==(const Observation&, const Observation&) = default;
  // One line, without the state's contents.
  std::string Describe() const;
};

class Runner {
 public:
  virtual ~Runner() = default;
  // Makes a fresh instance and calls one function of it.
  virtual Observation Run(const Call& call) = 0;
};

// `schedule` outlives the runner.
std::unique_ptr<Runner> MakeNaiveRunner(
    std::vector<uint8_t> bytes,
    const metering::Schedule& schedule = metering::Ashlar1());

// What differs, in words; empty where nothing does.
std::string Difference(const Observation& expected, const Observation& actual);

}  // namespace ashlar::testing

#endif  // TESTS_DIFFERENTIAL_RUN_H_
