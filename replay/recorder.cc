#include "replay/recorder.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/loader.h"

namespace ashlar::replay {

absl::StatusOr<state::ReadResult> Recorder::Read(const state::Key& key) {
  ASSIGN_OR_RETURN(state::ReadResult result, below_->Read(key));
  reads_.insert_or_assign(key, result);
  return result;
}

absl::StatusOr<state::ModuleResult> Recorder::Module(
    const base::Hash256& hash) {
  ASSIGN_OR_RETURN(state::ModuleResult result, below_->Module(hash));
  if (result.bytes != nullptr) modules_.try_emplace(hash, result.bytes);
  return result;
}

void Recorder::AddTo(const engine::ExecuteRequest& request,
                     const engine::Profile& profile,
                     const engine::Completed& completed, Modules modules,
                     ArchiveWriter* file) const {
  Record record;
  record.semantics_version = profile.semantics_version;
  record.request = request;
  record.request.module_bytes.clear();
  const bool attached = modules == Modules::kAttached;
  if (engine::IsGivenByBytes(request)) {
    record.module_given = ModuleGiven::kBytes;
    record.module = engine::ModuleHash(request.module_bytes);
    if (attached) {
      file->AddModule(record.module, std::make_shared<const base::Bytes>(
                                         request.module_bytes));
    }
  } else {
    record.module_given = request.module_hash == base::Hash256{}
                              ? ModuleGiven::kCallee
                              : ModuleGiven::kHash;
  }
  for (const state::ReadRecord& read : completed.reads) {
    const auto it = reads_.find(read.key);
    CHECK(it != reads_.end(), "an execution reads its state by its reader");
    std::optional<base::Bytes> value;
    if (read.present) value = it->second.value;
    record.reads.push_back({read.key, std::move(value)});
  }
  record.modules = completed.modules;
  for (const engine::ModuleRead& read : completed.modules) {
    if (!read.present) continue;
    const auto it = modules_.find(read.hash);
    CHECK(it != modules_.end(), "an execution finds modules by its reader");
    if (attached) file->AddModule(read.hash, it->second);
  }
  record.answer = EncodeAnswer(completed);
  file->AddProfile(profile);
  file->AddRecord(record);
}

}  // namespace ashlar::replay
