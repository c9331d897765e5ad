#include "engine/wasm/violation.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace ashlar::wasm {
namespace {

struct Row {
  ViolationKind kind;
  const char* code;
  const char* phrase;
};

constexpr Row kRows[] = {
#define VIOLATION(name, kind, code, phrase) \
  {ViolationKind::k##kind, code, phrase},
#include "engine/wasm/violation.def"
};

const Row& RowOf(ViolationCode code) { return kRows[static_cast<int>(code)]; }

}  // namespace

ViolationKind KindOf(ViolationCode code) { return RowOf(code).kind; }

absl::string_view CodeName(ViolationCode code) { return RowOf(code).code; }

absl::string_view Phrase(ViolationCode code) { return RowOf(code).phrase; }

void Violations::Add(ViolationCode code, uint32_t offset,
                     absl::string_view detail) {
  if (full()) return;
  std::string message(Phrase(code));
  if (!detail.empty()) {
    absl::StrAppend(&message, absl::ascii_isdigit(detail[0]) ? " " : ": ",
                    detail);
  }
  list_.push_back({code, offset, std::move(message)});
}

}  // namespace ashlar::wasm
