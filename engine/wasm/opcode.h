// Opcodes and everything that is known of them: the rows of opcodes.def.
#ifndef ENGINE_WASM_OPCODE_H_
#define ENGINE_WASM_OPCODE_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/wasm/features.h"
#include "engine/wasm/types.h"
#include "metering/schedule.h"

namespace ashlar::wasm {

// The row of an opcode in opcodes.def: dense, not its code. kCount stands for
// "no opcode".
enum class Opcode : uint8_t {
#define OP(name, code, text, signature, immediate, cost, feature) k##name,
#include "engine/wasm/opcodes.def"
  kCount
};

inline constexpr int kOpcodeCount = static_cast<int>(Opcode::kCount);

// The byte that opens a two-part opcode; the second part is a LEB128 u32.
inline constexpr uint8_t kOpcodePrefix = 0xfc;

// What follows an opcode in the code.
enum class Immediate : uint8_t {
#define IMMEDIATE(name, text) k##name,
#include "engine/wasm/immediate.def"
  kCount
};

// "label", "s32", ...
absl::string_view ImmediateText(Immediate immediate);

constexpr bool IsMemArg(Immediate i) {
  return i >= Immediate::kMemArg0 && i <= Immediate::kMemArg3;
}

struct OpcodeInfo {
  // Three operands and one result are the most that a typed row has.
  static constexpr int kParamsMax = 3;

  const char* text = "";
  uint16_t code = 0;  // 0xNN, or 0xfcNN behind the prefix
  Immediate immediate = Immediate::kNone;
  metering::CostClass cost_class = metering::CostClass::kMarker;
  Feature feature = Feature::kMvp;
  // False: typed by the immediate or polymorphic; the counts below are 0.
  bool is_typed = false;
  uint8_t param_count = 0;
  uint8_t result_count = 0;
  ValType param[kParamsMax] = {};
  ValType result[1] = {};

  absl::Span<const ValType> params() const { return {param, param_count}; }
  absl::Span<const ValType> results() const { return {result, result_count}; }
  constexpr bool is_prefixed() const { return code > 0xff; }
  // log2 of the natural alignment. REQUIRES: IsMemArg(immediate).
  constexpr uint32_t align_max() const {
    return static_cast<uint32_t>(immediate) -
           static_cast<uint32_t>(Immediate::kMemArg0);
  }
};

namespace opcode_internal {

constexpr ValType LetterType(char letter) {
  switch (letter) {
    case 'i':
      return ValType::kI32;
    case 'l':
      return ValType::kI64;
    case 'f':
      return ValType::kF32;
    case 'd':
      return ValType::kF64;
  }
  return static_cast<ValType>(0);
}

// Reads the signature column (the grammar is at the top of opcodes.def).
constexpr OpcodeInfo Row(uint16_t code, const char* text, const char* signature,
                         Immediate immediate, metering::CostClass cost_class,
                         Feature feature) {
  OpcodeInfo info;
  info.text = text;
  info.code = code;
  info.immediate = immediate;
  info.cost_class = cost_class;
  info.feature = feature;
  const char* p = signature;
  if (p[0] == '_' && p[1] == 0) return info;
  info.is_typed = true;
  if (*p == '_') {
    ++p;
  } else {
    info.result[info.result_count++] = LetterType(*p++);
  }
  for (++p; *p != 0; ++p) info.param[info.param_count++] = LetterType(*p);
  return info;
}

// kOpcodeCount: no opcode. Indexed by the byte, or by the part behind the
// prefix.
struct CodeMaps {
  std::array<uint8_t, 256> one_byte;
  std::array<uint8_t, 32> prefixed;
};

}  // namespace opcode_internal

// Indexed by Opcode.
inline constexpr std::array<OpcodeInfo, kOpcodeCount> kOpcodes = {{
#define OP(name, code, text, signature, immediate, cost, feature)       \
  opcode_internal::Row(code, text, #signature, Immediate::k##immediate, \
                       metering::CostClass::k##cost, Feature::k##feature),
#include "engine/wasm/opcodes.def"
}};

namespace opcode_internal {

constexpr CodeMaps MakeCodeMaps() {
  CodeMaps maps = {};
  for (uint8_t& o : maps.one_byte) o = kOpcodeCount;
  for (uint8_t& o : maps.prefixed) o = kOpcodeCount;
  for (int i = 0; i < kOpcodeCount; ++i) {
    const uint16_t code = kOpcodes[i].code;
    if (code > 0xff) {
      maps.prefixed[code & 0xff] = static_cast<uint8_t>(i);
    } else {
      maps.one_byte[code] = static_cast<uint8_t>(i);
    }
  }
  return maps;
}

inline constexpr CodeMaps kCodeMaps = MakeCodeMaps();

}  // namespace opcode_internal

// REQUIRES: opcode is not kCount.
constexpr const OpcodeInfo& InfoOf(Opcode opcode) {
  return kOpcodes[static_cast<int>(opcode)];
}

// The opcode of a single byte; kCount for an illegal byte and the prefix.
constexpr Opcode OpcodeOfByte(uint8_t byte) {
  return static_cast<Opcode>(opcode_internal::kCodeMaps.one_byte[byte]);
}

// The opcode whose part behind the prefix is `code`; kCount where there is
// none.
constexpr Opcode OpcodeOfPrefixed(uint32_t code) {
  return code < opcode_internal::kCodeMaps.prefixed.size()
             ? static_cast<Opcode>(opcode_internal::kCodeMaps.prefixed[code])
             : Opcode::kCount;
}

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_OPCODE_H_
