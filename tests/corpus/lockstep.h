// Does every step in both interpreters and holds them against each other, and
// proves the fuel of every call: with exactly what it used it ends the same
// way, with one less it is out of fuel.
//
// Three pairs of worlds take the same steps. The first one goes ahead, with the
// limits that the caller gives. The second one follows with the fuel that each
// call used. The third one tries each call with one less; unless nothing has
// changed then, it is made anew from the steps before. The engine of the third
// pair translates functions when they are called first, so that fuel also runs
// out in and before functions that are not translated yet.
#ifndef TESTS_CORPUS_LOCKSTEP_H_
#define TESTS_CORPUS_LOCKSTEP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/profile.h"
#include "tests/corpus/world.h"

namespace ashlar::testing {

struct Tally {
  uint64_t instances = 0;
  uint64_t returned = 0;
  uint64_t trapped = 0;
  uint64_t out_of_fuel = 0;
  uint64_t fuel_used = 0;  // of these calls together
  uint64_t proven = 0;     // calls that used - 1 was too little for
  uint64_t unfinished =
      0;  // of those, calls that had changed something by then
  uint64_t host_calls = 0;  // in the worlds that go ahead
  std::string Describe() const;
};

// Differences are failures of the running test, under its SCOPED_TRACEs.
class Lockstep {
 public:
  using HostFactory = std::function<std::unique_ptr<Host>()>;

  // `profile` outlives this.
  Lockstep(const engine::Profile& profile, const HostFactory& make_host);

  // Forgets all instances.
  void Clear();

  // The new instance's number; nullopt where it could not be made, or where
  // its start function, run with this limit, did not return. `subject`
  // outlives the instances.
  std::optional<size_t> Instantiate(const Subject& subject,
                                    uint64_t start_fuel_limit);
  // Modules that are instantiated from here on find its exports.
  void Register(absl::string_view name, size_t instance);
  // REQUIRES: the bytes fit in the instance's memory.
  void Poke(size_t instance, uint64_t address, absl::string_view bytes);
  End Invoke(const Call& call);
  // REQUIRES: the instance has an exported function of this name.
  End Invoke(size_t instance, absl::string_view name,
             std::vector<uint64_t> args, uint64_t fuel_limit);

  // What the naive interpreter has now; the engine has the same.
  View LookNaive(size_t instance) const { return ahead_.naive->Look(instance); }
  // What the last instantiation came to.
  const End& last_instantiation() const { return last_instantiation_; }
  const Tally& tally() const { return tally_; }

 private:
  struct Step {
    enum class Kind : uint8_t { kInstantiate, kRegister, kPoke, kInvoke };
    Kind kind = Kind::kInstantiate;
    const Subject* subject = nullptr;
    std::string text;  // a name, or bytes
    size_t instance = 0;
    uint64_t address = 0;
    Call call;
  };
  struct Pair {
    std::unique_ptr<Host> engine_host;
    std::unique_ptr<Host> naive_host;
    std::unique_ptr<World> engine;
    std::unique_ptr<World> naive;
    size_t done = 0;  // of steps_
  };

  static void Clear(Pair* pair);
  // Does the step in both. Returns the engine's end.
  End Do(const Step& step, const char* what, Pair* pair);
  static End DoIn(const Step& step, World* world);
  // Does all of steps_ that the pair has not done.
  void CatchUp(Pair* pair);
  void Prove(const Step& step, const End& end);
  // Compares both worlds of the pair, as far as `instance` can reach.
  void CompareWorlds(const char* what, const Pair& pair, size_t instance);
  bool IsSame(const World& a, const World& b, size_t instance) const;
  // Instances that calls of this one can change.
  const std::vector<size_t>& GroupOf(size_t instance) const {
    return groups_[group_of_[instance]];
  }
  void JoinGroups(const Subject& subject, size_t instance);
  void Expect(bool is_same, const std::string& what);

  Pair ahead_;
  Pair exact_;
  Pair less_;
  std::vector<Step> steps_;
  std::vector<const Subject*> subjects_;  // by instance
  std::map<std::string, size_t> registered_;
  std::vector<size_t> group_of_;             // by instance
  std::vector<std::vector<size_t>> groups_;  // instances
  End last_instantiation_;
  Tally tally_;
  int failures_ = 0;
};

}  // namespace ashlar::testing

#endif  // TESTS_CORPUS_LOCKSTEP_H_
