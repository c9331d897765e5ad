#include "engine/function_names.h"

#include "absl/strings/str_cat.h"

namespace ashlar::engine {

std::string FunctionNames::Find(uint32_t function) const {
  const absl::string_view name = names_.FunctionName(function);
  if (!name.empty()) return std::string(name);
  if (function < module_.imported_functions) {
    for (const wasm::Import& i : module_.imports) {
      if (i.kind == wasm::ExternKind::kFunc && i.index == function) {
        return absl::StrCat(i.module, ".", i.name);
      }
    }
  }
  for (const wasm::Export& e : module_.exports) {
    if (e.kind == wasm::ExternKind::kFunc && e.index == function) {
      return std::string(e.name);
    }
  }
  return "";
}

std::string FunctionNames::Display(uint32_t function) const {
  std::string name = Find(function);
  return name.empty() ? absl::StrCat("func[", function, "]") : name;
}

}  // namespace ashlar::engine
