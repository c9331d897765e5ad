// Random contracts of the seal ABI that call each other: with caps on fuel,
// with value, with every flag, as delegates and as constructors; that keep
// storage, emit events, revert, trap, loop for ever, and look at their
// remaining fuel.
#ifndef TESTS_CONTRACTS_GENERATOR_H_
#define TESTS_CONTRACTS_GENERATOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/request.h"
#include "tests/differential/generator.h"

namespace ashlar::testing {

// A request and the state that it is executed over.
struct ContractProgram {
  engine::ExecuteRequest request;  // without profile and fuel limit
  std::vector<std::string> modules;
  // A module that is no module, or empty. Some account's code is its hash.
  std::string broken_module;
  struct Account {
    base::Hash256 id;
    unsigned __int128 balance = 0;
    base::Hash256 code{};  // zero: no contract; may name no module
    std::vector<std::pair<std::string, std::string>> storage;
  };
  std::vector<Account> accounts;
};

// The same program for the same seed, everywhere.
ContractProgram GenerateContracts(uint64_t seed);
// The same by a fuzzer's decisions. REQUIRES: `rng` has a tape.
ContractProgram GenerateContracts(Rng* rng);

}  // namespace ashlar::testing

#endif  // TESTS_CONTRACTS_GENERATOR_H_
