// The most fuel that a call of a function can use, where its code alone says
// so: the dearest path through it.
#ifndef ENGINE_WASM_FUEL_BOUND_H_
#define ENGINE_WASM_FUEL_BOUND_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/wasm/module.h"
#include "metering/schedule.h"

namespace ashlar::wasm {

// One a defined function. Nothing for a function that branches back, that
// charges by a value (memory.grow, bulk instructions, their like for tables),
// or that calls such a function, itself, a host function, or by a table. No
// call uses more than its bound; one that takes the dearest path uses exactly
// that. The price of the call itself is its caller's.
// REQUIRES: Decode succeeded on `module` and its bodies are valid. Linear in
// the size of the module.
std::vector<std::optional<uint64_t>> FuelBounds(
    const Module& module, const metering::Schedule& schedule);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_FUEL_BOUND_H_
