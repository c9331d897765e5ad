#include "engine/wasm/const_expr.h"

#include "absl/container/inlined_vector.h"
#include "engine/base/check.h"
#include "engine/wasm/instruction.h"

namespace ashlar::wasm {
namespace {

// REQUIRES: `opcode` is one of extended-const's. Wraps as wasm's arithmetic.
uint64_t Apply(Opcode opcode, uint64_t a, uint64_t b) {
  switch (opcode) {
    case Opcode::kI32Add:
      return static_cast<uint32_t>(a + b);
    case Opcode::kI32Sub:
      return static_cast<uint32_t>(a - b);
    case Opcode::kI32Mul:
      return static_cast<uint32_t>(a * b);
    case Opcode::kI64Add:
      return a + b;
    case Opcode::kI64Sub:
      return a - b;
    default:
      CHECK(opcode == Opcode::kI64Mul);
      return a * b;
  }
}

}  // namespace

uint64_t EvaluateConstExpr(const ConstExpr& expr,
                           absl::FunctionRef<uint64_t(uint32_t)> global,
                           absl::FunctionRef<uint64_t(uint32_t)> function) {
  switch (expr.kind) {
    case ConstExpr::Kind::kValue:
      return expr.bits;
    case ConstExpr::Kind::kGlobalGet:
      return global(expr.index);
    case ConstExpr::Kind::kRefFunc:
      return function(expr.index);
    case ConstExpr::Kind::kRefNull:
      return 0;
    case ConstExpr::Kind::kExtended:
      break;
  }
  // More than one instruction means arithmetic, so no references occur.
  absl::InlinedVector<uint64_t, 8> stack;
  Reader reader(expr.code.data(), expr.code.data() + expr.code.size());
  Instruction i;
  while (ReadInstruction(&reader, &i) && i.opcode != Opcode::kEnd) {
    if (i.opcode == Opcode::kGlobalGet) {
      stack.push_back(global(i.index));
    } else if (i.opcode == Opcode::kI32Const) {
      stack.push_back(static_cast<uint32_t>(i.value));
    } else if (i.opcode == Opcode::kI64Const) {
      stack.push_back(static_cast<uint64_t>(i.value));
    } else {
      CHECK(stack.size() >= 2);
      const uint64_t b = stack.back();
      stack.pop_back();
      stack.back() = Apply(i.opcode, stack.back(), b);
    }
  }
  CHECK(reader.ok() && stack.size() == 1);
  return stack[0];
}

ElementItems::ElementItems(const ElementSegment& segment)
    : reader_(segment.items.data(),
              segment.items.data() + segment.items.size()),
      left_(segment.count),
      type_(segment.type),
      is_expressions_(segment.is_expressions) {}

bool ElementItems::Next(ConstExpr* item) {
  if (left_ == 0) return false;
  --left_;
  *item = ConstExpr();
  item->type = type_;
  item->kind = ConstExpr::Kind::kRefFunc;
  if (!is_expressions_) {
    item->index = reader_.U32();
    return true;
  }
  Instruction i;
  Instruction end;
  CHECK(ReadInstruction(&reader_, &i) && ReadInstruction(&reader_, &end));
  CHECK(end.opcode == Opcode::kEnd);
  if (i.opcode == Opcode::kRefNull) {
    item->kind = ConstExpr::Kind::kRefNull;
  } else {
    if (i.opcode == Opcode::kGlobalGet) {
      item->kind = ConstExpr::Kind::kGlobalGet;
    } else {
      CHECK(i.opcode == Opcode::kRefFunc);
    }
    item->index = i.index;
  }
  return true;
}

}  // namespace ashlar::wasm
