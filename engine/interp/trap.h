// Traps (spec 2.0, 4.1: "trap"), one table: trap.def.
#ifndef ENGINE_INTERP_TRAP_H_
#define ENGINE_INTERP_TRAP_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace ashlar::interp {

enum class Trap : uint8_t {
#define TRAP(name, number, text) k##name = number,
#include "engine/interp/trap.def"
};

// The spec suite's wording: "integer divide by zero".
absl::string_view TrapText(Trap trap);
// The stable name that scripts see: "IntegerDivideByZero".
absl::string_view TrapName(Trap trap);

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_TRAP_H_
