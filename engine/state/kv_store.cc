#include "engine/state/kv_store.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/state/contained_store.h"
#include "engine/state/layout.h"

namespace ashlar::state {
namespace {

// A retry of the last commit must find its answer, which goes with its base.
constexpr uint64_t kVersionsKeptMin = 2;
// Versions that one commit drops at most; normally it is one. After an
// operator lowered versions_kept, the rest follows with later commits.
constexpr uint64_t kPrunedPerCommitMax = 4;

std::string Quoted(absl::string_view name_space) {
  return absl::StrCat("namespace \"", absl::CHexEscape(name_space), "\"");
}

absl::Status CheckName(absl::string_view name_space) {
  if (!name_space.empty() && name_space.size() <= kNamespaceSizeMax) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("a namespace's name has 1 to ", kNamespaceSizeMax,
                   " bytes, not ", name_space.size()));
}

absl::Status CheckLimit(size_t limit) {
  if (limit >= 1 && limit <= kListLimitMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a page has 1 to ", kListLimitMax, " entries, not ", limit));
}

absl::StatusOr<std::optional<NamespaceRecord>> FindNamespace(
    KvView* view, absl::string_view name_space) {
  RETURN_IF_ERROR(CheckName(name_space));
  ASSIGN_OR_RETURN(std::optional<base::Bytes> record,
                   view->Get(NamespaceKey(name_space)));
  if (!record.has_value()) return std::optional<NamespaceRecord>();
  ASSIGN_OR_RETURN(NamespaceRecord result, DecodeNamespace(*record));
  return std::make_optional(result);
}

absl::StatusOr<NamespaceRecord> GetNamespace(KvView* view,
                                             absl::string_view name_space) {
  ASSIGN_OR_RETURN(std::optional<NamespaceRecord> record,
                   FindNamespace(view, name_space));
  if (record.has_value()) return *record;
  return absl::NotFoundError(absl::StrCat("there is no ", Quoted(name_space)));
}

absl::Status CheckReadable(absl::string_view name_space,
                           const NamespaceRecord& record, uint64_t version) {
  if (version > record.current_version) {
    return absl::FailedPreconditionError(
        absl::StrCat(Quoted(name_space), " has no version ", version,
                     " yet; the current one is ", record.current_version));
  }
  if (version < record.oldest_version) {
    return absl::FailedPreconditionError(
        absl::StrCat(Quoted(name_space), " has version ", version,
                     " no longer; the oldest one is ", record.oldest_version));
  }
  return absl::OkStatus();
}

NamespaceInfo ToInfo(const NamespaceRecord& record) {
  return {record.current_version, record.oldest_version};
}

// A record that another one refers to.
absl::StatusOr<base::Bytes> GetNeeded(KvView* view, absl::string_view key,
                                      absl::string_view what) {
  ASSIGN_OR_RETURN(std::optional<base::Bytes> record, view->Get(key));
  if (record.has_value()) return *std::move(record);
  return absl::DataLossError(absl::StrCat(
      "the state store lacks ", what, ", key ", absl::BytesToHexString(key)));
}

absl::StatusOr<std::vector<Key>> GetChanges(KvView* view,
                                            absl::string_view name_space,
                                            uint64_t version) {
  ASSIGN_OR_RETURN(base::Bytes record,
                   GetNeeded(view, ChangesKey(name_space, version),
                             "a version's change list"));
  return DecodeChanges(record);
}

struct LiveEntry {
  Key key;
  base::Bytes value;
};

// The first entry at or after the stored key `from` that has a value at
// `version`, if its stored key begins with `prefix`.
absl::StatusOr<std::optional<LiveEntry>> NextEntry(KvView* view,
                                                   absl::string_view name_space,
                                                   uint64_t version,
                                                   std::string from,
                                                   absl::string_view prefix) {
  const std::string entries = EntriesPrefix(name_space);
  while (true) {
    ASSIGN_OR_RETURN(std::optional<KvPair> pair, view->Seek(from, prefix));
    if (!pair.has_value()) return std::optional<LiveEntry>();
    ASSIGN_OR_RETURN(EntryName name, ParseEntryKey(entries, pair->key));
    if (name.version > version) {
      from = EntryKey(name_space, name.key, version);
      continue;
    }
    ASSIGN_OR_RETURN(std::optional<base::Bytes> value,
                     DecodeEntry(pair->value));
    if (value.has_value()) {
      return std::make_optional(
          LiveEntry{std::move(name.key), *std::move(value)});
    }
    from = AfterEntry(name_space, name.key);
  }
}

class StoreReader : public Reader {
 public:
  StoreReader(std::unique_ptr<KvView> view, absl::string_view name_space,
              uint64_t version)
      : view_(std::move(view)), name_space_(name_space), version_(version) {}

  absl::StatusOr<ReadResult> Read(const Key& key) override {
    ASSIGN_OR_RETURN(std::optional<KvPair> pair,
                     view_->SeekVersion(EntryKey(name_space_, key, version_)));
    if (!pair.has_value()) return ReadResult{Found::kAbsent, {}};
    ASSIGN_OR_RETURN(std::optional<base::Bytes> value,
                     DecodeEntry(pair->value));
    if (!value.has_value()) return ReadResult{Found::kAbsent, {}};
    return ReadResult{Found::kPresent, *std::move(value)};
  }

  absl::StatusOr<ModuleResult> Module(const base::Hash256& hash) override {
    ASSIGN_OR_RETURN(std::optional<base::Bytes> bytes,
                     view_->Get(ModuleKey(hash)));
    if (!bytes.has_value()) return ModuleResult{Found::kAbsent, nullptr};
    return ModuleResult{Found::kPresent,
                        std::make_shared<const base::Bytes>(*std::move(bytes))};
  }

 private:
  std::unique_ptr<KvView> view_;
  std::string name_space_;
  uint64_t version_;
};

// Adds to `batch` what makes version + 1 the oldest one: each entry that it
// changed hides the older ones now, and where it deleted the entry, nothing
// is left to hide. Costs O(changes of version + 1).
absl::Status PruneVersion(KvView* view, absl::string_view name_space,
                          uint64_t version, KvBatch* batch) {
  const uint64_t oldest = version + 1;
  ASSIGN_OR_RETURN(std::vector<Key> keys, GetChanges(view, name_space, oldest));
  const std::string entries = EntriesPrefix(name_space);
  for (const Key& key : keys) {
    const std::string prefix = EntryPrefix(name_space, key);
    std::string from = EntryKey(name_space, key, oldest);
    ASSIGN_OR_RETURN(base::Bytes record,
                     GetNeeded(view, from, "an entry of a change list"));
    ASSIGN_OR_RETURN(std::optional<base::Bytes> value, DecodeEntry(record));
    if (!value.has_value()) batch->Delete(from);
    while (true) {
      from.push_back('\0');
      ASSIGN_OR_RETURN(std::optional<KvPair> older, view->Seek(from, prefix));
      if (!older.has_value()) break;
      from = std::move(older->key);
      batch->Delete(from);
    }
  }
  batch->Delete(ChangesKey(name_space, oldest));
  batch->Delete(CommitKey(name_space, oldest));
  return absl::OkStatus();
}

class KvStore : public VersionedStore {
 public:
  KvStore(std::unique_ptr<Kv> kv, const StoreOptions& options)
      : kv_(std::move(kv)),
        versions_kept_(std::max(options.versions_kept, kVersionsKeptMin)) {}

  // Makes sure that the Kv holds our layout.
  absl::Status CheckFormat();

  absl::StatusOr<NamespaceInfo> OpenNamespace(
      absl::string_view name_space) override;
  absl::StatusOr<NamespaceInfo> GetNamespaceInfo(
      absl::string_view name_space) override;
  absl::StatusOr<std::unique_ptr<Reader>> Snapshot(absl::string_view name_space,
                                                   uint64_t version) override;
  absl::StatusOr<CommitResult> Commit(const CommitRequest& request) override;
  absl::StatusOr<std::optional<CommitResult>> FindAnswer(
      absl::string_view name_space, uint64_t base_version,
      const base::Hash256& request_digest) override;
  absl::StatusOr<NamespaceInfo> Rollback(absl::string_view name_space,
                                         uint64_t version) override;
  absl::StatusOr<NamespaceInfo> Prune(absl::string_view name_space,
                                      uint64_t versions_kept) override;
  absl::StatusOr<base::Hash256> PutModule(absl::string_view bytes) override;
  absl::StatusOr<std::shared_ptr<const base::Bytes>> GetModule(
      const base::Hash256& hash) override;
  absl::Status Activate(const base::Hash256& profile,
                        const base::Hash256& module_hash) override;
  absl::StatusOr<bool> IsActivated(const base::Hash256& profile,
                                   const base::Hash256& module_hash) override;
  absl::StatusOr<AccountPage> ListAccounts(absl::string_view name_space,
                                           uint64_t version,
                                           const AccountId& first,
                                           size_t limit) override;
  absl::StatusOr<StoragePage> ListStorage(absl::string_view name_space,
                                          uint64_t version,
                                          const AccountId& account,
                                          absl::string_view first,
                                          std::optional<absl::string_view> end,
                                          size_t limit) override;

 private:
  using Changes = std::map<Key, std::optional<base::Bytes>>;

  // The one that guards writes to a namespace. Namespaces share locks by
  // chance; a call holds one at most.
  std::mutex& LockOf(absl::string_view name_space) {
    return locks_[absl::HashOf(name_space) % locks_.size()];
  }
  absl::StatusOr<std::unique_ptr<KvView>> ReadableView(
      absl::string_view name_space, uint64_t version);
  absl::StatusOr<std::optional<CommitResult>> FindAnswerIn(
      KvView* view, const NamespaceRecord& record, absl::string_view name_space,
      uint64_t base_version, const base::Hash256& request_digest);
  absl::StatusOr<Changes> CollectChanges(KvView* view,
                                         const CommitRequest& request);
  void AddCommit(const CommitRequest& request, Changes changes, KvBatch* batch);

  std::unique_ptr<Kv> kv_;
  const uint64_t versions_kept_;
  std::array<std::mutex, 16> locks_;
};

absl::Status KvStore::CheckFormat() {
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
  ASSIGN_OR_RETURN(std::optional<base::Bytes> format, view->Get(FormatKey()));
  if (!format.has_value()) {
    ASSIGN_OR_RETURN(std::optional<KvPair> any, view->Seek("", ""));
    if (any.has_value()) {
      return absl::FailedPreconditionError(
          "the state store's directory holds a database of something else");
    }
    KvBatch batch;
    batch.Put(FormatKey(), base::Bytes(kFormat));
    return kv_->Write(batch);
  }
  if (*format != kFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("the state store has the layout \"",
                     absl::CHexEscape(*format), "\", not \"", kFormat, "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<NamespaceInfo> KvStore::OpenNamespace(
    absl::string_view name_space) {
  std::lock_guard<std::mutex> lock(LockOf(name_space));
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
  ASSIGN_OR_RETURN(std::optional<NamespaceRecord> record,
                   FindNamespace(view.get(), name_space));
  if (!record.has_value()) {
    record.emplace();
    KvBatch batch;
    batch.Put(NamespaceKey(name_space), EncodeNamespace(*record));
    RETURN_IF_ERROR(kv_->Write(batch));
  }
  return ToInfo(*record);
}

absl::StatusOr<NamespaceInfo> KvStore::GetNamespaceInfo(
    absl::string_view name_space) {
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
  ASSIGN_OR_RETURN(NamespaceRecord record,
                   GetNamespace(view.get(), name_space));
  return ToInfo(record);
}

absl::StatusOr<std::unique_ptr<KvView>> KvStore::ReadableView(
    absl::string_view name_space, uint64_t version) {
  // The record is read in the view itself: what it says is readable is
  // readable there, whatever is pruned meanwhile.
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
  ASSIGN_OR_RETURN(NamespaceRecord record,
                   GetNamespace(view.get(), name_space));
  RETURN_IF_ERROR(CheckReadable(name_space, record, version));
  return view;
}

absl::StatusOr<std::unique_ptr<Reader>> KvStore::Snapshot(
    absl::string_view name_space, uint64_t version) {
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view,
                   ReadableView(name_space, version));
  return std::make_unique<StoreReader>(std::move(view), name_space, version);
}

absl::StatusOr<std::optional<CommitResult>> KvStore::FindAnswerIn(
    KvView* view, const NamespaceRecord& record, absl::string_view name_space,
    uint64_t base_version, const base::Hash256& request_digest) {
  RETURN_IF_ERROR(CheckReadable(name_space, record, base_version));
  if (base_version == record.current_version) {
    return std::optional<CommitResult>();
  }
  const uint64_t version = base_version + 1;
  ASSIGN_OR_RETURN(base::Bytes stored,
                   GetNeeded(view, CommitKey(name_space, version),
                             "a version's commit record"));
  ASSIGN_OR_RETURN(CommitRecord commit, DecodeCommit(stored));
  if (commit.request_digest != request_digest) {
    return absl::AbortedError(absl::StrCat(
        "another request made version ", version, " of ", Quoted(name_space),
        "; the current one is ", record.current_version));
  }
  return std::make_optional(
      CommitResult{version, std::move(commit.answer), /*is_retry=*/true});
}

absl::StatusOr<std::optional<CommitResult>> KvStore::FindAnswer(
    absl::string_view name_space, uint64_t base_version,
    const base::Hash256& request_digest) {
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
  ASSIGN_OR_RETURN(NamespaceRecord record,
                   GetNamespace(view.get(), name_space));
  return FindAnswerIn(view.get(), record, name_space, base_version,
                      request_digest);
}

absl::StatusOr<KvStore::Changes> KvStore::CollectChanges(
    KvView* view, const CommitRequest& request) {
  Changes changes;
  for (const AccountId& account : request.removed_accounts) {
    const std::string prefix =
        KindPrefix(request.name_space, account, Kind::kStorage);
    std::string from = prefix;
    while (true) {
      ASSIGN_OR_RETURN(std::optional<LiveEntry> entry,
                       NextEntry(view, request.name_space, request.base_version,
                                 std::move(from), prefix));
      if (!entry.has_value()) break;
      from = AfterEntry(request.name_space, entry->key);
      changes.emplace(std::move(entry->key), std::nullopt);
    }
  }
  for (const Effect& effect : request.effects) {
    changes[effect.key] = effect.value;
  }
  return changes;
}

void KvStore::AddCommit(const CommitRequest& request, Changes changes,
                        KvBatch* batch) {
  const absl::string_view name_space = request.name_space;
  const uint64_t version = request.base_version + 1;
  std::vector<Key> keys;
  keys.reserve(changes.size());
  for (const auto& [key, value] : changes) {
    batch->Put(EntryKey(name_space, key, version), EncodeEntry(value));
    keys.push_back(key);
  }
  batch->Put(ChangesKey(name_space, version), EncodeChanges(keys));
  batch->Put(CommitKey(name_space, version),
             EncodeCommit(request.request_digest, request.answer));
  for (const std::shared_ptr<const base::Bytes>& bytes : request.modules) {
    batch->Put(ModuleKey(base::Blake2b256(*bytes)), *bytes);
  }
}

absl::StatusOr<CommitResult> KvStore::Commit(const CommitRequest& request) {
  std::lock_guard<std::mutex> lock(LockOf(request.name_space));
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
  ASSIGN_OR_RETURN(NamespaceRecord record,
                   GetNamespace(view.get(), request.name_space));
  ASSIGN_OR_RETURN(std::optional<CommitResult> answered,
                   FindAnswerIn(view.get(), record, request.name_space,
                                request.base_version, request.request_digest));
  if (answered.has_value()) return *std::move(answered);

  KvBatch batch;
  ASSIGN_OR_RETURN(Changes changes, CollectChanges(view.get(), request));
  AddCommit(request, std::move(changes), &batch);
  ++record.current_version;
  for (uint64_t i = 0; i < kPrunedPerCommitMax; ++i) {
    if (record.current_version - record.oldest_version < versions_kept_) break;
    // What is pruned was there before this commit, because at least two
    // versions are kept: the view shows all of it.
    RETURN_IF_ERROR(PruneVersion(view.get(), request.name_space,
                                 record.oldest_version, &batch));
    ++record.oldest_version;
  }
  batch.Put(NamespaceKey(request.name_space), EncodeNamespace(record));
  // Made before it is written: what is committed must be acknowledged.
  CommitResult result{record.current_version, base::Bytes(request.answer),
                      /*is_retry=*/false};
  RETURN_IF_ERROR(kv_->Write(batch));
  return result;
}

absl::StatusOr<NamespaceInfo> KvStore::Rollback(absl::string_view name_space,
                                                uint64_t version) {
  std::lock_guard<std::mutex> lock(LockOf(name_space));
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
  ASSIGN_OR_RETURN(NamespaceRecord record,
                   GetNamespace(view.get(), name_space));
  RETURN_IF_ERROR(CheckReadable(name_space, record, version));
  KvBatch batch;
  for (uint64_t later = record.current_version; later > version; --later) {
    ASSIGN_OR_RETURN(std::vector<Key> keys,
                     GetChanges(view.get(), name_space, later));
    for (const Key& key : keys) {
      batch.Delete(EntryKey(name_space, key, later));
    }
    batch.Delete(ChangesKey(name_space, later));
    batch.Delete(CommitKey(name_space, later));
  }
  record.current_version = version;
  batch.Put(NamespaceKey(name_space), EncodeNamespace(record));
  RETURN_IF_ERROR(kv_->Write(batch));
  return ToInfo(record);
}

absl::StatusOr<NamespaceInfo> KvStore::Prune(absl::string_view name_space,
                                             uint64_t versions_kept) {
  if (versions_kept == 0) {
    return absl::InvalidArgumentError(
        "pruning keeps at least the current version");
  }
  std::lock_guard<std::mutex> lock(LockOf(name_space));
  while (true) {
    // One version a write, so that no batch is larger than a commit's.
    ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
    ASSIGN_OR_RETURN(NamespaceRecord record,
                     GetNamespace(view.get(), name_space));
    if (record.current_version - record.oldest_version < versions_kept) {
      return ToInfo(record);
    }
    KvBatch batch;
    RETURN_IF_ERROR(
        PruneVersion(view.get(), name_space, record.oldest_version, &batch));
    ++record.oldest_version;
    batch.Put(NamespaceKey(name_space), EncodeNamespace(record));
    RETURN_IF_ERROR(kv_->Write(batch));
  }
}

absl::StatusOr<base::Hash256> KvStore::PutModule(absl::string_view bytes) {
  const base::Hash256 hash = base::Blake2b256(bytes);
  KvBatch batch;
  batch.Put(ModuleKey(hash), base::Bytes(bytes));
  RETURN_IF_ERROR(kv_->Write(batch));
  return hash;
}

absl::StatusOr<std::shared_ptr<const base::Bytes>> KvStore::GetModule(
    const base::Hash256& hash) {
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
  ASSIGN_OR_RETURN(std::optional<base::Bytes> bytes,
                   view->Get(ModuleKey(hash)));
  if (!bytes.has_value()) {
    return absl::NotFoundError(
        absl::StrCat("there is no module ", hash.ToHex()));
  }
  return std::make_shared<const base::Bytes>(*std::move(bytes));
}

absl::Status KvStore::Activate(const base::Hash256& profile,
                               const base::Hash256& module_hash) {
  RETURN_IF_ERROR(GetModule(module_hash).status());
  KvBatch batch;
  batch.Put(ActivationKey(profile, module_hash), "");
  return kv_->Write(batch);
}

absl::StatusOr<bool> KvStore::IsActivated(const base::Hash256& profile,
                                          const base::Hash256& module_hash) {
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view, kv_->View());
  ASSIGN_OR_RETURN(std::optional<base::Bytes> mark,
                   view->Get(ActivationKey(profile, module_hash)));
  return mark.has_value();
}

absl::StatusOr<AccountPage> KvStore::ListAccounts(absl::string_view name_space,
                                                  uint64_t version,
                                                  const AccountId& first,
                                                  size_t limit) {
  RETURN_IF_ERROR(CheckLimit(limit));
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view,
                   ReadableView(name_space, version));
  const std::string prefix = EntriesPrefix(name_space);
  std::string from = AccountPrefix(name_space, first);
  AccountPage page;
  while (true) {
    ASSIGN_OR_RETURN(
        std::optional<LiveEntry> entry,
        NextEntry(view.get(), name_space, version, std::move(from), prefix));
    if (!entry.has_value()) return page;
    if (page.accounts.size() == limit) {
      page.next = entry->key.account;
      return page;
    }
    page.accounts.push_back(entry->key.account);
    from = AfterAccount(name_space, entry->key.account);
  }
}

absl::StatusOr<StoragePage> KvStore::ListStorage(
    absl::string_view name_space, uint64_t version, const AccountId& account,
    absl::string_view first, std::optional<absl::string_view> end,
    size_t limit) {
  RETURN_IF_ERROR(CheckLimit(limit));
  ASSIGN_OR_RETURN(std::unique_ptr<KvView> view,
                   ReadableView(name_space, version));
  const std::string prefix = KindPrefix(name_space, account, Kind::kStorage);
  std::string from =
      EntryPrefix(name_space, {account, Kind::kStorage, base::Bytes(first)});
  StoragePage page;
  size_t size_bytes = 0;
  while (true) {
    ASSIGN_OR_RETURN(
        std::optional<LiveEntry> entry,
        NextEntry(view.get(), name_space, version, std::move(from), prefix));
    if (!entry.has_value()) return page;
    if (end.has_value() && absl::string_view(entry->key.key) >= *end) {
      return page;
    }
    size_bytes += entry->key.key.size() + entry->value.size();
    const bool is_full =
        page.entries.size() == limit ||
        (size_bytes > kListSizeBytesMax && !page.entries.empty());
    if (is_full) {
      page.next = std::move(entry->key.key);
      return page;
    }
    from = AfterEntry(name_space, entry->key);
    page.entries.push_back(
        {std::move(entry->key.key), std::move(entry->value)});
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<VersionedStore>> OpenKvStore(
    std::unique_ptr<Kv> kv, const StoreOptions& options) {
  auto store = std::make_unique<KvStore>(std::move(kv), options);
  RETURN_IF_ERROR(store->CheckFormat());
  return NewContainedStore(std::move(store));
}

}  // namespace ashlar::state
