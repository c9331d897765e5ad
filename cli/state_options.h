// Where a call on a server finds its state: the server's store, or inline from
// a state file.
#ifndef CLI_STATE_OPTIONS_H_
#define CLI_STATE_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "cli/call_options.h"
#include "cli/state_file.h"
#include "rpc/convert.h"

namespace ashlar::cli {

struct StateOptions {
  // --namespace and --base-version. This object outlives the parsing.
  void AddTo(CLI::App* app);
  bool given() const { return !name_space.empty() || base_version.has_value(); }

  // One of the ways of stating state. INVALID_ARGUMENT: options that do not go
  // together.
  absl::StatusOr<rpc::StateSpec> Choose(const CallOptions& call,
                                        const StateFile& file,
                                        bool commit) const;

  std::string name_space;
  std::optional<uint64_t> base_version;
};

}  // namespace ashlar::cli

#endif  // CLI_STATE_OPTIONS_H_
