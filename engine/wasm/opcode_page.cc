#include "engine/wasm/opcode_page.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "engine/wasm/opcode.h"
#include "metering/schedule.h"

namespace ashlar::wasm {
namespace {

constexpr absl::string_view kHead =
    R"(<!-- Made by `bazel run //engine/wasm:make_opcode_page`; do not edit. -->
# Opcodes

Every instruction the engine knows, from `engine/wasm/opcodes.def`: WebAssembly
2.0 without SIMD, with tail calls and extended constant expressions. The price
is the cost class's in the schedule `ashlar-1`, in fuel; what is added by width,
parameters, pages, bytes or elements is in `metering/README.md`. A signature of
`*` is given by the immediate or by the operands.

| code | instruction | signature | immediate | cost class | price | feature |
|---|---|---|---|---|---|---|
)";

constexpr absl::string_view kClassNames[] = {
#define COST_CLASS(name, price, meaning) #name,
#include "metering/cost_class.def"
};

std::string SignatureText(const OpcodeInfo& info) {
  if (!info.is_typed) return "*";
  std::string text = "[";
  for (ValType t : info.params()) {
    absl::StrAppend(&text, text.size() > 1 ? " " : "", ValTypeName(t));
  }
  text += "] -> [";
  for (ValType t : info.results()) absl::StrAppend(&text, ValTypeName(t));
  return text + "]";
}

std::string CodeText(const OpcodeInfo& info) {
  return info.is_prefixed()
             ? absl::StrFormat("%02x %02x", info.code >> 8, info.code & 0xff)
             : absl::StrFormat("%02x", info.code);
}

}  // namespace

std::string OpcodePage() {
  std::vector<const OpcodeInfo*> rows;
  for (const OpcodeInfo& info : kOpcodes) rows.push_back(&info);
  std::sort(rows.begin(), rows.end(),
            [](const OpcodeInfo* a, const OpcodeInfo* b) {
              return a->code < b->code;
            });
  std::string page(kHead);
  for (const OpcodeInfo* info : rows) {
    absl::StrAppend(&page, "| `", CodeText(*info), "` | `", info->text, "` | ",
                    SignatureText(*info), " | ", ImmediateText(info->immediate),
                    " | ", kClassNames[static_cast<int>(info->cost_class)],
                    " | ", metering::Ashlar1().price(info->cost_class), " | ",
                    FeatureName(info->feature), " |\n");
  }
  return page;
}

}  // namespace ashlar::wasm
