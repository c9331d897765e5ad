// The table of limits in ARCHITECTURE.md is made of limits.def. Where this
// fails, put the expected table that it prints between the two markers.
#include "engine/base/limits.h"

#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/profile.h"
#include "gtest/gtest.h"

namespace ashlar {
namespace {

constexpr absl::string_view kBegin = "<!-- limits -->\n";
constexpr absl::string_view kEnd = "<!-- /limits -->\n";

// 65536 as "65,536".
std::string Grouped(uint32_t number) {
  std::string digits = absl::StrCat(number);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string Table() {
  const engine::ProfileSet& profiles = engine::ProfileSet::BuiltIn();
  std::string text =
      "| limit | of | strict-1 | seal-1 | relaxed-1 | unit |\n"
      "|---|---|--:|--:|--:|---|\n";
  for (const base::LimitField& field : base::kLimitFields) {
    absl::StrAppend(&text, "| `", field.name, "` | ", field.meaning);
    for (const char* name : {"strict-1", "seal-1", "relaxed-1"}) {
      absl::StrAppend(&text, " | ",
                      Grouped(profiles.FindByName(name)->limits.*field.value));
    }
    absl::StrAppend(&text, " | ", field.unit, " |\n");
  }
  return text;
}

TEST(Architecture, ItsTableOfLimitsIsFresh) {
  std::ifstream file("ARCHITECTURE.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  const size_t begin = page.find(kBegin.data(), 0, kBegin.size());
  const size_t end = page.find(kEnd.data(), 0, kEnd.size());
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(page.substr(begin + kBegin.size(), end - begin - kBegin.size()),
            Table())
      << "expected:\n"
      << Table();
}

}  // namespace
}  // namespace ashlar
