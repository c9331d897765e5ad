#include "cli/files.h"

#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace ashlar::cli {
namespace {

std::string TemporaryPath(const char* name) {
  return testing::TempDir() + "/" + name;
}

TEST(Files, WhatWasWrittenIsRead) {
  const std::string path = TemporaryPath("written");
  const std::string content("a\0b\n", 4);
  ASSERT_TRUE(WriteFile(path, content).ok());
  EXPECT_EQ(*ReadFile(path), content);
  ASSERT_TRUE(WriteFile(path, "shorter").ok());
  EXPECT_EQ(*ReadFile(path), "shorter");
}

TEST(Files, LongerThanABufferIsReadWhole) {
  const std::string path = TemporaryPath("long");
  const std::string content(200'001, 'x');
  ASSERT_TRUE(WriteFile(path, content).ok());
  EXPECT_EQ(*ReadFile(path), content);
}

TEST(Files, WhatIsMissingOrADirectoryIsNotFound) {
  EXPECT_EQ(ReadFile(TemporaryPath("missing")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadFile(testing::TempDir()).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(Files, WritingWhereNothingCanBeWrittenSaysSo) {
  const auto status = WriteFile(TemporaryPath("missing/file"), "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("missing/file"), absl::string_view::npos);
}

}  // namespace
}  // namespace ashlar::cli
