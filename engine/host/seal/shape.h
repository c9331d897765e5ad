// What a module must look like to be a contract of the seal ABI
// (pallet-contracts: prepare.rs).
#ifndef ENGINE_HOST_SEAL_SHAPE_H_
#define ENGINE_HOST_SEAL_SHAPE_H_

#include <cstdint>
#include <vector>

#include "engine/host/seal/functions.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"

namespace ashlar::host {

// Adds a violation for every deviation from:
// - memory: exactly one, imported as env.memory, not exported, its minimum
//   and maximum at most `memory_pages_max` (no maximum counts as that);
// - no imported tables or globals;
// - exports: functions `deploy` and `call`, both there, of type () -> () or
//   () -> (i32), and nothing else;
// - no start function;
// - function imports that the ABI knows, with the ABI's type, where
//   `reject_unknown` says so.
// `module` may have been refused by the decoder for limits and features; what
// cannot be resolved then is passed over.
// `*functions` becomes what each imported function means, by its index; null
// where the ABI knows no such function.
void CheckSealShape(const wasm::Module& module, bool reject_unknown,
                    uint32_t memory_pages_max, wasm::Violations* violations,
                    std::vector<const SealFunction*>* functions);

}  // namespace ashlar::host

#endif  // ENGINE_HOST_SEAL_SHAPE_H_
