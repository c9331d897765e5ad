// What only a store on disk can meet: other processes, other contents, decay.
#include "engine/state/rocksdb_store.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/state/kv.h"
#include "engine/state/rocksdb_kv.h"
#include "engine/state/store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

using ::testing::HasSubstr;
using Code = absl::StatusCode;
constexpr StoreOptions kUnsynced = {.versions_kept = 256, .sync_writes = false};

class RocksDbStoreTest : public ::testing::Test {
 protected:
  RocksDbStoreTest()
      : directory_(absl::StrCat(::testing::TempDir(), "/rocksdb_store")) {
    std::filesystem::remove_all(directory_);
  }
  ~RocksDbStoreTest() override { std::filesystem::remove_all(directory_); }

  absl::Status Open() {
    return OpenRocksDbStore(directory_, kUnsynced).status();
  }

  // Writes a pair that no store of ours wrote.
  void WritePair(const std::string& key, const std::string& value) {
    auto kv = OpenRocksDbKv(directory_, /*sync_writes=*/false).value();
    KvBatch batch;
    batch.Put(key, value);
    ASSERT_TRUE(kv->Write(batch).ok());
  }

  const std::string directory_;
};

TEST_F(RocksDbStoreTest, ADirectoryWithoutAParentIsUnavailable) {
  const absl::Status status =
      OpenRocksDbStore(directory_ + "/no/parent", kUnsynced).status();
  EXPECT_EQ(status.code(), Code::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(directory_));
}

TEST_F(RocksDbStoreTest, ADirectoryInUseIsUnavailable) {
  auto store = OpenRocksDbStore(directory_, kUnsynced);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(Open().code(), Code::kUnavailable) << Open();
  store->reset();
  EXPECT_TRUE(Open().ok()) << Open();
}

TEST_F(RocksDbStoreTest, AForeignDatabaseIsRefused) {
  WritePair("key", "value");
  EXPECT_EQ(Open().code(), Code::kFailedPrecondition) << Open();
}

TEST_F(RocksDbStoreTest, AnotherLayoutIsRefused) {
  ASSERT_TRUE(Open().ok());
  WritePair("F", "ashlar state 2");
  EXPECT_EQ(Open().code(), Code::kFailedPrecondition) << Open();
  EXPECT_THAT(std::string(Open().message()), HasSubstr("ashlar state 2"));
}

TEST_F(RocksDbStoreTest, MalformedAndMissingRecordsAreDataLoss) {
  {
    auto store = OpenRocksDbStore(directory_, kUnsynced).value();
    ASSERT_TRUE(store->OpenNamespace("ns").ok());
  }
  // A namespace at version 1 whose commit was never written.
  std::string record(16, '\0');
  record[0] = 1;
  WritePair(std::string("Nns\0\1", 5), record);
  {
    auto store = OpenRocksDbStore(directory_, kUnsynced).value();
    EXPECT_EQ(store->FindAnswer("ns", 0, {}).status().code(), Code::kDataLoss);
    EXPECT_EQ(store->Rollback("ns", 0).status().code(), Code::kDataLoss);
    EXPECT_EQ(store->Prune("ns", 1).status().code(), Code::kDataLoss);
    EXPECT_EQ(store->GetNamespaceInfo("ns").value().current_version, 1u);
  }
  WritePair(std::string("Nns\0\1", 5), "short");
  auto store = OpenRocksDbStore(directory_, kUnsynced).value();
  EXPECT_EQ(store->GetNamespaceInfo("ns").status().code(), Code::kDataLoss);
}

std::vector<std::filesystem::path> FilesWith(const std::string& directory,
                                             const std::string& extension) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  return files;
}

// Damage in the middle of the log must not pass for the end of it: what comes
// after was acknowledged.
TEST_F(RocksDbStoreTest, ADamagedLogIsDataLoss) {
  {
    auto store = OpenRocksDbStore(directory_, kUnsynced).value();
    for (const char* module : {"one", "two", "three", "four"}) {
      ASSERT_TRUE(
          store->PutModule(absl::StrCat(module, std::string(5000, 'x'))).ok());
    }
  }
  const std::vector<std::filesystem::path> logs = FilesWith(directory_, ".log");
  ASSERT_EQ(logs.size(), 1u);
  std::fstream log(logs[0], std::ios::in | std::ios::out | std::ios::binary);
  log.seekp(static_cast<std::streamoff>(std::filesystem::file_size(logs[0])) /
            2);
  log.put('!');
  log.close();
  EXPECT_EQ(Open().code(), Code::kDataLoss) << Open();
}

TEST_F(RocksDbStoreTest, ATornWriteAtTheEndOfTheLogIsDropped) {
  {
    auto store = OpenRocksDbStore(directory_, kUnsynced).value();
    ASSERT_TRUE(store->PutModule("whole").ok());
    ASSERT_TRUE(store->PutModule(std::string(5000, 'x')).ok());
  }
  const std::vector<std::filesystem::path> logs = FilesWith(directory_, ".log");
  ASSERT_EQ(logs.size(), 1u);
  std::filesystem::resize_file(logs[0],
                               std::filesystem::file_size(logs[0]) - 100);
  auto store = OpenRocksDbStore(directory_, kUnsynced);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->GetModule(base::Blake2b256("whole")).ok());
  EXPECT_EQ((*store)
                ->GetModule(base::Blake2b256(std::string(5000, 'x')))
                .status()
                .code(),
            Code::kNotFound);
}

}  // namespace
}  // namespace ashlar::state
