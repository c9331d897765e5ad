// The pass over one body.
#ifndef ENGINE_COMPILE_TRANSLATE_H_
#define ENGINE_COMPILE_TRANSLATE_H_

#include "engine/compile/translator.h"

namespace ashlar::compile {

// Code of any body is smaller than kCodeBytesPerByte for each of its bytes
// (the dearest is a two-byte br_if that moves values: 64) plus
// kCodeBytesPerFunction.
inline constexpr uint64_t kCodeBytesPerByte = 40;
inline constexpr uint64_t kCodeBytesPerFunction = 128;

// Writes the code of the body in `context` from `out` (8-aligned) on; false
// where the body is not valid or beyond a limit. With context->records set,
// also notes where each instruction's code stands.
bool Translate(Context* context, uint8_t* out);

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_TRANSLATE_H_
