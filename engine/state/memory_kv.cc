#include "engine/state/memory_kv.h"

#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "engine/base/check.h"

namespace ashlar::state {
namespace {

// Each write gets a sequence number, and a view the number of the last write
// that it sees. A key keeps its newest value, and all those that the oldest
// living view or a later one may still ask for.
class MemoryKv : public Kv {
 public:
  absl::StatusOr<std::unique_ptr<KvView>> View() override;
  absl::Status Write(const KvBatch& batch) override;

  // Of a view's sequence number.
  std::optional<base::Bytes> Get(absl::string_view key, uint64_t sequence);
  std::optional<KvPair> Seek(absl::string_view from, absl::string_view prefix,
                             uint64_t sequence);
  void Release(uint64_t sequence);

 private:
  struct Value {
    uint64_t sequence = 0;
    std::optional<base::Bytes> bytes;  // nullopt: deleted
  };
  using Values = std::vector<Value>;  // by sequence, never empty

  // Doubling, so that a key of many versions is not moved by each write.
  static void Reserve(size_t count, Values* values) {
    if (count > values->capacity()) values->reserve(count * 2);
  }
  static const Value* Visible(const Values& values, uint64_t sequence);
  // Drops what neither a living view nor a new one can see. REQUIRES: the lock.
  void Trim(Values* values);

  // Guards all below. Of the standard library, because ThreadSanitizer knows
  // its lock, but not that of a prebuilt Abseil.
  std::mutex mutex_;
  uint64_t sequence_ = 0;
  // Of the standard library, because nodes are made before they are put in:
  // a write is there wholly or not at all, also where memory runs out.
  std::map<std::string, Values, std::less<>> map_;
  std::multiset<uint64_t> views_;
  // Keys whose values are more than one present value: to be swept.
  std::set<std::string, std::less<>> untidy_;
};

class MemoryView : public KvView {
 public:
  MemoryView(MemoryKv* kv, uint64_t sequence) : kv_(kv), sequence_(sequence) {}
  ~MemoryView() override { kv_->Release(sequence_); }

  absl::StatusOr<std::optional<base::Bytes>> Get(
      absl::string_view key) override {
    return kv_->Get(key, sequence_);
  }
  absl::StatusOr<std::optional<KvPair>> Seek(
      absl::string_view from, absl::string_view prefix) override {
    return kv_->Seek(from, prefix, sequence_);
  }

 private:
  MemoryKv* kv_;
  uint64_t sequence_;
};

absl::StatusOr<std::unique_ptr<KvView>> MemoryKv::View() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::multiset<uint64_t> place = {sequence_};
  auto view = std::make_unique<MemoryView>(this, sequence_);
  views_.insert(place.extract(place.begin()));
  return view;
}

absl::Status MemoryKv::Write(const KvBatch& batch) {
  std::lock_guard<std::mutex> lock(mutex_);
  // First all that needs memory: the new values and room for them.
  std::map<std::string, Values, std::less<>> written;
  std::set<std::string, std::less<>> names;
  for (const KvBatch::Change& change : batch.changes()) {
    Values& values = written[change.key];
    values.clear();
    values.push_back({sequence_ + 1, change.value});
    names.insert(change.key);
    const auto it = map_.find(change.key);
    if (it != map_.end()) Reserve(it->second.size() + 1, &it->second);
  }
  // Nothing here can fail any more.
  ++sequence_;
  while (!written.empty()) {
    auto node = written.extract(written.begin());
    auto name = names.extract(names.begin());
    auto it = map_.find(node.key());
    if (it == map_.end()) {
      it = map_.insert(std::move(node)).position;
    } else {
      it->second.push_back(std::move(node.mapped().front()));
    }
    Trim(&it->second);
    if (it->second.size() > 1) {
      untidy_.insert(std::move(name));
      continue;
    }
    untidy_.erase(it->first);
    // Where a deletion is all there is, no view sees this key.
    if (!it->second.back().bytes.has_value()) map_.erase(it);
  }
  return absl::OkStatus();
}

const MemoryKv::Value* MemoryKv::Visible(const Values& values,
                                         uint64_t sequence) {
  for (auto it = values.rbegin(); it != values.rend(); ++it) {
    if (it->sequence <= sequence) return &*it;
  }
  return nullptr;
}

std::optional<base::Bytes> MemoryKv::Get(absl::string_view key,
                                         uint64_t sequence) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto it = map_.find(key);
  if (it == map_.end()) return std::nullopt;
  const Value* value = Visible(it->second, sequence);
  return value == nullptr ? std::nullopt : value->bytes;
}

std::optional<KvPair> MemoryKv::Seek(absl::string_view from,
                                     absl::string_view prefix,
                                     uint64_t sequence) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto it = map_.lower_bound(from);
       it != map_.end() && absl::StartsWith(it->first, prefix); ++it) {
    const Value* value = Visible(it->second, sequence);
    if (value != nullptr && value->bytes.has_value()) {
      return KvPair{it->first, *value->bytes};
    }
  }
  return std::nullopt;
}

void MemoryKv::Release(uint64_t sequence) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto view = views_.find(sequence);
  CHECK(view != views_.end());
  const bool was_oldest = view == views_.begin();
  views_.erase(view);
  // What Trim keeps depends on the oldest view alone.
  if (!was_oldest) return;
  for (auto key = untidy_.begin(); key != untidy_.end();) {
    auto it = map_.find(*key);
    CHECK(it != map_.end());
    Trim(&it->second);
    if (it->second.size() > 1) {
      ++key;
      continue;
    }
    if (!it->second.back().bytes.has_value()) map_.erase(it);
    key = untidy_.erase(key);
  }
}

void MemoryKv::Trim(Values* values) {
  const uint64_t oldest = views_.empty() ? sequence_ : *views_.begin();
  // The newest value at or below the oldest view hides all before it.
  auto keep = values->begin();
  while (std::next(keep) != values->end() &&
         std::next(keep)->sequence <= oldest) {
    ++keep;
  }
  values->erase(values->begin(), keep);
  // A deletion with nothing left to hide says nothing.
  while (values->size() > 1 && !values->front().bytes.has_value()) {
    values->erase(values->begin());
  }
}

}  // namespace

std::unique_ptr<Kv> NewMemoryKv() { return std::make_unique<MemoryKv>(); }

}  // namespace ashlar::state
