#include "tests/contracts/naive_chain.h"

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/loader.h"
#include "engine/state/types.h"

namespace ashlar::testing {

NaiveState InitialState(const ContractProgram& program) {
  NaiveState state;
  for (const ContractProgram::Account& account : program.accounts) {
    const auto key = [&](state::Kind kind) {
      return state::Key{account.id, kind, {}};
    };
    if (account.balance != 0) {
      std::string& balance = state[key(state::Kind::kBalance)];
      for (size_t i = 0; i < sizeof(account.balance); ++i) {
        balance.push_back(static_cast<char>(account.balance >> (8 * i)));
      }
    }
    if (account.code != base::Hash256{}) {
      state[key(state::Kind::kCode)] = std::string(account.code.view());
    }
    for (const auto& [name, value] : account.storage) {
      state[{account.id, state::Kind::kStorage, name}] = value;
    }
  }
  return state;
}

NaiveChain::NaiveChain(const ContractProgram& program,
                       const engine::Profile& profile)
    : chain_(program.request, engine::ModuleHash(program.request.module_bytes),
             profile),
      before_(InitialState(program)) {
  for (const std::string& bytes : program.modules) {
    chain_.AddModule(bytes, /*is_valid=*/true);
  }
  chain_.AddModule(program.broken_module, /*is_valid=*/false);
}

NaiveOutcome NaiveChain::Execute(uint64_t fuel_limit) const {
  return chain_.Execute(before_, fuel_limit);
}

}  // namespace ashlar::testing
