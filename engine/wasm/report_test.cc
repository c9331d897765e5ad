#include "engine/wasm/report.h"

#include <vector>

#include "engine/wasm/decoder.h"
#include "engine/wasm/test_bytes.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

Report ReportOf(absl::string_view sections) {
  // The report must not borrow: module and bytes end here.
  const std::vector<uint8_t> bytes = HexModule(sections);
  Module module;
  Violations violations;
  Decode(Exactly(bytes), base::kRelaxedLimits, Features::All(), &module,
         &violations);
  return MakeReport(module, metering::Ashlar1());
}

TEST(ReportTest, DescribesAModule) {
  const Report r = ReportOf(
      "01 {02 60 00 00 60 01 7f 01 7f} "
      "02 {02 {'env'} {'f'} 00 01 {'env'} {'m'} 02 01 01 02} "
      "03 {02 00 01} "
      "06 {01 7f 01 41 00 0b} "
      "07 {02 {'go'} 00 02 {'mem'} 02 00} "
      "08 {01} "
      "0a {02 {00 01 01 0b} {01 01 7e 20 00 0b}} "
      "0b {01 00 41 00 0b {'abc'}} "
      "00 {{'name'} 01 {01 01 {'init'}}}");
  EXPECT_EQ(r.function_count, 3u);
  EXPECT_EQ(r.type_count, 2u);
  EXPECT_EQ(r.memory_count, 1u);
  EXPECT_EQ(r.global_count, 1u);
  EXPECT_EQ(r.data_segment_count, 1u);
  EXPECT_EQ(r.segment_size_bytes, 3u);
  EXPECT_EQ(r.code_size_bytes, 13u);
  EXPECT_TRUE(r.has_start);
  EXPECT_EQ(r.start, 1u);
  ASSERT_EQ(r.imports.size(), 2u);
  EXPECT_EQ(r.imports[0].module, "env");
  EXPECT_EQ(r.imports[0].type, "func (param i32) (result i32)");
  EXPECT_EQ(r.imports[1].type, "memory 1 2");
  ASSERT_EQ(r.exports.size(), 2u);
  EXPECT_EQ(r.exports[0].name, "go");
  EXPECT_EQ(r.exports[0].type, "func (param i32) (result i32)");
  EXPECT_EQ(r.exports[1].type, "memory 1 2");
  ASSERT_EQ(r.functions.size(), 2u);
  EXPECT_EQ(r.functions[0].index, 1u);
  EXPECT_EQ(r.functions[0].name, "init");
  EXPECT_EQ(r.functions[0].body_size_bytes, 4u);
  EXPECT_EQ(r.functions[0].runs.instruction_count, 3u);
  EXPECT_FALSE(r.functions[0].is_malformed);
  EXPECT_EQ(r.functions[1].name, "go");  // by its export
  EXPECT_EQ(r.functions[1].offset, r.functions[0].offset + 5);
  EXPECT_EQ(r.instruction_count, 5u);
  EXPECT_EQ(r.run_count, 2u);
  EXPECT_EQ(r.dearest_run_fuel, 2u);
  EXPECT_EQ(r.dearest_run_function, 1u);
}

TEST(ReportTest, DescribesWhatCouldBeDecoded) {
  // Unknown types and functions, a malformed body, then malformed bytes.
  const Report r = ReportOf(
      "01 {01 60 00 00} 02 {01 {} {'f'} 00 09} 03 {02 00 07} "
      "07 {01 {'x'} 00 55} 0a {02 {00 ff} {00 0b}} 0b 05");
  EXPECT_EQ(r.imports.at(0).type, "func ?");
  EXPECT_EQ(r.exports.at(0).type, "func ?");
  ASSERT_EQ(r.functions.size(), 2u);
  EXPECT_TRUE(r.functions[0].is_malformed);
  EXPECT_FALSE(r.functions[1].is_malformed);
  EXPECT_EQ(r.functions[1].type, "func ?");
}

}  // namespace
}  // namespace ashlar::wasm
