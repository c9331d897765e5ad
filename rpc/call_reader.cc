#include "rpc/call_reader.h"

#include <utility>

#include "engine/base/status_macros.h"

namespace ashlar::rpc {

absl::StatusOr<state::ModuleResult> CallReader::Module(
    const base::Hash256& hash) {
  if (own_module_ != nullptr && hash == own_hash_) {
    return state::ModuleResult{state::Found::kPresent, own_module_};
  }
  ASSIGN_OR_RETURN(state::ModuleResult found, entries_->Module(hash));
  if (found.found == state::Found::kPresent) return found;
  if (inline_state_ != nullptr &&
      inline_state_->absent_modules.contains(hash)) {
    return state::ModuleResult{state::Found::kAbsent, nullptr};
  }
  if (store_ != nullptr) {
    auto stored = store_->GetModule(hash);
    if (stored.ok()) {
      return state::ModuleResult{state::Found::kPresent, *std::move(stored)};
    }
    if (!absl::IsNotFound(stored.status())) return stored.status();
  }
  return state::ModuleResult{missing_ == Missing::kAbsent
                                 ? state::Found::kAbsent
                                 : state::Found::kUnknown,
                             nullptr};
}

}  // namespace ashlar::rpc
