#include "tests/seal/chain.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/loader.h"

namespace ashlar::testing {
namespace {

std::string TempName(absl::string_view suffix) {
  const char* folder = std::getenv("TEST_TMPDIR");
  return absl::StrCat(folder != nullptr ? folder : "/tmp", "/module",
                      ::getpid(), suffix);
}

}  // namespace

state::AccountId Account(uint8_t byte) {
  state::AccountId account;
  account.bytes.fill(byte);
  return account;
}

std::filesystem::path ContractsFolder() {
  const char* const folder = std::getenv("ASHLAR_DATA");
  return std::filesystem::path(
             folder != nullptr && *folder != '\0' ? folder : "../shared") /
         "contracts";
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string Wat(absl::string_view text) {
  const std::string wat = TempName(".wat");
  const std::string wasm = TempName(".wasm");
  std::ofstream(wat) << std::string(text);
  const std::string command =
      absl::StrCat("wat2wasm --no-check ", wat, " -o ", wasm);
  CHECK(std::system(command.c_str()) == 0, "wat2wasm refused a test's module");
  return ReadFile(wasm);
}

Chain::Chain(absl::string_view profile, uint64_t cache_size_bytes)
    : profile_(engine::ProfileSet::BuiltIn().FindByName(profile)),
      engine_({.profiles = nullptr, .cache_size_bytes = cache_size_bytes}),
      state_(state::MissingKeys::kAbsent) {
  CHECK(profile_ != nullptr);
}

engine::ExecuteRequest Chain::Request(absl::string_view module,
                                      absl::string_view entry,
                                      absl::string_view input) const {
  engine::ExecuteRequest request;
  request.profile = profile_->digest;
  request.module_bytes = std::string(module);
  request.entry = std::string(entry);
  request.input = std::string(input);
  request.fuel_limit = uint64_t{1} << 56;
  request.caller = Account(0x01);
  request.callee = Account(0xc0);
  request.block.number = 1;
  request.block.timestamp_ms = 1'700'000'000'000;
  return request;
}

engine::ExecuteResult Chain::Try(const engine::ExecuteRequest& request) {
  absl::StatusOr<engine::ExecuteResult> result =
      engine_.Execute(request, &state_, nullptr);
  CHECK(result.ok(), "the execution has no outcome");
  CHECK(result->completed.has_value(), "the execution needs state");
  return *std::move(result);
}

engine::ExecuteResult Chain::Execute(const engine::ExecuteRequest& request) {
  engine::ExecuteResult result = Try(request);
  if (!request.module_bytes.empty()) state_.AddModule(request.module_bytes);
  state_.Apply(result.completed->effects, result.completed->removed_accounts);
  return result;
}

void Chain::Deploy(const state::AccountId& account, absl::string_view module) {
  state_.AddModule(std::string(module));
  state_.SetCode(account, engine::ModuleHash(module));
}

}  // namespace ashlar::testing
