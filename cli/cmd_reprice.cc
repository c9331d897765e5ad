// `ashlar reprice`: what recorded history would have cost under other profiles.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/parallel.h"
#include "cli/profile_option.h"
#include "cli/progress.h"
#include "cli/record_files.h"
#include "cli/result_print.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "replay/record.h"
#include "replay/verify.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> modules;
  std::vector<std::string> profiles;
  size_t jobs = 0;
  bool each = false;
  bool json = false;
};

// One record under all profiles, in their order.
struct Row {
  absl::Status status;
  uint64_t recorded = 0;
  engine::OutcomeClass outcome{};
  std::vector<replay::Repriced> repriced;
};

// Of all records under one profile.
struct Column {
  unsigned __int128 fuel = 0;
  uint64_t changed = 0;     // another outcome than the recorded one
  uint64_t over_limit = 0;  // of those that have one
  uint64_t unknown = 0;     // read what was not recorded: no cost
};

absl::StatusOr<Row> RepriceOne(
    RecordFiles* files, size_t i,
    const std::vector<const engine::Profile*>& profiles,
    engine::Engine* engine) {
  const auto [file, index] = files->Place(i);
  const replay::Archive& archive = files->files()[file].archive;
  ASSIGN_OR_RETURN(const replay::Record record, archive.Read(index));
  ASSIGN_OR_RETURN(const engine::Completed recorded,
                   replay::DecodeAnswer(record));
  Row row;
  row.recorded = recorded.fuel.used;
  row.outcome = recorded.outcome.klass;
  for (const engine::Profile* profile : profiles) {
    ASSIGN_OR_RETURN(const replay::Repriced repriced,
                     replay::Reprice(
                         archive, record, profile->digest, engine,
                         [files](const base::Hash256& hash) {
                           return files->FindModule(hash);
                         },
                         /*cancel=*/nullptr));
    row.repriced.push_back(repriced);
  }
  return row;
}

std::string OutcomeOf(const replay::Repriced& repriced) {
  if (!repriced.outcome.has_value()) return "unknown";
  return std::string(engine::OutcomeName(*repriced.outcome));
}

Json RowJson(const RecordFiles& files, size_t i, const Row& row,
             const std::vector<const engine::Profile*>& profiles) {
  const auto [file, index] = files.Place(i);
  Json json;
  json["file"] = files.files()[file].path;
  json["record"] = index;
  json["outcome"] = std::string(engine::OutcomeName(row.outcome));
  json["fuel_used"] = row.recorded;
  json["profiles"] = Json::object();
  for (size_t p = 0; p < profiles.size(); ++p) {
    const replay::Repriced& repriced = row.repriced[p];
    Json cell;
    cell["outcome"] = OutcomeOf(repriced);
    cell["fuel_used"] = nullptr;
    if (repriced.outcome.has_value()) cell["fuel_used"] = repriced.fuel_used;
    cell["within_limit"] = repriced.is_within_limit;
    json["profiles"][profiles[p]->name] = std::move(cell);
  }
  return json;
}

void PrintRow(const RecordFiles& files, size_t i, const Row& row) {
  const auto [file, index] = files.Place(i);
  std::printf("%s record %zu: %s %llu", files.files()[file].path.c_str(), index,
              std::string(engine::OutcomeName(row.outcome)).c_str(),
              static_cast<unsigned long long>(row.recorded));
  for (const replay::Repriced& repriced : row.repriced) {
    std::printf("; %s", OutcomeOf(repriced).c_str());
    if (repriced.outcome.has_value()) {
      std::printf(" %llu%s",
                  static_cast<unsigned long long>(repriced.fuel_used),
                  repriced.is_within_limit ? "" : " over its limit");
    }
  }
  std::printf("\n");
}

void Add(const Row& row, std::vector<Column>* columns) {
  for (size_t p = 0; p < columns->size(); ++p) {
    const replay::Repriced& repriced = row.repriced[p];
    Column& column = (*columns)[p];
    if (!repriced.outcome.has_value()) {
      ++column.unknown;
      continue;
    }
    column.fuel += repriced.fuel_used;
    column.changed += *repriced.outcome != row.outcome;
    column.over_limit += !repriced.is_within_limit;
  }
}

void PrintTable(const std::vector<const engine::Profile*>& profiles,
                const std::vector<Column>& columns, size_t records,
                unsigned __int128 recorded) {
  const double base = static_cast<double>(recorded);
  std::printf("%-24s %20s %9s %8s %10s %8s\n", "profile", "fuel", "to record",
              "outcome", "over limit", "unknown");
  std::printf("%-24s %20.0f %9s %8s %10s %8s\n",
              absl::StrCat("recorded (", records, ")").c_str(), base, "", "",
              "", "");
  for (size_t p = 0; p < profiles.size(); ++p) {
    const Column& c = columns[p];
    const double fuel = static_cast<double>(c.fuel);
    std::printf("%-24.24s %20.0f %8.3fx %8llu %10llu %8llu\n",
                profiles[p]->name.c_str(), fuel, base > 0 ? fuel / base : 0.0,
                static_cast<unsigned long long>(c.changed),
                static_cast<unsigned long long>(c.over_limit),
                static_cast<unsigned long long>(c.unknown));
  }
}

absl::StatusOr<ExitCode> Reprice(const Options& options) {
  ASSIGN_OR_RETURN(RecordFiles files,
                   RecordFiles::Load(options.files, options.modules));
  std::vector<const engine::Profile*> profiles;
  for (const std::string& text : options.profiles) {
    ASSIGN_OR_RETURN(
        const engine::Profile* profile,
        FindOrReadProfile(text, *files.profiles(), files.profiles()));
    profiles.push_back(profile);
  }
  engine::Engine engine({.profiles = files.profiles()});
  const size_t count = files.record_count();
  std::vector<Row> rows(count);
  Progress progress(count);
  ForEachInParallel(count, options.jobs == 0 ? ProcessorCount() : options.jobs,
                    &progress, [&](size_t i) {
                      auto row = RepriceOne(&files, i, profiles, &engine);
                      if (row.ok()) rows[i] = *std::move(row);
                      rows[i].status = row.status();
                    });
  std::vector<Column> columns(profiles.size());
  unsigned __int128 recorded = 0;
  for (size_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(rows[i].status);
    recorded += rows[i].recorded;
    Add(rows[i], &columns);
    if (options.json) {
      std::fputs(OneLine(RowJson(files, i, rows[i], profiles)).c_str(), stdout);
    } else if (options.each) {
      PrintRow(files, i, rows[i]);
    }
  }
  if (!options.json) PrintTable(profiles, columns, count, recorded);
  return kExitDone;
}

}  // namespace

void AddReprice(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = root->add_subcommand(
      "reprice", "What recorded history would have cost under other profiles");
  app->add_option("RECORD", options->files, "Files of replay records")
      ->required();
  app->add_option("--profile", options->profiles,
                  "Chain profile: a name, a digest or a file; may be repeated")
      ->required()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_option("--jobs", options->jobs, "Threads (default: processors)")
      ->check(CLI::Range(size_t{1}, size_t{1024}));
  app->add_option("--module", options->modules,
                  "Module file for records that only name it");
  app->add_flag("--each", options->each, "A line a record, too");
  app->add_flag("--json", options->json, "One JSON object a record");
  app->callback([options, exit_code] {
    const auto done = Reprice(*options);
    *exit_code = done.ok() ? *done : Complain(done.status());
  });
}

}  // namespace ashlar::cli
