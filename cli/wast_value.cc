#include "cli/wast_value.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "cli/value.h"

namespace ashlar::cli {
namespace {

using wasm::ValType;

std::optional<ValType> TypeOf(absl::string_view name) {
  for (ValType type : {ValType::kI32, ValType::kI64, ValType::kF32,
                       ValType::kF64, ValType::kFuncRef, ValType::kExternRef}) {
    if (name == wasm::ValTypeName(type)) return type;
  }
  return std::nullopt;
}

bool ReadReference(const std::string& text, WastValue* out) {
  if (text == "null") {
    out->bits = 0;
    return true;
  }
  if (text.empty()) {
    out->match = WastValue::Match::kAnyReference;
    return true;
  }
  uint64_t n = 0;
  if (!absl::SimpleAtoi(text, &n) || n == UINT64_MAX) return false;
  // A script can name host values only; of a function it can but ask that
  // there is one.
  out->match = out->type == ValType::kExternRef ? WastValue::Match::kBits
                                                : WastValue::Match::kNotNull;
  out->bits = n + 1;
  return true;
}

bool ReadValue(const nlohmann::json& j, WastValue* out) {
  if (!j.is_object()) return false;
  const auto type_name = j.find("type");
  if (type_name == j.end() || !type_name->is_string()) return false;
  const auto type = TypeOf(type_name->get_ref<const std::string&>());
  if (!type) return false;
  out->type = *type;
  std::string text;
  if (const auto value = j.find("value"); value != j.end()) {
    if (!value->is_string()) return false;
    text = value->get<std::string>();
  }
  if (wasm::IsRefType(static_cast<uint8_t>(*type))) {
    return ReadReference(text, out);
  }
  if (text == "nan:canonical") {
    out->match = WastValue::Match::kCanonicalNan;
    return true;
  }
  if (text == "nan:arithmetic") {
    out->match = WastValue::Match::kArithmeticNan;
    return true;
  }
  if (!absl::SimpleAtoi(text, &out->bits)) return false;
  const bool narrow = *type == ValType::kI32 || *type == ValType::kF32;
  return !narrow || out->bits <= UINT32_MAX;
}

bool IsCanonicalNan(ValType type, uint64_t bits) {
  return type == ValType::kF32
             ? (bits & 0xffffffff7fffffff) == 0x7fc00000
             : (bits & 0x7fffffffffffffff) == 0x7ff8000000000000;
}

bool IsArithmeticNan(ValType type, uint64_t bits) {
  return type == ValType::kF32
             ? (bits & 0xffffffff7fc00000) == 0x7fc00000
             : (bits & 0x7ff8000000000000) == 0x7ff8000000000000;
}

}  // namespace

bool ReadWastValues(const nlohmann::json& list, std::vector<WastValue>* out) {
  if (list.is_null()) return true;
  if (!list.is_array()) return false;
  for (const auto& item : list) {
    WastValue value;
    if (!ReadValue(item, &value)) return false;
    out->push_back(value);
  }
  return true;
}

bool Matches(const WastValue& value, uint64_t bits) {
  switch (value.match) {
    case WastValue::Match::kBits:
      return bits == value.bits;
    case WastValue::Match::kCanonicalNan:
      return IsCanonicalNan(value.type, bits);
    case WastValue::Match::kArithmeticNan:
      return IsArithmeticNan(value.type, bits);
    case WastValue::Match::kNotNull:
      return bits != 0;
    case WastValue::Match::kAnyReference:
      return true;
  }
  return false;
}

std::string ToText(const WastValue& value) {
  const absl::string_view type = wasm::ValTypeName(value.type);
  switch (value.match) {
    case WastValue::Match::kBits:
      return FormatValue(value.type, value.bits);
    case WastValue::Match::kCanonicalNan:
      return absl::StrCat(type, ":nan:canonical");
    case WastValue::Match::kArithmeticNan:
      return absl::StrCat(type, ":nan:arithmetic");
    case WastValue::Match::kNotNull:
      return absl::StrCat(type, ":not null");
    case WastValue::Match::kAnyReference:
      return absl::StrCat(type, ":any");
  }
  return "?";
}

}  // namespace ashlar::cli
