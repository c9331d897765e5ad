#include "engine/wasm/const_expr.h"

#include <vector>

#include "engine/wasm/decoder.h"
#include "engine/wasm/test_bytes.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

uint64_t GlobalValue(uint32_t index) { return 1000 + index; }
uint64_t FunctionValue(uint32_t index) { return 0xf000 + index; }

// Decoded with two imported globals (i32, i64) and a function of its own.
class Fixture {
 public:
  explicit Fixture(absl::string_view sections)
      : bytes_(HexModule("01 04 01 60 00 00 "
                         "02 0b 02 00 00 03 7f 00 00 00 03 7e 00 "
                         "03 02 01 00")) {
    const std::vector<uint8_t> rest = Hex(sections);
    bytes_.insert(bytes_.end(), rest.begin(), rest.end());
    const std::vector<uint8_t> code = Hex("0a 04 01 02 00 0b");
    bytes_.insert(bytes_.end(), code.begin(), code.end());
    Violations violations;
    is_valid_ = Decode(Exactly(bytes_), base::kRelaxedLimits, Features::All(),
                       &module_, &violations);
  }
  bool is_valid() const { return is_valid_; }
  const Module& module() const { return module_; }

 private:
  std::vector<uint8_t> bytes_;
  Module module_;
  bool is_valid_;
};

TEST(ConstExprTest, EvaluatesEveryForm) {
  const struct {
    const char* global_section;
    uint64_t value;
  } kCases[] = {
      {"06 06 01 7f 00 41 7f 0b", 0xffffffff},
      {"06 06 01 7e 00 42 7f 0b", UINT64_MAX},
      {"06 09 01 7d 00 43 00 00 c0 ff 0b", 0xffc00000},
      {"06 0d 01 7c 00 44 01 02 03 04 05 06 07 08 0b", 0x0807060504030201},
      {"06 06 01 7f 00 23 00 0b", 1000},
      {"06 06 01 70 00 d2 00 0b", 0xf000},
      {"06 06 01 70 00 d0 70 0b", 0},
      {"06 09 01 7f 00 41 02 41 7f 6a 0b", 1},
      {"06 09 01 7f 00 41 02 41 03 6b 0b", 0xffffffff},
      {"06 09 01 7f 00 41 7e 41 03 6c 0b", 0xfffffffa},
      {"06 09 01 7e 00 42 02 42 7d 7c 0b", UINT64_MAX},
      {"06 09 01 7e 00 42 02 42 03 7d 0b", UINT64_MAX},
      {"06 09 01 7e 00 42 03 23 01 7e 0b", 3003},
      // 1 - (2 * (3 + global 0))
      {"06 0f 01 7f 00 41 01 41 02 41 03 23 00 6a 6c 6b 0b",
       static_cast<uint32_t>(1 - 2 * 1003)},
  };
  for (const auto& c : kCases) {
    const Fixture f(c.global_section);
    ASSERT_TRUE(f.is_valid()) << c.global_section;
    EXPECT_EQ(EvaluateConstExpr(f.module().globals.back().init, GlobalValue,
                                FunctionValue),
              c.value)
        << c.global_section;
  }
}

TEST(ConstExprTest, ADeepExpressionNeedsNoDeepStack) {
  // 1 + (1 + (1 + ...)): every operand stands before the first addition.
  constexpr int kTerms = 20000;
  std::vector<uint8_t> expr;
  for (int i = 0; i < kTerms; ++i) {
    expr.push_back(0x41);
    expr.push_back(0x01);
  }
  expr.insert(expr.end(), kTerms - 1, 0x6a);
  expr.push_back(0x0b);
  ConstExpr e;
  e.kind = ConstExpr::Kind::kExtended;
  e.code = Exactly(expr);
  EXPECT_EQ(EvaluateConstExpr(e, GlobalValue, FunctionValue), kTerms);
}

TEST(ConstExprTest, ListsFunctionsOfASegment) {
  const Fixture f("09 07 01 01 00 03 00 00 00");
  ASSERT_TRUE(f.is_valid());
  ElementItems items(f.module().elements[0]);
  ConstExpr item;
  int count = 0;
  while (items.Next(&item)) {
    EXPECT_EQ(item.kind, ConstExpr::Kind::kRefFunc);
    EXPECT_EQ(item.index, 0u);
    EXPECT_EQ(item.type, ValType::kFuncRef);
    ++count;
  }
  EXPECT_EQ(count, 3);
  EXPECT_FALSE(items.Next(&item));
}

TEST(ConstExprTest, ListsExpressionsOfASegment) {
  const Fixture f("09 0a 01 05 70 02 d0 70 0b d2 00 0b");
  ASSERT_TRUE(f.is_valid());
  ElementItems items(f.module().elements[0]);
  ConstExpr item;
  ASSERT_TRUE(items.Next(&item));
  EXPECT_EQ(item.kind, ConstExpr::Kind::kRefNull);
  EXPECT_EQ(EvaluateConstExpr(item, GlobalValue, FunctionValue), 0u);
  ASSERT_TRUE(items.Next(&item));
  EXPECT_EQ(item.kind, ConstExpr::Kind::kRefFunc);
  EXPECT_EQ(EvaluateConstExpr(item, GlobalValue, FunctionValue), 0xf000u);
  EXPECT_FALSE(items.Next(&item));
}

}  // namespace
}  // namespace ashlar::wasm
