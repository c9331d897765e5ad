#include "engine/linker.h"

#include "absl/strings/str_cat.h"
#include "engine/interp/execution.h"

namespace ashlar::engine {
namespace {

interp::HostResult TrapUnknown(interp::HostCall& call) {
  const auto* import = static_cast<const wasm::Import*>(call.host_data());
  return call.TrapWith(interp::Trap::kUnknownHostFunction,
                       absl::StrCat(import->module, ".", import->name));
}

}  // namespace

void LinkImports(const wasm::Module& module, const base::Limits& limits,
                 interp::Store* store, FunctionResolver resolve,
                 std::vector<interp::Extern>* externs) {
  externs->assign(module.imports.size(), {});
  for (size_t i = 0; i < externs->size(); ++i) {
    const wasm::Import& import = module.imports[i];
    interp::Extern& e = (*externs)[i];
    e.kind = import.kind;
    switch (import.kind) {
      case wasm::ExternKind::kFunc:
        e.func = resolve(import);
        break;
      case wasm::ExternKind::kTable:
        e.table = store->NewTable(module.tables[import.index], 0);
        break;
      case wasm::ExternKind::kMemory:
        e.memory = store->NewMemory(module.memories[import.index],
                                    limits.memory_pages_max);
        break;
      case wasm::ExternKind::kGlobal:
        e.global = store->NewGlobal(module.globals[import.index].type, 0);
        break;
    }
  }
}

interp::Func* NewUnknownFunction(const wasm::Module& module,
                                 const wasm::Import& import,
                                 interp::Store* store) {
  return store->NewHostFunc(&module.func_type(import.index), TrapUnknown,
                            const_cast<wasm::Import*>(&import));
}

}  // namespace ashlar::engine
