// A second implementation of contract calls: the naive interpreter, a map as
// state that is copied at every call, and host functions, written from
// engine/host/seal/README.md and metering/README.md. A nested call is a native
// recursion, which is fine for the 16 contracts that may be open at once.
#ifndef NAIVE_CHAIN_H_
#define NAIVE_CHAIN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/interp/trap.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/overlay.h"
#include "engine/state/types.h"
#include "naive/module.h"

namespace ashlar::naive {

using ChainState = std::map<state::Key, std::string>;

struct ChainOutcome {
  engine::OutcomeClass klass = engine::OutcomeClass::kReturned;
  interp::Trap trap = interp::Trap::kNone;
  uint32_t flags = 0;
  std::string data;
  uint64_t fuel_used = 0;
  bool reads_fuel = false;
  uint64_t calls = 0;  // of contracts, nested ones
  // Children that ran out of fuel under a cap of their own.
  uint64_t capped = 0;
  // It asked for state or a module that was not said to be known.
  bool goes_beyond = false;
  ChainState state;  // afterwards; as it was, unless returned
  std::vector<state::Event> events;
  std::vector<state::AccountId> removed_accounts;  // in their order
};

// Executes one request of the seal ABI; its resource limits are not looked at.
// The bounds of the profile that make an outcome limit_exceeded are not there.
class Chain {
 public:
  // `module` is the outermost one, whatever the request says of it. `profile`
  // outlives the chain.
  Chain(engine::ExecuteRequest request, const base::Hash256& module,
        const engine::Profile& profile);

  // A module that contracts may find. `is_valid` says whether the profile
  // accepts it: this implementation does not validate.
  void AddModule(const std::string& bytes, bool is_valid);
  bool HasModule(const base::Hash256& hash) const {
    return modules_.contains(hash);
  }
  // Nothing is known but these keys, the modules that were added, and that
  // those are not there. Without this call, what was not given is not there.
  void SetKnown(std::set<state::Key> keys,
                std::set<base::Hash256> absent_modules);
  // A function that some module imports and this implementation lacks, or "".
  std::string UnknownImport() const;

  // REQUIRES: the outermost module was added; there is no UnknownImport.
  ChainOutcome Execute(ChainState before, uint64_t fuel_limit) const;

 private:
  friend class ChainExecution;
  struct Code {
    uint64_t size_bytes = 0;
    std::shared_ptr<const Module> module;  // null: it is not valid
  };

  const engine::ExecuteRequest request_;
  const base::Hash256 module_;
  const engine::Profile& profile_;
  std::map<base::Hash256, Code> modules_;
  std::optional<std::set<state::Key>> known_;
  std::set<base::Hash256> absent_modules_;
};

}  // namespace ashlar::naive

#endif  // NAIVE_CHAIN_H_
