#include "engine/wasm/text.h"

#include "absl/base/casts.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace ashlar::wasm {
namespace {

std::string ValTypesText(absl::string_view keyword,
                         absl::Span<const ValType> types) {
  std::string text = absl::StrCat("(", keyword);
  for (ValType t : types) absl::StrAppend(&text, " ", ValTypeName(t));
  text += ')';
  return text;
}

std::string LimitsText(const Limits& limits) {
  std::string text = absl::StrCat(limits.min);
  if (limits.has_max) absl::StrAppend(&text, " ", limits.max);
  return text;
}

// What both float widths share. A float is exact as a double.
std::string FloatText(bool is_negative, bool is_special, uint64_t payload,
                      double value) {
  const absl::string_view sign = is_negative ? "-" : "";
  if (!is_special) return absl::StrFormat("%a", value);
  if (payload == 0) return absl::StrCat(sign, "inf");
  return absl::StrCat(sign, "nan:0x", absl::Hex(payload));
}

}  // namespace

std::string TypeUseText(const FuncType& type) {
  std::string text;
  if (type.param_count != 0) text = ValTypesText("param", type.params());
  if (type.result_count != 0) {
    absl::StrAppend(&text, text.empty() ? "" : " ",
                    ValTypesText("result", type.results()));
  }
  return text;
}

std::string ExternText(const Module& module, ExternKind kind, uint32_t index) {
  std::string text(ExternKindName(kind));
  switch (kind) {
    case ExternKind::kFunc: {
      if (index >= module.functions.size() ||
          module.functions[index] >= module.types.size()) {
        break;
      }
      const std::string use = TypeUseText(module.func_type(index));
      if (!use.empty()) absl::StrAppend(&text, " ", use);
      return text;
    }
    case ExternKind::kTable: {
      if (index >= module.tables.size()) break;
      const TableType& type = module.tables[index];
      return absl::StrCat(text, " ", LimitsText(type.limits), " ",
                          ValTypeName(type.element));
    }
    case ExternKind::kMemory:
      if (index >= module.memories.size()) break;
      return absl::StrCat(text, " ", LimitsText(module.memories[index].limits));
    case ExternKind::kGlobal: {
      if (index >= module.globals.size()) break;
      const GlobalType& type = module.globals[index].type;
      const absl::string_view name = ValTypeName(type.type);
      return type.is_mutable ? absl::StrCat(text, " (mut ", name, ")")
                             : absl::StrCat(text, " ", name);
    }
  }
  return absl::StrCat(text, " ?");
}

std::string QuotedText(absl::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() + 2);
  text += '"';
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      text += c;
    } else {
      text += '\\';
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  text += '"';
  return text;
}

std::string F32Text(uint32_t bits) {
  return FloatText(bits >> 31, (bits >> 23 & 0xff) == 0xff, bits & 0x7fffff,
                   absl::bit_cast<float>(bits));
}

std::string F64Text(uint64_t bits) {
  return FloatText(bits >> 63, (bits >> 52 & 0x7ff) == 0x7ff,
                   bits & 0xfffffffffffff, absl::bit_cast<double>(bits));
}

}  // namespace ashlar::wasm
