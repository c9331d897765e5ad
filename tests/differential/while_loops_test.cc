// Loops that begin with a test, whose branch back is one instruction with it
// and with an addition: random ones, in both interpreters, at many limits of
// fuel.
#include <cstdint>
#include <memory>
#include <string>
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
  explicit Writer(uint64_t seed) : rng_(seed) {}

  std::vector<uint8_t> Module() {
    ModuleBuilder m;
    m.Memory({1, 1});
    code_.I32(40).Set(kRoundsLeft);
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
    code_.Get(local);
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
    rng_.Chance(50) ? Constant(is_64) : code_.Get(Local(is_64));
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
        code_.BrIf(0).Br(2).End().Block();
        break;
    }
    code_.Get(kRoundsLeft).I32(1).Op(Op::kI32Sub).Tee(kRoundsLeft);
    code_.Op(Op::kI32Eqz).BrIf(2);
    Steps(depth, rng_.Below(4));
    if (rng_.Chance(80)) Add(rng_.Chance(90) ? counter : Local(is_64), is_64);
    code_.Br(1).End().End().End();
  }

  Rng rng_;
  Code code_;
};

TEST(WhileLoopsTest, SameInBothInterpreters) {
  constexpr uint64_t kPlenty = 100'000;
#ifdef ASHLAR_SANITIZE
  constexpr uint64_t kSeeds = 50;
#else
  constexpr uint64_t kSeeds = 500;
#endif
  uint64_t returned = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const std::vector<uint8_t> bytes = Writer(seed).Module();
    std::string error;
    const std::unique_ptr<Runner> engine = MakeEngineRunner(bytes, &error);
    ASSERT_NE(engine, nullptr) << error;
    const std::unique_ptr<Runner> naive = MakeNaiveRunner(bytes);
    Rng rng(~seed);
    Call call = {.function = 1,
                 .args = {},
                 .fuel_limit = kPlenty,
                 .stack_slots_max = 1000,
                 .memory_pages_max = 1};
    for (const ValType type : {kI32, kI32, kI64, kI64}) {
      call.args.push_back(rng.Chance(70) ? rng.Below(6)
                                         : InterestingValue(type, &rng));
    }
    const Observation all = naive->Run(call);
    ASSERT_EQ(Difference(all, engine->Run(call)), "") << "seed " << seed;
    returned += all.kind == Observation::Kind::kReturned;
    // Every limit of small programs, some of the others.
    const uint64_t step = 1 + all.fuel_used / 40;
    for (uint64_t limit = seed % step; limit <= all.fuel_used; limit += step) {
      call.fuel_limit = limit;
      ASSERT_EQ(Difference(naive->Run(call), engine->Run(call)), "")
          << "seed " << seed << ", limit " << limit;
    }
  }
  EXPECT_GT(returned, kSeeds / 4);
}

}  // namespace
}  // namespace ashlar::testing
