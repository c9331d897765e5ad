// Backtraces of code in which instructions become one: random sequences of what
// the translator fuses, with instructions between that write no code, and calls
// behind them, each of another function. Out of fuel at many places.
#include <cstdint>
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
constexpr ValType kF64 = ValType::kF64;

// Locals: i32, i32, i64, i64, f64.
constexpr uint32_t kLocals32 = 2;
constexpr uint32_t kLocals64 = 2;
constexpr uint32_t kLocalF64 = 4;
constexpr int kDepthMax = 3;

class Writer {
 public:
  explicit Writer(uint64_t seed) : rng_(seed) {}

  std::vector<uint8_t> Module() {
    m_.Memory({1, 1});
    m_.Global(kI32, true, Code().I32(4096).End());
    Steps(1, 4 + rng_.Below(12));
    function_ =
        m_.Func(m_.Type({kI32, kI32}, {}), {kI64, kI64, kF64}, code_.End());
    return m_.Build();
  }
  uint32_t function() const { return function_; }

 private:
  uint32_t I32() { return rng_.Below(kLocals32); }
  uint32_t I64() { return kLocals32 + rng_.Below(kLocals64); }
  // Appends it, at times with what writes no code behind it.
  Writer& Add(const Code& code) {
    code_.Raw(code.bytes());
    if (rng_.Chance(15)) code_.Op(Op::kNop);
    return *this;
  }
  Writer& Add(Op op) { return Add(Code().Op(op)); }

  // A callee in which fuel can run out.
  void Call() {
    Code body;
    body.I32(1).If().End();
    const bool has_value = rng_.Chance(40);
    if (has_value) {
      Value(1);
      body.Get(0);
    }
    const std::vector<ValType> types(has_value, kI32);
    const uint32_t callee = m_.Func(m_.Type(types, types), {}, body.End());
    Add(Code().Call(callee));
    if (has_value) Add(Code().Set(I32()));
  }
  // An i32; addresses are small, mostly.
  void Value(int depth) {
    switch (rng_.Below(depth < kDepthMax ? 8 : 3)) {
      case 0:
        Add(Code().I32(static_cast<int32_t>(rng_.Below(30))));
        break;
      case 1:
        Add(Code().Get(I32()));
        break;
      case 2:
        Add(Code().Op(Op::kGlobalGet, 0));
        break;
      case 3:
        Value(depth + 1);
        Value(depth + 1);
        Add(rng_.Chance(60) ? Op::kI32Add : Op::kI32LtU);
        break;
      case 4:
        Value(depth + 1);
        Add(Code().Tee(I32()));
        break;
      case 5:
        Value(depth + 1);
        Small();
        Add(Code().Mem(Op::kI32Load8U, 0, 5));
        break;
      case 6:
        Value(depth + 1);
        Value(depth + 1);
        Small();
        Add(Code().I32(2)).Add(Op::kI32Shl).Add(Op::kI32Add);
        Add(Code().Mem(Op::kI32Load, 0, 4));
        break;
      default:
        Value(depth + 1);
        Value(depth + 1);
        Add(rng_.Chance(50) ? Op::kI32DivU : Op::kI32Mul);
        break;
    }
  }
  void Small() { Add(Code().I32(1023)).Add(Op::kI32And); }
  void Step(int depth) {
    switch (rng_.Below(depth < kDepthMax ? 10 : 8)) {
      case 0:  // room on the stack that compilers make
        Add(Code().Op(Op::kGlobalGet, 0)).Add(Code().I32(16));
        Add(rng_.Chance(50) ? Op::kI32Sub : Op::kI32Add);
        if (rng_.Chance(50)) Add(Code().Tee(I32()));
        Add(Code().Op(Op::kGlobalSet, 0));
        if (rng_.Chance(30)) {
          Add(Code().Op(Op::kGlobalGet, 0)).Add(Code().Set(I32()));
        }
        break;
      case 1:
        Add(Code().Get(I32())).Add(Code().I32(16)).Add(Op::kI32Add);
        Add(Code().Op(Op::kGlobalSet, 0));
        break;
      case 2:
        Value(1);
        Add(Code().Set(I32()));
        break;
      case 3:
        Add(Code().Get(I64()));
        Value(1);
        Add(Code().Mem(Op::kI64Load, 0, 8)).Add(Op::kI64Add);
        Add(Code().Set(I64()));
        break;
      case 4:
        Value(1);
        Value(1);
        Add(Op::kI32Add);
        Value(2);
        Add(Code().Mem(Op::kI32Store8, 0, 0));
        break;
      case 5:
        Add(Code().Get(kLocalF64)).Add(Code().I32(8));
        Add(Code().Mem(Op::kF64Load, 0, 0)).Add(Op::kF64Add);
        Add(Code().Set(kLocalF64));
        break;
      case 6:
        Add(Code().Get(0)).Add(Code().Set(1));
        break;
      case 7:
        Value(1);
        Call();
        Add(Op::kDrop);
        break;
      case 8:
        Value(1);
        Add(Code().If());
        Steps(depth + 1, 2);
        Add(Code().Else());
        Steps(depth + 1, 1);
        Add(Code().End());
        break;
      default:  // while (local 0 != constant) { ...; ++local 0 }
        Add(Code().I32(0)).Add(Code().Set(0));
        Add(Code().Block().Loop()).Add(Code().Get(0)).Add(Code().I32(2));
        Add(Op::kI32Ne).Add(Code().If());
        Call();
        Add(Code().Get(0)).Add(Code().I32(1)).Add(Op::kI32Add);
        Add(Code().Set(0)).Add(Code().Br(1));
        Add(Code().End().End().End());
        break;
    }
  }
  void Steps(int depth, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      Step(depth);
      if (rng_.Chance(60)) Call();
    }
  }

  Rng rng_;
  ModuleBuilder m_;
  Code code_;
  uint32_t function_ = 0;
};

TEST(PlacesTest, OfCallsAndTraps) {
  // Every limit of a program that uses less than this, about as many of another
  // one.
  constexpr uint64_t kLimits = 100;
  constexpr uint64_t kPlenty = 100'000;
#ifdef ASHLAR_SANITIZE
  constexpr uint64_t kSeeds = 20;
#else
  constexpr uint64_t kSeeds = 300;
#endif
  uint64_t returned = 0;
  uint64_t all_used = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    Writer writer(seed);
    const std::vector<uint8_t> bytes = writer.Module();
    Rng rng(~seed);
    BothInterpreters trial(bytes, {.function = writer.function(),
                                   .args = {rng.Below(40), rng.Below(40)},
                                   .fuel_limit = 0,
                                   .stack_slots_max = 1000,
                                   .memory_pages_max = 1});
    ASSERT_EQ(trial.error(), "");
    ASSERT_EQ(trial.Run(kPlenty), "") << "seed " << seed;
    returned += trial.seen().kind == Observation::Kind::kReturned;
    const uint64_t used = trial.seen().fuel_used;
    ASSERT_EQ(trial.RunUpTo(used, kLimits, seed), "") << "seed " << seed;
    all_used += used;
  }
  EXPECT_GT(returned, kSeeds / 8);
  EXPECT_LT(returned, kSeeds * 7 / 8);
  EXPECT_GT(all_used, kSeeds * 50);
}

}  // namespace
}  // namespace ashlar::testing
