// Nothing that a guest's author chooses takes native stack: calls of the engine
// go through on a thread that has 64 KiB of it.
#include <pthread.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/inline_state.h"
#include "gtest/gtest.h"
#include "tests/seal/chain.h"
#include "tests/util/hostile_modules.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

using engine::Engine;
using engine::ExecuteRequest;
using engine::OutcomeClass;

constexpr size_t kStackBytes = 64 << 10;

// Runs `act` on a thread of its own with that stack, whose end is guarded.
void OnSmallStack(const std::function<void()>& act) {
  pthread_attr_t attributes;
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setstacksize(&attributes, kStackBytes) == 0);
  pthread_t thread;
  const auto start = [](void* data) -> void* {
    (*static_cast<const std::function<void()>*>(data))();
    return nullptr;
  };
  CHECK(pthread_create(&thread, &attributes, start,
                       const_cast<std::function<void()>*>(&act)) == 0);
  CHECK(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
}

ExecuteRequest RequestOf(absl::string_view profile, std::string module,
                         absl::string_view entry) {
  ExecuteRequest request;
  request.profile = engine::ProfileSet::BuiltIn().FindByName(profile)->digest;
  request.module_bytes = std::move(module);
  request.entry = std::string(entry);
  request.fuel_limit = uint64_t{1} << 50;
  request.caller = Account(1);
  request.callee = Account(2);
  return request;
}

// Each way of executing, first and second time; `*name` is the outcome's.
void ExecuteAllWays(const ExecuteRequest& request, state::Reader* reader,
                    std::string* name) {
  OnSmallStack([&] {
    Engine engine({});
    for (int i = 0; i < 3; ++i) {
      const auto result = engine.Execute(request, reader, nullptr);
      CHECK(result.ok() && result->completed.has_value());
      *name =
          std::string(engine::OutcomeName(result->completed->outcome.klass));
    }
    engine::FuelProfile profile;
    CHECK(engine.ExecuteProfiled(request, reader, nullptr, &profile).ok());
    CHECK(engine.Estimate(request, reader, nullptr).ok());
    std::optional<engine::Mark> mark;
    CHECK(engine.ExecuteToMark(request, reader, 10'000, &mark, nullptr).ok());
    CHECK(engine.ValidateModule(request.module_bytes, request.profile).ok());
    CHECK(engine.Inspect(request.module_bytes, request.profile).ok());
  });
}

TEST(NativeStackTest, RecursionEndsByTheGuestsStack) {
  state::InlineState state(state::MissingKeys::kAbsent);
  std::string name;
  const std::string module =
      Wat("(module (func $f (export \"run\") (call $f)))");
  ExecuteAllWays(RequestOf("relaxed-1", module, "run"), &state, &name);
  EXPECT_EQ(name, "trapped");
}

// Every contract calls itself, as deep as contracts may be; the innermost
// recurses until its stack is used up.
TEST(NativeStackTest, ContractsThatCallContracts) {
  const std::string module =
      Contract("seal1.call",
               "(drop (call $call (i32.const 8) (i32.const 0) (i64.const 0)"
               " (i32.const 32) (i32.const 0) (i32.const 0) (i32.const 512)"
               " (i32.const 128))) (call $deep)",
               absl::StrCat("(func $deep (call $deep)) (data (i32.const 0) \"",
                            Escaped(std::string(32, '\x02')),
                            "\") (data (i32.const 128) \"\\40\")"));
  Chain chain;
  chain.Deploy(Account(2), module);
  std::string name;
  ExecuteAllWays(RequestOf("seal-1", module, "call"), &chain.state(), &name);
  EXPECT_EQ(name, "trapped");
}

// Each takes what checks signatures and hashes, with their libraries' frames.
TEST(NativeStackTest, Cryptography) {
  const std::string module = Contract(
      "seal0.hash_sha2_256 seal0.hash_keccak_256 seal0.hash_blake2_256 "
      "seal0.ecdsa_recover seal0.sr25519_verify seal0.ecdsa_to_eth_address",
      "(call $hash_sha2_256 (i32.const 0) (i32.const 9) (i32.const 200))"
      "(call $hash_keccak_256 (i32.const 0) (i32.const 9) (i32.const 200))"
      "(call $hash_blake2_256 (i32.const 0) (i32.const 9) (i32.const 200))"
      "(drop (call $ecdsa_recover (i32.const 0) (i32.const 100)"
      " (i32.const 200)))"
      "(drop (call $ecdsa_to_eth_address (i32.const 32) (i32.const 200)))"
      "(drop (call $sr25519_verify (i32.const 0) (i32.const 64)"
      " (i32.const 9) (i32.const 100)))",
      "(data (i32.const 0) \"\\09\\01\") (data (i32.const 32) \"\\02\\01\\01\")"
      "(data (i32.const 64) \"\\01\")");
  state::InlineState state(state::MissingKeys::kAbsent);
  std::string name;
  ExecuteAllWays(RequestOf("seal-1", module, "call"), &state, &name);
  EXPECT_EQ(name, "returned");
}

class HostileNativeStackTest : public ::testing::TestWithParam<HostileModule> {
};

// What nests deepest and is largest, through decoder, validator, translator
// and reports.
TEST_P(HostileNativeStackTest, Modules) {
  const std::vector<uint8_t> bytes = GetParam().make(GetParam().n);
  const std::string module(bytes.begin(), bytes.end());
  state::InlineState state(state::MissingKeys::kAbsent);
  std::string name;
  ExecuteAllWays(RequestOf("relaxed-1", module, "none"), &state, &name);
  EXPECT_EQ(name, "trapped");  // there is no such entry
}

INSTANTIATE_TEST_SUITE_P(
    All, HostileNativeStackTest, ::testing::ValuesIn(HostileModules()),
    [](const ::testing::TestParamInfo<HostileModule>& info) {
      return absl::StrCat(info.index);
    });

TEST(NativeStackTest, RejectedModules) {
  state::InlineState state(state::MissingKeys::kAbsent);
  std::string name;
  ExecuteAllWays(RequestOf("seal-1", "no module", "call"), &state, &name);
  EXPECT_EQ(name, "module_rejected");
  // Blocks that are nested too deeply, and never closed.
  ModuleBuilder m;
  Code code;
  for (int i = 0; i < 100'000; ++i) code.Block();
  m.Func(m.Type({}, {}), {}, code);
  m.Export("run", ExternKind::kFunc, 0);
  const std::vector<uint8_t> bytes = m.Build();
  ExecuteAllWays(
      RequestOf("relaxed-1", std::string(bytes.begin(), bytes.end()), "run"),
      &state, &name);
  EXPECT_EQ(name, "module_rejected");
}

}  // namespace
}  // namespace ashlar::testing
