// Numeric instructions (spec 2.0, 4.3), written as the specification words
// them.
#ifndef NAIVE_NUMERIC_H_
#define NAIVE_NUMERIC_H_

#include <cstdint>
#include <vector>

#include "engine/interp/trap.h"
#include "naive/module.h"

namespace ashlar::naive {

// True for comparisons, arithmetic and conversions: opcodes without immediate
// that take one or two numbers and give one.
bool IsNumeric(Op op);
// True where such an opcode takes one number.
bool IsUnary(Op op);

// Replaces the operands on top of the stack by the result; i32 and f32 are
// zero-extended. Returns kNone or why it trapped. REQUIRES: IsNumeric(op).
interp::Trap RunNumeric(Op op, std::vector<uint64_t>* stack);

}  // namespace ashlar::naive

#endif  // NAIVE_NUMERIC_H_
