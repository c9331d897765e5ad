#include "rpc/versions.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/base/serial.h"
#include "engine/base/status_macros.h"
#include "engine/state/overlay.h"
#include "engine/state/reader.h"
#include "engine/state/store.h"
#include "rpc/convert.h"

namespace ashlar::rpc {
namespace {

constexpr int kKeysMax = 10'000;

absl::Status VersionMissing(absl::string_view field) {
  return absl::InvalidArgumentError(absl::StrCat(
      field, " is missing; State.Get without keys tells the versions"));
}

}  // namespace

absl::Status Get(const Backend& backend, const v1::GetStateRequest& request,
                 v1::GetStateResponse* response) {
  RETURN_IF_ERROR(CheckNamespace(request.namespace_()));
  if (request.keys_size() > kKeysMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("keys has ", request.keys_size(), " entries; ask for ",
                     kKeysMax, " at a time"));
  }
  ASSIGN_OR_RETURN(const state::NamespaceInfo info,
                   backend.store->GetNamespaceInfo(request.namespace_()));
  const uint64_t version =
      request.has_version() ? request.version() : info.current_version;
  ASSIGN_OR_RETURN(const std::unique_ptr<state::Reader> reader,
                   backend.store->Snapshot(request.namespace_(), version));
  response->set_version(version);
  response->set_latest_version(info.current_version);
  response->set_oldest_version(info.oldest_version);
  for (int i = 0; i < request.keys_size(); ++i) {
    ASSIGN_OR_RETURN(const state::Key key,
                     FromProto(request.keys(i), absl::StrCat("keys[", i, "]")));
    ASSIGN_OR_RETURN(state::ReadResult read, reader->Read(key));
    v1::GetStateResponse::Entry* entry = response->add_entries();
    *entry->mutable_key() = request.keys(i);
    if (read.found == state::Found::kPresent) {
      entry->set_value(std::move(read.value));
    }
  }
  return CheckAnswerSize(backend, *response);
}

absl::Status Write(const Backend& backend, const v1::WriteStateRequest& request,
                   v1::WriteStateResponse* response) {
  RETURN_IF_ERROR(CheckNamespace(request.namespace_()));
  if (!request.has_base_version()) return VersionMissing("base_version");
  ASSIGN_OR_RETURN(const std::vector<state::Effect> effects,
                   FromProto(request));
  // Names the request for retries; the order of the effects does not matter.
  base::Writer writer;
  writer.Bytes("ashlar.v1.State/Write");
  writer.Count(effects.size());
  for (const state::Effect& effect : effects) {
    writer.Hash(effect.key.account);
    writer.U8(static_cast<uint8_t>(effect.key.kind));
    writer.Bytes(effect.key.key);
    writer.U8(effect.value.has_value());
    if (effect.value.has_value()) writer.Bytes(*effect.value);
  }
  if (request.base_version() == 0) {
    RETURN_IF_ERROR(
        backend.store->OpenNamespace(request.namespace_()).status());
  }
  ASSIGN_OR_RETURN(
      const state::CommitResult committed,
      backend.store->Commit({.name_space = request.namespace_(),
                             .base_version = request.base_version(),
                             .request_digest = base::Blake2b256(writer.data()),
                             .removed_accounts = {},
                             .effects = effects,
                             .modules = {},
                             .answer = ""}));
  response->set_new_version(committed.version);
  return absl::OkStatus();
}

absl::Status Rollback(const Backend& backend,
                      const v1::RollbackRequest& request,
                      v1::RollbackResponse* response) {
  RETURN_IF_ERROR(CheckNamespace(request.namespace_()));
  if (!request.has_version()) return VersionMissing("version");
  ASSIGN_OR_RETURN(
      const state::NamespaceInfo info,
      backend.store->Rollback(request.namespace_(), request.version()));
  response->set_latest_version(info.current_version);
  response->set_oldest_version(info.oldest_version);
  return absl::OkStatus();
}

absl::Status Prune(const Backend& backend, const v1::PruneRequest& request,
                   v1::PruneResponse* response) {
  RETURN_IF_ERROR(CheckNamespace(request.namespace_()));
  if (request.versions_kept() == 0) {
    return absl::InvalidArgumentError(
        "versions_kept is 0; at least the latest version must stay");
  }
  ASSIGN_OR_RETURN(
      const state::NamespaceInfo info,
      backend.store->Prune(request.namespace_(), request.versions_kept()));
  response->set_latest_version(info.current_version);
  response->set_oldest_version(info.oldest_version);
  return absl::OkStatus();
}

}  // namespace ashlar::rpc
