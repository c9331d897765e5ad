#include "engine/wasm/instruction.h"

namespace ashlar::wasm {
namespace {

Opcode ReadOpcode(Reader* r) {
  const uint8_t* at = r->pos();
  const uint8_t byte = r->Byte();
  Opcode opcode = OpcodeOfByte(byte);
  if (byte == kOpcodePrefix) opcode = OpcodeOfPrefixed(r->U32());
  if (opcode == Opcode::kCount) r->Fail(ViolationCode::kIllegalOpcode, at);
  return opcode;
}

void ReadZeroByte(Reader* r) {
  const uint8_t* at = r->pos();
  if (r->Byte() != 0) r->Fail(ViolationCode::kZeroByteExpected, at);
}

void ReadBlockType(Reader* r, Instruction* i) {
  const uint8_t* at = r->pos();
  i->value = r->S33();
  if (i->value >= 0 || i->value == kEmptyBlockType) return;
  const auto byte = static_cast<uint8_t>(i->value & 0x7f);
  if (i->value < kEmptyBlockType || !IsValType(byte)) {
    r->Fail(ViolationCode::kMalformedBlockType, at);
  }
}

void ReadLabels(Reader* r, Instruction* i) {
  i->index = r->Length();
  i->vector = r->pos();
  for (uint32_t n = 0; n < i->index && r->ok(); ++n) r->U32();
  i->index2 = r->U32();
}

void ReadSelectTypes(Reader* r, Instruction* i) {
  i->index = r->Length();
  i->vector = r->pos();
  for (uint32_t n = 0; n < i->index && r->ok(); ++n) {
    const uint8_t byte = r->Byte();
    if (!IsValType(byte)) {
      r->FailForm(byte, ViolationCode::kMalformedValueType, r->pos() - 1);
    }
  }
}

void ReadRefType(Reader* r, Instruction* i) {
  const uint8_t byte = r->Byte();
  i->index = byte;
  if (!IsRefType(byte)) {
    r->FailForm(byte, ViolationCode::kMalformedReferenceType, r->pos() - 1);
  }
}

void ReadImmediate(Reader* r, Immediate immediate, Instruction* i) {
  switch (immediate) {
    case Immediate::kNone:
    case Immediate::kCount:
      return;
    case Immediate::kBlockType:
      return ReadBlockType(r, i);
    case Immediate::kLabelTable:
      return ReadLabels(r, i);
    case Immediate::kSelectTypes:
      return ReadSelectTypes(r, i);
    case Immediate::kRefType:
      return ReadRefType(r, i);
    case Immediate::kLabel:
    case Immediate::kFunc:
    case Immediate::kLocal:
    case Immediate::kGlobal:
    case Immediate::kTable:
    case Immediate::kData:
    case Immediate::kElem:
      i->index = r->U32();
      return;
    case Immediate::kTypeTable:
    case Immediate::kElemTable:
    case Immediate::kTableTable:
    case Immediate::kMemArg0:
    case Immediate::kMemArg1:
    case Immediate::kMemArg2:
    case Immediate::kMemArg3:
      i->index = r->U32();
      i->index2 = r->U32();
      return;
    case Immediate::kI32:
      i->value = r->S32();
      return;
    case Immediate::kI64:
      i->value = r->S64();
      return;
    case Immediate::kF32:
      i->value = r->Fixed32();
      return;
    case Immediate::kF64:
      i->value = static_cast<int64_t>(r->Fixed64());
      return;
    case Immediate::kMemory:
      return ReadZeroByte(r);
    case Immediate::kDataMemory:
      i->index = r->U32();
      return ReadZeroByte(r);
    case Immediate::kMemoryMemory:
      ReadZeroByte(r);
      return ReadZeroByte(r);
  }
}

}  // namespace

bool ReadInstruction(Reader* reader, Instruction* instruction) {
  *instruction = Instruction();
  instruction->begin = reader->pos();
  instruction->opcode = ReadOpcode(reader);
  if (!reader->ok()) return false;
  ReadImmediate(reader, InfoOf(instruction->opcode).immediate, instruction);
  return reader->ok();
}

}  // namespace ashlar::wasm
