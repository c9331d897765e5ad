// Why a module is refused. All violations that can be found are reported at
// once; each has a stable code and the byte offset where it was found.
#ifndef ENGINE_WASM_VIOLATION_H_
#define ENGINE_WASM_VIOLATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace ashlar::wasm {

// Malformed: not the binary format. Invalid: not valid by the spec.
// Unsupported: a feature the profile refuses. Limit: beyond a limit of the
// profile. Abi: not the shape the profile's ABI demands.
enum class ViolationKind : uint8_t {
  kMalformed,
  kInvalid,
  kUnsupported,
  kLimit,
  kAbi,
};

// Rows of engine/wasm/violation.def: VIOLATION(name, kind, code, phrase).
enum class ViolationCode : uint16_t {
#define VIOLATION(name, kind, code, phrase) k##name,
#include "engine/wasm/violation.def"
  kCount
};

ViolationKind KindOf(ViolationCode code);
absl::string_view CodeName(ViolationCode code);  // "invalid.type_mismatch"
absl::string_view Phrase(ViolationCode code);    // the spec suite's wording

struct Violation {
  ViolationCode code;
  uint32_t offset = 0;  // bytes from the module's start
  std::string message;  // begins with Phrase(code)
};

// Collects violations up to a maximum, so that hostile input is bounded.
class Violations {
 public:
  static constexpr size_t kMax = 64;
  // Where `detail` is not empty it is appended to the phrase, after ": ", or
  // after a blank if it begins with a digit ("unknown memory 1", the suite's
  // form for indices). Does nothing when full.
  void Add(ViolationCode code, uint32_t offset, absl::string_view detail = {});
  bool empty() const { return list_.empty(); }
  bool full() const { return list_.size() >= kMax; }
  const std::vector<Violation>& list() const { return list_; }
  void Clear() { list_.clear(); }

 private:
  std::vector<Violation> list_;
};

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_VIOLATION_H_
