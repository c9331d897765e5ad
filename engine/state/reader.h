// Where an execution reads state from: inline in the request, the embedded
// store at a version, or a node that is asked for missing keys.
#ifndef ENGINE_STATE_READER_H_
#define ENGINE_STATE_READER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/state/types.h"

namespace ashlar::state {

// kUnknown: this reader does not hold the key and absence is not known; the
// execution ends with NeedsState (it is never an outcome).
enum class Found : uint8_t { kPresent, kAbsent, kUnknown };

struct ReadResult {
  Found found = Found::kAbsent;
  base::Bytes value;  // where kPresent
};

// Module bytes; null where it is absent or unknown (see `found`).
struct ModuleResult {
  Found found = Found::kAbsent;
  std::shared_ptr<const base::Bytes> bytes;
};

// A consistent view: the same key gives the same answer for its lifetime. A
// status is the store's failure (corrupt, disk), never the contract's.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual absl::StatusOr<ReadResult> Read(const Key& key) = 0;
  virtual absl::StatusOr<ModuleResult> Module(const base::Hash256& hash) = 0;
};

}  // namespace ashlar::state

#endif  // ENGINE_STATE_READER_H_
