// What a store promises of a process that was killed at any point: every
// acknowledged commit is whole, and a retry of any commit applies it once.
//
// The test's own process never opens the store, because RocksDB's threads do
// not survive a fork: writer and checker are children.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/state/overlay.h"
#include "engine/state/reader.h"
#include "engine/state/rocksdb_store.h"
#include "engine/state/store.h"
#include "engine/state/types.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

constexpr int kRounds = 20;
constexpr int kKeys = 20;
constexpr StoreOptions kUnsynced = {.versions_kept = 8, .sync_writes = false};
constexpr StoreOptions kSynced = {.versions_kept = 8, .sync_writes = true};

AccountId Account(char c) {
  AccountId account;
  account.bytes.fill(static_cast<uint8_t>(c));
  return account;
}

Key Storage(char account, const std::string& key) {
  return {Account(account), Kind::kStorage, key};
}

absl::StatusOr<std::string> Read(Reader& reader, const Key& key) {
  ASSIGN_OR_RETURN(ReadResult result, reader.Read(key));
  return result.found == Found::kPresent ? result.value : "absent";
}

// The commit on top of `base`: writes the new version's number to many keys,
// removes an account and gives it one new key, and counts up from what the
// base holds.
absl::StatusOr<CommitResult> CommitOn(VersionedStore& store, uint64_t base) {
  ASSIGN_OR_RETURN(NamespaceInfo info, store.GetNamespaceInfo("ns"));
  const std::string version = absl::StrCat(base + 1);
  std::string count = "from a retry";
  if (info.current_version == base) {
    ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader,
                     store.Snapshot("ns", base));
    ASSIGN_OR_RETURN(std::string before, Read(*reader, Storage('a', "count")));
    count = before == "absent" ? "1" : absl::StrCat(std::stoull(before) + 1);
  }
  std::vector<Effect> effects = {{Storage('a', "count"), count}};
  for (int i = 0; i < kKeys; ++i) {
    effects.push_back({Storage('a', absl::StrCat("k", i)), version});
  }
  effects.push_back({Storage('b', version), version});
  const std::vector<AccountId> removed = {Account('b')};
  const std::string answer = absl::StrCat("answer ", version);
  CommitRequest request;
  request.name_space = "ns";
  request.base_version = base;
  request.request_digest = base::Blake2b256(version);
  request.effects = effects;
  request.removed_accounts = removed;
  request.answer = answer;
  return store.Commit(request);
}

// Commits for ever, and tells each version that was acknowledged.
absl::Status WriteForEver(const std::string& directory,
                          const StoreOptions& options, int acknowledgements) {
  ASSIGN_OR_RETURN(std::unique_ptr<VersionedStore> store,
                   OpenRocksDbStore(directory, options));
  ASSIGN_OR_RETURN(NamespaceInfo info, store->OpenNamespace("ns"));
  for (uint64_t base = info.current_version;; ++base) {
    ASSIGN_OR_RETURN(CommitResult result, CommitOn(*store, base));
    if (write(acknowledgements, &result.version, sizeof(result.version)) !=
        sizeof(result.version)) {
      return absl::InternalError("the pipe is closed");
    }
  }
}

absl::Status Expect(bool condition, absl::string_view what) {
  return condition ? absl::OkStatus() : absl::InternalError(what);
}

absl::Status CheckVersion(VersionedStore& store, uint64_t version) {
  ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader,
                   store.Snapshot("ns", version));
  const std::string expected = version == 0 ? "absent" : absl::StrCat(version);
  ASSIGN_OR_RETURN(std::string count, Read(*reader, Storage('a', "count")));
  RETURN_IF_ERROR(Expect(count == expected, "a commit was counted twice"));
  for (int i = 0; i < kKeys; ++i) {
    ASSIGN_OR_RETURN(std::string value,
                     Read(*reader, Storage('a', absl::StrCat("k", i))));
    RETURN_IF_ERROR(Expect(value == expected, "a commit is torn"));
  }
  ASSIGN_OR_RETURN(StoragePage page,
                   store.ListStorage("ns", version, Account('b'), "",
                                     std::nullopt, kListLimitMax));
  return Expect(version == 0 ? page.entries.empty()
                             : page.entries.size() == 1 &&
                                   page.entries[0].key == expected,
                "a removed account kept storage");
}

absl::Status CheckRetry(VersionedStore& store, uint64_t version) {
  ASSIGN_OR_RETURN(CommitResult retry, CommitOn(store, version - 1));
  return Expect(retry.is_retry && retry.version == version &&
                    retry.answer == absl::StrCat("answer ", version),
                "a retry got another answer");
}

absl::Status CheckStore(const std::string& directory, uint64_t acknowledged) {
  ASSIGN_OR_RETURN(std::unique_ptr<VersionedStore> store,
                   OpenRocksDbStore(directory, kUnsynced));
  ASSIGN_OR_RETURN(NamespaceInfo info, store->OpenNamespace("ns"));
  // One commit may have been made whose acknowledgement was not sent.
  const bool is_one_ahead = info.current_version == acknowledged + 1;
  RETURN_IF_ERROR(
      Expect(info.current_version == acknowledged || is_one_ahead,
             absl::StrCat("version ", info.current_version, " where ",
                          acknowledged, " was acknowledged")));
  for (uint64_t v = info.oldest_version; v <= info.current_version; ++v) {
    RETURN_IF_ERROR(CheckVersion(*store, v));
    if (v > info.oldest_version) RETURN_IF_ERROR(CheckRetry(*store, v));
  }
  // The client does not know what became of the next one, and retries it.
  ASSIGN_OR_RETURN(CommitResult next, CommitOn(*store, acknowledged));
  RETURN_IF_ERROR(Expect(next.is_retry == is_one_ahead, "not applied once"));
  RETURN_IF_ERROR(CheckRetry(*store, acknowledged + 1));
  RETURN_IF_ERROR(CheckVersion(*store, acknowledged + 1));
  ASSIGN_OR_RETURN(NamespaceInfo after, store->GetNamespaceInfo("ns"));
  return Expect(after.current_version == acknowledged + 1, "applied twice");
}

// Runs `act` in a child, which ends with its status.
template <typename Act>
pid_t InChild(Act act) {
  const pid_t child = fork();
  if (child != 0) return child;
  const absl::Status status = act();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  _exit(status.ok() ? 0 : 1);
}

// Kills a writer some time after it has acknowledged `commits` commits.
// Returns the last version that it acknowledged, or `acknowledged`.
uint64_t KillAWriter(const std::string& directory, const StoreOptions& options,
                     uint64_t acknowledged, int commits, int delay_us) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t writer = InChild([&] {
    close(ends[0]);
    return WriteForEver(directory, options, ends[1]);
  });
  close(ends[1]);
  const auto next = [&] {
    uint64_t version = 0;
    if (read(ends[0], &version, sizeof(version)) != sizeof(version)) {
      return false;
    }
    acknowledged = version;
    return true;
  };
  for (int i = 0; i < commits; ++i) EXPECT_TRUE(next()) << "writer failed";
  usleep(delay_us);
  kill(writer, SIGKILL);
  while (next()) {
  }
  close(ends[0]);
  int status = 0;
  waitpid(writer, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
  return acknowledged;
}

TEST(RocksDbCrashTest, KilledWritersLoseAndRepeatNothing) {
  const std::string directory =
      absl::StrCat(::testing::TempDir(), "/crash_store");
  std::filesystem::remove_all(directory);
  std::mt19937 random(20);
  uint64_t acknowledged = 0;
  for (int round = 0; round < kRounds; ++round) {
    // Without a commit to wait for, the kill may come while the store opens.
    const int commits = static_cast<int>(random() % 40);
    const int delay_us = static_cast<int>(random() % 4000);
    acknowledged = KillAWriter(directory, round % 2 == 0 ? kUnsynced : kSynced,
                               acknowledged, commits, delay_us);
    int status = 0;
    waitpid(InChild([&] { return CheckStore(directory, acknowledged); }),
            &status, 0);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
        << "round " << round << ", acknowledged version " << acknowledged;
    ++acknowledged;  // by the checker
  }
  EXPECT_GT(acknowledged, uint64_t{kRounds});
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace ashlar::state
