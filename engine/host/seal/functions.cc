#include "engine/host/seal/functions.h"

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/host/seal/handlers.h"

namespace ashlar::host {
namespace {

constexpr SealFunction kFunctions[] = {
#define SEAL(function, module, name, names, type, status, row, doc) \
  {seal::function,                                                  \
   module,                                                          \
   name,                                                            \
   "seal_" name,                                                    \
   SealNames::k##names,                                             \
   type,                                                            \
   SealStatus::k##status,                                           \
   &work::k##row,                                                   \
   doc},
#include "engine/host/seal/abi.def"
};

bool SameValue(char letter, wasm::ValType type) {
  return (letter == 'i' && type == wasm::ValType::kI32) ||
         (letter == 'l' && type == wasm::ValType::kI64);
}

bool SameValues(absl::string_view letters,
                absl::Span<const wasm::ValType> types) {
  if (letters.size() != types.size()) return false;
  for (size_t i = 0; i < letters.size(); ++i) {
    if (!SameValue(letters[i], types[i])) return false;
  }
  return true;
}

bool HasType(const SealFunction& function, const wasm::FuncType& type) {
  const size_t arrow = function.type.find('>');
  if (arrow == absl::string_view::npos) {
    return type.result_count == 0 && SameValues(function.type, type.params());
  }
  return SameValues(function.type.substr(0, arrow), type.params()) &&
         SameValues(function.type.substr(arrow + 1), type.results());
}

using Names = std::pair<absl::string_view, absl::string_view>;
// Two functions may have the same names and different types.
using Index = absl::flat_hash_map<Names, std::vector<const SealFunction*>>;

const Index& FunctionIndex() {
  static const Index* const kIndex = [] {
    auto* index = new Index;
    for (const SealFunction& f : kFunctions) {
      if (f.names != SealNames::kPrefixed) {
        (*index)[{f.module, f.name}].push_back(&f);
      }
      if (f.names != SealNames::kPlain) {
        (*index)[{f.module, f.prefixed_name}].push_back(&f);
      }
    }
    return index;
  }();
  return *kIndex;
}

}  // namespace

absl::Span<const SealFunction> SealFunctions() { return kFunctions; }

const SealFunction* FindSealFunction(absl::string_view module,
                                     absl::string_view name,
                                     const wasm::FuncType& type,
                                     bool* name_is_known) {
  const Index& index = FunctionIndex();
  const auto it = index.find(Names(module, name));
  *name_is_known = it != index.end();
  if (it == index.end()) return nullptr;
  for (const SealFunction* function : it->second) {
    if (HasType(*function, type)) return function;
  }
  return nullptr;
}

}  // namespace ashlar::host
