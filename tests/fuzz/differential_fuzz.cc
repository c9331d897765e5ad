// Bytes as the decisions of the generator of valid modules: the engine and the
// naive interpreter agree on its functions, and on what they cost.
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "tests/differential/engine_run.h"
#include "tests/differential/generator.h"
#include "tests/differential/run.h"
#include "tests/fuzz/expect.h"

namespace ashlar::testing {
namespace {

using Kind = Observation::Kind;

constexpr uint64_t kFuelLimit = 3'000;

Observation Same(Runner* engine, Runner* naive, const Call& call) {
  const Observation expected = naive->Run(call);
  const Observation actual = engine->Run(call);
  const std::string difference = Difference(expected, actual);
  if (!difference.empty()) {
    ExpectNothing(absl::StrCat("f", call.function, ", limit ", call.fuel_limit,
                               ": ", difference));
  }
  return actual;
}

}  // namespace
}  // namespace ashlar::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar::testing;  // NOLINT: this function has no namespace
  if (size < 4) return 0;
  Rng rng(absl::MakeConstSpan(data + 1, size - 1));
  const GeneratedModule module = Generate(&rng, 1 + data[0] % 64);
  std::string error;
  const std::unique_ptr<Runner> engine = MakeEngineRunner(module.bytes, &error);
  ExpectNothing(error);
  const std::unique_ptr<Runner> naive = MakeNaiveRunner(module.bytes);
  Call call;
  call.memory_pages_max = 1 + rng.Below(4);
  call.stack_slots_max = rng.Chance(30) ? rng.Below(300) : 65536;
  for (const GeneratedFunction& function : module.functions) {
    call.function = function.index;
    call.fuel_limit = kFuelLimit;
    call.args.clear();
    for (const auto type : function.params) {
      call.args.push_back(InterestingValue(type, &rng));
    }
    const Observation first = Same(engine.get(), naive.get(), call);
    if (first.kind == Kind::kOutOfFuel || first.fuel_used == 0) continue;
    call.fuel_limit = first.fuel_used;
    Expect(Same(engine.get(), naive.get(), call) == first,
           "what was used does not suffice");
    call.fuel_limit = first.fuel_used - 1;
    Expect(Same(engine.get(), naive.get(), call).kind == Kind::kOutOfFuel,
           "less than what was used suffices");
  }
  return 0;
}
