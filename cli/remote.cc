#include "cli/remote.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace ashlar::cli {

CLI::Option* ServerOption::AddTo(CLI::App* app) {
  return app->add_option("--server", address_,
                         "Server: HOST:PORT or unix:PATH");
}

absl::StatusOr<std::unique_ptr<rpc::Client>> ServerOption::Connect() const {
  return rpc::Client::Connect(address_);
}

absl::StatusOr<base::Hash256> RemoteProfile(ProfileOption* option,
                                            rpc::Client* client) {
  const auto digest = base::Hash256::FromHex(option->text());
  if (digest.ok()) return *digest;
  const auto known_here = option->Resolve();
  if (known_here.ok()) return (*known_here)->digest;
  ASSIGN_OR_RETURN(const rpc::ServerInfo info, client->GetInfo());
  for (const rpc::ServerInfo::Profile& profile : info.profiles) {
    if (profile.name == option->text()) return profile.digest;
  }
  return absl::NotFoundError(
      absl::StrCat(known_here.status().message(),
                   ", and the server has no profile of that name"));
}

}  // namespace ashlar::cli
