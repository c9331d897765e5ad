#include "tests/util/module_builder.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace ashlar::testing {
namespace {

using Bytes = std::vector<uint8_t>;

const Bytes kHeader = {0, 'a', 's', 'm', 1, 0, 0, 0};

Bytes WithHeader(const Bytes& rest) {
  Bytes bytes = kHeader;
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

TEST(ByteWriterTest, LebIsShortest) {
  EXPECT_EQ(ByteWriter().U32(0).bytes(), Bytes{0});
  EXPECT_EQ(ByteWriter().U32(127).bytes(), Bytes{0x7f});
  EXPECT_EQ(ByteWriter().U32(128).bytes(), (Bytes{0x80, 1}));
  EXPECT_EQ(ByteWriter().U32(UINT32_MAX).bytes(),
            (Bytes{0xff, 0xff, 0xff, 0xff, 0x0f}));
  EXPECT_EQ(ByteWriter().S64(63).bytes(), Bytes{0x3f});
  EXPECT_EQ(ByteWriter().S64(64).bytes(), (Bytes{0xc0, 0}));
  EXPECT_EQ(ByteWriter().S64(-64).bytes(), Bytes{0x40});
  EXPECT_EQ(ByteWriter().S64(-65).bytes(), (Bytes{0xbf, 0x7f}));
  EXPECT_EQ(ByteWriter().S64(INT64_MIN).size(), 10u);
}

TEST(ByteWriterTest, LebCanBeOverlong) {
  EXPECT_EQ(ByteWriter().PaddedU32(1, 1).bytes(), Bytes{1});
  EXPECT_EQ(ByteWriter().PaddedU32(1, 5).bytes(),
            (Bytes{0x81, 0x80, 0x80, 0x80, 0}));
}

TEST(ByteWriterTest, FixedIsLittleEndian) {
  EXPECT_EQ(ByteWriter().Fixed32(0x01020304).bytes(), (Bytes{4, 3, 2, 1}));
  EXPECT_EQ(ByteWriter().Fixed64(1).bytes(), (Bytes{1, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(ByteWriter().Name("ab").bytes(), (Bytes{2, 'a', 'b'}));
}

TEST(CodeTest, EncodesImmediates) {
  EXPECT_EQ(Code().I32(-1).Op(Op::kI32Eqz).bytes(), (Bytes{0x41, 0x7f, 0x45}));
  EXPECT_EQ(Code().MemoryCopy().bytes(), (Bytes{0xfc, 0x0a, 0, 0}));
  EXPECT_EQ(Code().Mem(Op::kI64Load, 3, 200).bytes(),
            (Bytes{0x29, 3, 0xc8, 1}));
  EXPECT_EQ(Code().BrTable({0, 1}, 2).bytes(), (Bytes{0x0e, 2, 0, 1, 2}));
  EXPECT_EQ(Code().BlockType(70).bytes(), (Bytes{0x02, 0xc6, 0}));
  EXPECT_EQ(Code().If(ValType::kF64).bytes(), (Bytes{0x04, 0x7c}));
  EXPECT_EQ(Code().SelectT(ValType::kI32).bytes(), (Bytes{0x1c, 1, 0x7f}));
}

TEST(ModuleBuilderTest, EmptyModuleIsItsHeader) {
  EXPECT_EQ(ModuleBuilder().Build(), kHeader);
}

TEST(ModuleBuilderTest, WritesSectionsInOrder) {
  ModuleBuilder b;
  const uint32_t type = b.Type({ValType::kI32}, {ValType::kI32});
  EXPECT_EQ(b.Type({ValType::kI32}, {ValType::kI32}), type);
  EXPECT_EQ(b.ImportFunc("e", "f", type), 0u);
  EXPECT_EQ(b.Func(type, {ValType::kI64, ValType::kI64, ValType::kI32},
                   Code().Get(0).End()),
            1u);
  b.Memory({1, 2});
  b.Export("m", ExternKind::kMemory, 0);
  EXPECT_EQ(b.PassiveData({7, 8}), 0u);
  b.DataCount();
  EXPECT_EQ(
      b.Build(),
      WithHeader({
          1,  6,  1, 0x60, 1,   0x7f, 1,    0x7f,     // types
          2,  7,  1, 1,    'e', 1,    'f',  0,    0,  // imports
          3,  2,  1, 0,                               // functions
          5,  4,  1, 1,    1,   2,                    // memories
          7,  5,  1, 1,    'm', 2,    0,              // exports
          12, 1,  1,                                  // data count
          10, 10, 1, 8,    2,   2,    0x7e, 1,    0x7f, 0x20, 0, 0x0b,  // code
          11, 5,  1, 1,    2,   7,    8,                                // data
      }));
}

TEST(ModuleBuilderTest, WritesGlobalsTablesElements) {
  ModuleBuilder b;
  const uint32_t type = b.Type({}, {});
  b.Func(type, {}, Code().End());
  b.Table(ValType::kFuncRef, {1, {}});
  b.Global(ValType::kI32, true, Code().I32(5).End());
  b.Start(0);
  EXPECT_EQ(b.ActiveElements(Code().I32(0).End(), {0}), 0u);
  EXPECT_EQ(b.PassiveElements({0}), 1u);
  EXPECT_EQ(b.DeclarativeElements({0}), 2u);
  EXPECT_EQ(b.Build(), WithHeader({
                           1,  4,  1, 0x60, 0,    0,  // types
                           3,  2,  1, 0,              // functions
                           4,  4,  1, 0x70, 0,    1,  // tables
                           6,  6,  1, 0x7f, 1,    0x41, 5,    0x0b,  // globals
                           8,  1,  0,                                // start
                           9,  15, 3, 0,    0x41, 0,    0x0b, 1,    0,
                           1,  0,  1, 0,    3,    0,    1,    0,  // elements
                           10, 4,  1, 2,    0,    0x0b,           // code
                       }));
}

TEST(ModuleBuilderTest, BodiesMayFollowTheirDeclaration) {
  ModuleBuilder direct, late;
  direct.Func(direct.Type({}, {}), {}, Code().Op(Op::kNop).End());
  const uint32_t f = late.DeclareFunc(late.Type({}, {}));
  late.SetBody(f, {}, Code().Op(Op::kNop).End());
  EXPECT_EQ(late.Build(), direct.Build());
}

TEST(ModuleBuilderTest, WritesMalformedModules) {
  ModuleBuilder b;
  b.Type({}, {});
  b.ReplaceSection(Section::kType, {0xff});
  b.Custom(Section::kCustom, "x", {1});
  b.AppendSection(99, {5});
  EXPECT_EQ(b.Build(), WithHeader({0, 3, 1, 'x', 1, 1, 1, 0xff, 99, 1, 5}));
  b.ReplaceHeader({'w'});
  EXPECT_EQ(b.Build(), (Bytes{'w', 0, 3, 1, 'x', 1, 1, 1, 0xff, 99, 1, 5}));
}

}  // namespace
}  // namespace ashlar::testing
