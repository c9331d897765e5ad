// What fills a module's imports: host functions by a resolver, everything else
// made to fit.
#ifndef ENGINE_LINKER_H_
#define ENGINE_LINKER_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/base/limits.h"
#include "engine/interp/instance.h"
#include "engine/wasm/module.h"

namespace ashlar::engine {

// Answers the function for one import; never null.
using FunctionResolver = absl::FunctionRef<interp::Func*(const wasm::Import&)>;

// Makes `externs` one for each import, in order. Memories, tables and globals
// are new in `store`, of the imported type, with zeros.
void LinkImports(const wasm::Module& module, const base::Limits& limits,
                 interp::Store* store, FunctionResolver resolve,
                 std::vector<interp::Extern>* externs);

// A function that traps with kUnknownHostFunction and the import's names; it
// charges nothing. `import` outlives the store's contents.
interp::Func* NewUnknownFunction(const wasm::Module& module,
                                 const wasm::Import& import,
                                 interp::Store* store);

}  // namespace ashlar::engine

#endif  // ENGINE_LINKER_H_
