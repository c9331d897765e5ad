#include "engine/host/seal/function_page.h"

#include "absl/strings/str_cat.h"
#include "engine/host/seal/functions.h"
#include "engine/host/seal/work.h"

namespace ashlar::host {
namespace {

constexpr char kHead[] = R"(# Host functions of the seal ABI

Made from `abi.def` by `bazel run //engine/host/seal:make_function_page`; a
test keeps it fresh. Parameters and results are `i32` but where `i64` is
written. A name in brackets is a second name of the same function.

Price of every call: `host_call`, plus input bytes and output bytes, each
divided by `host_bytes_per_fuel` and rounded up, plus what the column "work"
names (`metering/README.md`, section 5): so many `state_read` and `state_write`;
`bytes` is `state_byte` for each input byte and for each byte of a value that is
read; `/64` is once for each 64 input bytes and once more for the rest, which
may be empty; other units are charged once.

| module | name | type | status | work | |
|---|---|---|---|---|---|
)";

std::string TypeText(absl::string_view letters) {
  std::string text;
  for (const char letter : letters) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    letter == 'i' ? "i32" : "i64");
  }
  return text;
}

std::string NameText(const SealFunction& f) {
  switch (f.names) {
    case SealNames::kPlain:
      return absl::StrCat("`", f.name, "`");
    case SealNames::kPrefixed:
      return absl::StrCat("`", f.prefixed_name, "`");
    case SealNames::kBoth:
      return absl::StrCat("`", f.name, "` [`", f.prefixed_name, "`]");
  }
  return "";
}

absl::string_view StatusText(SealStatus status) {
  switch (status) {
    case SealStatus::kStable:
      return "";
    case SealStatus::kUnstable:
      return "unstable";
    case SealStatus::kDeprecated:
      return "deprecated";
  }
  return "";
}

void AddUnit(uint32_t count, absl::string_view unit, absl::string_view suffix,
             std::string* text) {
  if (count == 0) return;
  absl::StrAppend(text, text->empty() ? "" : " + ");
  if (count > 1) absl::StrAppend(text, count, " x ");
  absl::StrAppend(text, "`", unit, "`", suffix);
}

std::string WorkText(const Work& work) {
  std::string text;
  AddUnit(work.reads, "state_read", "", &text);
  AddUnit(work.writes, "state_write", "", &text);
  AddUnit(work.is_recorded, "bytes", "", &text);
  AddUnit(work.unit.price != nullptr, work.unit.name, "", &text);
  AddUnit(work.block_unit.price != nullptr, work.block_unit.name, " /64",
          &text);
  return text;
}

}  // namespace

std::string SealFunctionPage() {
  std::string page = kHead;
  for (const SealFunction& f : SealFunctions()) {
    const size_t arrow = f.type.find('>');
    absl::StrAppend(&page, "| ", f.module, " | ", NameText(f), " | (",
                    TypeText(f.type.substr(0, arrow)), ")");
    if (arrow != absl::string_view::npos) {
      absl::StrAppend(&page, " -> ", TypeText(f.type.substr(arrow + 1)));
    }
    absl::StrAppend(&page, " | ", StatusText(f.status), " | ",
                    WorkText(*f.work), " | ", f.doc, " |\n");
  }
  return page;
}

}  // namespace ashlar::host
