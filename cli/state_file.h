// The state file of `ashlar call --state/--save-state`.
//
// JSON, in one of two forms; all parts are optional. The short one is the
// state of one account, named elsewhere (by --contract):
//
//   {"balance": "N", "nonce": "N", "storage": {"HEXKEY": "HEXVALUE"}}
//
// The full one is of all accounts, and of the modules that they may call:
//
//   {"accounts": {"HEX": {"balance": "N", "nonce": "N", "code": "HEXHASH",
//                         "storage": {"HEXKEY": "HEXVALUE"}}},
//    "modules": {"HEXHASH": "FILE"}}
//
// N is decimal. A module's FILE is relative to the state file's folder.
// Nothing else is allowed, so that no misspelt name is taken for absence.
#ifndef CLI_STATE_FILE_H_
#define CLI_STATE_FILE_H_

#include <cstdint>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/state/inline_state.h"
#include "engine/state/overlay.h"
#include "engine/state/types.h"

namespace ashlar::cli {

class StateFile {
 public:
  enum class Form : uint8_t { kShort, kFull };

  // An empty state: what --save-state starts from without --state.
  StateFile(Form form, const state::AccountId& contract)
      : form_(form), contract_(contract) {}

  // Reads the file and its modules. `contract` is the account of the short
  // form. INVALID_ARGUMENT names the file and the place in it: line and
  // column, or the path of the member ("/accounts/c0c0.../balance"); also
  // where a module's file can't be read or does not have the hash that it is
  // given for. Otherwise as ReadFile.
  static absl::StatusOr<StateFile> Read(absl::string_view path,
                                        const state::AccountId& contract);

  Form form() const { return form_; }

  // What the file says, as an execution reads it; what it does not mention is
  // absent. Changes made to it are written, too.
  state::InlineState& state() { return state_; }
  const state::InlineState& state() const { return state_; }

  // Gives a module whose bytes stand in a file (`path` as the shell has it),
  // so that the full form can name that file.
  base::Hash256 AddModule(base::Bytes bytes, absl::string_view path);

  // Makes this the state after an execution.
  void Apply(absl::Span<const state::Effect> effects,
             absl::Span<const state::AccountId> removed_accounts) {
    state_.Apply(effects, removed_accounts);
  }

  // Writes the state at once or not at all, in its form; the text is a
  // function of the state and of where the modules are. The short form has
  // room for balance, nonce and storage of its account only.
  absl::Status Write(absl::string_view path) const;

 private:
  Form form_;
  state::AccountId contract_;
  state::InlineState state_{state::MissingKeys::kAbsent};
  // Where each module of a file is: absolute, normal paths.
  absl::btree_map<base::Hash256, std::string> module_paths_;
};

}  // namespace ashlar::cli

#endif  // CLI_STATE_FILE_H_
