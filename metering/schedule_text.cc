#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status_macros.h"
#include "metering/schedule.h"
#include "metering/schedule_rows.h"

namespace ashlar::metering {
namespace {

constexpr absl::string_view kCopy = "copy";
constexpr absl::string_view kName = "name";
constexpr size_t kNameSizeMax = 64;

absl::Status At(size_t line, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("schedule, line ", line, ": ", what));
}

// Reads one schedule, a line at a time.
class Parser {
 public:
  absl::Status Line(size_t number, absl::string_view line) {
    line = line.substr(0, line.find('#'));
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty()) return absl::OkStatus();
    if (words.size() != 2) return At(number, "not a pair `name value`");
    if (words[0] == kCopy) return Copy(number, words[1]);
    is_first_ = false;
    if (words[0] == kName) return Name(number, words[1]);
    return Price(number, words[0], words[1]);
  }

  absl::StatusOr<Schedule> Finish() {
    if (!has_name_) {
      return absl::InvalidArgumentError("schedule: no line `name NAME`");
    }
    for (size_t i = 0; i < kClassCount && !is_copy_; ++i) {
      if (!class_given_[i]) return Missing(kClassRows[i].name);
    }
    for (size_t i = 0; i < kUnitCount && !is_copy_; ++i) {
      if (!unit_given_[i]) return Missing(kUnitRows[i].name);
    }
    const Schedule* known = FindSchedule(schedule_.name);
    if (known != nullptr && Digest(*known) != Digest(schedule_)) {
      return absl::InvalidArgumentError(
          absl::StrCat("schedule: '", schedule_.name,
                       "' is the name of a built-in schedule"));
    }
    return std::move(schedule_);
  }

 private:
  static absl::Status Missing(absl::string_view name) {
    return absl::InvalidArgumentError(
        absl::StrCat("schedule: no value for '", name, "'"));
  }

  absl::Status Copy(size_t number, absl::string_view name) {
    if (!is_first_) return At(number, "`copy` must be the first line");
    const Schedule* source = FindSchedule(name);
    if (source == nullptr) {
      return At(number, absl::StrCat("no built-in schedule '", name, "'"));
    }
    is_first_ = false;
    is_copy_ = true;
    schedule_ = *source;
    return absl::OkStatus();
  }

  absl::Status Name(size_t number, absl::string_view name) {
    if (has_name_) return At(number, "`name` is given twice");
    if (name.size() > kNameSizeMax) return At(number, "the name is too long");
    has_name_ = true;
    schedule_.name.assign(name.data(), name.size());
    return absl::OkStatus();
  }

  absl::Status Price(size_t number, absl::string_view name,
                     absl::string_view text) {
    uint32_t value = 0;
    // SimpleAtoi takes a sign; a price has none.
    if (!absl::ascii_isdigit(static_cast<unsigned char>(text[0])) ||
        !absl::SimpleAtoi(text, &value)) {
      return At(number, absl::StrCat("'", text, "' is no price"));
    }
    for (size_t i = 0; i < kClassCount; ++i) {
      if (kClassRows[i].name != name) continue;
      if (value > std::numeric_limits<uint16_t>::max()) {
        return At(number, absl::StrCat("'", text, "' exceeds 65535"));
      }
      schedule_.class_price[i] = static_cast<uint16_t>(value);
      return Once(number, name, &class_given_[i]);
    }
    for (size_t i = 0; i < kUnitCount; ++i) {
      if (kUnitRows[i].name != name) continue;
      schedule_.*kUnitRows[i].value = value;
      return Once(number, name, &unit_given_[i]);
    }
    return At(number, absl::StrCat("no class or unit '", name, "'"));
  }

  static absl::Status Once(size_t number, absl::string_view name,
                           bool* is_given) {
    if (*is_given) {
      return At(number, absl::StrCat("'", name, "' is given twice"));
    }
    *is_given = true;
    return absl::OkStatus();
  }

  Schedule schedule_;
  bool is_first_ = true;
  bool is_copy_ = false;
  bool has_name_ = false;
  bool class_given_[kClassCount] = {};
  bool unit_given_[kUnitCount] = {};
};

}  // namespace

absl::StatusOr<Schedule> ParseSchedule(absl::string_view text) {
  Parser parser;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    RETURN_IF_ERROR(parser.Line(++number, line));
  }
  return parser.Finish();
}

std::string FormatSchedule(const Schedule& schedule) {
  std::string text = absl::StrCat(kName, " ", schedule.name, "\n");
  for (size_t i = 0; i < kClassCount; ++i) {
    absl::StrAppend(&text, kClassRows[i].name, " ", schedule.class_price[i],
                    "\n");
  }
  for (const UnitRow& row : kUnitRows) {
    absl::StrAppend(&text, row.name, " ", schedule.*row.value, "\n");
  }
  return text;
}

}  // namespace ashlar::metering
