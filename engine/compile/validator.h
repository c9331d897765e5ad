// Validation by the spec's own algorithm (spec 2.0, appendix "Validation
// Algorithm"): for dead code, where operands are polymorphic, and to say what
// is wrong, and where, in a body that the translator refused.
#ifndef ENGINE_COMPILE_VALIDATOR_H_
#define ENGINE_COMPILE_VALIDATOR_H_

#include <cstdint>

#include "engine/compile/compile.h"
#include "engine/compile/translator.h"
#include "engine/wasm/features.h"
#include "engine/wasm/violation.h"
#include "metering/fuel.h"

namespace ashlar::compile {

// Whether values of a type may occur at all under the features.
bool IsTypeEnabled(uint8_t type, wasm::Features features);

// Goes over dead code: from `ip`, behind an unconditional transfer in the
// block controls[depth], to that block's `end` or `else`, which is returned;
// nullptr where it is not valid (or runs past the end).
const uint8_t* ValidateDeadCode(const Context& context, const uint8_t* ip,
                                const Control* controls, uint32_t depth);

// Validates the whole body of `function` and adds what is wrong with it.
// Returns true where nothing is.
bool ValidateBody(const wasm::Module& module, const Options& options,
                  uint32_t function, wasm::Violations* violations);

// Parts of prices that depend on an immediate.
inline uint32_t BranchTableWidthPrice(const metering::Schedule& schedule,
                                      uint64_t targets) {
  return static_cast<uint32_t>(
      metering::CeilDiv(targets, schedule.branch_table_targets_per_fuel));
}
inline uint32_t CallParametersPrice(const metering::Schedule& schedule,
                                    uint32_t params) {
  return params * schedule.call_parameter;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_VALIDATOR_H_
