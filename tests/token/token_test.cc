// The example contract through the whole engine.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/engine.h"
#include "engine/interp/trap.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/state/inline_state.h"
#include "engine/state/types.h"
#include "gtest/gtest.h"
#include "metering/fuel.h"

namespace ashlar {
namespace {

using engine::Completed;
using engine::OutcomeClass;

state::AccountId Account(uint8_t byte) {
  state::AccountId account;
  account.bytes.fill(byte);
  return account;
}

const state::AccountId kOwner = Account(0x01);
const state::AccountId kOther = Account(0x02);
const state::AccountId kThird = Account(0x03);
const state::AccountId kContract = Account(0xc0);

std::string Amount(uint64_t amount) {
  std::string bytes(16, '\0');
  base::StoreLe<uint64_t>(bytes.data(), amount);
  return bytes;
}

std::string Selector(absl::string_view hex) {
  return base::HexDecode(hex).value();
}

const std::string kNew = Selector("9bae9d5e");
const std::string kTotalSupply = Selector("db6375a8");
const std::string kBalanceOf = Selector("0f755a56");
const std::string kAllowance = Selector("6a00165e");
const std::string kTransfer = Selector("84a15da1");
const std::string kApprove = Selector("681266a0");
const std::string kTransferFrom = Selector("0b396f18");

std::string Text(const state::AccountId& account) {
  return std::string(account.view());
}

std::string TransferOf(const state::AccountId& to, uint64_t amount) {
  return absl::StrCat(kTransfer, Text(to), Amount(amount));
}

// A name of 32 bytes, zeros behind it.
std::string Topic(std::string name) {
  name.resize(32, '\0');
  return name;
}

class TokenTest : public testing::Test {
 protected:
  TokenTest() : engine_(engine::EngineOptions{}) {
    std::ifstream file("contracts/token/token.wasm", std::ios::binary);
    module_.assign(std::istreambuf_iterator<char>(file), {});
  }

  void SetUp() override { ASSERT_FALSE(module_.empty()); }

  Completed Execute(absl::string_view entry, const state::AccountId& caller,
                    const std::string& input,
                    uint64_t fuel_limit = metering::kFuelMax) {
    engine::ExecuteRequest request;
    request.profile =
        engine::ProfileSet::BuiltIn().FindByName("seal-1")->digest;
    request.module_bytes = module_;
    request.entry = std::string(entry);
    request.input = input;
    request.fuel_limit = fuel_limit;
    request.caller = caller;
    request.callee = kContract;
    auto result = engine_.Execute(request, &state_, nullptr);
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    if (!result.ok() || !result->completed) {
      ADD_FAILURE() << "there is no outcome";
      std::abort();
    }
    return *std::move(result->completed);
  }

  // The same, and what it changed is kept.
  Completed Commit(absl::string_view entry, const state::AccountId& caller,
                   const std::string& input) {
    Completed completed = Execute(entry, caller, input);
    state_.Apply(completed.effects, completed.removed_accounts);
    return completed;
  }

  void Deploy(uint64_t supply) {
    const Completed deployed = Commit("deploy", kOwner, kNew + Amount(supply));
    ASSERT_EQ(deployed.outcome.klass, OutcomeClass::kReturned);
  }

  std::string BalanceOf(const state::AccountId& account) {
    return Execute("call", kThird, kBalanceOf + Text(account)).outcome.data;
  }

  std::string module_;
  engine::Engine engine_;
  state::InlineState state_{state::MissingKeys::kAbsent};
};

TEST_F(TokenTest, DeployGivesTheSupplyToTheCaller) {
  const Completed deployed = Commit("deploy", kOwner, kNew + Amount(1000));
  EXPECT_EQ(deployed.outcome.klass, OutcomeClass::kReturned);
  EXPECT_EQ(deployed.outcome.flags, 0u);
  EXPECT_EQ(deployed.outcome.data, "");
  ASSERT_EQ(deployed.events.size(), 1u);
  EXPECT_EQ(deployed.events[0].account, kContract);
  EXPECT_EQ(
      deployed.events[0].topics,
      absl::StrCat("\x0c", Topic("Token::Transfer"), Topic(""), Text(kOwner)));
  EXPECT_EQ(deployed.events[0].data, Amount(1000));
  EXPECT_EQ(Execute("call", kThird, kTotalSupply).outcome.data, Amount(1000));
  EXPECT_EQ(BalanceOf(kOwner), Amount(1000));
  EXPECT_EQ(BalanceOf(kOther), Amount(0));
}

TEST_F(TokenTest, TransferMovesAndSaysSo) {
  Deploy(1000);
  const Completed moved = Commit("call", kOwner, TransferOf(kOther, 300));
  EXPECT_EQ(moved.outcome.klass, OutcomeClass::kReturned);
  EXPECT_EQ(moved.outcome.data, std::string(1, '\0'));
  ASSERT_EQ(moved.events.size(), 1u);
  EXPECT_EQ(moved.events[0].topics,
            absl::StrCat("\x0c", Topic("Token::Transfer"), Text(kOwner),
                         Text(kOther)));
  EXPECT_EQ(moved.events[0].data, Amount(300));
  EXPECT_EQ(BalanceOf(kOwner), Amount(700));
  EXPECT_EQ(BalanceOf(kOther), Amount(300));
}

TEST_F(TokenTest, TransferToOneselfChangesNothing) {
  Deploy(1000);
  const Completed moved = Execute("call", kOwner, TransferOf(kOwner, 1000));
  EXPECT_EQ(moved.outcome.klass, OutcomeClass::kReturned);
  EXPECT_TRUE(moved.effects.empty());
}

TEST_F(TokenTest, TheWholeBalanceLeavesNoEntry) {
  Deploy(1000);
  const Completed moved = Execute("call", kOwner, TransferOf(kOther, 1000));
  ASSERT_EQ(moved.effects.size(), 2u);
  EXPECT_EQ(moved.effects[0].key.key, "\x01" + Text(kOwner));
  EXPECT_EQ(moved.effects[0].value, std::nullopt);
  EXPECT_EQ(moved.effects[1].key.key, "\x01" + Text(kOther));
  EXPECT_EQ(moved.effects[1].value, Amount(1000));
}

TEST_F(TokenTest, TooLargeATransferIsRevertedWithAnError) {
  Deploy(1000);
  const Completed refused = Execute("call", kOwner, TransferOf(kOther, 1001));
  EXPECT_EQ(refused.outcome.klass, OutcomeClass::kReverted);
  EXPECT_EQ(refused.outcome.flags, 1u);
  EXPECT_EQ(refused.outcome.data, std::string("\x01\x00", 2));
  EXPECT_TRUE(refused.effects.empty());
  EXPECT_TRUE(refused.events.empty());
}

TEST_F(TokenTest, AnAllowanceIsSpentByTransferFrom) {
  Deploy(1000);
  const Completed approved =
      Commit("call", kOwner, absl::StrCat(kApprove, Text(kOther), Amount(50)));
  EXPECT_EQ(approved.outcome.klass, OutcomeClass::kReturned);
  ASSERT_EQ(approved.events.size(), 1u);
  EXPECT_EQ(approved.events[0].topics,
            absl::StrCat("\x0c", Topic("Token::Approval"), Text(kOwner),
                         Text(kOther)));
  const std::string question =
      absl::StrCat(kAllowance, Text(kOwner), Text(kOther));
  EXPECT_EQ(Execute("call", kThird, question).outcome.data, Amount(50));
  const auto spend = [&](uint64_t amount) {
    return Commit("call", kOther,
                  absl::StrCat(kTransferFrom, Text(kOwner), Text(kThird),
                               Amount(amount)));
  };
  EXPECT_EQ(spend(20).outcome.klass, OutcomeClass::kReturned);
  EXPECT_EQ(Execute("call", kThird, question).outcome.data, Amount(30));
  EXPECT_EQ(BalanceOf(kThird), Amount(20));
  const Completed refused = spend(31);
  EXPECT_EQ(refused.outcome.klass, OutcomeClass::kReverted);
  EXPECT_EQ(refused.outcome.data, "\x01\x01");
}

TEST_F(TokenTest, OtherInputTraps) {
  Deploy(1000);
  for (const std::string& input :
       {std::string(), std::string("\x84\xa1\x5d"), std::string("\0\0\0\0", 4),
        kTransfer, kTotalSupply + "x", TransferOf(kOther, 1) + "x"}) {
    const Completed trapped = Execute("call", kOwner, input);
    EXPECT_EQ(trapped.outcome.klass, OutcomeClass::kTrapped)
        << base::HexEncode(input);
    EXPECT_TRUE(trapped.effects.empty());
  }
  EXPECT_EQ(Execute("deploy", kOwner, kTotalSupply).outcome.trap,
            interp::Trap::kUnreachable);
}

TEST_F(TokenTest, TheFuelUsedIsEnoughAndNotOneLess) {
  Deploy(1000);
  const std::string input = TransferOf(kOther, 300);
  const Completed whole = Execute("call", kOwner, input);
  EXPECT_EQ(whole.fuel.minimum, whole.fuel.used);
  EXPECT_EQ(whole.fuel.exactness, engine::Exactness::kProven);
  EXPECT_EQ(whole.fuel.by.Sum(), whole.fuel.used);
  const Completed exact = Execute("call", kOwner, input, whole.fuel.used);
  EXPECT_EQ(exact.outcome.klass, OutcomeClass::kReturned);
  EXPECT_EQ(exact.digests.effects, whole.digests.effects);
  const Completed short_of =
      Execute("call", kOwner, input, whole.fuel.used - 1);
  EXPECT_EQ(short_of.outcome.klass, OutcomeClass::kOutOfFuel);
  EXPECT_EQ(short_of.fuel.used, whole.fuel.used - 1);
  EXPECT_TRUE(short_of.effects.empty());
  EXPECT_TRUE(short_of.events.empty());
}

}  // namespace
}  // namespace ashlar
