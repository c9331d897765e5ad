// A chain profile names everything of consensus, immutably, by its digest.
#ifndef ENGINE_PROFILE_H_
#define ENGINE_PROFILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
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
  uint32_t abi_version = 0;  // 0 where there is no ABI, else 1
  wasm::Features features;   // without Floats where floats are denied
  FloatRule float_rule = FloatRule::kDeny;
  UnknownImports unknown_imports = UnknownImports::kReject;
  base::Limits limits;
  metering::Schedule schedule;
  // What Digest() answers; see there.
  base::Hash256 digest;
};

// Profiles by digest and by name. A profile's address holds for the set's
// lifetime, also when more are added. Reads are thread-safe; Add is not.
class ProfileSet {
 public:
  ProfileSet() = default;
  ProfileSet(ProfileSet&&) = default;
  ProfileSet& operator=(ProfileSet&&) = default;

  // strict-1, relaxed-1, seal-1. Lives for ever.
  static const ProfileSet& BuiltIn();
  // nullptr where there is none.
  const Profile* Find(const base::Hash256& digest) const;
  const Profile* FindByName(absl::string_view name) const;
  const std::vector<const Profile*>& all() const { return all_; }
  // Adds a copy, its digest computed anew. ALREADY_EXISTS: a second profile
  // of the same name or digest.
  absl::Status Add(Profile profile);

 private:
  std::vector<std::unique_ptr<const Profile>> owned_;
  std::vector<const Profile*> all_;
};

// Text form of a profile file: a `name value` pair a line, # comments. A first
// line `copy NAME` inherits from a built-in one; then any of
//   name NAME                      (required)
//   semantics-version N            (must be one that this engine has)
//   abi none|seal
//   floats deny|canonical
//   unknown-imports reject|trap
//   feature NAME on|off            (engine/wasm/features.def)
//   limit NAME N                   (engine/base/limits.def)
//   schedule LINE                  (a line of metering::ParseSchedule)
// INVALID_ARGUMENT names the line.
absl::StatusOr<Profile> ParseProfile(absl::string_view text);

// A text that ParseProfile reads back to an equal profile; copies nothing.
std::string FormatProfile(const Profile& profile);

// BLAKE2b-256 over the canonical serialisation (engine/base/serial.h) of:
// bytes "ashlar.profile"; u32 semantics version; u8 digest algorithm (1:
// BLAKE2b-256); u8 ABI; u32 ABI version; u32 feature bits in the order of
// features.def; u8 float rule; u8 unknown imports; the list of all limits as
// u32 in the order of limits.def; the schedule's digest.
base::Hash256 Digest(const Profile& profile);

}  // namespace ashlar::engine

#endif  // ENGINE_PROFILE_H_
