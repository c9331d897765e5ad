// A contract call of the seal ABI with its real host, where every host call is
// written down, so that it can be made again without that host.
#ifndef TESTS_CORPUS_RECORDED_CALL_H_
#define TESTS_CORPUS_RECORDED_CALL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/interp/trap.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/reader.h"
#include "tests/corpus/world.h"

namespace ashlar::testing {

// One host call: what it was asked, and everything it did to its caller.
struct HostRecord {
  std::string module;
  std::string name;
  std::vector<uint64_t> args;
  HostAnswer answer;
};

struct RecordedCall {
  // False where another contract was to be called: the record ends there.
  bool is_whole = true;
  std::vector<HostRecord> host_calls;
  End end;                      // of the code; a contract may end by a trap
  uint64_t host_fuel = 0;       // of end.fuel_used
  uint64_t memory_fuel = 0;     // likewise, dynamic charges
  std::vector<uint8_t> memory;  // at the end
  bool is_returned = false;     // of the contract, by its end or by seal_return
  uint32_t flags = 0;
  base::Bytes data;
};

// Calls the function of index `function` as the outermost contract of
// `request`, whose entry and module are not looked at: `subject` is the module.
// Changes no state. REQUIRES: `profile` has the seal ABI and accepts the
// module.
RecordedCall Record(const engine::ExecuteRequest& request,
                    const engine::Profile& profile, const Subject& subject,
                    uint32_t function, state::Reader* reader);

// Does again what was recorded. A call that is not the recorded one is a
// failure of the running test.
class ReplayHost : public Host {
 public:
  explicit ReplayHost(const std::vector<HostRecord>* records)
      : records_(records) {}
  HostAnswer Answer(const HostQuery& query) override;
  void Reset() override { next_ = 0; }

 private:
  const std::vector<HostRecord>* records_;
  size_t next_ = 0;
};

}  // namespace ashlar::testing

#endif  // TESTS_CORPUS_RECORDED_CALL_H_
