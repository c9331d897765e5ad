// The rules of metering/README.md one by one, on hand-made modules, in both
// interpreters.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/interp/trap.h"
#include "gtest/gtest.h"
#include "tests/differential/engine_run.h"
#include "tests/differential/run.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

using interp::Trap;
using Kind = Observation::Kind;

constexpr uint64_t kFuelLimit = 10000000;
constexpr uint32_t kStackSlotsMax = 65536;
constexpr uint32_t kMemoryPagesMax = 8;
constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;

enum class Which { kNaive, kEngine };

class FuelRulesTest : public ::testing::TestWithParam<Which> {
 protected:
  void Load(const ModuleBuilder& builder) {
    std::string error;
    runner_ = GetParam() == Which::kNaive
                  ? MakeNaiveRunner(builder.Build())
                  : MakeEngineRunner(builder.Build(), &error);
    ASSERT_NE(runner_, nullptr) << error;
  }

  Observation Run(uint32_t function, std::vector<uint64_t> args,
                  uint64_t fuel_limit = kFuelLimit,
                  uint32_t stack_slots_max = kStackSlotsMax) {
    return runner_->Run({function, std::move(args), fuel_limit, stack_slots_max,
                         kMemoryPagesMax});
  }

  void ExpectTrap(Trap trap, uint64_t used, const Observation& o) {
    EXPECT_EQ(o.kind, Kind::kTrapped) << o.Describe();
    EXPECT_EQ(o.trap, trap) << o.Describe();
    EXPECT_EQ(o.fuel_used, used) << o.Describe();
  }

  // What a module's one function uses.
  uint64_t FuelOf(ModuleBuilder::Types locals, const Code& code) {
    ModuleBuilder b;
    b.Func(b.Type({}, {}), std::move(locals), code);
    Load(b);
    const Observation o = Run(0, {});
    EXPECT_EQ(o.kind, Kind::kReturned) << o.Describe();
    return o.fuel_used;
  }

  std::unique_ptr<Runner> runner_;
};

// Whether exactly `slots` slots suffice for an entry.
void ExpectNeedsSlots(Runner* runner, Call call, uint32_t slots) {
  call.stack_slots_max = slots;
  EXPECT_EQ(runner->Run(call).kind, Kind::kReturned) << slots;
  call.stack_slots_max = slots - 1;
  EXPECT_EQ(runner->Run(call).trap, Trap::kCallStackExhausted) << slots;
}

TEST_P(FuelRulesTest, EmptyFunctionIsFree) {
  EXPECT_EQ(FuelOf({}, Code().End()), 0u);
  EXPECT_EQ(Run(0, {}, 0).kind, Kind::kReturned);
}

TEST_P(FuelRulesTest, DeclaredLocalsArePaidAtEntryRoundedUp) {
  const auto locals = [](size_t n) { return ModuleBuilder::Types(n, kI64); };
  EXPECT_EQ(FuelOf(locals(1), Code().End()), 1u);
  EXPECT_EQ(FuelOf(locals(8), Code().End()), 1u);
  EXPECT_EQ(FuelOf(locals(9), Code().End()), 2u);
  EXPECT_EQ(FuelOf(locals(1000), Code().End()), 125u);
}

TEST_P(FuelRulesTest, ParametersAreNoDeclaredLocals) {
  ModuleBuilder b;
  b.Func(b.Type(ModuleBuilder::Types(20, kI32), {}), {}, Code().End());
  Load(b);
  EXPECT_EQ(Run(0, std::vector<uint64_t>(20)).fuel_used, 0u);
}

TEST_P(FuelRulesTest, MarkersAndDeadCodeAreFree) {
  EXPECT_EQ(FuelOf({}, Code().Block().Loop().End().End().End()), 0u);
  EXPECT_EQ(FuelOf({}, Code()
                           .Block()
                           .Br(0)
                           .I32(1)
                           .I32(2)
                           .Op(Op::kI32DivS)
                           .Op(Op::kDrop)
                           .Loop()
                           .Op(Op::kNop)
                           .End()
                           .End()
                           .End()),
            1u);
  EXPECT_EQ(FuelOf({}, Code().Return().Op(Op::kUnreachable).End()), 1u);
}

TEST_P(FuelRulesTest, FallingIntoALoopChargesNothing) {
  // One run up to the br_if; the edge that leaves pays the rest.
  EXPECT_EQ(FuelOf({}, Code()
                           .Op(Op::kNop)
                           .Loop()
                           .Op(Op::kNop)
                           .I32(0)
                           .BrIf(0)
                           .Op(Op::kNop)
                           .End()
                           .Op(Op::kNop)
                           .End()),
            6u);
}

TEST_P(FuelRulesTest, BranchToTheBodyChargesNothing) {
  EXPECT_EQ(FuelOf({}, Code().Br(0).End()), 1u);
  EXPECT_EQ(FuelOf({}, Code().I32(1).BrIf(0).Op(Op::kNop).End()), 2u);
  EXPECT_EQ(FuelOf({}, Code().I32(0).BrIf(0).Op(Op::kNop).End()), 3u);
  EXPECT_EQ(FuelOf({}, Code().I32(7).BrTable({0, 0}, 0).End()), 4u);
}

TEST_P(FuelRulesTest, BrTableIsPricedByItsWidth) {
  const auto fuel = [&](size_t labels) {
    const std::vector<uint32_t> targets(labels, 0);
    return FuelOf({}, Code().I32(0).BrTable(targets, 0).End());
  };
  EXPECT_EQ(fuel(0), 1u + 2 + 1);
  EXPECT_EQ(fuel(15), 1u + 2 + 1);
  EXPECT_EQ(fuel(16), 1u + 2 + 2);
  EXPECT_EQ(fuel(31), 1u + 2 + 2);
  EXPECT_EQ(fuel(32), 1u + 2 + 3);
}

TEST_P(FuelRulesTest, ATrapGivesNothingBack) {
  ModuleBuilder b;
  b.Func(b.Type({}, {}), {}, Code().Op(Op::kUnreachable).Op(Op::kNop).End());
  b.Func(
      b.Type({}, {}), {},
      Code().I64(1).I64(0).Op(Op::kI64RemU).Op(Op::kDrop).Op(Op::kNop).End());
  Load(b);
  ExpectTrap(Trap::kUnreachable, 0, Run(0, {}));
  ExpectTrap(Trap::kIntegerDivideByZero, 1 + 1 + 8 + 1 + 1, Run(1, {}));
  EXPECT_EQ(Run(1, {}, 11).kind, Kind::kOutOfFuel);
}

// A dynamic charge: `code` does the work for the count in local 0.
struct Dynamic {
  const char* name;
  Code code;
  uint64_t run;       // the price of the run around it
  uint64_t per_fuel;  // or 0: 1024 each
  uint32_t count_max;
};

std::vector<Dynamic> Dynamics() {
  const auto three = [] { return Code().I32(0).I32(0).Get(0); };
  return {
      {"fill", three().MemoryFill().End(), 11, 32, 60000},
      {"copy", three().MemoryCopy().End(), 11, 32, 60000},
      {"init", three().MemoryInit(0).End(), 11, 32, 100},
      {"grow", Code().Get(0).MemoryGrow().Op(Op::kDrop).End(), 66, 0, 3},
      {"table.copy", three().Op(Op::kTableCopy, 0, 0).End(), 11, 4, 20},
      {"table.init", three().Op(Op::kTableInit, 0, 0).End(), 11, 4, 5},
      {"table.fill",
       Code()
           .I32(0)
           .RefNull(ValType::kFuncRef)
           .Get(0)
           .Op(Op::kTableFill, 0)
           .End(),
       11, 4, 20},
      {"table.grow",
       Code()
           .RefNull(ValType::kFuncRef)
           .Get(0)
           .Op(Op::kTableGrow, 0)
           .Op(Op::kDrop)
           .End(),
       11, 4, 30},
  };
}

// Function i is dynamic i.
ModuleBuilder DynamicModule() {
  ModuleBuilder b;
  const uint32_t type = b.Type({kI32}, {});
  for (const Dynamic& d : Dynamics()) b.Func(type, {}, d.code);
  b.Memory({1, 4});
  b.Table(ValType::kFuncRef, {20, 50});
  b.PassiveElements({0, 0, 0, 0, 0});
  b.PassiveData(std::vector<uint8_t>(100, 7));
  b.DataCount();
  return b;
}

TEST_P(FuelRulesTest, DynamicChargesScaleWithTheirCount) {
  Load(DynamicModule());
  const std::vector<Dynamic> dynamics = Dynamics();
  for (uint32_t i = 0; i < dynamics.size(); ++i) {
    const Dynamic& d = dynamics[i];
    for (uint64_t n = 0; n <= d.count_max; n = n * 2 + (n % 3 == 0)) {
      const uint64_t charge =
          d.per_fuel == 0 ? n * 1024 : (n + d.per_fuel - 1) / d.per_fuel;
      const Observation o = Run(i, {n});
      EXPECT_EQ(o.kind, Kind::kReturned) << d.name << n;
      EXPECT_EQ(o.fuel_used, d.run + charge) << d.name << n;
      EXPECT_EQ(Run(i, {n}, o.fuel_used).kind, Kind::kReturned) << d.name;
      EXPECT_EQ(Run(i, {n}, o.fuel_used - 1).kind, Kind::kOutOfFuel) << d.name;
    }
  }
}

TEST_P(FuelRulesTest, BoundsAreCheckedBeforeTheCharge) {
  Load(DynamicModule());
  const std::vector<Dynamic> dynamics = Dynamics();
  for (uint32_t i = 0; i < dynamics.size(); ++i) {
    const Dynamic& d = dynamics[i];
    // The run alone is affordable: a charge would run out.
    const Observation o = Run(i, {UINT32_MAX}, d.run);
    const std::string name = d.name;
    if (name == "grow" || name == "table.grow") {
      EXPECT_EQ(o.kind, Kind::kReturned) << name;
      EXPECT_EQ(o.fuel_used, d.run) << name;
    } else {
      const bool is_table = name.rfind("table", 0) == 0;
      ExpectTrap(is_table ? Trap::kOutOfBoundsTableAccess
                          : Trap::kOutOfBoundsMemoryAccess,
                 d.run, o);
    }
  }
}

TEST_P(FuelRulesTest, GrowStopsAtTheSmallerMaximum) {
  ModuleBuilder b;
  b.Func(b.Type({kI32}, {kI32}), {}, Code().Get(0).MemoryGrow().End());
  b.Memory({1, {}});  // the profile's maximum is 8
  Load(b);
  EXPECT_EQ(Run(0, {7}).results, std::vector<uint64_t>{1});
  EXPECT_EQ(Run(0, {7}).fuel_used, 65u + 7 * 1024);
  EXPECT_EQ(Run(0, {8}).results, std::vector<uint64_t>{UINT32_MAX});
  EXPECT_EQ(Run(0, {8}).fuel_used, 65u);
}

TEST_P(FuelRulesTest, DroppedSegmentsHaveNoBytes) {
  ModuleBuilder b;
  b.Func(b.Type({kI32}, {}), {},
         Code().Op(Op::kDataDrop, 0).I32(0).I32(0).Get(0).MemoryInit(0).End());
  b.Memory({1, 1});
  b.PassiveData({1, 2, 3});
  b.DataCount();
  Load(b);
  EXPECT_EQ(Run(0, {0}).fuel_used, 19u);
  ExpectTrap(Trap::kOutOfBoundsMemoryAccess, 19, Run(0, {1}));
}

// Parameters, locals and operands, as the stack rule counts them.
TEST_P(FuelRulesTest, EntryNeedsItsFrame) {
  ModuleBuilder b;
  const uint32_t type = b.Type({kI32, kI64, kI32}, {kI32});
  b.Func(type, ModuleBuilder::Types(5, kI64),
         Code().Get(0).Get(2).I32(1).Op(Op::kI32Add).Op(Op::kI32Mul).End());
  b.Func(b.Type({}, {}), {}, Code().End());
  Load(b);
  ExpectNeedsSlots(runner_.get(), {0, {1, 2, 3}, kFuelLimit, 0, 1},
                   3 + 2 + 5 + 3);
  ExpectNeedsSlots(runner_.get(), {1, {}, kFuelLimit, 0, 1}, 2);
}

TEST_P(FuelRulesTest, OperandsOfDeadCodeDoNotCount) {
  ModuleBuilder b;
  const uint32_t type = b.Type({}, {});
  Code dead = Code().Block().Br(0);
  for (int i = 0; i < 10; ++i) dead.I32(i);
  dead.Block();
  for (int i = 0; i < 10; ++i) dead.I32(i);
  for (int i = 0; i < 10; ++i) dead.Op(Op::kDrop);
  dead.End();
  for (int i = 0; i < 10; ++i) dead.Op(Op::kDrop);
  b.Func(type, {}, dead.End().I32(1).Op(Op::kDrop).End());
  // Behind the end of a block its results are there, reached or not.
  b.Func(type, {},
         Code()
             .BlockType(b.Type({}, {kI32, kI32, kI32}))
             .Return()
             .End()
             .Op(Op::kDrop)
             .Op(Op::kDrop)
             .Op(Op::kDrop)
             .End());
  // The function's own results, never reached at its end, are not.
  b.Func(b.Type({}, {kI32, kI32, kI32, kI32}), {},
         Code()
             .I32(0)
             .If()
             .Op(Op::kUnreachable)
             .End()
             .Block()
             .I32(1)
             .I32(2)
             .I32(3)
             .I32(4)
             .Return()
             .End()
             .Op(Op::kUnreachable)
             .End());
  Load(b);
  ExpectNeedsSlots(runner_.get(), {0, {}, kFuelLimit, 0, 1}, 2 + 1);
  ExpectNeedsSlots(runner_.get(), {1, {}, kFuelLimit, 0, 1}, 2 + 3);
  ExpectNeedsSlots(runner_.get(), {2, {}, kFuelLimit, 0, 1}, 2 + 4);
}

// f calls g with one operand below the arguments.
ModuleBuilder CallModule(bool is_tail) {
  ModuleBuilder b;
  const uint32_t unary = b.Type({kI32}, {kI32});
  const uint32_t g = 1;
  Code code = Code().I32(9).Get(0);
  is_tail ? code.ReturnCall(g) : code.Call(g).Op(Op::kI32Add);
  b.Func(unary, ModuleBuilder::Types(3, kI32), code.End());
  b.Func(unary, ModuleBuilder::Types(10, kI32), Code().Get(0).End());
  return b;
}

TEST_P(FuelRulesTest, CalleeBeginsAboveTheCallersOperands) {
  Load(CallModule(false));
  // b' = 1 + 2 + 3 + 2 - 1 = 7; the callee needs 1 + 2 + 10 + 1 more.
  ExpectNeedsSlots(runner_.get(), {0, {1}, kFuelLimit, 0, 1}, 7 + 14);
}

TEST_P(FuelRulesTest, TailCalleeBeginsWhereItsCallerBegan) {
  Load(CallModule(true));
  ExpectNeedsSlots(runner_.get(), {0, {1}, kFuelLimit, 0, 1}, 14);
}

TEST_P(FuelRulesTest, CallsFailOnTheStackBeforeTheFuel) {
  Load(CallModule(false));
  // f: 1 + 1 + 9 + 1, and 1 for its locals; g: 1, and 2 for its locals.
  EXPECT_EQ(Run(0, {1}).fuel_used, 13u + 3);
  ExpectTrap(Trap::kCallStackExhausted, 13, Run(0, {1}, 13, 20));
  EXPECT_EQ(Run(0, {1}, 13, 21).kind, Kind::kOutOfFuel);
  // The entry, too.
  ExpectTrap(Trap::kCallStackExhausted, 0, Run(0, {1}, 0, 7));
  EXPECT_EQ(Run(0, {1}, 0, 8).kind, Kind::kOutOfFuel);
}

TEST_P(FuelRulesTest, IndirectCallsFailInOrder) {
  for (const bool is_tail : {false, true}) {
    ModuleBuilder b;
    const uint32_t type = b.Type({kI32}, {});
    const uint32_t other = b.Type({kI64}, {});
    const uint32_t g = b.Func(type, {kI32}, Code().Op(Op::kNop).End());
    const uint32_t h = b.Func(other, {}, Code().End());
    Code code = Code().I32(1).Get(0);
    is_tail ? code.ReturnCallIndirect(type) : code.CallIndirect(type);
    const uint32_t f = b.Func(type, {}, code.End());
    b.Table(ValType::kFuncRef, {3, 3});
    b.ActiveElements(Code().I32(0).End(), {g, h});
    Load(b);
    constexpr uint64_t kRun = 1 + 1 + 13;
    // f needs 1 + 2 + 2 slots; g as many at its base, which is 4 or 0.
    constexpr uint32_t kTight = 5;
    ExpectTrap(Trap::kUndefinedElement, kRun, Run(f, {3}, kRun, kTight));
    ExpectTrap(Trap::kUninitializedElement, kRun, Run(f, {2}, kRun, kTight));
    ExpectTrap(Trap::kIndirectCallTypeMismatch, kRun,
               Run(f, {1}, kRun, kTight));
    if (!is_tail) {
      ExpectTrap(Trap::kCallStackExhausted, kRun, Run(f, {0}, kRun, kTight));
    }
    EXPECT_EQ(Run(f, {0}, kRun).kind, Kind::kOutOfFuel);
    EXPECT_EQ(Run(f, {0}, kRun + 2).kind, Kind::kReturned);
    EXPECT_EQ(Run(f, {0}, kRun + 2).fuel_used, kRun + 2);
  }
}

TEST_P(FuelRulesTest, TailCallsNeedNoMoreStack) {
  ModuleBuilder b;
  const uint32_t type = b.Type({kI32}, {kI32});
  const uint32_t f = b.DeclareFunc(type);
  b.SetBody(f, {},
            Code()
                .Get(0)
                .Op(Op::kI32Eqz)
                .If()
                .I32(42)
                .Return()
                .End()
                .Get(0)
                .I32(1)
                .Op(Op::kI32Sub)
                .ReturnCall(f)
                .End());
  Load(b);
  const Observation o = Run(f, {10000}, kFuelLimit, 1 + 2 + 2);
  EXPECT_EQ(o.results, std::vector<uint64_t>{42});
  EXPECT_EQ(o.fuel_used, 10000u * (3 + 12) + 3 + 2);
}

TEST_P(FuelRulesTest, HostFunctionsTakeNoFrameAndChargeThemselves) {
  ModuleBuilder b;
  const uint32_t poke = b.ImportFunc("env", "poke", b.Type({kI32}, {}));
  const uint32_t f = b.Func(b.Type({}, {}), {}, Code().I32(3).Call(poke).End());
  b.Memory({1, 1});
  Load(b);
  constexpr uint64_t kRun = 1 + 9;
  constexpr uint64_t kHost = 50;
  EXPECT_EQ(Run(f, {}, kRun + kHost, 3).kind, Kind::kReturned);
  EXPECT_EQ(Run(f, {}, kRun + kHost, 3).fuel_used, kRun + kHost);
  EXPECT_EQ(Run(f, {}, kRun + kHost - 1, 3).kind, Kind::kOutOfFuel);
}

TEST_P(FuelRulesTest, ExactlyEnoughSufficesAtEveryCharge) {
  ModuleBuilder b;
  const uint32_t f = b.Func(
      b.Type({kI32}, {}), {},
      Code().Loop().Get(0).I32(1).Op(Op::kI32Sub).Tee(0).BrIf(0).End().End());
  Load(b);
  for (uint64_t limit = 0; limit < 20; ++limit) {
    const Observation o = Run(f, {4}, limit);
    EXPECT_EQ(o.kind, Kind::kOutOfFuel) << limit;
    EXPECT_EQ(o.fuel_used, limit);
  }
  EXPECT_EQ(Run(f, {4}, 20).kind, Kind::kReturned);
}

INSTANTIATE_TEST_SUITE_P(Interpreters, FuelRulesTest,
                         ::testing::Values(Which::kNaive, Which::kEngine),
                         [](const auto& info) {
                           return info.param == Which::kNaive
                                      ? std::string("Naive")
                                      : std::string("Engine");
                         });

}  // namespace
}  // namespace ashlar::testing
