// Execution is total: whatever a sender controls gives an outcome, never a
// status, and its fuel adds up.

#include <filesystem>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/engine.h"
#include "engine/host/seal/functions.h"
#include "gtest/gtest.h"
#include "tests/seal/chain.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

using engine::ExecuteRequest;
using engine::OutcomeClass;

// What holds of every outcome.
void ExpectOutcome(Chain& chain, const ExecuteRequest& request) {
  const auto result = chain.engine().Execute(request, &chain.state(), nullptr);
  ASSERT_TRUE(result.ok()) << std::string(result.status().message());
  ASSERT_TRUE(result->completed.has_value());
  const engine::Completed& completed = *result->completed;
  EXPECT_LE(completed.fuel.used, request.fuel_limit);
  EXPECT_EQ(completed.fuel.by.Sum(), completed.fuel.used);
  const OutcomeClass klass = completed.outcome.klass;
  if (klass != OutcomeClass::kReturned) {
    EXPECT_TRUE(completed.effects.empty());
    EXPECT_TRUE(completed.events.empty());
    EXPECT_TRUE(completed.removed_accounts.empty());
  }
  EXPECT_EQ(klass == OutcomeClass::kModuleRejected,
            !completed.outcome.violations.empty());
  EXPECT_EQ(klass == OutcomeClass::kTrapped,
            completed.outcome.trap != interp::Trap::kNone);
  EXPECT_EQ(klass == OutcomeClass::kLimitExceeded,
            completed.outcome.limit != engine::Resource::kNone);
}

std::string Erc20() {
  const auto path = ContractsFolder() / "ink" / "wasmi-labs__wasmi__erc20.wasm";
  return std::filesystem::exists(path) ? ReadFile(path) : std::string();
}

TEST(Totality, AllPrefixes) {
  const std::string module = Erc20();
  if (module.empty()) GTEST_SKIP() << kNoData;
  Chain chain;
  for (size_t size = 0; size < module.size(); ++size) {
    ExecuteRequest request = chain.Request(module.substr(0, size), "deploy");
    ExpectOutcome(chain, request);
    if (HasFailure()) FAIL() << "prefix of " << size << " bytes";
  }
}

TEST(Totality, Mutants) {
  const std::string module = Erc20();
  if (module.empty()) GTEST_SKIP() << kNoData;
  std::mt19937 random(1);
  const auto below = [&](size_t n) { return random() % n; };
  Chain chain("seal-1", 1 << 20);
  Chain relaxed("relaxed-1", 1 << 20);
  const std::string entries[] = {"deploy", "call", "", "memory"};
  for (int i = 0; i < 10'000; ++i) {
    std::string mutant = module;
    const int changes = 1 + static_cast<int>(below(3));
    for (int c = 0; c < changes; ++c) {
      const size_t at = below(mutant.size());
      switch (below(4)) {
        case 0:
          mutant[at] ^= static_cast<char>(1 << below(8));
          break;
        case 1:
          mutant[at] = static_cast<char>(below(256));
          break;
        case 2:
          mutant.erase(at, 1 + below(4));
          break;
        default:
          mutant.insert(at, 1, static_cast<char>(below(256)));
      }
    }
    Chain& where = below(8) == 0 ? relaxed : chain;
    ExecuteRequest request = where.Request(mutant, entries[below(4)]);
    request.input.resize(below(100));
    for (char& byte : request.input) byte = static_cast<char>(below(256));
    request.callee = Account(static_cast<uint8_t>(below(256)));
    request.value = below(3) == 0 ? below(10) : 0;
    request.fuel_limit = 1 + below(200'000);
    ExpectOutcome(where, request);
    if (HasFailure()) FAIL() << "mutant " << i;
  }
}

ModuleBuilder::Types Types(absl::string_view letters) {
  ModuleBuilder::Types types;
  for (const char letter : letters) {
    types.push_back(letter == 'i' ? ValType::kI32 : ValType::kI64);
  }
  return types;
}

// A contract whose entries call `f` once with these arguments.
std::string CallOnce(const host::SealFunction& f,
                     absl::Span<const uint32_t> arguments) {
  const std::pair<absl::string_view, absl::string_view> type =
      absl::StrSplit(f.type, absl::MaxSplits('>', 1));
  const bool is_prefixed = f.names == host::SealNames::kPrefixed;
  ModuleBuilder m;
  const uint32_t function =
      m.ImportFunc(f.module, is_prefixed ? f.prefixed_name : f.name,
                   m.Type(Types(type.first), Types(type.second)));
  m.ImportMemory("env", "memory", {.min = 2, .max = 16});
  Code body;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (type.first[i] == 'i') {
      body.I32(static_cast<int32_t>(arguments[i]));
    } else {
      body.I64(arguments[i]);
    }
  }
  body.Call(function);
  if (!type.second.empty()) body.Op(Op::kDrop);
  const uint32_t entry = m.Func(m.Type({}, {}), {}, body.End());
  m.Export("deploy", ExternKind::kFunc, entry);
  m.Export("call", ExternKind::kFunc, entry);
  const std::vector<uint8_t> bytes = m.Build();
  return std::string(bytes.begin(), bytes.end());
}

TEST(Totality, WildArguments) {
  std::mt19937 random(2);
  const uint32_t wild[] = {0,      1,      32,         64,         65535,
                           131071, 131072, 0x7fffffff, 0xffffffe0, 0xffffffff};
  Chain chain;
  for (const host::SealFunction& f : host::SealFunctions()) {
    for (int round = 0; round < 100; ++round) {
      std::vector<uint32_t> arguments(
          f.type.substr(0, f.type.find('>')).size());
      for (uint32_t& argument : arguments) {
        argument = wild[random() % std::size(wild)];
      }
      const std::string module = CallOnce(f, arguments);
      // The account that a pointer to zeros names is a contract.
      chain.Deploy(Account(0), module);
      ExpectOutcome(chain, chain.Request(module, "call"));
      ExpectOutcome(chain, chain.Request(module, "deploy"));
      if (HasFailure()) {
        FAIL() << std::string(f.name) << ": " << absl::StrJoin(arguments, " ");
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::testing
