// Reads one instruction with its immediates, whatever they are: for the parts
// that must know where an instruction ends but not what it means (constant
// expressions, disassembler, report). The translator has its own cursor.
#ifndef ENGINE_WASM_INSTRUCTION_H_
#define ENGINE_WASM_INSTRUCTION_H_

#include <cstdint>

#include "engine/wasm/opcode.h"
#include "engine/wasm/reader.h"

namespace ashlar::wasm {

struct Instruction {
  Opcode opcode = Opcode::kCount;
  const uint8_t* begin = nullptr;
  // Indices in the order of the format. A memory access has its alignment's
  // exponent in `index` and its offset in `index2`; a vector has its count in
  // `index`; a ref.null its type's byte.
  uint32_t index = 0;
  uint32_t index2 = 0;
  // A constant (integers sign-extended, floats as bits), or the s33 of a
  // block type: a type index, or negative for the shorthands.
  int64_t value = 0;
  // The `index` items of a vector: LEB128 labels of br_table (the default is
  // in `index2`), or value types of select.
  const uint8_t* vector = nullptr;
};

// The s33 of a block type without parameters and results (5.3.8).
inline constexpr int64_t kEmptyBlockType = -64;

// REQUIRES: value is a block type's negative s33 other than kEmptyBlockType.
constexpr ValType BlockValType(int64_t value) {
  return static_cast<ValType>(value & 0x7f);
}

// Checks the form only: the opcode is known, integers and types are well
// formed, reserved bytes are zero; no index is looked up. On failure the
// reader holds the error and *instruction is unspecified.
bool ReadInstruction(Reader* reader, Instruction* instruction);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_INSTRUCTION_H_
