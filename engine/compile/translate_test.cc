// What the translator must not get wrong where it defers, fuses and patches:
// results of small programs, and how much code they become.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/compile/compile.h"
#include "engine/compile/test_machine.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/trap.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::compile {
namespace {

using testing::Code;
using testing::CompiledModule;
using testing::Ending;
using testing::ExternKind;
using testing::Machine;
using testing::ModuleBuilder;
using testing::Op;
using testing::Returned;
using testing::Trapped;
using testing::ValType;
using Types = std::vector<ValType>;
using Values = std::vector<uint64_t>;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;
constexpr ValType kF64 = ValType::kF64;

// Types that blocks name: 0 (i32) -> (i32), 1 (i32 i32) -> (i32 i32),
// 2 () -> (i32 i32), 3 (i32 i32) -> (), 4 (i32 i32) -> (i32),
// 5 () -> (i32 i64 f64).
ModuleBuilder WithTypes() {
  ModuleBuilder m;
  m.AddType({kI32}, {kI32});
  m.AddType({kI32, kI32}, {kI32, kI32});
  m.AddType({}, {kI32, kI32});
  m.AddType({kI32, kI32}, {});
  m.AddType({kI32, kI32}, {kI32});
  m.AddType({}, {kI32, kI64, kF64});
  return m;
}

// f(x, y), i32 both, with four further locals (2-5), in a module with a memory
// and a mutable global. Function 1 adds its two i32, 2 gives (x, y) swapped.
Ending Eval(const Code& code, Values args, Types results = {kI32}) {
  ModuleBuilder m = WithTypes();
  m.Memory({1, {}});
  m.Global(kI32, true, Code().I32(0).End());
  m.Func(m.Type({kI32, kI32}, std::move(results)), Types(4, kI32),
         Code(code).End());
  m.Func(4, {}, Code().Get(0).Get(1).Op(Op::kI32Add).End());
  m.Func(1, {}, Code().Get(1).Get(0).End());
  m.Export("f", ExternKind::kFunc, 0);
  const CompiledModule module(m.Build());
  EXPECT_EQ(module.error(), "");
  if (!module.ok()) return {};
  Machine machine(1000);
  return machine.Call(machine.Instantiate(module), "f", args);
}

uint64_t U(int32_t v) { return static_cast<uint32_t>(v); }

// ------------------------------------------------- pending locals and aliases

TEST(PendingTest, OldValueOfALocal) {
  // get x, then x changes in every way.
  EXPECT_EQ(Eval(Code().Get(0).I32(5).Set(0).Get(0).Op(Op::kI32Sub), {9, 0}),
            Returned({4}));
  EXPECT_EQ(Eval(Code().Get(0).Get(1).Set(0).Get(0).Op(Op::kI32Sub), {9, 2}),
            Returned({7}));
  EXPECT_EQ(Eval(Code()
                     .Get(0)
                     .Get(0)
                     .I32(1)
                     .Op(Op::kI32Add)
                     .Set(0)
                     .Get(0)
                     .Op(Op::kI32Sub),
                 {9, 0}),
            Returned({U(-1)}));
  EXPECT_EQ(
      Eval(Code().Get(0).Get(1).I32(1).Op(Op::kI32Add).Tee(0).Op(Op::kI32Sub),
           {9, 2}),
      Returned({6}));
}

TEST(PendingTest, ManyPendingOfOneLocal) {
  Code code;
  for (int i = 0; i < 100; ++i) code.Get(0);
  code.I32(1000).Set(0).Get(0);
  for (int i = 0; i < 100; ++i) code.Op(Op::kI32Add);
  EXPECT_EQ(Eval(code, {3, 0}), Returned({1300}));
}

// More than are scanned, of different locals, changed again and again.
TEST(PendingTest, ManyPendingOfManyLocals) {
  Code code;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < 60; ++i) {
    code.Get(0).Get(1).Get(i % 2).I32(static_cast<int32_t>(i)).Op(Op::kI32Add);
    code.Set(i % 2);
  }
  uint64_t x = 10;
  uint64_t y = 20;
  for (uint32_t i = 0; i < 60; ++i) {
    sum += x + y;
    (i % 2 == 0 ? x : y) += i;
  }
  for (int i = 0; i < 119; ++i) code.Op(Op::kI32Add);
  EXPECT_EQ(Eval(code, {10, 20}), Returned({sum}));
}

// Locals 64 apart share a bit of the mask.
TEST(PendingTest, MaskOfPendingLocals) {
  ModuleBuilder m;
  Code code;
  for (uint32_t local : {0u, 64u, 128u, 1u, 65u}) code.Get(local);
  for (uint32_t local : {64u, 0u, 128u}) code.I32(1000).Set(local);
  for (int i = 0; i < 4; ++i) code.Op(Op::kI32Add);
  Code init;
  for (uint32_t local : {64u, 128u, 1u, 65u}) {
    init.I32(static_cast<int32_t>(local)).Set(local);
  }
  m.Func(m.Type({kI32}, {kI32}), Types(130, kI32),
         init.Raw(code.bytes()).End());
  m.Export("f", ExternKind::kFunc, 0);
  const CompiledModule module(m.Build());
  Machine machine(1000);
  EXPECT_EQ(machine.Call(machine.Instantiate(module), "f", {7}),
            Returned({7 + 64 + 128 + 1 + 65}));
}

TEST(PendingTest, AcrossBlocks) {
  // Pending at a block's entry, changed inside, in one arm, in a loop.
  EXPECT_EQ(
      Eval(Code().Get(0).Block().I32(1).Set(0).End().Get(0).Op(Op::kI32Sub),
           {9, 0}),
      Returned({8}));
  const Code arm =
      Code().Get(0).Get(1).If().I32(1).Set(0).End().Get(0).Op(Op::kI32Sub);
  EXPECT_EQ(Eval(arm, {9, 1}), Returned({8}));
  EXPECT_EQ(Eval(arm, {9, 0}), Returned({0}));
  EXPECT_EQ(Eval(Code()
                     .Get(0)
                     .Loop()
                     .Get(0)
                     .I32(1)
                     .Op(Op::kI32Sub)
                     .Tee(0)
                     .BrIf(0)
                     .End()
                     .Get(0)
                     .Op(Op::kI32Sub),
                 {9, 0}),
            Returned({9}));
  // The condition itself is compared before what is pending is copied.
  const Code compare = Code()
                           .Get(0)
                           .Get(0)
                           .Get(1)
                           .Op(Op::kI32LtS)
                           .If()
                           .Get(1)
                           .Set(0)
                           .End()
                           .Get(0)
                           .Op(Op::kI32Sub);
  EXPECT_EQ(Eval(compare, {3, 5}), Returned({U(-2)}));
  EXPECT_EQ(Eval(compare, {5, 3}), Returned({0}));
}

TEST(PendingTest, ResultOfABlockIsALocal) {
  EXPECT_EQ(
      Eval(Code().Block(kI32).Get(0).End().I32(1).Set(0).Get(0).Op(Op::kI32Sub),
           {9, 0}),
      Returned({8}));
}

TEST(PendingTest, TeeAliases) {
  // A tee'd value is the local, until that changes.
  EXPECT_EQ(Eval(Code()
                     .Get(0)
                     .I32(1)
                     .Op(Op::kI32Add)
                     .Tee(2)
                     .I32(100)
                     .Set(2)
                     .Get(2)
                     .Op(Op::kI32Sub),
                 {9, 0}),
            Returned({U(10 - 100)}));
  // An alias of an alias.
  EXPECT_EQ(Eval(Code()
                     .Get(0)
                     .Tee(2)
                     .Tee(3)
                     .I32(1)
                     .Set(2)
                     .Get(2)
                     .Op(Op::kI32Add)
                     .Get(3)
                     .Op(Op::kI32Add),
                 {9, 0}),
            Returned({9 + 1 + 9}));
  // Of a value that lies below what was copied out last.
  EXPECT_EQ(Eval(Code()
                     .Get(0)
                     .Get(1)
                     .Op(Op::kI32Add)
                     .Block()
                     .End()
                     .Tee(2)
                     .I32(100)
                     .Set(2)
                     .Get(2)
                     .Op(Op::kI32Sub),
                 {9, 4}),
            Returned({U(13 - 100)}));
  // Of a constant.
  EXPECT_EQ(Eval(Code().I32(7).Tee(2).Get(2).Op(Op::kI32Add), {0, 0}),
            Returned({14}));
  // Tee to itself.
  EXPECT_EQ(Eval(Code().Get(0).Tee(0).Get(0).Op(Op::kI32Add), {4, 0}),
            Returned({8}));
  EXPECT_EQ(Eval(Code().Get(0).Set(0).Get(0), {4, 0}), Returned({4}));
  // Across a block's entry.
  EXPECT_EQ(Eval(Code()
                     .Get(0)
                     .I32(1)
                     .Op(Op::kI32Add)
                     .Tee(2)
                     .Block()
                     .I32(50)
                     .Set(2)
                     .End()
                     .Get(2)
                     .Op(Op::kI32Sub),
                 {9, 0}),
            Returned({U(10 - 50)}));
}

TEST(PendingTest, SwapAndRotate) {
  EXPECT_EQ(Eval(Code()
                     .Get(0)
                     .Get(1)
                     .Set(0)
                     .Set(1)
                     .Get(0)
                     .I32(10)
                     .Op(Op::kI32Mul)
                     .Get(1)
                     .Op(Op::kI32Add),
                 {3, 4}),
            Returned({43}));
  Code rotate;
  rotate.I32(1).Set(2).I32(2).Set(3).I32(3).Set(4);
  rotate.Get(2).Get(3).Get(4).Set(2).Set(4).Set(3);
  rotate.Get(2).I32(100).Op(Op::kI32Mul).Get(3).I32(10).Op(Op::kI32Mul);
  rotate.Op(Op::kI32Add).Get(4).Op(Op::kI32Add);
  EXPECT_EQ(Eval(rotate, {0, 0}), Returned({312}));
}

// ------------------------------------------------------ patched destinations

TEST(PatchTest, ValueIsUsedAgain) {
  // The sum goes to a local at once; what was in the accumulator still counts.
  EXPECT_EQ(Eval(Code()
                     .Get(0)
                     .Get(1)
                     .Op(Op::kI32Add)
                     .Set(2)
                     .Get(2)
                     .Get(2)
                     .Op(Op::kI32Mul),
                 {3, 4}),
            Returned({49}));
  // Not across a label: the value comes from either arm.
  const Code arms = Code()
                        .Get(0)
                        .If(kI32)
                        .Get(1)
                        .I32(1)
                        .Op(Op::kI32Add)
                        .Else()
                        .Get(1)
                        .I32(2)
                        .Op(Op::kI32Add)
                        .End()
                        .Set(2)
                        .Get(2);
  EXPECT_EQ(Eval(arms, {1, 10}), Returned({11}));
  EXPECT_EQ(Eval(arms, {0, 10}), Returned({12}));
  // Not the instruction before the last.
  EXPECT_EQ(Eval(Code()
                     .Get(0)
                     .I32(1)
                     .Op(Op::kI32Add)
                     .Get(1)
                     .I32(1)
                     .Op(Op::kI32Add)
                     .Set(2)
                     .Set(3)
                     .Get(2)
                     .I32(100)
                     .Op(Op::kI32Mul)
                     .Get(3)
                     .Op(Op::kI32Add),
                 {3, 4}),
            Returned({504}));
}

TEST(PatchTest, InstructionOfEveryKind) {
  struct {
    const char* what;
    Code code;
    uint64_t result;
  } const cases[] = {
      {"load",
       Code()
           .I32(8)
           .Get(1)
           .Mem(Op::kI32Store, 2, 0)
           .I32(8)
           .Mem(Op::kI32Load, 2, 0),
       20},
      {"load of a sum",
       Code()
           .I32(8)
           .Get(1)
           .Mem(Op::kI32Store, 2, 0)
           .Get(0)
           .I32(5)
           .Op(Op::kI32Add)
           .Mem(Op::kI32Load, 2, 0),
       20},
      {"memory.size", Code().Op(Op::kMemorySize, 0), 1},
      {"memory.grow", Code().I32(0).MemoryGrow(), 1},
      {"global.get", Code().Get(0).Op(Op::kGlobalSet, 0).Op(Op::kGlobalGet, 0),
       3},
      {"eqz", Code().Get(0).Op(Op::kI32Eqz), 0},
      {"comparison", Code().Get(0).Get(1).Op(Op::kI32LtS), 1},
      {"eqz of a comparison",
       Code().Get(0).Get(1).Op(Op::kI32LtS).Op(Op::kI32Eqz), 0},
      {"select", Code().Get(0).Get(1).Get(0).Op(Op::kSelect), 3},
      {"float comparison", Code().F64(0).F64(0).Op(Op::kF64Eq), 1},
      {"float, retyped",
       Code()
           .F32(0x3f800000)
           .F32(0x3f800000)
           .Op(Op::kF32Add)
           .Op(Op::kI32ReinterpretF32),
       0x40000000},
      {"call", Code().Get(0).Get(1).Call(1), 23},
      {"block", Code().Block(kI32).Get(1).End(), 20},
      {"conversion", Code().I64(-1).Op(Op::kI32WrapI64), 0xffffffff},
      {"ref.is_null", Code().RefNull(ValType::kFuncRef).Op(Op::kRefIsNull), 1},
  };
  for (const auto& c : cases) {
    // To a local; through a tee; to a local that is pending below.
    EXPECT_EQ(Eval(Code(c.code).Set(2).Get(2), {3, 20}), Returned({c.result}))
        << c.what;
    EXPECT_EQ(Eval(Code(c.code).Tee(2).Get(2).Op(Op::kI32Xor), {3, 20}),
              Returned({0}))
        << c.what;
    EXPECT_EQ(
        Eval(Code().Get(0).Raw(c.code.bytes()).Set(0).Get(0).Op(Op::kI32Sub),
             {3, 20}),
        Returned({(3 - c.result) & 0xffffffff}))
        << c.what;
  }
}

// --------------------------------------------- branches with values to move

TEST(BranchTest, FusedComparisonOverMoves) {
  // The label's value stands one above where it must go.
  const auto code = [](Op compare) {
    return Code()
        .Block(kI32)
        .I32(1000)  // stays below
        .Get(0)
        .Get(0)
        .Get(1)
        .Op(compare)
        .BrIf(0)
        .Op(Op::kI32Add)
        .End();
  };
  EXPECT_EQ(Eval(code(Op::kI32LtS), {3, 4}), Returned({3}));
  EXPECT_EQ(Eval(code(Op::kI32LtS), {4, 3}), Returned({1004}));
  EXPECT_EQ(Eval(code(Op::kI32And), {6, 2}), Returned({6}));
  EXPECT_EQ(Eval(code(Op::kI32And), {6, 1}), Returned({1006}));
  // Several values, of every kind: a local, a constant, a temporary.
  const auto three = [](Op compare) {
    return Code()
        .BlockType(5)
        .Op(Op::kMemorySize, 0)
        .Get(0)
        .I64(-5)
        .F64(0x3ff0000000000000)
        .Get(0)
        .Get(1)
        .Op(compare)
        .BrIf(0)
        .Op(Op::kDrop)
        .Op(Op::kDrop)
        .Op(Op::kI32Add)
        .I64(-6)
        .F64(0)
        .End();
  };
  EXPECT_EQ(Eval(three(Op::kI32LtS), {3, 4}, {kI32, kI64, kF64}),
            Returned({3, uint64_t(-5), 0x3ff0000000000000}));
  EXPECT_EQ(Eval(three(Op::kI32LtS), {4, 3}, {kI32, kI64, kF64}),
            Returned({5, uint64_t(-6), 0}));
}

// Accumulator and fused comparison: what it held before is still known.
TEST(BranchTest, AccumulatorAfterAFusedComparison) {
  const Code code = Code()
                        .Block()
                        .Get(0)
                        .Get(1)
                        .Op(Op::kI32Add)
                        .Tee(2)
                        .I32(10)
                        .Op(Op::kI32GtU)
                        .BrIf(0)
                        .Get(2)
                        .I32(100)
                        .Op(Op::kI32Add)
                        .Return()
                        .End()
                        .Get(2);
  EXPECT_EQ(Eval(code, {3, 4}), Returned({107}));
  EXPECT_EQ(Eval(code, {30, 4}), Returned({34}));
}

TEST(BranchTest, ComparisonIsUsedTwice) {
  // A tee keeps the truth value: it may not disappear into the branch.
  const Code code = Code()
                        .Get(0)
                        .Get(1)
                        .Op(Op::kI32LtS)
                        .Tee(2)
                        .If()
                        .Op(Op::kNop)
                        .End()
                        .Get(2);
  EXPECT_EQ(Eval(code, {3, 4}), Returned({1}));
  EXPECT_EQ(Eval(code, {4, 3}), Returned({0}));
}

TEST(BranchTest, EveryComparisonBothWays) {
  // A branch on the comparison and one on its opposite, over all operand
  // forms, for operands on all sides of it.
  const int32_t values[] = {0, 1, -1, 7, -7, INT32_MIN, INT32_MAX, 40000};
  for (int o = static_cast<int>(Op::kI32Eq); o <= static_cast<int>(Op::kI32GeU);
       ++o) {
    const auto compare = static_cast<Op>(o);
    for (int32_t y : values) {
      const Code plain = Code().Get(0).Get(1).Op(compare);
      const Code branches[] = {
          Code().Get(0).Get(1).Op(compare).If(kI32).I32(1).Else().I32(0).End(),
          Code().Get(0).I32(y).Op(compare).If(kI32).I32(1).Else().I32(0).End(),
          Code()
              .Get(0)
              .Get(1)
              .Op(compare)
              .Op(Op::kI32Eqz)
              .If(kI32)
              .I32(0)
              .Else()
              .I32(1)
              .End(),
          Code()
              .Block()
              .Get(0)
              .I32(y)
              .Op(compare)
              .BrIf(0)
              .I32(0)
              .Return()
              .End()
              .I32(1),
          Code()
              .Block()
              .Get(0)
              .I32(y)
              .Op(compare)
              .Op(Op::kI32Eqz)
              .BrIf(0)
              .I32(1)
              .Return()
              .End()
              .I32(0),
          // The function's label: an inverted branch over a return.
          Code().I32(1).Get(0).I32(y).Op(compare).BrIf(0).Op(Op::kDrop).I32(0),
          // The constant on the left.
          Code()
              .I32(y)
              .Get(0)
              .Op(compare)
              .Set(2)
              .Get(1)
              .Get(0)
              .Op(compare)
              .Get(2)
              .Op(Op::kI32Xor)
              .If(kI32)
              .I32(7)
              .Else()
              .Get(0)
              .Get(1)
              .Op(compare)
              .End(),
      };
      for (int32_t x : values) {
        const Ending want = Eval(plain, {U(x), U(y)});
        for (const Code& branch : branches) {
          EXPECT_EQ(Eval(branch, {U(x), U(y)}), want)
              << o << ": " << x << ", " << y;
        }
      }
    }
  }
}

// ------------------------------------------------------------------ br_table

TEST(BranchTableTest, ValuesToDifferingHeights) {
  // Three labels whose value goes to three heights; what is below differs.
  const Code code = Code()
                        .I32(1)
                        .Block(kI32)
                        .I32(10)
                        .Block(kI32)
                        .I32(100)
                        .Block(kI32)
                        .I32(1000)
                        .Get(1)  // the value
                        .Get(0)
                        .BrTable({0, 1}, 2)
                        .End()
                        .Op(Op::kI32Add)
                        .End()
                        .Op(Op::kI32Add)
                        .End()
                        .Op(Op::kI32Add);
  EXPECT_EQ(Eval(code, {0, 5}), Returned({116}));
  EXPECT_EQ(Eval(code, {1, 5}), Returned({16}));
  EXPECT_EQ(Eval(code, {2, 5}), Returned({6}));
  EXPECT_EQ(Eval(code, {0xffffffff, 5}), Returned({6}));
}

TEST(BranchTableTest, ToTheFunctionAndToLoops) {
  // 0: the loop again, 1: the block, default: return.
  const Code code = Code()
                        .Get(0)
                        .Set(2)
                        .Block(kI32)
                        .Get(1)
                        .LoopType(0)
                        .I32(1)
                        .Op(Op::kI32Add)
                        .Get(2)
                        .Get(2)
                        .I32(1)
                        .Op(Op::kI32Add)
                        .Set(2)
                        .BrTable({0, 0, 1}, 2)
                        .End()
                        .End()
                        .I32(100)
                        .Op(Op::kI32Add);
  EXPECT_EQ(Eval(code, {0, 5}), Returned({108}));
  EXPECT_EQ(Eval(code, {1, 5}), Returned({107}));
  EXPECT_EQ(Eval(code, {2, 5}), Returned({106}));
  EXPECT_EQ(Eval(code, {3, 5}), Returned({6}));
}

TEST(BranchTableTest, TwoValues) {
  const Code code = Code()
                        .BlockType(2)
                        .BlockType(2)
                        .I32(9)
                        .Get(0)
                        .Get(1)
                        .Get(0)
                        .BrTable({0}, 1)
                        .End()
                        .Op(Op::kI32Sub)
                        .I32(77)
                        .End()
                        .Op(Op::kI32Sub);
  EXPECT_EQ(Eval(code, {0, 5}), Returned({U(-5 - 77)}));
  EXPECT_EQ(Eval(code, {8, 5}), Returned({3}));
}

TEST(BranchTableTest, IndexIsALocal) {
  const Code code = Code()
                        .Block()
                        .Block()
                        .Get(0)
                        .BrTable({0}, 1)
                        .End()
                        .I32(1)
                        .Return()
                        .End()
                        .I32(2);
  EXPECT_EQ(Eval(code, {0, 0}), Returned({1}));
  EXPECT_EQ(Eval(code, {1, 0}), Returned({2}));
}

// ------------------------------------------------------------ eqz and select

TEST(SelectTest, OperandsOfEveryKind) {
  for (uint64_t condition : {0u, 1u, 0x80000000u}) {
    const uint64_t want = condition != 0 ? 11 : 22;
    const Code constants = Code().I32(11).I32(22).Get(0).Op(Op::kSelect);
    EXPECT_EQ(Eval(constants, {condition, 0}), Returned({want}));
    const Code locals =
        Code().I32(11).Set(2).I32(22).Set(3).Get(2).Get(3).Get(0).Op(
            Op::kSelect);
    EXPECT_EQ(Eval(locals, {condition, 0}), Returned({want}));
    const Code made =
        Code().I32(11).I32(22).Get(0).I32(0).Op(Op::kI32Ne).Op(Op::kSelect);
    EXPECT_EQ(Eval(made, {condition, 0}), Returned({want}));
    const Code inverted =
        Code().I32(22).I32(11).Get(0).Op(Op::kI32Eqz).SelectT(kI32);
    EXPECT_EQ(Eval(inverted, {condition, 0}), Returned({want}));
  }
  EXPECT_EQ(Eval(Code().I32(11).I32(22).I32(0).Op(Op::kSelect), {0, 0}),
            Returned({22}));
}

TEST(EqzTest, Folding) {
  for (uint64_t x : {0u, 1u, 5u}) {
    for (uint64_t y : {0u, 1u, 5u}) {
      const Code less = Code().Get(0).Get(1).Op(Op::kI32LtU);
      EXPECT_EQ(Eval(Code(less).Op(Op::kI32Eqz), {x, y}), Returned({x >= y}));
      EXPECT_EQ(Eval(Code(less).Op(Op::kI32Eqz).Op(Op::kI32Eqz), {x, y}),
                Returned({x < y}));
      EXPECT_EQ(Eval(Code(less).Op(Op::kI32Eqz).Op(Op::kI32Eqz).Op(Op::kI32Eqz),
                     {x, y}),
                Returned({x >= y}));
      // Of a sum: no comparison to fold.
      EXPECT_EQ(
          Eval(Code().Get(0).Get(1).Op(Op::kI32Add).Op(Op::kI32Eqz), {x, y}),
          Returned({x + y == 0}));
      // Not of a comparison that a local keeps.
      EXPECT_EQ(Eval(Code(less)
                         .Tee(2)
                         .Op(Op::kI32Eqz)
                         .Get(2)
                         .I32(1)
                         .Op(Op::kI32Shl)
                         .Op(Op::kI32Or),
                     {x, y}),
                Returned({x < y ? 2u : 1u}));
      // 64 bits.
      const Code wide = Code()
                            .Get(0)
                            .Op(Op::kI64ExtendI32U)
                            .Get(1)
                            .Op(Op::kI64ExtendI32U)
                            .Op(Op::kI64GtS)
                            .Op(Op::kI32Eqz);
      EXPECT_EQ(Eval(wide, {x, y}), Returned({x <= y}));
      // A comparison behind a block's end: another may have come there.
      const Code label = Code()
                             .Block(kI32)
                             .I32(1)
                             .Get(0)
                             .BrIf(0)
                             .Op(Op::kDrop)
                             .Get(0)
                             .Get(1)
                             .Op(Op::kI32LtU)
                             .End()
                             .Op(Op::kI32Eqz);
      EXPECT_EQ(Eval(label, {x, y}), Returned({x == 0 && y == 0}));
    }
  }
}

// --------------------------------------------------- blocks with parameters

TEST(BlockTest, ParametersAndResults) {
  // Parameters are a constant and a local that changes inside.
  EXPECT_EQ(Eval(Code()
                     .I32(100)
                     .Get(0)
                     .BlockType(4)
                     .I32(7)
                     .Set(0)
                     .Op(Op::kI32Sub)
                     .End()
                     .Get(0)
                     .Op(Op::kI32Add),
                 {30, 0}),
            Returned({77}));
  // Two results, swapped by a call, of an `if` with parameters.
  const Code arms = Code()
                        .Get(0)
                        .I32(4)
                        .Get(1)
                        .IfType(1)
                        .Call(2)
                        .Else()
                        .I32(1)
                        .Op(Op::kI32Add)
                        .End()
                        .Op(Op::kI32Sub);
  EXPECT_EQ(Eval(arms, {10, 1}), Returned({U(-6)}));
  EXPECT_EQ(Eval(arms, {10, 0}), Returned({5}));
  // Without else: the parameters are the results.
  const Code one_arm =
      Code().Get(0).I32(4).Get(1).IfType(1).Call(2).End().Op(Op::kI32Sub);
  EXPECT_EQ(Eval(one_arm, {10, 1}), Returned({U(-6)}));
  EXPECT_EQ(Eval(one_arm, {10, 0}), Returned({6}));
}

TEST(BlockTest, LoopsWithParameters) {
  // (a, b) -> (b, a + b), n times: Fibonacci's numbers.
  const Code code = Code()
                        .I32(0)
                        .I32(1)
                        .LoopType(1)
                        .Set(2)
                        .Set(3)
                        .Get(2)
                        .Get(3)
                        .Get(2)
                        .Op(Op::kI32Add)
                        .Get(0)
                        .I32(1)
                        .Op(Op::kI32Sub)
                        .Tee(0)
                        .BrIf(0)
                        .End()
                        .Op(Op::kDrop);
  EXPECT_EQ(Eval(code, {1, 0}), Returned({1}));
  EXPECT_EQ(Eval(code, {10, 0}), Returned({55}));
  EXPECT_EQ(Eval(code, {30, 0}), Returned({832040}));
  // The same with what stands below the parameters.
  EXPECT_EQ(Eval(Code().Get(1).Raw(code.bytes()).Op(Op::kI32Add), {30, 3}),
            Returned({832043}));
}

TEST(BlockTest, ConstantsBelowABlock) {
  const Code code = Code()
                        .I32(1000)
                        .I64(int64_t{1} << 40)
                        .Block()
                        .Get(0)
                        .BrIf(0)
                        .I32(5)
                        .Set(1)
                        .End()
                        .Op(Op::kI32WrapI64)
                        .Op(Op::kI32Add)
                        .Get(1)
                        .Op(Op::kI32Add);
  EXPECT_EQ(Eval(code, {0, 2}), Returned({1005}));
  EXPECT_EQ(Eval(code, {1, 2}), Returned({1002}));
}

TEST(BlockTest, SeveralResultsOfAFunction) {
  EXPECT_EQ(Eval(Code().Get(1).Get(0), {1, 2}, {kI32, kI32}), Returned({2, 1}));
  EXPECT_EQ(Eval(Code().Get(0).I32(9).Get(1), {1, 2}, {kI32, kI32, kI32}),
            Returned({1, 9, 2}));
  // More results than parameters: they overlap the links.
  const Code five = Code().I32(1).Get(1).I32(3).Get(0).I32(5);
  EXPECT_EQ(Eval(five, {4, 2}, Types(5, kI32)), Returned({1, 2, 3, 4, 5}));
  EXPECT_EQ(Eval(Code(five).Return(), {4, 2}, Types(5, kI32)),
            Returned({1, 2, 3, 4, 5}));
  EXPECT_EQ(Eval(Code(five).Get(0).BrIf(0), {4, 2}, Types(5, kI32)),
            Returned({1, 2, 3, 4, 5}));
  EXPECT_EQ(Eval(Code(five).Br(0), {4, 2}, Types(5, kI32)),
            Returned({1, 2, 3, 4, 5}));
}

// ------------------------------------------------------------------ dead code

TEST(DeadCodeTest, InAllKindsOfBlocks) {
  const Code junk = Code()
                        .Op(Op::kI32Add)
                        .Op(Op::kI64ExtendI32S)
                        .I32(1)
                        .If(kI64)
                        .Op(Op::kUnreachable)
                        .Else()
                        .I64(1)
                        .End()
                        .Op(Op::kI64Add)
                        .Op(Op::kDrop);
  const Code end = Code(junk).End();
  EXPECT_EQ(Eval(Code().Block().Br(0).Raw(end.bytes()).Get(0), {6, 0}),
            Returned({6}));
  EXPECT_EQ(Eval(Code().Block(kI32).Get(0).Br(0).Raw(end.bytes()), {6, 0}),
            Returned({6}));
  const Code loop = Code()
                        .Block()
                        .Loop()
                        .Get(0)
                        .Op(Op::kI32Eqz)
                        .BrIf(1)
                        .Get(0)
                        .I32(1)
                        .Op(Op::kI32Sub)
                        .Set(0)
                        .Br(0)
                        .Raw(end.bytes())
                        .End()
                        .Get(0);
  EXPECT_EQ(Eval(loop, {6, 0}), Returned({0}));
  for (uint64_t condition : {0u, 1u}) {
    const Code then_dead = Code()
                               .Get(0)
                               .If(kI32)
                               .I32(1)
                               .Return()
                               .Raw(junk.bytes())
                               .Else()
                               .I32(2)
                               .End();
    EXPECT_EQ(Eval(then_dead, {condition, 0}),
              Returned({condition != 0 ? 1u : 2u}));
    const Code else_dead =
        Code().Get(0).If(kI32).I32(1).Else().I32(2).Return().Raw(end.bytes());
    EXPECT_EQ(Eval(else_dead, {condition, 0}),
              Returned({condition != 0 ? 1u : 2u}));
    const Code both = Code()
                          .Get(0)
                          .If(kI32)
                          .I32(1)
                          .Return()
                          .Raw(junk.bytes())
                          .Else()
                          .I32(2)
                          .Return()
                          .Raw(end.bytes());
    EXPECT_EQ(Eval(both, {condition, 0}), Returned({condition != 0 ? 1u : 2u}));
    // A one-armed if whose arm is dead: behind it the other edge lives.
    const Code one =
        Code().Get(0).If().I32(1).Return().Raw(junk.bytes()).End().I32(2);
    EXPECT_EQ(Eval(one, {condition, 0}), Returned({condition != 0 ? 1u : 2u}));
    // A dead branch to a live label adds no edge to it.
    const Code branch = Code()
                            .Block(kI32)
                            .Get(0)
                            .If()
                            .I32(1)
                            .Return()
                            .I32(9)
                            .Br(1)
                            .End()
                            .I32(2)
                            .End();
    EXPECT_EQ(Eval(branch, {condition, 0}),
              Returned({condition != 0 ? 1u : 2u}));
  }
  EXPECT_EQ(Eval(Code().Get(0).Return().Raw(junk.bytes()).I32(1), {6, 0}),
            Returned({6}));
  EXPECT_EQ(Eval(Code().Op(Op::kUnreachable).Raw(junk.bytes()), {6, 0}),
            Trapped(interp::Trap::kUnreachable));
  EXPECT_EQ(Eval(Code().Get(0).Get(1).ReturnCall(1).Raw(junk.bytes()), {6, 3}),
            Returned({9}));
  EXPECT_EQ(
      Eval(Code().Get(0).Get(1).BrTable({0}, 0).Raw(junk.bytes()), {6, 3}),
      Returned({6}));
}

// What was pending before dead code does not come back behind it.
TEST(DeadCodeTest, StateIsForgotten) {
  const Code code = Code()
                        .Get(0)
                        .Block()
                        .Get(1)
                        .BrIf(0)
                        .I32(5)
                        .Tee(0)
                        .Get(0)
                        .Br(0)
                        .I32(1)
                        .Set(0)
                        .End()
                        .Get(0)
                        .Op(Op::kI32Sub);
  EXPECT_EQ(Eval(code, {9, 1}), Returned({0}));
  EXPECT_EQ(Eval(code, {9, 0}), Returned({4}));
}

// ---------------------------------------------------------------- tail calls

TEST(TailCallTest, ArgumentsMoveOverEachOther) {
  // Arguments are the parameters swapped, many times over.
  ModuleBuilder m;
  const uint32_t type = m.AddType(Types(5, kI32), {kI32});
  // f(n, a, b, c, d) = n == 0 ? a*1000 + b*100 + c*10 + d : f(n-1, d, a, b, c)
  m.Func(type, Types(3, kI64),
         Code()
             .Get(0)
             .Op(Op::kI32Eqz)
             .If()
             .Get(1)
             .I32(1000)
             .Op(Op::kI32Mul)
             .Get(2)
             .I32(100)
             .Op(Op::kI32Mul)
             .Op(Op::kI32Add)
             .Get(3)
             .I32(10)
             .Op(Op::kI32Mul)
             .Op(Op::kI32Add)
             .Get(4)
             .Op(Op::kI32Add)
             .Return()
             .End()
             .Get(0)
             .I32(1)
             .Op(Op::kI32Sub)
             .Get(4)
             .Get(1)
             .Get(2)
             .Get(3)
             .ReturnCall(0)
             .End());
  m.Export("f", ExternKind::kFunc, 0);
  const CompiledModule module(m.Build());
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  EXPECT_EQ(machine.Call(instance, "f", {0, 1, 2, 3, 4}), Returned({1234}));
  EXPECT_EQ(machine.Call(instance, "f", {1, 1, 2, 3, 4}), Returned({4123}));
  EXPECT_EQ(machine.Call(instance, "f", {4003, 1, 2, 3, 4}), Returned({2341}));
}

// ------------------------------------------------------------------ code size

// Bytes of code of a function (i32 i32) -> (), with four further locals,
// beyond what an empty one has.
uint64_t CodeBytes(const Code& code) {
  const auto size = [](const Code& body) {
    ModuleBuilder m = WithTypes();
    m.Memory({1, {}});
    m.Func(3, Types(4, kI32), Code(body).End());
    const CompiledModule module(m.Build());
    EXPECT_EQ(module.error(), "");
    return module.code().code_size_bytes;
  };
  return size(code) - size(Code());
}

// One instruction each is what these are worth; were they more, the results
// would still be right.
// Bodies that are left by an instruction which swallows their end: the bytes
// behind are read as code, and must not be for long.

// A body of type () -> () with these bytes, without locals.
std::vector<uint8_t> Body(std::vector<uint8_t> code) {
  code.insert(code.begin(), 0);
  return code;
}

constexpr uint8_t kI32Const = 0x41, kEndByte = 0x0b;
constexpr char kUnexpectedEnd[] = "malformed.unexpected_end";

TEST(RunawayTest, ThroughSegmentsIsStopped) {
  // f64.const swallows `end`, the data section's head of seven bytes and the
  // count; then flag 1 is nop, the size f64.abs, f64.abs, drop.
  constexpr uint32_t kSize = 0x19 | 0x19 << 7 | 0x1a << 14;
  std::vector<uint8_t> pushes(kSize, 0);
  for (size_t i = 0; i < pushes.size(); i += 2) pushes[i] = kI32Const;
  for (const uint8_t first : {uint8_t{0x44}, kI32Const}) {
    ModuleBuilder m;
    m.RawBody(m.Type({}, {}), Body({first, kEndByte}));
    testing::ByteWriter data;
    data.U8(1).U8(1).U32(kSize).Raw(pushes);
    std::vector<uint8_t> bytes = m.Build();
    testing::ByteWriter section;
    section.U8(static_cast<uint8_t>(testing::Section::kData));
    section.PaddedU32(data.size(), 5).Raw(data.bytes());
    bytes.insert(bytes.end(), section.bytes().begin(), section.bytes().end());
    const CompiledModule compiled(bytes);
    EXPECT_TRUE(compiled.is_decoded());
    EXPECT_EQ(compiled.error(), kUnexpectedEnd);
  }
}

TEST(RunawayTest, MalformedIntegersDoNotGoBack) {
  // The first body's constant swallows the second one's size. As code, the
  // locals of that are nop and a constant; constants follow, and an integer
  // that is too long: a cursor that went back behind the first body's end would
  // push them for ever.
  std::vector<uint8_t> second = {1, kI32Const, 0x7f};  // 65 locals
  for (int i = 0; i < 16; ++i) second.insert(second.end(), {kI32Const, 7});
  second.push_back(kI32Const);
  second.insert(second.end(), 12, 0xff);
  second.push_back(kEndByte);
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  m.RawBody(type, Body({kI32Const, 0x80}));
  m.RawBody(type, second);
  const CompiledModule compiled(m.Build());
  EXPECT_TRUE(compiled.is_decoded());
  EXPECT_EQ(compiled.error(), kUnexpectedEnd);
}

TEST(CodeSizeTest, WhatFuses) {
  constexpr uint64_t kPlain = 16;
  constexpr uint64_t kBranch = 32;
  struct {
    const char* what;
    Code code;
    uint64_t bytes;
  } const cases[] = {
      {"increment", Code().Get(0).I32(1).Op(Op::kI32Add).Set(0), kPlain},
      {"constant on the left", Code().I32(1).Get(0).Op(Op::kI32Add).Set(0),
       kPlain},
      {"copy", Code().Get(0).Set(1), kPlain},
      {"two copies", Code().Get(0).Get(1).Set(2).Set(3), kPlain},
      {"constant", Code().I32(5).Set(0), kPlain},
      {"tee", Code().Get(0).Get(1).Op(Op::kI32Add).Tee(2).Set(3), 2 * kPlain},
      {"drop", Code().Get(0).I32(1).Op(Op::kDrop).Op(Op::kDrop), 0},
      {"load of a sum",
       Code().Get(0).Get(1).Op(Op::kI32Add).Mem(Op::kI32Load, 2, 8).Set(2),
       kPlain},
      {"load of an array",
       Code()
           .Get(0)
           .Get(1)
           .I32(2)
           .Op(Op::kI32Shl)
           .Op(Op::kI32Add)
           .Mem(Op::kI32Load, 2, 8)
           .Set(2),
       kPlain},
      {"store of a constant", Code().Get(0).I32(7).Mem(Op::kI32Store, 2, 0),
       kPlain},
      {"store to a constant address",
       Code().I32(8).Get(0).Mem(Op::kI32Store, 2, 0), kPlain},
      {"compare and branch",
       Code().Loop().Get(0).Get(1).Op(Op::kI32LtS).BrIf(0).End(), kBranch},
      {"compare to a constant and branch",
       Code().Loop().Get(0).I32(100).Op(Op::kI32LtS).BrIf(0).End(), kBranch},
      {"eqz and branch", Code().Loop().Get(0).Op(Op::kI32Eqz).BrIf(0).End(),
       kBranch},
      {"eqz of a comparison and branch",
       Code()
           .Loop()
           .Get(0)
           .Get(1)
           .Op(Op::kI32LtS)
           .Op(Op::kI32Eqz)
           .BrIf(0)
           .End(),
       kBranch},
      {"and and branch",
       Code().Loop().Get(0).I32(1).Op(Op::kI32And).BrIf(0).End(), kBranch},
      {"branch on a local", Code().Loop().Get(0).BrIf(0).End(), kBranch},
      {"if", Code().Get(0).Get(1).Op(Op::kI32LtS).If().End(), kBranch},
      {"a result in its place",
       Code().Block(kI32).Get(0).Get(1).Op(Op::kI32Add).End().Op(Op::kDrop),
       kPlain},
      // A block's entry copies what is pending: before the comparison, which
      // still fuses.
      {"compare over a pending local",
       Code().Get(0).Get(0).Get(1).Op(Op::kI32LtS).If().End().Op(Op::kDrop),
       kPlain + kBranch},
      {"compare over a value to move",
       Code()
           .Block(kI32)
           .Get(0)
           .Get(0)
           .Get(1)
           .Op(Op::kI32LtS)
           .BrIf(0)
           .End()
           .Op(Op::kDrop),
       kPlain + kBranch},
  };
  for (const auto& c : cases) EXPECT_EQ(CodeBytes(c.code), c.bytes) << c.what;
}

}  // namespace
}  // namespace ashlar::compile
