// One program of contracts in the engine and in the naive chain.
#ifndef TESTS_CONTRACTS_TRIAL_H_
#define TESTS_CONTRACTS_TRIAL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/inline_state.h"
#include "tests/contracts/generator.h"
#include "tests/contracts/naive_chain.h"

namespace ashlar::testing {

// What trials came to.
struct ContractTally {
  uint64_t programs = 0;
  std::map<std::string, uint64_t> outcomes;
  uint64_t conditional = 0;
  uint64_t estimates_below = 0;  // the limit, of conditional ones
  uint64_t proven = 0;
  uint64_t nested = 0;  // programs that call contracts
  uint64_t calls = 0;
  uint64_t capped = 0;
  uint64_t limits = 0;  // runs at each limit of small programs
  uint64_t executions = 0;
};

// What the engine says of the program is what the naive chain says of it.
class ContractTrial {
 public:
  // All of them outlive this. Counts are added to `tally`.
  ContractTrial(const ContractProgram& program, const engine::Profile& profile,
                engine::Engine* engine, ContractTally* tally);

  // Executes the program with more fuel than it needs, with exactly what it
  // used, with one less, and profiled; where it read its fuel, with the limit
  // that an estimate tested and with others; and, with `tries_every_limit`,
  // with every smaller limit where it is a small one. Returns what is wrong,
  // or "".
  std::string Run(bool tries_every_limit);

 private:
  engine::Completed Execute(uint64_t fuel_limit);
  void Count(const NaiveOutcome& expected, const engine::Completed& first);
  NaiveState StateAfter(const engine::Completed& completed) const;
  std::string Difference(const NaiveOutcome& expected,
                         const engine::Completed& actual) const;
  std::string Profiled(uint64_t fuel_limit, const engine::Completed& plain);
  std::string RunsOut(uint64_t limit, bool asks_naive);
  std::string Proven(const engine::Completed& first, bool tries_every_limit);
  std::string Conditional(const engine::Completed& first);

  engine::Engine& engine_;
  ContractTally& tally_;
  NaiveChain naive_;
  state::InlineState state_;
  engine::ExecuteRequest request_;
};

}  // namespace ashlar::testing

#endif  // TESTS_CONTRACTS_TRIAL_H_
