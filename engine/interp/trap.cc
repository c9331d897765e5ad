#include "engine/interp/trap.h"

namespace ashlar::interp {

absl::string_view TrapText(Trap trap) {
  switch (trap) {
#define TRAP(name, number, text) \
  case Trap::k##name:            \
    return text;
#include "engine/interp/trap.def"
  }
  return "?";
}

absl::string_view TrapName(Trap trap) {
  switch (trap) {
#define TRAP(name, number, text) \
  case Trap::k##name:            \
    return #name;
#include "engine/interp/trap.def"
  }
  return "?";
}

}  // namespace ashlar::interp
