#include "engine/compile/validator.h"

#include "absl/strings/str_cat.h"
#include "engine/compile/body_validator.h"

namespace ashlar::compile {

bool IsTypeEnabled(uint8_t type, wasm::Features features) {
  if (type == 0x7d || type == 0x7c) return features.Has(Feature::kFloats);
  if (wasm::IsRefType(type)) return features.Has(Feature::kReferenceTypes);
  return true;
}

const uint8_t* ValidateDeadCode(const Context& context, const uint8_t* ip,
                                const struct Control* controls,
                                uint32_t depth) {
  if (ip > context.end) return nullptr;
  Validator validator(*context.module, *context.options, *context.type, ip,
                      context.end);
  validator.SetOuter(controls, depth);
  validator.SetLocals(context.scratch->state.local_types);
  return validator.DeadBlock();
}

bool ValidateBody(const wasm::Module& module, const Options& options,
                  uint32_t function, wasm::Violations* violations) {
  const wasm::Body& body = module.bodies[function - module.imported_functions];
  Validator validator(module, options, module.func_type(function), body.begin,
                      body.end);
  if (validator.Body()) return true;
  violations->Add(
      validator.error(), module.offset_of(validator.error_at()),
      absl::StrCat(validator.detail(), validator.detail().empty() ? "" : " ",
                   "(function ", function, ")"));
  return false;
}

}  // namespace ashlar::compile
