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
#include "engine/compile/test_programs.h"
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
using testing::Functions;
using testing::Holds;
using testing::kComparisons32;
using testing::kComparisons64;
using testing::Machine;
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

// A sum that takes one operand from memory.
TEST(FuseTest, LoadsThatAreAddedAtOnce) {
  Functions functions({kI32, kI64}, {kI64});
  std::vector<std::string> names;
  for (const bool is_left : {false, true}) {
    Code code;
    if (!is_left) code.Get(1);
    code.Get(0).Mem(Op::kI64Load, 0, 5);
    if (is_left) code.Get(1);
    names.push_back(functions.Add({}, code.Op(Op::kI64Add)));
  }
  // What was loaded is kept: nothing is taken from it.
  Code kept;
  kept.Get(1).Get(0).Mem(Op::kI64Load, 0, 5).Tee(2).Op(Op::kI64Add);
  names.push_back(functions.Add({kI64}, kept.Get(2).Op(Op::kI64Mul)));
  // The sum goes to a local, and is compared, by a branch, too.
  Code set;
  set.Get(1).Get(0).Mem(Op::kI64Load, 0, 5).Op(Op::kI64Add).Set(1).Get(1);
  names.push_back(functions.Add({}, set));
  Code branch;
  branch.Block().Get(1).Get(0).Mem(Op::kI64Load, 0, 5).Op(Op::kI64Add);
  branch.Op(Op::kI64Eqz).BrIf(0).I64(1).Return().End().I64(2);
  names.push_back(functions.Add({}, branch));
  const CompiledModule module(functions.Build());
  ASSERT_EQ(module.error(), "");
  for (uint32_t f = 0; f < names.size(); ++f) {
    EXPECT_EQ(
        interp::CodeText(module.code(), f).find("LoadAdd") != std::string::npos,
        f != 2)
        << f;
  }
  Machine machine(1000);
  interp::Instance* instance = machine.Instantiate(module);
  constexpr uint64_t kLoaded = 0x8877665544332211;
  std::memcpy(instance->memory->Slice(105, 8).data(), &kLoaded, 8);
  const auto call = [&](size_t f, uint64_t at, uint64_t value) {
    return machine.Call(instance, names[f], Values{at, value});
  };
  for (const uint64_t value :
       {uint64_t{0}, uint64_t{1}, UINT64_MAX, -kLoaded}) {
    const uint64_t sum = kLoaded + value;
    EXPECT_EQ(call(0, 100, value), Returned({sum}));
    EXPECT_EQ(call(1, 100, value), Returned({sum}));
    EXPECT_EQ(call(2, 100, value), Returned({sum * kLoaded}));
    EXPECT_EQ(call(3, 100, value), Returned({sum}));
    EXPECT_EQ(call(4, 100, value), Returned({sum == 0 ? 2u : 1u}));
  }
  EXPECT_EQ(call(0, 65536 - 13, 7), Returned({7}));
  for (const uint64_t at : {65536 - 12, 65536, 1 << 30}) {
    for (size_t f = 0; f < names.size(); ++f) {
      EXPECT_EQ(call(f, at, 7),
                Trapped(interp::Trap::kOutOfBoundsMemoryAccess));
    }
  }
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
