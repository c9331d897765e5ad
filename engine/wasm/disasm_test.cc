#include "engine/wasm/disasm.h"

#include <string>
#include <vector>

#include "engine/wasm/decoder.h"
#include "engine/wasm/test_bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

using ::testing::HasSubstr;

std::string DisassembleHex(absl::string_view sections) {
  const std::vector<uint8_t> bytes = HexModule(sections);
  Module module;
  Violations violations;
  EXPECT_TRUE(Decode(Exactly(bytes), base::kRelaxedLimits, Features::All(),
                     &module, &violations))
      << sections;
  return Disassemble(module);
}

TEST(DisasmTest, PrintsAModule) {
  EXPECT_EQ(DisassembleHex("01 {02 60 00 00 60 01 7f 01 7f} "
                           "02 {01 {'env'} {'a\"b'} 00 01} "
                           "03 {01 01} "
                           "04 {01 70 00 02} "
                           "05 {01 01 01 02} "
                           "06 {01 7f 01 41 7f 0b} "
                           "07 {01 {'f'} 00 01} "
                           "09 {01 00 41 01 0b 01 01} "
                           "0a {01 {01 02 7e 20 00 04 7f 41 05 05 20 00 0b "
                           "36 02 08 0b}} "
                           "0b {01 00 41 03 0b {'x' 00}} "
                           "00 {{'name'} 01 {01 01 {'f;(g'}}}"),
            R"((module ;; 119 bytes
  (type (;0;) (func))
  (type (;1;) (func (param i32) (result i32)))
  (import "env" "a\22b" (func (;0;) (type 1)))
  (func (;1;) (type 1) (;$f??g;)
    (local i64 i64)
    (;00004f;) local.get 0
    (;000051;) if (result i32)
    (;000053;)   i32.const 5
    (;000055;) else
    (;000056;)   local.get 0
    (;000058;) end
    (;000059;) i32.store offset=8
  )
  (table 2 funcref) ;; 0
  (memory 1 2) ;; 0
  (global (mut i32) i32.const -1) ;; 0
  (export "f" (func 1))
  (elem (table 0) (offset i32.const 1) func 1)
  (data (offset i32.const 3) "x\00")
)
)");
}

TEST(DisasmTest, PrintsImmediates) {
  const struct {
    const char* code;  // hexadecimal
    const char* text;
  } kCases[] = {
      {"0e 02 00 01 02", "br_table 0 1 2\n"},
      {"11 03 01", "call_indirect 1 (type 3)\n"},
      {"1c 01 70", "select (result funcref)\n"},
      {"d0 6f", "ref.null extern\n"},
      {"d0 70", "ref.null func\n"},
      {"fc 0c 02 01", "table.init 1 2\n"},
      {"fc 0e 02 01", "table.copy 2 1\n"},
      {"fc 08 05 00", "memory.init 5\n"},
      {"fc 0a 00 00", "memory.copy\n"},
      {"3f 00", "memory.size\n"},
      {"29 00 ff 01", "i64.load offset=255 align=1\n"},
      {"29 03 00", "i64.load\n"},
      {"42 80 7f", "i64.const -128\n"},
      {"43 00 00 80 3f", "f32.const 0x1p+0\n"},
      {"44 00 00 00 00 00 00 f8 7f", "f64.const nan:0x8000000000000\n"},
      {"02 7c", "block (result f64)\n"},
      {"03 05", "loop (type 5)\n"},
      {"04 40", "if\n"},
  };
  for (const auto& c : kCases) {
    const std::string code = c.code;
    EXPECT_THAT(DisassembleHex("01 {01 60 00 00} 03 {01 00} 0a {01 {00 " +
                               code + " 0b 0b}}"),
                HasSubstr(c.text))
        << code;
  }
}

TEST(DisasmTest, SaysWhereABodyIsMalformed) {
  const auto body = [](const std::string& hex) {
    return DisassembleHex("01 {01 60 00 00} 03 {01 00} 0a {01 {" + hex + "}}");
  };
  EXPECT_THAT(body("00 01"),
              HasSubstr(";; 000018: unexpected end of section or function"));
  EXPECT_THAT(body("00 01 ff 0b"), HasSubstr(";; 000018: illegal opcode"));
  EXPECT_THAT(body("00 0b 01"), HasSubstr(";; 000018: 1 bytes behind the end"));
  EXPECT_THAT(body("01 01 01 0b"), HasSubstr(": malformed value type"));
  // Stray ends of blocks do not disturb it.
  EXPECT_THAT(body("00 05 0b"), HasSubstr("else\n"));
}

TEST(DisasmTest, OutputIsBoundedByTheModule) {
  // Four billion locals; blocks nested as deep as they go.
  std::string code = "01 ff ff ff ff 0f 7f";
  for (int i = 0; i < 50; ++i) code += " 02 40";
  const std::string text =
      DisassembleHex("01 {01 60 00 00} 03 {01 00} 0a {01 {" + code + "}}");
  EXPECT_THAT(text, HasSubstr(";; of 4294967295"));
  EXPECT_LT(text.size(), 200u * 150);
}

}  // namespace
}  // namespace ashlar::wasm
