// Every bound that a profile puts on modules and executions: limits.def.
#ifndef ENGINE_BASE_LIMITS_H_
#define ENGINE_BASE_LIMITS_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace ashlar::base {

// One field a row of limits.def, named by it. Each is the largest value that
// is allowed, and each is read by exactly one check.
struct Limits {
#define LIMIT(field, unit, strict, relaxed, meaning) uint32_t field = strict;
#include "engine/base/limits.def"
#undef LIMIT

  friend bool operator==(const Limits&, const Limits&) = default;
};

// For contracts: what a Limits is by default.
inline constexpr Limits kStrictLimits = {};

// For tools and the specification's tests. Also the upper bound of every
// profile: the engine's encodings hold no more.
inline constexpr Limits kRelaxedLimits = {
#define LIMIT(field, unit, strict, relaxed, meaning) .field = relaxed,
#include "engine/base/limits.def"
#undef LIMIT
};

// A row of limits.def as data, for profile files and digests.
struct LimitField {
  absl::string_view name;
  absl::string_view unit;
  absl::string_view meaning;
  uint32_t Limits::* value;
};

// All rows in the table's order, which is the order of serialisation.
inline constexpr LimitField kLimitFields[] = {
#define LIMIT(field, unit, strict, relaxed, meaning) \
  {#field, unit, meaning, &Limits::field},
#include "engine/base/limits.def"
#undef LIMIT
};

}  // namespace ashlar::base

#endif  // ENGINE_BASE_LIMITS_H_
