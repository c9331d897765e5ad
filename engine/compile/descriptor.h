// What the translator's hot loop must know of an opcode, in eight bytes; made
// from opcodes.def for one set of features and one schedule.
#ifndef ENGINE_COMPILE_DESCRIPTOR_H_
#define ENGINE_COMPILE_DESCRIPTOR_H_

#include <cstddef>
#include <cstdint>

#include "engine/wasm/features.h"
#include "metering/schedule.h"

namespace ashlar::compile {

// How the translator treats an opcode. The typed groups are handled alike;
// the rest is one class an opcode.
enum class Class : uint8_t {
  kIllegal,  // no opcode, or one of a feature that is switched off
  kPrefix,
  kBinary,        // integer: five forms
  kCompare,       // integer comparison: five forms, fuses with a branch
  kEqz,           // two forms, fuses with a branch
  kUnary,         // two forms: slot, acc
  kFloatBinary,   // seven forms
  kFloatCompare,  // five forms, fuses with a branch
  kFloatUnary,    // two forms; the operand or the result is a float
  kRetype,        // reinterpretation: the slot stays, its type changes
  kLoad,
  kStore,
  kFloatLoad,
  kFloatStore,
  kUnreachable,
  kNop,
  kBlock,
  kLoop,
  kIf,
  kElse,
  kEnd,
  kBr,
  kBrIf,
  kBrTable,
  kReturn,
  kCall,
  kCallIndirect,
  kReturnCall,
  kReturnCallIndirect,
  kDrop,
  kSelect,
  kSelectT,
  kLocalGet,
  kLocalSet,
  kLocalTee,
  kGlobalGet,
  kGlobalSet,
  kTableGet,
  kTableSet,
  kRefNull,
  kRefIsNull,
  kRefFunc,
  kI32Const,
  kI64Const,
  kF32Const,
  kF64Const,
  kMemorySize,
  kMemoryGrow,
  kMemoryInit,
  kDataDrop,
  kMemoryCopy,
  kMemoryFill,
  kTableInit,
  kElemDrop,
  kTableCopy,
  kTableGrow,
  kTableSize,
  kTableFill,
};
inline constexpr size_t kClasses = static_cast<size_t>(Class::kTableFill) + 1;

inline constexpr uint8_t kCommutative = 1;
inline constexpr uint8_t kSubtraction = 2;
inline constexpr uint8_t kQuotient = 3;  // i32.div_u, i32.rem_u

struct Descriptor {
  Class klass = Class::kIllegal;
  uint8_t in = 0;   // type byte of the operands (of a store: of the value)
  uint8_t out = 0;  // type byte of the result
  // Binary: kCommutative, kSubtraction, kQuotient or 0. Compare: the number
  // (0-9) of the comparison with swapped operands. Load, store: log2 of the
  // natural alignment.
  uint8_t extra = 0;
  uint16_t op = 0;  // the first form's internal operation
  uint16_t price = 0;
};
static_assert(sizeof(Descriptor) == 8);

struct DescriptorTable {
  Descriptor one_byte[256];
  Descriptor prefixed[32];
};

// About a microsecond: made once a module.
void MakeDescriptors(wasm::Features features,
                     const metering::Schedule& schedule,
                     DescriptorTable* table);

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_DESCRIPTOR_H_
