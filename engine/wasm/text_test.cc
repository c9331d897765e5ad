#include "engine/wasm/text.h"

#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

TEST(TextTest, SpellsTypes) {
  const ValType two[] = {ValType::kI32, ValType::kF64};
  FuncType type;
  EXPECT_EQ(TypeUseText(type), "");
  type.params_data = two;
  type.param_count = 2;
  EXPECT_EQ(TypeUseText(type), "(param i32 f64)");
  type.results_data = two + 1;
  type.result_count = 1;
  EXPECT_EQ(TypeUseText(type), "(param i32 f64) (result f64)");
  type.param_count = 0;
  EXPECT_EQ(TypeUseText(type), "(result f64)");
}

TEST(TextTest, SpellsExterns) {
  Module m;
  m.types.resize(1);
  m.functions = {0, 9};
  m.tables = {{ValType::kExternRef, {1, 5, true}}};
  m.memories = {{{2, UINT32_MAX, false}}};
  m.globals.resize(2);
  m.globals[1].type = {ValType::kI64, true};
  EXPECT_EQ(ExternText(m, ExternKind::kFunc, 0), "func");
  EXPECT_EQ(ExternText(m, ExternKind::kTable, 0), "table 1 5 externref");
  EXPECT_EQ(ExternText(m, ExternKind::kMemory, 0), "memory 2");
  EXPECT_EQ(ExternText(m, ExternKind::kGlobal, 0), "global i32");
  EXPECT_EQ(ExternText(m, ExternKind::kGlobal, 1), "global (mut i64)");
  // Parts that are not there: an unknown type, an unknown index.
  EXPECT_EQ(ExternText(m, ExternKind::kFunc, 1), "func ?");
  EXPECT_EQ(ExternText(m, ExternKind::kFunc, 2), "func ?");
  EXPECT_EQ(ExternText(m, ExternKind::kTable, 1), "table ?");
  EXPECT_EQ(ExternText(m, ExternKind::kMemory, 1), "memory ?");
  EXPECT_EQ(ExternText(m, ExternKind::kGlobal, 2), "global ?");
}

TEST(TextTest, QuotesStrings) {
  EXPECT_EQ(QuotedText(""), "\"\"");
  EXPECT_EQ(QuotedText("a b"), "\"a b\"");
  EXPECT_EQ(QuotedText("\"\\\n\x7f\xff"), "\"\\22\\5c\\0a\\7f\\ff\"");
}

TEST(TextTest, SpellsFloatsExactly) {
  EXPECT_EQ(F32Text(0x3fc00000), "0x1.8p+0");
  EXPECT_EQ(F32Text(0x80000000), "-0x0p+0");
  EXPECT_EQ(F32Text(0x00000001), "0x1p-149");
  EXPECT_EQ(F32Text(0x7f800000), "inf");
  EXPECT_EQ(F32Text(0xff800000), "-inf");
  EXPECT_EQ(F32Text(0x7fc00000), "nan:0x400000");
  EXPECT_EQ(F32Text(0xffa00001), "-nan:0x200001");
  EXPECT_EQ(F64Text(0x3ff8000000000000), "0x1.8p+0");
  EXPECT_EQ(F64Text(0x7ff0000000000000), "inf");
  EXPECT_EQ(F64Text(0x7ff8000000000000), "nan:0x8000000000000");
  EXPECT_EQ(F64Text(0xfff0000000000001), "-nan:0x1");
}

}  // namespace
}  // namespace ashlar::wasm
