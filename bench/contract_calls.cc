#include "bench/contract_calls.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/data.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "metering/fuel.h"
#include "nlohmann/json.hpp"

namespace ashlar::bench {
namespace {

using engine::ExecuteRequest;
using engine::OutcomeClass;
using nlohmann::json;

state::AccountId AccountOf(uint8_t byte) {
  state::AccountId account;
  account.bytes.fill(byte);
  return account;
}

// Context and accounts are those of the vectors.
ExecuteRequest Request(absl::string_view module, absl::string_view entry,
                       base::Bytes input) {
  ExecuteRequest request;
  request.profile = engine::ProfileSet::BuiltIn().FindByName("seal-1")->digest;
  request.module_bytes = std::string(module);
  request.entry = std::string(entry);
  request.input = std::move(input);
  request.fuel_limit = metering::kFuelMax;
  request.caller = AccountOf(0x01);
  request.callee = AccountOf(0xc0);
  request.block.number = 1;
  request.block.timestamp_ms = 1'700'000'000'000;
  return request;
}

// Answers calls, one after another, on one growing state.
class Sequence {
 public:
  explicit Sequence(absl::string_view module)
      : module_(module), engine_({}), state_(state::MissingKeys::kAbsent) {
    state_.AddModule(std::string(module));
  }

  // The call, with the state as it is now; then makes it.
  ContractCall Next(std::string name, ExecuteRequest request,
                    OutcomeClass klass, uint32_t flags, base::Bytes data) {
    ContractCall call;
    call.name = std::move(name);
    call.request = std::move(request);
    call.state = std::make_shared<state::InlineState>(state_);
    call.klass = klass;
    call.flags = flags;
    call.data = std::move(data);
    const auto result = engine_.Execute(call.request, &state_, nullptr);
    CHECK(result.ok() && result->completed.has_value());
    state_.Apply(result->completed->effects,
                 result->completed->removed_accounts);
    return call;
  }

  const std::string& module() const { return module_; }

 private:
  std::string module_;
  engine::Engine engine_;
  state::InlineState state_;
};

base::Bytes Hex(absl::string_view text) {
  return base::HexDecode(text).value();
}

base::Bytes Le32(uint32_t value) {
  char bytes[4];
  base::StoreLe<uint32_t>(bytes, value);
  return base::Bytes(bytes, 4);
}

std::string Repeated(absl::string_view text, int n) {
  std::string repeated;
  for (int i = 0; i < n; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

ContractCall InkCall(absl::string_view short_name, const json& step,
                     Sequence* sequence) {
  ExecuteRequest request =
      Request(sequence->module(), step["entry"].get<std::string>(),
              Hex(step["input"].get<std::string>()));
  request.caller =
      base::Hash256::FromHex(step["caller"].get<std::string>()).value();
  const json& result = step["result"];
  OutcomeClass klass = OutcomeClass::kTrapped;
  uint32_t flags = 0;
  base::Bytes data;
  if (result["outcome"] == "return") {
    flags = result["flags"].get<uint32_t>();
    klass = flags == 0 ? OutcomeClass::kReturned : OutcomeClass::kReverted;
    data = Hex(result["data"].get<std::string>());
  }
  return sequence->Next(
      absl::StrCat(short_name, "/", step["label"].get<std::string>()),
      std::move(request), klass, flags, std::move(data));
}

}  // namespace

std::vector<ContractCall> TokenCalls() {
  Sequence sequence(OwnModule("token"));
  std::vector<ContractCall> calls;
  calls.push_back(
      sequence.Next("token/deploy",
                    Request(sequence.module(), "deploy",
                            Hex("9bae9d5e40420f00000000000000000000000000")),
                    OutcomeClass::kReturned, 0, ""));
  calls.push_back(sequence.Next(
      "token/transfer",
      Request(sequence.module(), "call",
              Hex(absl::StrCat("84a15da1", Repeated("02", 32),
                               "64000000000000000000000000000000"))),
      OutcomeClass::kReturned, 0, std::string(1, '\0')));
  return calls;
}

ContractCall SealCalls(uint32_t function, uint32_t count) {
  Sequence sequence(OwnModule("seal_calls"));
  return sequence.Next(
      "seal_calls",
      Request(sequence.module(), "call", Le32(function) + Le32(count)),
      OutcomeClass::kReturned, 0, Le32(count));
}

absl::StatusOr<std::vector<ContractCall>> InkCalls() {
  ASSIGN_OR_RETURN(const std::string text,
                   ReadData("contracts/ink/vectors.json"));
  std::vector<ContractCall> calls;
  const json vectors = json::parse(text);
  for (const json& vector : vectors["vectors"]) {
    const std::string path = vector["module"].get<std::string>();
    ASSIGN_OR_RETURN(const std::string module,
                     ReadData(absl::StrCat("contracts/", path)));
    // "ink/OWNER__REPOSITORY__NAME.wasm" -> "NAME"
    std::string name = path.substr(path.rfind("__") + 2);
    name.resize(name.size() - std::string(".wasm").size());
    Sequence sequence(module);
    for (const json& step : vector["steps"]) {
      if (step["result"]["outcome"] == "unimplemented") continue;
      calls.push_back(InkCall(name, step, &sequence));
    }
  }
  return calls;
}

absl::StatusOr<ContractCall> LargeContractCall() {
  ASSIGN_OR_RETURN(
      const std::string module,
      ReadData("contracts/cosmwasm/CosmWasm__cosmwasm__hackatom_1.0.wasm"));
  ContractCall call;
  call.name = "cosmwasm_211k/interface_version";
  call.request = Request(module, "interface_version_8", {});
  call.request.profile =
      engine::ProfileSet::BuiltIn().FindByName("relaxed-1")->digest;
  call.state =
      std::make_shared<state::InlineState>(state::MissingKeys::kAbsent);
  call.state->AddModule(module);
  return call;
}

absl::Status Execute(engine::Engine* engine, const ContractCall& call) {
  ASSIGN_OR_RETURN(const engine::ExecuteResult result,
                   engine->Execute(call.request, call.state.get(), nullptr));
  if (!result.completed.has_value()) {
    return absl::InternalError(absl::StrCat(call.name, ": state is missing"));
  }
  const engine::Outcome& outcome = result.completed->outcome;
  if (outcome.klass != call.klass || outcome.flags != call.flags ||
      outcome.data != call.data) {
    return absl::InternalError(absl::StrCat(
        call.name, ": ", engine::OutcomeName(outcome.klass), " ",
        result.diagnostics.message, " ", base::HexEncode(outcome.data)));
  }
  return absl::OkStatus();
}

}  // namespace ashlar::bench
