// A server in this process, for tests, and what they send it.
#ifndef RPC_TEST_SERVER_H_
#define RPC_TEST_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "ashlar/v1/estimation.grpc.pb.h"
#include "ashlar/v1/execution.grpc.pb.h"
#include "ashlar/v1/info.grpc.pb.h"
#include "ashlar/v1/modules.grpc.pb.h"
#include "ashlar/v1/replay.grpc.pb.h"
#include "ashlar/v1/state.grpc.pb.h"
#include "engine/base/hash.h"
#include "engine/engine.h"
#include "engine/state/store.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/status.h"
#include "rpc/server.h"

namespace ashlar::rpc {

// Listens on a free port of the loopback interface. The address and the store
// of `options` are set where they are empty.
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {});

  const std::string& address() const { return server->addresses()[0]; }
  // All metrics as Prometheus reads them.
  std::string Metrics() const;

  engine::Engine engine;
  std::unique_ptr<state::VersionedStore> store;
  std::unique_ptr<Server> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Execution::Stub> execution;
  std::unique_ptr<v1::Estimation::Stub> estimation;
  std::unique_ptr<v1::Modules::Stub> modules;
  std::unique_ptr<v1::State::Stub> state;
  std::unique_ptr<v1::Replay::Stub> replay;
  std::unique_ptr<v1::Info::Stub> info;
};

// Calls a stub's unary method.
template <typename Stub, typename Request, typename Response>
grpc::Status Call(const std::unique_ptr<Stub>& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*,
                                               const Request&, Response*),
                  const std::type_identity_t<Request>& request,
                  Response* response) {
  grpc::ClientContext context;
  response->Clear();
  return (stub.get()->*method)(&context, request, response);
}

// 32 bytes, and the digest of a built-in profile.
std::string Filled(char c);
std::string ProfileDigest(absl::string_view name);

// testdata/switch.wat: the first byte of the input says what it does.
std::string SwitchModule();
std::string SwitchHash();
inline constexpr char kCount = 0;
inline constexpr char kRevert = 1;
inline constexpr char kTrap = 2;
inline constexpr char kWork = 3;
inline constexpr char kLarge = 4;
inline constexpr char kForever = 5;

// A valid call of it without state.
v1::ExecuteRequest SwitchCall(char what);
// The same with as many rounds of work.
v1::ExecuteRequest WorkCall(uint32_t rounds);
// The same over a store.
v1::ExecuteRequest StoreCall(char what, uint64_t base, v1::Commit commit);

}  // namespace ashlar::rpc

#endif  // RPC_TEST_SERVER_H_
