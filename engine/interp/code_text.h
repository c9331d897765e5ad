// Internal code as text, for people who work on the engine. Its form is no
// interface.
#ifndef ENGINE_INTERP_CODE_TEXT_H_
#define ENGINE_INTERP_CODE_TEXT_H_

#include <cstdint>
#include <string>

#include "engine/interp/code.h"

namespace ashlar::interp {

// A line an instruction: offset from the function's entry, operation, fields;
// branch targets as offsets. The first line is the header. REQUIRES:
// `function` is one of the module's own.
std::string CodeText(const Code& code, uint32_t function);

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_CODE_TEXT_H_
