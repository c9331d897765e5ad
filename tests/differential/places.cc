#include "tests/differential/places.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/interp/instance.h"
#include "engine/interp/trap.h"
#include "engine/wasm/module.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

using interp::TraceFrame;
using interp::Trap;

constexpr size_t kFramesMax = 8;

bool IsWithin(Op op, Op first, Op last) { return op >= first && op <= last; }
bool Divides(Op op) {
  return IsWithin(op, Op::kI32DivS, Op::kI32RemU) ||
         IsWithin(op, Op::kI64DivS, Op::kI64RemU);
}
bool Truncates(Op op) {
  return IsWithin(op, Op::kI32TruncF32S, Op::kI32TruncF64U) ||
         IsWithin(op, Op::kI64TruncF32S, Op::kI64TruncF64U);
}
bool Calls(Op op) { return IsWithin(op, Op::kCall, Op::kReturnCallIndirect); }
// Bulk operations: their first byte alone is looked at.
bool IsPrefixed(Op op) { return op == static_cast<Op>(0xfc); }

bool MayTrapSo(Op op, Trap trap) {
  switch (trap) {
    case Trap::kUnreachable:
      return op == Op::kUnreachable;
    case Trap::kIntegerDivideByZero:
      return Divides(op);
    case Trap::kIntegerOverflow:
      return Divides(op) || Truncates(op);
    case Trap::kInvalidConversionToInteger:
      return Truncates(op);
    case Trap::kOutOfBoundsMemoryAccess:
      return IsWithin(op, Op::kI32Load, Op::kI64Store32) || IsPrefixed(op);
    case Trap::kOutOfBoundsTableAccess:
      return op == Op::kTableGet || op == Op::kTableSet || IsPrefixed(op);
    case Trap::kUndefinedElement:
    case Trap::kUninitializedElement:
    case Trap::kIndirectCallTypeMismatch:
      return op == Op::kCallIndirect || op == Op::kReturnCallIndirect;
    default:  // no room for a callee's frame, or a host function's own
      return Calls(op);
  }
}

const uint8_t* At(const TraceFrame& frame) {
  return frame.instance->module->bytes.data() + frame.offset;
}

// What a body without a tail call was entered as is what it still runs as.
bool HasTailCall(const interp::Func& function) {
  const wasm::Module& module = *function.instance->module;
  const wasm::Body& body =
      module.bodies[function.index - module.imported_functions];
  return std::any_of(body.begin, body.end, [](uint8_t byte) {
    return IsWithin(static_cast<Op>(byte), Op::kReturnCall,
                    Op::kReturnCallIndirect);
  });
}

// The index behind a call's opcode, which is valid LEB128.
uint32_t IndexAt(const uint8_t* p) {
  uint32_t index = 0;
  for (int shift = 0;; shift += 7, ++p) {
    index |= uint32_t{*p & 0x7fu} << shift;
    if (*p < 0x80) return index;
  }
}

bool MayHaveCalled(const TraceFrame& caller, const TraceFrame& callee) {
  const uint8_t* const at = At(caller);
  const auto op = static_cast<Op>(*at);
  if (op == Op::kCallIndirect) return true;
  if (op != Op::kCall) return false;
  const uint32_t index = IndexAt(at + 1);
  if (index >= caller.instance->module->functions.size()) return false;
  const interp::Func& called = caller.instance->functions[index];
  // A host function has no frame: then it stands for what it called.
  if (called.instance == nullptr || called.instance->module == nullptr ||
      HasTailCall(called)) {
    return true;
  }
  return called.instance == callee.instance && called.index == callee.function;
}

}  // namespace

std::string WrongPlace(const interp::Execution& execution, Trap trap) {
  const std::vector<TraceFrame> frames = execution.Backtrace(kFramesMax);
  for (size_t i = 0; i < frames.size(); ++i) {
    const bool is_right =
        i > 0 ? MayHaveCalled(frames[i], frames[i - 1])
              : trap == Trap::kNone ||
                    MayTrapSo(static_cast<Op>(*At(frames[i])), trap);
    if (!is_right) {
      return absl::StrCat("frame ", i, ": function ", frames[i].function,
                          ", offset ", frames[i].offset, ", byte 0x",
                          absl::Hex(*At(frames[i])), ", trap ",
                          interp::TrapName(trap));
    }
  }
  return "";
}

}  // namespace ashlar::testing
