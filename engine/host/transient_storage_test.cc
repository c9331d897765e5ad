#include "engine/host/transient_storage.h"

#include "gtest/gtest.h"

namespace ashlar::host {
namespace {

const state::Key kKey = {{}, state::Kind::kStorage, "key"};
const state::Key kOther = {{}, state::Kind::kStorage, "other"};

TEST(TransientStorage, KeepsTheLastValue) {
  TransientStorage storage;
  EXPECT_EQ(storage.Get(kKey), nullptr);
  storage.Put(kKey, "one");
  storage.Put(kKey, "two");
  ASSERT_NE(storage.Get(kKey), nullptr);
  EXPECT_EQ(*storage.Get(kKey), "two");
  EXPECT_EQ(storage.Get(kOther), nullptr);
  storage.Delete(kKey);
  EXPECT_EQ(storage.Get(kKey), nullptr);
}

TEST(TransientStorage, RevertGoesBackToTheCheckpoint) {
  TransientStorage storage;
  storage.Put(kKey, "before");
  storage.Checkpoint();
  storage.Put(kKey, "after");
  storage.Put(kKey, "later");
  storage.Put(kOther, "new");
  storage.Revert();
  EXPECT_EQ(*storage.Get(kKey), "before");
  EXPECT_EQ(storage.Get(kOther), nullptr);
  storage.Checkpoint();
  storage.Delete(kKey);
  storage.Revert();
  EXPECT_EQ(*storage.Get(kKey), "before");
}

TEST(TransientStorage, CommittedChangesGoWithTheOuterCheckpoint) {
  TransientStorage storage;
  storage.Checkpoint();
  storage.Checkpoint();
  storage.Put(kKey, "inner");
  storage.Commit();
  EXPECT_EQ(*storage.Get(kKey), "inner");
  storage.Revert();
  EXPECT_EQ(storage.Get(kKey), nullptr);
}

}  // namespace
}  // namespace ashlar::host
