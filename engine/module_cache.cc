#include "engine/module_cache.h"

#include <iterator>
#include <utility>

#include "engine/base/bytes.h"

namespace ashlar::engine {
namespace {

// Tables of the module and of the map, roughly.
constexpr uint64_t kEntryOverheadBytes = 4096;

uint64_t SizeOf(const CompiledModule& module) {
  return kEntryOverheadBytes + module.padded_bytes.size() +
         module.code.code_size_bytes;
}

constexpr size_t kNoticedCount = 1 << 14;

}  // namespace

ModuleCache::ModuleCache(uint64_t size_bytes_max)
    : size_bytes_max_(size_bytes_max),
      noticed_(size_bytes_max > 0 ? kNoticedCount : 0) {}

bool ModuleCache::Notice(const CacheKey& key) {
  if (!enabled()) return false;
  // A hash is as good a mark as any; never the 0 of an empty place.
  const uint64_t mark = (base::LoadLe<uint64_t>(key.module.bytes.data()) ^
                         base::LoadLe<uint64_t>(key.profile.bytes.data())) |
                        1;
  const absl::MutexLock lock(&mutex_);
  uint64_t& place = noticed_[mark / 2 % kNoticedCount];
  return std::exchange(place, mark) == mark;
}

std::shared_ptr<const CompiledModule> ModuleCache::Find(const CacheKey& key) {
  const absl::MutexLock lock(&mutex_);
  const auto it = index_.find(key);
  if (it == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, it->second);
  return it->second->module;
}

void ModuleCache::Insert(const CacheKey& key,
                         std::shared_ptr<const CompiledModule> module) {
  const uint64_t size = SizeOf(*module);
  if (size > size_bytes_max_) return;
  // Freed after the lock is given back.
  Entries evicted;
  const absl::MutexLock lock(&mutex_);
  if (index_.contains(key)) return;
  while (size_bytes_ + size > size_bytes_max_) {
    size_bytes_ -= entries_.back().size_bytes;
    index_.erase(entries_.back().key);
    evicted.splice(evicted.begin(), entries_, std::prev(entries_.end()));
  }
  entries_.push_front({key, std::move(module), size});
  index_.emplace(key, entries_.begin());
  size_bytes_ += size;
}

uint64_t ModuleCache::size_bytes() const {
  const absl::MutexLock lock(&mutex_);
  return size_bytes_;
}

}  // namespace ashlar::engine
