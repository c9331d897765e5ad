// Calls functions in the engine and writes down what replay.js needs to make
// the same calls elsewhere: a file of cases, one JSON object a line, beside
// the modules that they name.
//
//   {"name": text, "module": file,
//    "most": {"pages_max": n, "elements_max": n}, "steps": [...]}
//
// A case is a new instance; its steps are done in order. One is either
// {"poke": [address, hex]} or a call:
//
//   {"function": index, "args": [bits], "host": [...],
//    "trap": number (0: returned), "results": [bits], "fuel": n,
//    "view": {"memory_size": n, "memory": SHA-256,
//             "globals": [bits], "tables": [[bits]]}}
//
// `fuel` is that of the code: prepaid runs and dynamic charges, without host
// functions. A call of the host is {"name", "args", "writes": [[address,
// hex]], "trap", "results"}. Bits are decimal texts of 64-bit numbers; a
// funcref is 0 where null, else 1 + the function's index.
#ifndef TESTS_INSTRUMENT_RECORDER_H_
#define TESTS_INSTRUMENT_RECORDER_H_

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/profile.h"
#include "nlohmann/json.hpp"
#include "tests/corpus/recorded_call.h"
#include "tests/corpus/world.h"

namespace ashlar::testing {

// Hands queries on to another host and keeps the answers.
class RecordingHost : public Host {
 public:
  explicit RecordingHost(std::unique_ptr<Host> host) : host_(std::move(host)) {}
  HostAnswer Answer(const HostQuery& query) override;
  void Reset() override { host_->Reset(); }
  // Since the last time.
  std::vector<HostRecord> TakeRecords();

 private:
  std::unique_ptr<Host> host_;
  std::vector<HostRecord> records_;
};

class Recorder {
 public:
  // Cases go to `folder`/cases.json. `profile` outlives this.
  Recorder(std::filesystem::path folder, const engine::Profile& profile,
           std::unique_ptr<Host> host);

  // Cases from here on are of this module. False where the profile refuses
  // it.
  bool SetModule(absl::string_view bytes);
  const Subject& subject() const { return subject_; }

  // Begins a case. False where the module cannot be instantiated; the case is
  // then none.
  bool Begin(const std::string& name);
  // The call's end. One that runs out of fuel or of stack is not written, and
  // ends the case: what it has changed by then is nobody's business.
  End Invoke(uint32_t function, const std::vector<uint64_t>& args,
             uint64_t fuel_limit);
  void Poke(uint64_t address, absl::string_view bytes);
  // Writes a call that was recorded elsewhere, as a case of its own.
  void WriteRecorded(const std::string& name, uint32_t function,
                     const RecordedCall& call);
  // Writes the case that was begun.
  void Finish();

  uint64_t calls() const { return calls_; }
  uint64_t fuel() const { return fuel_; }
  // What the cases are in, for replay.js.
  std::filesystem::path file() const { return folder_ / "cases.json"; }

 private:
  nlohmann::json CallOf(uint32_t function, const std::vector<uint64_t>& args,
                        const End& end, const std::vector<HostRecord>& records);
  void NewCase(const std::string& name);

  std::filesystem::path folder_;
  const engine::Profile& profile_;
  RecordingHost host_;
  std::ofstream out_;
  Subject subject_;
  std::string module_file_;
  uint64_t modules_ = 0;
  std::unique_ptr<World> world_;
  nlohmann::json case_;
  bool is_broken_ = false;  // steps can no longer be told apart
  uint64_t calls_ = 0;
  uint64_t fuel_ = 0;
};

}  // namespace ashlar::testing

#endif  // TESTS_INSTRUMENT_RECORDER_H_
