#include "engine/wasm/opcode_page.h"

#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

TEST(OpcodePageTest, TheCheckedInPageIsFresh) {
  std::ifstream file("engine/wasm/OPCODES.md");
  ASSERT_TRUE(file.is_open());
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), OpcodePage())
      << "run: bazel run //engine/wasm:make_opcode_page "
         "> engine/wasm/OPCODES.md";
}

}  // namespace
}  // namespace ashlar::wasm
