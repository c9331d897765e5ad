// Which instructions often follow which: what the translator's steps look for
// before they jump by the table of opcodes (steps.h).
#ifndef ENGINE_COMPILE_FOLLOWERS_H_
#define ENGINE_COMPILE_FOLLOWERS_H_

#include <cstdint>

#include "engine/compile/descriptor.h"

namespace ashlar::compile {

// The opcode of a class that is looked for by its byte; 0 for the other
// classes. No set of features is without these opcodes.
constexpr uint8_t KnownOpcode(Class klass) {
  switch (klass) {
    case Class::kIf:
      return 0x04;
    case Class::kEnd:
      return 0x0b;
    case Class::kBr:
      return 0x0c;
    case Class::kBrIf:
      return 0x0d;
    case Class::kLocalGet:
      return 0x20;
    case Class::kLoad:
      return 0x28;  // i32.load
    case Class::kI32Const:
      return 0x41;
    default:
      return 0;
  }
}

// What follows an instruction of a class in contracts (shares of 174 modules):
// local.get and i32.const nearly any, but br_if 57 % of comparisons and `if`
// 18, `end` all that leaves (br, return, unreachable), i32.load many a
// local.get, and br 17 % of local.set.
struct Followers {
  bool operand = false;    // local.get, i32.const
  bool condition = false;  // br_if, if
  bool load = false;       // i32.load
  bool br = false;
  bool end = false;
};
constexpr Followers FollowersOf(Class klass) {
  switch (klass) {
    case Class::kCompare:
    case Class::kEqz:
      return {.condition = true};
    case Class::kUnreachable:
    case Class::kBr:
    case Class::kBrTable:
    case Class::kReturn:
      return {.end = true};
    case Class::kLocalGet:
      return {.operand = true, .load = true};
    case Class::kLocalSet:
      return {.operand = true, .br = true};
    default:
      return {.operand = true};
  }
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_FOLLOWERS_H_
