// The ways in which an engine may come to a module's code: translated as a
// whole, found in the cache, translated function by function, or translated
// for a profile of fuel. They are one path in several modes, so everything
// that an execution answers must be the same in all of them, also where fuel
// ends half-way.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/bytes.h"
#include "engine/engine.h"
#include "engine/fuel_profile.h"
#include "engine/loader.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using engine::Activation;
using engine::Completed;
using engine::Engine;
using engine::ExecuteRequest;
using engine::ExecuteResult;
using nlohmann::json;

std::string Hex(absl::string_view bytes) { return base::HexEncode(bytes); }

std::string Text(const std::vector<engine::BacktraceFrame>& frames) {
  return absl::StrJoin(frames, " ", [](std::string* out, const auto& frame) {
    absl::StrAppend(out, frame.account.ToHex().substr(0, 4), ":",
                    frame.function, "@", frame.offset, frame.name);
  });
}

// Everything that an execution answers; where `with_places` is false, without
// the places in the code.
std::string Text(const ExecuteResult& result, bool with_places) {
  const Completed& c = *result.completed;
  std::string text = absl::StrCat(
      engine::OutcomeName(c.outcome.klass), " ", c.outcome.flags, " ",
      Hex(c.outcome.data), " ", interp::TrapText(c.outcome.trap), " ",
      engine::ResourceName(c.outcome.limit), "\nfuel ", c.fuel.used, " of ",
      c.fuel.limit, " ", c.fuel.minimum, " ",
      static_cast<int>(c.fuel.exactness));
  for (int i = 0; i < static_cast<int>(metering::Category::kCount); ++i) {
    absl::StrAppend(&text, " ", c.fuel.by[static_cast<metering::Category>(i)]);
  }
  absl::StrAppend(&text, "\ndigests ", c.digests.request.ToHex(), " ",
                  c.digests.reads.ToHex(), " ", c.digests.effects.ToHex(), " ",
                  c.digests.receipt.ToHex(), "\nresources ", c.resources.reads,
                  " ", c.resources.read_bytes, " ", c.resources.writes, " ",
                  c.resources.write_bytes, " ", c.resources.peak_pages, " ",
                  c.resources.calls, "\nmessage ", result.diagnostics.message);
  if (with_places) {
    absl::StrAppend(&text, "\nbacktrace ", Text(result.diagnostics.backtrace),
                    "\nfuel reads ", Text(result.diagnostics.fuel_reads));
  }
  if (result.diagnostics.shortage.has_value()) {
    absl::StrAppend(&text, "\nmissing ", result.diagnostics.shortage->missing,
                    " at depth ", result.diagnostics.shortage->depth);
  }
  return text;
}

// An engine that has this module's code in one of the ways.
class Way {
 public:
  enum Kind { kWhole, kCached, kLazy, kProfiled };

  Way(Kind kind, absl::string_view profile) : kind_(kind) {
    profile_ = engine::ProfileSet::BuiltIn().FindByName(profile);
    engine::EngineOptions options;
    if (kind != kCached) options.cache_size_bytes = 0;
    options.remembers_valid_modules = kind == kLazy;
    engine_ = std::make_unique<Engine>(options);
  }

  // Lets the engine know a module.
  void Prepare(absl::string_view module) {
    EXPECT_TRUE(engine_->ValidateModule(module, profile_->digest).ok());
  }

  // Code for a profile begins with an instruction of its own, so where fuel
  // ends before a function's first run, the place is another one.
  bool has_same_places() const { return kind_ != kProfiled; }

  std::string Execute(const ExecuteRequest& request, state::InlineState* state,
                      bool with_places) {
    // What is asked for three times is in the cache at the third.
    for (int i = 0; i < 2 && kind_ == kCached; ++i) {
      EXPECT_TRUE(engine_->Execute(request, state, nullptr).ok());
    }
    engine::FuelProfile profile;
    const auto result =
        kind_ == kProfiled
            ? engine_->ExecuteProfiled(request, state, nullptr, &profile)
            : engine_->Execute(request, state, nullptr);
    EXPECT_TRUE(result.ok());
    return Text(*result, with_places);
  }

 private:
  Kind kind_;
  const engine::Profile* profile_;
  std::unique_ptr<Engine> engine_;
};

class Ways {
 public:
  explicit Ways(absl::string_view profile = "seal-1") {
    for (int kind = Way::kWhole; kind <= Way::kProfiled; ++kind) {
      ways_.emplace_back(static_cast<Way::Kind>(kind), profile);
    }
  }

  void Prepare(absl::string_view module) {
    for (Way& way : ways_) way.Prepare(module);
  }

  void ExpectSame(const ExecuteRequest& request, state::InlineState* state) {
    for (size_t i = 1; i < ways_.size(); ++i) {
      const bool with_places = ways_[i].has_same_places();
      EXPECT_EQ(ways_[i].Execute(request, state, with_places),
                ways_[0].Execute(request, state, with_places))
          << "way " << i;
    }
  }

 private:
  std::vector<Way> ways_;
};

// The request fresh and activated, by bytes and by hash, with fuel enough and
// with less; all ways must agree on each. What activation changes is the fuel.
void CompareWays(Ways& ways, Chain& chain, const ExecuteRequest& original) {
  ExecuteRequest request = original;
  uint64_t used[2];
  for (const bool is_activated : {false, true}) {
    request.activation =
        is_activated ? Activation::kActivated : Activation::kFresh;
    request.module_bytes = original.module_bytes;
    request.module_hash = {};
    request.fuel_limit = original.fuel_limit;
    ways.ExpectSame(request, &chain.state());
    const Completed completed = *chain.Try(request).completed;
    used[is_activated] = completed.fuel.used;
    const uint64_t before = completed.fuel.by[metering::Category::kCompile] +
                            completed.fuel.by[metering::Category::kInstantiate];
    for (const uint64_t fuel :
         {completed.fuel.used - 1, (before + completed.fuel.used) / 2,
          before + 1, before - 1}) {
      if (fuel == 0) continue;
      request.fuel_limit = fuel;
      ways.ExpectSame(request, &chain.state());
    }
    request.module_bytes.clear();
    request.module_hash = engine::ModuleHash(original.module_bytes);
    request.fuel_limit = original.fuel_limit;
    ways.ExpectSame(request, &chain.state());
  }
  const metering::Schedule& schedule = chain.profile().schedule;
  EXPECT_EQ(used[0] - used[1],
            engine::CompileFuel(schedule, original.module_bytes.size()) -
                engine::ActivatedFuel(schedule));
}

TEST(Modes, VectorsAgree) {
  const std::filesystem::path folder = ContractsFolder();
  const std::filesystem::path file = folder / "ink" / "vectors.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << kNoData;
  const json vectors = json::parse(ReadFile(file));
  int steps = 0;
  for (const json& vector : vectors["vectors"]) {
    const std::string name = vector["module"].get<std::string>();
    const std::string module = ReadFile(folder / name);
    Chain chain;
    chain.state().AddModule(module);
    Ways ways;
    ways.Prepare(module);
    for (const json& step : vector["steps"]) {
      if (step["result"]["outcome"] == "unimplemented") continue;
      SCOPED_TRACE(name + " " + step["label"].get<std::string>());
      ExecuteRequest request =
          chain.Request(module, step["entry"].get<std::string>());
      request.caller =
          base::Hash256::FromHex(step["caller"].get<std::string>()).value();
      request.input = base::HexDecode(step["input"].get<std::string>()).value();
      CompareWays(ways, chain, request);
      chain.Execute(request);
      ++steps;
    }
    if (HasFailure()) return;
  }
  EXPECT_GE(steps, 200);
}

// A contract that calls itself, so that two of its frames are open, and that
// reads its remaining fuel on the way.
TEST(Modes, NestedCallsAgree) {
  const std::string module =
      Contract("seal0.input seal1.call seal0.gas_left", R"(
      (local $n i32)
      (i32.store (i32.const 0) (i32.const 4))
      (call $input (i32.const 4) (i32.const 0))
      (local.set $n (i32.load (i32.const 4)))
      (i32.store (i32.const 200) (i32.const 8))
      (call $gas_left (i32.const 208) (i32.const 200))
      (if (local.get $n) (then
        (i32.store (i32.const 4) (i32.sub (local.get $n) (i32.const 1)))
        (if (call $call (i32.const 8) (i32.const 64) (i64.const 0)
                        (i32.const 96) (i32.const 4) (i32.const 4)
                        (i32.const -1) (i32.const 0))
          (then unreachable))
        (call $helper (local.get $n))))
      (call $return (i32.const 0) (i32.const 4) (i32.const 4)))",
               absl::StrCat(R"(
      (data (i32.const 64) ")",
                            Escaped(Account(0xc0).view()), R"(")
      (func $helper (param i32) (i32.store (i32.const 4)
        (i32.div_u (i32.const 100) (i32.sub (local.get 0) (i32.const 3))))))"));
  Chain chain;
  chain.state().AddModule(module);
  chain.Deploy(Account(0xc0), module);
  Ways ways;
  ways.Prepare(module);
  for (uint32_t n = 0; n < 6; ++n) {
    SCOPED_TRACE(n);
    const ExecuteRequest request = chain.Request(module, "call", Le32(n));
    for (const bool nested_is_activated : {false, true}) {
      ExecuteRequest r = request;
      if (nested_is_activated) r.activated = {engine::ModuleHash(module)};
      ways.ExpectSame(r, &chain.state());
      const uint64_t used = chain.Try(r).completed->fuel.used;
      for (uint64_t fuel = used > 400 ? used - 400 : 1; fuel < used;
           fuel += 13) {
        r.fuel_limit = fuel;
        ways.ExpectSame(r, &chain.state());
      }
    }
  }
}

// A claim of the request alone does not make a module one that is not looked
// at: it is validated as a whole, and refused.
TEST(Modes, ActivatedIsNotTrusted) {
  // Its unused function is invalid.
  std::string module =
      Contract("", "", "(func $bad (result i32) (i32.const 7))");
  const std::string constant = {'\x41', '\x07', '\x0b'};
  const size_t at = module.find(constant);
  ASSERT_NE(at, std::string::npos);
  module[at] = '\x42';  // i64.const
  Chain chain;
  for (int i = 0; i < 3; ++i) {
    for (const Activation activation :
         {Activation::kActivated, Activation::kFresh}) {
      ExecuteRequest request = chain.Request(module, "call");
      request.activation = activation;
      EXPECT_EQ(chain.Try(request).completed->outcome.klass,
                engine::OutcomeClass::kModuleRejected);
    }
  }
  EXPECT_FALSE(
      chain.engine().ValidateModule(module, chain.profile().digest)->empty());
  ExecuteRequest request = chain.Request(module, "call");
  request.activation = Activation::kActivated;
  EXPECT_EQ(chain.Try(request).completed->outcome.klass,
            engine::OutcomeClass::kModuleRejected);
}

// Valid under one profile says nothing of another one.
TEST(Modes, ProfilesAreKeptApart) {
  const std::string module =
      Wat("(module (func (export \"call\") (drop (f32.const 1))))");
  Engine engine({});
  state::InlineState state(state::MissingKeys::kAbsent);
  Chain chain;
  ExecuteRequest request = chain.Request(module, "call");
  request.activation = Activation::kActivated;
  for (const bool relaxed : {true, false, true, false}) {
    request.profile = engine::ProfileSet::BuiltIn()
                          .FindByName(relaxed ? "relaxed-1" : "strict-1")
                          ->digest;
    EXPECT_EQ(
        engine.Execute(request, &state, nullptr)->completed->outcome.klass,
        relaxed ? engine::OutcomeClass::kReturned
                : engine::OutcomeClass::kModuleRejected);
  }
}

}  // namespace
}  // namespace ashlar::testing
