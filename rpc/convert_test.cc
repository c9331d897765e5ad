#include "rpc/convert.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/interp/trap.h"
#include "engine/state/reader.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "metering/fuel.h"

namespace ashlar::rpc {
namespace {

base::Hash256 Filled(char c) {
  return *base::Hash256::FromBytes(std::string(32, c));
}

std::string U128(uint64_t low, uint64_t high = 0) {
  std::string bytes(16, '\0');
  base::StoreLe<uint64_t>(bytes.data(), low);
  base::StoreLe<uint64_t>(bytes.data() + 8, high);
  return bytes;
}

// "IntegerDivideByZero" to "INTEGER_DIVIDE_BY_ZERO".
std::string UpperSnake(absl::string_view camel) {
  std::string result;
  for (char c : camel) {
    if (absl::ascii_isupper(c) && !result.empty()) result.push_back('_');
    result.push_back(absl::ascii_toupper(c));
  }
  return result;
}

TEST(ConvertTest, TrapsHaveTheEnginesNames) {
  struct Row {
    absl::string_view name;
    int number;
  };
  constexpr Row kRows[] = {
#define TRAP(name, number, text) {#name, number},
#include "engine/interp/trap.def"
  };
  for (const Row& row : kRows) {
    const std::string expected =
        row.number == 0 ? "TRAP_UNSPECIFIED"
                        : absl::StrCat("TRAP_", UpperSnake(row.name));
    EXPECT_EQ(v1::Trap_Name(row.number), expected);
  }
}

TEST(ConvertTest, OutcomesAndResourcesHaveTheEnginesNames) {
  for (int i = 1; i < v1::OutcomeClass_ARRAYSIZE; ++i) {
    EXPECT_EQ(v1::OutcomeClass_Name(i),
              absl::StrCat("OUTCOME_CLASS_",
                           absl::AsciiStrToUpper(engine::OutcomeName(
                               static_cast<engine::OutcomeClass>(i)))));
  }
  for (int i = 1; i < v1::Resource_ARRAYSIZE; ++i) {
    EXPECT_EQ(
        v1::Resource_Name(i),
        absl::StrCat("RESOURCE_", absl::AsciiStrToUpper(engine::ResourceName(
                                      static_cast<engine::Resource>(i)))));
  }
}

TEST(ConvertTest, EveryEnumBeginsUnspecified) {
  for (const google::protobuf::FileDescriptor* file :
       {v1::Key::descriptor()->file(), v1::Outcome::descriptor()->file(),
        v1::ExecuteRequest::descriptor()->file()}) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      const auto* zero = file->enum_type(i)->FindValueByNumber(0);
      ASSERT_NE(zero, nullptr) << file->enum_type(i)->name();
      EXPECT_EQ(
          zero->name(),
          absl::StrCat(UpperSnake(file->enum_type(i)->name()), "_UNSPECIFIED"));
    }
  }
}

v1::ExecuteRequest ValidRequest() {
  v1::ExecuteRequest request;
  request.set_profile(std::string(32, 'p'));
  request.set_module_bytes("module");
  request.set_activation(v1::ACTIVATION_FRESH);
  request.set_entry("call");
  request.set_fuel_limit(1000);
  request.set_caller(std::string(32, '\1'));
  request.set_callee(std::string(32, '\xc0'));
  request.mutable_no_state();
  return request;
}

v1::InlineAccount* AddAccount(v1::ExecuteRequest* request) {
  v1::InlineState* state = request->mutable_inline_state();
  state->set_missing_key(v1::MISSING_KEY_ABSENT);
  v1::InlineAccount* account = state->add_accounts();
  account->set_account(std::string(32, 'a'));
  return account;
}

TEST(ConvertTest, UnsetFieldsTakeTheirDocumentedDefaults) {
  const auto call = FromProto(ValidRequest());
  ASSERT_TRUE(call.ok()) << call.status();
  const engine::ExecuteRequest& request = call->request;
  EXPECT_EQ(request.module_bytes, "module");
  EXPECT_EQ(request.activation, engine::Activation::kFresh);
  EXPECT_TRUE(request.value == 0);
  EXPECT_TRUE(request.block.minimum_balance == 1);
  EXPECT_TRUE(request.block.fee_per_fuel == 1);
  EXPECT_TRUE(request.block.caller_is_origin);
  EXPECT_EQ(request.block.random, base::Hash256{});
  EXPECT_TRUE(std::holds_alternative<NoState>(call->state));
}

TEST(ConvertTest, AnEmptyModuleIsStillAModule) {
  v1::ExecuteRequest request = ValidRequest();
  request.set_module_bytes("");
  const auto call = FromProto(request);
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_EQ(call->request.module_hash, base::Blake2b256(""));
}

// One mistake in an otherwise valid request, and what the answer must say.
struct Mistake {
  std::string says;
  std::function<void(v1::ExecuteRequest*)> make;
};

TEST(ConvertTest, NamesTheOperatorsMistake) {
  using R = v1::ExecuteRequest;
  const Mistake kMistakes[] = {
      {"profile is missing", [](R* r) { r->clear_profile(); }},
      {"profile has 31 bytes",
       [](R* r) { r->set_profile(std::string(31, 'p')); }},
      {"caller is missing", [](R* r) { r->clear_caller(); }},
      {"callee has 33 bytes",
       [](R* r) { r->set_callee(std::string(33, 'c')); }},
      {"module is missing", [](R* r) { r->clear_module(); }},
      {"module_hash is all zeros",
       [](R* r) { r->set_module_hash(std::string(32, '\0')); }},
      {"module_of_callee is false",
       [](R* r) { r->set_module_of_callee(false); }},
      {"module_hash is missing", [](R* r) { r->set_module_hash(""); }},
      {"activation is 0; choose FRESH", [](R* r) { r->clear_activation(); }},
      {"activation is 7",
       [](R* r) { r->set_activation(static_cast<v1::Activation>(7)); }},
      {"activated_modules has 3 bytes",
       [](R* r) { r->add_activated_modules("abc"); }},
      {"fuel_limit is 0", [](R* r) { r->clear_fuel_limit(); }},
      {"fuel_limit is 72057594037927937",
       [](R* r) { r->set_fuel_limit(metering::kFuelMax + 1); }},
      {"value has 15 bytes", [](R* r) { r->set_value(std::string(15, '\0')); }},
      {"block.random has 1 bytes",
       [](R* r) { r->mutable_block()->set_random("r"); }},
      {"block.minimum_balance has 17 bytes",
       [](R* r) {
         r->mutable_block()->set_minimum_balance(std::string(17, '\0'));
       }},
      {"state is missing", [](R* r) { r->clear_state(); }},
      {"store_state.base_version is missing",
       [](R* r) {
         r->mutable_store_state()->set_namespace_("n");
         r->mutable_store_state()->set_commit(v1::COMMIT_DRY_RUN);
       }},
      {"store_state.commit is 0",
       [](R* r) {
         r->mutable_store_state()->set_namespace_("n");
         r->mutable_store_state()->set_base_version(0);
       }},
      {"inline_state.missing_key is 0",
       [](R* r) { r->mutable_inline_state(); }},
      {"inline_state.accounts[0].account has 1 bytes",
       [](R* r) { AddAccount(r)->set_account("a"); }},
      {"inline_state.accounts[1] states an account a second time",
       [](R* r) {
         AddAccount(r);
         AddAccount(r);
       }},
      {"inline_state.accounts[0].balance has 8 bytes",
       [](R* r) { AddAccount(r)->set_balance("12345678"); }},
      {"inline_state.accounts[0].code_hash has 2 bytes",
       [](R* r) { AddAccount(r)->set_code_hash("xy"); }},
      {"inline_state.accounts[0] states storage key 6b twice",
       [](R* r) {
         v1::InlineAccount* account = AddAccount(r);
         account->add_storage()->set_key("k");
         account->add_storage()->set_key("k");
       }},
      {"inline_state.absent_modules has 1 bytes",
       [](R* r) {
         AddAccount(r);
         r->mutable_inline_state()->add_absent_modules("m");
       }},
  };
  for (const Mistake& mistake : kMistakes) {
    v1::ExecuteRequest request = ValidRequest();
    mistake.make(&request);
    const absl::Status status = FromProto(request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
        << mistake.says;
    EXPECT_TRUE(absl::StartsWith(status.message(), mistake.says))
        << status << "\nexpected: " << mistake.says;
  }
}

TEST(ConvertTest, OptionsThatAreNotServedAreUnimplemented) {
  v1::ExecuteRequest request = ValidRequest();
  request.mutable_options()->set_replay_record(true);
  EXPECT_TRUE(FromProto(request)->replay_record);
  request.mutable_options()->set_call_tree(true);
  EXPECT_EQ(FromProto(request).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(ConvertTest, FuelLimitsUpToTheMaximumAreAccepted) {
  v1::ExecuteRequest request = ValidRequest();
  request.set_fuel_limit(metering::kFuelMax);
  EXPECT_TRUE(FromProto(request).ok());
  request.set_fuel_limit(1);
  EXPECT_TRUE(FromProto(request).ok());
}

TEST(ConvertTest, InlineStateStatesPresenceAndAbsence) {
  v1::ExecuteRequest request = ValidRequest();
  v1::InlineAccount* account = AddAccount(&request);
  request.mutable_inline_state()->set_missing_key(v1::MISSING_KEY_ASK);
  account->set_balance(U128(5, 1));
  account->set_code_hash("");
  v1::StorageEntry* entry = account->add_storage();
  entry->set_key("k");
  entry->set_value("v");
  account->add_storage()->set_key("gone");
  const auto call = FromProto(request);
  ASSERT_TRUE(call.ok()) << call.status();
  InlineState state = std::get<InlineState>(call->state);
  const state::AccountId a = Filled('a');
  const auto read = [&](state::Kind kind, const std::string& key) {
    return *state.entries.Read({a, kind, key});
  };
  EXPECT_EQ(read(state::Kind::kBalance, "").value, U128(5, 1));
  EXPECT_EQ(read(state::Kind::kCode, "").found, state::Found::kAbsent);
  EXPECT_EQ(read(state::Kind::kStorage, "k").value, "v");
  EXPECT_EQ(read(state::Kind::kStorage, "gone").found, state::Found::kAbsent);
  EXPECT_EQ(read(state::Kind::kStorage, "x").found, state::Found::kUnknown);
  EXPECT_EQ(read(state::Kind::kNonce, "").found, state::Found::kUnknown);
}

TEST(ConvertTest, ACompleteAccountHasNothingElse) {
  v1::ExecuteRequest request = ValidRequest();
  AddAccount(&request)->set_complete(true);
  request.mutable_inline_state()->set_missing_key(v1::MISSING_KEY_ASK);
  InlineState state = std::get<InlineState>(FromProto(request)->state);
  EXPECT_EQ(
      state.entries.Read({Filled('a'), state::Kind::kStorage, "x"})->found,
      state::Found::kAbsent);
}

ExecuteCall FullCall() {
  ExecuteCall call;
  engine::ExecuteRequest& request = call.request;
  request.profile = Filled('p');
  request.module_hash = Filled('m');
  request.activation = engine::Activation::kActivated;
  request.activated = {Filled('n')};
  request.entry = "deploy";
  request.input = std::string("\0\xff", 2);
  request.fuel_limit = 77;
  request.caller = Filled('c');
  request.callee = Filled('d');
  request.value = (static_cast<unsigned __int128>(3) << 64) | 9;
  request.block = {.number = 1,
                   .timestamp_ms = 2,
                   .random = Filled('r'),
                   .minimum_balance = 3,
                   .fee_per_fuel = 4,
                   .instantiation_nonce = 5,
                   .caller_is_root = true,
                   .caller_is_origin = false};
  request.limits = {.reads = 1,
                    .read_bytes = 2,
                    .writes = 3,
                    .write_bytes = 4,
                    .events = 5,
                    .event_bytes = 6,
                    .peak_pages = 7,
                    .calls = 8};
  InlineState state;
  state.missing_keys = state::MissingKeys::kUnknown;
  state.entries = state::InlineState(state.missing_keys);
  state.entries.SetBalance(Filled('d'), 1000);
  state.entries.SetNonce(Filled('d'), 2);
  state.entries.SetCode(Filled('d'), Filled('m'));
  state.entries.SetStorage(Filled('d'), "k", "v");
  state.entries.SetAbsent({Filled('e'), state::Kind::kStorage, "k"});
  state.entries.SetAbsent({Filled('e'), state::Kind::kBalance, ""});
  state.entries.AddModule("bytes");
  state.absent_modules.insert(Filled('z'));
  call.state = std::move(state);
  return call;
}

TEST(ConvertTest, ARequestSurvivesTheRoundTrip) {
  const ExecuteCall sent = FullCall();
  v1::ExecuteRequest message;
  ToProto(sent, &message);
  const auto received = FromProto(message);
  ASSERT_TRUE(received.ok()) << received.status();
  v1::ExecuteRequest again;
  ToProto(*received, &again);
  EXPECT_EQ(again.DebugString(), message.DebugString());
  const engine::ExecuteRequest& request = received->request;
  EXPECT_EQ(request.module_hash, Filled('m'));
  EXPECT_EQ(request.activation, engine::Activation::kActivated);
  EXPECT_TRUE(request.value == sent.request.value);
  EXPECT_EQ(request.block.instantiation_nonce, 5u);
  EXPECT_TRUE(request.block.caller_is_root);
  EXPECT_FALSE(request.block.caller_is_origin);
  EXPECT_EQ(request.limits.calls, 8u);
  const InlineState& state = std::get<InlineState>(received->state);
  const InlineState& sent_state = std::get<InlineState>(sent.state);
  EXPECT_EQ(state.missing_keys, state::MissingKeys::kUnknown);
  EXPECT_EQ(state.entries.entries(), sent_state.entries.entries());
  EXPECT_EQ(state.absent_modules, sent_state.absent_modules);
}

engine::ExecuteResult FullResult() {
  engine::ExecuteResult result;
  engine::Completed& completed = result.completed.emplace();
  completed.outcome.klass = engine::OutcomeClass::kTrapped;
  completed.outcome.trap = interp::Trap::kDuplicateContract;
  completed.outcome.limit = engine::Resource::kReturnSize;
  completed.outcome.flags = 1;
  completed.outcome.data = "data";
  completed.outcome.violations = {
      {wasm::ViolationCode::kAbiMemory, 12, "memory"}};
  completed.fuel.limit = 9;
  completed.fuel.used = 8;
  completed.fuel.minimum = 7;
  completed.fuel.exactness = engine::Exactness::kConditional;
  for (int i = 0; i < static_cast<int>(metering::Category::kCount); ++i) {
    completed.fuel.by[static_cast<metering::Category>(i)] = 100 + i;
  }
  completed.resources = {.reads = 1,
                         .read_bytes = 2,
                         .writes = 3,
                         .write_bytes = 4,
                         .events = 5,
                         .event_bytes = 6,
                         .peak_pages = 7,
                         .calls = 8};
  completed.effects = {
      {{Filled('a'), state::Kind::kBalance, ""}, std::nullopt},
      {{Filled('a'), state::Kind::kStorage, "k"}, base::Bytes()}};
  completed.removed_accounts = {Filled('b')};
  completed.events = {{Filled('a'), "topics", "data"}};
  completed.reads = {{{Filled('a'), state::Kind::kCode, ""}, true, Filled('h')},
                     {{Filled('a'), state::Kind::kNonce, ""}, false, {}}};
  completed.context_reads = {"number"};
  completed.modules = {{Filled('m'), true}, {Filled('n'), false}};
  completed.digests = {Filled('1'), Filled('2'), Filled('3'), Filled('4')};
  result.diagnostics.message = "a message";
  result.diagnostics.debug_messages = {std::string("\xff\x00", 2)};
  result.diagnostics.backtrace = {{Filled('a'), 3, 44, "f"}};
  result.diagnostics.fuel_reads = {{Filled('b'), 5, 66, "g"}};
  result.diagnostics.shortage = {metering::Category::kCalls, 12, 2};
  result.diagnostics.phase = engine::Phase::kStart;
  result.diagnostics.host_function = "seal1.call";
  result.diagnostics.limit_shortage = {"reads", 7, 8};
  engine::OpenContract open;
  open.account = Filled('c');
  open.code_hash = Filled('d');
  open.entry = std::string(
      "\xff"
      "call",
      5);
  open.is_delegate = true;
  open.phase = engine::Phase::kInstantiate;
  open.fuel_limit = 99;
  open.by[metering::Category::kHost] = 9;
  result.diagnostics.call_path = {open};
  open.place = {Filled('e'), 1, 2, "p"};
  result.diagnostics.call_path.push_back(open);
  result.diagnostics.nested_failures = {
      {.depth = 2,
       .account = Filled('f'),
       .code_hash = Filled('g'),
       .phase = engine::Phase::kCompile,
       .klass = engine::OutcomeClass::kLimitExceeded,
       .trap = interp::Trap::kNone,
       .limit = engine::Resource::kWrites,
       .message = "why",
       .host_function = "seal0.caller",
       .place = engine::BacktraceFrame{Filled('h'), 3, 4, "q"}}};
  return result;
}

TEST(ConvertTest, AnAnswerSurvivesTheRoundTrip) {
  v1::ExecuteResponse message;
  ToProto(FullResult(), &message);
  const auto received = FromProto(message);
  ASSERT_TRUE(received.ok()) << received.status();
  v1::ExecuteResponse again;
  ToProto(*received, &again);
  EXPECT_EQ(again.DebugString(), message.DebugString());
  const engine::Completed& completed = *received->completed;
  EXPECT_EQ(completed.outcome.trap, interp::Trap::kDuplicateContract);
  EXPECT_EQ(completed.outcome.violations[0].code,
            wasm::ViolationCode::kAbiMemory);
  EXPECT_EQ(completed.fuel.by[metering::Category::kCalls], 105u);
  EXPECT_EQ(completed.resources.peak_pages, 7u);
  EXPECT_FALSE(completed.effects[0].value.has_value());
  EXPECT_EQ(completed.effects[1].value, base::Bytes());
  EXPECT_TRUE(completed.reads[0].present);
  EXPECT_FALSE(completed.reads[1].present);
  EXPECT_EQ(completed.digests.receipt, Filled('4'));
  EXPECT_EQ(completed.modules, FullResult().completed->modules);
  EXPECT_EQ(received->diagnostics.debug_messages[0].size(), 2u);
  EXPECT_EQ(received->diagnostics.shortage->category,
            metering::Category::kCalls);
  EXPECT_EQ(received->diagnostics.fuel_reads[0].offset, 66u);
  EXPECT_EQ(received->diagnostics.phase, engine::Phase::kStart);
  EXPECT_EQ(received->diagnostics.limit_shortage->needed, 8u);
  ASSERT_EQ(received->diagnostics.call_path.size(), 2u);
  EXPECT_EQ(received->diagnostics.call_path[0].entry.size(), 5u);
  EXPECT_EQ(received->diagnostics.call_path[0].by.Sum(), 9u);
  EXPECT_FALSE(received->diagnostics.call_path[0].place.has_value());
  EXPECT_EQ(received->diagnostics.call_path[1].place->offset, 2u);
  EXPECT_EQ(received->diagnostics.nested_failures[0].limit,
            engine::Resource::kWrites);
}

TEST(ConvertTest, AnEstimateSurvivesTheRoundTrip) {
  engine::Estimation estimation;
  estimation.result = FullResult();
  estimation.access = {{{Filled('a'), state::Kind::kStorage, "k"}, true, false},
                       {{Filled('a'), state::Kind::kStorage, "l"}, true, true}};
  estimation.resources = {{engine::Resource::kReads, 5, 6, true}};
  v1::EstimateResponse message;
  ToProto(estimation, &message);
  const auto received = FromProto(message);
  ASSERT_TRUE(received.ok()) << received.status();
  v1::EstimateResponse again;
  ToProto(*received, &again);
  EXPECT_EQ(again.DebugString(), message.DebugString());
  EXPECT_TRUE(received->access[1].written);
  EXPECT_EQ(received->resources[0].needed, 6u);
}

TEST(ConvertTest, FuelCategoriesHaveTheEnginesNames) {
  const auto* by = v1::FuelByCategory::descriptor();
  ASSERT_EQ(by->field_count() + 1, v1::FuelCategory_ARRAYSIZE);
  for (int i = 0; i < by->field_count(); ++i) {
    EXPECT_EQ(v1::FuelCategory_Name(i + 1),
              absl::StrCat("FUEL_CATEGORY_",
                           absl::AsciiStrToUpper(by->field(i)->name())));
  }
}

TEST(ConvertTest, NeedsStateSurvivesTheRoundTrip) {
  engine::ExecuteResult result;
  result.needs_state.emplace();
  result.needs_state->keys = {{Filled('a'), state::Kind::kStorage, "k"}};
  result.needs_state->modules = {Filled('m')};
  v1::ExecuteResponse message;
  ToProto(result, &message);
  const auto received = FromProto(message);
  ASSERT_TRUE(received.ok()) << received.status();
  ASSERT_TRUE(received->needs_state.has_value());
  EXPECT_FALSE(received->completed.has_value());
  EXPECT_EQ(received->needs_state->keys, result.needs_state->keys);
  EXPECT_EQ(received->needs_state->modules, result.needs_state->modules);
}

TEST(ConvertTest, TextThatIsNotUtf8CanBeSent) {
  engine::ExecuteResult result;
  result.needs_state.emplace();
  // Overlong, surrogate, cut short, stray continuation; then two valid ones.
  result.diagnostics.message =
      "\xc0\x80 \xed\xa0\x80 \xe2\x82 \x80 \xe2\x82\xac \xf0\x9f\x98\x80";
  v1::ExecuteResponse message;
  ToProto(result, &message);
  EXPECT_EQ(message.diagnostics().message(),
            "?? ??? ?? ? \xe2\x82\xac \xf0\x9f\x98\x80");
  v1::ExecuteResponse parsed;
  EXPECT_TRUE(parsed.ParseFromString(message.SerializeAsString()));
}

TEST(ConvertTest, AMalformedAnswerIsTheServersMistake) {
  v1::ExecuteResponse empty;
  EXPECT_EQ(FromProto(empty).status().code(), absl::StatusCode::kInternal);
  v1::ExecuteResponse message;
  ToProto(FullResult(), &message);
  message.mutable_completed()->mutable_digests()->clear_receipt();
  EXPECT_EQ(FromProto(message).status().code(), absl::StatusCode::kInternal);
  ToProto(FullResult(), &message);
  message.mutable_completed()->mutable_outcome()->clear_outcome_class();
  EXPECT_EQ(FromProto(message).status().code(), absl::StatusCode::kInternal);
}

v1::Effect* AddEffect(v1::WriteStateRequest* request, v1::Kind kind) {
  v1::Effect* effect = request->add_effects();
  effect->mutable_key()->set_account(std::string(32, 'a'));
  effect->mutable_key()->set_kind(kind);
  return effect;
}

TEST(ConvertTest, WritesAreSortedAndHaveTheFormOfTheirKind) {
  v1::WriteStateRequest request;
  AddEffect(&request, v1::KIND_STORAGE)->mutable_key()->set_key("k");
  AddEffect(&request, v1::KIND_BALANCE)->set_value(U128(1));
  const auto effects = FromProto(request);
  ASSERT_TRUE(effects.ok()) << effects.status();
  EXPECT_EQ((*effects)[0].key.kind, state::Kind::kBalance);
  EXPECT_FALSE((*effects)[1].value.has_value());
}

TEST(ConvertTest, RefusesWritesOfAnotherForm) {
  const auto refused = [](const v1::WriteStateRequest& request) {
    return FromProto(request).status().code() ==
           absl::StatusCode::kInvalidArgument;
  };
  v1::WriteStateRequest request;
  AddEffect(&request, v1::KIND_BALANCE)->set_value("1");
  EXPECT_TRUE(refused(request));
  request.mutable_effects(0)->set_value(U128(0));
  EXPECT_TRUE(refused(request)) << "0 is stored as absence";
  request.mutable_effects(0)->set_value(U128(1));
  EXPECT_FALSE(refused(request));
  AddEffect(&request, v1::KIND_BALANCE);
  EXPECT_TRUE(refused(request)) << "the key is named twice";
  request.Clear();
  AddEffect(&request, v1::KIND_UNSPECIFIED);
  EXPECT_TRUE(refused(request));
  request.Clear();
  AddEffect(&request, v1::KIND_NONCE)->mutable_key()->set_key("k");
  EXPECT_TRUE(refused(request)) << "only storage has keys";
}

}  // namespace
}  // namespace ashlar::rpc
