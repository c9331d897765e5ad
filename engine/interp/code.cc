#include "engine/interp/code.h"

#include <algorithm>

namespace ashlar::interp {

bool Code::FindFunction(const uint8_t* pc, uint32_t* function) const {
  if (lazy != nullptr) {
    if (lazy->translated.empty() ||
        pc < functions[lazy->translated.front()].entry ||
        pc >= arena.base() + code_size_bytes) {
      return false;
    }
    const auto next =
        std::upper_bound(lazy->translated.begin(), lazy->translated.end(), pc,
                         [this](const uint8_t* p, uint32_t f) {
                           return p < functions[f].entry;
                         });
    *function = *(next - 1);
    return true;
  }
  const auto first =
      functions.begin() + static_cast<ptrdiff_t>(module->imported_functions);
  if (first == functions.end() || pc < first->entry ||
      pc >= arena.base() + code_size_bytes) {
    return false;
  }
  // Functions stand in the arena in the order of their indices.
  auto next = std::upper_bound(
      first, functions.end(), pc,
      [](const uint8_t* p, const FuncCode& f) { return p < f.entry; });
  *function = static_cast<uint32_t>(next - functions.begin()) - 1;
  return true;
}

}  // namespace ashlar::interp
