#include "tests/contracts/trial.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/fuel_profile.h"

namespace ashlar::testing {
namespace {

using engine::Completed;
using engine::Exactness;
using engine::OutcomeClass;

// So much that only programs which never end run out of it.
constexpr uint64_t kFuelLimit = 400'000;
constexpr uint64_t kEveryLimitFuelMax = 30'000;
constexpr uint64_t kNaiveLimitStride = 97;

bool IsSame(const std::vector<state::Event>& a,
            const std::vector<state::Event>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].account != b[i].account || a[i].topics != b[i].topics ||
        a[i].data != b[i].data) {
      return false;
    }
  }
  return true;
}

// Another limit, the same outcome: all but the limit itself.
bool IsSame(const Completed& a, const Completed& b) {
  return a.outcome.klass == b.outcome.klass &&
         a.outcome.trap == b.outcome.trap &&
         a.outcome.flags == b.outcome.flags &&
         a.outcome.data == b.outcome.data && a.fuel.used == b.fuel.used &&
         a.digests.effects == b.digests.effects &&
         a.digests.reads == b.digests.reads && IsSame(a.events, b.events);
}

}  // namespace

ContractTrial::ContractTrial(const ContractProgram& program,
                             const engine::Profile& profile,
                             engine::Engine* engine, ContractTally* tally)
    : engine_(*engine),
      tally_(*tally),
      naive_(program, profile),
      state_(state::MissingKeys::kAbsent) {
  request_ = program.request;
  request_.profile = profile.digest;
  for (const auto& [key, value] : InitialState(program)) {
    state_.Set(key, value);
  }
  for (const std::string& bytes : program.modules) state_.AddModule(bytes);
  state_.AddModule(program.broken_module);
}

// What is wrong, or "".
std::string ContractTrial::Run(bool tries_every_limit) {
  const Completed first = Execute(kFuelLimit);
  const NaiveOutcome expected = naive_.Execute(kFuelLimit);
  std::string wrong = Difference(expected, first);
  if (!wrong.empty()) return wrong;
  Count(expected, first);
  wrong = Profiled(kFuelLimit, first);
  if (!wrong.empty()) return absl::StrCat("profiled: ", wrong);
  if (first.outcome.klass == OutcomeClass::kOutOfFuel) return "";
  if (expected.reads_fuel) return Conditional(first);
  return Proven(first, tries_every_limit);
}

Completed ContractTrial::Execute(uint64_t fuel_limit) {
  ++tally_.executions;
  request_.fuel_limit = fuel_limit;
  auto result = engine_.Execute(request_, &state_, nullptr);
  CHECK(result.ok(), "the execution has no outcome");
  CHECK(result->completed.has_value());
  return *std::move(result->completed);
}

void ContractTrial::Count(const NaiveOutcome& expected,
                          const Completed& first) {
  ++tally_.programs;
  ++tally_.outcomes[std::string(engine::OutcomeName(first.outcome.klass))];
  tally_.nested += expected.calls != 0;
  tally_.calls += expected.calls;
  tally_.capped += expected.capped;
}

// The state after an outcome.
NaiveState ContractTrial::StateAfter(const Completed& completed) const {
  state::InlineState after = state_;
  after.Apply(completed.effects, completed.removed_accounts);
  NaiveState all;
  for (const auto& [key, value] : after.entries()) {
    if (value.has_value()) all[key] = *value;
  }
  return all;
}

std::string ContractTrial::Difference(const NaiveOutcome& expected,
                                      const Completed& actual) const {
  const engine::Outcome& outcome = actual.outcome;
  if (outcome.klass != expected.klass || outcome.trap != expected.trap ||
      actual.fuel.used != expected.fuel_used) {
    return absl::StrCat(
        "expected ", std::string(engine::OutcomeName(expected.klass)), " (",
        static_cast<int>(expected.trap), ") for ", expected.fuel_used, ", got ",
        std::string(engine::OutcomeName(outcome.klass)), " (",
        static_cast<int>(outcome.trap), ") for ", actual.fuel.used);
  }
  if (actual.fuel.by.Sum() != actual.fuel.used) return "fuel by category";
  if (outcome.flags != expected.flags || outcome.data != expected.data) {
    return "flags or data differ";
  }
  if (StateAfter(actual) != expected.state) return "state differs";
  if (!IsSame(expected.events, actual.events)) return "events differ";
  const bool is_out = expected.klass == OutcomeClass::kOutOfFuel;
  const bool is_proven = !is_out && !expected.reads_fuel;
  if (is_proven != (actual.fuel.exactness == Exactness::kProven)) {
    return "exactness differs";
  }
  const uint64_t minimum = is_proven ? expected.fuel_used : actual.fuel.limit;
  return actual.fuel.minimum == minimum ? "" : "minimum differs";
}

std::string ContractTrial::Profiled(uint64_t fuel_limit,
                                    const Completed& plain) {
  ++tally_.executions;
  request_.fuel_limit = fuel_limit;
  engine::FuelProfile profile;
  const auto result =
      engine_.ExecuteProfiled(request_, &state_, nullptr, &profile);
  CHECK(result.ok());
  if (!IsSame(*result->completed, plain) ||
      result->completed->digests.receipt != plain.digests.receipt) {
    return "another outcome";
  }
  if (profile.Total() != plain.fuel.used) {
    return absl::StrCat("sums to ", profile.Total(), " of ", plain.fuel.used);
  }
  return "";
}

std::string ContractTrial::RunsOut(uint64_t limit, bool asks_naive) {
  const Completed less = Execute(limit);
  if (less.outcome.klass != OutcomeClass::kOutOfFuel ||
      less.fuel.used != limit || !less.effects.empty() ||
      !less.events.empty() || less.fuel.by.Sum() != limit) {
    return absl::StrCat("limit ", limit, ": not out of fuel");
  }
  if (!asks_naive) return "";
  const std::string wrong = Difference(naive_.Execute(limit), less);
  return wrong.empty() ? "" : absl::StrCat("limit ", limit, ": ", wrong);
}

std::string ContractTrial::Proven(const Completed& first,
                                  bool tries_every_limit) {
  const uint64_t used = first.fuel.used;
  ++tally_.proven;
  const Completed again = Execute(used);
  if (!IsSame(again, first)) return "the minimum does not suffice";
  std::string wrong = RunsOut(used - 1, true);
  if (!wrong.empty()) return wrong;
  wrong = Profiled(used - 1, Execute(used - 1));
  if (!wrong.empty()) return absl::StrCat("profiled, one less: ", wrong);
  if (!tries_every_limit || used > kEveryLimitFuelMax) return "";
  for (uint64_t limit = 1; limit < used; ++limit) {
    ++tally_.limits;
    wrong = RunsOut(limit, limit % kNaiveLimitStride == 0);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

// A contract looked at its fuel: the second implementation tells for each
// limit what happens there, and so for the one that an estimate tested.
std::string ContractTrial::Conditional(const Completed& first) {
  ++tally_.conditional;
  request_.fuel_limit = kFuelLimit;
  const auto estimate = engine_.Estimate(request_, &state_, nullptr);
  CHECK(estimate.ok());
  const uint64_t tested = estimate->result.completed->fuel.minimum;
  if (estimate->result.completed->fuel.exactness != Exactness::kConditional) {
    return "the estimate is not conditional";
  }
  const Completed at_tested = Execute(tested);
  if (at_tested.digests.effects != first.digests.effects) {
    return absl::StrCat("the tested limit ", tested, " has other effects");
  }
  const uint64_t used = first.fuel.used;
  tally_.estimates_below += tested < kFuelLimit;
  for (const uint64_t limit : {tested, used, used - 1, used / 2}) {
    const std::string wrong = Difference(naive_.Execute(limit), Execute(limit));
    if (!wrong.empty()) return absl::StrCat("limit ", limit, ": ", wrong);
  }
  return "";
}

}  // namespace ashlar::testing
