// A second implementation of contract calls: the naive interpreter, a map as
// state that is copied at every call, and the host functions that the
// generator's contracts import, written from engine/host/seal/README.md and
// metering/README.md. A nested call is a native recursion, which is fine for
// the 16 contracts that may be open at once.
#ifndef TESTS_CONTRACTS_NAIVE_CHAIN_H_
#define TESTS_CONTRACTS_NAIVE_CHAIN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/interp/trap.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/state/overlay.h"
#include "engine/state/types.h"
#include "tests/contracts/generator.h"
#include "tests/naive/module.h"

namespace ashlar::testing {

using NaiveState = std::map<state::Key, std::string>;

struct NaiveOutcome {
  engine::OutcomeClass klass = engine::OutcomeClass::kReturned;
  interp::Trap trap = interp::Trap::kNone;
  uint32_t flags = 0;
  std::string data;
  uint64_t fuel_used = 0;
  bool reads_fuel = false;
  uint64_t calls = 0;  // of contracts, nested ones
  // Children that ran out of fuel under a cap of their own.
  uint64_t capped = 0;
  NaiveState state;  // afterwards; as it was, unless returned
  std::vector<state::Event> events;
};

// The state that a program starts from.
NaiveState InitialState(const ContractProgram& program);

class NaiveChain {
 public:
  // Both outlive this.
  NaiveChain(const ContractProgram& program, const engine::Profile& profile);
  NaiveOutcome Execute(uint64_t fuel_limit) const;

 private:
  const ContractProgram& program_;
  const engine::Profile& profile_;
  // Null: the module is not valid.
  struct Code {
    uint64_t size_bytes = 0;
    std::shared_ptr<const naive::Module> module;
  };
  std::map<base::Hash256, Code> modules_;
  friend class NaiveExecution;
};

}  // namespace ashlar::testing

#endif  // TESTS_CONTRACTS_NAIVE_CHAIN_H_
