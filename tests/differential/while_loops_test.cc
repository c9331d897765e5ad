// Loops that begin with a test, whose branch back is one instruction with it
// and with an addition: random ones, in both interpreters, at many limits of
// fuel.
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/wasm/types.h"
#include "gtest/gtest.h"
#include "tests/differential/engine_run.h"
#include "tests/differential/generator.h"
#include "tests/differential/run.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

using wasm::ExternKind;
using wasm::ValType;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;

// Locals 0 to 3 are i32, 4 to 7 are i64; so many rounds are left.
constexpr uint32_t kOfEachType = 4;
constexpr uint32_t kRoundsLeft = 8;
constexpr int kDepthMax = 3;

class Writer {
 public:
  Writer(uint64_t seed, int32_t rounds) : rng_(seed), rounds_(rounds) {}

  std::vector<uint8_t> Module() {
    ModuleBuilder m;
    m.Memory({1, 1});
    code_.I32(rounds_).Set(kRoundsLeft);
    for (uint32_t i = 0; i < 2 * kOfEachType; ++i) {
      if (i % kOfEachType > 1) Constant(i >= kOfEachType).Set(i);
    }
    Loop(1);
    Steps(1, 2);
    code_.Get(4).Get(0).Op(Op::kI64ExtendI32U).Op(Op::kI64Add).End();
    // The first two of each type are arguments.
    const uint32_t body =
        m.Func(m.Type({kI32, kI32, kI32, kI32, kI64, kI64, kI64, kI64}, {kI64}),
               {kI32}, code_);
    Code entry;
    entry.Get(0).Get(1).I32(0).I32(0).Get(2).Get(3).I64(0).I64(0);
    m.Export("f", ExternKind::kFunc,
             m.Func(m.Type({kI32, kI32, kI64, kI64}, {kI64}), {},
                    entry.Call(body).End()));
    return m.Build();
  }

 private:
  uint32_t Local(bool is_64) {
    return rng_.Below(kOfEachType) + (is_64 ? kOfEachType : 0);
  }
  Code& Constant(bool is_64) {
    const ValType type = is_64 ? kI64 : kI32;
    const auto value =
        static_cast<int64_t>(rng_.Chance(70) ? rng_.Below(12) - uint64_t{4}
                                             : InterestingValue(type, &rng_));
    return is_64 ? code_.I64(value) : code_.I32(static_cast<int32_t>(value));
  }
  // Any of the ten of a type.
  void Compare(bool is_64) {
    const auto first = static_cast<uint32_t>(is_64 ? Op::kI64Eq : Op::kI32Eq);
    code_.Op(static_cast<Op>(first + rng_.Below(10)));
  }
  void Add(uint32_t local, bool is_64) {
    code_.Get(rng_.Chance(80) ? local : Local(is_64));
    rng_.Chance(80) ? Constant(is_64) : code_.Get(Local(is_64));
    code_.Op(is_64 ? Op::kI64Add : Op::kI32Add);
    rng_.Chance(90) ? code_.Set(local) : code_.Tee(local).Op(Op::kDrop);
  }
  void Steps(int depth, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      const bool is_64 = rng_.Chance(40);
      switch (rng_.Below(depth < kDepthMax ? 5 : 4)) {
        case 0:
          Add(Local(is_64), is_64);
          break;
        case 1:
          code_.Get(Local(is_64)).Set(Local(is_64));
          break;
        case 2:
          code_.Get(Local(false)).Get(Local(is_64));
          code_.Mem(is_64 ? Op::kI64Store : Op::kI32Store8, 0, 0);
          break;
        case 3:
          // Steps that are left out in some rounds.
          code_.Block().Get(Local(false)).BrIf(0);
          Add(Local(is_64), is_64);
          code_.End();
          break;
        default:
          Loop(depth + 1);
          break;
      }
    }
  }
  // Inside, label 1 is the loop and label 2 its end.
  void Loop(int depth) {
    const bool is_64 = rng_.Chance(40);
    const uint32_t counter = Local(is_64);
    const uint32_t place = rng_.Below(4);
    code_.Block().Loop();
    if (place == 3) code_.Block();
    const bool is_left = rng_.Chance(80);
    if (is_left) code_.Get(counter);
    const uint32_t right = rng_.Chance(20) ? counter : Local(is_64);
    rng_.Chance(50) ? Constant(is_64) : code_.Get(right);
    if (!is_left) code_.Get(counter);
    Compare(is_64);
    switch (place) {
      case 0:
        code_.If();
        break;
      case 1:
        code_.If().Else();
        break;
      case 2:
        code_.If().Br(2).End().Block();
        break;
      default:
        // The body is reached in two ways.
        code_.BrIf(0);
        if (rng_.Chance(50)) {
          const bool is_wide = rng_.Chance(40);
          code_.Get(Local(is_wide));
          Constant(is_wide);
          Compare(is_wide);
          code_.BrIf(0);
        }
        code_.Br(2).End().Block();
        break;
    }
    code_.Get(kRoundsLeft).I32(1).Op(Op::kI32Sub).Tee(kRoundsLeft);
    code_.Op(Op::kI32Eqz).BrIf(2);
    Steps(depth, rng_.Below(4));
    if (rng_.Chance(80)) Add(rng_.Chance(90) ? counter : Local(is_64), is_64);
    code_.Br(1).End().End().End();
  }

  Rng rng_;
  const int32_t rounds_;
  Code code_;
};

// The random module of a seed, with arguments.
BothInterpreters Trial(uint64_t seed, int32_t rounds) {
  Rng rng(~seed);
  Call call = {.function = 1,
               .args = {},
               .fuel_limit = 0,
               .stack_slots_max = 1000,
               .memory_pages_max = 1};
  for (const ValType type : {kI32, kI32, kI64, kI64}) {
    call.args.push_back(rng.Chance(70) ? rng.Below(6)
                                       : InterestingValue(type, &rng));
  }
  return BothInterpreters(Writer(seed, rounds).Module(), std::move(call));
}

// At every limit of a program that uses less than kLimits, at about as many of
// another one.
TEST(WhileLoopsTest, SameInBothInterpreters) {
  constexpr uint64_t kPlenty = 100'000;
  constexpr uint64_t kLimits = 80;
#ifdef ASHLAR_SANITIZE
  constexpr uint64_t kSeeds = 50;
#else
  constexpr uint64_t kSeeds = 500;
#endif
  uint64_t returned = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    BothInterpreters trial = Trial(seed, 40);
    ASSERT_EQ(trial.error(), "");
    ASSERT_EQ(trial.Run(kPlenty), "") << "seed " << seed;
    returned += trial.seen().kind == Observation::Kind::kReturned;
    ASSERT_EQ(trial.RunUpTo(trial.seen().fuel_used, kLimits, seed), "")
        << "seed " << seed;
  }
  EXPECT_GT(returned, kSeeds / 4);
}

// The engine hands fuel to a run by slices: loops over many of them.
TEST(WhileLoopsTest, ManySlices) {
  constexpr uint64_t kPlenty = 1'000'000;
  constexpr uint64_t kManySlices = 300'000;
#ifdef ASHLAR_SANITIZE
  constexpr uint64_t kSeeds = 4;
#else
  constexpr uint64_t kSeeds = 80;
#endif
  Rng rng(1);
  uint64_t long_ones = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    BothInterpreters trial = Trial(seed, 30'000);
    ASSERT_EQ(trial.error(), "");
    ASSERT_EQ(trial.Run(kPlenty), "") << "seed " << seed;
    const uint64_t used = trial.seen().fuel_used;
    long_ones += used > kManySlices;
    for (uint64_t limit :
         {used, used - 1, rng.Next() % used, rng.Next() % used}) {
      ASSERT_EQ(trial.Run(limit), "") << "seed " << seed;
    }
  }
  EXPECT_GE(long_ones, kSeeds / 8);
}

}  // namespace
}  // namespace ashlar::testing
