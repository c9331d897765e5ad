// Bytes as the decisions of the generator of contracts that call each other:
// the engine and the naive chain agree.
#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "tests/contracts/generator.h"
#include "tests/contracts/trial.h"
#include "tests/differential/generator.h"
#include "tests/fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;  // NOLINT: this function has no namespace
  if (size < 4) return 0;
  static engine::Engine engine({.profiles = nullptr, .cache_size_bytes = 0});
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("seal-1");
  testing::Rng rng(absl::MakeConstSpan(data, size));
  const testing::ContractProgram program = testing::GenerateContracts(&rng);
  testing::ContractTally tally;
  testing::ExpectNothing(
      testing::ContractTrial(program, profile, &engine, &tally)
          .Run(/*tries_every_limit=*/false));
  return 0;
}
