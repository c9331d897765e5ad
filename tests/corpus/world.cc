#include "tests/corpus/world.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/wasm/violation.h"

namespace ashlar::testing {
namespace {

void AppendHex(std::string* out, uint64_t value) {
  absl::StrAppend(out, "0x", absl::Hex(value));
}

template <typename List>
std::string ListDifference(absl::string_view what, const List& a,
                           const List& b) {
  if (a == b) return "";
  if (a.size() != b.size()) {
    return absl::StrCat(what, ": ", a.size(), " and ", b.size(), " long; ");
  }
  const size_t at = static_cast<size_t>(
      std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return absl::StrCat(what, "[", at, "]: 0x",
                      absl::Hex(static_cast<uint64_t>(a[at])), " and 0x",
                      absl::Hex(static_cast<uint64_t>(b[at])), "; ");
}

}  // namespace

Subject MakeSubject(absl::string_view bytes, const engine::Profile& profile) {
  Subject subject;
  wasm::Violations violations;
  subject.compiled = engine::Load(bytes, profile, &violations);
  if (subject.compiled != nullptr) {
    subject.decoded = std::make_shared<const naive::Module>(
        naive::Decode({bytes.begin(), bytes.end()}));
  }
  return subject;
}

std::string End::Describe() const {
  switch (kind) {
    case Kind::kNotLinked:
      return "not linked";
    case Kind::kOutOfFuel:
      return absl::StrCat("out of fuel at ", fuel_used);
    case Kind::kTrapped:
      return absl::StrCat("trap: ", interp::TrapText(trap), ", fuel ",
                          fuel_used);
    case Kind::kReturned:
      return absl::StrCat("[", absl::StrJoin(results, " ", AppendHex),
                          "], fuel ", fuel_used);
  }
  return "?";
}

std::string Difference(const View& a, const View& b) {
  if (a == b) return "";
  std::string text = absl::StrCat(
      ListDifference("memory", a.memory, b.memory),
      ListDifference("global", a.globals, b.globals),
      ListDifference("spent element segment", a.spent_elements,
                     b.spent_elements),
      ListDifference("spent data segment", a.spent_data, b.spent_data));
  if (a.tables.size() != b.tables.size()) return text + "tables";
  for (size_t i = 0; i < a.tables.size(); ++i) {
    text += ListDifference(absl::StrCat("table ", i), a.tables[i], b.tables[i]);
  }
  return text;
}

}  // namespace ashlar::testing
