// Compiled modules that are kept between executions. What it holds never
// changes an outcome or a fuel count: compiling is charged by the request.
#ifndef ENGINE_MODULE_CACHE_H_
#define ENGINE_MODULE_CACHE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/loader.h"

namespace ashlar::engine {

// What compiled code depends on, beside the build: the cache never leaves the
// process, so the build is the same for all entries.
struct CacheKey {
  base::Hash256 module;
  base::Hash256 profile;

  friend bool operator==(const CacheKey&, const CacheKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CacheKey& key) {
    return H::combine(std::move(h), key.module, key.profile);
  }
};

// Modules that this process has found valid under a profile: what may be
// translated lazily. Whole keys are compared, so nobody can make a mark fit
// another module. Holds a bounded number: of two modules that share a place,
// the last one. Thread-safe.
class ValidModules {
 public:
  explicit ValidModules(bool enabled);

  bool Contains(const CacheKey& key) const;
  // REQUIRES: the module was loaded under the profile without a violation.
  void Add(const CacheKey& key);

 private:
  mutable std::mutex mutex_;  // guards places_
  std::vector<CacheKey> places_;
};

// Least recently used go first. Thread-safe.
class ModuleCache {
 public:
  // Holds at most `size_bytes_max` of code and module bytes; 0 holds nothing.
  explicit ModuleCache(uint64_t size_bytes_max);

  bool enabled() const { return size_bytes_max_ > 0; }
  // nullptr where it is not held.
  std::shared_ptr<const CompiledModule> Find(const CacheKey& key);
  // Keeps `module`, unless it alone is too large. An entry of the same key is
  // kept instead: they are equal.
  void Insert(const CacheKey& key,
              std::shared_ptr<const CompiledModule> module);
  uint64_t size_bytes() const;

  // ModuleHash(bytes), without computing it where a module of just these bytes
  // is held: comparing them is some fifty times faster.
  base::Hash256 HashOf(absl::string_view bytes);

  // Whether this module was probably noticed before: most modules are run once
  // and are not worth keeping. Always false where the cache is off.
  bool Notice(const CacheKey& key);

 private:
  struct Entry {
    CacheKey key;
    std::shared_ptr<const CompiledModule> module;
    uint64_t size_bytes = 0;
    uint64_t sample = 0;  // Sample of its bytes
  };
  using Entries = std::list<Entry>;

  const uint64_t size_bytes_max_;
  mutable std::mutex mutex_;  // guards all members below
  Entries entries_;           // most recently used first
  // Maps of the standard library: those of Abseil are torn where memory runs
  // out while they grow.
  std::unordered_map<CacheKey, Entries::iterator, absl::Hash<CacheKey>> index_;
  // Entries by the samples of their bytes, the last one where several have the
  // same.
  std::unordered_map<uint64_t, const Entry*> by_sample_;
  uint64_t size_bytes_ = 0;
  // Marks of keys, each at the place that its own hash names.
  std::vector<uint64_t> noticed_;
};

}  // namespace ashlar::engine

#endif  // ENGINE_MODULE_CACHE_H_
