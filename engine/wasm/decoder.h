// bytes -> Module.
#ifndef ENGINE_WASM_DECODER_H_
#define ENGINE_WASM_DECODER_H_

#include "absl/types/span.h"
#include "engine/base/limits.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"

namespace ashlar::wasm {

// Decodes and checks everything but the bodies' instructions: section order,
// sizes, counts, LEB128 forms, UTF-8, index bounds, types, duplicate exports,
// constant expressions, data count, limits, features. Malformed bytes stop it
// at the first violation; invalid parts, limits and refused features (each
// at its first use) are all collected, up to Violations::kMax. A count beyond
// its limit stops it too, after the counts of later sections were compared.
// Returns true where `violations` stayed empty; otherwise the module is to be
// looked at (engine/wasm/report.h) but not to be compiled. Never reads past
// the bytes.
// REQUIRES: `violations` is empty, bytes.size() < 2^31, and
// Module::kReadablePadding readable bytes behind them (for the translator).
// Linear in the size of the input; allocates only to grow the module's
// vectors, and a hash set for more than 64 types or 32 exports.
bool Decode(absl::Span<const uint8_t> bytes, const base::Limits& limits,
            Features features, Module* module, Violations* violations);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_DECODER_H_
