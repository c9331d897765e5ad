// Loops whose branch back does more than jump: it tests what the loop begins
// with, or makes many rounds of copying or filling bytes at once.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/compile/test_loops.h"
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
using testing::LoopPair;
using testing::Machine;
using testing::Op;
using testing::OutOfFuelBy;
using testing::Returned;
using testing::ValType;
using testing::Values;

constexpr ValType kI32 = ValType::kI32;
constexpr uint64_t kFuels[] = {1000000, 100, 300, 301, 302, 315, 1500, 4000};

// A loop with its test first: while (local 0 <comparison> local 1) { ++local 0;
// ++local 2 }, at most 5 times round. `with_if`: the test is an `if` around
// the body.
Code TestedLoop(Op comparison, bool with_if, bool constant, int32_t y) {
  Code code;
  code.Block().Loop();
  if (!with_if) code.Block();
  code.Get(0);
  constant ? code.I32(y) : code.Get(1);
  code.Op(comparison);
  with_if ? code.If() : code.Op(Op::kI32Eqz).BrIf(0);
  code.Get(0).I32(1).Op(Op::kI32Add).Set(0);
  code.Get(2).I32(1).Op(Op::kI32Add).Tee(2).I32(5).Op(Op::kI32Eq).BrIf(2);
  code.Br(1).End().End().End().Get(2);
  return code;
}

TEST(LoopsTest, LoopsThatBeginWithATest) {
  constexpr int32_t kRight[] = {0, 3, -2, 32767, 40000};
  Functions functions({kI32, kI32}, {kI32});
  struct Loop {
    std::string name;
    int comparison;
    int32_t y;
    bool with_if;
  };
  std::vector<Loop> loops;
  for (int c = 0; c < 10; ++c) {
    for (bool with_if : {false, true}) {
      for (bool constant : {false, true}) {
        for (int32_t y : kRight) {
          loops.push_back(
              {functions.Add(
                   {kI32}, TestedLoop(kComparisons32[c], with_if, constant, y)),
               c, y, with_if});
        }
      }
    }
  }
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  for (const Loop& loop : loops) {
    const auto y = static_cast<uint32_t>(loop.y);
    for (uint32_t x : {0u, 1u, 2u, uint32_t(-4), y - 2, y, y + 1}) {
      uint64_t rounds = 0;
      bool left = false;
      while (Holds<int32_t>(loop.comparison, uint32_t(x + rounds), y)) {
        if (++rounds == 5) {
          left = true;
          break;
        }
      }
      const Values args = {x, y};
      const Ending ending = machine.Call(instance, loop.name, args);
      EXPECT_EQ(ending, Returned({rounds})) << loop.name << " " << x;
      // 1 for the local; a test 4, or 5 with its eqz; a round 11; the
      // branch back 1; the end 1.
      const uint64_t test = loop.with_if ? 4 : 5;
      const uint64_t want =
          1 + 1 + test * (rounds + !left) + 11 * rounds + (rounds - left);
      EXPECT_EQ(ending.fuel_used, want) << loop.name << " " << x;
    }
  }
}

// Each charge that fails is missed by what it alone wanted: the run of the
// loop's head and the run behind it stay two.
TEST(LoopsTest, ChargesOfALoopThatBeginsWithATest) {
  for (bool with_if : {false, true}) {
    Functions functions({kI32, kI32}, {kI32});
    const std::string f =
        functions.Add({kI32}, TestedLoop(Op::kI32Ne, with_if, false, 0));
    const CompiledModule module(functions.Build());
    ASSERT_EQ(module.error(), "");
    Machine machine(1000);
    interp::Instance* instance = machine.Instantiate(module);
    // Two rounds: local and test; then rounds and tests by turns; the end.
    const uint64_t test = with_if ? 4 : 5;
    const std::vector<uint64_t> charges = {1 + test, 11, 1,    test,
                                           11,       1,  test, 1};
    uint64_t total = 0;
    for (uint64_t c : charges) total += c;
    EXPECT_EQ(machine.Call(instance, f, Values{0, 2}, total), Returned({2}));
    for (uint64_t limit = 0; limit < total; ++limit) {
      uint64_t paid = 0;
      uint64_t missing = 0;
      for (uint64_t c : charges) {
        if (paid + c > limit) {
          missing = paid + c - limit;
          break;
        }
        paid += c;
      }
      EXPECT_EQ(machine.Call(instance, f, Values{0, 2}, limit),
                OutOfFuelBy(missing))
          << limit;
    }
  }
}

// while (!(local 0 <comparison> local 1)): the loop goes on where its head is
// taken. Otherwise as TestedLoop.
enum class GoesOn { kInElse, kBehindElse, kBehindIf, kBehindBlock };
Code LoopThatGoesOn(GoesOn where, Op comparison) {
  Code code;
  code.Block().Loop().Block();
  if (where == GoesOn::kBehindBlock) code.Block();
  code.Get(0).Get(1).Op(comparison);
  if (where == GoesOn::kBehindBlock) {
    code.Op(Op::kI32Eqz).BrIf(0).Br(3).End().Block();
  } else {
    code.If().Br(3);
    if (where != GoesOn::kBehindIf) code.Else();
    if (where != GoesOn::kInElse) code.End().Block();
  }
  code.Get(0).I32(1).Op(Op::kI32Add).Set(0);
  code.Get(2).I32(1).Op(Op::kI32Add).Tee(2).I32(5).Op(Op::kI32Eq).BrIf(3);
  code.Br(2).End().End().End().End().Get(2);
  return code;
}

TEST(LoopsTest, LoopsThatGoOnWhereTheirHeadIsTaken) {
  Functions functions({kI32, kI32}, {kI32});
  struct Loop {
    std::string name;
    int comparison;
  };
  std::vector<Loop> loops;
  for (const GoesOn where : {GoesOn::kInElse, GoesOn::kBehindElse,
                             GoesOn::kBehindIf, GoesOn::kBehindBlock}) {
    for (int c = 0; c < 10; ++c) {
      loops.push_back(
          {functions.Add({kI32}, LoopThatGoesOn(where, kComparisons32[c])), c});
    }
  }
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  for (uint32_t f = 0; f < loops.size(); ++f) {
    const auto& [name, c] = loops[f];
    EXPECT_NE(interp::CodeText(module.code(), f).find("LoopBr"),
              std::string::npos)
        << f;
    const uint32_t y = 3;
    for (uint32_t x : {0u, 1u, 2u, 3u, 4u, uint32_t(-4)}) {
      uint64_t rounds = 0;
      while (rounds < 5 && !Holds<int32_t>(c, uint32_t(x + rounds), y)) {
        ++rounds;
      }
      const Values args = {x, y};
      const Ending ending = machine.Call(instance, name, args);
      EXPECT_EQ(ending, Returned({rounds})) << c << " " << x;
      // The same whatever is left over, and no less will do.
      EXPECT_EQ(machine.Call(instance, name, args, ending.fuel_used),
                Returned({rounds}));
      for (uint64_t limit = 0; limit < ending.fuel_used; ++limit) {
        EXPECT_NE(machine.Call(instance, name, args, limit),
                  Returned({rounds}));
      }
    }
  }
}

// A loop that copies bytes, with a counter: parameters are to, from, counter,
// end, and what the counter counts by. With `load` a signed one it is the same
// loop, but none that makes many rounds at once.
struct CopyLoop {
  bool is_less = false;       // the counter is compared by i32.lt_u
  bool is_end_first = false;  // end != counter
  bool is_counter_first = false;
  // Where the loop goes on: in the arm of an `if`, in its else-arm, behind it,
  // behind a block that was left.
  enum Place { kIf, kElse, kBehindIf, kBehindBlock } place = kIf;
  bool by_local = false;  // the last parameter, not 1
  uint32_t load_offset = 0;
  uint32_t store_offset = 0;

  Code Make(Op load) const {
    const auto address = [&](Code* code, uint32_t base) {
      code->Get(is_counter_first ? 2 : base);
      code->Get(is_counter_first ? base : 2).Op(Op::kI32Add);
    };
    Code code;
    code.Loop();
    if (place == kBehindBlock) code.Block();
    code.Get(is_end_first ? 3 : 2).Get(is_end_first ? 2 : 3);
    const Op goes_on = is_less ? Op::kI32LtU : Op::kI32Ne;
    const Op ends = is_less ? Op::kI32GeU : Op::kI32Eq;
    switch (place) {
      case kIf:
        code.Op(goes_on).If();
        break;
      case kElse:
        code.Op(ends).If().Else();
        break;
      case kBehindIf:
        code.Op(ends).If().Get(2).Return().End().Block();
        break;
      case kBehindBlock:
        code.Op(goes_on).BrIf(0).Get(2).Return().End().Block();
        break;
    }
    address(&code, 0);
    address(&code, 1);
    code.Mem(load, 0, load_offset).Mem(Op::kI32Store8, 0, store_offset);
    code.Get(2);
    by_local ? code.Get(4) : code.I32(1);
    code.Op(Op::kI32Add).Set(2).Br(1).End().End().Get(2);
    return code;
  }
};

TEST(LoopsTest, LoopsThatCopyBytes) {
  constexpr uint32_t kPage = 65536;
  const std::vector<Values> all_args = {
      {100, 300, 0, 0},
      {100, 300, 0, 1},
      {100, 300, 0, 2},
      {100, 300, 0, 3},
      {100, 300, 0, 17},
      {100, 300, 0, 65},
      {100, 300, 0, 66},
      {100, 300, 0, 1000},
      {100, 300, 50, 90},
      {100, 300, 90, 50},  // round the counter
      {100, 100, 0, 40},
      {101, 100, 0, 40},  // overlapping
      {100, 101, 0, 40},
      {139, 100, 0, 40},
      {140, 100, 0, 40},
      {163, 100, 0, 200},
      {5000, 100, 0, 4899},
      {kPage - 10, 0, 0, 10},
      {kPage - 10, 0, 0, 11},
      {0, kPage - 10, 0, 11},
      {0, kPage - 10, 0, 200},
      {kPage - 100, 0, 0, 200},
      {0, kPage - 10, 0, 40},
      {kPage - 10, 0, 0, 40},
      {kPage, 0, 0, 4},
      {0, UINT32_MAX, 0, 4},
      {UINT32_MAX, 0, 1, 40},
      {0, UINT32_MAX, 1, 40},
      {0, 50, UINT32_MAX, 20},
      {0, 0xffffffc0, 0, 200},
      {200, 100, 0xffffffe0, 8},
      {0, 0, 0, kPage + 1},
      // For those that count down.
      {100, 300, 40, 0},
      {100, 300, 1, UINT32_MAX},
      {100, 300, 63, UINT32_MAX},
      {100, 300, 64, UINT32_MAX},
      {100, 300, 65, UINT32_MAX},
      {100, 300, 200, UINT32_MAX},
      {101, 100, 40, UINT32_MAX},
      {100, 101, 40, UINT32_MAX},
      {100, 100, 40, UINT32_MAX},
      {141, 100, 40, UINT32_MAX},
      {100, 141, 40, UINT32_MAX},
      {100, 163, 200, UINT32_MAX},
      {5000, 100, 4898, UINT32_MAX},
      {kPage - 41, 0, 40, UINT32_MAX},
      {kPage - 40, 0, 40, UINT32_MAX},
      {0, kPage - 40, 40, UINT32_MAX},
      {0, kPage - 41, 40, UINT32_MAX},
      {-21u, 300, 60, UINT32_MAX},
      {300, -21u, 60, UINT32_MAX},
      {-21u, 300, 200, UINT32_MAX},
      {300, -21u, 200, UINT32_MAX}};
  for (int shape = 0; shape < 128; ++shape) {
    const CopyLoop loop = {.is_less = (shape & 1) != 0,
                           .is_end_first = (shape & 3) == 2,
                           .is_counter_first = (shape & 4) != 0,
                           .place = CopyLoop::Place((shape >> 5) & 3),
                           .by_local = (shape & 8) != 0,
                           .load_offset = shape & 16 ? 3u : 0u,
                           .store_offset = shape & 16 ? 70000u : 0u};
    Functions functions({kI32, kI32, kI32, kI32, kI32}, {kI32},
                        /*pages=*/shape & 16 ? 3 : 1);
    LoopPair loops(&functions, loop.Make(Op::kI32Load8U),
                   loop.Make(Op::kI32Load8S), "LoopCopy");
    // All pairs of arguments and steps meet in one or the other shape.
    auto at = static_cast<size_t>(shape);
    for (Values args : all_args) {
      // By 2 or by nothing it is a loop like any other.
      constexpr uint64_t kSteps[] = {1, UINT32_MAX, 2, 0};
      args.push_back(kSteps[loop.by_local ? at++ % std::size(kSteps) : 0]);
      SCOPED_TRACE(absl::StrCat(shape, ": ", absl::StrJoin(args, " ")));
      ASSERT_NO_FATAL_FAILURE(loops.ExpectSame(args, kFuels));
    }
  }
}

// A loop that writes one byte everywhere, with a counter: parameters are to,
// the byte, counter, end. Down it goes on until a constant and counts first.
struct FillLoop {
  enum Way { kUpNe, kUpLtU, kDown } way = kUpNe;
  bool is_swapped = false;  // counter + to, end != counter
  bool is_constant = false;
  bool is_else = false;  // the loop goes on in the else-arm
  int32_t down_to = 0;
  uint32_t offset = 0;

  // `blocks` more between the loop and its head cost nothing. Behind so many
  // the head is not known any more and no rounds are made at once.
  Code Make(uint32_t blocks) const {
    Code code;
    code.Loop();
    for (uint32_t i = 0; i < blocks; ++i) code.Block();
    if (way == kDown) {
      code.Get(2).I32(down_to);
    } else {
      code.Get(is_swapped ? 3 : 2).Get(is_swapped ? 2 : 3);
    }
    const bool is_less = way == kUpLtU;
    if (is_else) {
      code.Op(is_less ? Op::kI32GeU : Op::kI32Eq).If().Else();
    } else {
      code.Op(is_less ? Op::kI32LtU : Op::kI32Ne).If();
    }
    if (way == kDown) code.Get(2).I32(-1).Op(Op::kI32Add).Set(2);
    code.Get(is_swapped ? 2 : 0).Get(is_swapped ? 0 : 2).Op(Op::kI32Add);
    is_constant ? code.I32(0xa5) : code.Get(1);
    code.Mem(Op::kI32Store8, 0, offset);
    if (way != kDown) code.Get(2).I32(1).Op(Op::kI32Add).Set(2);
    code.Br(1 + blocks).End();
    for (uint32_t i = 0; i < blocks; ++i) code.End();
    return code.End().Get(2);
  }
};

TEST(LoopsTest, LoopsThatFillBytes) {
  constexpr uint32_t kPage = 65536;
  constexpr uint64_t kByte = 0x1ee;
  const std::vector<Values> all_args = {{100, kByte, 0, 0},
                                        {100, kByte, 0, 1},
                                        {100, kByte, 0, 2},
                                        {100, kByte, 0, 3},
                                        {100, kByte, 0, 17},
                                        {100, kByte, 0, 65},
                                        {100, kByte, 0, 66},
                                        {100, kByte, 0, 1000},
                                        {100, kByte, 50, 90},
                                        {100, kByte, 90, 50},
                                        {kPage - 10, kByte, 0, 10},
                                        {kPage - 10, kByte, 0, 11},
                                        {kPage - 100, kByte, 0, 200},
                                        {kPage, kByte, 0, 4},
                                        {UINT32_MAX, kByte, 1, 40},
                                        {UINT32_MAX, kByte, 0, 40},
                                        {200, kByte, 0xffffffe0, 8},
                                        {0, kByte, 0, kPage + 1},
                                        // For those that count down.
                                        {100, kByte, 1, 0},
                                        {100, kByte, 2, 0},
                                        {100, kByte, 65, 0},
                                        {100, kByte, 66, 0},
                                        {100, kByte, 67, 0},
                                        {100, kByte, 1000, 0},
                                        {kPage - 40, kByte, 40, 0},
                                        {kPage - 40, kByte, 41, 0},
                                        {0, kByte, 40, 0},
                                        {-20u, kByte, 60, 0},
                                        {-20u, kByte, 200, 0},
                                        {-20u, kByte, 20, 0},
                                        {0, kByte, kPage, 0},
                                        {0, kByte, kPage + 1, 0}};
  for (int shape = 0; shape < 96; ++shape) {
    const FillLoop loop = {.way = FillLoop::Way(shape % 3),
                           .is_swapped = (shape & 1) != 0 && shape % 3 != 1,
                           .is_constant = (shape & 2) != 0,
                           .is_else = (shape & 4) != 0,
                           .down_to = shape & 8 ? 0 : -3,
                           .offset = shape & 16 ? 70000u : 0u};
    Functions functions({kI32, kI32, kI32, kI32}, {kI32},
                        /*pages=*/shape & 16 ? 3 : 1);
    LoopPair loops(&functions, loop.Make(0), loop.Make(8), "LoopFill");
    for (const Values& args : all_args) {
      SCOPED_TRACE(absl::StrCat(shape, ": ", absl::StrJoin(args, " ")));
      ASSERT_NO_FATAL_FAILURE(loops.ExpectSame(args, kFuels));
    }
  }
}

// Loops that look like those that fill but do something else.
TEST(LoopsTest, LoopsThatFillOtherwise) {
  // The locals that are added up to the address, which one is written, and
  // what the counter, local 2, counts by.
  struct Shape {
    uint32_t to[2];
    uint32_t byte;
    int32_t step;
  };
  constexpr Shape kShapes[] = {
      {{0, 1}, 1, 1},   // one place
      {{2, 2}, 1, 1},   // every second place
      {{0, 2}, 2, 1},   // the counter itself
      {{0, 2}, 1, 2},   // every second place
      {{0, 2}, 1, -1},  // backwards, counted last
  };
  Functions functions({kI32, kI32, kI32, kI32}, {kI32});
  for (const Shape& s : kShapes) {
    Code code;
    code.Loop().Get(2).Get(3).Op(Op::kI32Ne).If();
    code.Get(s.to[0]).Get(s.to[1]).Op(Op::kI32Add).Get(s.byte);
    code.Mem(Op::kI32Store8, 0, 0);
    code.Get(2).I32(s.step).Op(Op::kI32Add).Set(2).Br(1).End().End().Get(2);
    functions.Add({}, code);
  }
  // The address is kept in what is added up next time, is the counter, or can
  // be seen in a local wherever the loop stops.
  for (const uint32_t kept : {0u, 2u, 4u}) {
    Code code;
    code.Loop().Get(2).Get(3).Op(Op::kI32Ne).If();
    code.Get(0).Get(2).Op(Op::kI32Add).Tee(kept).Get(1);
    code.Mem(Op::kI32Store8, 0, 0);
    code.Get(2).I32(1).Op(Op::kI32Add).Set(2).Br(1).End().End().Get(2);
    functions.Add({kI32}, code);
  }
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  for (uint32_t f = 0; f < std::size(kShapes) + 3; ++f) {
    EXPECT_EQ(interp::CodeText(module.code(), f).find("LoopFill"),
              std::string::npos)
        << f;
  }
}

// Loops that look alike but do something else.
TEST(LoopsTest, LoopsThatCopyOtherwise) {
  // The locals that are added up to the store's and the load's address, and
  // what the counter counts by.
  struct Shape {
    uint32_t to[2];
    uint32_t from[2];
    int32_t step;
  };
  constexpr Shape kShapes[] = {
      {{0, 1}, {1, 2}, 1},   // one place
      {{0, 2}, {1, 0}, 1},   // one byte
      {{2, 2}, {1, 2}, 1},   // every second place
      {{0, 2}, {2, 2}, 1},   // every second byte
      {{0, 2}, {1, 2}, 2},   // every second byte to every second place
      {{0, 2}, {1, 2}, -1},  // backwards
  };
  Functions functions({kI32, kI32, kI32, kI32}, {kI32});
  for (const Shape& s : kShapes) {
    Code code;
    code.Loop().Get(2).Get(3).Op(Op::kI32Ne).If();
    code.Get(s.to[0]).Get(s.to[1]).Op(Op::kI32Add);
    code.Get(s.from[0]).Get(s.from[1]).Op(Op::kI32Add);
    code.Mem(Op::kI32Load8U, 0, 0).Mem(Op::kI32Store8, 0, 0);
    code.Get(2).I32(s.step).Op(Op::kI32Add).Set(2).Br(1).End().End().Get(2);
    functions.Add({}, code);
  }
  // With one instruction more at its end, which counts the rounds.
  Code counting;
  counting.Loop().Get(2).Get(3).Op(Op::kI32Ne).If();
  counting.Get(0).Get(2).Op(Op::kI32Add).Get(1).Get(2).Op(Op::kI32Add);
  counting.Mem(Op::kI32Load8U, 0, 0).Mem(Op::kI32Store8, 0, 0);
  counting.Get(2).I32(1).Op(Op::kI32Add).Set(2);
  counting.Get(4).I32(1).Op(Op::kI32Add).Set(4).Br(1).End().End().Get(4);
  const std::string rounds = functions.Add({kI32}, counting);
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  for (uint32_t f = 0; f <= std::size(kShapes); ++f) {
    EXPECT_EQ(interp::CodeText(module.code(), f).find("LoopCopy"),
              std::string::npos)
        << f;
  }
  Machine machine(1000);
  EXPECT_EQ(machine.Call(machine.Instantiate(module), rounds,
                         Values{100, 300, 5, 90}),
            Returned({85}));
}

}  // namespace
}  // namespace ashlar::compile
