#include "engine/wasm/opcode.h"

namespace ashlar::wasm {
namespace {

static_assert(kOpcodeCount < 0xff, "an Opcode is a byte");

// The maps lose a row where two rows share a code or a code is out of range.
constexpr bool CodesAreUnique() {
  for (int i = 0; i < kOpcodeCount; ++i) {
    const uint16_t code = kOpcodes[i].code;
    const Opcode found = code > 0xff ? OpcodeOfPrefixed(code & 0xff)
                                     : OpcodeOfByte(static_cast<uint8_t>(code));
    if (found != static_cast<Opcode>(i)) return false;
    if (code > 0xff && code >> 8 != kOpcodePrefix) return false;
    if (code == kOpcodePrefix) return false;
  }
  return true;
}
static_assert(CodesAreUnique());

constexpr bool SignaturesAreTyped() {
  for (const OpcodeInfo& info : kOpcodes) {
    for (int i = 0; i < info.param_count; ++i) {
      if (info.param[i] == static_cast<ValType>(0)) return false;
    }
    for (int i = 0; i < info.result_count; ++i) {
      if (info.result[i] == static_cast<ValType>(0)) return false;
    }
    if (!info.is_typed && info.param_count + info.result_count != 0) {
      return false;
    }
  }
  return true;
}
static_assert(SignaturesAreTyped());

// A class that no opcode has is a price nobody pays; one beyond the table has
// no price.
constexpr bool EveryClassIsUsed() {
  bool used[static_cast<int>(metering::CostClass::kCount)] = {};
  for (const OpcodeInfo& info : kOpcodes) {
    used[static_cast<int>(info.cost_class)] = true;
  }
  for (bool u : used) {
    if (!u) return false;
  }
  return true;
}
static_assert(EveryClassIsUsed());

constexpr bool EveryImmediateIsUsed() {
  bool used[static_cast<int>(Immediate::kCount)] = {};
  for (const OpcodeInfo& info : kOpcodes) {
    used[static_cast<int>(info.immediate)] = true;
  }
  for (bool u : used) {
    if (!u) return false;
  }
  return true;
}
static_assert(EveryImmediateIsUsed());

constexpr absl::string_view kImmediateTexts[] = {
#define IMMEDIATE(name, text) text,
#include "engine/wasm/immediate.def"
};

}  // namespace

absl::string_view ImmediateText(Immediate immediate) {
  return kImmediateTexts[static_cast<int>(immediate)];
}

}  // namespace ashlar::wasm
