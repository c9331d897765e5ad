#include "engine/wasm/module.h"

namespace ashlar::wasm {

const Export* Module::FindExport(absl::string_view name,
                                 ExternKind kind) const {
  // Names are unique, so the first match is the only one.
  for (const Export& e : exports) {
    if (e.name == name) return e.kind == kind ? &e : nullptr;
  }
  return nullptr;
}

void Module::Clear() {
  bytes = {};
  types.clear();
  imports.clear();
  functions.clear();
  tables.clear();
  memories.clear();
  globals.clear();
  exports.clear();
  elements.clear();
  data.clear();
  bodies.clear();
  declared_refs.clear();
  imported_functions = 0;
  imported_tables = 0;
  imported_memories = 0;
  imported_globals = 0;
  has_start = false;
  start = 0;
  has_data_count = false;
  data_count = 0;
  code_size_bytes = 0;
  segment_size_bytes = 0;
  element_count = 0;
  name_section = {};
}

}  // namespace ashlar::wasm
