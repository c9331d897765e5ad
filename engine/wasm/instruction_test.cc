#include "engine/wasm/instruction.h"

#include <string>
#include <vector>

#include "engine/wasm/test_bytes.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

std::vector<uint8_t> CodeBytes(const OpcodeInfo& info) {
  if (!info.is_prefixed()) return {static_cast<uint8_t>(info.code)};
  return {kOpcodePrefix, static_cast<uint8_t>(info.code & 0xff)};
}

// An encoding of each kind of immediate.
const char* SampleOf(Immediate immediate) {
  switch (immediate) {
    case Immediate::kNone:
    case Immediate::kCount:
      return "";
    case Immediate::kBlockType:
      return "40";
    case Immediate::kLabelTable:
      return "02 00 81 01 03";
    case Immediate::kSelectTypes:
      return "02 7f 70";
    case Immediate::kRefType:
      return "6f";
    case Immediate::kTypeTable:
    case Immediate::kElemTable:
    case Immediate::kTableTable:
    case Immediate::kMemArg0:
    case Immediate::kMemArg1:
    case Immediate::kMemArg2:
    case Immediate::kMemArg3:
      return "80 01 81 02";
    case Immediate::kI32:
      return "ff 7e";
    case Immediate::kI64:
      return "80 80 80 80 80 80 80 80 80 7f";
    case Immediate::kF32:
      return "00 00 c0 7f";
    case Immediate::kF64:
      return "01 02 03 04 05 06 07 08";
    case Immediate::kMemory:
      return "00";
    case Immediate::kDataMemory:
      return "85 01 00";
    case Immediate::kMemoryMemory:
      return "00 00";
    default:
      return "85 01";  // one index
  }
}

TEST(InstructionTest, EveryOpcodeEndsWhereItsImmediateEnds) {
  for (const OpcodeInfo& info : kOpcodes) {
    SCOPED_TRACE(info.text);
    std::vector<uint8_t> bytes = CodeBytes(info);
    const std::vector<uint8_t> immediate = Hex(SampleOf(info.immediate));
    bytes.insert(bytes.end(), immediate.begin(), immediate.end());
    bytes.push_back(0x0b);
    Reader reader(bytes.data(), bytes.data() + bytes.size());
    Instruction i;
    ASSERT_TRUE(ReadInstruction(&reader, &i));
    EXPECT_EQ(&InfoOf(i.opcode), &info);
    EXPECT_EQ(i.begin, bytes.data());
    EXPECT_EQ(reader.remaining(), 1u);
    // One byte less is not an instruction.
    for (size_t size = 0; size + 1 < bytes.size(); ++size) {
      const std::vector<uint8_t> part(bytes.begin(), bytes.begin() + size);
      Reader short_reader(part.data(), part.data() + part.size());
      EXPECT_FALSE(ReadInstruction(&short_reader, &i)) << size;
    }
  }
}

struct Case {
  const char* hex;
  Opcode opcode;
  uint32_t index;
  uint32_t index2;
  int64_t value;
};

const Case kCases[] = {
    {"41 7f", Opcode::kI32Const, 0, 0, -1},
    {"42 ff 00", Opcode::kI64Const, 0, 0, 127},
    {"43 00 00 80 ff", Opcode::kF32Const, 0, 0, 0xff800000},
    {"44 00 00 00 00 00 00 f0 bf", Opcode::kF64Const, 0, 0,
     static_cast<int64_t>(0xbff0000000000000)},
    {"02 7e", Opcode::kBlock, 0, 0, -2},
    {"03 40", Opcode::kLoop, 0, 0, kEmptyBlockType},
    {"04 80 01", Opcode::kIf, 0, 0, 128},
    {"28 02 10", Opcode::kI32Load, 2, 16, 0},
    {"11 05 01", Opcode::kCallIndirect, 5, 1, 0},
    {"fc 0c 03 04", Opcode::kTableInit, 3, 4, 0},
    {"fc 8a 00 00 00", Opcode::kMemoryCopy, 0, 0, 0},
    {"0e 02 07 08 09", Opcode::kBrTable, 2, 9, 0},
    {"d0 70", Opcode::kRefNull, 0x70, 0, 0},
};

TEST(InstructionTest, ReadsImmediates) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.hex);
    const std::vector<uint8_t> bytes = Hex(c.hex);
    Reader reader(bytes.data(), bytes.data() + bytes.size());
    Instruction i;
    ASSERT_TRUE(ReadInstruction(&reader, &i));
    EXPECT_EQ(i.opcode, c.opcode);
    EXPECT_EQ(i.index, c.index);
    EXPECT_EQ(i.index2, c.index2);
    EXPECT_EQ(i.value, c.value);
    EXPECT_EQ(reader.remaining(), 0u);
  }
  EXPECT_EQ(BlockValType(-2), ValType::kI64);
  EXPECT_EQ(BlockValType(-16), ValType::kFuncRef);
}

TEST(InstructionTest, RefusesWrongForms) {
  const struct {
    const char* hex;
    ViolationCode error;
  } kWrong[] = {
      {"06", ViolationCode::kIllegalOpcode},
      {"ff", ViolationCode::kIllegalOpcode},
      {"fd 00", ViolationCode::kIllegalOpcode},
      {"fc 12", ViolationCode::kIllegalOpcode},
      {"fc ff ff ff ff 0f", ViolationCode::kIllegalOpcode},
      {"fc 80 80 80 80 80 00", ViolationCode::kIntegerRepresentationTooLong},
      {"02 41", ViolationCode::kMalformedBlockType},
      {"02 7b", ViolationCode::kMalformedBlockType},
      {"02 ff 7e", ViolationCode::kMalformedBlockType},
      {"3f 01", ViolationCode::kZeroByteExpected},
      {"40 80 00", ViolationCode::kZeroByteExpected},
      {"fc 0a 00 01", ViolationCode::kZeroByteExpected},
      {"fc 08 00 01", ViolationCode::kZeroByteExpected},
      {"d0 7f", ViolationCode::kMalformedReferenceType},
      {"d0 f0 7f", ViolationCode::kIntegerRepresentationTooLong},
      {"1c 01 40", ViolationCode::kMalformedValueType},
      {"1c 05 7f", ViolationCode::kLengthOutOfBounds},
      {"0e ff ff ff ff 0f 00", ViolationCode::kLengthOutOfBounds},
      {"41 80 80 80 80 70", ViolationCode::kIntegerTooLarge},
  };
  for (const auto& c : kWrong) {
    SCOPED_TRACE(c.hex);
    const std::vector<uint8_t> bytes = Hex(c.hex);
    Reader reader(bytes.data(), bytes.data() + bytes.size());
    Instruction i;
    EXPECT_FALSE(ReadInstruction(&reader, &i));
    EXPECT_EQ(CodeName(reader.error()), CodeName(c.error));
  }
}

}  // namespace
}  // namespace ashlar::wasm
