// Programs of the generator in the naive chain.
#ifndef TESTS_CONTRACTS_NAIVE_CHAIN_H_
#define TESTS_CONTRACTS_NAIVE_CHAIN_H_

#include <cstdint>

#include "engine/profile.h"
#include "naive/chain.h"
#include "tests/contracts/generator.h"

namespace ashlar::testing {

using NaiveState = naive::ChainState;
using NaiveOutcome = naive::ChainOutcome;

// The state that a program starts from.
NaiveState InitialState(const ContractProgram& program);

class NaiveChain {
 public:
  // `profile` outlives this.
  NaiveChain(const ContractProgram& program, const engine::Profile& profile);
  NaiveOutcome Execute(uint64_t fuel_limit) const;

 private:
  naive::Chain chain_;
  NaiveState before_;
};

}  // namespace ashlar::testing

#endif  // TESTS_CONTRACTS_NAIVE_CHAIN_H_
