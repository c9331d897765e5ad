#include "tests/corpus/lockstep.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "gtest/gtest.h"

namespace ashlar::testing {
namespace {

// Of one Lockstep; one difference makes many.
constexpr int kFailuresShown = 20;

}  // namespace

std::string Tally::Describe() const {
  return absl::StrCat(instances, " instances; ", returned, " calls returned, ",
                      trapped, " trapped, ", out_of_fuel, " were out of fuel; ",
                      fuel_used, " fuel, ", host_calls, " host calls; ", proven,
                      " shown to need all they used, ", unfinished,
                      " of them half-way");
}

Lockstep::Lockstep(const engine::Profile& profile,
                   const HostFactory& make_host) {
  for (Pair* pair : {&ahead_, &exact_, &less_}) {
    pair->engine_host = make_host();
    pair->naive_host = make_host();
    pair->engine = MakeEngineWorld(profile, pair->engine_host.get(),
                                   /*is_lazy=*/pair == &less_);
    pair->naive = MakeNaiveWorld(profile, pair->naive_host.get());
  }
}

void Lockstep::Clear(Pair* pair) {
  pair->engine->Clear();
  pair->naive->Clear();
  pair->done = 0;
}

void Lockstep::Clear() {
  for (Pair* pair : {&ahead_, &exact_, &less_}) Clear(pair);
  steps_.clear();
  subjects_.clear();
  registered_.clear();
  group_of_.clear();
  groups_.clear();
}

void Lockstep::Expect(bool is_same, const std::string& what) {
  if (is_same) return;
  if (++failures_ <= kFailuresShown) ADD_FAILURE() << what;
}

End Lockstep::DoIn(const Step& step, World* world) {
  switch (step.kind) {
    case Step::Kind::kInstantiate:
      return world->Instantiate(*step.subject);
    case Step::Kind::kRegister:
      world->Register(step.text, step.instance);
      return {};
    case Step::Kind::kPoke:
      world->Poke(step.instance, step.address, step.text);
      return {};
    case Step::Kind::kInvoke:
      return world->Invoke(step.call);
  }
  return {};
}

End Lockstep::Do(const Step& step, const char* what, Pair* pair) {
  const End engine = DoIn(step, pair->engine.get());
  const End naive = DoIn(step, pair->naive.get());
  Expect(engine == naive, absl::StrCat(what, ": engine ", engine.Describe(),
                                       ", naive ", naive.Describe()));
  return engine;
}

void Lockstep::CatchUp(Pair* pair) {
  for (; pair->done < steps_.size(); ++pair->done) {
    Do(steps_[pair->done], "again", pair);
  }
}

// Memories and tables that are imported can be changed by both sides, and so
// can what an imported function reaches. The first module that is registered
// for all (spectest) has no functions that reach anything.
void Lockstep::JoinGroups(const Subject& subject, size_t instance) {
  group_of_.push_back(groups_.size());
  groups_.push_back({instance});
  for (const wasm::Import& import : subject.module().imports) {
    const auto it = registered_.find(std::string(import.module));
    if (it == registered_.end()) continue;
    const bool is_shared = import.kind == wasm::ExternKind::kMemory ||
                           import.kind == wasm::ExternKind::kTable;
    if (it->second == 0 && !is_shared) continue;
    const size_t from = group_of_[it->second];
    const size_t to = group_of_[instance];
    if (from == to) continue;
    for (const size_t member : groups_[from]) {
      group_of_[member] = to;
      groups_[to].push_back(member);
    }
    groups_[from].clear();
  }
}

std::optional<size_t> Lockstep::Instantiate(const Subject& subject,
                                            uint64_t start_fuel_limit) {
  const size_t instance = subjects_.size();
  Step step;
  step.subject = &subject;
  const End end = Do(step, "instantiate", &ahead_);
  steps_.push_back(step);
  subjects_.push_back(&subject);
  JoinGroups(subject, instance);
  CompareWorlds("after instantiate", ahead_, instance);
  last_instantiation_ = end;
  ++tally_.instances;
  if (end.kind != End::Kind::kReturned) return std::nullopt;
  if (subject.module().has_start) {
    last_instantiation_ =
        Invoke(Call{instance, subject.module().start, {}, start_fuel_limit});
    if (last_instantiation_.kind != End::Kind::kReturned) return std::nullopt;
  }
  return instance;
}

void Lockstep::Register(absl::string_view name, size_t instance) {
  Step step;
  step.kind = Step::Kind::kRegister;
  step.text = std::string(name);
  step.instance = instance;
  Do(step, "register", &ahead_);
  steps_.push_back(step);
  registered_[step.text] = instance;
}

void Lockstep::Poke(size_t instance, uint64_t address,
                    absl::string_view bytes) {
  Step step;
  step.kind = Step::Kind::kPoke;
  step.text = std::string(bytes);
  step.instance = instance;
  step.address = address;
  Do(step, "poke", &ahead_);
  steps_.push_back(std::move(step));
}

End Lockstep::Invoke(size_t instance, absl::string_view name,
                     std::vector<uint64_t> args, uint64_t fuel_limit) {
  const wasm::Export* e =
      subjects_[instance]->module().FindExport(name, wasm::ExternKind::kFunc);
  CHECK(e != nullptr, "the function is exported");
  return Invoke(Call{instance, e->index, std::move(args), fuel_limit});
}

End Lockstep::Invoke(const Call& call) {
  Step step;
  step.kind = Step::Kind::kInvoke;
  step.call = call;
  const uint64_t host_calls = ahead_.engine->host_calls();
  const End end = Do(step, "call", &ahead_);
  CompareWorlds("after call", ahead_, call.instance);
  tally_.host_calls += ahead_.engine->host_calls() - host_calls;
  tally_.fuel_used += end.fuel_used;
  if (end.kind == End::Kind::kOutOfFuel) {
    ++tally_.out_of_fuel;
    steps_.push_back(std::move(step));
    return end;
  }
  ++(end.kind == End::Kind::kReturned ? tally_.returned : tally_.trapped);
  Prove(step, end);
  steps_.push_back(std::move(step));
  exact_.done = steps_.size();
  return end;
}

void Lockstep::Prove(const Step& step, const End& end) {
  const size_t instance = step.call.instance;
  Step exact = step;
  exact.call.fuel_limit = end.fuel_used;
  CatchUp(&exact_);
  if (end.fuel_used > 0) {
    Step less = step;
    less.call.fuel_limit = end.fuel_used - 1;
    CatchUp(&less_);
    const End short_end = Do(less, "used - 1", &less_);
    Expect(short_end.kind == End::Kind::kOutOfFuel &&
               short_end.fuel_used == end.fuel_used - 1,
           absl::StrCat("with ", end.Describe(), ", used - 1 gives ",
                        short_end.Describe()));
    CompareWorlds("after used - 1", less_, instance);
    // exact_ is still as it was before the call.
    if (!IsSame(*less_.engine, *exact_.engine, instance)) {
      Clear(&less_);
      ++tally_.unfinished;
    }
    ++tally_.proven;
  }
  const End same = Do(exact, "used", &exact_);
  Expect(same == end,
         absl::StrCat("with ", end.Describe(), ", exactly that limit gives ",
                      same.Describe()));
  Expect(IsSame(*exact_.engine, *ahead_.engine, instance),
         "exactly the fuel used leaves another state");
}

bool Lockstep::IsSame(const World& a, const World& b, size_t instance) const {
  if (a.host_calls() != b.host_calls()) return false;
  for (const size_t member : GroupOf(instance)) {
    if (a.Look(member) != b.Look(member)) return false;
  }
  return true;
}

void Lockstep::CompareWorlds(const char* what, const Pair& pair,
                             size_t instance) {
  for (const size_t member : GroupOf(instance)) {
    const std::string difference =
        Difference(pair.engine->Look(member), pair.naive->Look(member));
    Expect(difference.empty(),
           absl::StrCat(what, ", instance ", member,
                        ", engine and naive: ", difference));
  }
  Expect(pair.engine->host_calls() == pair.naive->host_calls(),
         absl::StrCat(what, ": host calls"));
}

}  // namespace ashlar::testing
