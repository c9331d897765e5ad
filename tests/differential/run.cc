#include "tests/differential/run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace ashlar::testing {
namespace {

const char* KindName(Observation::Kind kind) {
  switch (kind) {
    case Observation::Kind::kReturned:
      return "returned";
    case Observation::Kind::kTrapped:
      return "trapped";
    case Observation::Kind::kOutOfFuel:
      return "out of fuel";
    case Observation::Kind::kNotInstantiated:
      return "not instantiated";
  }
  return "?";
}

template <typename T>
std::string FirstDifference(const char* what, const std::vector<T>& a,
                            const std::vector<T>& b) {
  if (a == b) return "";
  if (a.size() != b.size()) {
    return absl::StrCat(what, " sizes ", a.size(), " and ", b.size(), "; ");
  }
  const size_t at = static_cast<size_t>(
      std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return absl::StrCat(what, "[", at, "] 0x", absl::Hex(a[at]), " and 0x",
                      absl::Hex(b[at]), "; ");
}

}  // namespace

std::string Observation::Describe() const {
  std::string text = KindName(kind);
  if (kind == Kind::kTrapped) {
    absl::StrAppend(&text, " (", static_cast<int>(trap), ")");
  }
  absl::StrAppend(&text, ", used ", fuel_used);
  if (kind == Kind::kReturned) {
    absl::StrAppend(&text, ", results [",
                    absl::StrJoin(results, " ",
                                  [](std::string* out, uint64_t value) {
                                    absl::StrAppend(out, "0x",
                                                    absl::Hex(value));
                                  }),
                    "]");
  }
  return text;
}

std::string Difference(const Observation& expected, const Observation& actual) {
  if (expected == actual) return "";
  std::string text = absl::StrCat("expected ", expected.Describe(), "; got ",
                                  actual.Describe(), "; ");
  if (!actual.wrong_place.empty()) {
    absl::StrAppend(&text, "wrong place: ", actual.wrong_place, "; ");
  }
  absl::StrAppend(&text,
                  FirstDifference("memory", expected.memory, actual.memory),
                  FirstDifference("library's memory", expected.library_memory,
                                  actual.library_memory),
                  FirstDifference("global", expected.globals, actual.globals));
  for (size_t i = 0; i < std::min(expected.tables.size(), actual.tables.size());
       ++i) {
    absl::StrAppend(
        &text, FirstDifference("table", expected.tables[i], actual.tables[i]));
  }
  return text;
}

}  // namespace ashlar::testing
