// What every method answers: outcomes, and each status of operator mistakes.
#include "rpc/server.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ashlar/v1/modules.pb.h"
#include "ashlar/v1/status.pb.h"
#include "engine/base/bytes.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "gtest/gtest.h"
#include "rpc/test_server.h"

namespace ashlar::rpc {
namespace {

using grpc::StatusCode;

class ServerTest : public ::testing::Test {
 protected:
  grpc::Status Execute(const v1::ExecuteRequest& request) {
    return Call(server_.execution, &v1::Execution::Stub::Execute, request,
                &response_);
  }
  // Executes and expects an outcome.
  const v1::Completed& Completed(const v1::ExecuteRequest& request) {
    const grpc::Status status = Execute(request);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(response_.has_completed());
    return response_.completed();
  }
  v1::OutcomeClass Class(const v1::ExecuteRequest& request) {
    return Completed(request).outcome().outcome_class();
  }
  // Executes and expects a status whose sentence contains `says`.
  void ExpectRefused(const v1::ExecuteRequest& request, StatusCode code,
                     absl::string_view says) {
    const grpc::Status status = Execute(request);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_TRUE(absl::StrContains(status.error_message(), says))
        << status.error_message();
  }

  TestServer server_;
  v1::ExecuteResponse response_;
};

TEST_F(ServerTest, ContractFailuresAreOutcomes) {
  const v1::Completed& counted = Completed(SwitchCall(kCount));
  EXPECT_EQ(counted.outcome().outcome_class(), v1::OUTCOME_CLASS_RETURNED);
  EXPECT_EQ(counted.outcome().data(), std::string("\1\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(counted.effects_size(), 1);
  EXPECT_EQ(counted.events_size(), 1);
  EXPECT_EQ(counted.fuel().minimum(), counted.fuel().used());
  EXPECT_EQ(counted.digests().receipt().size(), 32u);
  EXPECT_FALSE(response_.has_new_version());

  EXPECT_EQ(Class(SwitchCall(kRevert)), v1::OUTCOME_CLASS_REVERTED);
  EXPECT_EQ(response_.completed().outcome().flags(), 1u);
  EXPECT_EQ(Class(SwitchCall(kTrap)), v1::OUTCOME_CLASS_TRAPPED);
  EXPECT_EQ(response_.completed().outcome().trap(), v1::TRAP_UNREACHABLE);

  v1::ExecuteRequest request = SwitchCall(kForever);
  request.set_fuel_limit(100'000);
  EXPECT_EQ(Class(request), v1::OUTCOME_CLASS_OUT_OF_FUEL);
  EXPECT_EQ(response_.completed().fuel().used(), 100'000u);

  request = SwitchCall(kCount);
  request.mutable_limits()->set_events(1);
  request.mutable_limits()->set_write_bytes(1);
  EXPECT_EQ(Class(request), v1::OUTCOME_CLASS_LIMIT_EXCEEDED);
  EXPECT_EQ(response_.completed().outcome().limit(), v1::RESOURCE_WRITE_BYTES);
}

TEST_F(ServerTest, WhatASenderControlsIsAlwaysAnOutcome) {
  v1::ExecuteRequest request = SwitchCall(kCount);
  request.set_module_bytes("no module");
  EXPECT_EQ(Class(request), v1::OUTCOME_CLASS_MODULE_REJECTED);
  EXPECT_GT(response_.completed().outcome().violations_size(), 0);
  request.set_module_bytes("");
  EXPECT_EQ(Class(request), v1::OUTCOME_CLASS_MODULE_REJECTED);

  request = SwitchCall(kCount);
  request.set_entry(std::string("\xff\0entry", 7));
  EXPECT_NE(Class(request), v1::OUTCOME_CLASS_RETURNED);
  request.set_entry("");
  EXPECT_NE(Class(request), v1::OUTCOME_CLASS_RETURNED);

  request = SwitchCall(kCount);
  request.set_input(std::string(2 << 20, 'x'));
  EXPECT_EQ(Class(request), v1::OUTCOME_CLASS_LIMIT_EXCEEDED);

  request = SwitchCall(kCount);
  request.set_value(std::string(16, '\xff'));
  EXPECT_NE(Class(request), v1::OUTCOME_CLASS_RETURNED);

  request = SwitchCall(kCount);
  request.set_module_of_callee(true);
  EXPECT_NE(Class(request), v1::OUTCOME_CLASS_RETURNED);
}

TEST_F(ServerTest, OperatorMistakesAreStatuses) {
  v1::ExecuteRequest request = SwitchCall(kCount);
  request.clear_profile();
  ExpectRefused(request, StatusCode::INVALID_ARGUMENT, "profile is missing");
  request.set_profile(Filled('x'));
  ExpectRefused(request, StatusCode::FAILED_PRECONDITION,
                "it has strict-1, relaxed-1, seal-1");
  request = SwitchCall(kCount);
  request.clear_activation();
  ExpectRefused(request, StatusCode::INVALID_ARGUMENT, "activation is 0");
  request = SwitchCall(kCount);
  request.set_fuel_limit(0);
  ExpectRefused(request, StatusCode::INVALID_ARGUMENT, "fuel_limit is 0");
  request = SwitchCall(kCount);
  request.set_module_hash(SwitchHash());
  ExpectRefused(request, StatusCode::NOT_FOUND, "Modules.Put");
  request = SwitchCall(kCount);
  request.mutable_options()->set_call_tree(true);
  ExpectRefused(request, StatusCode::UNIMPLEMENTED, "options.call_tree");
  request = StoreCall(kCount, 0, v1::COMMIT_COMMIT);
  request.mutable_store_state()->clear_base_version();
  ExpectRefused(request, StatusCode::INVALID_ARGUMENT,
                "base_version is missing");
  request = StoreCall(kCount, 0, v1::COMMIT_UNSPECIFIED);
  ExpectRefused(request, StatusCode::INVALID_ARGUMENT, "commit is 0");
  request = StoreCall(kCount, 0, v1::COMMIT_COMMIT);
  request.mutable_store_state()->set_namespace_("");
  ExpectRefused(request, StatusCode::INVALID_ARGUMENT, "namespace has 0");
  ExpectRefused(StoreCall(kCount, 7, v1::COMMIT_DRY_RUN), StatusCode::NOT_FOUND,
                "chain");
}

TEST_F(ServerTest, AsksForMissingState) {
  v1::ExecuteRequest request = SwitchCall(kCount);
  v1::InlineState* state = request.mutable_inline_state();
  state->set_missing_key(v1::MISSING_KEY_ASK);
  // Each answer names what is missing next, until nothing is.
  int rounds = 0;
  while (true) {
    const grpc::Status status = Execute(request);
    ASSERT_TRUE(status.ok()) << status.error_message();
    if (response_.has_completed()) break;
    ASSERT_TRUE(response_.has_needs_state());
    ASSERT_GT(response_.needs_state().keys_size(), 0);
    ASSERT_LT(++rounds, 10);
    for (const v1::Key& key : response_.needs_state().keys()) {
      v1::InlineAccount* account = nullptr;
      for (v1::InlineAccount& a : *state->mutable_accounts()) {
        if (a.account() == key.account()) account = &a;
      }
      if (account == nullptr) {
        account = state->add_accounts();
        account->set_account(key.account());
      }
      switch (key.kind()) {
        case v1::KIND_BALANCE:
          account->set_balance("");
          break;
        case v1::KIND_CODE:
          account->set_code_hash("");
          break;
        case v1::KIND_NONCE:
          account->set_nonce(0);
          break;
        default: {
          v1::StorageEntry* entry = account->add_storage();
          entry->set_key(key.key());
          entry->set_value(std::string("\x29\0\0\0\0\0\0\0", 8));
        }
      }
    }
  }
  EXPECT_GE(rounds, 1);
  EXPECT_EQ(response_.completed().outcome().data(),
            std::string("\x2a\0\0\0\0\0\0\0", 8));
}

TEST_F(ServerTest, CommitsRetriesAndRefusesAUsedBase) {
  const v1::ExecuteRequest first = StoreCall(kCount, 0, v1::COMMIT_COMMIT);
  Completed(first);
  ASSERT_EQ(response_.new_version(), 1u);
  const std::string answer = response_.SerializeAsString();
  // A retry gets the stored answer, whatever happened since.
  Completed(first);
  EXPECT_EQ(response_.SerializeAsString(), answer);
  const v1::Completed& second =
      Completed(StoreCall(kCount, 1, v1::COMMIT_COMMIT));
  EXPECT_EQ(second.outcome().data()[0], 2);
  Completed(first);
  EXPECT_EQ(response_.SerializeAsString(), answer);
  // Another request on that base would fork the history.
  v1::ExecuteRequest other = first;
  other.set_caller(Filled('\2'));
  ExpectRefused(other, StatusCode::ABORTED, "");
  // A dry run reads any version that is kept and changes nothing.
  EXPECT_EQ(
      Completed(StoreCall(kCount, 1, v1::COMMIT_DRY_RUN)).outcome().data()[0],
      2);
  EXPECT_FALSE(response_.has_new_version());
  EXPECT_EQ(
      Completed(StoreCall(kCount, 2, v1::COMMIT_DRY_RUN)).outcome().data()[0],
      3);
  ExpectRefused(StoreCall(kCount, 9, v1::COMMIT_COMMIT),
                StatusCode::FAILED_PRECONDITION, "");
}

TEST_F(ServerTest, ADryRunMakesNoNamespace) {
  EXPECT_EQ(Class(StoreCall(kCount, 0, v1::COMMIT_DRY_RUN)),
            v1::OUTCOME_CLASS_RETURNED);
  v1::GetStateRequest get;
  get.set_namespace_("chain");
  v1::GetStateResponse got;
  EXPECT_EQ(Call(server_.state, &v1::State::Stub::Get, get, &got).error_code(),
            StatusCode::NOT_FOUND);
}

TEST_F(ServerTest, OneOfManyCommitsOnABaseWins) {
  constexpr int kThreads = 8;
  std::vector<StatusCode> codes(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, &codes, i] {
      v1::ExecuteRequest request = StoreCall(kCount, 0, v1::COMMIT_COMMIT);
      // Four requests, each sent twice.
      request.set_caller(Filled(static_cast<char>(1 + i / 2)));
      v1::ExecuteResponse response;
      codes[i] = Call(server_.execution, &v1::Execution::Stub::Execute, request,
                      &response)
                     .error_code();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(codes.begin(), codes.end(), StatusCode::OK), 2);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), StatusCode::ABORTED),
            kThreads - 2);
}

TEST_F(ServerTest, AFailedContractMakesAVersionToo) {
  EXPECT_EQ(Class(StoreCall(kTrap, 0, v1::COMMIT_COMMIT)),
            v1::OUTCOME_CLASS_TRAPPED);
  EXPECT_EQ(response_.new_version(), 1u);
  EXPECT_EQ(response_.completed().effects_size(), 0);
}

TEST_F(ServerTest, ADeployedModuleIsFoundByItsHash) {
  v1::ExecuteRequest deploy = StoreCall(kCount, 0, v1::COMMIT_COMMIT);
  deploy.set_entry("deploy");
  EXPECT_EQ(Class(deploy), v1::OUTCOME_CLASS_RETURNED);
  v1::ExecuteRequest call = StoreCall(kCount, 1, v1::COMMIT_DRY_RUN);
  call.set_module_hash(SwitchHash());
  EXPECT_EQ(Class(call), v1::OUTCOME_CLASS_RETURNED);
  call.set_module_of_callee(true);
  EXPECT_EQ(Class(call), v1::OUTCOME_CLASS_RETURNED);
}

TEST_F(ServerTest, StateIsWrittenReadRolledBackAndPruned) {
  v1::WriteStateRequest write;
  write.set_namespace_("chain");
  write.set_base_version(0);
  v1::Effect* effect = write.add_effects();
  effect->mutable_key()->set_account(Filled('\1'));
  effect->mutable_key()->set_kind(v1::KIND_BALANCE);
  effect->set_value(std::string("\5", 1) + std::string(15, '\0'));
  v1::WriteStateResponse written;
  for (int retry = 0; retry < 2; ++retry) {
    ASSERT_TRUE(
        Call(server_.state, &v1::State::Stub::Write, write, &written).ok());
    EXPECT_EQ(written.new_version(), 1u);
  }
  Completed(StoreCall(kCount, 1, v1::COMMIT_COMMIT));
  EXPECT_EQ(response_.new_version(), 2u);

  v1::GetStateRequest get;
  get.set_namespace_("chain");
  *get.add_keys() = write.effects(0).key();
  get.add_keys()->set_account(Filled('\xc0'));
  get.mutable_keys(1)->set_kind(v1::KIND_STORAGE);
  get.mutable_keys(1)->set_key(response_.completed().effects(0).key().key());
  v1::GetStateResponse got;
  ASSERT_TRUE(Call(server_.state, &v1::State::Stub::Get, get, &got).ok());
  EXPECT_EQ(got.version(), 2u);
  EXPECT_EQ(got.latest_version(), 2u);
  EXPECT_EQ(got.entries(0).value(), effect->value());
  EXPECT_TRUE(got.entries(1).has_value());

  v1::RollbackRequest rollback;
  rollback.set_namespace_("chain");
  v1::RollbackResponse rolled_back;
  EXPECT_EQ(
      Call(server_.state, &v1::State::Stub::Rollback, rollback, &rolled_back)
          .error_code(),
      StatusCode::INVALID_ARGUMENT);
  rollback.set_version(1);
  ASSERT_TRUE(
      Call(server_.state, &v1::State::Stub::Rollback, rollback, &rolled_back)
          .ok());
  EXPECT_EQ(rolled_back.latest_version(), 1u);
  ASSERT_TRUE(Call(server_.state, &v1::State::Stub::Get, get, &got).ok());
  EXPECT_FALSE(got.entries(1).has_value());
  // The base is free again, also for another request.
  v1::ExecuteRequest other = StoreCall(kCount, 1, v1::COMMIT_COMMIT);
  other.set_caller(Filled('\2'));
  EXPECT_EQ(Class(other), v1::OUTCOME_CLASS_RETURNED);

  v1::PruneRequest prune;
  prune.set_namespace_("chain");
  v1::PruneResponse pruned;
  EXPECT_EQ(
      Call(server_.state, &v1::State::Stub::Prune, prune, &pruned).error_code(),
      StatusCode::INVALID_ARGUMENT);
  prune.set_versions_kept(1);
  ASSERT_TRUE(
      Call(server_.state, &v1::State::Stub::Prune, prune, &pruned).ok());
  EXPECT_EQ(pruned.oldest_version(), 2u);
  get.set_version(1);
  EXPECT_EQ(Call(server_.state, &v1::State::Stub::Get, get, &got).error_code(),
            StatusCode::FAILED_PRECONDITION);
  get.set_namespace_("nobody's");
  EXPECT_EQ(Call(server_.state, &v1::State::Stub::Get, get, &got).error_code(),
            StatusCode::NOT_FOUND);
}

TEST_F(ServerTest, ModulesAreStoredReadAndActivated) {
  v1::PutRequest put;
  put.set_profile(ProfileDigest("seal-1"));
  put.set_module_bytes(SwitchModule());
  v1::PutResponse stored;
  ASSERT_TRUE(
      Call(server_.modules, &v1::Modules::Stub::Put, put, &stored).ok());
  EXPECT_EQ(stored.module_hash(), SwitchHash());

  v1::GetModuleRequest get;
  get.set_module_hash(SwitchHash());
  v1::GetModuleResponse got;
  ASSERT_TRUE(Call(server_.modules, &v1::Modules::Stub::Get, get, &got).ok());
  EXPECT_EQ(got.module_bytes(), SwitchModule());

  v1::ExecuteRequest call = SwitchCall(kCount);
  call.set_module_hash(SwitchHash());
  EXPECT_EQ(Class(call), v1::OUTCOME_CLASS_RETURNED);
  const uint64_t fresh_fuel = response_.completed().fuel().used();

  v1::ActivateRequest activate;
  activate.set_profile(ProfileDigest("seal-1"));
  activate.set_module_hash(SwitchHash());
  v1::ActivateResponse activated;
  for (bool again : {false, true}) {
    ASSERT_TRUE(Call(server_.modules, &v1::Modules::Stub::Activate, activate,
                     &activated)
                    .ok());
    EXPECT_TRUE(activated.accepted());
    EXPECT_EQ(activated.was_activated(), again);
  }
  // The mark changes nothing; the request does, by what it was said to.
  EXPECT_EQ(Class(call), v1::OUTCOME_CLASS_RETURNED);
  EXPECT_EQ(response_.completed().fuel().used(), fresh_fuel);
  call.set_activation(v1::ACTIVATION_ACTIVATED);
  EXPECT_EQ(Class(call), v1::OUTCOME_CLASS_RETURNED);
  EXPECT_EQ(response_.completed().fuel().used() + activated.compile_fuel(),
            fresh_fuel + activated.activated_fuel());
}

TEST_F(ServerTest, PutRefusesWithViolationsAndInspectReports) {
  v1::PutRequest put;
  put.set_profile(ProfileDigest("seal-1"));
  put.set_module_bytes("no module");
  v1::PutResponse stored;
  const grpc::Status status =
      Call(server_.modules, &v1::Modules::Stub::Put, put, &stored);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(absl::StrContains(status.error_message(), "malformed."));
  v1::StatusDetails details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  v1::ModuleViolations violations;
  ASSERT_TRUE(details.details(0).UnpackTo(&violations));
  EXPECT_GE(violations.total(), 1u);
  EXPECT_TRUE(absl::StartsWith(violations.violations(0).code(), "malformed."));

  v1::InspectRequest inspect;
  inspect.set_profile(ProfileDigest("seal-1"));
  inspect.set_module_bytes("no module");
  v1::InspectResponse report;
  ASSERT_TRUE(
      Call(server_.modules, &v1::Modules::Stub::Inspect, inspect, &report)
          .ok());
  EXPECT_FALSE(report.accepted());
  EXPECT_EQ(report.violations(0).code(), violations.violations(0).code());

  inspect.set_module_bytes(SwitchModule());
  ASSERT_TRUE(
      Call(server_.modules, &v1::Modules::Stub::Inspect, inspect, &report)
          .ok());
  EXPECT_TRUE(report.accepted());
  EXPECT_FALSE(report.stored());
  EXPECT_EQ(report.module_hash(), SwitchHash());
  EXPECT_EQ(report.imports(0).name(), "seal_input");
  EXPECT_EQ(report.imports(0).type(), "func (i32 i32) -> ()");
  EXPECT_EQ(report.imports(5).type(), "memory 2 to 16");
  for (const auto& import : report.imports()) {
    EXPECT_EQ(import.status(), v1::IMPORT_STATUS_KNOWN);
  }
  ASSERT_EQ(report.functions_size(), 4);
  uint64_t dearest = 0;
  for (const v1::FunctionReport& function : report.functions()) {
    EXPECT_GT(function.run_count(), 0u);
    dearest = std::max(dearest, function.dearest_run_fuel());
    EXPECT_GT(function.frame_slots(), 1u);
    EXPECT_GE(report.worst_stack().slots(), function.frame_slots());
  }
  EXPECT_GT(dearest, 0u);
  EXPECT_GT(report.worst_stack().path_size(), 0);
  EXPECT_EQ(report.exports_size(), 2);
  EXPECT_EQ(report.function_count(), 4u);
  EXPECT_GT(report.instantiate_fuel(), 0u);

  inspect.set_module_hash(SwitchHash());
  EXPECT_EQ(Call(server_.modules, &v1::Modules::Stub::Inspect, inspect, &report)
                .error_code(),
            StatusCode::NOT_FOUND);
}

TEST_F(ServerTest, EstimatesAndCommitsNothing) {
  v1::EstimateRequest request;
  *request.mutable_call() = SwitchCall(kCount);
  v1::EstimateResponse estimate;
  ASSERT_TRUE(Call(server_.estimation, &v1::Estimation::Stub::Estimate, request,
                   &estimate)
                  .ok());
  const v1::Fuel fuel = estimate.completed().fuel();
  EXPECT_EQ(fuel.exactness(), v1::EXACTNESS_PROVEN);
  v1::ExecuteRequest call = SwitchCall(kCount);
  call.set_fuel_limit(fuel.minimum());
  EXPECT_EQ(Class(call), v1::OUTCOME_CLASS_RETURNED);
  call.set_fuel_limit(fuel.minimum() - 1);
  EXPECT_EQ(Class(call), v1::OUTCOME_CLASS_OUT_OF_FUEL);

  // What is touched, and what each resource needs.
  ASSERT_GT(estimate.access_size(), 0);
  EXPECT_EQ(estimate.resources_size(), v1::Resource_MAX);
  for (const v1::ResourceNeed& need : estimate.resources()) {
    EXPECT_FALSE(need.exceeded());
  }

  *request.mutable_call() = StoreCall(kCount, 0, v1::COMMIT_COMMIT);
  EXPECT_EQ(Call(server_.estimation, &v1::Estimation::Stub::Estimate, request,
                 &estimate)
                .error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServerTest, EstimateAssumesStateWithinBounds) {
  v1::EstimateRequest request;
  *request.mutable_call() = SwitchCall(kCount);
  v1::EstimateResponse plain;
  ASSERT_TRUE(
      Call(server_.estimation, &v1::Estimation::Stub::Estimate, request, &plain)
          .ok());
  // Every value that the call read becomes another one.
  v1::StateOverride* assumed = request.add_overrides();
  assumed->set_account(request.call().callee());
  assumed->set_balance(std::string(16, '\1'));
  assumed->set_nonce(7);
  for (const v1::Access& access : plain.access()) {
    if (access.key().kind() != v1::KIND_STORAGE) continue;
    v1::StorageEntry* entry = assumed->add_storage();
    entry->set_key(access.key().key());
    entry->set_value(std::string(8, '\2'));
  }
  ASSERT_GT(assumed->storage_size(), 0);
  v1::EstimateResponse estimate;
  ASSERT_TRUE(Call(server_.estimation, &v1::Estimation::Stub::Estimate, request,
                   &estimate)
                  .ok());
  EXPECT_NE(estimate.completed().digests().reads(),
            plain.completed().digests().reads());
  EXPECT_EQ(estimate.completed().digests().request(),
            plain.completed().digests().request());

  const auto refused = [&](absl::string_view says) {
    const grpc::Status status =
        Call(server_.estimation, &v1::Estimation::Stub::Estimate, request,
             &estimate);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_TRUE(absl::StrContains(status.error_message(), says))
        << status.error_message();
  };
  const v1::EstimateRequest good = request;
  *request.add_overrides() = *assumed;
  refused("overrides[1] names an account a second time");
  request = good;
  request.mutable_overrides(0)->set_account("short");
  refused("overrides[0].account");
  request = good;
  request.mutable_overrides(0)->set_balance("1");
  refused("overrides[0].balance");
  request = good;
  request.mutable_overrides(0)->set_code_hash("1");
  refused("overrides[0].code_hash");
  request = good;
  *request.mutable_overrides(0)->add_storage() = good.overrides(0).storage(0);
  refused("a second time");
  request = good;
  for (int i = 0; i < 1024; ++i) {
    request.mutable_overrides(0)->add_storage()->set_key(
        absl::StrCat("key ", i));
  }
  refused("more than 1024 state overrides");
  request = good;
  request.mutable_overrides(0)->set_code_bytes(std::string((4 << 20) + 1, 'x'));
  refused("more than 4194304 bytes");
}

TEST_F(ServerTest, RecordsWhatItExecutesAndVerifiesIt) {
  for (const char what : {kCount, kRevert, kTrap}) {
    v1::ExecuteRequest request = SwitchCall(what);
    const std::string receipt = Completed(request).digests().receipt();
    EXPECT_EQ(response_.replay_record(), "");
    request.mutable_options()->set_replay_record(true);
    EXPECT_EQ(Completed(request).digests().receipt(), receipt);
    v1::VerifyRequest verify;
    verify.set_record(response_.replay_record());
    v1::VerifyResponse verified;
    ASSERT_TRUE(
        Call(server_.replay, &v1::Replay::Stub::Verify, verify, &verified)
            .ok());
    EXPECT_EQ(verified.verdict(), v1::VERDICT_MATCH);
    EXPECT_EQ(verified.record_count(), 1u);
    EXPECT_EQ(verified.match_count(), 1u);
    EXPECT_EQ(verified.fuel_used(), response_.completed().fuel().used());
    // A changed bit is a caller's mistake, at a byte.
    verify.mutable_record()->back() ^= 1;
    const grpc::Status status =
        Call(server_.replay, &v1::Replay::Stub::Verify, verify, &verified);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_TRUE(absl::StartsWith(status.error_message(), "byte "));
  }
  v1::EstimateRequest estimate;
  *estimate.mutable_call() = SwitchCall(kCount);
  estimate.mutable_call()->mutable_options()->set_replay_record(true);
  v1::EstimateResponse estimated;
  EXPECT_EQ(Call(server_.estimation, &v1::Estimation::Stub::Estimate, estimate,
                 &estimated)
                .error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServerTest, ARetryOfACommitHasNoRecord) {
  v1::ExecuteRequest request = StoreCall(kCount, 0, v1::COMMIT_COMMIT);
  request.mutable_options()->set_replay_record(true);
  const std::string receipt = Completed(request).digests().receipt();
  EXPECT_NE(response_.replay_record(), "");
  EXPECT_EQ(response_.new_version(), 1u);
  EXPECT_EQ(Completed(request).digests().receipt(), receipt);
  EXPECT_EQ(response_.replay_record(), "");
  EXPECT_EQ(response_.new_version(), 1u);
  request = StoreCall(kCount, 1, v1::COMMIT_DRY_RUN);
  request.mutable_options()->set_replay_record(true);
  EXPECT_TRUE(Execute(request).ok());
  EXPECT_NE(response_.replay_record(), "");
}

TEST_F(ServerTest, MethodsToComeSayWhatToDoInstead) {
  grpc::ClientContext block_context;
  grpc::Status status =
      server_.execution->ExecuteBlock(&block_context)->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::UNIMPLEMENTED);
  EXPECT_TRUE(absl::StrContains(status.error_message(), "one by one"));
  grpc::ClientContext session_context;
  status = server_.execution->Session(&session_context)->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::UNIMPLEMENTED);
  EXPECT_TRUE(absl::StrContains(status.error_message(), "NeedsState"));
}

TEST_F(ServerTest, TellsWhatItIs) {
  v1::GetCapabilitiesResponse info;
  ASSERT_TRUE(Call(server_.info, &v1::Info::Stub::GetCapabilities,
                   v1::GetCapabilitiesRequest(), &info)
                  .ok());
  ASSERT_EQ(info.profiles_size(), 3);
  EXPECT_EQ(info.profiles(2).name(), "seal-1");
  EXPECT_EQ(info.profiles(2).digest(), ProfileDigest("seal-1"));
  EXPECT_EQ(info.profiles(2).abi(), "seal");
  EXPECT_FALSE(info.profiles(2).floats());
  EXPECT_TRUE(info.profiles(1).floats());
  EXPECT_EQ(info.profiles(2).schedule_digest().size(), 32u);
  EXPECT_EQ(info.fuel_limit_max(), uint64_t{1} << 56);
  EXPECT_EQ(info.message_bytes_max(), 16u << 20);
  EXPECT_TRUE(info.state_in_memory());
  EXPECT_EQ(info.methods(0), "ashlar.v1.Execution/Execute");
}

TEST_F(ServerTest, CountsWhatItAnswers) {
  Completed(SwitchCall(kTrap));
  Execute(v1::ExecuteRequest());
  const std::string metrics = server_.Metrics();
  EXPECT_TRUE(absl::StrContains(
      metrics, "ashlar_outcomes_total{outcome=\"trapped\"} 1\n"));
  EXPECT_TRUE(absl::StrContains(
      metrics,
      "ashlar_requests_total{code=\"INVALID_ARGUMENT\",method="
      "\"ashlar.v1.Execution/Execute\"} 1\n"))
      << metrics;
}

TEST(ServerSizeTest, MessagesHaveALimitInBothDirections) {
  ServerOptions options;
  options.backend.message_bytes_max = 50'000;
  TestServer server(options);
  v1::ExecuteResponse response;
  v1::ExecuteRequest request = SwitchCall(kCount);
  request.set_input(std::string(60'000, 'x'));
  grpc::Status status =
      Call(server.execution, &v1::Execution::Stub::Execute, request, &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  // An answer that is too large is refused before it is committed.
  status = Call(server.execution, &v1::Execution::Stub::Execute,
                StoreCall(kLarge, 0, v1::COMMIT_COMMIT), &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(
      absl::StrContains(status.error_message(), "a message at most 50000"));
  status = Call(server.execution, &v1::Execution::Stub::Execute,
                StoreCall(kCount, 0, v1::COMMIT_COMMIT), &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST(ServerMemoryTest, WhatMayNotFitIsRefused) {
  ServerOptions options;
  options.memory_bytes_max = 4 << 20;
  TestServer server(options);
  v1::ExecuteResponse response;
  v1::ExecuteRequest request = SwitchCall(kCount);
  const grpc::Status status =
      Call(server.execution, &v1::Execution::Stub::Execute, request, &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(absl::StrContains(status.error_message(), "limits.peak_pages"));
  request.mutable_limits()->set_peak_pages(2);
  EXPECT_TRUE(
      Call(server.execution, &v1::Execution::Stub::Execute, request, &response)
          .ok());
}

TEST(ServerQuotaTest, AClientInDebtIsRefused) {
  ServerOptions options;
  options.admission.quota_fuel_per_second = 1;
  TestServer server(options);
  v1::ExecuteResponse response;
  EXPECT_TRUE(Call(server.execution, &v1::Execution::Stub::Execute,
                   SwitchCall(kCount), &response)
                  .ok());
  const grpc::Status status =
      Call(server.execution, &v1::Execution::Stub::Execute, SwitchCall(kCount),
           &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(absl::StrContains(status.error_message(), "quota"));
}

}  // namespace
}  // namespace ashlar::rpc
