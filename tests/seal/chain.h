// A little chain for tests: a state, an engine, and calls that change it.
#ifndef TESTS_SEAL_CHAIN_H_
#define TESTS_SEAL_CHAIN_H_

#include <filesystem>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/engine.h"
#include "engine/host/seal/functions.h"
#include "engine/state/inline_state.h"

namespace ashlar::testing {

// An account whose 32 bytes are all `byte`.
state::AccountId Account(uint8_t byte);

// Wasm bytes of a module in text form, made by wat2wasm. Aborts where the text
// is wrong: texts are constants of tests.
std::string Wat(absl::string_view text);

// ASHLAR_DATA (default: ../shared beside the checkout), folder `contracts`. May
// not exist: tests then skip with the line kNoData.
std::filesystem::path ContractsFolder();
inline constexpr char kNoData[] = "ASHLAR_DATA names no folder with contracts";
std::string ReadFile(const std::filesystem::path& path);

// A contract of the seal ABI: the imports named in `functions` (module.name
// of abi.def, as $name), an empty `deploy`, and `call` with this body. Memory
// is 2 pages; `rest` may add data, functions and globals. seal_return is always
// there as $return.
std::string Contract(absl::string_view functions, absl::string_view call_body,
                     absl::string_view rest = "");
// The same with a body for `deploy`.
std::string ContractWithDeploy(absl::string_view functions,
                               absl::string_view deploy_body,
                               absl::string_view call_body,
                               absl::string_view rest = "");

// The types of abi.def's letters as the text format writes them.
std::string Letters(absl::string_view letters);

// Little-endian bytes.
std::string Le32(uint32_t value);
std::string Le64(uint64_t value);
std::string Le128(unsigned __int128 value);
// The bytes as they stand in a data segment of the text format.
std::string Escaped(absl::string_view bytes);

class Chain {
 public:
  explicit Chain(absl::string_view profile = "seal-1",
                 uint64_t cache_size_bytes = 64 << 20);

  // A request with the defaults of the vectors: caller 01.., callee c0..,
  // value 0, block 1, now 1700000000000, fuel 2^56, module FRESH.
  engine::ExecuteRequest Request(absl::string_view module,
                                 absl::string_view entry,
                                 absl::string_view input = "") const;

  // Executes and, where it returned, applies the effects. Aborts where there
  // is no outcome.
  engine::ExecuteResult Execute(const engine::ExecuteRequest& request);
  // Executes and changes nothing.
  engine::ExecuteResult Try(const engine::ExecuteRequest& request);

  // Makes `account` a contract of `module` without running its constructor.
  void Deploy(const state::AccountId& account, absl::string_view module);

  state::InlineState& state() { return state_; }
  engine::Engine& engine() { return engine_; }
  const engine::Profile& profile() const { return *profile_; }

 private:
  const engine::Profile* profile_;
  engine::Engine engine_;
  state::InlineState state_;
};

}  // namespace ashlar::testing

#endif  // TESTS_SEAL_CHAIN_H_
