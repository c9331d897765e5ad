// Loops that copy or fill memory and count pointers: all their rounds are made
// at once, and leave behind what single rounds do.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/compile/test_loops.h"
#include "engine/compile/test_machine.h"
#include "engine/compile/test_programs.h"
#include "engine/interp/code_text.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::compile {
namespace {

using testing::Code;
using testing::CompiledModule;
using testing::Functions;
using testing::LoopPair;
using testing::Op;
using testing::ValType;
using testing::Values;

constexpr ValType kI32 = ValType::kI32;
constexpr uint32_t kPage = 65536;
constexpr uint64_t kPlenty = 10'000'000;

// Parameters, and locals: what is filled with, as an i64, and what is added to
// pointers and the counter.
enum Local : uint32_t {
  kTo,
  kFrom,
  kCounter,
  kEnd,
  kValue,
  kWide,
  kWidth,
  kStep
};
const std::vector<ValType> kParams(5, kI32);
const std::vector<ValType> kLocals = {ValType::kI64, kI32, kI32};

struct PointerLoop {
  enum What { kCopy, kFill, kFillConstant } what = kCopy;
  uint32_t width = 1;  // 1, 4 or 8 bytes a round
  // What the branch back compares: with the local kEnd (below), or `until`.
  Local compared = kTo;
  bool is_below = true;
  int32_t until = 0;
  int32_t step = -1;            // of the counter
  bool is_source_first = true;  // the order of the additions
  uint32_t load_offset = 0;
  uint32_t store_offset = 0;

  bool Counts() const { return compared == kCounter; }
  const char* Operation() const {
    if (what == kCopy) return is_below ? "PointerCopyLtU" : "PointerCopyNe";
    if (what == kFill) return is_below ? "PointerFillLtU_S" : "PointerFillNe_S";
    return is_below ? "PointerFillLtU_I" : "PointerFillNe_I";
  }

  // As compilers make it, or with additions of locals: then no rounds are made
  // at once.
  Code Make(bool is_known) const {
    Code code;
    const auto by = static_cast<int32_t>(width);
    const auto add = [&](Local local, bool tee) {
      const bool is_step = local == kCounter;
      code.Get(local);
      is_known ? code.I32(is_step ? step : by)
               : code.Get(is_step ? kStep : kWidth);
      code.Op(Op::kI32Add);
      tee ? code.Tee(local) : code.Set(local);
    };
    code.I32(by).Set(kWidth).I32(step).Set(kStep);
    code.Get(kValue).Op(Op::kI64ExtendI32U).I64(0x1234567800000001);
    code.Op(Op::kI64Mul).Set(kWide).Loop().Get(kTo);
    if (what == kCopy) {
      code.Get(kFrom).Mem(LoadOp(), 0, load_offset);
    } else if (what == kFillConstant) {
      width == 8 ? code.I64(-300) : code.I32(-300);
    } else {
      code.Get(width == 8 ? kWide : kValue);
    }
    code.Mem(StoreOp(), 0, store_offset);
    std::vector<Local> pointers = {kTo};
    if (what == kCopy) pointers.push_back(kFrom);
    if (is_source_first) std::reverse(pointers.begin(), pointers.end());
    for (const Local pointer : pointers) {
      if (pointer != compared) add(pointer, false);
    }
    add(compared, true);
    if (is_below) code.Get(kEnd).Op(Op::kI32LtU);
    if (!is_below && until != 0) code.I32(until).Op(Op::kI32Ne);
    code.BrIf(0).End();
    code.Get(kTo).I32(3).Op(Op::kI32Mul).Get(kFrom).Op(Op::kI32Add);
    return code.I32(5).Op(Op::kI32Mul).Get(kCounter).Op(Op::kI32Add);
  }

  Op LoadOp() const {
    return width == 1   ? Op::kI32Load8U
           : width == 4 ? Op::kI32Load
                        : Op::kI64Load;
  }
  Op StoreOp() const {
    return width == 1   ? Op::kI32Store8
           : width == 4 ? Op::kI32Store
                        : Op::kI64Store;
  }
  std::string Name() const {
    return absl::StrCat(Operation(), " width ", width, " compares ", compared,
                        " step ", step, " until ", until);
  }
};

class Pair {
 public:
  explicit Pair(const PointerLoop& loop, uint32_t pages = 1)
      : loop_(loop),
        functions_(kParams, {kI32}, pages),
        pair_(&functions_, loop.Make(true), loop.Make(false), loop.Operation(),
              kLocals) {}

  // So many rounds from these places on, but from another one where a pointer's
  // end is a constant; the end is off by `past`.
  Values Args(uint32_t to, uint32_t from, uint32_t rounds,
              int32_t past = 0) const {
    uint32_t counter = 77;
    uint32_t end = 78;
    if (loop_.Counts()) {
      const uint32_t all = rounds * static_cast<uint32_t>(loop_.step) +
                           static_cast<uint32_t>(past);
      end = loop_.is_below ? 5 + all : static_cast<uint32_t>(loop_.until);
      counter = end - all;
    } else {
      const uint32_t all = rounds * loop_.width + static_cast<uint32_t>(past);
      uint32_t& compared = loop_.compared == kTo ? to : from;
      if (!loop_.is_below) compared = loop_.until - all;
      end = compared + all;
    }
    return {to, from, counter, end, 0x9abcdef1};
  }
  void ExpectSame(const Values& args, uint64_t fuel = kPlenty) {
    SCOPED_TRACE(absl::StrCat(loop_.Name(), ": ", absl::StrJoin(args, " ")));
    pair_.ExpectSame(args, fuel);
  }
  void ExpectSameAtAnyFuel(const Values& args) {
    SCOPED_TRACE(absl::StrCat(loop_.Name(), ": ", absl::StrJoin(args, " ")));
    const uint64_t used = pair_.ExpectSame(args, kPlenty);
    for (uint64_t fuel = 0; fuel < used; ++fuel) pair_.ExpectSame(args, fuel);
  }

 private:
  PointerLoop loop_;
  Functions functions_;
  LoopPair pair_;
};

// All that are known, without offsets.
std::vector<PointerLoop> AllLoops() {
  std::vector<PointerLoop> loops;
  for (const uint32_t width : {1u, 4u, 8u}) {
    for (const auto what :
         {PointerLoop::kCopy, PointerLoop::kFill, PointerLoop::kFillConstant}) {
      const PointerLoop loop = {.what = what, .width = width};
      loops.push_back(loop);
      if (what == PointerLoop::kCopy) {
        loops.push_back(loop);
        loops.back().compared = kFrom;
      }
      const auto add_counted = [&](bool is_below, int32_t step, int32_t until) {
        loops.push_back(loop);
        loops.back().compared = kCounter;
        loops.back().is_below = is_below;
        loops.back().step = step;
        loops.back().until = until;
        loops.back().is_source_first = step > 0;
      };
      add_counted(true, 1, 0);
      add_counted(true, 4, 0);
      add_counted(false, -1, 0);
      add_counted(false, -1, -300);
      add_counted(false, 1, 300);
      add_counted(false, -8, 0);
      add_counted(false, 2, 0);
    }
  }
  // Until a pointer has a constant value.
  for (const Local compared : {kTo, kFrom}) {
    loops.push_back({.compared = compared, .is_below = false, .until = 20000});
  }
  return loops;
}

TEST(PointerLoopsTest, AnyNumberOfRounds) {
  for (const PointerLoop& loop : AllLoops()) {
    Pair pair(loop);
    for (uint32_t rounds = 1; rounds <= 70; ++rounds) {
      pair.ExpectSame(pair.Args(3000, 1001, rounds));
    }
    for (const uint32_t rounds : {71u, 500u, 3000u}) {
      pair.ExpectSame(pair.Args(5001, 33000, rounds));
    }
  }
}

TEST(PointerLoopsTest, AnyFuel) {
  for (const PointerLoop& loop : AllLoops()) {
    Pair pair(loop);
    for (const uint32_t rounds : {1, 2, 3, 9, 20}) {
      pair.ExpectSameAtAnyFuel(pair.Args(200, 600, rounds));
    }
    const uint32_t many = 4000 / loop.width;
    for (uint64_t fuel = 2000; fuel < 2050; ++fuel) {
      pair.ExpectSame(pair.Args(9000, 20000, many), fuel);
    }
  }
}

// One past the end, and places where ends of different rounds lie.
TEST(PointerLoopsTest, EndsThatAreNotMet) {
  for (const PointerLoop& loop : AllLoops()) {
    Pair pair(loop);
    for (const int32_t past : {-9, -4, -3, -1, 1, 2, 3, 5, 7}) {
      for (const uint32_t rounds : {0u, 1u, 2u, 10u}) {
        pair.ExpectSame(pair.Args(500, 900, rounds, past), 3000);
      }
    }
    pair.ExpectSame(pair.Args(500, 900, 0), 3000);
    pair.ExpectSame(pair.Args(500, 900, 0));
    pair.ExpectSame(pair.Args(500, 900, 0xffffffff));
  }
}

TEST(PointerLoopsTest, OverlappingPlaces) {
  for (const PointerLoop& loop : AllLoops()) {
    if (loop.what != PointerLoop::kCopy) continue;
    Pair pair(loop);
    for (int32_t distance = -9; distance <= 9; ++distance) {
      for (const uint32_t rounds : {1, 2, 3, 8, 9, 10, 40, 300}) {
        pair.ExpectSame(
            pair.Args(1000, 1000 + static_cast<uint32_t>(distance), rounds));
      }
    }
    for (const uint32_t distance : {15u, 16u, 17u, 31u, 63u, 64u, 65u, 500u}) {
      for (const uint32_t bytes : {16u, 32u, 64u, 72u, 504u, 1600u}) {
        pair.ExpectSame(
            pair.Args(3000 + distance, 3000, bytes / loop.width + 1));
        pair.ExpectSame(
            pair.Args(3000, 3000 + distance, bytes / loop.width + 1));
      }
    }
  }
}

// Of the memory, and of the addresses.
TEST(PointerLoopsTest, PlacesBeyondTheEnd) {
  for (PointerLoop loop : AllLoops()) {
    for (const bool is_far : {false, true}) {
      if (is_far) {
        loop.load_offset = kPage + 3;
        loop.store_offset = 2 * kPage - 9;
      }
      Pair pair(loop, is_far ? 3 : 1);
      for (const uint32_t rounds : {1u, 2u, 5u, 7u, 40u, 200u}) {
        const uint32_t bytes = rounds * loop.width;
        for (const uint32_t end : {kPage - 8, kPage, kPage + 1, kPage + 9,
                                   2 * kPage, 0u, 1u, 9u, uint32_t(-9)}) {
          for (const uint32_t before : {bytes - 1, bytes, bytes / 2}) {
            pair.ExpectSame(pair.Args(end - before, 100, rounds));
            pair.ExpectSame(pair.Args(100, end - before, rounds));
            pair.ExpectSame(pair.Args(end - before, end - before, rounds));
          }
        }
      }
    }
  }
}

// In which order the pointers are added to makes no difference.
TEST(PointerLoopsTest, AnyOrderOfAdditions) {
  for (const bool is_source_first : {false, true}) {
    Pair pair({.compared = kCounter,
               .is_below = false,
               .is_source_first = is_source_first});
    pair.ExpectSameAtAnyFuel(pair.Args(200, 600, 20));
  }
}

// More than one slice of fuel, and no end.
TEST(PointerLoopsTest, LongLoops) {
  for (const uint32_t width : {1u, 4u, 8u}) {
    for (const auto what :
         {PointerLoop::kCopy, PointerLoop::kFill, PointerLoop::kFillConstant}) {
      Pair pair({.what = what, .width = width}, /*pages=*/64);
      const uint32_t rounds = 32 * kPage / width - 5;
      pair.ExpectSame(pair.Args(16 * kPage + 40, 3, rounds), 200'000'000);
      pair.ExpectSame(pair.Args(17, 20 * kPage, rounds), 20'000'000);
      pair.ExpectSame(pair.Args(33 * kPage, 20 * kPage, rounds), 200'000'000);
    }
  }
}

// Loops that look like those and do something else.
TEST(PointerLoopsTest, LoopsThatDoSomethingElse) {
  Functions functions(kParams, {kI32});
  std::vector<std::string> names;
  const auto add_loop = [&](const char* name, const Code& body) {
    names.push_back(name);
    functions.Add(kLocals, Code().Loop().Raw(body.bytes()).End().Get(kTo));
  };
  constexpr uint32_t kOther = kWidth;
  const auto add = [](uint32_t dst, uint32_t slot, int32_t by) {
    return Code().Get(slot).I32(by).Op(Op::kI32Add).Set(dst);
  };
  const auto until = [](uint32_t local, int32_t by) {
    return Code().Get(local).I32(by).Op(Op::kI32Add).Tee(local).BrIf(0);
  };
  const auto below = [](uint32_t dst, uint32_t slot, int32_t by, uint32_t end) {
    Code code;
    code.Get(slot).I32(by).Op(Op::kI32Add).Tee(dst);
    return code.Get(end).Op(Op::kI32LtU).BrIf(0);
  };
  const auto join = [](const std::vector<Code>& parts) {
    Code code;
    for (const Code& part : parts) code.Raw(part.bytes());
    return code;
  };
  const auto copy = [](uint32_t to, uint32_t from, Op load = Op::kI32Load8U) {
    return Code().Get(to).Get(from).Mem(load, 0, 0).Mem(Op::kI32Store8, 0, 0);
  };
  const auto fill = [](uint32_t to, uint32_t value) {
    return Code().Get(to).Get(value).Mem(Op::kI32Store8, 0, 0);
  };
  const Code up_from = add(kFrom, kFrom, 1);
  const Code up_to = add(kTo, kTo, 1);
  const Code to_end = below(kTo, kTo, 1, kEnd);

  add_loop("another load",
           join({copy(kTo, kFrom, Op::kI32Load8S), up_from, to_end}));
  add_loop("the load's width",
           join({copy(kTo, kFrom, Op::kI32Load), add(kFrom, kFrom, 4),
                 below(kTo, kTo, 4, kEnd)}));
  add_loop("what is loaded is dropped",
           join({Code().Get(kFrom).Mem(Op::kI32Load8U, 0, 0).Op(Op::kDrop),
                 fill(kTo, kValue), up_from, to_end}));
  add_loop("what is loaded is kept", join({Code()
                                               .Get(kTo)
                                               .Get(kFrom)
                                               .Mem(Op::kI32Load8U, 0, 0)
                                               .Tee(kOther)
                                               .Mem(Op::kI32Store8, 0, 0),
                                           up_from, to_end}));
  add_loop("one byte", join({copy(kTo, kFrom), to_end}));
  add_loop("to one place",
           join({copy(kTo, kFrom), up_from, until(kCounter, -1)}));
  add_loop("from one place",
           join({copy(kTo, kFrom), up_to, until(kCounter, -1)}));
  add_loop("every second byte",
           join({copy(kTo, kFrom), add(kFrom, kFrom, 2), to_end}));
  add_loop("to every second place",
           join({copy(kTo, kFrom), up_from, below(kTo, kTo, 2, kEnd)}));
  add_loop("backwards",
           join({copy(kTo, kFrom), add(kFrom, kFrom, -1), to_end}));
  add_loop("to every second place, in two steps",
           join({copy(kTo, kFrom), up_to, up_from, to_end}));
  add_loop(
      "every second byte, in two steps",
      join({copy(kTo, kFrom), up_from, up_to, below(kFrom, kFrom, 1, kEnd)}));
  add_loop("one pointer", join({copy(kTo, kTo), to_end}));
  add_loop("one pointer, twice", join({copy(kTo, kTo), up_to, to_end}));
  add_loop("another local's sum",
           join({copy(kTo, kFrom), add(kFrom, kOther, 1), to_end}));
  add_loop("another local's sum at the end",
           join({copy(kTo, kFrom), up_from, below(kTo, kOther, 1, kEnd)}));
  add_loop("another local's sum counts",
           join({copy(kTo, kFrom), up_from, up_to,
                 below(kCounter, kOther, 1, kEnd)}));
  add_loop("one more",
           join({copy(kTo, kFrom), up_from, add(kOther, kOther, 1), to_end}));
  add_loop(
      "something else",
      join({copy(kTo, kFrom), up_from,
            Code().Get(kOther).I32(1).Op(Op::kI32Mul).Set(kOther), to_end}));
  add_loop("the end is a pointer",
           join({copy(kTo, kFrom), up_from, below(kTo, kTo, 1, kFrom)}));
  add_loop("the end is the pointer",
           join({copy(kTo, kFrom), up_from, below(kTo, kTo, 1, kTo)}));
  add_loop("the end is the counter",
           join({copy(kTo, kFrom), up_from, up_to,
                 below(kCounter, kCounter, 1, kCounter)}));
  add_loop("a counter that stays",
           join({copy(kTo, kFrom), up_from, up_to, until(kCounter, 0)}));
  add_loop("a counter by 3",
           join({copy(kTo, kFrom), up_from, up_to, until(kCounter, 3)}));
  add_loop("a counter that goes down",
           join({copy(kTo, kFrom), up_from, up_to,
                 below(kCounter, kCounter, -1, kEnd)}));
  add_loop("another comparison",
           join({copy(kTo, kFrom), up_from,
                 Code().Get(kTo).I32(1).Op(Op::kI32Add).Tee(kTo).Get(kEnd),
                 Code().Op(Op::kI32LtS).BrIf(0)}));
  add_loop("the address is filled in", join({fill(kTo, kTo), to_end}));
  add_loop("the counter is filled in",
           join({fill(kTo, kCounter), up_to, until(kCounter, -1)}));
  add_loop("one place is filled",
           join({fill(kTo, kValue), until(kCounter, -1)}));
  add_loop("two places are filled",
           join({fill(kTo, kValue), fill(kTo, kValue), to_end}));
  add_loop("nothing", to_end);
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  for (uint32_t f = 0; f < names.size(); ++f) {
    EXPECT_FALSE(
        absl::StrContains(interp::CodeText(module.code(), f), "Pointer"))
        << names[f];
  }
}

}  // namespace
}  // namespace ashlar::compile
