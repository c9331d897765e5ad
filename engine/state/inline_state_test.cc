#include "engine/state/inline_state.h"

#include <string>
#include <vector>

#include "engine/state/reader.h"
#include "engine/state/types.h"
#include "engine/state/value.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

AccountId Account(char c) {
  AccountId account;
  account.bytes.fill(static_cast<uint8_t>(c));
  return account;
}

Key Storage(char account, const std::string& key) {
  return {Account(account), Kind::kStorage, key};
}

// What is read, as text: "?" unknown, "-" absent, else "=" and the value.
std::string Read(InlineState& state, const Key& key) {
  const ReadResult result = state.Read(key).value();
  if (result.found == Found::kUnknown) return "?";
  return result.found == Found::kAbsent ? "-" : "=" + result.value;
}

TEST(InlineStateTest, AnswersWhatWasGiven) {
  InlineState state(MissingKeys::kAbsent);
  state.SetBalance(Account('a'), 7);
  state.SetNonce(Account('a'), 8);
  state.SetCode(Account('a'), base::Blake2b256("code"));
  state.SetStorage(Account('a'), "k", "v");
  EXPECT_EQ(Read(state, {Account('a'), Kind::kBalance, ""}),
            "=" + EncodeBalance(7));
  EXPECT_EQ(Read(state, {Account('a'), Kind::kNonce, ""}),
            "=" + EncodeNonce(8));
  EXPECT_EQ(Read(state, {Account('a'), Kind::kCode, ""}),
            "=" + EncodeCode(base::Blake2b256("code")));
  EXPECT_EQ(Read(state, Storage('a', "k")), "=v");
  EXPECT_EQ(Read(state, Storage('b', "k")), "-");
  EXPECT_EQ(Read(state, Storage('a', "K")), "-");
}

TEST(InlineStateTest, ZeroBalanceAndNonceAreAbsent) {
  InlineState state(MissingKeys::kUnknown);
  state.SetBalance(Account('a'), 0);
  state.SetNonce(Account('a'), 0);
  EXPECT_EQ(Read(state, {Account('a'), Kind::kBalance, ""}), "-");
  EXPECT_EQ(Read(state, {Account('a'), Kind::kNonce, ""}), "-");
}

TEST(InlineStateTest, MissingKeysAreWhatThePolicySays) {
  for (MissingKeys policy : {MissingKeys::kAbsent, MissingKeys::kUnknown}) {
    const std::string missing = policy == MissingKeys::kAbsent ? "-" : "?";
    InlineState state(policy);
    state.SetStorage(Account('a'), "k", "v");
    state.SetAbsent(Storage('a', "gone"));
    state.SetStorage(Account('b'), "k", "");
    state.SetComplete(Account('b'));
    EXPECT_EQ(Read(state, Storage('a', "k")), "=v");
    EXPECT_EQ(Read(state, Storage('a', "gone")), "-");
    EXPECT_EQ(Read(state, Storage('a', "x")), missing);
    EXPECT_EQ(Read(state, {Account('a'), Kind::kCode, ""}), missing);
    EXPECT_EQ(Read(state, Storage('b', "k")), "=");
    EXPECT_EQ(Read(state, Storage('b', "x")), "-");
    EXPECT_EQ(Read(state, {Account('b'), Kind::kCode, ""}), "-");
  }
}

TEST(InlineStateTest, ModulesAreNamedByTheirHash) {
  InlineState state(MissingKeys::kUnknown);
  const base::Hash256 hash = state.AddModule("module");
  EXPECT_EQ(hash, base::Blake2b256("module"));
  EXPECT_EQ(*state.Module(hash).value().bytes, "module");
  EXPECT_EQ(state.Module(hash).value().found, Found::kPresent);
  const base::Hash256 other = base::Blake2b256("other");
  EXPECT_EQ(state.Module(other).value().found, Found::kUnknown);
  EXPECT_EQ(state.Module(other).value().bytes, nullptr);
  EXPECT_EQ(InlineState(MissingKeys::kAbsent).Module(other).value().found,
            Found::kAbsent);
}

TEST(InlineStateTest, ApplyPutsDeletesAndDropsStorageOfRemovedAccounts) {
  InlineState state(MissingKeys::kUnknown);
  for (char account : {'a', 'b', 'c'}) {
    state.SetBalance(Account(account), 1);
    state.SetStorage(Account(account), "k", "v");
    state.SetStorage(Account(account), "l", "w");
  }
  const std::vector<Effect> effects = {
      {Storage('a', "k"), "V"},
      {Storage('a', "l"), std::nullopt},
      {{Account('b'), Kind::kBalance, ""}, std::nullopt},
      {Storage('b', "new"), "n"},
  };
  state.Apply(effects, {Account('b')});
  EXPECT_EQ(Read(state, Storage('a', "k")), "=V");
  EXPECT_EQ(Read(state, Storage('a', "l")), "-");
  EXPECT_EQ(Read(state, Storage('a', "m")), "?");
  EXPECT_EQ(Read(state, {Account('b'), Kind::kBalance, ""}), "-");
  EXPECT_EQ(Read(state, Storage('b', "k")), "-");
  EXPECT_EQ(Read(state, Storage('b', "l")), "-");
  EXPECT_EQ(Read(state, Storage('b', "m")), "-");
  EXPECT_EQ(Read(state, Storage('b', "new")), "=n");
  EXPECT_EQ(Read(state, Storage('c', "k")), "=v");
}

}  // namespace
}  // namespace ashlar::state
