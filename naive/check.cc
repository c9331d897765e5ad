#include "naive/check.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/host/resources.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/state/inline_state.h"
#include "naive/chain.h"
#include "replay/record.h"
#include "replay/verify.h"

namespace ashlar::naive {
namespace {

using engine::Completed;
using engine::OutcomeClass;

// All of it is copied at each nested call.
constexpr uint64_t kReadBytesMax = 1 << 20;

CheckResult Skipped(std::string reason) {
  return {Agreement::kSkipped, std::move(reason)};
}

bool HasResourceLimits(const engine::ExecuteRequest& request) {
  const auto all = host::BoundedResources();
  return std::any_of(all.begin(), all.end(), [&](host::Resource resource) {
    return host::LimitOf(request.limits, resource) != 0;
  });
}

// Why an execution is none for the naive chain, or "".
std::string WhySkipped(const engine::ExecuteRequest& request,
                       const engine::Profile& profile,
                       const Completed& completed, uint64_t fuel_max) {
  if (profile.abi != engine::Abi::kSeal ||
      profile.unknown_imports != engine::UnknownImports::kReject) {
    return "another ABI";
  }
  if (request.entry != "call" && request.entry != "deploy") {
    return "another entry";
  }
  if (HasResourceLimits(request)) return "resource limits";
  if (completed.outcome.klass == OutcomeClass::kLimitExceeded) {
    return "an exceeded limit";
  }
  if (completed.fuel.used > fuel_max) return "too much fuel";
  if (completed.resources.read_bytes > kReadBytesMax) return "too much state";
  return "";
}

ChainState StateOf(const state::InlineState& state) {
  ChainState all;
  for (const auto& [key, value] : state.entries()) {
    if (value.has_value()) all[key] = *value;
  }
  return all;
}

bool IsSame(const std::vector<state::Event>& a,
            const std::vector<state::Event>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const state::Event& x, const state::Event& y) {
                      return x.account == y.account && x.topics == y.topics &&
                             x.data == y.data;
                    });
}

std::string Difference(const ChainOutcome& expected, const Completed& actual,
                       const state::InlineState& before) {
  const engine::Outcome& outcome = actual.outcome;
  if (expected.goes_beyond) return "reads: more than was recorded";
  if (outcome.klass != expected.klass || outcome.trap != expected.trap) {
    return absl::StrCat("outcome: ", engine::OutcomeName(outcome.klass),
                        ", trap ", static_cast<int>(outcome.trap), "; naively ",
                        engine::OutcomeName(expected.klass), ", trap ",
                        static_cast<int>(expected.trap));
  }
  if (actual.fuel.used != expected.fuel_used) {
    return absl::StrCat("fuel: ", actual.fuel.used, "; naively ",
                        expected.fuel_used);
  }
  if (outcome.flags != expected.flags) return "flags";
  if (outcome.data != expected.data) return "data";
  if (!IsSame(actual.events, expected.events)) return "events";
  if (actual.removed_accounts != expected.removed_accounts) {
    return "removed accounts";
  }
  state::InlineState after = before;
  after.Apply(actual.effects, actual.removed_accounts);
  if (StateOf(after) != expected.state) return "state";
  const bool is_proven =
      expected.klass != OutcomeClass::kOutOfFuel && !expected.reads_fuel;
  if (is_proven != (actual.fuel.exactness == engine::Exactness::kProven)) {
    return "exactness";
  }
  if (is_proven && actual.fuel.minimum != expected.fuel_used) return "minimum";
  return "";
}

// What the record knows, for the naive chain.
class Loaded {
 public:
  Loaded(const replay::Archive& archive, const replay::Record& record,
         engine::Engine* engine)
      : archive_(archive), record_(record), engine_(*engine) {
    for (const replay::Read& read : record.reads) {
      known_.insert(read.key);
      if (read.value.has_value()) {
        state_.Set(read.key, *read.value);
      } else {
        state_.SetAbsent(read.key);
      }
    }
  }

  const state::InlineState& state() const { return state_; }

  // The outermost module; zeros where there is none.
  base::Hash256 Outermost() const {
    switch (record_.module_given) {
      case replay::ModuleGiven::kBytes:
        return record_.module;
      case replay::ModuleGiven::kHash:
        return record_.request.module_hash;
      case replay::ModuleGiven::kCallee:
        break;
    }
    const auto it =
        state_.entries().find({record_.request.callee, state::Kind::kCode, {}});
    if (it == state_.entries().end() || !it->second.has_value()) return {};
    return base::Hash256::FromBytes(*it->second).value_or(base::Hash256{});
  }

  absl::Status AddTo(const engine::ExecuteRequest& request, Chain* chain) {
    std::set<base::Hash256> absent;
    if (record_.module_given == replay::ModuleGiven::kBytes) {
      RETURN_IF_ERROR(Add(request.module_bytes, chain));
    }
    replay::RecordedState recorded(record_, archive_, replay::NoModules);
    for (const engine::ModuleRead& read : record_.modules) {
      if (!read.present) {
        absent.insert(read.hash);
        continue;
      }
      ASSIGN_OR_RETURN(const state::ModuleResult found,
                       recorded.Module(read.hash));
      RETURN_IF_ERROR(Add(*found.bytes, chain));
    }
    chain->SetKnown(known_, std::move(absent));
    return absl::OkStatus();
  }

 private:
  absl::Status Add(const base::Bytes& bytes, Chain* chain) {
    ASSIGN_OR_RETURN(const std::vector<wasm::Violation> violations,
                     engine_.ValidateModule(bytes, record_.request.profile));
    chain->AddModule(bytes, violations.empty());
    return absl::OkStatus();
  }

  const replay::Archive& archive_;
  const replay::Record& record_;
  engine::Engine& engine_;
  state::InlineState state_{state::MissingKeys::kAbsent};
  std::set<state::Key> known_;
};

}  // namespace

absl::StatusOr<CheckResult> Check(const replay::Archive& archive, size_t index,
                                  engine::Engine* engine, uint64_t fuel_max) {
  ASSIGN_OR_RETURN(const replay::Record record, archive.Read(index));
  if (record.answer.empty()) return Skipped("no answer");
  ASSIGN_OR_RETURN(const Completed completed, replay::DecodeAnswer(record));
  ASSIGN_OR_RETURN(const engine::Profile* profile,
                   replay::ProfileOf(record, engine->profiles()));
  ASSIGN_OR_RETURN(engine::ExecuteRequest request,
                   replay::RequestOf(record, archive, replay::NoModules));
  const std::string why = WhySkipped(request, *profile, completed, fuel_max);
  if (!why.empty()) return Skipped(why);
  Loaded loaded(archive, record, engine);
  const base::Hash256 module = loaded.Outermost();
  if (module == base::Hash256{}) return Skipped("no module");
  Chain chain(request, module, *profile);
  RETURN_IF_ERROR(loaded.AddTo(request, &chain));
  const std::string unknown = chain.UnknownImport();
  if (!unknown.empty()) return Skipped(absl::StrCat("calls ", unknown));
  if (!chain.HasModule(module)) return Skipped("no module");
  const ChainOutcome expected =
      chain.Execute(StateOf(loaded.state()), request.fuel_limit);
  const std::string difference =
      Difference(expected, completed, loaded.state());
  if (difference.empty()) return CheckResult{Agreement::kAgrees, ""};
  return CheckResult{Agreement::kDiffers, difference};
}

}  // namespace ashlar::naive
