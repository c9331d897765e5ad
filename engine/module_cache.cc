#include "engine/module_cache.h"

#include <iterator>
#include <utility>

namespace ashlar::engine {
namespace {

// Tables of the module and of the map, roughly.
constexpr uint64_t kEntryOverheadBytes = 4096;

uint64_t SizeOf(const CompiledModule& module) {
  return kEntryOverheadBytes + module.padded_bytes.size() +
         module.code.code_size_bytes;
}

}  // namespace

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
