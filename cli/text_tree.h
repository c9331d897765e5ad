// JSON that consists of objects and strings alone, as a tree.
#ifndef CLI_TEXT_TREE_H_
#define CLI_TEXT_TREE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ashlar::cli {

// A string or an object.
struct TextTree {
  std::string name;  // where it is a member of an object
  bool is_object = false;
  std::string text;               // of a string
  std::vector<TextTree> members;  // of an object, in the order of the text
};

// INVALID_ARGUMENT: not JSON (with line and column), or anything but objects
// and strings, a name given twice in an object, or objects nested deeper than
// 8 (with the path of the member, "/accounts/c0/balance").
absl::StatusOr<TextTree> ParseTextTree(absl::string_view json);

}  // namespace ashlar::cli

#endif  // CLI_TEXT_TREE_H_
