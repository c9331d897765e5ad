// For bench/break_even: the calls that are made here and in V8.
//
//   break_even_calls FOLDER SECONDS [token]
//
// Writes FOLDER/cases.json and its modules (tests/instrument/recorder.h has the
// format): the token's calls and those of the ink! vectors; with `token` the
// token's only. FOLDER/ours.json has a line for each: its least time here, of
// some rounds that take SECONDS.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "bench/contract_calls.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "nlohmann/json.hpp"
#include "tests/corpus/recorded_call.h"
#include "tests/corpus/scripted_host.h"
#include "tests/instrument/recorder.h"

namespace ashlar::bench {
namespace {

using nlohmann::json;
using testing::Recorder;

constexpr int kRoundsMin = 5;

template <typename Work>
double LeastSeconds(double seconds, Work&& work) {
  using Clock = std::chrono::steady_clock;
  double least = std::numeric_limits<double>::infinity();
  double sum = 0;
  for (int round = 0; round < kRoundsMin || sum < seconds; ++round) {
    const Clock::time_point begin = Clock::now();
    work();
    const std::chrono::duration<double> taken = Clock::now() - begin;
    least = std::min(least, taken.count());
    sum += taken.count();
  }
  return least;
}

// The whole call, from bytes to an outcome with its digests.
double SecondsOf(const ContractCall& call, bool is_cached, double seconds) {
  engine::EngineOptions options;
  if (!is_cached) {
    options.cache_size_bytes = 0;
    options.remembers_valid_modules = false;
  }
  engine::Engine engine(options);
  ContractCall made = call;
  if (is_cached) {
    made.request.activation = engine::Activation::kActivated;
    made.request.module_hash =
        engine::ModuleHash(std::exchange(made.request.module_bytes, {}));
  }
  return LeastSeconds(
      seconds, [&] { CHECK(Execute(&engine, made).ok(), "a wrong answer"); });
}

uint32_t FunctionOf(const wasm::Module& module, absl::string_view name) {
  return module.FindExport(name, wasm::ExternKind::kFunc)->index;
}

// Calls that execute other contracts are left out: their records end there.
void Write(const std::vector<ContractCall>& calls, const std::string& folder,
           double seconds) {
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("seal-1");
  Recorder recorder(folder, profile, std::make_unique<testing::ScriptedHost>());
  std::ofstream ours(folder + "/ours.json");
  std::string module;
  size_t left_out = 0;
  size_t number = 0;
  for (const ContractCall& call : calls) {
    // Contracts of one name differ.
    const std::string name = absl::StrCat(number++, ":", call.name);
    if (call.request.module_bytes != module) {
      module = call.request.module_bytes;
      CHECK(recorder.SetModule(module));
    }
    engine::ExecuteRequest by_hash = call.request;
    by_hash.module_hash = engine::ModuleHash(module);
    const uint32_t entry =
        FunctionOf(recorder.subject().module(), call.request.entry);
    const testing::RecordedCall recorded = testing::Record(
        by_hash, profile, recorder.subject(), entry, call.state.get());
    if (!recorded.is_whole) {
      ++left_out;
      continue;
    }
    recorder.WriteRecorded(name, entry, recorded);
    ours << json({{"name", name},
                  {"fresh", SecondsOf(call, false, seconds)},
                  {"cached", SecondsOf(call, true, seconds)}})
         << "\n";
  }
  std::fprintf(stderr, "%zu calls, %zu of them call other contracts\n",
               calls.size(), left_out);
}

absl::Status Run(const std::string& folder, double seconds, bool only_token) {
  std::vector<ContractCall> calls = TokenCalls();
  if (!only_token) {
    ASSIGN_OR_RETURN(std::vector<ContractCall> ink, InkCalls());
    for (ContractCall& call : ink) calls.push_back(std::move(call));
  }
  Write(calls, folder, seconds);
  return absl::OkStatus();
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  double seconds = 0;
  const bool only_token = argc == 4 && absl::string_view(argv[3]) == "token";
  if (argc < 3 || (argc > 3 && !only_token) ||
      !absl::SimpleAtod(argv[2], &seconds)) {
    std::fprintf(stderr, "usage: break_even_calls FOLDER SECONDS [token]\n");
    return 2;
  }
  const absl::Status status = ashlar::bench::Run(argv[1], seconds, only_token);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}
