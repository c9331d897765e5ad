// One call of any contract, from bytes to outcome, in each of the ways in which
// the engine may come to know the module. The state is inline, the host
// functions are the real ones, and every way must give the same outcome.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/state/inline_state.h"

namespace ashlar::bench {
namespace {

using engine::Activation;
using engine::ExecuteRequest;
using engine::ExecuteResult;

struct Options {
  std::string file;
  std::string profile = "seal-1";
  // ink!'s ERC-20: new(1000000), transfer(02 x 32, 100).
  std::string deploy = "9bae9d5e40420f00000000000000000000000000";
  std::string input =
      "84a15da1020202020202020202020202020202020202020202020202020202020202020"
      "264000000000000000000000000000000";
  int iters = 20000;
  std::string only;
};

// One way to come by the module.
struct Way {
  absl::string_view name;
  Activation activation;
  bool by_bytes;
  bool cached;
  bool lazy;  // known to be valid: translated as far as it is called
};
constexpr Way kWays[] = {
    {"fresh, bytes", Activation::kFresh, true, false, false},
    {"fresh, bytes, cached", Activation::kFresh, true, true, false},
    {"activated, hash", Activation::kActivated, false, false, false},
    {"activated, hash, lazy", Activation::kActivated, false, false, true},
    {"activated, hash, cached", Activation::kActivated, false, true, false},
};

state::AccountId Account(uint8_t byte) {
  state::AccountId account;
  account.bytes.fill(byte);
  return account;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// A call of the contract that `deploy` made.
struct Setting {
  ExecuteRequest request;
  std::string module;
  base::Hash256 hash;
  std::unique_ptr<state::InlineState> state;
};

absl::StatusOr<Setting> Prepare(const Options& options) {
  Setting s;
  ASSIGN_OR_RETURN(s.module, ReadFile(options.file));
  ASSIGN_OR_RETURN(const std::string deploy, base::HexDecode(options.deploy));
  ASSIGN_OR_RETURN(const std::string input, base::HexDecode(options.input));
  const engine::Profile* profile =
      engine::ProfileSet::BuiltIn().FindByName(options.profile);
  if (profile == nullptr) return absl::NotFoundError("no such profile");
  s.state = std::make_unique<state::InlineState>(state::MissingKeys::kAbsent);
  s.hash = s.state->AddModule(s.module);
  ExecuteRequest& r = s.request;
  r.profile = profile->digest;
  r.module_bytes = s.module;
  r.entry = "deploy";
  r.input = deploy;
  r.fuel_limit = uint64_t{1} << 56;
  r.caller = Account(0x01);
  r.callee = Account(0xc0);
  engine::Engine engine({});
  ASSIGN_OR_RETURN(const ExecuteResult deployed,
                   engine.Execute(r, s.state.get(), nullptr));
  if (!deployed.completed.has_value() ||
      deployed.completed->outcome.klass != engine::OutcomeClass::kReturned) {
    return absl::AbortedError(
        absl::StrCat("deploy failed: ", deployed.diagnostics.message));
  }
  s.state->Apply(deployed.completed->effects, {});
  r.entry = "call";
  r.input = input;
  return s;
}

absl::Status Measure(const Options& options, Setting* s, const Way& way) {
  ExecuteRequest request = s->request;
  request.activation = way.activation;
  if (!way.by_bytes) {
    request.module_bytes.clear();
    request.module_hash = s->hash;
  }
  engine::EngineOptions engine_options;
  if (!way.cached) engine_options.cache_size_bytes = 0;
  engine_options.remembers_valid_modules = way.lazy;
  engine::Engine engine(engine_options);
  std::vector<double> times_us;
  std::string answer;
  for (int i = 0; i < options.iters; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto result = engine.Execute(request, s->state.get(), nullptr);
    const auto end = std::chrono::steady_clock::now();
    RETURN_IF_ERROR(result.status());
    times_us.push_back(
        std::chrono::duration<double, std::micro>(end - begin).count());
    if (i > 0) continue;
    answer = absl::StrCat(
        engine::OutcomeName(result->completed->outcome.klass), " effects ",
        result->completed->digests.effects.ToHex().substr(0, 16), " fuel ",
        result->completed->fuel.used);
  }
  std::sort(times_us.begin(), times_us.end());
  std::printf("%-24s min %8.3f us, median %8.3f us, %s\n",
              std::string(way.name).c_str(), times_us.front(),
              times_us[times_us.size() / 2], answer.c_str());
  return absl::OkStatus();
}

absl::Status Run(const Options& options) {
  ASSIGN_OR_RETURN(Setting setting, Prepare(options));
  for (const Way& way : kWays) {
    if (!options.only.empty() && way.name != options.only) continue;
    RETURN_IF_ERROR(Measure(options, &setting, way));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  ashlar::bench::Options options;
  CLI::App app("Times of one contract call, by the way its module is known");
  app.add_option("FILE", options.file, "Module")->required();
  app.add_option("--profile", options.profile, "Chain profile")
      ->capture_default_str();
  app.add_option("--deploy", options.deploy, "Input of deploy, hex");
  app.add_option("--input", options.input, "Input of call, hex");
  app.add_option("--iters", options.iters, "Rounds")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--only", options.only, "One way alone, by its name");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = ashlar::bench::Run(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}
