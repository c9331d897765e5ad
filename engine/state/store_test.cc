// What every VersionedStore does, whatever holds it.
#include "engine/state/store.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/state/memory_store.h"
#include "engine/state/overlay.h"
#include "engine/state/reader.h"
#include "engine/state/rocksdb_store.h"
#include "engine/state/types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Code = absl::StatusCode;
using State = std::map<Key, base::Bytes>;

AccountId Account(char c) {
  AccountId account;
  account.bytes.fill(static_cast<uint8_t>(c));
  return account;
}

Key Storage(char account, const std::string& key) {
  return {Account(account), Kind::kStorage, key};
}

base::Hash256 Request(absl::string_view name) { return base::Blake2b256(name); }

// A directory that goes with the test.
class TestDirectory {
 public:
  TestDirectory() {
    static int count = 0;
    path_ = absl::StrCat(::testing::TempDir(), "/store_", count++);
    std::filesystem::remove_all(path_);
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Backend {
  const char* name;
  std::function<std::unique_ptr<VersionedStore>(const std::string&,
                                                const StoreOptions&)>
      open;
};

class StoreTest : public ::testing::TestWithParam<Backend> {
 protected:
  StoreTest() { Open(256); }

  void Open(uint64_t versions_kept) {
    store_.reset();
    // The tests below kill no machine, so nothing is synced.
    store_ = GetParam().open(directory_.path(), {.versions_kept = versions_kept,
                                                 .sync_writes = false});
    ASSERT_NE(store_, nullptr);
    ASSERT_TRUE(store_->OpenNamespace("ns").ok());
  }

  absl::StatusOr<CommitResult> Commit(
      uint64_t base_version, absl::string_view request,
      const std::vector<Effect>& effects,
      const std::vector<AccountId>& removed = {},
      absl::string_view name_space = "ns") {
    CommitRequest commit;
    commit.name_space = name_space;
    commit.base_version = base_version;
    commit.request_digest = Request(request);
    commit.effects = effects;
    commit.removed_accounts = removed;
    const std::string answer = absl::StrCat("answer to ", request);
    commit.answer = answer;
    return store_->Commit(commit);
  }

  // What is read, as text: "-" absent, else "=" and the value.
  std::string Read(uint64_t version, const Key& key,
                   absl::string_view name_space = "ns") {
    auto reader = store_->Snapshot(name_space, version);
    if (!reader.ok()) return reader.status().ToString();
    return ReadFrom(**reader, key);
  }
  static std::string ReadFrom(Reader& reader, const Key& key) {
    const ReadResult result = reader.Read(key).value();
    EXPECT_NE(result.found, Found::kUnknown);
    return result.found == Found::kAbsent ? "-" : "=" + result.value;
  }

  TestDirectory directory_;
  std::unique_ptr<VersionedStore> store_;
};

// Of stores that can be closed and opened again.
class LastingStoreTest : public StoreTest {};

TEST_P(StoreTest, ANamespaceStartsEmptyAtVersionZero) {
  EXPECT_EQ(store_->GetNamespaceInfo("other").status().code(), Code::kNotFound);
  EXPECT_EQ(store_->Snapshot("other", 0).status().code(), Code::kNotFound);
  EXPECT_EQ(Commit(0, "r", {}, {}, "other").status().code(), Code::kNotFound);
  EXPECT_EQ(store_->Rollback("other", 0).status().code(), Code::kNotFound);
  EXPECT_EQ(store_->Prune("other", 1).status().code(), Code::kNotFound);

  const NamespaceInfo info = store_->OpenNamespace("other").value();
  EXPECT_EQ(info.current_version, 0u);
  EXPECT_EQ(info.oldest_version, 0u);
  EXPECT_EQ(Read(0, Storage('a', "k"), "other"), "-");
}

TEST_P(StoreTest, OpeningANamespaceAgainChangesNothing) {
  ASSERT_TRUE(Commit(0, "r", {{Storage('a', "k"), "v"}}).ok());
  EXPECT_EQ(store_->OpenNamespace("ns").value().current_version, 1u);
  EXPECT_EQ(Read(1, Storage('a', "k")), "=v");
}

TEST_P(StoreTest, NamesAreAnyBytesWithinTheLimit) {
  for (const std::string& name :
       {std::string(), std::string(kNamespaceSizeMax + 1, 'n')}) {
    EXPECT_EQ(store_->OpenNamespace(name).status().code(),
              Code::kInvalidArgument);
    EXPECT_EQ(store_->Snapshot(name, 0).status().code(),
              Code::kInvalidArgument);
  }
  for (const std::string& name :
       {std::string("\0", 1), std::string("\0\xff", 2),
        std::string(kNamespaceSizeMax, 'n'), std::string("n")}) {
    ASSERT_TRUE(store_->OpenNamespace(name).ok());
    ASSERT_TRUE(Commit(0, "r", {{Storage('a', "k"), name}}, {}, name).ok());
    EXPECT_EQ(Read(1, Storage('a', "k"), name), "=" + name);
  }
  EXPECT_EQ(store_->GetNamespaceInfo("ns").value().current_version, 0u);
}

TEST_P(StoreTest, EachVersionIsReadAsItWas) {
  const Key k = Storage('a', "k");
  const Key l = Storage('a', "l");
  EXPECT_EQ(Commit(0, "1", {{k, "v1"}, {l, ""}}).value().version, 1u);
  EXPECT_EQ(Commit(1, "2", {{k, std::nullopt}}).value().version, 2u);
  EXPECT_EQ(Commit(2, "3", {{k, "v3"}, {l, std::nullopt}}).value().version, 3u);
  const char* expected_k[] = {"-", "=v1", "-", "=v3"};
  const char* expected_l[] = {"-", "=", "=", "-"};
  for (uint64_t version = 0; version <= 3; ++version) {
    EXPECT_EQ(Read(version, k), expected_k[version]) << version;
    EXPECT_EQ(Read(version, l), expected_l[version]) << version;
  }
  EXPECT_EQ(store_->Snapshot("ns", 4).status().code(),
            Code::kFailedPrecondition);
}

TEST_P(StoreTest, NeighbouringKeysAreNotMixedUp) {
  const std::vector<Key> keys = {
      Storage('a', ""),
      Storage('a', std::string("\0", 1)),
      Storage('a', std::string("\0\xff", 2)),
      Storage('a', "k"),
      Storage('a', std::string("k\0", 2)),
      Storage('a', std::string("k\0\x01", 3)),
      Storage('a', "kk"),
      Storage('b', "k"),
      {Account('a'), Kind::kBalance, ""},
      {Account('a'), Kind::kNonce, ""},
      {Account('a'), Kind::kCode, ""},
  };
  for (size_t i = 0; i < keys.size(); ++i) {
    ASSERT_TRUE(Commit(i, absl::StrCat(i), {{keys[i], absl::StrCat(i)}}).ok());
  }
  for (size_t version = 0; version <= keys.size(); ++version) {
    for (size_t i = 0; i < keys.size(); ++i) {
      EXPECT_EQ(Read(version, keys[i]),
                i < version ? absl::StrCat("=", i) : "-");
    }
  }
}

TEST_P(StoreTest, ARetryGetsTheStoredAnswer) {
  const std::vector<Effect> effects = {{Storage('a', "k"), "v"}};
  const CommitResult first = Commit(0, "r", effects).value();
  EXPECT_FALSE(first.is_retry);
  EXPECT_EQ(first.answer, "answer to r");
  for (int i = 0; i < 2; ++i) {
    const CommitResult retry = Commit(0, "r", effects).value();
    EXPECT_TRUE(retry.is_retry);
    EXPECT_EQ(retry.version, 1u);
    EXPECT_EQ(retry.answer, "answer to r");
    EXPECT_EQ(store_->GetNamespaceInfo("ns").value().current_version, 1u);
  }
  ASSERT_TRUE(Commit(1, "s", {}).ok());
  EXPECT_TRUE(Commit(0, "r", {}).value().is_retry);
  // The same request on a later base is a new execution.
  EXPECT_EQ(Commit(2, "r", {}).value().version, 3u);
}

TEST_P(StoreTest, AnotherRequestOnAUsedBaseIsAborted) {
  ASSERT_TRUE(Commit(0, "r", {{Storage('a', "k"), "v"}}).ok());
  const absl::Status status =
      Commit(0, "other", {{Storage('a', "k"), "w"}}).status();
  EXPECT_EQ(status.code(), Code::kAborted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"ns\""));
  EXPECT_EQ(Read(1, Storage('a', "k")), "=v");
  EXPECT_EQ(store_->GetNamespaceInfo("ns").value().current_version, 1u);
}

TEST_P(StoreTest, ABaseAheadIsAFailedPrecondition) {
  EXPECT_EQ(Commit(1, "r", {}).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(Commit(~uint64_t{0}, "r", {}).status().code(),
            Code::kFailedPrecondition);
}

TEST_P(StoreTest, FindAnswerIsWhatCommitWouldSayToARetry) {
  EXPECT_EQ(store_->FindAnswer("ns", 0, Request("r")).value(), std::nullopt);
  ASSERT_TRUE(Commit(0, "r", {}).ok());
  const std::optional<CommitResult> found =
      store_->FindAnswer("ns", 0, Request("r")).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->is_retry);
  EXPECT_EQ(found->version, 1u);
  EXPECT_EQ(found->answer, "answer to r");
  EXPECT_EQ(store_->FindAnswer("ns", 0, Request("s")).status().code(),
            Code::kAborted);
  EXPECT_EQ(store_->FindAnswer("ns", 2, Request("r")).status().code(),
            Code::kFailedPrecondition);
  EXPECT_EQ(store_->FindAnswer("x", 0, Request("r")).status().code(),
            Code::kNotFound);
}

TEST_P(StoreTest, RemovedAccountsLoseAllStorageAndNothingElse) {
  const Key balance{Account('a'), Kind::kBalance, ""};
  ASSERT_TRUE(Commit(0, "1",
                     {{balance, "b"},
                      {Storage('a', ""), "1"},
                      {Storage('a', "k"), "2"},
                      {Storage('a', "l"), "3"},
                      {Storage('b', "k"), "4"}})
                  .ok());
  ASSERT_TRUE(
      Commit(1, "2", {{Storage('a', "l"), "new"}}, {Account('a')}).ok());
  EXPECT_EQ(Read(2, Storage('a', "")), "-");
  EXPECT_EQ(Read(2, Storage('a', "k")), "-");
  EXPECT_EQ(Read(2, Storage('a', "l")), "=new");
  EXPECT_EQ(Read(2, Storage('b', "k")), "=4");
  EXPECT_EQ(Read(2, balance), "=b");
  EXPECT_EQ(Read(1, Storage('a', "k")), "=2");
  ASSERT_TRUE(store_->Rollback("ns", 1).ok());
  EXPECT_EQ(Read(1, Storage('a', "k")), "=2");
  EXPECT_EQ(Read(1, Storage('a', "l")), "=3");
}

TEST_P(StoreTest, OldVersionsAndTheirAnswersAreDropped) {
  Open(4);
  const Key k = Storage('a', "k");
  for (uint64_t v = 0; v < 10; ++v) {
    ASSERT_TRUE(Commit(v, absl::StrCat(v), {{k, absl::StrCat(v + 1)}}).ok());
  }
  const NamespaceInfo info = store_->GetNamespaceInfo("ns").value();
  EXPECT_EQ(info.current_version, 10u);
  EXPECT_EQ(info.oldest_version, 7u);
  for (uint64_t v = 0; v < 7; ++v) {
    EXPECT_EQ(store_->Snapshot("ns", v).status().code(),
              Code::kFailedPrecondition);
    EXPECT_EQ(Commit(v, absl::StrCat(v), {}).status().code(),
              Code::kFailedPrecondition);
    EXPECT_EQ(store_->Rollback("ns", v).status().code(),
              Code::kFailedPrecondition);
  }
  for (uint64_t v = 7; v <= 10; ++v)
    EXPECT_EQ(Read(v, k), absl::StrCat("=", v));
  for (uint64_t v = 7; v < 10; ++v) {
    EXPECT_TRUE(Commit(v, absl::StrCat(v), {}).value().is_retry);
  }
}

TEST_P(StoreTest, ARetryOfTheLastCommitIsAnsweredHoweverFewAreKept) {
  Open(0);
  for (uint64_t v = 0; v < 5; ++v) {
    ASSERT_TRUE(Commit(v, absl::StrCat(v), {}).ok());
    EXPECT_TRUE(Commit(v, absl::StrCat(v), {}).value().is_retry);
  }
  EXPECT_EQ(store_->GetNamespaceInfo("ns").value().oldest_version, 4u);
}

TEST_P(StoreTest, PruneKeepsTheLastVersions) {
  const Key k = Storage('a', "k");
  const Key gone = Storage('a', "gone");
  ASSERT_TRUE(Commit(0, "0", {{k, "1"}, {gone, "1"}}).ok());
  ASSERT_TRUE(Commit(1, "1", {{gone, std::nullopt}}).ok());
  for (uint64_t v = 2; v < 6; ++v) {
    ASSERT_TRUE(Commit(v, absl::StrCat(v), {{k, absl::StrCat(v + 1)}}).ok());
  }
  EXPECT_EQ(store_->Prune("ns", 0).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(store_->Prune("ns", 100).value().oldest_version, 0u);
  EXPECT_EQ(store_->Prune("ns", 3).value().oldest_version, 4u);
  EXPECT_EQ(Read(4, k), "=4");
  EXPECT_EQ(Read(4, gone), "-");
  const NamespaceInfo info = store_->Prune("ns", 1).value();
  EXPECT_EQ(info.current_version, 6u);
  EXPECT_EQ(info.oldest_version, 6u);
  EXPECT_EQ(Read(6, k), "=6");
  EXPECT_EQ(Commit(5, "5", {}).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(Commit(6, "6", {{k, "7"}}).value().version, 7u);
  EXPECT_EQ(Read(6, k), "=6");
}

TEST_P(StoreTest, RollbackDropsLaterVersionsAndTheirAnswers) {
  const Key k = Storage('a', "k");
  for (uint64_t v = 0; v < 4; ++v) {
    ASSERT_TRUE(Commit(v, absl::StrCat(v), {{k, absl::StrCat(v + 1)}}).ok());
  }
  EXPECT_EQ(store_->Rollback("ns", 5).status().code(),
            Code::kFailedPrecondition);
  EXPECT_EQ(store_->Rollback("ns", 2).value().current_version, 2u);
  EXPECT_EQ(Read(2, k), "=2");
  EXPECT_EQ(store_->Snapshot("ns", 3).status().code(),
            Code::kFailedPrecondition);
  EXPECT_TRUE(Commit(1, "1", {}).value().is_retry);
  EXPECT_EQ(store_->FindAnswer("ns", 2, Request("2")).value(), std::nullopt);
  const CommitResult again = Commit(2, "2", {{k, "again"}}).value();
  EXPECT_FALSE(again.is_retry);
  EXPECT_EQ(again.version, 3u);
  EXPECT_EQ(Read(3, k), "=again");
}

TEST_P(StoreTest, ASnapshotStandsStillThroughRollbackAndPrune) {
  const Key k = Storage('a', "k");
  ASSERT_TRUE(Commit(0, "0", {{k, "1"}}).ok());
  ASSERT_TRUE(Commit(1, "1", {{k, "2"}}).ok());
  auto at1 = store_->Snapshot("ns", 1).value();
  auto at2 = store_->Snapshot("ns", 2).value();
  ASSERT_TRUE(store_->Prune("ns", 1).ok());
  EXPECT_EQ(ReadFrom(*at1, k), "=1");
  ASSERT_TRUE(store_->Rollback("ns", 2).ok());
  ASSERT_TRUE(Commit(2, "2", {{k, "3"}}).ok());
  EXPECT_EQ(ReadFrom(*at1, k), "=1");
  EXPECT_EQ(ReadFrom(*at2, k), "=2");
}

TEST_P(StoreTest, ModulesAreSharedAndStoredWithTheCommit) {
  const base::Hash256 hash = store_->PutModule("put").value();
  EXPECT_EQ(hash, base::Blake2b256("put"));
  EXPECT_EQ(store_->PutModule("put").value(), hash);
  EXPECT_EQ(*store_->GetModule(hash).value(), "put");
  EXPECT_EQ(store_->GetModule(base::Blake2b256("committed")).status().code(),
            Code::kNotFound);

  const std::vector<std::shared_ptr<const base::Bytes>> modules = {
      std::make_shared<const base::Bytes>("committed")};
  CommitRequest commit;
  commit.name_space = "ns";
  commit.modules = modules;
  ASSERT_TRUE(store_->Commit(commit).ok());
  auto reader = store_->Snapshot("ns", 1).value();
  for (const char* bytes : {"put", "committed"}) {
    const ModuleResult module = reader->Module(base::Blake2b256(bytes)).value();
    EXPECT_EQ(module.found, Found::kPresent);
    EXPECT_EQ(*module.bytes, bytes);
  }
  EXPECT_EQ(reader->Module(base::Blake2b256("no")).value().found,
            Found::kAbsent);
}

TEST_P(StoreTest, ActivationsAreByProfileAndModule) {
  const base::Hash256 profile = Request("profile");
  const base::Hash256 module = store_->PutModule("module").value();
  EXPECT_EQ(store_->Activate(profile, Request("no module")).code(),
            Code::kNotFound);
  EXPECT_FALSE(store_->IsActivated(profile, module).value());
  ASSERT_TRUE(store_->Activate(profile, module).ok());
  ASSERT_TRUE(store_->Activate(profile, module).ok());
  EXPECT_TRUE(store_->IsActivated(profile, module).value());
  EXPECT_FALSE(store_->IsActivated(module, profile).value());
  EXPECT_FALSE(store_->IsActivated(Request("other"), module).value());
}

TEST_P(StoreTest, ListsAccountsByPage) {
  std::vector<Effect> effects;
  for (char c : {'a', 'b', 'c', 'd', 'e'}) {
    effects.push_back({{Account(c), Kind::kNonce, ""}, "n"});
    effects.push_back({Storage(c, "k"), "v"});
  }
  ASSERT_TRUE(Commit(0, "0", effects).ok());
  ASSERT_TRUE(Commit(1, "1",
                     {{{Account('b'), Kind::kNonce, ""}, std::nullopt},
                      {Storage('b', "k"), std::nullopt},
                      {Storage('f', "k"), "v"}})
                  .ok());
  AccountPage page = store_->ListAccounts("ns", 2, {}, 2).value();
  EXPECT_THAT(page.accounts, ElementsAre(Account('a'), Account('c')));
  ASSERT_EQ(page.next, Account('d'));
  page = store_->ListAccounts("ns", 2, *page.next, 3).value();
  EXPECT_THAT(page.accounts,
              ElementsAre(Account('d'), Account('e'), Account('f')));
  EXPECT_EQ(page.next, std::nullopt);
  EXPECT_EQ(store_->ListAccounts("ns", 1, {}, 100).value().accounts.size(), 5u);
  EXPECT_THAT(store_->ListAccounts("ns", 0, {}, 100).value().accounts,
              IsEmpty());
  EXPECT_THAT(store_->ListAccounts("ns", 2, Account('g'), 1).value().accounts,
              IsEmpty());
  for (size_t limit : {size_t{0}, kListLimitMax + 1}) {
    EXPECT_EQ(store_->ListAccounts("ns", 2, {}, limit).status().code(),
              Code::kInvalidArgument);
  }
  EXPECT_EQ(store_->ListAccounts("ns", 3, {}, 1).status().code(),
            Code::kFailedPrecondition);
}

std::vector<std::string> KeysOf(const StoragePage& page) {
  std::vector<std::string> keys;
  for (const StorageEntry& entry : page.entries) keys.push_back(entry.key);
  return keys;
}

TEST_P(StoreTest, ListsStorageByRangeAndPage) {
  std::vector<Effect> effects = {{{Account('a'), Kind::kNonce, ""}, "n"},
                                 {Storage('b', "b"), "other account"}};
  for (const char* key : {"", "b", "bb", "c", "d"}) {
    effects.push_back({Storage('a', key), absl::StrCat("v", key)});
  }
  ASSERT_TRUE(Commit(0, "0", effects).ok());
  ASSERT_TRUE(Commit(1, "1", {{Storage('a', "bb"), std::nullopt}}).ok());
  const auto list = [&](uint64_t version, absl::string_view first,
                        std::optional<absl::string_view> end, size_t limit) {
    return store_->ListStorage("ns", version, Account('a'), first, end, limit);
  };
  EXPECT_THAT(KeysOf(list(2, "", std::nullopt, 10).value()),
              ElementsAre("", "b", "c", "d"));
  EXPECT_THAT(KeysOf(list(1, "b", "d", 10).value()),
              ElementsAre("b", "bb", "c"));
  EXPECT_THAT(KeysOf(list(2, "ba", "d", 10).value()), ElementsAre("c"));
  EXPECT_THAT(KeysOf(list(2, "c", "c", 10).value()), IsEmpty());
  const StoragePage page = list(2, "", std::nullopt, 2).value();
  EXPECT_THAT(KeysOf(page), ElementsAre("", "b"));
  EXPECT_EQ(page.entries[1].value, "vb");
  EXPECT_EQ(page.next, "c");
  EXPECT_EQ(list(2, *page.next, std::nullopt, 2).value().next, std::nullopt);
  EXPECT_EQ(list(2, "", std::nullopt, 0).status().code(),
            Code::kInvalidArgument);
}

TEST_P(StoreTest, AStoragePageEndsBeforeItIsTooLarge) {
  const base::Bytes large(kListSizeBytesMax / 2, 'x');
  ASSERT_TRUE(Commit(0, "0",
                     {{Storage('a', "1"), large},
                      {Storage('a', "2"), large},
                      {Storage('a', "3"), large + large},
                      {Storage('a', "4"), ""}})
                  .ok());
  std::string first;
  for (const char* key : {"1", "2", "3"}) {
    const StoragePage page =
        store_->ListStorage("ns", 1, Account('a'), first, std::nullopt, 10)
            .value();
    EXPECT_THAT(KeysOf(page), ElementsAre(key));
    ASSERT_TRUE(page.next.has_value());
    first = *page.next;
  }
  EXPECT_EQ(first, "4");
}

TEST_P(LastingStoreTest, WhatIsStoredOutlivesTheProcess) {
  const Key k = Storage('a', "k");
  ASSERT_TRUE(Commit(0, "0", {{k, "1"}}).ok());
  ASSERT_TRUE(Commit(1, "1", {{k, "2"}}).ok());
  const base::Hash256 module = store_->PutModule("module").value();
  ASSERT_TRUE(store_->Activate(Request("p"), module).ok());
  Open(256);
  EXPECT_EQ(Read(1, k), "=1");
  EXPECT_EQ(Read(2, k), "=2");
  EXPECT_TRUE(Commit(1, "1", {}).value().is_retry);
  EXPECT_EQ(*store_->GetModule(module).value(), "module");
  EXPECT_TRUE(store_->IsActivated(Request("p"), module).value());
}

TEST_P(LastingStoreTest, FewerVersionsKeptTakeEffectOverTheNextCommits) {
  for (uint64_t v = 0; v < 20; ++v) {
    ASSERT_TRUE(Commit(v, absl::StrCat(v), {{Storage('a', "k"), "v"}}).ok());
  }
  Open(3);
  for (uint64_t v = 20; v < 30; ++v) {
    ASSERT_TRUE(Commit(v, absl::StrCat(v), {{Storage('a', "k"), "v"}}).ok());
  }
  EXPECT_EQ(store_->GetNamespaceInfo("ns").value().oldest_version, 28u);
}

// Against a copy of the whole state for each version.
TEST_P(StoreTest, RandomHistoriesAgreeWithCopies) {
  constexpr uint64_t kKept = 5;
  Open(kKept);
  std::mt19937 random(7);
  const auto pick_key = [&]() -> Key {
    const char account = static_cast<char>('a' + random() % 3);
    if (random() % 4 == 0) return {Account(account), Kind::kNonce, ""};
    return Storage(account, std::string(random() % 4, '\0'));
  };
  std::vector<State> versions(1);
  uint64_t oldest = 0;
  for (int step = 0; step < 400; ++step) {
    const uint64_t current = versions.size() - 1;
    const uint32_t action = random() % 20;
    if (action == 0) {
      const uint64_t to = oldest + random() % (current - oldest + 1);
      ASSERT_TRUE(store_->Rollback("ns", to).ok());
      versions.resize(to + 1);
    } else if (action == 1) {
      const uint64_t keep = 1 + random() % 4;
      ASSERT_TRUE(store_->Prune("ns", keep).ok());
      if (current + 1 > keep) oldest = std::max(oldest, current + 1 - keep);
    } else {
      State next = versions.back();
      std::map<Key, std::optional<base::Bytes>> effects;
      std::vector<AccountId> removed;
      if (action == 2) {
        removed.push_back(pick_key().account);
        std::erase_if(next, [&](const auto& entry) {
          return entry.first.account == removed[0] &&
                 entry.first.kind == Kind::kStorage;
        });
      }
      for (uint32_t i = random() % 4; i > 0; --i) {
        const Key key = pick_key();
        effects[key] = random() % 3 == 0
                           ? std::nullopt
                           : std::make_optional(absl::StrCat(step));
      }
      std::vector<Effect> list;
      for (const auto& [key, value] : effects) {
        list.push_back({key, value});
        if (value.has_value())
          next[key] = *value;
        else
          next.erase(key);
      }
      ASSERT_TRUE(Commit(current, absl::StrCat(step), list, removed).ok());
      versions.push_back(next);
      if (versions.size() > kKept) {
        oldest = std::max(oldest, uint64_t{versions.size() - kKept});
      }
    }
    const NamespaceInfo info = store_->GetNamespaceInfo("ns").value();
    ASSERT_EQ(info.current_version, versions.size() - 1);
    ASSERT_EQ(info.oldest_version, oldest);
    const uint64_t version =
        oldest + random() % (info.current_version - oldest + 1);
    std::set<AccountId> accounts;
    for (const auto& [key, value] : versions[version]) {
      accounts.insert(key.account);
    }
    ASSERT_THAT(store_->ListAccounts("ns", version, {}, 100).value().accounts,
                ::testing::ElementsAreArray(accounts))
        << step;
    for (char account : {'a', 'b', 'c'}) {
      State listed;
      const StoragePage page =
          store_
              ->ListStorage("ns", version, Account(account), "", std::nullopt,
                            100)
              .value();
      for (const StorageEntry& entry : page.entries) {
        listed[Storage(account, entry.key)] = entry.value;
      }
      State expected = versions[version];
      std::erase_if(expected, [&](const auto& entry) {
        return entry.first.account != Account(account) ||
               entry.first.kind != Kind::kStorage;
      });
      ASSERT_EQ(listed, expected) << step;
      const Key nonce{Account(account), Kind::kNonce, ""};
      auto it = versions[version].find(nonce);
      ASSERT_EQ(Read(version, nonce),
                it == versions[version].end() ? "-" : "=" + it->second);
    }
  }
}

// Each thread counts up one entry; a lost race is ABORTED and tried again.
TEST_P(StoreTest, CommitsOfManyThreadsAreAppliedOnce) {
  constexpr int kThreads = 4;
  constexpr int kCommits = 30;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int done = 0; done < kCommits;) {
        const uint64_t base =
            store_->GetNamespaceInfo("ns").value().current_version;
        auto reader = store_->Snapshot("ns", base).value();
        const std::string before = ReadFrom(*reader, Storage('a', "n"));
        const int count = before == "-" ? 0 : std::stoi(before.substr(1));
        const absl::Status status =
            Commit(base, absl::StrCat(t, "/", done),
                   {{Storage('a', "n"), absl::StrCat(count + 1)}})
                .status();
        if (status.ok()) {
          ++done;
        } else if (status.code() != Code::kAborted) {
          ++failures;
          return;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Read(kThreads * kCommits, Storage('a', "n")),
            absl::StrCat("=", kThreads * kCommits));
}

Backend Memory() {
  return {"Memory", [](const std::string&, const StoreOptions& options) {
            return NewMemoryStore(options);
          }};
}

Backend RocksDb() {
  return {"RocksDb",
          [](const std::string& directory, const StoreOptions& options) {
            auto store = OpenRocksDbStore(directory, options);
            EXPECT_TRUE(store.ok()) << store.status();
            return store.ok() ? *std::move(store) : nullptr;
          }};
}

std::string NameOf(const ::testing::TestParamInfo<Backend>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreTest,
                         ::testing::Values(Memory(), RocksDb()), NameOf);
INSTANTIATE_TEST_SUITE_P(Backends, LastingStoreTest,
                         ::testing::Values(RocksDb()), NameOf);

}  // namespace
}  // namespace ashlar::state
