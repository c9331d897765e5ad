#include "engine/host/seal/shape.h"

#include "absl/strings/str_cat.h"
#include "engine/host/seal/functions.h"

namespace ashlar::host {
namespace {

using wasm::ExternKind;
using wasm::ViolationCode;

const wasm::FuncType* TypeOf(const wasm::Module& module, uint32_t function) {
  if (function >= module.functions.size()) return nullptr;
  const uint32_t type = module.functions[function];
  return type < module.types.size() ? &module.types[type] : nullptr;
}

void CheckMemoryImport(const wasm::Module& module, const wasm::Import& import,
                       uint32_t memory_pages_max,
                       wasm::Violations* violations) {
  if (import.module != "env" || import.name != "memory") {
    violations->Add(ViolationCode::kAbiMemory, import.offset,
                    "its import is not named env.memory");
    return;
  }
  if (import.index >= module.memories.size()) return;
  const wasm::Limits& limits = module.memories[import.index].limits;
  if (limits.min > memory_pages_max ||
      (limits.has_max && limits.max > memory_pages_max)) {
    violations->Add(ViolationCode::kAbiMemory, import.offset,
                    absl::StrCat("more than ", memory_pages_max, " pages"));
  }
}

const SealFunction* CheckFunctionImport(const wasm::Module& module,
                                        const wasm::Import& import,
                                        bool reject_unknown,
                                        wasm::Violations* violations) {
  const wasm::FuncType* type = TypeOf(module, import.index);
  if (type == nullptr) return nullptr;
  bool name_is_known = false;
  const SealFunction* function =
      FindSealFunction(import.module, import.name, *type, &name_is_known);
  if (function != nullptr) return function;
  if (reject_unknown) {
    violations->Add(name_is_known ? ViolationCode::kAbiImportType
                                  : ViolationCode::kAbiUnknownImport,
                    import.offset,
                    absl::StrCat(import.module, ".", import.name));
  }
  return nullptr;
}

void CheckImports(const wasm::Module& module, bool reject_unknown,
                  uint32_t memory_pages_max, wasm::Violations* violations,
                  std::vector<const SealFunction*>* functions) {
  bool has_memory = false;
  functions->clear();
  for (const wasm::Import& import : module.imports) {
    switch (import.kind) {
      case ExternKind::kFunc:
        functions->push_back(
            CheckFunctionImport(module, import, reject_unknown, violations));
        break;
      case ExternKind::kMemory:
        has_memory = true;
        CheckMemoryImport(module, import, memory_pages_max, violations);
        break;
      case ExternKind::kTable:
      case ExternKind::kGlobal:
        violations->Add(ViolationCode::kAbiImportKind, import.offset,
                        absl::StrCat(import.module, ".", import.name));
        break;
    }
  }
  if (module.memories.size() > module.imported_memories) {
    violations->Add(ViolationCode::kAbiMemory, 0,
                    "the module has its own instead of env.memory");
  } else if (!has_memory) {
    violations->Add(ViolationCode::kAbiMemory, 0, "env.memory is not imported");
  }
}

bool IsEntryType(const wasm::FuncType& type) {
  return type.param_count == 0 &&
         (type.result_count == 0 ||
          (type.result_count == 1 && type.results()[0] == wasm::ValType::kI32));
}

void CheckExports(const wasm::Module& module, wasm::Violations* violations) {
  bool has_deploy = false;
  bool has_call = false;
  for (const wasm::Export& e : module.exports) {
    const bool is_deploy = e.name == "deploy";
    const bool is_call = e.name == "call";
    if (e.kind != ExternKind::kFunc || (!is_deploy && !is_call)) {
      violations->Add(ViolationCode::kAbiUnknownExport, e.offset, e.name);
      continue;
    }
    has_deploy |= is_deploy;
    has_call |= is_call;
    const wasm::FuncType* type = TypeOf(module, e.index);
    if (type != nullptr && !IsEntryType(*type)) {
      violations->Add(ViolationCode::kAbiExportType, e.offset, e.name);
    }
  }
  if (!has_deploy) {
    violations->Add(ViolationCode::kAbiMissingExport, 0, "deploy");
  }
  if (!has_call) violations->Add(ViolationCode::kAbiMissingExport, 0, "call");
}

}  // namespace

void CheckSealShape(const wasm::Module& module, bool reject_unknown,
                    uint32_t memory_pages_max, wasm::Violations* violations,
                    std::vector<const SealFunction*>* functions) {
  CheckImports(module, reject_unknown, memory_pages_max, violations, functions);
  CheckExports(module, violations);
  if (module.has_start) {
    violations->Add(ViolationCode::kAbiStartFunction, 0);
  }
}

}  // namespace ashlar::host
