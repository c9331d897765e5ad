// Values of wast2json scripts: {"type": "f32", "value": "nan:canonical"}.
#ifndef CLI_WAST_VALUE_H_
#define CLI_WAST_VALUE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/wasm/types.h"
#include "nlohmann/json.hpp"

namespace ashlar::cli {

// What a value of a script demands. Bits are as the interpreter holds them:
// i32 and f32 zero-extended; `ref.extern N` is N + 1, so that 0 stays null.
struct WastValue {
  enum class Match : uint8_t {
    kBits,           // exactly `bits`
    kCanonicalNan,   // the canonical NaN of the type, either sign
    kArithmeticNan,  // any NaN with the top fraction bit set
    kNotNull,        // any reference but null
    kAnyReference,   // the script leaves the reference open
  };
  wasm::ValType type = wasm::ValType::kI32;
  Match match = Match::kBits;
  uint64_t bits = 0;
};

// Reads `list` (an array of values; a null or missing one is empty). False
// where a value is of a type or form that is unknown here, such as v128.
bool ReadWastValues(const nlohmann::json& list, std::vector<WastValue>* out);

// Whether `bits`, a value of type `value.type`, is what `value` demands.
bool Matches(const WastValue& value, uint64_t bits);

// "f32:nan:canonical", "i64:18", "externref:null": for messages.
std::string ToText(const WastValue& value);

}  // namespace ashlar::cli

#endif  // CLI_WAST_VALUE_H_
