// Values of constant expressions that the decoder has validated (spec 2.0,
// 3.3.10, and extended-const), for instantiation.
#ifndef ENGINE_WASM_CONST_EXPR_H_
#define ENGINE_WASM_CONST_EXPR_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "engine/wasm/module.h"
#include "engine/wasm/reader.h"

namespace ashlar::wasm {

// The value: i32 and f32 zero-extended, a null reference 0. `global` gives a
// global's value, `function` the reference to a function; both get indices of
// the module. Linear in the expression's size; no recursion.
// REQUIRES: the decoder accepted the module that `expr` is of.
uint64_t EvaluateConstExpr(const ConstExpr& expr,
                           absl::FunctionRef<uint64_t(uint32_t)> global,
                           absl::FunctionRef<uint64_t(uint32_t)> function);

// The items of an element segment as constant expressions, whichever way they
// are encoded. Only kRefFunc, kRefNull and kGlobalGet occur: nothing else
// gives a reference.
//   for (ElementItems items(segment); items.Next(&item);) ...
// REQUIRES: as above. Borrows from the module's bytes.
class ElementItems {
 public:
  explicit ElementItems(const ElementSegment& segment);
  // False at the end; then *item is unchanged. Sets kind, type and index.
  bool Next(ConstExpr* item);

 private:
  Reader reader_;
  uint32_t left_;
  const ValType type_;
  const bool is_expressions_;
};

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_CONST_EXPR_H_
