#include "tests/differential/generator.h"

#include <set>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/wasm/types.h"
#include "gtest/gtest.h"
#include "tests/differential/run.h"

namespace ashlar::testing {
namespace {

TEST(GeneratorTest, IsAFunctionOfSeedAndSize) {
  std::set<std::vector<uint8_t>> modules;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const GeneratedModule module = Generate(seed, 20);
    EXPECT_EQ(module.bytes, Generate(seed, 20).bytes) << seed;
    EXPECT_FALSE(module.functions.empty()) << seed;
    modules.insert(module.bytes);
  }
  EXPECT_EQ(modules.size(), 50u);
}

// A seed that one team names must be the same program elsewhere: no order that
// the language leaves to compilers may show. A generator that is changed on
// purpose gets another digest here.
TEST(GeneratorTest, CompilersMakeTheSameModules) {
  std::string all;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const GeneratedModule module = Generate(seed, 20);
    all.append(module.bytes.begin(), module.bytes.end());
  }
  EXPECT_EQ(base::Blake2b256(all).ToHex(),
            "344baa564faaaba035d379b58c1a5d0ff5bcbf13df16b7a36c584c762058fa61");
}

TEST(GeneratorTest, RngIsSplitmix64) {
  Rng rng(0);
  EXPECT_EQ(rng.Next(), 0xe220a8397b1dcdafu);
  EXPECT_EQ(rng.Next(), 0x6e789e6aa1b965f4u);
}

// Most programs run to their end in the naive interpreter, and the fuel they
// used is exactly what they need.
TEST(GeneratorTest, ProgramsMostlyReturn) {
  constexpr uint64_t kFuelLimit = 50000;
  int returned = 0;
  int calls = 0;
  Rng rng(1);
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const GeneratedModule module = Generate(seed, 20);
    const auto runner = MakeNaiveRunner(module.bytes);
    for (const GeneratedFunction& function : module.functions) {
      Call call = {function.index, {}, kFuelLimit, 65536, 4};
      for (wasm::ValType type : function.params) {
        call.args.push_back(InterestingValue(type, &rng));
      }
      const Observation first = runner->Run(call);
      ++calls;
      if (first.kind != Observation::Kind::kReturned) continue;
      ++returned;
      call.fuel_limit = first.fuel_used;
      EXPECT_EQ(runner->Run(call), first) << seed;
      if (first.fuel_used == 0) continue;
      call.fuel_limit = first.fuel_used - 1;
      EXPECT_EQ(runner->Run(call).kind, Observation::Kind::kOutOfFuel) << seed;
    }
  }
  EXPECT_GT(returned * 10, calls * 6);
}

}  // namespace
}  // namespace ashlar::testing
