// The self-checking fixtures of pallet-contracts (contracts/ink, assembled):
// each traps where its host is not the one it was written for. The table says
// what each must answer here, and where that is not what the original test
// runtime would answer, why.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/crypto_hash.h"
#include "engine/base/hash.h"
#include "engine/loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/seal/matchers.h"

namespace ashlar::testing {
namespace {

using engine::ExecuteResult;
using interp::Trap;
using Expectation = ::testing::Matcher<const ExecuteResult&>;

constexpr uint8_t kDummyAccount = 0xdd;

// Why an answer is another one than the original's.
constexpr char kSame[] = "";
// The original test runtime has balances of 8 bytes; SEAL.md says 16.
constexpr char kBalance16[] = "balances have 16 bytes";
constexpr char kNoChain[] = "there is no chain to extend or to call";
constexpr char kNoDeposit[] = "deposits are ignored (SEAL.md)";

MATCHER_P(IsRejected, code, "is rejected for this violation first") {
  const engine::Outcome& outcome = arg.completed->outcome;
  return outcome.klass == engine::OutcomeClass::kModuleRejected &&
         std::string(wasm::CodeName(outcome.violations.front().code)) == code;
}

MATCHER_P(ReturnsPrefix, prefix, "returns bytes that begin so") {
  Describe(arg, result_listener);
  return arg.completed->outcome.klass == engine::OutcomeClass::kReturned &&
         arg.completed->outcome.data.substr(0, prefix.size()) == prefix;
}

MATCHER_P(ReturnsSize, size, "returns so many bytes") {
  Describe(arg, result_listener);
  return arg.completed->outcome.klass == engine::OutcomeClass::kReturned &&
         arg.completed->outcome.data.size() == static_cast<size_t>(size);
}

std::string Unhex(absl::string_view hex) {
  return base::HexDecode(hex).value();
}

struct Row {
  std::string fixture;
  std::string entry;
  std::string input;
  Expectation expectation;
  std::string difference = kSame;
  bool balance = true;  // the contract has a million
};

std::filesystem::path PathOf(const std::string& fixture) {
  return ContractsFolder() / "ink" /
         ("5ire-tech__5ireChain__" + fixture + ".assembled.wasm");
}

std::string HashOf(const std::string& fixture) {
  return std::string(engine::ModuleHash(ReadFile(PathOf(fixture))).view());
}

// The first half of the contract's account is zero: some fixtures use the
// bytes of their address as a value.
state::AccountId ContractAccount() {
  state::AccountId account = Account(0xc0);
  std::fill(account.bytes.begin(), account.bytes.begin() + 16, 0);
  return account;
}

// A hash over "abc", then what the fixture leaves behind it.
std::string HashInput(char selector) {
  return std::string(1, selector) + "abc";
}

// Alice's signature of "hello world", her key.
const char kSr25519[] =
    "b8314aee4ea566fc165c9cb07c76a874f763005e022d09aa49deb64a3c204b40"
    "62ae45375355b462d04be739cd3e04691a88ac117b635affe436733f1ecfcd83"
    "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
// A signature and a message hash by the secret key 1.
const char kEcdsa[] =
    "a1eacb4a936033d405aee7098e3089c9a276c043ef1047d87d56a78b460756f1"
    "21579afb511da004b0ef58d3f4e8e834d3ea6473e62f502c98a63e32080d56af1c"
    "a21cf4b3604cf4b2bc53e6f88f6a4d75ef5ff4ab415f3e99aea6b61c8249c4d0";

std::vector<Row> Rows() {
  const std::string self(ContractAccount().view());
  const std::string dummy(32, static_cast<char>(kDummyAccount));
  const std::string nobody(32, '\x77');
  const std::string dummy_hash = HashOf("dummy");
  const Expectation unreachable = Traps(Trap::kUnreachable);
  const Expectation no_chain = Traps(Trap::kNoChainExtension);
  return {
      {"account_reentrance_count_call", "call", self, Returns(Le32(1))},
      {"account_reentrance_count_call", "call", nobody, Returns(Le32(0))},
      {"add_remove_delegate_dependency", "deploy", Le32(1) + dummy_hash,
       Returns("")},
      {"add_remove_delegate_dependency", "call", Le32(0) + dummy_hash,
       Returns("")},
      {"add_remove_delegate_dependency", "call", Le32(1) + dummy_hash,
       Returns("")},
      {"add_remove_delegate_dependency", "call", Le32(1) + nobody,
       Traps(Trap::kCodeNotFound)},
      // Removing what was not added is an error where deposits are paid.
      {"add_remove_delegate_dependency", "call", Le32(2) + dummy_hash,
       Returns(""), kNoDeposit},
      {"add_remove_delegate_dependency", "call", Le32(3) + dummy_hash,
       Returns("")},
      {"balance", "call", "", Traps(Trap::kOutputBufferTooSmall), kBalance16},
      {"call", "call", Le32(0) + dummy, Returns("")},
      {"call", "call", Le32(0) + nobody, unreachable},
      {"call_return_code", "call", nobody + Le32(0), Returns(Le32(8))},
      // The length word behind its value of 8 bytes is read as value.
      {"call_return_code", "call", dummy + Le32(0), Returns(Le32(5)),
       kBalance16},
      {"call_runtime", "call", "", no_chain, kNoChain},
      {"call_runtime_and_call", "call", Le32(0) + dummy, no_chain, kNoChain},
      // Its value is what stands at 0: a length and part of an address.
      {"call_with_limit", "call", dummy + Le64(0) + Le64(0), Returns(Le32(5))},
      {"caller_contract", "call", HashOf("return_with_data"), unreachable,
       kBalance16},
      {"chain_extension", "call", "12345678", no_chain, kNoChain},
      {"chain_extension_temp_storage", "call", "12345678", no_chain, kNoChain},
      {"create_storage_and_call", "call", Le32(4) + dummy + Le64(0),
       Returns(""), kNoDeposit},
      {"create_storage_and_instantiate", "call", Le32(4) + dummy_hash + Le64(0),
       ReturnsSize(32), kNoDeposit},
      {"crypto_hashes", "call", HashInput(1),
       ReturnsPrefix(std::string(base::Sha256("abc").view()))},
      {"crypto_hashes", "call", HashInput(2),
       ReturnsPrefix(std::string(base::Keccak256("abc").view()))},
      {"crypto_hashes", "call", HashInput(3),
       ReturnsPrefix(std::string(base::Blake2b256("abc").view()))},
      {"crypto_hashes", "call", HashInput(4), unreachable},
      {"crypto_hashes", "call", HashInput(0),
       Traps(Trap::kUninitializedElement)},
      {"debug_message_invalid_utf8", "call", "", Returns("")},
      {"debug_message_logging_disabled", "call", "", Returns("")},
      // The library finds a value of 16 bytes and traps.
      {"delegate_call", "call", HashOf("delegate_call_lib"), unreachable,
       kBalance16},
      {"delegate_call_lib", "call", "", unreachable, kBalance16},
      {"delegate_call_simple", "call", dummy_hash, Returns("")},
      {"delegate_call_simple", "call", nobody, unreachable},
      {"drain", "call", "", Traps(Trap::kOutputBufferTooSmall), kBalance16},
      {"dummy", "deploy", "", Returns("")},
      {"dummy", "call", "", Returns("")},
      {"ecdsa_recover", "call", Unhex(kEcdsa),
       Returns(Unhex("0279be667ef9dcbbac55a06295ce870b07"
                     "029bfcdb2dce28d959f2815b16f81798"))},
      {"event_and_return_on_deploy", "deploy", "", Returns("\1\2\3\4")},
      {"event_and_return_on_deploy", "call", "", unreachable},
      {"event_size", "call", Le32(16 * 1024), Returns("")},
      {"event_size", "call", Le32(16 * 1024 + 1), Traps(Trap::kValueTooLarge)},
      {"float_instruction", "call", "", IsRejected("unsupported.feature")},
      {"instantiate_return_code", "call", nobody + Le32(0), Returns(Le32(7))},
      {"instantiate_return_code", "call", dummy_hash + Le32(0),
       Returns(Le32(5)), kBalance16},
      {"invalid_contract_no_call", "deploy", "",
       IsRejected("abi.missing_export")},
      {"invalid_contract_no_memory", "deploy", "", IsRejected("abi.memory")},
      {"invalid_module", "deploy", "", IsRejected("abi.memory")},
      {"multi_store", "call", Le32(7) + Le32(0), Returns("")},
      {"new_set_code_hash_contract", "call", "", Returns(Le32(2))},
      {"ok_trap_revert", "call", std::string(1, 0), Returns("")},
      {"ok_trap_revert", "call", std::string(1, 1), Reverts("")},
      {"ok_trap_revert", "call", std::string(1, 2), unreachable},
      {"ok_trap_revert", "deploy", std::string(1, 1), Reverts("")},
      {"reentrance_count_call", "call", Le32(0), Returns("")},
      {"reentrance_count_call", "call", Le32(1), unreachable},
      {"reentrance_count_delegated_call", "call",
       HashOf("reentrance_count_delegated_call") + Le32(0), Returns("")},
      {"return_with_data", "call", Le32(0) + "data", Returns("data")},
      {"return_with_data", "deploy", Le32(1) + "data", Reverts("data")},
      {"return_with_data", "call", Le32(2) + "data",
       Traps(Trap::kInvalidCallFlags)},
      {"run_out_of_gas", "call", "", RunsOutOfFuel()},
      {"run_out_of_gas", "deploy", "", Returns("")},
      {"seal_input_noop", "call", "12345", Returns("")},
      {"seal_input_once", "call", "1234", Returns("")},
      {"seal_input_once", "call", "12345", Traps(Trap::kOutputBufferTooSmall)},
      {"seal_input_twice", "call", "1234", Returns("")},
      {"self_destruct", "call", "", Returns("")},
      // It calls itself to terminate while it is on the stack twice.
      {"self_destruct", "call", "x", unreachable},
      {"self_destructing_constructor", "deploy", "",
       Traps(Trap::kTerminatedInConstructor)},
      {"set_code_hash", "call", dummy_hash, Returns(Le32(1))},
      {"set_code_hash", "call", nobody, unreachable},
      {"set_empty_storage", "call", "", Returns("")},
      {"sr25519_verify", "call", Unhex(kSr25519) + "hello world",
       Returns(Le32(0))},
      {"sr25519_verify", "call", Unhex(kSr25519) + "hello worlD",
       Returns(Le32(12))},
      {"storage_size", "call", Le32(16 * 1024), Returns("")},
      {"storage_size", "call", Le32(16 * 1024 + 1),
       Traps(Trap::kValueTooLarge)},
      {"store_call", "call", Le32(100), Returns("")},
      {"store_deploy", "deploy", Le32(100), Returns("")},
      {"transfer_return_code", "call", "", Returns(Le32(0))},
      {"transfer_return_code", "call", "", Returns(Le32(5)), kSame,
       /*balance=*/false},
  };
}

ExecuteResult RunRow(const Row& row) {
  Chain chain;
  for (const auto& file :
       std::filesystem::directory_iterator(ContractsFolder() / "ink")) {
    if (file.path().string().ends_with(".assembled.wasm")) {
      chain.state().AddModule(ReadFile(file.path()));
    }
  }
  const std::string module = ReadFile(PathOf(row.fixture));
  chain.Deploy(ContractAccount(), module);
  chain.Deploy(Account(kDummyAccount), ReadFile(PathOf("dummy")));
  if (row.balance) chain.state().SetBalance(ContractAccount(), 1'000'000);
  engine::ExecuteRequest request = chain.Request(module, row.entry, row.input);
  request.callee = ContractAccount();
  request.fuel_limit = 100'000'000;
  return chain.Try(request);
}

TEST(Fixtures, AnswerAsTheTableSays) {
  if (!std::filesystem::exists(PathOf("dummy"))) GTEST_SKIP() << kNoData;
  for (const Row& row : Rows()) {
    SCOPED_TRACE(absl::StrCat(row.fixture, " ", row.entry, "(",
                              base::HexEncode(row.input), ") ",
                              row.difference));
    const ExecuteResult result = RunRow(row);
    EXPECT_THAT(result, row.expectation);
    EXPECT_EQ(result.completed->fuel.by.Sum(), result.completed->fuel.used);
  }
}

TEST(Fixtures, AllAreInTheTable) {
  if (!std::filesystem::exists(PathOf("dummy"))) GTEST_SKIP() << kNoData;
  std::vector<std::string> names = {"destroy_and_transfer"};  // below
  for (const Row& row : Rows()) names.push_back(row.fixture);
  for (const auto& file :
       std::filesystem::directory_iterator(ContractsFolder() / "ink")) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with(".assembled.wasm")) continue;
    bool is_known = false;
    for (const std::string& known : names) {
      is_known = is_known || file.path() == PathOf(known);
    }
    EXPECT_TRUE(is_known) << name;
  }
}

// Its constructor makes a contract; its call ends that one and pays it again.
TEST(Fixtures, DestroyAndTransfer) {
  if (!std::filesystem::exists(PathOf("dummy"))) GTEST_SKIP() << kNoData;
  Chain chain;
  chain.state().AddModule(ReadFile(PathOf("self_destruct")));
  chain.state().SetBalance(Account(0xc0), 1'000'000);
  const std::string module = ReadFile(PathOf("destroy_and_transfer"));
  EXPECT_THAT(
      chain.Execute(chain.Request(module, "deploy", HashOf("self_destruct"))),
      Returns(""));
  const ExecuteResult result = chain.Execute(chain.Request(module, "call"));
  EXPECT_THAT(result, Returns(""));
  ASSERT_EQ(result.completed->removed_accounts.size(), 1u);
  const auto& entries = chain.state().entries();
  const auto balance = [&](const state::AccountId& account) {
    return entries.at({account, state::Kind::kBalance, ""});
  };
  EXPECT_EQ(balance(Account(0xc0)), Le128(1'000'000 - 2 * 65'536));
  EXPECT_EQ(balance(Account(0x04)), Le128(65'536));
  EXPECT_EQ(balance(result.completed->removed_accounts[0]), Le128(65'536));
}

}  // namespace
}  // namespace ashlar::testing
