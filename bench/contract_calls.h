// Whole calls of contracts, each with the state that it finds and the answer
// that it must give.
#ifndef BENCH_CONTRACT_CALLS_H_
#define BENCH_CONTRACT_CALLS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/engine.h"
#include "engine/request.h"
#include "engine/state/inline_state.h"

namespace ashlar::bench {

struct ContractCall {
  std::string name;  // "erc20/transfer"
  // FRESH, under seal-1, the module given by its bytes.
  engine::ExecuteRequest request;
  // Before the call; holds the module, so that it can also be named by hash.
  std::shared_ptr<state::InlineState> state;
  engine::OutcomeClass klass = engine::OutcomeClass::kReturned;
  uint32_t flags = 0;
  base::Bytes data;
};

// deploy and transfer of contracts/token.
std::vector<ContractCall> TokenCalls();
// One call of seal_calls.wat: which host function, how often.
ContractCall SealCalls(uint32_t function, uint32_t count);
// All steps of the data's contracts/ink/vectors.json that have an answer, in
// their order; NOT_FOUND where the data is absent.
absl::StatusOr<std::vector<ContractCall>> InkCalls();
// The smallest call of a large contract: an export that does nothing, of a
// module of 211 KB with 17 pages of memory, under relaxed-1. NOT_FOUND
// likewise.
absl::StatusOr<ContractCall> LargeContractCall();

// Executes and compares; the state stays as it is. INTERNAL: the answer is
// another one.
absl::Status Execute(engine::Engine* engine, const ContractCall& call);

}  // namespace ashlar::bench

#endif  // BENCH_CONTRACT_CALLS_H_
