// What the store writes: how much is left behind, and that each act is one
// write. What it answers is store_test.cc's.
#include "engine/state/kv_store.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/state/kv.h"
#include "engine/state/layout.h"
#include "engine/state/memory_kv.h"
#include "engine/state/overlay.h"
#include "engine/state/store.h"
#include "engine/state/types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Key Storage(const std::string& key) { return {{}, Kind::kStorage, key}; }

// Lends a Kv to a store, counts its writes, and refuses them on demand.
class LentKv : public Kv {
 public:
  struct Control {
    int writes = 0;
    absl::Status refusal;
  };
  LentKv(Kv* kv, Control* control) : kv_(kv), control_(control) {}
  absl::StatusOr<std::unique_ptr<KvView>> View() override {
    return kv_->View();
  }
  absl::Status Write(const KvBatch& batch) override {
    if (!control_->refusal.ok()) return control_->refusal;
    ++control_->writes;
    return kv_->Write(batch);
  }

 private:
  Kv* kv_;
  Control* control_;
};

class KvStoreTest : public ::testing::Test {
 protected:
  KvStoreTest() { Open(4); }

  void Open(uint64_t versions_kept) {
    store_ = OpenKvStore(std::make_unique<LentKv>(kv_.get(), &control_),
                         {.versions_kept = versions_kept, .sync_writes = false})
                 .value();
    ASSERT_TRUE(store_->OpenNamespace("ns").ok());
  }
  absl::Status Commit(uint64_t base, const std::vector<Effect>& effects) {
    CommitRequest request;
    request.name_space = "ns";
    request.base_version = base;
    request.effects = effects;
    return store_->Commit(request).status();
  }
  // How many pairs there are, by the first byte of their keys.
  std::map<char, int> Pairs() {
    auto view = kv_->View().value();
    std::map<char, int> pairs;
    std::string from;
    while (std::optional<KvPair> pair = view->Seek(from, "").value()) {
      ++pairs[pair->key[0]];
      from = pair->key + '\0';
    }
    return pairs;
  }

  std::unique_ptr<Kv> kv_ = NewMemoryKv();
  LentKv::Control control_;
  std::unique_ptr<VersionedStore> store_;
};

TEST_F(KvStoreTest, OneEntryHasOneRecordAVersionThatIsKept) {
  for (uint64_t v = 0; v < 20; ++v) {
    ASSERT_TRUE(Commit(v, {{Storage("k"), absl::StrCat(v)}}).ok());
  }
  EXPECT_EQ(Pairs(), (std::map<char, int>{
                         {'C', 3}, {'E', 4}, {'F', 1}, {'L', 3}, {'N', 1}}));
  ASSERT_TRUE(store_->Prune("ns", 1).ok());
  EXPECT_EQ(Pairs(), (std::map<char, int>{{'E', 1}, {'F', 1}, {'N', 1}}));
}

TEST_F(KvStoreTest, DeletedEntriesLeaveNothing) {
  ASSERT_TRUE(Commit(0, {{Storage("k"), "v"}, {Storage("l"), "v"}}).ok());
  ASSERT_TRUE(Commit(1, {{Storage("k"), std::nullopt}}).ok());
  ASSERT_TRUE(
      Commit(2, {{Storage("l"), std::nullopt}, {Storage("never"), {}}}).ok());
  EXPECT_EQ(Pairs()['E'], 5);
  ASSERT_TRUE(store_->Prune("ns", 1).ok());
  EXPECT_EQ(Pairs(), (std::map<char, int>{{'F', 1}, {'N', 1}}));
}

TEST_F(KvStoreTest, ARollbackLeavesNothingOfWhatItDrops) {
  ASSERT_TRUE(Commit(0, {{Storage("k"), "v"}}).ok());
  const std::map<char, int> before = Pairs();
  ASSERT_TRUE(Commit(1, {{Storage("k"), std::nullopt}}).ok());
  ASSERT_TRUE(Commit(2, {{Storage("k"), "w"}, {Storage("l"), "x"}}).ok());
  ASSERT_TRUE(store_->Rollback("ns", 1).ok());
  EXPECT_EQ(Pairs(), before);
}

TEST_F(KvStoreTest, EachActIsOneWrite) {
  const std::vector<std::shared_ptr<const base::Bytes>> modules = {
      std::make_shared<const base::Bytes>("module")};
  for (uint64_t v = 0; v < 10; ++v) {
    CommitRequest request;
    request.name_space = "ns";
    request.base_version = v;
    const std::vector<Effect> effects = {{Storage("k"), absl::StrCat(v)}};
    request.effects = effects;
    request.modules = modules;
    const std::vector<AccountId> removed = {AccountId()};
    request.removed_accounts = removed;
    control_.writes = 0;
    ASSERT_TRUE(store_->Commit(request).ok());
    EXPECT_EQ(control_.writes, 1);
    // A retry writes nothing.
    ASSERT_TRUE(store_->Commit(request).value().is_retry);
    EXPECT_EQ(control_.writes, 1);
  }
  control_.writes = 0;
  ASSERT_TRUE(store_->Rollback("ns", 8).ok());
  EXPECT_EQ(control_.writes, 1);
}

TEST_F(KvStoreTest, ARefusedWriteChangesNothingAndIsReported) {
  ASSERT_TRUE(Commit(0, {{Storage("k"), "v"}}).ok());
  const std::map<char, int> before = Pairs();
  control_.refusal = absl::UnavailableError("disk full");
  EXPECT_EQ(Commit(1, {{Storage("k"), "w"}}), control_.refusal);
  EXPECT_EQ(store_->Rollback("ns", 0).status(), control_.refusal);
  EXPECT_EQ(store_->Prune("ns", 1).status(), control_.refusal);
  EXPECT_EQ(store_->OpenNamespace("other").status(), control_.refusal);
  EXPECT_EQ(store_->PutModule("module").status(), control_.refusal);
  EXPECT_EQ(Pairs(), before);
  control_.refusal = absl::OkStatus();
  EXPECT_TRUE(Commit(1, {{Storage("k"), "w"}}).ok());
}

// A page may end between any two accounts, also where ids are all ones.
TEST_F(KvStoreTest, TheLastAccountOfAllIsListed) {
  AccountId last;
  last.bytes.fill(0xff);
  ASSERT_TRUE(Commit(0, {{{AccountId(), Kind::kNonce, ""}, "n"},
                         {{last, Kind::kStorage, "\xff\xff"}, "v"}})
                  .ok());
  const AccountPage page = store_->ListAccounts("ns", 1, {}, 1).value();
  EXPECT_THAT(page.accounts, ElementsAre(AccountId()));
  ASSERT_EQ(page.next, last);
  EXPECT_THAT(store_->ListAccounts("ns", 1, last, 1).value().accounts,
              ElementsAre(last));
  EXPECT_EQ(store_->ListAccounts("ns", 1, last, 1).value().next, std::nullopt);
  EXPECT_THAT(store_->ListAccounts("ns", 0, last, 1).value().accounts,
              IsEmpty());
}

TEST_F(KvStoreTest, AForeignKvIsRefused) {
  auto foreign = NewMemoryKv();
  KvBatch batch;
  batch.Put("something", "else");
  ASSERT_TRUE(foreign->Write(batch).ok());
  EXPECT_EQ(OpenKvStore(std::move(foreign), {}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(KvStoreTest, AMissingChangeListIsDataLoss) {
  ASSERT_TRUE(Commit(0, {{Storage("k"), "v"}}).ok());
  KvBatch batch;
  batch.Delete(ChangesKey("ns", 1));
  ASSERT_TRUE(kv_->Write(batch).ok());
  EXPECT_EQ(store_->Rollback("ns", 0).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace ashlar::state
