#include "engine/state/rocksdb_kv.h"

#include <cstdarg>
#include <exception>
#include <memory>
#include <new>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/options.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"

namespace ashlar::state {
namespace {

constexpr size_t kBlockCacheSizeBytes = size_t{64} << 20;
constexpr double kFilterBitsPerKey = 10;  // 1 % of absent keys pass
constexpr double kMemtableFilterRatio = 0.05;

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

// What stands before a key's version. An entry is looked up by the place where
// its newest version would be, so the filters hold this part: they say at once
// that a key was never written, without a block read.
//
// Keys of other kinds lose their last bytes too, which is harmless: nobody
// seeks them by this part, and a filter only needs the same of both.
class WithoutVersion : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "ashlar.without_version"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return rocksdb::Slice(key.data(), key.size() - kVersionSize);
  }
  bool InDomain(const rocksdb::Slice& key) const override {
    return key.size() >= kVersionSize;
  }
};

class RocksDbView : public KvView {
 public:
  explicit RocksDbView(rocksdb::DB* db)
      : db_(db), snapshot_(db->GetSnapshot()) {
    options_.snapshot = snapshot_;
    in_order_.snapshot = snapshot_;
    in_order_.total_order_seek = true;
    filtered_.snapshot = snapshot_;
    filtered_.prefix_same_as_start = true;
  }
  RocksDbView(const RocksDbView&) = delete;
  RocksDbView& operator=(const RocksDbView&) = delete;
  ~RocksDbView() override {
    walk_.reset();
    lookup_.reset();
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
    return SeekWith(in_order_, &walk_, from, prefix);
  }

  absl::StatusOr<std::optional<KvPair>> SeekVersion(
      absl::string_view from) override {
    return SeekWith(filtered_, &lookup_, from,
                    from.substr(0, from.size() - kVersionSize));
  }

 private:
  // One iterator serves all seeks of a kind, as making one costs more than a
  // seek; views that only Get never make one.
  absl::StatusOr<std::optional<KvPair>> SeekWith(
      const rocksdb::ReadOptions& options,
      std::unique_ptr<rocksdb::Iterator>* iterator, absl::string_view from,
      absl::string_view prefix) {
    std::optional<KvPair> pair;
    RETURN_IF_ERROR(Contained("seek", [&] {
      if (*iterator == nullptr) iterator->reset(db_->NewIterator(options));
      rocksdb::Iterator& at = **iterator;
      at.Seek(ToSlice(from));
      if (!at.Valid()) return at.status();
      if (absl::StartsWith(ToView(at.key()), prefix)) {
        pair = KvPair{at.key().ToString(), at.value().ToString()};
      }
      return rocksdb::Status::OK();
    }));
    return pair;
  }

  rocksdb::DB* db_;
  const rocksdb::Snapshot* snapshot_;
  rocksdb::ReadOptions options_;
  rocksdb::ReadOptions in_order_;
  rocksdb::ReadOptions filtered_;
  std::unique_ptr<rocksdb::Iterator> walk_;
  std::unique_ptr<rocksdb::Iterator> lookup_;  // of one entry's versions
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

class SilentLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {}
};

rocksdb::Options MakeOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  // What the library would tell there comes to us as statuses; and where the
  // disk is full, writing it ends the process of a library with assertions.
  options.info_log = std::make_shared<SilentLogger>();
  // After a write that failed every later one is refused until the store is
  // opened again, not until some attempt in the background goes well.
  options.max_bgerror_resume_count = 0;
  // A torn write at the end of the log was never acknowledged and is dropped;
  // damage before it is an error. The default, kPointInTimeRecovery, would
  // silently go back behind acknowledged commits instead.
  options.wal_recovery_mode =
      rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
  table.block_cache = rocksdb::NewLRUCache(kBlockCacheSizeBytes);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.prefix_extractor = std::make_shared<WithoutVersion>();
  options.memtable_prefix_bloom_size_ratio = kMemtableFilterRatio;
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
