// What commands that talk to a server share.
#ifndef CLI_REMOTE_H_
#define CLI_REMOTE_H_

#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "cli/profile_option.h"
#include "engine/base/hash.h"
#include "rpc/client.h"

namespace ashlar::cli {

// --server. This object outlives the parsing.
class ServerOption {
 public:
  CLI::Option* AddTo(CLI::App* app);

  bool given() const { return !address_.empty(); }
  absl::StatusOr<std::unique_ptr<rpc::Client>> Connect() const;

 private:
  std::string address_;
};

// The digest of the profile that `option` names: a digest as it is, a built-in
// name, a file's, else a name that the server knows.
absl::StatusOr<base::Hash256> RemoteProfile(ProfileOption* option,
                                            rpc::Client* client);

}  // namespace ashlar::cli

#endif  // CLI_REMOTE_H_
