#include "cli/text_tree.h"

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace ashlar::cli {
namespace {

constexpr size_t kDepthMax = 8;

// Receives the parser's events. This way nothing throws, a name that is given
// twice is seen, and each refusal knows its path.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Refuse("null"); }
  bool boolean(bool) override { return Refuse("a boolean"); }
  bool number_integer(number_integer_t) override { return Number(); }
  bool number_unsigned(number_unsigned_t) override { return Number(); }
  bool number_float(number_float_t, const string_t&) override {
    return Number();
  }
  bool binary(binary_t&) override { return Refuse("binary data"); }
  bool start_array(size_t) override { return Refuse("an array"); }
  bool end_array() override { return true; }

  bool string(string_t& text) override {
    Slot()->text = std::move(text);
    return true;
  }
  bool start_object(size_t) override {
    if (open_.size() == kDepthMax) return Fail("objects are nested too deep");
    TextTree* object = Slot();
    object->is_object = true;
    open_.push_back({object, {}});
    return true;
  }
  bool key(string_t& name) override {
    Open& object = open_.back();
    object.tree->members.emplace_back().name = name;
    // A storage may have many members, so they are not looked through.
    if (!object.names.insert(std::move(name)).second) {
      return Fail("the name is given twice");
    }
    return true;
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: ..."
    absl::string_view text = error.what();
    const size_t end = text.find("] ");
    if (end != absl::string_view::npos) text.remove_prefix(end + 2);
    error_ = std::string(text);
    return false;
  }

  const std::string& error() const { return error_; }
  TextTree Take() { return std::move(root_); }

 private:
  struct Open {
    TextTree* tree;
    absl::flat_hash_set<std::string> names;
  };

  // Where the next value goes. Pointers into open objects stay valid, since
  // an object gets no further member while its last one is being filled.
  TextTree* Slot() {
    return open_.empty() ? &root_ : &open_.back().tree->members.back();
  }
  bool Number() { return Refuse("a number; put it into quotes"); }
  bool Refuse(absl::string_view what) {
    return Fail(absl::StrCat("a string or an object is expected, not ", what));
  }
  bool Fail(absl::string_view what) {
    error_.clear();
    for (const Open& object : open_) {
      if (object.tree->members.empty()) break;
      absl::StrAppend(&error_, "/", object.tree->members.back().name);
    }
    if (error_.empty()) error_ = "/";
    absl::StrAppend(&error_, ": ", what);
    return false;
  }

  TextTree root_;
  std::vector<Open> open_;
  std::string error_;
};

}  // namespace

absl::StatusOr<TextTree> ParseTextTree(absl::string_view json) {
  TreeBuilder builder;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &builder)) {
    return absl::InvalidArgumentError(builder.error());
  }
  return builder.Take();
}

}  // namespace ashlar::cli
