// --profile: a built-in name, a digest, or a file.
#ifndef CLI_PROFILE_OPTION_H_
#define CLI_PROFILE_OPTION_H_

#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "engine/profile.h"

namespace ashlar::cli {

// The profile that `text` names: by a name or a digest in `known`, else a file,
// whose profile is added to `added`, where it then lives. Both may be one set.
// NOT_FOUND: neither a name, nor a digest, nor a file. INVALID_ARGUMENT: the
// file is no profile; the message names the line.
absl::StatusOr<const engine::Profile*> FindOrReadProfile(
    const std::string& text, const engine::ProfileSet& known,
    engine::ProfileSet* added);

class ProfileOption {
 public:
  // Adds --profile to `app`; `fallback` is a built-in name. This object
  // outlives the parsing.
  void AddTo(CLI::App* app, const std::string& fallback);

  // The profile that was chosen; it lives as long as this object. NOT_FOUND:
  // neither a name, nor a digest, nor a file. INVALID_ARGUMENT: the file is no
  // profile; the message names the line.
  absl::StatusOr<const engine::Profile*> Resolve();

  // What stands behind --profile.
  const std::string& text() const { return text_; }

  // The set that holds the profile, for an engine. REQUIRES: Resolve
  // succeeded.
  const engine::ProfileSet* profiles() const {
    return from_file_.all().empty() ? &engine::ProfileSet::BuiltIn()
                                    : &from_file_;
  }

 private:
  std::string text_;
  engine::ProfileSet from_file_;
};

}  // namespace ashlar::cli

#endif  // CLI_PROFILE_OPTION_H_
