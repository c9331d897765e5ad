#include "engine/state/rocksdb_kv.h"

#include <exception>
#include <new>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace ashlar::state {
namespace {

rocksdb::Slice ToSlice(absl::string_view bytes) {
  return rocksdb::Slice(bytes.data(), bytes.size());
}

absl::string_view ToView(const rocksdb::Slice& slice) {
  return absl::string_view(slice.data(), slice.size());
}

absl::Status ToStatus(absl::string_view doing, const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string text =
      absl::StrCat("state store: ", doing, ": ", status.ToString());
  if (status.IsMemoryLimit()) return absl::ResourceExhaustedError(text);
  switch (status.code()) {
    case rocksdb::Status::kCorruption:
      return absl::DataLossError(text);
    // No space is a subcode of kIOError, and so is a directory in use.
    case rocksdb::Status::kIOError:
    case rocksdb::Status::kBusy:
    case rocksdb::Status::kTimedOut:
    case rocksdb::Status::kTryAgain:
    case rocksdb::Status::kShutdownInProgress:
      return absl::UnavailableError(text);
    default:
      return absl::InternalError(text);
  }
}

// Runs `call`, which answers a rocksdb::Status. The library itself throws
// nothing on purpose, but what it is built on may.
template <typename Call>
absl::Status Contained(absl::string_view doing, Call call) {
  try {
    return ToStatus(doing, call());
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        absl::StrCat("state store: ", doing, ": no memory"));
  } catch (const std::exception& e) {
    return absl::InternalError(
        absl::StrCat("state store: ", doing, ": ", e.what()));
  }
}

class RocksDbView : public KvView {
 public:
  explicit RocksDbView(rocksdb::DB* db)
      : db_(db), snapshot_(db->GetSnapshot()) {
    options_.snapshot = snapshot_;
  }
  RocksDbView(const RocksDbView&) = delete;
  RocksDbView& operator=(const RocksDbView&) = delete;
  ~RocksDbView() override {
    iterator_.reset();
    db_->ReleaseSnapshot(snapshot_);
  }

  absl::StatusOr<std::optional<base::Bytes>> Get(
      absl::string_view key) override {
    base::Bytes value;
    bool found = true;
    RETURN_IF_ERROR(Contained("read", [&] {
      rocksdb::Status status = db_->Get(options_, ToSlice(key), &value);
      if (!status.IsNotFound()) return status;
      found = false;
      return rocksdb::Status::OK();
    }));
    if (!found) return std::optional<base::Bytes>();
    return std::make_optional(std::move(value));
  }

  absl::StatusOr<std::optional<KvPair>> Seek(
      absl::string_view from, absl::string_view prefix) override {
    std::optional<KvPair> pair;
    RETURN_IF_ERROR(Contained("seek", [&] {
      // One iterator serves all seeks of the view, as making one costs more
      // than a seek; views that only Get never make it.
      if (iterator_ == nullptr) iterator_.reset(db_->NewIterator(options_));
      iterator_->Seek(ToSlice(from));
      if (!iterator_->Valid()) return iterator_->status();
      if (absl::StartsWith(ToView(iterator_->key()), prefix)) {
        pair =
            KvPair{iterator_->key().ToString(), iterator_->value().ToString()};
      }
      return rocksdb::Status::OK();
    }));
    return pair;
  }

 private:
  rocksdb::DB* db_;
  const rocksdb::Snapshot* snapshot_;
  rocksdb::ReadOptions options_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksDbKv : public Kv {
 public:
  RocksDbKv(std::unique_ptr<rocksdb::DB> db, bool sync_writes)
      : db_(std::move(db)) {
    write_options_.sync = sync_writes;
  }

  absl::StatusOr<std::unique_ptr<KvView>> View() override {
    std::unique_ptr<KvView> view;
    RETURN_IF_ERROR(Contained("make a view", [&] {
      view = std::make_unique<RocksDbView>(db_.get());
      return rocksdb::Status::OK();
    }));
    return view;
  }

  absl::Status Write(const KvBatch& batch) override {
    return Contained("write", [&] {
      rocksdb::WriteBatch native;
      for (const KvBatch::Change& change : batch.changes()) {
        rocksdb::Status status =
            change.value.has_value()
                ? native.Put(ToSlice(change.key), ToSlice(*change.value))
                : native.Delete(ToSlice(change.key));
        if (!status.ok()) return status;
      }
      return db_->Write(write_options_, &native);
    });
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions write_options_;
};

rocksdb::Options MakeOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.keep_log_file_num = 4;
  options.max_log_file_size = size_t{1} << 20;
  // A torn write at the end of the log was never acknowledged and is dropped;
  // damage before it is an error. The default, kPointInTimeRecovery, would
  // silently go back behind acknowledged commits instead.
  options.wal_recovery_mode =
      rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Kv>> OpenRocksDbKv(const std::string& directory,
                                                  bool sync_writes) {
  std::unique_ptr<Kv> kv;
  RETURN_IF_ERROR(Contained(absl::StrCat("open ", directory), [&] {
    rocksdb::DB* db = nullptr;
    rocksdb::Status status = rocksdb::DB::Open(MakeOptions(), directory, &db);
    if (status.ok()) {
      kv = std::make_unique<RocksDbKv>(std::unique_ptr<rocksdb::DB>(db),
                                       sync_writes);
    }
    return status;
  }));
  return kv;
}

}  // namespace ashlar::state
