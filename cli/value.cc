#include "cli/value.h"

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace ashlar::cli {
namespace {

using wasm::ValType;

absl::Status BadValue(ValType type, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is not a value of type ", wasm::ValTypeName(type)));
}

bool IsNarrow(ValType type) {
  return type == ValType::kI32 || type == ValType::kF32;
}

// An unsigned or negative integer that fits the width of `type`.
bool ParseInteger(ValType type, absl::string_view text, uint64_t* bits) {
  if (absl::StartsWith(text, "-")) {
    int64_t n = 0;
    if (!absl::SimpleAtoi(text, &n)) return false;
    if (IsNarrow(type) && n < INT32_MIN) return false;
    *bits =
        IsNarrow(type) ? static_cast<uint32_t>(n) : static_cast<uint64_t>(n);
    return true;
  }
  if (!absl::SimpleAtoi(text, bits)) return false;
  return !IsNarrow(type) || *bits <= UINT32_MAX;
}

bool ParseHex(ValType type, absl::string_view text, uint64_t* bits) {
  if (!absl::ConsumePrefix(&text, "0x")) return false;
  if (!absl::SimpleHexAtoi(text, bits)) return false;
  return !IsNarrow(type) || *bits <= UINT32_MAX;
}

bool ParseFloat(ValType type, absl::string_view text, uint64_t* bits) {
  if (type == ValType::kF32) {
    float f = 0;
    uint32_t b = 0;
    if (!absl::SimpleAtof(text, &f)) return false;
    std::memcpy(&b, &f, sizeof(b));
    *bits = b;
    return true;
  }
  double d = 0;
  if (!absl::SimpleAtod(text, &d)) return false;
  std::memcpy(bits, &d, sizeof(*bits));
  return true;
}

}  // namespace

std::string FormatValue(ValType type, uint64_t bits) {
  const absl::string_view name = wasm::ValTypeName(type);
  switch (type) {
    case ValType::kI32:
    case ValType::kI64:
      return absl::StrCat(name, ":", bits);
    case ValType::kF32:
      return absl::StrFormat("%s:0x%08x", name, bits);
    case ValType::kF64:
      return absl::StrFormat("%s:0x%016x", name, bits);
    case ValType::kFuncRef:
      // A function has no number outside its instance.
      return absl::StrCat(name, bits == 0 ? ":null" : ":function");
    case ValType::kExternRef:
      if (bits == 0) return absl::StrCat(name, ":null");
      return absl::StrCat(name, ":", bits - 1);
  }
  return "?";
}

absl::StatusOr<uint64_t> ParseValue(ValType type, absl::string_view text) {
  const absl::string_view whole = text;
  if (const size_t colon = text.find(':'); colon != absl::string_view::npos) {
    if (text.substr(0, colon) != wasm::ValTypeName(type)) {
      return BadValue(type, whole);
    }
    text.remove_prefix(colon + 1);
  }
  uint64_t bits = 0;
  switch (type) {
    case ValType::kI32:
    case ValType::kI64:
      if (ParseHex(type, text, &bits) || ParseInteger(type, text, &bits)) {
        return bits;
      }
      return BadValue(type, whole);
    case ValType::kF32:
    case ValType::kF64:
      if (ParseHex(type, text, &bits) || ParseFloat(type, text, &bits)) {
        return bits;
      }
      return BadValue(type, whole);
    case ValType::kFuncRef:
      if (text == "null") return 0;
      return BadValue(type, whole);
    case ValType::kExternRef:
      if (text == "null") return 0;
      if (absl::SimpleAtoi(text, &bits) && bits < UINT64_MAX) return bits + 1;
      return BadValue(type, whole);
  }
  return BadValue(type, whole);
}

}  // namespace ashlar::cli
