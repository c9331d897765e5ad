#include "engine/state/layout.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/state/types.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

using base::HexEncode;

AccountId Account(uint8_t byte) {
  AccountId account;
  account.bytes.fill(byte);
  return account;
}

std::string Repeat(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

// Golden bytes: a store that was written once must be readable for ever.
TEST(LayoutTest, KeysHaveTheDocumentedBytes) {
  const std::string a32 = Repeat("aa", 32);
  const std::string b32 = Repeat("bb", 32);
  const Key storage{Account(0xaa), Kind::kStorage, base::Bytes("k\0\x01", 3)};
  const struct {
    std::string key;
    std::string hex;
  } rows[] = {
      {FormatKey(), "46"},
      {ModuleKey(Account(0xaa)), "4d" + a32},
      {ActivationKey(Account(0xaa), Account(0xbb)), "41" + a32 + b32},
      {NamespaceKey("ns"), "4e6e730001"},
      {NamespaceKey(absl::string_view("\0", 1)), "4e00ff0001"},
      {CommitKey("ns", 0x0102), "436e7300010000000000000102"},
      {ChangesKey("ns", 0x0102), "4c6e7300010000000000000102"},
      {EntriesPrefix("ns"), "456e730001"},
      {AccountPrefix("ns", Account(0xaa)), "456e730001" + a32},
      {KindPrefix("ns", Account(0xaa), Kind::kNonce),
       "456e730001" + a32 + "03"},
      {EntryPrefix("ns", storage), "456e730001" + a32 + "046b00ff010001"},
      {EntryKey("ns", storage, 0x0102),
       "456e730001" + a32 + "046b00ff010001fffffffffffffefd"},
      {EntryKey("ns", {Account(0xaa), Kind::kBalance, ""}, 0),
       "456e730001" + a32 + "010001ffffffffffffffff"},
  };
  for (const auto& row : rows) EXPECT_EQ(HexEncode(row.key), row.hex);
}

TEST(LayoutTest, RecordsHaveTheDocumentedBytes) {
  EXPECT_EQ(HexEncode(EncodeEntry(std::nullopt)), "00");
  EXPECT_EQ(HexEncode(EncodeEntry("")), "01");
  EXPECT_EQ(HexEncode(EncodeEntry("ab")), "016162");
  EXPECT_EQ(HexEncode(EncodeNamespace({0x0102, 3})),
            "02010000000000000300000000000000");
  EXPECT_EQ(HexEncode(EncodeCommit(Account(0xaa), "answer")),
            Repeat("aa", 32) + "616e73776572");
  EXPECT_EQ(HexEncode(EncodeChanges({{Account(0xaa), Kind::kCode, ""},
                                     {Account(0xbb), Kind::kStorage, "key"}})),
            "02000000" + Repeat("aa", 32) + "0200000000" + Repeat("bb", 32) +
                "04030000006b6579");
  EXPECT_EQ(kFormat, "ashlar state 1");
}

TEST(LayoutTest, OrderOfStoredKeysIsOrderOfKeysThenNewestFirst) {
  std::vector<Key> keys;
  for (uint8_t account : {0x00, 0x01, 0xff}) {
    for (Kind kind : {Kind::kBalance, Kind::kCode, Kind::kNonce}) {
      keys.push_back({Account(account), kind, ""});
    }
    for (const base::Bytes& key :
         {base::Bytes(), base::Bytes("\0", 1), base::Bytes("\0\0", 2),
          base::Bytes("\0\x01", 2), base::Bytes("\0\xff", 2),
          base::Bytes("\x01"), base::Bytes("a"), base::Bytes("a\0", 2),
          base::Bytes("a\0b", 3), base::Bytes("a\x01"), base::Bytes("ab"),
          base::Bytes("\xff"), base::Bytes("\xff\xff")}) {
      keys.push_back({Account(account), Kind::kStorage, key});
    }
  }
  ASSERT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  std::vector<std::string> stored;
  for (const Key& key : keys) {
    for (uint64_t version : {~uint64_t{0}, uint64_t{256}, uint64_t{255},
                             uint64_t{1}, uint64_t{0}}) {
      stored.push_back(EntryKey("ns", key, version));
      const EntryName name =
          ParseEntryKey(EntriesPrefix("ns"), stored.back()).value();
      EXPECT_EQ(name.key, key);
      EXPECT_EQ(name.version, version);
    }
    EXPECT_LT(stored.back(), AfterEntry("ns", key));
    stored.push_back(AfterEntry("ns", key));
  }
  for (size_t i = 1; i < stored.size(); ++i) {
    EXPECT_LT(stored[i - 1], stored[i]) << HexEncode(stored[i]);
  }
}

TEST(LayoutTest, AfterAccountIsBetweenAccounts) {
  const Key last{Account(0x01), Kind::kStorage, base::Bytes(300, '\xff')};
  AccountId next = Account(0x01);
  ++next.bytes[31];
  const std::string after = AfterAccount("ns", Account(0x01));
  EXPECT_LT(EntryKey("ns", last, 0), after);
  EXPECT_LT(after, AccountPrefix("ns", next));
}

TEST(LayoutTest, NamespacesAreApartAndNoPrefixOfEachOther) {
  const std::vector<base::Bytes> names = {"a",
                                          base::Bytes("a\0", 2),
                                          base::Bytes("a\0\x01", 3),
                                          base::Bytes("a\0\xff", 3),
                                          "a\x01",
                                          "ab",
                                          "b"};
  for (const base::Bytes& one : names) {
    for (const base::Bytes& other : names) {
      if (one == other) continue;
      const std::string prefix = EntriesPrefix(one);
      EXPECT_NE(EntriesPrefix(other).substr(0, prefix.size()), prefix);
      EXPECT_EQ(one < other, prefix < EntriesPrefix(other));
    }
  }
}

TEST(LayoutTest, RecordsComeBack) {
  EXPECT_EQ(DecodeEntry(EncodeEntry(std::nullopt)).value(), std::nullopt);
  EXPECT_EQ(DecodeEntry(EncodeEntry("")).value(), "");
  EXPECT_EQ(DecodeEntry(EncodeEntry("value")).value(), "value");
  const NamespaceRecord record =
      DecodeNamespace(EncodeNamespace({9, 4})).value();
  EXPECT_EQ(record.current_version, 9u);
  EXPECT_EQ(record.oldest_version, 4u);
  const CommitRecord commit =
      DecodeCommit(EncodeCommit(Account(1), "answer")).value();
  EXPECT_EQ(commit.request_digest, Account(1));
  EXPECT_EQ(commit.answer, "answer");
  const std::vector<Key> keys = {{Account(1), Kind::kBalance, ""},
                                 {Account(2), Kind::kStorage, "k"},
                                 {Account(2), Kind::kStorage, ""}};
  EXPECT_EQ(DecodeChanges(EncodeChanges(keys)).value(), keys);
  EXPECT_TRUE(DecodeChanges(EncodeChanges({})).value().empty());
}

TEST(LayoutTest, MalformedBytesAreDataLoss) {
  const std::string prefix = EntriesPrefix("ns");
  const std::string entry =
      EntryKey("ns", {Account(1), Kind::kStorage, "key"}, 7);
  for (size_t size = 0; size < entry.size(); ++size) {
    EXPECT_EQ(ParseEntryKey(prefix, entry.substr(0, size)).status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(ParseEntryKey(prefix, entry + "x").ok());
  std::string bad_kind = entry;
  bad_kind[prefix.size() + 32] = 5;
  EXPECT_FALSE(ParseEntryKey(prefix, bad_kind).ok());
  std::string bad_escape = entry;
  bad_escape[prefix.size() + 32 + 1 + 1] = '\0';  // k 00 y: neither ff nor 01
  EXPECT_FALSE(ParseEntryKey(prefix, bad_escape).ok());

  for (const char* record : {"", "\x02", "\x02value"}) {
    EXPECT_FALSE(DecodeEntry(record).ok());
  }
  EXPECT_FALSE(DecodeEntry(absl::string_view("\0x", 2)).ok());
  EXPECT_FALSE(DecodeNamespace(std::string(15, '\0')).ok());
  EXPECT_FALSE(DecodeNamespace(std::string(17, '\0')).ok());
  EXPECT_FALSE(DecodeNamespace(EncodeNamespace({3, 4})).ok());
  EXPECT_FALSE(DecodeCommit(std::string(31, 'x')).ok());
  const std::string changes =
      EncodeChanges({{Account(1), Kind::kStorage, "k"}});
  for (size_t size = 0; size < changes.size(); ++size) {
    EXPECT_FALSE(DecodeChanges(changes.substr(0, size)).ok());
  }
  EXPECT_FALSE(DecodeChanges(changes + "x").ok());
  EXPECT_FALSE(DecodeChanges("\xff\xff\xff\xff").ok());
}

}  // namespace
}  // namespace ashlar::state
