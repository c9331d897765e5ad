#include "tests/differential/places.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/interp/instance.h"
#include "engine/interp/trap.h"
#include "engine/wasm/module.h"

namespace ashlar::testing {
namespace {

using interp::TraceFrame;
using interp::Trap;

constexpr size_t kFramesMax = 8;

// Numbers of opcodes: WebAssembly 2.0, section 5.4, and the proposal for tail
// calls.
constexpr uint8_t kUnreachable = 0x00;
constexpr uint8_t kCall = 0x10;
constexpr uint8_t kCallIndirect = 0x11;
constexpr uint8_t kReturnCall = 0x12;
constexpr uint8_t kReturnCallIndirect = 0x13;
constexpr uint8_t kPrefixFC = 0xfc;

bool IsWithin(uint8_t op, uint8_t first, uint8_t last) {
  return op >= first && op <= last;
}
// Division and remainder, of i32 and i64.
bool Divides(uint8_t op) {
  return IsWithin(op, 0x6d, 0x70) || IsWithin(op, 0x7f, 0x82);
}
// Of floats to integers.
bool Truncates(uint8_t op) {
  return IsWithin(op, 0xa8, 0xab) || IsWithin(op, 0xae, 0xb1);
}
bool CallsIndirectly(uint8_t op) {
  return op == kCallIndirect || op == kReturnCallIndirect;
}
bool Calls(uint8_t op) { return IsWithin(op, kCall, kReturnCallIndirect); }

bool MayTrapSo(uint8_t op, Trap trap) {
  switch (trap) {
    case Trap::kUnreachable:
      return op == kUnreachable;
    case Trap::kIntegerDivideByZero:
      return Divides(op);
    case Trap::kIntegerOverflow:
      return Divides(op) || Truncates(op);
    case Trap::kInvalidConversionToInteger:
      return Truncates(op);
    case Trap::kOutOfBoundsMemoryAccess:
      return IsWithin(op, 0x28, 0x3e) || op == kPrefixFC;
    case Trap::kOutOfBoundsTableAccess:
      return op == 0x25 || op == 0x26 || op == kPrefixFC;
    case Trap::kUndefinedElement:
    case Trap::kUninitializedElement:
    case Trap::kIndirectCallTypeMismatch:
      return CallsIndirectly(op);
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
    return byte == kReturnCall || byte == kReturnCallIndirect;
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
  if (*at == kCallIndirect) return true;
  if (*at != kCall) return false;
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
              : trap == Trap::kNone || MayTrapSo(*At(frames[i]), trap);
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
