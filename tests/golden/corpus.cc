#include "tests/golden/corpus.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "replay/archive.h"
#include "tests/contracts/generator.h"
#include "tests/contracts/naive_chain.h"
#include "tests/replay/cases.h"

namespace ashlar::testing {
namespace {

// Selectors of contracts/token/token.c.
constexpr char kNew[] = "9bae9d5e";
constexpr char kTotalSupply[] = "db6375a8";
constexpr char kTransfer[] = "84a15da1";

std::string Message(absl::string_view selector, const std::string& arguments) {
  return base::HexDecode(selector).value() + arguments;
}

std::string To(uint8_t account, uint64_t amount) {
  return std::string(32, static_cast<char>(account)) + Le128(amount);
}

// A token's life: made, asked, moved, refused, called wrongly, and with less
// fuel each time than the call before needed.
void RecordToken(absl::string_view token, replay::ArchiveWriter* writer) {
  Chain chain;
  const struct {
    const char* entry;
    uint8_t caller;
    std::string input;
  } kSteps[] = {
      {"call", 1, Message(kTotalSupply, "")},
      {"deploy", 1, Message(kNew, Le128(1'000'000))},
      {"call", 1, Message(kTotalSupply, "")},
      {"call", 1, Message(kTransfer, To(2, 100))},
      {"call", 2, Message(kTransfer, To(3, 101))},
      {"call", 2, Message(kTransfer, To(3, 100))},
      {"call", 3, Message(kTransfer, To(3, 1))},
      {"call", 3, Message(kTransfer, "short")},
      {"call", 3, Message("00000000", "")},
      {"none", 3, ""},
  };
  for (const auto& step : kSteps) {
    engine::ExecuteRequest request =
        chain.Request(token, step.entry, step.input);
    request.caller = Account(step.caller);
    const engine::Completed completed = Record(&chain, request, writer);
    for (const uint64_t less : {uint64_t{1}, completed.fuel.used / 2}) {
      request.fuel_limit = completed.fuel.used - less;
      Record(&chain, request, writer);
    }
    request.fuel_limit = completed.fuel.used;
    request.activation = engine::Activation::kActivated;
    Record(&chain, request, writer);
    chain.Execute(request);
  }
}

// Programs of contracts that call each other.
void RecordPrograms(replay::ArchiveWriter* writer) {
  constexpr uint64_t kPrograms = 40;
  constexpr uint64_t kFuel = 400'000;
  for (uint64_t seed = 0; seed < kPrograms; ++seed) {
    const ContractProgram program = GenerateContracts(seed);
    Chain chain;
    for (const auto& [key, value] : InitialState(program)) {
      chain.state().Set(key, value);
    }
    for (const std::string& bytes : program.modules) {
      chain.state().AddModule(bytes);
    }
    chain.state().AddModule(program.broken_module);
    engine::ExecuteRequest request = program.request;
    request.profile = chain.profile().digest;
    request.fuel_limit = kFuel;
    Record(&chain, request, writer);
  }
}

}  // namespace

base::Bytes MakeCorpus(absl::string_view token) {
  replay::ArchiveWriter writer;
  for (const Case& c : Cases()) {
    Chain chain;
    const engine::ExecuteRequest request = c.prepare(chain);
    CHECK(Record(&chain, request, &writer).outcome.klass == c.outcome, c.name);
  }
  RecordToken(token, &writer);
  RecordPrograms(&writer);
  return writer.Finish();
}

}  // namespace ashlar::testing
