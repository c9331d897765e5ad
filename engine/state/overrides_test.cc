#include "engine/state/overrides.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "engine/state/inline_state.h"
#include "engine/state/types.h"
#include "engine/state/value.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

AccountId Account(uint8_t byte) {
  AccountId account;
  account.bytes.fill(byte);
  return account;
}

Key Storage(uint8_t account, std::string key) {
  return {Account(account), Kind::kStorage, std::move(key)};
}

void ExpectReads(Reader& reader, const Key& key, const std::string& value) {
  const auto read = reader.Read(key);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->found, Found::kPresent);
  EXPECT_EQ(read->value, value);
}

void ExpectAbsent(Reader& reader, const Key& key) {
  const auto read = reader.Read(key);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->found, Found::kAbsent);
}

TEST(OverridingReader, StandsInFrontOfTheState) {
  InlineState below(MissingKeys::kUnknown);
  below.SetStorage(Account(1), "a", "old");
  below.SetStorage(Account(1), "b", "kept");
  below.SetBalance(Account(1), 7);
  const base::Hash256 known = below.AddModule("known");
  Overrides overrides;
  EXPECT_TRUE(overrides.empty());
  ASSERT_TRUE(overrides.Set(Storage(1, "a"), "new").ok());
  ASSERT_TRUE(overrides.Set(Storage(1, "c"), std::nullopt).ok());
  ASSERT_TRUE(
      overrides.Set({Account(2), Kind::kBalance, {}}, EncodeBalance(9)).ok());
  ASSERT_TRUE(overrides.AddModule("assumed").ok());
  EXPECT_FALSE(overrides.empty());
  OverridingReader reader(&overrides, &below);
  ExpectReads(reader, Storage(1, "a"), "new");
  ExpectReads(reader, Storage(1, "b"), "kept");
  ExpectAbsent(reader, Storage(1, "c"));
  ExpectReads(reader, {Account(2), Kind::kBalance, {}}, EncodeBalance(9));
  ExpectReads(reader, {Account(1), Kind::kBalance, {}}, EncodeBalance(7));
  EXPECT_EQ(reader.Read(Storage(3, "x"))->found, Found::kUnknown);
  const base::Hash256 assumed = base::Blake2b256("assumed");
  EXPECT_TRUE(overrides.HasModule(assumed));
  EXPECT_FALSE(overrides.HasModule(known));
  EXPECT_EQ(*reader.Module(assumed)->bytes, "assumed");
  EXPECT_EQ(*reader.Module(known)->bytes, "known");
  EXPECT_EQ(reader.Module(base::Blake2b256("no"))->found, Found::kUnknown);
}

TEST(OverridingReader, ReplacedStorageHidesTheRestOfTheAccount) {
  InlineState below(MissingKeys::kUnknown);
  below.SetStorage(Account(1), "a", "old");
  below.SetStorage(Account(2), "a", "other");
  below.SetBalance(Account(1), 7);
  Overrides overrides;
  ASSERT_TRUE(overrides.ReplaceStorage(Account(1)).ok());
  ASSERT_TRUE(overrides.ReplaceStorage(Account(1)).ok());
  ASSERT_TRUE(overrides.Set(Storage(1, "b"), "new").ok());
  OverridingReader reader(&overrides, &below);
  ExpectAbsent(reader, Storage(1, "a"));
  ExpectAbsent(reader, Storage(1, "never stated"));
  ExpectReads(reader, Storage(1, "b"), "new");
  ExpectReads(reader, Storage(2, "a"), "other");
  ExpectReads(reader, {Account(1), Kind::kBalance, {}}, EncodeBalance(7));
}

TEST(Overrides, ZeroBalanceAndNonceAreAbsence) {
  InlineState below(MissingKeys::kAbsent);
  below.SetBalance(Account(1), 7);
  Overrides overrides;
  const Key balance = {Account(1), Kind::kBalance, {}};
  const Key nonce = {Account(1), Kind::kNonce, {}};
  ASSERT_TRUE(overrides.Set(balance, std::string(16, '\0')).ok());
  ASSERT_TRUE(overrides.Set(nonce, std::string(8, '\0')).ok());
  ASSERT_TRUE(overrides.Set(Storage(1, "z"), std::string(8, '\0')).ok());
  OverridingReader reader(&overrides, &below);
  ExpectAbsent(reader, balance);
  ExpectAbsent(reader, nonce);
  ExpectReads(reader, Storage(1, "z"), std::string(8, '\0'));
}

TEST(Overrides, AreBoundedInEntries) {
  Overrides overrides;
  for (uint64_t i = 0; i + 2 < kOverrideEntriesMax; ++i) {
    ASSERT_TRUE(overrides.Set(Storage(1, std::to_string(i)), "").ok());
  }
  ASSERT_TRUE(overrides.ReplaceStorage(Account(1)).ok());
  ASSERT_TRUE(overrides.AddModule("m").ok());
  const absl::Status entry = overrides.Set(Storage(2, ""), "");
  EXPECT_EQ(entry.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(entry.message(), "1024")) << entry;
  EXPECT_FALSE(overrides.ReplaceStorage(Account(2)).ok());
  EXPECT_FALSE(overrides.AddModule("n").ok());
  EXPECT_FALSE(overrides.entries().contains(Storage(2, "")));
  EXPECT_TRUE(overrides.AddModule("m").ok());
}

TEST(Overrides, AreBoundedInBytes) {
  Overrides overrides;
  ASSERT_TRUE(
      overrides.Set(Storage(1, "12"), std::string(kOverrideBytesMax - 6, 'x'))
          .ok());
  EXPECT_EQ(overrides.Set(Storage(1, "123"), "45").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(overrides.AddModule(std::string(5, 'm')).ok());
  EXPECT_TRUE(overrides.AddModule(std::string(4, 'm')).ok());
  EXPECT_FALSE(
      overrides.AddModule(std::string(kOverrideBytesMax + 1, 'm')).ok());
  EXPECT_TRUE(overrides.Set(Storage(1, ""), "").ok());
}

TEST(Overrides, NameEachEntryOnce) {
  Overrides overrides;
  ASSERT_TRUE(overrides.Set(Storage(1, "a"), "1").ok());
  EXPECT_EQ(overrides.Set(Storage(1, "a"), "1").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(overrides.Set(Storage(2, "a"), "1").ok());
}

}  // namespace
}  // namespace ashlar::state
