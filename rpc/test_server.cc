#include "rpc/test_server.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/profile.h"
#include "engine/state/memory_store.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "prometheus/text_serializer.h"

namespace ashlar::rpc {

TestServer::TestServer(ServerOptions options)
    : engine(engine::EngineOptions()) {
  if (options.listen.empty()) options.listen = {"127.0.0.1:0"};
  options.backend.engine = &engine;
  if (options.backend.store == nullptr) {
    store = state::NewMemoryStore();
    options.backend.store = store.get();
    options.backend.state_in_memory = true;
  }
  auto started = Server::Start(options);
  CHECK(started.ok(), started.status().message());
  server = *std::move(started);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  channel = grpc::CreateCustomChannel(
      address(), grpc::InsecureChannelCredentials(), arguments);
  execution = v1::Execution::NewStub(channel);
  estimation = v1::Estimation::NewStub(channel);
  modules = v1::Modules::NewStub(channel);
  state = v1::State::NewStub(channel);
  replay = v1::Replay::NewStub(channel);
  info = v1::Info::NewStub(channel);
}

std::string TestServer::Metrics() const {
  return prometheus::TextSerializer().Serialize(server->metrics()->Collect());
}

std::string Filled(char c) { return std::string(32, c); }

std::string ProfileDigest(absl::string_view name) {
  const engine::Profile* profile =
      engine::ProfileSet::BuiltIn().FindByName(name);
  CHECK(profile != nullptr);
  const absl::string_view digest = profile->digest.view();
  return std::string(digest.data(), digest.size());
}

std::string SwitchModule() {
  std::ifstream file("rpc/testdata/switch.wasm", std::ios::binary);
  CHECK(file.good(), "the test's data is missing");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string SwitchHash() {
  const base::Hash256 hash = base::Blake2b256(SwitchModule());
  return std::string(hash.view().data(), hash.view().size());
}

v1::ExecuteRequest SwitchCall(char what) {
  v1::ExecuteRequest request;
  request.set_profile(ProfileDigest("seal-1"));
  request.set_module_bytes(SwitchModule());
  request.set_activation(v1::ACTIVATION_FRESH);
  request.set_entry("call");
  request.set_input(std::string(1, what));
  request.set_fuel_limit(uint64_t{1} << 56);
  request.set_caller(Filled('\1'));
  request.set_callee(Filled('\xc0'));
  request.mutable_no_state();
  return request;
}

v1::ExecuteRequest WorkCall(uint32_t rounds) {
  v1::ExecuteRequest request = SwitchCall(kWork);
  std::string input(5, kWork);
  base::StoreLe<uint32_t>(&input[1], rounds);
  request.set_input(input);
  return request;
}

v1::ExecuteRequest StoreCall(char what, uint64_t base, v1::Commit commit) {
  v1::ExecuteRequest request = SwitchCall(what);
  v1::StoreState* store = request.mutable_store_state();
  store->set_namespace_("chain");
  store->set_base_version(base);
  store->set_commit(commit);
  return request;
}

}  // namespace ashlar::rpc
