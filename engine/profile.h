// A chain profile names everything of consensus, immutably, by its digest.
#ifndef ENGINE_PROFILE_H_
#define ENGINE_PROFILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/wasm/features.h"
#include "metering/schedule.h"

namespace ashlar::engine {

// Bumped by any change of an outcome, digest or fuel count.
inline constexpr uint32_t kSemanticsVersion = 1;

enum class Abi : uint8_t { kNone = 0, kSeal = 1 };
enum class FloatRule : uint8_t { kDeny = 0, kCanonical = 1 };
// What a function import that the ABI does not know does.
enum class UnknownImports : uint8_t { kReject = 0, kTrap = 1 };

struct Profile {
  std::string name;  // not part of the digest
  uint32_t semantics_version = kSemanticsVersion;
  Abi abi = Abi::kNone;
  uint32_t abi_version = 0;
  wasm::Features features;  // without Floats where floats are denied
  FloatRule float_rule = FloatRule::kDeny;
  UnknownImports unknown_imports = UnknownImports::kReject;
  base::Limits limits;
  metering::Schedule schedule;
  // BLAKE2b-256 over the canonical serialisation (ARCHITECTURE.md).
  base::Hash256 digest;
};

// Immutable after construction.
class ProfileSet {
 public:
  // strict-1, relaxed-1, seal-1.
  static const ProfileSet& BuiltIn();
  const Profile* Find(const base::Hash256& digest) const;
  const Profile* FindByName(absl::string_view name) const;
  const std::vector<const Profile*>& all() const { return all_; }
  // Adds a copy; refuses a second profile of the same name or digest.
  absl::Status Add(Profile profile);

 private:
  std::vector<const Profile*> all_;
};

// Text form of a profile file: `name value` lines; a first line `copy NAME`
// inherits from a built-in one. Errors name the line.
absl::StatusOr<Profile> ParseProfile(absl::string_view text);
std::string FormatProfile(const Profile& profile);
base::Hash256 Digest(const Profile& profile);

}  // namespace ashlar::engine

#endif  // ENGINE_PROFILE_H_
