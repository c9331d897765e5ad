// Loops that begin with a test and end with an addition to what it tests: the
// addition, the branch back and the test are one instruction.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/compile/test_machine.h"
#include "engine/compile/test_programs.h"
#include "engine/interp/code_text.h"
#include "engine/interp/instance.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::compile {
namespace {

using testing::Code;
using testing::CompiledModule;
using testing::Ending;
using testing::Functions;
using testing::Holds;
using testing::kComparisons32;
using testing::kComparisons64;
using testing::Machine;
using testing::Op;
using testing::Returned;
using testing::ValType;

constexpr ValType kI32 = ValType::kI32;
constexpr uint64_t kRoundsMax = 5;

// while (local 0 <comparison> right) { ++local 2; local 0 += addend }, at most
// kRoundsMax times round; answers local 2.
struct CountedLoop {
  bool is_64 = false;
  int comparison = 0;
  enum Right { kSlot, kConstant, kItself } right = kSlot;  // kSlot: local 1
  int64_t y = 0;  // local 1, or the constant
  int64_t addend = 1;
  bool with_if = false;   // the test is an `if` around the body
  bool adds_last = true;  // if not, local 3 is added to behind local 0

  ValType type() const { return is_64 ? ValType::kI64 : kI32; }
  Code Constant(int64_t value) const {
    return is_64 ? Code().I64(value) : Code().I32(static_cast<int32_t>(value));
  }
  void Add(uint32_t local, Code* code) const {
    code->Get(local);
    code->Raw(Constant(addend).bytes());
    code->Op(is_64 ? Op::kI64Add : Op::kI32Add).Set(local);
  }
  Code Make() const {
    Code code;
    code.Block().Loop();
    if (!with_if) code.Block();
    code.Get(0);
    right == kConstant ? code.Raw(Constant(y).bytes())
                       : code.Get(right == kSlot ? 1 : 0);
    code.Op((is_64 ? kComparisons64 : kComparisons32)[comparison]);
    with_if ? code.If() : code.Op(Op::kI32Eqz).BrIf(0);
    code.Get(2).I32(1).Op(Op::kI32Add).Tee(2);
    code.I32(kRoundsMax).Op(Op::kI32Eq).BrIf(2);
    Add(0, &code);
    if (!adds_last) Add(3, &code);
    code.Br(1).End().End().End().Get(2);
    return code;
  }
  bool GoesOn(int64_t x) const {
    const int64_t to = right == kItself ? x : y;
    return is_64 ? Holds<int64_t>(comparison, static_cast<uint64_t>(x),
                                  static_cast<uint64_t>(to))
                 : Holds<int32_t>(comparison, static_cast<uint32_t>(x),
                                  static_cast<uint32_t>(to));
  }
  // Two runs to begin with are 1 for the locals and 4 or 5 for the test, then
  // by turns the round and the branch back with its test; the end is 1.
  uint64_t Rounds(int64_t x, uint64_t* fuel) const {
    const uint64_t test = with_if ? 4 : 5;
    *fuel = 1 + test + 1;
    uint64_t rounds = 0;
    while (GoesOn(x)) {
      *fuel += 7;
      if (++rounds == kRoundsMax) break;
      *fuel += (adds_last ? 4 : 8) + 1 + test;
      x = static_cast<int64_t>(static_cast<uint64_t>(x) +
                               static_cast<uint64_t>(addend));
    }
    return rounds;
  }
};

void ExpectRounds(const std::vector<CountedLoop>& loops, bool is_64) {
  const ValType type = is_64 ? ValType::kI64 : kI32;
  Functions functions({type, type}, {kI32});
  std::vector<std::string> names;
  for (const CountedLoop& loop : loops) {
    names.push_back(functions.Add({kI32, type}, loop.Make()));
  }
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  const auto bits = [is_64](int64_t x) {
    return is_64 ? static_cast<uint64_t>(x) : static_cast<uint32_t>(x);
  };
  for (uint32_t f = 0; f < loops.size(); ++f) {
    const CountedLoop& loop = loops[f];
    const std::string text = interp::CodeText(module.code(), f);
    if (loop.right != CountedLoop::kConstant || loop.y == int16_t(loop.y)) {
      EXPECT_EQ(text.find("LoopAddBr") != std::string::npos, loop.adds_last)
          << text;
    }
    for (int64_t x : {int64_t{0}, loop.y - 3 * loop.addend,
                      loop.y - loop.addend, loop.y, loop.y + loop.addend}) {
      uint64_t fuel;
      const uint64_t rounds = loop.Rounds(x, &fuel);
      const std::vector<uint64_t> args = {bits(x), bits(loop.y)};
      const Ending ending = machine.Call(instance, names[f], args);
      EXPECT_EQ(ending, Returned({rounds})) << x << "\n" << text;
      EXPECT_EQ(ending.fuel_used, fuel) << x << "\n" << text;
      EXPECT_EQ(machine.Call(instance, names[f], args, fuel),
                Returned({rounds}));
      EXPECT_EQ(machine.Call(instance, names[f], args, fuel - 1).exit,
                interp::Exit::kOutOfFuel);
    }
  }
}

TEST(CountedLoopsTest, EveryComparison) {
  for (bool is_64 : {false, true}) {
    std::vector<CountedLoop> loops;
    for (int c = 0; c < 10; ++c) {
      for (bool with_if : {false, true}) {
        for (auto right : {CountedLoop::kSlot, CountedLoop::kConstant,
                           CountedLoop::kItself}) {
          for (int64_t y : {0, 3, -2, 32767, 40000}) {
            for (int64_t addend : {1, -1, 100000, -32769}) {
              loops.push_back({is_64, c, right, y, addend, with_if});
            }
          }
        }
      }
    }
    ExpectRounds(loops, is_64);
  }
}

// What is added to last is not what the loop tests.
TEST(CountedLoopsTest, AnotherLocalIsAddedToLast) {
  for (bool is_64 : {false, true}) {
    std::vector<CountedLoop> loops;
    for (int c = 0; c < 10; ++c) {
      for (bool with_if : {false, true}) {
        loops.push_back({.is_64 = is_64,
                         .comparison = c,
                         .y = 3,
                         .with_if = with_if,
                         .adds_last = false});
      }
    }
    ExpectRounds(loops, is_64);
  }
}

// The comparison is of i32; the addition that stands before the branch is of
// i64, to another local.
TEST(CountedLoopsTest, AnotherTypeIsAddedToLast) {
  Functions functions({kI32, ValType::kI64}, {kI32});
  Code code;
  code.Block().Loop().Get(0).I32(3).Op(Op::kI32Ne).If();
  code.Get(0).I32(1).Op(Op::kI32Add).Set(0);
  code.Get(1).I64(1).Op(Op::kI64Add).Set(1).Br(1).End().End().End();
  code.Get(1).Op(Op::kI32WrapI64);
  const std::string name = functions.Add({}, code);
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  EXPECT_EQ(interp::CodeText(module.code(), 0).find("LoopAddBr"),
            std::string::npos);
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  EXPECT_EQ(machine.Call(instance, name, {{0, 10}}), Returned({13}));
}

// What the loop tests is compared with itself, as it is behind the addition:
// where that is false, another test behind it leads to the same body, which
// must be looked at in each round.
TEST(CountedLoopsTest, ComparedWithItself) {
  constexpr int kNotEqual = 1;
  constexpr int kLessOrEqual = 6;  // from here on true of what is equal
  for (bool is_64 : {false, true}) {
    const ValType type = is_64 ? ValType::kI64 : kI32;
    for (int c = kNotEqual; c < 10; ++c) {
      const auto increase = [](uint32_t local) {
        return Code().Get(local).I32(1).Op(Op::kI32Add).Tee(local);
      };
      Code code;
      code.Block().Loop().Block().Get(0).Get(0);
      code.Op((is_64 ? kComparisons64 : kComparisons32)[c]).BrIf(0);
      code.Raw(increase(1).bytes()).I32(6).Op(Op::kI32Ne).BrIf(0);
      code.Br(2).End();
      code.Raw(increase(2).bytes()).I32(50).Op(Op::kI32Eq).BrIf(1).Get(0);
      is_64 ? code.I64(1).Op(Op::kI64Add) : code.I32(1).Op(Op::kI32Add);
      code.Set(0).Br(0).End().End().Get(2);
      Functions functions({type}, {kI32});
      const std::string name = functions.Add({kI32, kI32}, code);
      const CompiledModule module(functions.Build());
      ASSERT_EQ(module.error(), "");
      const std::string text = interp::CodeText(module.code(), 0);
      EXPECT_NE(text.find("LoopAddBr"), std::string::npos) << text;
      Machine machine(1000);
      const Ending ending =
          machine.Call(machine.Instantiate(module), name, {0});
      EXPECT_EQ(ending, Returned({c < kLessOrEqual ? 5u : 50u})) << text;
      if (c < kLessOrEqual) EXPECT_EQ(ending.fuel_used, 129u);
    }
  }
}

// Between the addition and the branch back stands a label: who comes there
// must not add.
TEST(CountedLoopsTest, BranchesBehindTheAddition) {
  Functions functions({kI32, kI32}, {kI32});
  Code code;
  code.Block().Loop().Get(0).Get(1).Op(Op::kI32Ne).If();
  code.Get(2).I32(1).Op(Op::kI32Add).Tee(2).I32(6).Op(Op::kI32Eq).BrIf(2);
  // Odd rounds do not count.
  code.Block().Get(2).I32(1).Op(Op::kI32And).BrIf(0);
  code.Get(0).I32(1).Op(Op::kI32Add).Set(0).End();
  code.Br(1).End().End().End().Get(0);
  const std::string name = functions.Add({kI32}, code);
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  EXPECT_EQ(machine.Call(instance, name, {{0, 100}}), Returned({2}));
  EXPECT_EQ(machine.Call(instance, name, {{0, 2}}), Returned({2}));
  EXPECT_EQ(machine.Call(instance, name, {{0, 1}}), Returned({1}));
}

}  // namespace
}  // namespace ashlar::compile
