#include "engine/state/contained_store.h"

#include <utility>

#include "engine/base/no_memory.h"
#include "engine/base/status_macros.h"
#include "engine/state/reader.h"

namespace ashlar::state {
namespace {

using base::WithoutBadAlloc;

class ContainedReader : public Reader {
 public:
  explicit ContainedReader(std::unique_ptr<Reader> reader)
      : reader_(std::move(reader)) {}

  absl::StatusOr<ReadResult> Read(const Key& key) override {
    return WithoutBadAlloc([&] { return reader_->Read(key); });
  }
  absl::StatusOr<ModuleResult> Module(const base::Hash256& hash) override {
    return WithoutBadAlloc([&] { return reader_->Module(hash); });
  }

 private:
  std::unique_ptr<Reader> reader_;
};

class ContainedStore : public VersionedStore {
 public:
  explicit ContainedStore(std::unique_ptr<VersionedStore> store)
      : store_(std::move(store)) {}

  absl::StatusOr<NamespaceInfo> OpenNamespace(
      absl::string_view name_space) override {
    return WithoutBadAlloc([&] { return store_->OpenNamespace(name_space); });
  }
  absl::StatusOr<NamespaceInfo> GetNamespaceInfo(
      absl::string_view name_space) override {
    return WithoutBadAlloc(
        [&] { return store_->GetNamespaceInfo(name_space); });
  }
  absl::StatusOr<std::unique_ptr<Reader>> Snapshot(absl::string_view name_space,
                                                   uint64_t version) override {
    return WithoutBadAlloc([&]() -> absl::StatusOr<std::unique_ptr<Reader>> {
      ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader,
                       store_->Snapshot(name_space, version));
      return std::make_unique<ContainedReader>(std::move(reader));
    });
  }
  absl::StatusOr<CommitResult> Commit(const CommitRequest& request) override {
    return WithoutBadAlloc([&] { return store_->Commit(request); });
  }
  absl::StatusOr<std::optional<CommitResult>> FindAnswer(
      absl::string_view name_space, uint64_t base_version,
      const base::Hash256& request_digest) override {
    return WithoutBadAlloc([&] {
      return store_->FindAnswer(name_space, base_version, request_digest);
    });
  }
  absl::StatusOr<NamespaceInfo> Rollback(absl::string_view name_space,
                                         uint64_t version) override {
    return WithoutBadAlloc(
        [&] { return store_->Rollback(name_space, version); });
  }
  absl::StatusOr<NamespaceInfo> Prune(absl::string_view name_space,
                                      uint64_t versions_kept) override {
    return WithoutBadAlloc(
        [&] { return store_->Prune(name_space, versions_kept); });
  }
  absl::StatusOr<base::Hash256> PutModule(absl::string_view bytes) override {
    return WithoutBadAlloc([&] { return store_->PutModule(bytes); });
  }
  absl::StatusOr<std::shared_ptr<const base::Bytes>> GetModule(
      const base::Hash256& hash) override {
    return WithoutBadAlloc([&] { return store_->GetModule(hash); });
  }
  absl::Status Activate(const base::Hash256& profile,
                        const base::Hash256& module_hash) override {
    return WithoutBadAlloc(
        [&] { return store_->Activate(profile, module_hash); });
  }
  absl::StatusOr<bool> IsActivated(const base::Hash256& profile,
                                   const base::Hash256& module_hash) override {
    return WithoutBadAlloc(
        [&] { return store_->IsActivated(profile, module_hash); });
  }
  absl::StatusOr<AccountPage> ListAccounts(absl::string_view name_space,
                                           uint64_t version,
                                           const AccountId& first,
                                           size_t limit) override {
    return WithoutBadAlloc([&] {
      return store_->ListAccounts(name_space, version, first, limit);
    });
  }
  absl::StatusOr<StoragePage> ListStorage(absl::string_view name_space,
                                          uint64_t version,
                                          const AccountId& account,
                                          absl::string_view first,
                                          std::optional<absl::string_view> end,
                                          size_t limit) override {
    return WithoutBadAlloc([&] {
      return store_->ListStorage(name_space, version, account, first, end,
                                 limit);
    });
  }

 private:
  std::unique_ptr<VersionedStore> store_;
};

}  // namespace

std::unique_ptr<VersionedStore> NewContainedStore(
    std::unique_ptr<VersionedStore> store) {
  base::NoMemoryStatus();
  return std::make_unique<ContainedStore>(std::move(store));
}

}  // namespace ashlar::state
