// Instructions that take the place of several, and values that stand in the
// float accumulators: each program against plain C++, and the charges of
// fused branches one by one.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "engine/compile/compile.h"
#include "engine/compile/test_machine.h"
#include "engine/interp/code_text.h"
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
using testing::OutOfFuelBy;
using testing::Returned;
using testing::Trapped;
using testing::ValType;
using Types = std::vector<ValType>;
using Values = std::vector<uint64_t>;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;
constexpr ValType kF32 = ValType::kF32;
constexpr ValType kF64 = ValType::kF64;

constexpr Op kComparisons32[] = {
    Op::kI32Eq,  Op::kI32Ne,  Op::kI32LtS, Op::kI32LtU, Op::kI32GtS,
    Op::kI32GtU, Op::kI32LeS, Op::kI32LeU, Op::kI32GeS, Op::kI32GeU};
constexpr Op kComparisons64[] = {
    Op::kI64Eq,  Op::kI64Ne,  Op::kI64LtS, Op::kI64LtU, Op::kI64GtS,
    Op::kI64GtU, Op::kI64LeS, Op::kI64LeU, Op::kI64GeS, Op::kI64GeU};

// The comparison of that number, as either array counts.
template <typename S, typename U>
bool Holds(int comparison, U x, U y) {
  const auto a = static_cast<S>(x);
  const auto b = static_cast<S>(y);
  switch (comparison) {
    case 0:
      return x == y;
    case 1:
      return x != y;
    case 2:
      return a < b;
    case 3:
      return x < y;
    case 4:
      return a > b;
    case 5:
      return x > y;
    case 6:
      return a <= b;
    case 7:
      return x <= y;
    case 8:
      return a >= b;
    default:
      return x >= y;
  }
}

// A module with functions of one type, exported as f0, f1, ...
class Functions {
 public:
  Functions(const Types& params, const Types& results, uint32_t pages = 1) {
    module_.Memory({pages, {}});
    module_.Global(kI32, true, Code().I32(40).End());
    module_.Global(kI32, true, Code().I32(50).End());
    module_.Global(kF64, true, Code().F64(0).End());
    type_ = module_.Type(params, results);
  }
  std::string Add(const Types& locals, const Code& code) {
    const std::string name = "f" + std::to_string(count_++);
    module_.Export(name, ExternKind::kFunc,
                   module_.Func(type_, locals, Code(code).End()));
    return name;
  }
  std::vector<uint8_t> Build() { return module_.Build(); }

 private:
  ModuleBuilder module_;
  uint32_t type_ = 0;
  int count_ = 0;
};

// x + addend stands in local 0, or nowhere, when it is compared.
struct Sum {
  std::string name;
  int comparison;
  int32_t addend;
  bool keeps;
};

constexpr int32_t kAddends[] = {1, -1, 0, 32767, -32768, 32768, -32769};

template <typename S, typename U>
void CheckSums(ValType type, const Op (&comparisons)[10], Op add) {
  const bool wide = type == kI64;
  Functions functions({type, type}, {type});
  std::vector<Sum> sums;
  const auto constant = [&](Code* code, int32_t value) {
    wide ? code->I64(value) : code->I32(value);
  };
  for (int c = 0; c < 10; ++c) {
    for (int32_t addend : kAddends) {
      for (bool keeps : {false, true}) {
        for (bool inverted : {false, true}) {
          // {sum, or x where it was not kept} if the branch is taken, else
          // that and 1 more.
          Code code;
          code.Block().Get(0);
          constant(&code, addend);
          code.Op(add);
          if (keeps) code.Tee(0);
          code.Get(1).Op(comparisons[c]);
          if (inverted) {
            code.If().Else();
            code.Get(0);
            constant(&code, 1);
            code.Op(add).Return().End().Br(0);
          } else {
            code.BrIf(0).Get(0);
            constant(&code, 1);
            code.Op(add).Return();
          }
          code.End().Get(0);
          sums.push_back({functions.Add({}, code), c, addend, keeps});
        }
      }
    }
  }
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  const U min = U{1} << (8 * sizeof(U) - 1);
  for (const Sum& sum : sums) {
    for (U x : {U{0}, U{1}, U(min - 1), min, U(~U{0})}) {
      const U added = x + static_cast<U>(static_cast<S>(sum.addend));
      for (U y : {U{0}, added, U(added + 1), U(added - 1), min}) {
        const U left = sum.keeps ? added : x;
        const bool taken = Holds<S>(sum.comparison, added, y);
        const U want = left + !taken;
        EXPECT_EQ(machine.Call(instance, sum.name, Values{x, y}),
                  Returned({want}))
            << sum.name << " comparison " << sum.comparison << " of " << x
            << " + " << sum.addend << " and " << y;
      }
    }
  }
}

TEST(FuseTest, SumsAreComparedAndKept) {
  CheckSums<int32_t, uint32_t>(kI32, kComparisons32, Op::kI32Add);
  CheckSums<int64_t, uint64_t>(kI64, kComparisons64, Op::kI64Add);
}

// The sum itself, or its being zero, is the condition; small and large
// addends, and a sum that something stands between.
TEST(FuseTest, SumsAreConditions) {
  Functions functions({kI32, kI32}, {kI32});
  const auto tail = [](Code code) {
    return code.I32(1).Return().End().Get(0).I32(10).Op(Op::kI32Add);
  };
  const auto sum = [](int32_t addend) {
    return Code().Block().Get(0).I32(addend).Op(Op::kI32Add).Tee(0);
  };
  const std::string plain = functions.Add({}, tail(sum(-1).BrIf(0)));
  const std::string large = functions.Add({}, tail(sum(-70000).BrIf(0)));
  const std::string zero =
      functions.Add({}, tail(sum(-1).Op(Op::kI32Eqz).BrIf(0)));
  const std::string between =
      functions.Add({}, tail(sum(-1).I32(7).Set(1).BrIf(0)));
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  for (uint64_t x : {0, 1, 2, 70000, 70001}) {
    const auto sum1 = static_cast<uint32_t>(x - 1);
    const auto sum2 = static_cast<uint32_t>(x - 70000);
    const auto ending = [](bool taken, uint32_t sum) {
      return Returned({taken ? static_cast<uint32_t>(sum + 10) : 1});
    };
    EXPECT_EQ(machine.Call(instance, plain, Values{x, 0}),
              ending(sum1 != 0, sum1));
    EXPECT_EQ(machine.Call(instance, large, Values{x, 0}),
              ending(sum2 != 0, sum2));
    EXPECT_EQ(machine.Call(instance, zero, Values{x, 0}),
              ending(sum1 == 0, sum1));
    EXPECT_EQ(machine.Call(instance, between, Values{x, 0}),
              ending(sum1 != 0, sum1));
  }
}

// By each constant divisor, of a value in a slot and of one just made; the
// divisor is looked at after the dividend, which may be a constant, too.
TEST(FuseTest, UnsignedDivisionByConstants) {
  std::vector<uint32_t> divisors = {
      0,           1,           2,           3,           5,
      7,           9,           10,          11,          100,
      641,         1000,        10000,       65535,       65536,
      1000000,     1000000000u, 0x7fffffffu, 0x80000000u, 0x80000001u,
      0xaaaaaaabu, 0xfffffffeu, 0xffffffffu};
  for (uint32_t d = 3; d < 0xc0000000u; d = d * 3 + 1) divisors.push_back(d);
  Functions functions({kI32}, {kI32});
  struct Division {
    uint32_t divisor;
    std::string quotient[2];
    std::string remainder[2];
  };
  std::vector<Division> divisions;
  const auto add = [&](Op op, uint32_t divisor, bool made) {
    Code code = Code().Get(0);
    if (made) code.I32(1).Op(Op::kI32Add);
    code.I32(static_cast<int32_t>(divisor)).Op(op);
    return functions.Add({}, code);
  };
  for (const uint32_t d : divisors) {
    divisions.push_back(
        {d,
         {add(Op::kI32DivU, d, false), add(Op::kI32DivU, d, true)},
         {add(Op::kI32RemU, d, false), add(Op::kI32RemU, d, true)}});
  }
  const std::string constants =
      functions.Add({}, Code().I32(-3).I32(7).Op(Op::kI32RemU));
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  for (const Division& division : divisions) {
    const uint32_t d = division.divisor;
    std::vector<uint32_t> values = {
        0, 1, 2, 0x7fffffffu, 0x80000000u, 0xfffffffeu, 0xffffffffu};
    for (const uint32_t k : {1u, 2u, 3u, 1000u, 0x7fffffffu}) {
      for (const uint32_t delta : {0u, 1u, 2u}) values.push_back(d * k - delta);
    }
    for (const uint32_t x : values) {
      for (const uint32_t made : {0u, 1u}) {
        const uint32_t value = x + made;
        const Ending zero = Trapped(interp::Trap::kIntegerDivideByZero);
        const std::vector<uint64_t> args = {x};
        EXPECT_EQ(machine.Call(instance, division.quotient[made], args),
                  d == 0 ? zero : Returned({value / d}))
            << value << " / " << d;
        EXPECT_EQ(machine.Call(instance, division.remainder[made], args),
                  d == 0 ? zero : Returned({value % d}))
            << value << " % " << d;
      }
    }
  }
  EXPECT_EQ(machine.Call(instance, constants, Values{0}),
            Returned({0xfffffffdu % 7}));
}

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

TEST(FuseTest, LoopsThatBeginWithATest) {
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
TEST(FuseTest, ChargesOfALoopThatBeginsWithATest) {
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

// Globals 0 and 1 begin with 40 and 50; f(x, y).
Ending Eval(const Code& code, const Values& args) {
  Functions functions({kI32, kI32}, {kI32});
  const std::string f = functions.Add(Types(4, kI32), code);
  const CompiledModule module(functions.Build());
  EXPECT_EQ(module.error(), "");
  Machine machine(1000);
  return machine.Call(machine.Instantiate(module), f, args);
}

Code& Global(Code* code, Op op, uint32_t index) { return code->Op(op, index); }

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

TEST(FuseTest, LoopsThatGoOnWhereTheirHeadIsTaken) {
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

// What a loop leaves behind, and how it ended.
std::pair<Ending, std::vector<uint8_t>> RunCopyLoop(Machine* machine,
                                                    interp::Instance* instance,
                                                    const std::string& name,
                                                    const Values& args,
                                                    uint64_t fuel) {
  const absl::Span<uint8_t> memory =
      instance->memory->Slice(0, instance->memory->size_bytes());
  for (size_t i = 0; i < memory.size(); ++i) {
    memory[i] = static_cast<uint8_t>(i * 7 + i / 256);
  }
  Ending ending = machine->Call(instance, name, args, fuel);
  return {std::move(ending), {memory.begin(), memory.end()}};
}

TEST(FuseTest, LoopsThatCopyBytes) {
  constexpr uint32_t kPage = 65536;
  const std::vector<Values> all_args = {
      {100, 300, 0, 0},          {100, 300, 0, 1},
      {100, 300, 0, 2},          {100, 300, 0, 3},
      {100, 300, 0, 17},         {100, 300, 0, 65},
      {100, 300, 0, 66},         {100, 300, 0, 1000},
      {100, 300, 50, 90},        {100, 300, 90, 50},  // round the counter
      {100, 100, 0, 40},         {101, 100, 0, 40},   // overlapping
      {100, 101, 0, 40},         {139, 100, 0, 40},
      {140, 100, 0, 40},         {163, 100, 0, 200},
      {5000, 100, 0, 4899},      {kPage - 10, 0, 0, 10},
      {kPage - 10, 0, 0, 11},    {0, kPage - 10, 0, 11},
      {0, kPage - 10, 0, 200},   {kPage - 100, 0, 0, 200},
      {0, kPage - 10, 0, 40},    {kPage - 10, 0, 0, 40},
      {kPage, 0, 0, 4},          {0, UINT32_MAX, 0, 4},
      {UINT32_MAX, 0, 1, 40},    {0, UINT32_MAX, 1, 40},
      {0, 50, UINT32_MAX, 20},   {0, 0xffffffc0, 0, 200},
      {200, 100, 0xffffffe0, 8}, {0, 0, 0, kPage + 1}};
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
    const std::string fast = functions.Add({}, loop.Make(Op::kI32Load8U));
    const std::string slow = functions.Add({}, loop.Make(Op::kI32Load8S));
    const CompiledModule module(functions.Build());
    ASSERT_EQ(module.error(), "");
    EXPECT_NE(interp::CodeText(module.code(), 0).find("LoopCopy"),
              std::string::npos)
        << shape;
    EXPECT_EQ(interp::CodeText(module.code(), 1).find("LoopCopy"),
              std::string::npos);
    Machine machine(1000);
    interp::Instance* instance = machine.Instantiate(module);
    for (Values args : all_args) {
      // By 2 or by nothing it is a loop like any other.
      const uint64_t steps[] = {1, 1, 2, 0};
      args.push_back(steps[shape & 8 ? args[0] % 4 : 0]);
      for (const uint64_t fuel :
           {uint64_t{1000000}, uint64_t{100}, uint64_t{300}, uint64_t{301},
            uint64_t{302}, uint64_t{315}, uint64_t{1500}, uint64_t{4000}}) {
        const auto want = RunCopyLoop(&machine, instance, slow, args, fuel);
        const auto got = RunCopyLoop(&machine, instance, fast, args, fuel);
        ASSERT_EQ(got.first, want.first)
            << shape << " " << args[0] << " " << args[3] << " " << fuel;
        ASSERT_EQ(got.first.fuel_used, want.first.fuel_used);
        ASSERT_TRUE(got.second == want.second) << shape << " " << args[0];
      }
    }
  }
}

// Loops that look alike but do something else.
TEST(FuseTest, LoopsThatCopyOtherwise) {
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

TEST(FuseTest, GlobalsThatAreAddedTo) {
  const auto get = [](Code code, uint32_t g) {
    return Global(&code, Op::kGlobalGet, g);
  };
  const auto set = [](Code code, uint32_t g) {
    return Global(&code, Op::kGlobalSet, g);
  };
  const auto add = [](Code code, int32_t n) {
    return code.I32(n).Op(Op::kI32Add);
  };
  // A stack pointer: down, kept in a local, up again.
  Code down = set(add(get(Code(), 0), -16).Tee(2), 0);
  EXPECT_EQ(Eval(get(down, 0).I32(100).Op(Op::kI32Mul).Get(2).Op(Op::kI32Add),
                 {0, 0}),
            Returned({2424}));
  EXPECT_EQ(Eval(get(set(add(Code(down).Get(2), 16), 0), 0), {0, 0}),
            Returned({40}));
  // Not kept; another global; the old value is kept.
  EXPECT_EQ(Eval(get(set(add(get(Code(), 0), 5), 0), 0), {0, 0}),
            Returned({45}));
  EXPECT_EQ(Eval(get(set(add(get(Code(), 0), 5), 1), 1), {0, 0}),
            Returned({45}));
  EXPECT_EQ(Eval(get(set(add(get(Code(), 0), 5), 1), 0), {0, 0}),
            Returned({40}));
  EXPECT_EQ(Eval(set(add(get(Code(), 0).Tee(2), 5), 0).Get(2), {0, 0}),
            Returned({40}));
  EXPECT_EQ(Eval(set(add(get(Code(), 0).Tee(2), 5), 0)
                     .Get(2)
                     .Op(Op::kGlobalGet, 0)
                     .Op(Op::kI32Sub),
                 {0, 0}),
            Returned({static_cast<uint32_t>(-5)}));
  // From a slot; the sum wraps.
  EXPECT_EQ(Eval(get(set(add(Code().Get(0), 1), 0), 0), {0xffffffff, 0}),
            Returned({0}));
  EXPECT_EQ(
      Eval(get(set(add(Code().Get(0), 1).Tee(0), 0), 0).Get(0).Op(Op::kI32Add),
           {6, 0}),
      Returned({14}));
  // Set and read again: into a temporary that is used twice as a local.
  EXPECT_EQ(Eval(get(set(Code().Get(0).Get(1).Op(Op::kI32Add), 0), 0)
                     .Tee(3)
                     .Get(3)
                     .Op(Op::kI32Mul),
                 {2, 3}),
            Returned({25}));
  EXPECT_EQ(Eval(get(get(set(Code().Get(0).Get(1).Op(Op::kI32Add), 0), 0), 0)
                     .Op(Op::kI32Mul),
                 {2, 3}),
            Returned({25}));
  // What stands below the value that is set stays.
  EXPECT_EQ(Eval(get(set(add(get(Code().Get(1), 0), 1), 0), 0).Op(Op::kI32Sub),
                 {0, 100}),
            Returned({59}));
}

// A label between global.set and global.get: who comes from elsewhere has not
// set it.
TEST(FuseTest, GlobalsAcrossALabel) {
  Code code;
  code.Block().Get(0).BrIf(0).Get(1).I32(1).Op(Op::kI32Add);
  code.Op(Op::kGlobalSet, 0).End().Op(Op::kGlobalGet, 0);
  EXPECT_EQ(Eval(code, {1, 7}), Returned({40}));
  EXPECT_EQ(Eval(code, {0, 7}), Returned({8}));
  Code loop;
  loop.Loop().Op(Op::kGlobalGet, 0).I32(-1).Op(Op::kI32Add);
  loop.Op(Op::kGlobalSet, 0).Op(Op::kGlobalGet, 0).BrIf(0).End();
  loop.Op(Op::kGlobalGet, 0);
  EXPECT_EQ(Eval(loop, {0, 0}), Returned({0}));
}

// Stores whose address is a sum of two slots; the value is made in between,
// by an instruction that traps, that writes what was added, or more than one.
TEST(FuseTest, StoresToSums) {
  const auto load = [](Code code) {
    return code.I32(24).Mem(Op::kI32Load, 2, 0);
  };
  const auto address = Code().Get(0).Get(1).Op(Op::kI32Add);
  EXPECT_EQ(Eval(load(Code(address)
                          .Get(0)
                          .I32(3)
                          .Op(Op::kI32Mul)
                          .Mem(Op::kI32Store, 2, 4)),
                 {8, 12}),
            Returned({24}));
  EXPECT_EQ(Eval(load(Code(address)
                          .Get(0)
                          .Get(1)
                          .Op(Op::kI32Add)
                          .Mem(Op::kI32Load8U, 0, 0)
                          .Mem(Op::kI32Store8, 0, 4)),
                 {8, 12}),
            Returned({0}));
  // The value is kept in a local that was added.
  EXPECT_EQ(Eval(load(Code(address)
                          .Get(1)
                          .I32(1000)
                          .Op(Op::kI32Mul)
                          .Tee(1)
                          .Mem(Op::kI32Store, 2, 0)),
                 {12, 12}),
            Returned({12000}));
  EXPECT_EQ(Eval(load(Code(address)
                          .Get(0)
                          .Get(1)
                          .Op(Op::kI32DivU)
                          .Mem(Op::kI32Store, 2, 0)),
                 {24, 0}),
            Trapped(interp::Trap::kIntegerDivideByZero));
  EXPECT_EQ(Eval(load(Code(address)
                          .Get(0)
                          .Get(1)
                          .Op(Op::kI32Sub)
                          .Mem(Op::kI32Store, 2, 0)),
                 {0xfffffff0, 40}),
            Returned({static_cast<uint32_t>(-56)}));
  EXPECT_EQ(Eval(Code(address)
                     .Get(0)
                     .Get(1)
                     .Op(Op::kI32Sub)
                     .Mem(Op::kI32Store, 2, 65533)
                     .I32(0),
                 {0, 0}),
            Trapped(interp::Trap::kOutOfBoundsMemoryAccess));
  EXPECT_EQ(Eval(load(Code(address)
                          .F64(std::bit_cast<uint64_t>(1.0))
                          .Get(0)
                          .Op(Op::kF64ConvertI32U)
                          .Op(Op::kF64Add)
                          .Mem(Op::kF64Store, 3, 0)),
                 {4, 16}),
            Returned({0x40140000}));
}

// Where such a store and its value trap, a backtrace names each itself.
TEST(FuseTest, OffsetsOfStoresToSums) {
  const Code head = Code().Get(0).Get(1).Op(Op::kI32Add).Get(0);
  const Code to_load = Code(head).Get(1).Op(Op::kI32Add);
  const Code whole =
      Code(to_load).Mem(Op::kI32Load8U, 0, 0).Mem(Op::kI32Store8, 0, 9).I32(0);
  Functions functions({kI32, kI32}, {kI32});
  const std::string f = functions.Add({}, whole);
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  const uint32_t begin =
      module.module().offset_of(module.module().bodies[0].begin) + 1;
  const Ending load = machine.Call(instance, f, Values{65536, 0});
  ASSERT_EQ(load.trace.size(), 1u);
  EXPECT_EQ(load.trace[0].offset, begin + to_load.bytes().size());
  const Ending store = machine.Call(instance, f, Values{65530, 0});
  ASSERT_EQ(store.trace.size(), 1u);
  EXPECT_EQ(store.trace[0].offset, begin + to_load.bytes().size() + 3);
}

// memory.fill and copy of few bytes against plain C++: all sizes around the
// bound, overlapping both ways; prices and bounds.
TEST(FuseTest, SmallBulk) {
  Functions functions({kI32, kI32, kI32}, {kI64});
  const Code sum = Code()
                       .I64(0)
                       .Set(3)
                       .I32(0)
                       .Set(4)
                       .Loop()
                       .Get(3)
                       .I64(31)
                       .Op(Op::kI64Mul)
                       .Get(4)
                       .Mem(Op::kI64Load8U, 0, 0)
                       .Op(Op::kI64Add)
                       .Set(3)
                       .Get(4)
                       .I32(1)
                       .Op(Op::kI32Add)
                       .Tee(4)
                       .I32(400)
                       .Op(Op::kI32Ne)
                       .BrIf(0)
                       .End()
                       .Get(3);
  Code prepared;  // byte i is i * 7
  prepared.Loop()
      .Get(4)
      .Get(4)
      .I32(7)
      .Op(Op::kI32Mul)
      .Mem(Op::kI32Store8, 0, 0)
      .Get(4)
      .I32(1)
      .Op(Op::kI32Add)
      .Tee(4)
      .I32(400)
      .Op(Op::kI32Ne)
      .BrIf(0)
      .End()
      .Get(0)
      .Get(1)
      .Get(2);
  const std::string copy =
      functions.Add({kI64, kI32}, Code(prepared).MemoryCopy().Raw(sum.bytes()));
  const std::string fill =
      functions.Add({kI64, kI32}, Code(prepared).MemoryFill().Raw(sum.bytes()));
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  const uint64_t base = machine.Call(instance, copy, Values{0, 0, 0}).fuel_used;
  for (bool is_copy : {true, false}) {
    for (uint64_t n = 0; n <= 70; ++n) {
      for (uint64_t d : {100, 101, 90, 140, 37}) {
        const uint64_t s = is_copy ? 100 : 0x1ab;
        std::vector<uint8_t> bytes(400);
        for (size_t i = 0; i < bytes.size(); ++i) {
          bytes[i] = static_cast<uint8_t>(i * 7);
        }
        std::vector<uint8_t> moved(n, 0xab);
        if (is_copy) moved.assign(&bytes[s], &bytes[s] + n);
        std::copy(moved.begin(), moved.end(), &bytes[d]);
        uint64_t want = 0;
        for (uint8_t b : bytes) want = want * 31 + b;
        const Ending ending =
            machine.Call(instance, is_copy ? copy : fill, Values{d, s, n});
        EXPECT_EQ(ending, Returned({want})) << is_copy << " " << d << " " << n;
        EXPECT_EQ(ending.fuel_used, base + (n + 31) / 32);
      }
    }
  }
  for (const std::string& f : {copy, fill}) {
    EXPECT_EQ(machine.Call(instance, f, Values{65536 - 8, 0, 9}),
              Trapped(interp::Trap::kOutOfBoundsMemoryAccess));
    EXPECT_EQ(machine.Call(instance, f, Values{0xffffffff, 0, 1}),
              Trapped(interp::Trap::kOutOfBoundsMemoryAccess));
    EXPECT_EQ(machine.Call(instance, f, Values{65537, 0, 0}),
              Trapped(interp::Trap::kOutOfBoundsMemoryAccess));
    EXPECT_EQ(machine.Call(instance, f, Values{0, 0, 33}, base + 1),
              OutOfFuelBy(1));
  }
  EXPECT_EQ(machine.Call(instance, copy, Values{0, 65530, 7}),
            Trapped(interp::Trap::kOutOfBoundsMemoryAccess));
}

// ----------------------------------------------------- float accumulators

uint64_t Bits(double v) { return std::bit_cast<uint64_t>(v); }

// g(x, y), f64 both; locals 2 f64, 3 i64, 4 f32, 5 f64.
Ending Float(const Code& code, double x, double y) {
  Functions functions({kF64, kF64}, {kF64});
  const std::string f = functions.Add({kF64, kI64, kF32, kF64}, code);
  const CompiledModule module(functions.Build());
  EXPECT_EQ(module.error(), "");
  if (!module.ok()) return {};
  Machine machine(1000);
  return machine.Call(machine.Instantiate(module), f, Values{Bits(x), Bits(y)});
}
Ending Gives(double v) { return Returned({Bits(v)}); }

Code SumOf() { return Code().Get(0).Get(1).Op(Op::kF64Add); }

TEST(FloatAccumulatorTest, OperandsOnEitherSide) {
  EXPECT_EQ(Float(SumOf().Get(1).Op(Op::kF64Sub), 3, 4), Gives(3));
  EXPECT_EQ(Float(Code().Get(1).Raw(SumOf().bytes()).Op(Op::kF64Sub), 3, 4),
            Gives(-3));
  EXPECT_EQ(Float(SumOf().Tee(2).Get(2).Op(Op::kF64Mul), 3, 4), Gives(49));
  EXPECT_EQ(Float(SumOf().F64(Bits(2)).Op(Op::kF64Sub), 3, 4), Gives(5));
  EXPECT_EQ(
      Float(Code().F64(Bits(2)).Raw(SumOf().bytes()).Op(Op::kF64Sub), 3, 4),
      Gives(-5));
  EXPECT_EQ(Float(Code().F64(Bits(2)).Get(0).Op(Op::kF64Sub), 3, 4), Gives(-1));
  EXPECT_EQ(Float(Code().Get(0).F64(Bits(2)).Op(Op::kF64Sub), 3, 4), Gives(1));
  EXPECT_EQ(Float(Code().F64(Bits(7)).F64(Bits(2)).Op(Op::kF64Sub), 3, 4),
            Gives(5));
}

// The slot is written by something that knows nothing of the accumulator.
TEST(FloatAccumulatorTest, SlotIsWrittenByOthers) {
  // A copy, a constant, a global, a select, a reinterpretation.
  EXPECT_EQ(
      Float(SumOf().Set(2).Get(0).Set(2).Get(2).Get(1).Op(Op::kF64Mul), 3, 4),
      Gives(12));
  EXPECT_EQ(
      Float(SumOf().Set(2).F64(Bits(5)).Set(2).Get(2).Get(1).Op(Op::kF64Mul), 3,
            4),
      Gives(20));
  EXPECT_EQ(
      Float(SumOf().Op(Op::kDrop).Op(Op::kGlobalGet, 2).Get(1).Op(Op::kF64Add),
            3, 4),
      Gives(4));
  EXPECT_EQ(Float(SumOf()
                      .Op(Op::kDrop)
                      .Get(0)
                      .Get(1)
                      .I32(0)
                      .Op(Op::kSelect)
                      .Get(0)
                      .Op(Op::kF64Add),
                  3, 4),
            Gives(7));
  EXPECT_EQ(Float(SumOf()
                      .Op(Op::kI64ReinterpretF64)
                      .I64(int64_t{1} << 52)
                      .Op(Op::kI64Add)
                      .Op(Op::kF64ReinterpretI64)
                      .Get(1)
                      .Op(Op::kF64Sub),
                  3, 5),
            Gives(11));
  EXPECT_EQ(Float(SumOf()
                      .Op(Op::kDrop)
                      .Get(0)
                      .Op(Op::kI64ReinterpretF64)
                      .Op(Op::kF64ReinterpretI64)
                      .Get(1)
                      .Op(Op::kF64Sub),
                  9, 5),
            Gives(4));
  // Through memory, and of the other width.
  EXPECT_EQ(Float(Code()
                      .I32(8)
                      .Raw(SumOf().bytes())
                      .Mem(Op::kF64Store, 3, 0)
                      .I32(8)
                      .Mem(Op::kF64Load, 3, 0)
                      .Get(0)
                      .Op(Op::kF64Mul),
                  3, 4),
            Gives(21));
  EXPECT_EQ(Float(SumOf()
                      .Op(Op::kF32DemoteF64)
                      .F32(std::bit_cast<uint32_t>(0.5f))
                      .Op(Op::kF32Add)
                      .Op(Op::kF64PromoteF32)
                      .Get(0)
                      .Op(Op::kF64Sub),
                  3, 4),
            Gives(4.5));
  EXPECT_EQ(Float(SumOf()
                      .Op(Op::kI32TruncF64S)
                      .Op(Op::kF64ConvertI32S)
                      .Get(0)
                      .Op(Op::kF64Add),
                  3, 4.75),
            Gives(10));
}

// Control: what the accumulator held before a label, a branch, a call.
TEST(FloatAccumulatorTest, AcrossControl) {
  // The sum is in local 2 on one way only.
  Code label = SumOf().Set(2).Block();
  label.Get(0).F64(Bits(3)).Op(Op::kF64Gt).BrIf(0);
  label.Get(1).Get(1).Op(Op::kF64Mul).Set(2).End();
  label.Get(2).Get(0).Op(Op::kF64Add);
  EXPECT_EQ(Float(label, 3, 4), Gives(19));
  EXPECT_EQ(Float(label, 5, 4), Gives(14));
  // Not taken, the branch leaves the accumulator alone.
  Code through = Code().Block().Raw(SumOf().Set(2).bytes());
  through.Get(2).F64(Bits(8)).Op(Op::kF64Gt).BrIf(0);
  through.Get(2).Get(2).Op(Op::kF64Mul).Return().End().F64(Bits(-1));
  EXPECT_EQ(Float(through, 3, 4), Gives(49));
  EXPECT_EQ(Float(through, 3, 6), Gives(-1));
  EXPECT_EQ(Float(through, 3, std::nan("")), Returned({0x7ff8000000000000}));
  // Values move between a comparison and its branch, which still has its
  // constant.
  Code moved = Code().Block(kF64).F64(Bits(1)).Get(1);
  moved.Get(0).F64(Bits(3)).Op(Op::kF64Le).BrIf(0).Op(Op::kF64Add).End();
  EXPECT_EQ(Float(moved, 3, 4), Gives(4));
  EXPECT_EQ(Float(moved, 4, 4), Gives(5));
}

// No comparison is the opposite of another where there is a NaN.
TEST(FloatAccumulatorTest, BranchesWithNaN) {
  constexpr Op kAll[] = {Op::kF64Eq, Op::kF64Ne, Op::kF64Lt,
                         Op::kF64Gt, Op::kF64Le, Op::kF64Ge};
  const double nan = std::nan("");
  for (int c = 0; c < 6; ++c) {
    for (double x : {1.0, 2.0, nan}) {
      for (double y : {1.0, 2.0, nan}) {
        const bool holds = c == 0   ? x == y
                           : c == 1 ? x != y
                           : c == 2 ? x < y
                           : c == 3 ? x > y
                           : c == 4 ? x <= y
                                    : x >= y;
        for (bool constant : {false, true}) {
          Code test = Code().Get(0);
          constant ? test.F64(Bits(y)) : test.Get(1);
          test.Op(kAll[c]);
          const Code as_if =
              Code(test).If(kF64).F64(Bits(1)).Else().F64(Bits(0)).End();
          const Code as_br = Code()
                                 .Block()
                                 .Raw(test.bytes())
                                 .BrIf(0)
                                 .F64(Bits(0))
                                 .Return()
                                 .End()
                                 .F64(Bits(1));
          const Code as_value = Code(test).Op(Op::kF64ConvertI32U);
          for (const Code& code : {as_if, as_br, as_value}) {
            EXPECT_EQ(Float(code, x, y), Gives(holds))
                << c << " " << x << " " << y;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::compile
