// Searches each family of hostile programs for the one that takes longest for
// its fuel, or measures those that were found before, and compares it with the
// median contract call: see metering/README.md, "Calibration".
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/calibrate/families.h"
#include "bench/calibrate/measure.h"
#include "bench/calibrate/programs.h"
#include "engine/base/check.h"
#include "nlohmann/json.hpp"

namespace ashlar::bench {
namespace {

constexpr double kRatioMax = 4;
// Of a run in the search, and of one that counts.
constexpr double kSearchNs = 3e5;
constexpr double kFinalNs = 4e6;
constexpr uint32_t kEntries = 1'000'000;

struct Options {
  uint32_t tries = 40;  // programs of each family
  uint64_t seed = 1;
  std::string family;    // all where empty
  std::string write_to;  // a folder for the programs found
  std::string programs;  // a folder of programs that are measured, no search
  bool as_json = false;
};

void ShowProgress(const std::string& text) {
  if (isatty(STDERR_FILENO) != 0) {
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
  }
}

struct Found {
  std::string name;
  Genes genes;
  std::string text;
  Cost cost;
};

class Search {
 public:
  Search(const Options& options, StateSource* state)
      : options_(options), state_(state), random_(options.seed) {}

  // Half of the programs are made at random, the rest are neighbours of the
  // worst so far.
  Found Run(const Family& family) {
    Found worst;
    worst.name = family.name;
    for (uint32_t i = 0; i < options_.tries; ++i) {
      ShowProgress(absl::StrCat(family.name, " ", i + 1, "/", options_.tries));
      Genes genes = i * 2 < options_.tries || worst.genes.empty()
                        ? Random(family)
                        : Neighbour(family, worst.genes);
      std::string text = family.text(genes);
      const double most = worst.cost.ns_per_fuel();
      if (Measure(family, text, kSearchNs).ns_per_fuel() <= most) continue;
      // A short run's time is noisy; what it says must hold.
      const Cost cost = Measure(family, text, kFinalNs);
      if (cost.ns_per_fuel() <= most) continue;
      worst.genes = std::move(genes);
      worst.text = std::move(text);
      worst.cost = cost;
    }
    ShowProgress("");
    return worst;
  }

  // The program of a family that Write wrote.
  Found Again(const Family& family) {
    Found found;
    found.name = family.name;
    std::ifstream in(absl::StrCat(options_.programs, "/", family.name, ".wat"));
    CHECK(in.good(), family.name);
    found.text.assign(std::istreambuf_iterator<char>(in), {});
    found.cost = Measure(family, found.text, kFinalNs);
    return found;
  }

 private:
  Genes Random(const Family& family) {
    Genes genes;
    for (const uint32_t range : family.ranges) {
      genes.push_back(static_cast<uint32_t>(random_() % range));
    }
    return genes;
  }
  Genes Neighbour(const Family& family, Genes genes) {
    const size_t i = random_() % genes.size();
    genes[i] = static_cast<uint32_t>(random_() % family.ranges[i]);
    return genes;
  }
  Cost Measure(const Family& family, const std::string& text, double run_ns) {
    const auto workload = NewWorkload(family, text, state_);
    return MeasureUnit(workload.get(), family.count_max, run_ns);
  }

  const Options& options_;
  StateSource* state_;
  std::mt19937_64 random_;
};

void Write(const Options& options, const Found& found) {
  if (options.write_to.empty()) return;
  std::ofstream(absl::StrCat(options.write_to, "/", found.name, ".wat"))
      << found.text;
}

int Run(const Options& options) {
  char folder[] = "/tmp/worst_caseXXXXXX";
  if (mkdtemp(folder) == nullptr) return 3;
  const std::string empty = Assemble(
      "(module (import \"env\" \"memory\" (memory 1 1)) (func (export "
      "\"deploy\")) (func (export \"call\")))");
  const auto state = NewDiskState({.entries = kEntries, .modules = {empty}},
                                  absl::StrCat(folder, "/state"));
  const double median = MeasureCalls(state.get(), ShowProgress).activated;
  if (!options.as_json) {
    std::printf("median contract call: %.3f ns/fuel\n%-16s %12s %12s %9s %7s\n",
                median, "family", "ns", "fuel", "ns/fuel", "ratio");
  }
  nlohmann::ordered_json json;
  json["median_call"] = median;
  Search search(options, state.get());
  for (const Family& family : Families()) {
    if (!options.family.empty() && options.family != family.name) continue;
    const Found found =
        options.programs.empty() ? search.Run(family) : search.Again(family);
    Write(options, found);
    const double ratio = found.cost.ns_per_fuel() / median;
    if (options.as_json) {
      json["worst"][found.name] = {{"genes", found.genes},
                                   {"ns", found.cost.ns},
                                   {"fuel", found.cost.fuel},
                                   {"ns_per_fuel", found.cost.ns_per_fuel()},
                                   {"ratio", ratio}};
      continue;
    }
    std::printf("%-16s %12.1f %12.1f %9.3f %7.2f%s", found.name.c_str(),
                found.cost.ns, found.cost.fuel, found.cost.ns_per_fuel(), ratio,
                ratio > kRatioMax ? " !" : "");
    for (size_t i = 0; i < found.genes.size(); ++i) {
      std::printf("%s%u", i == 0 ? "  genes " : " ", found.genes[i]);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  if (options.as_json) std::printf("%s\n", json.dump(1).c_str());
  std::filesystem::remove_all(folder);
  return 0;
}

constexpr char kUsage[] =
    "usage: worst_case [--json] [--tries=N] [--seed=N] [--family=NAME]"
    " [--write=FOLDER | --programs=FOLDER]\n";

bool Parse(absl::string_view argument, Options* options) {
  const size_t equals = argument.find('=');
  const absl::string_view name = argument.substr(0, equals);
  const absl::string_view value = equals == absl::string_view::npos
                                      ? absl::string_view()
                                      : argument.substr(equals + 1);
  if (name == "--json") return options->as_json = value.empty();
  if (name == "--tries") {
    return absl::SimpleAtoi(value, &options->tries) && options->tries > 0;
  }
  if (name == "--seed") return absl::SimpleAtoi(value, &options->seed);
  if (name == "--family") {
    options->family = std::string(value);
    for (const Family& family : Families()) {
      if (family.name == options->family) return true;
    }
    return false;
  }
  if (name != "--write" && name != "--programs") return false;
  std::string& folder =
      name == "--write" ? options->write_to : options->programs;
  folder = std::string(value);
  return std::filesystem::is_directory(folder);
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  ashlar::bench::Options options;
  for (int i = 1; i < argc; ++i) {
    if (!ashlar::bench::Parse(argv[i], &options)) {
      std::fputs(ashlar::bench::kUsage, stderr);
      return 2;
    }
  }
  return ashlar::bench::Run(options);
}
