#include "engine/module_cache.h"

#include <bit>
#include <iterator>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace ashlar::engine {
namespace {

// Tables of the module and of the map, roughly.
constexpr uint64_t kEntryOverheadBytes = 4096;

uint64_t SizeOf(const CompiledModule& module) {
  return kEntryOverheadBytes + module.padded_bytes.size() +
         module.code.code_size_bytes;
}

constexpr size_t kNoticedCount = 1 << 14;
constexpr size_t kValidCount = 1 << 12;

// A mark of a key; it spreads over all values as hashes do.
uint64_t MarkOf(const CacheKey& key) {
  return base::LoadLe<uint64_t>(key.module.bytes.data()) ^
         base::LoadLe<uint64_t>(key.profile.bytes.data());
}

// A mark of a module's bytes that is cheap to make: of its size and of words
// spread over it. Modules of the same mark are compared in full.
uint64_t Sample(absl::string_view bytes) {
  constexpr size_t kWords = 16;
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  uint64_t sample = bytes.size() * kOdd;
  if (bytes.size() < sizeof(uint64_t)) return sample;
  const size_t last = bytes.size() - sizeof(uint64_t);
  for (size_t i = 0; i < kWords; ++i) {
    const uint64_t word =
        base::LoadLe<uint64_t>(bytes.data() + last * i / (kWords - 1));
    sample = (std::rotl(sample, 23) ^ word) * kOdd;
  }
  return sample;
}

// Without the padding.
absl::string_view BytesOf(const CompiledModule& module) {
  return absl::string_view(module.padded_bytes).substr(0, module.size_bytes);
}

}  // namespace

// An empty place is of the profile 0, which is none.
ValidModules::ValidModules(bool enabled) : places_(enabled ? kValidCount : 0) {}

bool ValidModules::Contains(const CacheKey& key) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !places_.empty() && places_[MarkOf(key) % kValidCount] == key;
}

void ValidModules::Add(const CacheKey& key) {
  CHECK(key.profile != base::Hash256{});
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!places_.empty()) places_[MarkOf(key) % kValidCount] = key;
}

ModuleCache::ModuleCache(uint64_t size_bytes_max)
    : size_bytes_max_(size_bytes_max),
      noticed_(size_bytes_max > 0 ? kNoticedCount : 0) {}

bool ModuleCache::Notice(const CacheKey& key) {
  if (!enabled()) return false;
  // A hash is as good a mark as any; never the 0 of an empty place.
  const uint64_t mark = MarkOf(key) | 1;
  const std::lock_guard<std::mutex> lock(mutex_);
  uint64_t& place = noticed_[mark / 2 % kNoticedCount];
  return std::exchange(place, mark) == mark;
}

std::shared_ptr<const CompiledModule> ModuleCache::Find(const CacheKey& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto it = index_.find(key);
  if (it == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, it->second);
  return it->second->module;
}

base::Hash256 ModuleCache::HashOf(absl::string_view bytes) {
  if (!enabled()) return ModuleHash(bytes);
  const uint64_t sample = Sample(bytes);
  base::Hash256 hash;
  std::shared_ptr<const CompiledModule> module;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto it = by_sample_.find(sample);
    if (it != by_sample_.end()) {
      hash = it->second->key.module;
      module = it->second->module;
    }
  }
  if (module != nullptr && BytesOf(*module) == bytes) return hash;
  return ModuleHash(bytes);
}

void ModuleCache::Insert(const CacheKey& key,
                         std::shared_ptr<const CompiledModule> module) {
  const uint64_t size = SizeOf(*module);
  if (size > size_bytes_max_) return;
  const uint64_t sample = Sample(BytesOf(*module));
  Entries entry;
  entry.push_front({key, std::move(module), size, sample});
  // Freed after the lock is given back.
  Entries evicted;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (index_.contains(key)) return;
  // Memory may run out up to here, and nothing is changed then.
  index_.reserve(index_.size() + 1);
  by_sample_.reserve(by_sample_.size() + 1);
  decltype(index_) place = {{key, entry.begin()}};
  decltype(by_sample_) sample_place = {{sample, &entry.front()}};
  while (size_bytes_ + size > size_bytes_max_) {
    const Entry& oldest = entries_.back();
    size_bytes_ -= oldest.size_bytes;
    index_.erase(oldest.key);
    const auto it = by_sample_.find(oldest.sample);
    if (it != by_sample_.end() && it->second == &oldest) by_sample_.erase(it);
    evicted.splice(evicted.begin(), entries_, std::prev(entries_.end()));
  }
  entries_.splice(entries_.begin(), entry);
  index_.insert(place.extract(place.begin()));
  by_sample_.erase(sample);
  by_sample_.insert(sample_place.extract(sample_place.begin()));
  size_bytes_ += size;
}

uint64_t ModuleCache::size_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return size_bytes_;
}

}  // namespace ashlar::engine
