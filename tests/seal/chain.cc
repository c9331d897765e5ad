#include "tests/seal/chain.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/host/seal/functions.h"
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
      absl::StrCat("wat2wasm --enable-tail-call ", wat, " -o ", wasm);
  CHECK(std::system(command.c_str()) == 0, "wat2wasm refused a test's module");
  return ReadFile(wasm);
}

std::string Letters(absl::string_view letters) {
  std::string types;
  for (char letter : letters) types += letter == 'i' ? " i32" : " i64";
  return types;
}

namespace {

// The import of one row of the ABI's table, "seal1.call" say; the first row of
// the names counts.
std::string ImportText(absl::string_view full_name) {
  const std::pair<absl::string_view, absl::string_view> names =
      absl::StrSplit(full_name, absl::MaxSplits('.', 1));
  for (const host::SealFunction& f : host::SealFunctions()) {
    const bool is_plain = f.name == names.second;
    if (f.module != names.first ||
        (!is_plain && f.prefixed_name != names.second)) {
      continue;
    }
    const std::pair<absl::string_view, absl::string_view> type =
        absl::StrSplit(f.type, absl::MaxSplits('>', 1));
    return absl::StrCat("(import \"", f.module, "\" \"", names.second,
                        "\" (func $", names.second, " (param",
                        Letters(type.first), ") (result", Letters(type.second),
                        ")))\n");
  }
  base::CheckFailed(__FILE__, __LINE__, "function is in abi.def", full_name);
}

template <typename T>
std::string LeBytes(T value) {
  char bytes[sizeof(T)];
  base::StoreLe<T>(bytes, value);
  return std::string(bytes, sizeof(T));
}

}  // namespace

std::string ContractWithDeploy(absl::string_view functions,
                               absl::string_view deploy_body,
                               absl::string_view call_body,
                               absl::string_view rest) {
  std::string imports;
  for (absl::string_view name :
       absl::StrSplit(functions, ' ', absl::SkipEmpty())) {
    imports += ImportText(name);
  }
  return Wat(absl::StrCat(
      "(module (import \"env\" \"memory\" (memory 2 16))\n",
      "(import \"seal0\" \"seal_return\" (func $return (param i32 i32 i32)))\n",
      imports, rest, "\n(func (export \"deploy\") ", deploy_body,
      ")\n(func (export \"call\") ", call_body, "))\n"));
}

std::string Contract(absl::string_view functions, absl::string_view call_body,
                     absl::string_view rest) {
  return ContractWithDeploy(functions, "", call_body, rest);
}

std::string Le32(uint32_t value) { return LeBytes(value); }
std::string Le64(uint64_t value) { return LeBytes(value); }
std::string Le128(unsigned __int128 value) { return LeBytes(value); }

std::string Escaped(absl::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    absl::StrAppend(&text, "\\",
                    absl::Hex(static_cast<uint8_t>(byte), absl::kZeroPad2));
  }
  return text;
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
