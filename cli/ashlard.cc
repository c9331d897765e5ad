// `ashlard`: the server.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/state/memory_store.h"
#include "engine/state/rocksdb_store.h"
#include "engine/state/store.h"
#include "prometheus/exposer.h"
#include "replay/flight.h"
#include "rpc/server.h"
#include "rpc/shadow.h"
#include "rpc/version.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> listen;
  std::string data_dir;
  std::string metrics;
  std::string flight_recorder;
  uint32_t shadow_percent = 0;
  size_t workers = std::max(1u, std::thread::hardware_concurrency());
  size_t queue = 1024;
  uint64_t message_bytes_max = uint64_t{16} << 20;
  std::vector<std::string> profile_files;
  uint64_t cache_bytes = engine::EngineOptions().cache_size_bytes;
  uint64_t memory_bytes = 0;
  uint64_t quota_fuel_per_second = 0;
  uint64_t keep_versions = state::StoreOptions().versions_kept;
  uint64_t drain_seconds = 30;
};

void Describe(CLI::App* app, Options* options) {
  app->add_option("--listen", options->listen,
                  "Address to listen on: HOST:PORT (port 0 takes a free one) "
                  "or unix:PATH; may be repeated")
      ->required()
      ->type_name("ADDR");
  app->add_option("--data-dir", options->data_dir,
                  "Directory that keeps modules and state; without it they "
                  "are in memory and end with the process")
      ->type_name("DIR");
  app->add_option("--metrics", options->metrics,
                  "HTTP address for Prometheus: HOST:PORT, path /metrics")
      ->type_name("ADDR");
  app->add_option("--flight-recorder", options->flight_recorder,
                  "File that holds what is executed just now, so that a "
                  "request that ends the process twice is refused (default: "
                  "`flight` in --data-dir, else none)")
      ->type_name("FILE");
  app->add_option("--shadow", options->shadow_percent,
                  "Percent of the executions that are done again, after the "
                  "answer, by the naive interpreter; one that does not agree "
                  "is logged, with a record in --data-dir")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app->add_option("--workers", options->workers, "Executions at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app->add_option("--queue", options->queue,
                  "Calls that may wait for a worker; more are refused")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app->add_option("--max-message-bytes", options->message_bytes_max,
                  "Of a request and of a response")
      ->check(CLI::Range(1024, 1 << 30))
      ->capture_default_str();
  app->add_option("--profile-file", options->profile_files,
                  "File with a chain profile beside the built-in ones; may be "
                  "repeated")
      ->type_name("FILE");
  app->add_option("--cache-bytes", options->cache_bytes,
                  "Of compiled modules kept for reuse; 0: none")
      ->capture_default_str();
  app->add_option("--memory-bytes", options->memory_bytes,
                  "Of memory for contracts at once, reserved by what each call "
                  "may come to use; 0: no bound but the workers'")
      ->capture_default_str();
  app->add_option("--quota-fuel-per-second", options->quota_fuel_per_second,
                  "Fuel a client may use per second; 0: no quota")
      ->capture_default_str();
  app->add_option("--keep-versions", options->keep_versions,
                  "Versions of each namespace that stay readable")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 32))
      ->capture_default_str();
  app->add_option("--drain-seconds", options->drain_seconds,
                  "After SIGTERM, time for running calls to finish")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
}

absl::StatusOr<engine::ProfileSet> LoadProfiles(
    const std::vector<std::string>& files) {
  engine::ProfileSet profiles;
  for (const engine::Profile* profile : engine::ProfileSet::BuiltIn().all()) {
    RETURN_IF_ERROR(profiles.Add(*profile));
  }
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
    absl::StatusOr<engine::Profile> profile = engine::ParseProfile(text);
    absl::Status status = profile.status();
    if (status.ok()) status = profiles.Add(*std::move(profile));
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": ", status.message()));
    }
  }
  return profiles;
}

absl::StatusOr<std::unique_ptr<state::VersionedStore>> OpenStore(
    const Options& options) {
  state::StoreOptions store_options;
  store_options.versions_kept = options.keep_versions;
  if (options.data_dir.empty()) return state::NewMemoryStore(store_options);
  return state::OpenRocksDbStore(options.data_dir, store_options);
}

absl::StatusOr<std::unique_ptr<replay::FlightRecorder>> OpenFlightRecorder(
    const Options& options, const engine::ProfileSet& profiles) {
  std::string path = options.flight_recorder;
  if (path.empty() && !options.data_dir.empty()) {
    path = absl::StrCat(options.data_dir, "/flight");
  }
  if (path.empty()) return std::unique_ptr<replay::FlightRecorder>();
  ASSIGN_OR_RETURN(
      auto recorder,
      replay::FlightRecorder::Open(
          {.path = path,
           .slot_count = options.workers,
           // A request, and what it reads beside.
           .slot_size_bytes = options.message_bytes_max + (uint64_t{8} << 20),
           .profiles = &profiles}));
  replay::FlightRecorder::WatchSignals();
  for (const replay::FlightRecorder::Death& death : recorder->deaths()) {
    std::fprintf(stderr, "request %s ended this server %u times%s%s\n",
                 death.request.ToHex().c_str(), death.count,
                 death.count >= replay::FlightRecorder::kDeathsMax
                     ? "; it is refused"
                     : "",
                 death.record_path.empty()
                     ? ""
                     : absl::StrCat("; see ", death.record_path).c_str());
  }
  return recorder;
}

// Says what differs, and keeps the first records of that where there is a
// folder.
std::unique_ptr<rpc::Shadow> StartShadow(const Options& options,
                                         engine::Engine* engine) {
  if (options.shadow_percent == 0) return nullptr;
  constexpr uint64_t kRecordsMax = 100;
  return std::make_unique<rpc::Shadow>(rpc::ShadowOptions{
      .engine = engine,
      .percent = options.shadow_percent,
      .on_mismatch = [folder = options.data_dir, count = uint64_t{0}](
                         absl::string_view reason,
                         const base::Bytes& record) mutable {
        std::string where = "kept nowhere";
        if (!folder.empty() && count++ < kRecordsMax) {
          const std::string path = absl::StrCat(
              folder, "/shadow-",
              base::Blake2b256(record).ToHex().substr(0, 16), ".rec");
          const absl::Status written = WriteFile(path, record);
          where = written.ok() ? path : std::string(written.message());
        }
        std::fprintf(stderr,
                     "shadow: the naive interpreter does not agree: %s; "
                     "record: %s\n",
                     std::string(reason).c_str(), where.c_str());
      }});
}

absl::StatusOr<std::unique_ptr<prometheus::Exposer>> Expose(
    const std::string& address, const rpc::Server& server) {
  if (address.empty()) return std::unique_ptr<prometheus::Exposer>();
  // The library reports an address that it cannot have by an exception.
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(address);
    exposer->RegisterCollectable(server.metrics());
    return exposer;
  } catch (const std::exception&) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve metrics on ", address,
                     ": give HOST:PORT of this machine that is not in use"));
  }
}

void Announce(const Options& options, const engine::ProfileSet& profiles,
              const rpc::Server& server) {
  std::printf("ashlard %s\n", rpc::kVersion);
  for (const engine::Profile* profile : profiles.all()) {
    std::printf("profile %s %s\n", profile->name.c_str(),
                profile->digest.ToHex().c_str());
  }
  if (options.data_dir.empty()) {
    std::printf(
        "state in memory: it ends with this process (--data-dir keeps it)\n");
  } else {
    std::printf("state in %s\n", options.data_dir.c_str());
  }
  if (!options.metrics.empty()) {
    std::printf("metrics on http://%s/metrics\n", options.metrics.c_str());
  }
  for (const std::string& address : server.addresses()) {
    std::printf("listening on %s\n", address.c_str());
  }
  std::fflush(stdout);
}

// A second signal while the server drains ends the process.
void WaitForSignal(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

absl::Status Serve(const Options& options) {
  // Blocked before any thread begins, so that all threads leave the signals to
  // WaitForSignal.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Whoever reads our output may end before us.
  std::signal(SIGPIPE, SIG_IGN);

  ASSIGN_OR_RETURN(const engine::ProfileSet profiles,
                   LoadProfiles(options.profile_files));
  ASSIGN_OR_RETURN(const std::unique_ptr<state::VersionedStore> store,
                   OpenStore(options));
  ASSIGN_OR_RETURN(const std::unique_ptr<replay::FlightRecorder> flight,
                   OpenFlightRecorder(options, profiles));
  engine::Engine engine(
      {.profiles = &profiles, .cache_size_bytes = options.cache_bytes});
  const std::unique_ptr<rpc::Shadow> shadow = StartShadow(options, &engine);
  rpc::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.backend = {.engine = &engine,
                            .store = store.get(),
                            .flight = flight.get(),
                            .shadow = shadow.get(),
                            .state_in_memory = options.data_dir.empty(),
                            .message_bytes_max = options.message_bytes_max};
  server_options.admission = {
      .worker_count = options.workers,
      .waiting_max = options.queue,
      .quota_fuel_per_second = options.quota_fuel_per_second};
  server_options.memory_bytes_max = options.memory_bytes;
  ASSIGN_OR_RETURN(const std::unique_ptr<rpc::Server> server,
                   rpc::Server::Start(server_options));
  // Ends before the server, whose numbers it reads.
  ASSIGN_OR_RETURN(std::unique_ptr<prometheus::Exposer> exposer,
                   Expose(options.metrics, *server));
  Announce(options, profiles, *server);
  WaitForSignal(signals);
  std::printf("draining %zu calls\n", server->calls_inside());
  std::fflush(stdout);
  const bool all_finished = server->Drain(absl::Seconds(options.drain_seconds));
  exposer.reset();
  std::printf(all_finished ? "drained\n"
                           : "drained; calls that took too long were "
                             "cancelled and have no outcome\n");
  return absl::OkStatus();
}

}  // namespace
}  // namespace ashlar::cli

int main(int argc, char** argv) {
  using ashlar::cli::ExitCode;
  // What gRPC would log is said in our own sentences.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  CLI::App app(
      "Serves ashlar.v1 over gRPC, in plain text: keep it on a private network "
      "or behind a proxy.\n"
      "SIGTERM and SIGINT drain: running calls finish, new ones are refused.\n"
      "Exit codes: 0 drained, 2 wrong use, 3 our failure.",
      "ashlard");
  ashlar::cli::Options options;
  ashlar::cli::Describe(&app, &options);
  app.set_version_flag("--version", ashlar::rpc::kVersion);
  // CLI11 reports wrong use, --help and --version by an exception.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kExitDone : ExitCode::kExitWrongUse;
  }
  const absl::Status status = ashlar::cli::Serve(options);
  return status.ok() ? ExitCode::kExitDone : ashlar::cli::Complain(status);
}
