// Code that is translated at its functions' first call against code that is
// translated at once: every ending must be the same, with its fuel, its trap
// and its backtrace, whatever the fuel limit and the stack limit, at the first
// call and at the second.

#include <memory>
#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "engine/compile/test_machine.h"
#include "engine/interp/execution.h"
#include "engine/wasm/features.h"
#include "engine/wasm/types.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

using interp::Exit;
using wasm::ExternKind;
using wasm::ValType;

constexpr ValType kI32 = ValType::kI32;

using Bytes = std::vector<uint8_t>;

std::unique_ptr<CompiledModule> Compiled(const Bytes& bytes,
                                         Translation translation) {
  auto module = std::make_unique<CompiledModule>(
      bytes, wasm::Features::All(), base::kRelaxedLimits, translation);
  EXPECT_TRUE(module->ok()) << module->error();
  return module;
}

// Functions that call each other in every way. All take and give an i32.
Bytes Caller() {
  ModuleBuilder m;
  const uint32_t t = m.Type({kI32}, {kI32});
  const uint32_t other = m.Type({}, {});
  std::vector<uint32_t> f;
  for (int i = 0; i < 12; ++i) f.push_back(m.DeclareFunc(t));
  m.Table(ValType::kFuncRef, {16, 16});
  m.Memory({1, 2});
  // leaf: 2 * x
  m.SetBody(f[0], {}, Code().Get(0).I32(2).Op(Op::kI32Mul).End());
  // loop: calls leaf x times, so the same call runs again once it is patched.
  m.SetBody(f[1], {kI32},
            Code()
                .Loop()
                .Get(1)
                .Get(0)
                .Call(f[0])
                .Op(Op::kI32Add)
                .Set(1)
                .Get(0)
                .I32(1)
                .Op(Op::kI32Sub)
                .Tee(0)
                .BrIf(0)
                .End()
                .Get(1)
                .End());
  // down: calls itself x times
  m.SetBody(f[2], {kI32, kI32},
            Code()
                .Get(0)
                .Op(Op::kI32Eqz)
                .If(kI32)
                .I32(7)
                .Else()
                .Get(0)
                .I32(1)
                .Op(Op::kI32Sub)
                .Call(f[2])
                .End()
                .End());
  // tail calls: even and odd in turn, then the leaf
  m.SetBody(f[3], {kI32, kI32, kI32},
            Code()
                .Get(0)
                .Op(Op::kI32Eqz)
                .If()
                .I32(21)
                .ReturnCall(f[0])
                .End()
                .Get(0)
                .I32(1)
                .Op(Op::kI32Sub)
                .ReturnCall(f[4])
                .End());
  m.SetBody(f[4], {},
            Code().Get(0).I32(1).Op(Op::kI32And).ReturnCall(f[3]).End());
  // by table: element x with argument x; below, also what has another type,
  // is null, or is not there
  m.SetBody(f[5], {}, Code().Get(0).Get(0).CallIndirect(t).End());
  m.SetBody(f[6], {}, Code().Get(0).Get(0).ReturnCallIndirect(t).End());
  // traps, after a call and in it
  m.SetBody(f[7], {kI32},
            Code().I32(100).Get(0).Call(f[0]).Op(Op::kI32DivU).End());
  m.SetBody(f[8], {}, Code().Get(0).Call(f[7]).Call(f[9]).End());
  m.SetBody(f[9], {}, Code().Op(Op::kUnreachable).End());
  // grows the memory in a function that is translated late
  m.SetBody(f[10], {},
            Code()
                .Get(0)
                .MemoryGrow()
                .Op(Op::kMemorySize, 0)
                .Call(f[0])
                .Op(Op::kI32Add)
                .End());
  // fills the table from a passive segment, then calls through it
  m.SetBody(f[11], {},
            Code()
                .I32(8)
                .I32(0)
                .I32(3)
                .Op(Op::kTableInit, 1, 0)
                .Get(0)
                .I32(8)
                .CallIndirect(t)
                .I32(10)
                .CallIndirect(t)
                .End());
  const uint32_t typed = m.Func(other, {}, Code().End());
  m.ActiveElements(Code().I32(0).End(),
                   std::vector<uint32_t>{f[0], f[1], f[2], f[3], typed});
  m.PassiveElements(std::vector<uint32_t>{f[0], f[1], f[2]});
  m.DataCount();
  for (size_t i = 0; i < f.size(); ++i) {
    m.Export("f" + std::to_string(i), ExternKind::kFunc, f[i]);
  }
  m.Export("table", ExternKind::kTable, 0);
  return m.Build();
}

// Imports two functions and the table of Caller, and calls them in every way.
Bytes Foreigner() {
  ModuleBuilder m;
  const uint32_t t = m.Type({kI32}, {kI32});
  const uint32_t leaf = m.ImportFunc("caller", "f0", t);
  const uint32_t down = m.ImportFunc("caller", "f2", t);
  m.ImportTable("caller", "table", ValType::kFuncRef, {16, 16});
  std::vector<uint32_t> f;
  f.push_back(m.Func(t, {}, Code().Get(0).Call(leaf).Call(down).End()));
  f.push_back(m.Func(t, {kI32}, Code().Get(0).ReturnCall(down).End()));
  f.push_back(m.Func(t, {}, Code().Get(0).Get(0).CallIndirect(t).End()));
  f.push_back(
      m.Func(t, {kI32}, Code().Get(0).Get(0).ReturnCallIndirect(t).End()));
  f.push_back(m.Func(t, {}, Code().Get(0).Call(f[0]).Call(f[1]).End()));
  for (size_t i = 0; i < f.size(); ++i) {
    m.Export("f" + std::to_string(i), ExternKind::kFunc, f[i]);
  }
  return m.Build();
}

// A world of one or both of these modules.
class World {
 public:
  World(Translation translation, bool has_foreigner, uint32_t stack_slots)
      : caller_(Compiled(Caller(), translation)), machine_(stack_slots) {
    instance_ = machine_.Instantiate(*caller_);
    if (!has_foreigner) return;
    foreigner_ = Compiled(Foreigner(), translation);
    const std::vector<interp::Extern> imports = {
        ExportOf(instance_, "f0", ExternKind::kFunc),
        ExportOf(instance_, "f2", ExternKind::kFunc),
        ExportOf(instance_, "table", ExternKind::kTable)};
    instance_ = machine_.Instantiate(*foreigner_, imports);
  }

  Ending Call(const std::string& function, uint64_t argument, uint64_t fuel) {
    const std::vector<uint64_t> args = {argument};
    return machine_.Call(instance_, function, args, fuel);
  }
  // Of both modules.
  uint64_t code_size_bytes() const {
    return caller_->code().code_size_bytes +
           (foreigner_ != nullptr ? foreigner_->code().code_size_bytes : 0);
  }

 private:
  std::unique_ptr<CompiledModule> caller_;
  std::unique_ptr<CompiledModule> foreigner_;
  Machine machine_;
  interp::Instance* instance_ = nullptr;
};

void ExpectSame(const Ending& whole, const Ending& lazy) {
  EXPECT_EQ(whole, lazy);
  EXPECT_EQ(whole.fuel_used, lazy.fuel_used);
  EXPECT_EQ(whole.out_of_fuel.what, lazy.out_of_fuel.what);
  ASSERT_EQ(whole.trace.size(), lazy.trace.size());
  for (size_t i = 0; i < whole.trace.size(); ++i) {
    EXPECT_EQ(whole.trace[i].function, lazy.trace[i].function) << "frame " << i;
    EXPECT_EQ(whole.trace[i].offset, lazy.trace[i].offset) << "frame " << i;
  }
}

// Calls twice in two new worlds. Returns the fuel that the first call used.
uint64_t CompareCalls(bool has_foreigner, const std::string& function,
                      uint64_t argument, uint64_t fuel, uint32_t stack_slots) {
  SCOPED_TRACE(function + "(" + std::to_string(argument) + "), fuel " +
               std::to_string(fuel) + ", stack " + std::to_string(stack_slots));
  World whole(Translation::kWhole, has_foreigner, stack_slots);
  World lazy(Translation::kLazy, has_foreigner, stack_slots);
  const Ending first = whole.Call(function, argument, fuel);
  ExpectSame(first, lazy.Call(function, argument, fuel));
  ExpectSame(whole.Call(function, argument, Machine::kPlenty),
             lazy.Call(function, argument, Machine::kPlenty));
  ExpectSame(whole.Call("f0", 5, Machine::kPlenty),
             lazy.Call("f0", 5, Machine::kPlenty));
  return first.fuel_used;
}

struct Case {
  bool has_foreigner;
  int functions;
};

class Lazy : public ::testing::TestWithParam<Case> {};

// With each fuel limit up to what the call needs.
TEST_P(Lazy, EndsTheSameOnAnyFuel) {
  for (int i = 0; i < GetParam().functions; ++i) {
    const std::string function = "f" + std::to_string(i);
    for (uint64_t argument : {0, 1, 2, 3, 4, 5, 16}) {
      const bool never_ends = function == "f1" && argument == 0;
      if (never_ends && !GetParam().has_foreigner) continue;
      const uint64_t used = CompareCalls(GetParam().has_foreigner, function,
                                         argument, 2000, Machine::kStackSlots);
      if (argument > 3) continue;
      for (uint64_t fuel = 0; fuel <= std::min<uint64_t>(used, 150); ++fuel) {
        CompareCalls(GetParam().has_foreigner, function, argument, fuel,
                     Machine::kStackSlots);
      }
      if (HasFailure()) return;
    }
  }
}

// With each stack limit up to what the call needs.
TEST_P(Lazy, EndsTheSameOnAnyStack) {
  for (int i = 0; i < GetParam().functions; ++i) {
    const std::string function = "f" + std::to_string(i);
    for (uint64_t argument : {1, 2, 3}) {
      for (uint32_t slots = 0; slots < 48; ++slots) {
        CompareCalls(GetParam().has_foreigner, function, argument, 2000, slots);
      }
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OneModule, Lazy, ::testing::Values(Case{false, 12}));
INSTANTIATE_TEST_SUITE_P(TwoModules, Lazy, ::testing::Values(Case{true, 5}));

TEST(LazyCode, TranslatesOnlyWhatIsCalled) {
  World whole(Translation::kWhole, false, Machine::kStackSlots);
  World lazy(Translation::kLazy, false, Machine::kStackSlots);
  const uint64_t none = lazy.code_size_bytes();
  EXPECT_LT(none, whole.code_size_bytes());
  EXPECT_EQ(lazy.Call("f0", 4, Machine::kPlenty), Returned({8}));
  const uint64_t leaf = lazy.code_size_bytes();
  EXPECT_GT(leaf, none);
  EXPECT_EQ(lazy.Call("f0", 5, Machine::kPlenty), Returned({10}));
  EXPECT_EQ(lazy.code_size_bytes(), leaf);
  // The loop calls the leaf, which is there.
  EXPECT_EQ(lazy.Call("f1", 3, Machine::kPlenty), Returned({12}));
  const uint64_t loop = lazy.code_size_bytes();
  EXPECT_GT(loop, leaf);
  EXPECT_EQ(lazy.Call("f1", 4, Machine::kPlenty), Returned({20}));
  EXPECT_EQ(lazy.code_size_bytes(), loop);
}

// A function that is out of fuel before it begins is translated; the next call
// finds it whole.
TEST(LazyCode, OutOfFuelLeavesNothingHalfDone) {
  for (uint64_t fuel = 0; fuel < 60; ++fuel) {
    World lazy(Translation::kLazy, false, Machine::kStackSlots);
    for (int i = 0; i < 12; ++i) {
      lazy.Call("f" + std::to_string(i), 2, fuel);
    }
    EXPECT_EQ(lazy.Call("f1", 3, Machine::kPlenty), Returned({12})) << fuel;
    EXPECT_EQ(lazy.Call("f3", 9, Machine::kPlenty), Returned({42})) << fuel;
    EXPECT_EQ(lazy.Call("f11", 2, Machine::kPlenty), Returned({7})) << fuel;
  }
}

}  // namespace
}  // namespace ashlar::testing
