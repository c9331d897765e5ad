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
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/death.h"
#include "cli/files.h"
#include "cli/other_engine.h"
#include "cli/parallel.h"
#include "cli/profile_option.h"
#include "cli/progress.h"
#include "cli/record_files.h"
#include "cli/result_print.h"
#include "cli/standing.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "replay/archive.h"
#include "replay/bisect.h"
#include "replay/verify.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> profiles;
  std::vector<std::string> engines;
  bool bisect = false;
  std::optional<uint64_t> mark;
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
  const auto find_module = [&](const base::Hash256& hash) {
    return files->FindModule(hash);
  };
  // While there is but one thread.
  std::vector<bool> is_done(files->record_count());
  for (size_t i = 0; i < is_done.size(); ++i) {
    const auto [file, index] = files->Place(i);
    const replay::Archive& archive = files->files()[file].archive;
    is_done[i] = archive.IsUnfinished(index);
    if (!is_done[i]) continue;
    Note(index,
         ReplayDeath(archive, *archive.Read(index), &engine, find_module),
         &tallies[file]);
  }
  const auto start = std::chrono::steady_clock::now();
  ForEachInParallel(files->record_count(), jobs, &progress, [&](size_t i) {
    if (is_done[i]) return;
    const auto [file, index] = files->Place(i);
    Note(index,
         replay::Verify(files->files()[file].archive, index, &engine,
                        find_module, /*cancel=*/nullptr),
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

void PrintParting(const replay::Parting& parting, bool json) {
  if (json) {
    Json line = {{"parts", parting.is_found},
                 {"fuel", nullptr},
                 {"common", nullptr},
                 {"a", nullptr},
                 {"b", nullptr}};
    if (parting.is_found) {
      line["fuel"] = parting.fuel;
      if (parting.common) line["common"] = StandingJson(*parting.common);
      line["a"] = StandingJson(parting.a);
      line["b"] = StandingJson(parting.b);
    }
    std::fputs(OneLine(line).c_str(), stdout);
    return;
  }
  if (!parting.is_found) {
    std::printf("they do not part\n");
    return;
  }
  std::printf("alike  %s\n", parting.common
                                 ? StandingText(*parting.common).c_str()
                                 : "not even at the first charge");
  std::printf("A      %s\nB      %s\n", StandingText(parting.a).c_str(),
              StandingText(parting.b).c_str());
}

// One side of a bisection: the one record of a file, executed here or by
// another engine.
class BisectSide {
 public:
  // Side `i` of the options. What it borrows outlives it.
  static absl::StatusOr<BisectSide> Make(const Options& options, size_t i,
                                         RecordFiles* files,
                                         engine::Engine* engine) {
    const auto nth = [i](const std::vector<std::string>& list) {
      return list.empty() ? std::string() : list[i % list.size()];
    };
    BisectSide side;
    const RecordFile& file = files->files()[i % files->files().size()];
    if (file.archive.size() != 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.path, " holds ", file.archive.size(), " records; give one"));
    }
    // With one other engine, the first side is this one.
    const bool is_here = options.engines.size() + i < 2;
    if (!options.engines.empty() && !is_here) {
      side.other_ =
          OtherEngine({options.engines.size() == 1 ? options.engines[0]
                                                   : nth(options.engines),
                       file.path, nth(options.profiles), options.modules});
      return side;
    }
    ASSIGN_OR_RETURN(replay::Record record, file.archive.Read(0));
    side.record_ = std::make_unique<replay::Record>(std::move(record));
    side.side_ = {.archive = &file.archive,
                  .record = side.record_.get(),
                  .engine = engine,
                  .profile = {}};
    if (!options.profiles.empty()) {
      ASSIGN_OR_RETURN(
          const engine::Profile* profile,
          FindOrReadProfile(nth(options.profiles), *files->profiles(),
                            files->profiles()));
      side.side_.profile = profile->digest;
    }
    side.files_ = files;
    return side;
  }

  absl::StatusOr<replay::Standing> StandAt(uint64_t fuel) const {
    if (other_.has_value()) return other_->StandAt(fuel);
    return replay::StandAt(
        side_, fuel,
        [this](const base::Hash256& hash) { return files_->FindModule(hash); },
        /*cancel=*/nullptr);
  }

 private:
  std::optional<OtherEngine> other_;
  std::unique_ptr<replay::Record> record_;
  replay::Side side_;
  const RecordFiles* files_ = nullptr;
};

absl::StatusOr<ExitCode> Bisect(const Options& options) {
  ASSIGN_OR_RETURN(RecordFiles files,
                   RecordFiles::Load(options.files, options.modules));
  if (options.files.size() > 2 || options.profiles.size() > 2 ||
      options.engines.size() > 2) {
    return absl::InvalidArgumentError(
        "--bisect compares two: give two records, or one and two profiles or "
        "engines");
  }
  engine::Engine engine({.profiles = files.profiles()});
  ASSIGN_OR_RETURN(const BisectSide a,
                   BisectSide::Make(options, 0, &files, &engine));
  ASSIGN_OR_RETURN(const BisectSide b,
                   BisectSide::Make(options, 1, &files, &engine));
  ASSIGN_OR_RETURN(
      const replay::Parting parting,
      replay::Bisect([&](uint64_t fuel) { return a.StandAt(fuel); },
                     [&](uint64_t fuel) { return b.StandAt(fuel); }));
  PrintParting(parting, options.json);
  return parting.is_found ? kExitContractFailed : kExitDone;
}

// What --bisect of another engine asks.
absl::StatusOr<ExitCode> PrintStanding(const Options& options) {
  ASSIGN_OR_RETURN(RecordFiles files,
                   RecordFiles::Load(options.files, options.modules));
  if (options.files.size() > 1 || options.profiles.size() > 1) {
    return absl::InvalidArgumentError("--mark takes one record");
  }
  engine::Engine engine({.profiles = files.profiles()});
  ASSIGN_OR_RETURN(const BisectSide side,
                   BisectSide::Make(options, 0, &files, &engine));
  ASSIGN_OR_RETURN(const replay::Standing standing,
                   side.StandAt(*options.mark));
  if (options.json) {
    std::fputs(OneLine(StandingJson(standing)).c_str(), stdout);
  } else {
    std::printf("%s\n", StandingText(standing).c_str());
  }
  return kExitDone;
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
  app->add_flag("--bisect", options->bisect,
                "Say where two records part, or one under two profiles or "
                "by two engines");
  app->add_option("--profile", options->profiles,
                  "For --bisect: execute under this profile; the second is of "
                  "the second record")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_option("--engine", options->engines,
                  "For --bisect: the path of an ashlar that executes the "
                  "second side; given twice, both sides")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("PATH");
  app->add_option("--mark", options->mark,
                  "Only say where one record stands before the charge with "
                  "which it would use more fuel than this")
      ->type_name("FUEL");
  app->add_flag("--json", options->json, "One JSON object a file");
  app->callback([options, exit_code] {
    if (options->bisect || options->mark.has_value()) {
      const auto done =
          options->bisect ? Bisect(*options) : PrintStanding(*options);
      *exit_code = done.ok() ? *done : Complain(done.status());
      return;
    }
    *exit_code = options->pack.empty() ? Replay(*options) : Pack(*options);
  });
}

}  // namespace ashlar::cli
