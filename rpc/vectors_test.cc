// Contracts of contracts/ink/vectors.json over gRPC, step by step: with the
// state in the request, over the store in memory, and over RocksDB. All three
// must give the vectors' answers and the same receipts.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "engine/base/bytes.h"
#include "engine/state/rocksdb_store.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "rpc/test_server.h"

namespace ashlar::rpc {
namespace {

using nlohmann::json;
using Storage = std::map<std::string, std::string>;

std::string Unhex(const json& hex) {
  return base::HexDecode(hex.get<std::string>()).value();
}

std::filesystem::path Contracts() {
  const char* folder = std::getenv("ASHLAR_DATA");
  return std::filesystem::path(
             folder != nullptr && *folder != '\0' ? folder : "../shared") /
         "contracts";
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

v1::OutcomeClass ExpectedClass(const json& result) {
  if (result["outcome"] == "trap") return v1::OUTCOME_CLASS_TRAPPED;
  return result["flags"] == 0 ? v1::OUTCOME_CLASS_RETURNED
                              : v1::OUTCOME_CLASS_REVERTED;
}

// The state of one chain, kept in one of the ways a request can state it.
class Chain {
 public:
  virtual ~Chain() = default;
  // Sets module and state.
  virtual void State(const std::string& module, v1::ExecuteRequest* to) = 0;
  virtual void Apply(const v1::ExecuteResponse& answer) = 0;
  // Of the contract, in hex.
  virtual Storage ContractStorage() = 0;
};

// The node holds the state and sends all of it along.
class InlineChain : public Chain {
 public:
  void State(const std::string& module, v1::ExecuteRequest* to) override {
    to->set_module_bytes(module);
    v1::InlineState* state = to->mutable_inline_state();
    state->set_missing_key(v1::MISSING_KEY_ABSENT);
    v1::InlineAccount* account = state->add_accounts();
    account->set_account(Filled('\xc0'));
    for (const auto& [key, value] : storage_) {
      v1::StorageEntry* entry = account->add_storage();
      entry->set_key(key);
      entry->set_value(value);
    }
    if (!code_.empty()) account->set_code_hash(code_);
  }
  void Apply(const v1::ExecuteResponse& answer) override {
    for (const v1::Effect& effect : answer.completed().effects()) {
      ASSERT_EQ(effect.key().account(), Filled('\xc0'));
      if (effect.key().kind() == v1::KIND_CODE) {
        code_ = effect.value();
      } else if (effect.has_value()) {
        storage_[effect.key().key()] = effect.value();
      } else {
        storage_.erase(effect.key().key());
      }
    }
  }
  Storage ContractStorage() override {
    Storage hex;
    for (const auto& [key, value] : storage_) {
      hex[base::HexEncode(key)] = base::HexEncode(value);
    }
    return hex;
  }

 private:
  Storage storage_;
  std::string code_;
};

// The server holds the state; every step commits a version.
class StoreChain : public Chain {
 public:
  StoreChain(TestServer* server, const std::string& name)
      : server_(server), name_(name) {}

  void State(const std::string& module, v1::ExecuteRequest* to) override {
    v1::PutRequest put;
    put.set_profile(ProfileDigest("seal-1"));
    put.set_module_bytes(module);
    v1::PutResponse stored;
    // Some vectors' modules are invalid on purpose and cannot be stored.
    if (Call(server_->modules, &v1::Modules::Stub::Put, put, &stored).ok()) {
      to->set_module_hash(stored.module_hash());
    } else {
      to->set_module_bytes(module);
    }
    v1::StoreState* state = to->mutable_store_state();
    state->set_namespace_(name_);
    state->set_base_version(version_);
    state->set_commit(v1::COMMIT_COMMIT);
  }
  void Apply(const v1::ExecuteResponse& answer) override {
    ASSERT_EQ(answer.new_version(), version_ + 1);
    version_ = answer.new_version();
    for (const v1::Effect& effect : answer.completed().effects()) {
      if (effect.key().kind() == v1::KIND_STORAGE) {
        keys_[effect.key().key()] = effect.key();
      }
    }
  }
  Storage ContractStorage() override {
    v1::GetStateRequest get;
    get.set_namespace_(name_);
    for (const auto& [name, key] : keys_) *get.add_keys() = key;
    v1::GetStateResponse got;
    const grpc::Status status =
        Call(server_->state, &v1::State::Stub::Get, get, &got);
    EXPECT_TRUE(status.ok()) << status.error_message();
    Storage hex;
    for (const v1::GetStateResponse::Entry& entry : got.entries()) {
      if (!entry.has_value()) continue;
      hex[base::HexEncode(entry.key().key())] = base::HexEncode(entry.value());
    }
    return hex;
  }

 private:
  TestServer* const server_;
  const std::string name_;
  uint64_t version_ = 0;
  std::map<std::string, v1::Key> keys_;  // all that was ever written
};

v1::ExecuteRequest Request(const json& step) {
  v1::ExecuteRequest request;
  request.set_profile(ProfileDigest("seal-1"));
  request.set_activation(v1::ACTIVATION_FRESH);
  request.set_entry(step["entry"].get<std::string>());
  request.set_input(Unhex(step["input"]));
  request.set_fuel_limit(uint64_t{1} << 56);
  request.set_caller(Unhex(step["caller"]));
  request.set_callee(Filled('\xc0'));
  request.mutable_block()->set_number(1);
  request.mutable_block()->set_timestamp_ms(1'700'000'000'000);
  return request;
}

// Runs one step and returns its receipt.
std::string RunStep(TestServer* server, Chain* chain, const std::string& module,
                    const json& step) {
  v1::ExecuteRequest request = Request(step);
  chain->State(module, &request);
  v1::ExecuteResponse response;
  const grpc::Status status = Call(
      server->execution, &v1::Execution::Stub::Execute, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  const v1::Completed& completed = response.completed();
  const json& expected = step["result"];
  EXPECT_EQ(completed.outcome().outcome_class(), ExpectedClass(expected))
      << response.diagnostics().message();
  if (expected["outcome"] == "return") {
    EXPECT_EQ(completed.outcome().flags(), expected["flags"].get<uint32_t>());
    EXPECT_EQ(completed.outcome().data(), Unhex(expected["data"]));
  }
  const json events = step.value("events", json::array());
  EXPECT_EQ(completed.events_size(), static_cast<int>(events.size()));
  for (int i = 0; i < completed.events_size(); ++i) {
    EXPECT_EQ(completed.events(i).account(), Filled('\xc0'));
    EXPECT_EQ(completed.events(i).topics(), Unhex(events[i]["topics"]));
    EXPECT_EQ(completed.events(i).data(), Unhex(events[i]["data"]));
  }
  chain->Apply(response);
  const auto storage = step["storage_after"].get<Storage>();
  EXPECT_EQ(chain->ContractStorage(), storage);
  return completed.digests().receipt();
}

TEST(VectorsTest, InkContractsAgreeOverGrpc) {
  const std::filesystem::path file = Contracts() / "ink" / "vectors.json";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "ASHLAR_DATA names no folder with contracts";
  }
  const std::filesystem::path data_dir =
      std::filesystem::path(::testing::TempDir()) / "vectors_store";
  std::filesystem::remove_all(data_dir);
  auto rocksdb = state::OpenRocksDbStore(data_dir.string());
  ASSERT_TRUE(rocksdb.ok()) << rocksdb.status();
  TestServer server;
  ServerOptions options;
  options.backend.store = rocksdb->get();
  TestServer lasting(options);
  int steps = 0;
  const json vectors = json::parse(ReadFile(file));
  for (const json& vector : vectors["vectors"]) {
    const std::string name = vector["module"].get<std::string>();
    const std::string module = ReadFile(Contracts() / name);
    InlineChain inline_chain;
    StoreChain memory_chain(&server, name);
    StoreChain rocksdb_chain(&lasting, name);
    for (const json& step : vector["steps"]) {
      if (step["result"]["outcome"] == "unimplemented") continue;
      SCOPED_TRACE(name + " " + step["label"].get<std::string>());
      const std::string receipt = RunStep(&server, &inline_chain, module, step);
      EXPECT_EQ(RunStep(&server, &memory_chain, module, step), receipt);
      EXPECT_EQ(RunStep(&lasting, &rocksdb_chain, module, step), receipt);
      ++steps;
    }
  }
  EXPECT_GE(steps, 200);
}

}  // namespace
}  // namespace ashlar::rpc
