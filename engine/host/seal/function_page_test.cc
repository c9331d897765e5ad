#include "engine/host/seal/function_page.h"

#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace ashlar::host {
namespace {

TEST(FunctionPage, TheCheckedInPageIsFresh) {
  std::ifstream file("engine/host/seal/HOST_FUNCTIONS.md");
  ASSERT_TRUE(file.is_open());
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), SealFunctionPage())
      << "run: bazel run //engine/host/seal:make_function_page "
         "> engine/host/seal/HOST_FUNCTIONS.md";
}

}  // namespace
}  // namespace ashlar::host
