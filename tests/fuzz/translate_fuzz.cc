// Any bytes as a module: where it is valid, its functions do in the engine
// what they do in the naive interpreter, with a made-up host.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/profile.h"
#include "tests/corpus/scripted_host.h"
#include "tests/corpus/world.h"
#include "tests/fuzz/expect.h"

namespace ashlar::testing {
namespace {

constexpr uint64_t kFuelLimit = 20'000;
constexpr uint64_t kPagesMax = 16;
constexpr uint64_t kElementsMax = 10'000;
constexpr uint32_t kFunctionsMax = 6;

const engine::Profile& Relaxed() {
  return *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
}

// Whether an instance is small: the naive interpreter fills what it makes.
bool IsSmall(const wasm::Module& module) {
  for (const auto& memory : module.memories) {
    if (memory.limits.min > kPagesMax) return false;
  }
  for (const auto& table : module.tables) {
    if (table.limits.min > kElementsMax) return false;
  }
  return true;
}

struct Pair {
  ScriptedHost engine_host, naive_host;
  std::unique_ptr<World> engine =
      MakeEngineWorld(Relaxed(), &engine_host, /*is_lazy=*/false);
  std::unique_ptr<World> naive = MakeNaiveWorld(Relaxed(), &naive_host);

  // The end of the call, the same in both.
  End Run(const Subject& subject, const Call& call) {
    engine->Clear();
    naive->Clear();
    End end = engine->Instantiate(subject);
    const End expected = naive->Instantiate(subject);
    Expect(end == expected, "instantiated another way");
    if (end.kind != End::Kind::kReturned) return end;
    end = engine->Invoke(call);
    const End naive_end = naive->Invoke(call);
    if (!(end == naive_end)) {
      ExpectNothing(absl::StrCat("function ", call.function, ": ",
                                 end.Describe(), ", expected ",
                                 naive_end.Describe()));
    }
    if (end.kind != End::Kind::kOutOfFuel) {
      ExpectNothing(Difference(naive->Look(0), engine->Look(0)));
    }
    return end;
  }
};

}  // namespace
}  // namespace ashlar::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar::testing;  // NOLINT: this function has no namespace
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Subject subject = MakeSubject(bytes, Relaxed());
  if (subject.compiled == nullptr || !IsSmall(subject.module())) return 0;
  Pair pair;
  const uint32_t count = static_cast<uint32_t>(
      std::min<size_t>(subject.module().functions.size(), kFunctionsMax));
  for (uint32_t function = 0; function < count; ++function) {
    Call call;
    call.function = function;
    call.fuel_limit = kFuelLimit;
    for (const auto type : subject.module().func_type(function).params()) {
      call.args.push_back(PlausibleValue(
          Mixer().Add(function).Add(call.args.size()).Finish(), type, 65536));
    }
    const End end = pair.Run(subject, call);
    if (end.kind == End::Kind::kNotLinked) break;
    if (end.kind == End::Kind::kOutOfFuel || end.fuel_used == 0) continue;
    call.fuel_limit = end.fuel_used;
    Expect(pair.Run(subject, call) == end, "what was used does not suffice");
    call.fuel_limit = end.fuel_used - 1;
    Expect(pair.Run(subject, call).kind == End::Kind::kOutOfFuel,
           "less than what was used suffices");
  }
  return 0;
}
