#include "cli/text_tree.h"

#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::cli {
namespace {

using ::testing::HasSubstr;

// The tree as JSON, members in the order in which they came.
std::string Show(const TextTree& tree) {
  if (!tree.is_object) return "'" + tree.text + "'";
  std::string text = "{";
  for (const TextTree& member : tree.members) {
    text += member.name + ":" + Show(member) + " ";
  }
  return text + "}";
}

TEST(TextTreeTest, HoldsObjectsAndStrings) {
  const struct {
    const char* json;
    const char* shown;
  } rows[] = {
      {R"("text")", "'text'"},
      {R"({})", "{}"},
      {R"({"b":"1","a":"2"})", "{b:'1' a:'2' }"},
      {R"( { "o" : { "p" : {} , "q" : "x" } , "r" : "y" } )",
       "{o:{p:{} q:'x' } r:'y' }"},
      {R"({"a":{"k":"1"},"b":{"k":"2"},"":"3"})",
       "{a:{k:'1' } b:{k:'2' } :'3' }"},
      {R"({"\u00e9":"\n"})", "{\xc3\xa9:'\n' }"},
  };
  for (const auto& row : rows) {
    const auto tree = ParseTextTree(row.json);
    ASSERT_TRUE(tree.ok()) << row.json << ": " << tree.status();
    EXPECT_EQ(Show(*tree), row.shown);
  }
}

TEST(TextTreeTest, ErrorsNameThePlace) {
  const struct {
    const char* json;
    const char* message;
  } rows[] = {
      {"", "line 1, column 1"},
      {"{", "line 1, column 2"},
      {"{\n  \"a\": x}", "line 2, column 8"},
      {R"({"a":"1",})", "line 1, column 10"},
      {R"({} {})", "line 1, column 4"},
      {"{\"a\":\"\xff\"}", "line 1, column 7"},
      {"7", "/: a string or an object is expected, not a number"},
      {R"({"a":{"b":7}})", "/a/b: a string or an object is expected"},
      {R"({"a":{"b":"1"},"c":-7})", "/c: "},
      {R"({"a":1.5})", "/a: a string or an object is expected, not a number"},
      {R"({"a":null})", "/a: a string or an object is expected, not null"},
      {R"({"a":true})", "/a: a string or an object is expected, not a bool"},
      {R"({"a":["x"]})", "/a: a string or an object is expected, not an arr"},
      {R"({"a":"1","b":"2","a":"3"})", "/a: the name is given twice"},
      {R"({"x":{"a":"1","a":"3"}})", "/x/a: the name is given twice"},
      {R"({"":{"":{"":{"":{"":{"":{"":{"":{"":""}}}}}}}}})", "too deep"},
  };
  for (const auto& row : rows) {
    const absl::Status status = ParseTextTree(row.json).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.json;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
  }
}

TEST(TextTreeTest, EightLevelsAreFine) {
  EXPECT_TRUE(
      ParseTextTree(R"({"":{"":{"":{"":{"":{"":{"":{"":""}}}}}}}})").ok());
}

}  // namespace
}  // namespace ashlar::cli
