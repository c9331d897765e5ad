// A client for tools: engine types in and out, so that what a server answers
// prints as what this process computes.
#ifndef RPC_CLIENT_H_
#define RPC_CLIENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ashlar/v1/modules.pb.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/estimation.h"
#include "engine/inspection.h"
#include "engine/outcome.h"
#include "engine/wasm/stack_use.h"
#include "engine/wasm/violation.h"
#include "rpc/convert.h"

namespace ashlar::rpc {

struct ClientOptions {
  // For the connection, and for each call after it.
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration call_timeout = absl::InfiniteDuration();
  int message_bytes_max = 64 << 20;
};

struct ExecuteReply {
  engine::ExecuteResult result;
  std::optional<uint64_t> new_version;  // of a commit
  base::Bytes replay_record;  // a file of one record, where it was asked for
};

struct VerifyReply {
  uint64_t record_count = 0;
  uint64_t match_count = 0;
  std::optional<uint64_t> first_mismatch;  // index of the record
  std::string first_difference;
};

// What Modules.Inspect reports; fields as in modules.proto.
struct ModuleReport {
  struct Item {
    std::string module;  // of imports
    std::string name;
    std::string type;
    engine::ImportStatus status = engine::ImportStatus::kUnknown;  // likewise
  };
  struct Function {
    uint32_t index = 0;
    std::string name;
    uint32_t body_size_bytes = 0;
    uint32_t run_count = 0;
    uint64_t dearest_run_fuel = 0;
    uint32_t dearest_run_offset = 0;
    uint32_t frame_slots = 0;
    std::optional<uint64_t> fuel_bound;
  };
  base::Hash256 hash;
  uint64_t size_bytes = 0;
  bool accepted = false;
  std::vector<wasm::Violation> violations;
  uint64_t compile_fuel = 0;
  uint64_t activated_fuel = 0;
  uint64_t instantiate_fuel = 0;
  std::vector<Item> imports;
  std::vector<Item> exports;
  uint32_t function_count = 0;
  bool stored = false;
  bool activated = false;
  std::vector<Function> functions;
  std::optional<wasm::WorstStack> worst_stack;
};

struct ServerInfo {
  struct Profile {
    std::string name;
    base::Hash256 digest;
  };
  std::string version;
  std::vector<Profile> profiles;
  bool state_in_memory = false;
};

// Statuses are the server's, and UNAVAILABLE (nobody listens there),
// DEADLINE_EXCEEDED (a timeout passed), INTERNAL (a malformed answer).
// Thread-safe.
class Client {
 public:
  // `server` is "HOST:PORT" or "unix:PATH". Waits until the connection stands.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(
      const std::string& server, const ClientOptions& options = {});
  ~Client();

  absl::StatusOr<ExecuteReply> Execute(const ExecuteCall& call);

  // A call that is to be committed is INVALID_ARGUMENT.
  absl::StatusOr<engine::Estimation> Estimate(const EstimateCall& call);

  // Executes a file of records again.
  absl::StatusOr<VerifyReply> Verify(absl::string_view records);

  // Stores the module and returns its hash. INVALID_ARGUMENT names the first
  // violations; see Violations().
  absl::StatusOr<base::Hash256> Put(const base::Hash256& profile,
                                    absl::string_view module_bytes);
  absl::StatusOr<base::Bytes> GetModule(const base::Hash256& hash);
  absl::StatusOr<ModuleReport> Inspect(const base::Hash256& profile,
                                       absl::string_view module_bytes);
  absl::StatusOr<ModuleReport> InspectStored(const base::Hash256& profile,
                                             const base::Hash256& hash);
  absl::StatusOr<ServerInfo> GetInfo();

 private:
  struct Stubs;
  explicit Client(std::unique_ptr<Stubs> stubs);
  absl::StatusOr<ModuleReport> Inspect(const v1::InspectRequest& request);

  std::unique_ptr<Stubs> stubs_;
};

// The violations in the details of a refused Put; empty where there are none.
std::vector<wasm::Violation> Violations(const absl::Status& status);

}  // namespace ashlar::rpc

#endif  // RPC_CLIENT_H_
