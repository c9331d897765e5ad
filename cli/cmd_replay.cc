// `ashlar replay`: executes recorded history again and compares every bit.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/parallel.h"
#include "cli/progress.h"
#include "cli/record_files.h"
#include "engine/engine.h"
#include "replay/archive.h"
#include "replay/verify.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> modules;
  std::string pack;
  size_t jobs = 0;
  bool json = false;
};

// What became of the records of one file so far.
struct Tally {
  std::atomic<uint64_t> matches = 0;
  std::mutex mutex;
  // Of the first record, by its place in the file, that does not match or
  // could not be executed.
  std::optional<uint64_t> first;
  std::string first_difference;
  absl::Status status;  // of that record
};

void Note(size_t index, const absl::StatusOr<replay::Verdict>& verdict,
          Tally* file) {
  if (verdict.ok() && verdict->is_match) {
    ++file->matches;
    return;
  }
  const std::lock_guard<std::mutex> lock(file->mutex);
  if (file->first.has_value() && index >= *file->first) return;
  file->first = index;
  file->status = verdict.status();
  file->first_difference = verdict.ok() ? verdict->first_difference : "";
}

// Prints what became of each file, and answers the worst.
ExitCode Conclude(const std::vector<RecordFile>& files,
                  const std::vector<Tally>& tallies, bool json) {
  ExitCode exit_code = kExitDone;
  for (size_t i = 0; i < files.size(); ++i) {
    const Tally& tally = tallies[i];
    if (!tally.status.ok()) {
      const ExitCode failed = Complain(
          absl::Status(tally.status.code(),
                       absl::StrCat(files[i].path, ", record ", *tally.first,
                                    ": ", tally.status.message())));
      exit_code = std::max(exit_code, failed);
      continue;
    }
    PrintVerdict({.file = files[i].path,
                  .records = files[i].archive.size(),
                  .matches = tally.matches,
                  .first_mismatch = tally.first,
                  .first_difference = tally.first_difference},
                 json);
    if (tally.first.has_value()) {
      exit_code = std::max(exit_code, kExitContractFailed);
    }
  }
  return exit_code;
}

ExitCode Replay(const Options& options) {
  auto files = RecordFiles::Load(options.files, options.modules);
  if (!files.ok()) return Complain(files.status());
  engine::Engine engine({.profiles = files->profiles()});
  std::vector<Tally> tallies(files->files().size());
  Progress progress(files->record_count());
  const size_t jobs = options.jobs == 0 ? ProcessorCount() : options.jobs;
  const auto start = std::chrono::steady_clock::now();
  ForEachInParallel(files->record_count(), jobs, &progress, [&](size_t i) {
    const auto [file, index] = files->Place(i);
    Note(index,
         replay::Verify(
             files->files()[file].archive, index, &engine,
             [&](const base::Hash256& hash) { return files->FindModule(hash); },
             /*cancel=*/nullptr),
         &tallies[file]);
  });
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  const ExitCode exit_code = Conclude(files->files(), tallies, options.json);
  if (!options.json) {
    uint64_t matches = 0;
    for (const Tally& tally : tallies) matches += tally.matches;
    std::printf("%llu of %zu records match; %.2f s, %.0f a second\n",
                static_cast<unsigned long long>(matches), files->record_count(),
                seconds, static_cast<double>(files->record_count()) / seconds);
  }
  return exit_code;
}

// One file of all records, each module and profile once.
ExitCode Pack(const Options& options) {
  const auto files = RecordFiles::Load(options.files, options.modules);
  if (!files.ok()) return Complain(files.status());
  replay::ArchiveWriter writer;
  for (const RecordFile& file : files->files()) {
    absl::Status status = file.archive.Check();
    if (status.ok()) status = writer.Add(file.archive);
    if (!status.ok()) {
      return Complain(absl::Status(
          status.code(), absl::StrCat(file.path, ": ", status.message())));
    }
  }
  const absl::Status written = WriteFile(options.pack, writer.Finish());
  return written.ok() ? kExitDone : Complain(written);
}

}  // namespace

void AddReplay(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = root->add_subcommand(
      "replay", "Execute replay records again and compare every bit");
  app->add_option("RECORD", options->files, "Files of replay records")
      ->required();
  app->add_option("--jobs", options->jobs, "Threads (default: processors)")
      ->check(CLI::Range(size_t{1}, size_t{1024}));
  app->add_option("--module", options->modules,
                  "Module file for records that only name it");
  app->add_option("--pack", options->pack,
                  "Only write all records into one file, modules once");
  app->add_flag("--json", options->json, "One JSON object a file");
  app->callback([options, exit_code] {
    *exit_code = options->pack.empty() ? Replay(*options) : Pack(*options);
  });
}

}  // namespace ashlar::cli
