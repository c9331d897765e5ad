// The flight recorder: what each thread executes just now, in a file that
// outlives the process. An execution that kills the process is found there by
// the next one, and is refused once it has killed two.
#ifndef REPLAY_FLIGHT_H_
#define REPLAY_FLIGHT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"
#include "replay/archive.h"

namespace ashlar::replay {

struct FlightOptions {
  std::string path;
  // Executions at once; more than these are not recorded.
  size_t slot_count = 1;
  // Of the file, for each; what nothing is written to takes no room.
  uint64_t slot_size_bytes = uint64_t{24} << 20;
  const engine::ProfileSet* profiles = nullptr;  // outlives the recorder
};

// Thread-safe but for Open.
class FlightRecorder {
 public:
  // A request that killed so many processes is not executed again.
  static constexpr uint32_t kDeathsMax = 2;

  struct Death {
    base::Hash256 request;
    uint32_t count = 0;
    // The record that was written of it at this start, or empty.
    std::string record_path;
  };

  // Reads what the last process left, if any. A slot whose thread died counts
  // as a death of its request, and becomes a record file without an answer
  // beside `path`; a process that was killed from outside has no such slots.
  // UNAVAILABLE: the file cannot be had, or another process uses it.
  static absl::StatusOr<std::unique_ptr<FlightRecorder>> Open(
      const FlightOptions& options);
  ~FlightRecorder();
  FlightRecorder(const FlightRecorder&) = delete;
  FlightRecorder& operator=(const FlightRecorder&) = delete;

  // INTERNAL: the request killed kDeathsMax processes.
  absl::Status Admit(const engine::ExecuteRequest& request) const;
  const std::vector<Death>& deaths() const { return deaths_; }

  // Makes the signals of a dying process (SIGABRT, SIGSEGV, SIGBUS, SIGFPE,
  // SIGILL) mark the slot of their thread, before they end the process as they
  // would have done.
  static void WatchSignals();

 private:
  friend class Flight;
  struct Slot;

  FlightRecorder() = default;
  absl::Status Map(const FlightOptions& options);
  void ReadDeaths(absl::string_view content);
  absl::Status NoteDeath(const Archive& archive, size_t index);
  void WriteDeaths();
  // Null where all are in use.
  Slot* Claim();

  std::string path_;
  int file_ = -1;
  char* memory_ = nullptr;
  uint64_t size_bytes_ = 0;
  uint64_t slot_size_bytes_ = 0;
  std::vector<std::atomic<bool>> claimed_;
  absl::flat_hash_map<base::Hash256, std::string> profile_texts_;
  std::vector<Death> deaths_;
};

// One execution while it runs: the state that it reads through this is written
// down as it reads it. Lives on the thread that executes.
class Flight : public state::Reader {
 public:
  // `recorder` may be null: nothing is written. All outlive the flight.
  Flight(FlightRecorder* recorder, const engine::ExecuteRequest& request,
         state::Reader* below);
  ~Flight() override;
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  absl::StatusOr<state::ReadResult> Read(const state::Key& key) override;
  absl::StatusOr<state::ModuleResult> Module(
      const base::Hash256& hash) override;

 private:
  // False, and nothing more is written, where the slot is full.
  bool Append(absl::string_view bytes);

  FlightRecorder* const recorder_;
  state::Reader* const below_;
  FlightRecorder::Slot* slot_ = nullptr;
  bool is_full_ = false;
  std::vector<base::Hash256> modules_;  // that were written down
};

// Whether these bytes begin as a flight recorder's file does.
bool IsFlightFile(absl::string_view file);

// The executions that a process left behind, as records without an answer.
// Only those that died, or also those that ran beside them. What is only half
// there is left out. INVALID_ARGUMENT: no such file.
absl::StatusOr<Archive> ParseFlights(absl::string_view file, bool only_died);

}  // namespace ashlar::replay

#endif  // REPLAY_FLIGHT_H_
