#include "cli/record_files.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "cli/result_print.h"
#include "engine/base/status_macros.h"
#include "replay/flight.h"

namespace ashlar::cli {
namespace {

absl::Status InFile(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

}  // namespace

void PrintVerdict(const FileVerdict& verdict, bool json) {
  const bool match = !verdict.first_mismatch.has_value();
  if (json) {
    Json line;
    line["file"] = verdict.file;
    line["verdict"] = match ? "match" : "mismatch";
    line["first_difference"] = nullptr;
    if (!match) line["first_difference"] = verdict.first_difference;
    line["records"] = verdict.records;
    line["matches"] = verdict.matches;
    line["record"] = nullptr;  // the one that differs first
    if (!match) line["record"] = *verdict.first_mismatch;
    std::fputs(OneLine(line).c_str(), stdout);
    return;
  }
  std::printf("%-8s %10llu of %llu  %s\n", match ? "match" : "mismatch",
              static_cast<unsigned long long>(verdict.matches),
              static_cast<unsigned long long>(verdict.records),
              verdict.file.c_str());
  if (match) return;
  std::printf("         record %llu: %s\n",
              static_cast<unsigned long long>(*verdict.first_mismatch),
              verdict.first_difference.c_str());
}

absl::StatusOr<RecordFiles> RecordFiles::Load(
    const std::vector<std::string>& paths,
    const std::vector<std::string>& module_paths) {
  RecordFiles all;
  for (const engine::Profile* p : engine::ProfileSet::BuiltIn().all()) {
    RETURN_IF_ERROR(all.profiles_.Add(*p));
  }
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
    auto archive = replay::IsFlightFile(bytes)
                       ? replay::ParseFlights(bytes, /*only_died=*/false)
                       : replay::Archive::Parse(std::move(bytes));
    if (!archive.ok()) return InFile(path, archive.status());
    const absl::Status added = archive->AddProfiles(&all.profiles_);
    if (!added.ok()) return InFile(path, added);
    all.ends_.push_back(all.record_count() + archive->size());
    all.files_.push_back({path, *std::move(archive)});
  }
  for (const std::string& path : module_paths) {
    ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
    const base::Hash256 hash = base::Blake2b256(bytes);
    all.modules_[hash] = std::make_shared<const base::Bytes>(std::move(bytes));
  }
  return all;
}

std::shared_ptr<const base::Bytes> RecordFiles::FindModule(
    const base::Hash256& hash) const {
  const auto it = modules_.find(hash);
  return it == modules_.end() ? nullptr : it->second;
}

std::pair<size_t, size_t> RecordFiles::Place(size_t index) const {
  const size_t file =
      std::upper_bound(ends_.begin(), ends_.end(), index) - ends_.begin();
  return {file, index - (file == 0 ? 0 : ends_[file - 1])};
}

}  // namespace ashlar::cli
