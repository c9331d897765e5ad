// Values of wasm as people write and read them on the command line.
#ifndef CLI_VALUE_H_
#define CLI_VALUE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/wasm/types.h"

namespace ashlar::cli {

// "i32:7", "i64:832040" (unsigned decimals), "f32:0x7fc00000" (bits),
// "funcref:null", "externref:6". REQUIRES: `bits` is a value of `type` as the
// interpreter holds it.
std::string FormatValue(wasm::ValType type, uint64_t bits);

// Reads `text` as a value of `type`: a decimal (signed or unsigned), a number
// in hex with 0x, for floats also a decimal fraction (an integer in hex is
// the float's bits), "null" for references, a number for externref. The type
// may be written in front ("i64:5") and must then be `type`. The error names
// the text.
absl::StatusOr<uint64_t> ParseValue(wasm::ValType type, absl::string_view text);

}  // namespace ashlar::cli

#endif  // CLI_VALUE_H_
