#include "engine/wasm/types.h"

#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

TEST(TypesTest, NamesTypesAndKinds) {
  EXPECT_EQ(ValTypeName(ValType::kI32), "i32");
  EXPECT_EQ(ValTypeName(ValType::kI64), "i64");
  EXPECT_EQ(ValTypeName(ValType::kF32), "f32");
  EXPECT_EQ(ValTypeName(ValType::kF64), "f64");
  EXPECT_EQ(ValTypeName(ValType::kFuncRef), "funcref");
  EXPECT_EQ(ValTypeName(ValType::kExternRef), "externref");
  EXPECT_EQ(ValTypeName(static_cast<ValType>(0x7b)), "?");
  EXPECT_EQ(ExternKindName(ExternKind::kFunc), "func");
  EXPECT_EQ(ExternKindName(ExternKind::kTable), "table");
  EXPECT_EQ(ExternKindName(ExternKind::kMemory), "memory");
  EXPECT_EQ(ExternKindName(ExternKind::kGlobal), "global");
}

TEST(TypesTest, KnowsTheBytesOfTypes) {
  int num_types = 0;
  int ref_types = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const auto b = static_cast<uint8_t>(byte);
    num_types += IsNumType(b);
    ref_types += IsRefType(b);
    EXPECT_EQ(IsValType(b), ValTypeName(static_cast<ValType>(b)) != "?");
  }
  EXPECT_EQ(num_types, 4);
  EXPECT_EQ(ref_types, 2);
}

FuncType Make(absl::Span<const ValType> params,
              absl::Span<const ValType> results) {
  FuncType type;
  type.params_data = params.data();
  type.param_count = static_cast<uint32_t>(params.size());
  type.results_data = results.data();
  type.result_count = static_cast<uint32_t>(results.size());
  return type;
}

TEST(TypesTest, ComparesStructure) {
  const ValType a[] = {ValType::kI32, ValType::kI64};
  const ValType b[] = {ValType::kI32, ValType::kI64};
  const ValType c[] = {ValType::kI64, ValType::kI32};
  EXPECT_TRUE(SameType(FuncType(), FuncType()));
  EXPECT_TRUE(SameType(Make(a, {}), Make(b, {})));
  EXPECT_FALSE(SameType(Make(a, {}), Make(c, {})));
  EXPECT_FALSE(SameType(Make(a, {}), Make({}, a)));
  EXPECT_FALSE(SameType(Make(a, {}), Make({a, 1}, {})));
  // The same bytes, divided elsewhere.
  EXPECT_FALSE(SameType(Make({a, 1}, {a + 1, 1}), Make(a, {})));
}

}  // namespace
}  // namespace ashlar::wasm
