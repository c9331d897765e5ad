#include "rpc/backend.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "rpc/convert.h"

namespace ashlar::rpc {

absl::StatusOr<const engine::Profile*> FindProfile(const Backend& backend,
                                                   absl::string_view digest) {
  ASSIGN_OR_RETURN(const base::Hash256 hash,
                   HashFromProto(digest, "profile",
                                 "a profile's digest; Info.GetCapabilities "
                                 "lists the profiles of this server"));
  const engine::ProfileSet& profiles = backend.engine->profiles();
  const engine::Profile* profile = profiles.Find(hash);
  if (profile != nullptr) return profile;
  const auto name = [](std::string* out, const engine::Profile* p) {
    absl::StrAppend(out, p->name);
  };
  return absl::FailedPreconditionError(absl::StrCat(
      "this server has no profile ", hash.ToHex(), "; it has ",
      absl::StrJoin(profiles.all(), ", ", name),
      " (Info.GetCapabilities tells their digests), and its operator can add "
      "one from a file"));
}

absl::Status CheckAnswerSize(const Backend& backend,
                             const google::protobuf::MessageLite& answer) {
  const uint64_t size = answer.ByteSizeLong();
  if (size <= backend.message_bytes_max) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the answer has ", size, " bytes and a message at most ",
      backend.message_bytes_max,
      "; nothing was committed: ask for less, lower the request's limits, or "
      "let the operator allow larger messages"));
}

absl::Status CheckNamespace(absl::string_view name_space) {
  if (!name_space.empty() && name_space.size() <= state::kNamespaceSizeMax) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("namespace has ", name_space.size(),
                   " bytes; it must have 1 to ", state::kNamespaceSizeMax));
}

}  // namespace ashlar::rpc
