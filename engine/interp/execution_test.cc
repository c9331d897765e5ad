#include "engine/interp/execution.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/compile/test_machine.h"
#include "engine/interp/instance.h"
#include "engine/interp/trap.h"
#include "engine/wasm/module.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::interp {
namespace {

using testing::AsImport;
using testing::Code;
using testing::CompiledModule;
using ::testing::ElementsAre;
using testing::Ending;
using testing::Exported;
using testing::ExternKind;
using testing::Machine;
using testing::ModuleBuilder;
using testing::Op;
using testing::OutOfFuelBy;
using testing::Returned;
using testing::Trapped;
using testing::ValType;
using Types = std::vector<ValType>;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;
constexpr ValType kFuncRef = ValType::kFuncRef;
constexpr uint64_t kPlenty = Machine::kPlenty;

// A host function that does whatever a test wants.
using Behaviour = std::function<HostResult(HostCall&)>;
HostResult Behave(HostCall& call) {
  return (*static_cast<Behaviour*>(call.host_data()))(call);
}

// Exports `code` as f: params -> results, with locals, alone in its module.
CompiledModule OneFunction(Types params, Types results, Types locals,
                           const Code& code) {
  ModuleBuilder m;
  m.Func(m.Type(std::move(params), std::move(results)), std::move(locals),
         code);
  m.Export("f", ExternKind::kFunc, 0);
  return CompiledModule(m.Build());
}

// With an import env.h: (i32) -> (i32), function 0; f is function 1.
std::vector<uint8_t> WithHost(Types params, Types locals, const Code& code) {
  ModuleBuilder m;
  const uint32_t type = m.Type({kI32}, {kI32});
  m.ImportFunc("env", "h", type);
  m.Memory({1, 10});
  m.Func(m.Type(std::move(params), {kI32}), std::move(locals), code);
  m.Export("f", ExternKind::kFunc, 1);
  return m.Build();
}

// f(x) = h(x) + 1.
Code CallHostAndAddOne() {
  return Code().Get(0).Call(0).I32(1).Op(Op::kI32Add).End();
}

class HostTest : public ::testing::Test {
 protected:
  Instance* Make(const CompiledModule& module, Behaviour behaviour) {
    behaviour_ = std::move(behaviour);
    Func* h = machine_.store().NewHostFunc(&module.module().func_type(0),
                                           &Behave, &behaviour_);
    return machine_.Instantiate(module, {AsImport(h)});
  }
  Execution& execution() { return machine_.execution(); }

  Behaviour behaviour_;
  Machine machine_;
};

// ---------------------------------------------------------------- life cycle

TEST(ExecutionTest, EnterRunResultsLeave) {
  const CompiledModule module = OneFunction(
      {kI32, kI64}, {kI64}, {},
      Code().Get(1).Get(0).Op(Op::kI64ExtendI32U).Op(Op::kI64Sub).End());
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  Execution& e = machine.execution();
  e.set_fuel_left(100);
  EXPECT_EQ(e.depth(), 0u);
  ASSERT_EQ(e.Enter(Exported(instance, "f"), {5, 1}), Exit::kDone);
  EXPECT_EQ(e.depth(), 1u);
  ASSERT_EQ(e.Run(), Exit::kDone);
  EXPECT_THAT(e.results(), ElementsAre(~uint64_t{0} - 3));
  EXPECT_EQ(e.fuel_left(), 96u);
  e.Leave();
  EXPECT_EQ(e.depth(), 0u);
}

TEST(ExecutionTest, ExecutionIsReusable) {
  const CompiledModule module = OneFunction(
      {}, {kI32}, {kI32},
      Code().Get(0).I32(7).Set(0).End());  // its locals begin as zero
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(machine.Call(instance, "f"), Returned({0}));
  }
  EXPECT_EQ(machine.Call(instance, "f", {}, 3), OutOfFuelBy(1));
  EXPECT_EQ(machine.Call(instance, "f"), Returned({0}));
}

// More locals than any group that is zeroed at once; each is zero.
TEST(ExecutionTest, LocalsBeginAsZero) {
  for (uint32_t count : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 33u}) {
    Code code;
    code.I64(0);
    for (uint32_t i = 0; i < count; ++i) code.Get(i).Op(Op::kI64Or);
    for (uint32_t i = 0; i < count; ++i) code.I64(-1).Set(i);
    // The second time the slots hold what the first one left.
    const CompiledModule module =
        OneFunction({}, {kI64}, Types(count, kI64), code.End());
    Machine machine;
    Instance* instance = machine.Instantiate(module);
    EXPECT_EQ(machine.Call(instance, "f"), Returned({0})) << count;
    EXPECT_EQ(machine.Call(instance, "f"), Returned({0})) << count;
  }
}

TEST(ExecutionTest, ManyParametersAndResults) {
  const uint32_t n = 1000;
  Code code;
  for (uint32_t i = 0; i < n; ++i) code.Get(n - 1 - i);
  const CompiledModule module =
      OneFunction(Types(n, kI64), Types(n, kI64), {}, code.End());
  std::vector<uint64_t> args(n);
  std::iota(args.begin(), args.end(), uint64_t{1} << 40);
  Machine machine;
  const Ending ending = machine.Call(machine.Instantiate(module), "f", args);
  EXPECT_EQ(ending, Returned({args.rbegin(), args.rend()}));
}

TEST_F(HostTest, HostFunctionEnteredDirectly) {
  const CompiledModule module(WithHost({kI32}, {}, CallHostAndAddOne()));
  Make(module, [](HostCall& call) {
    if (!call.Charge(10)) return HostResult::kOutOfFuel;
    call.set_result32(call.arg32(0) * 2);
    return HostResult::kDone;
  });
  Func* h = machine_.store().NewHostFunc(&module.module().func_type(0), &Behave,
                                         &behaviour_);
  EXPECT_EQ(machine_.Call(h, {21}), Returned({42}));
  EXPECT_EQ(machine_.Call(h, {21}, 9), OutOfFuelBy(1));
}

// ------------------------------------------------------------ host functions

TEST_F(HostTest, ArgumentsAndResults) {
  const CompiledModule module(WithHost({kI32}, {}, CallHostAndAddOne()));
  Instance* instance = Make(module, [&](HostCall& call) {
    EXPECT_EQ(call.arg32(0), 20u);
    EXPECT_EQ(call.instance()->module, &module.module());
    EXPECT_EQ(call.memory()->pages(), 1u);
    call.set_result32(call.arg32(0) * 2);
    return HostResult::kDone;
  });
  EXPECT_EQ(machine_.Call(instance, "f", {20}), Returned({41}));
}

TEST_F(HostTest, MemoryGrownByTheHostIsSeen) {
  const CompiledModule module(WithHost({}, {},
                                       Code()
                                           .I32(0)
                                           .Call(0)
                                           .Op(Op::kDrop)
                                           .I32(3 * 65536)  // in the new page
                                           .Mem(Op::kI32Load, 2, 0)
                                           .I32(4)
                                           .Mem(Op::kI32Load, 2, 0)
                                           .Op(Op::kI32Add)
                                           .End()));
  Instance* instance = Make(module, [](HostCall& call) {
    call.memory()->Slice(4, 1)[0] = 5;
    call.memory()->Grow(3);
    call.memory()->Slice(3 * 65536, 1)[0] = 100;
    return HostResult::kDone;
  });
  EXPECT_EQ(machine_.Call(instance, "f"), Returned({105}));
}

TEST_F(HostTest, TrapOfTheHost) {
  const CompiledModule module(WithHost({kI32}, {}, CallHostAndAddOne()));
  Instance* instance = Make(module, [](HostCall& call) {
    return call.TrapWith(Trap::kHostError, "because");
  });
  EXPECT_EQ(machine_.Call(instance, "f", {1}),
            Trapped(Trap::kHostError, "because"));
}

TEST_F(HostTest, ChargeTakesAllOrNothing) {
  const CompiledModule module(WithHost({kI32}, {}, CallHostAndAddOne()));
  uint64_t before = 0;
  uint64_t price = 0;
  Instance* instance = Make(module, [&](HostCall& call) {
    before = call.fuel_left();
    const bool paid = call.Charge(price);
    EXPECT_EQ(call.fuel_left(), paid ? before - price : 0);
    return paid ? HostResult::kDone : HostResult::kOutOfFuel;
  });
  // get 1, call 8 + 1, const 1, add 1.
  price = 500;
  EXPECT_EQ(machine_.Call(instance, "f", {1}, 512), Returned({2}));
  EXPECT_EQ(before, 500u);
  const Ending ending = machine_.Call(instance, "f", {1}, 511);
  EXPECT_EQ(ending, OutOfFuelBy(1));
  EXPECT_EQ(ending.out_of_fuel.what, OutOfFuel::What::kHost);
  EXPECT_EQ(ending.fuel_used, 511u);
  price = uint64_t{1} << 62;
  EXPECT_EQ(machine_.Call(instance, "f", {1}, 12), OutOfFuelBy(price));
  price = 0;
  EXPECT_EQ(machine_.Call(instance, "f", {1}, 12), Returned({2}));
}

TEST_F(HostTest, SuspendAndResume) {
  const CompiledModule module(WithHost({kI32}, {}, CallHostAndAddOne()));
  Instance* instance =
      Make(module, [](HostCall&) { return HostResult::kSuspend; });
  Execution& e = execution();
  e.set_fuel_left(12);
  ASSERT_EQ(e.Enter(Exported(instance, "f"), {20}), Exit::kDone);
  ASSERT_EQ(e.Run(), Exit::kSuspended);
  EXPECT_EQ(e.fuel_left(), 0u);
  EXPECT_EQ(e.host_slots()[0], 20u);
  e.host_slots()[0] = 70;
  ASSERT_EQ(e.Run(), Exit::kDone);
  EXPECT_THAT(e.results(), ElementsAre(71));
  e.Leave();
}

// The driver pays and changes memory while nothing runs.
TEST_F(HostTest, FuelAndMemoryChangeWhileSuspended) {
  const CompiledModule module(
      WithHost({}, {},
               Code()
                   .I32(1)
                   .Call(0)
                   .Op(Op::kIf, 0x40)  // another run, another charge
                   .I32(65536)
                   .Mem(Op::kI32Load8U, 0, 0)
                   .Return()
                   .End()
                   .I32(0)
                   .End()));
  Instance* instance =
      Make(module, [](HostCall&) { return HostResult::kSuspend; });
  Execution& e = execution();
  const auto until_suspended = [&] {
    e.Reset(Machine::kStackSlots);
    e.set_fuel_left(1000);
    ASSERT_EQ(e.Enter(Exported(instance, "f"), {}), Exit::kDone);
    ASSERT_EQ(e.Run(), Exit::kSuspended);
    EXPECT_EQ(e.fuel_left(), 1000u - 11);
    e.host_slots()[0] = 1;
  };
  until_suspended();
  e.set_fuel_left(5);  // const 1, load 3, return 1
  instance->memory->Grow(1);
  instance->memory->Slice(65536, 1)[0] = 9;
  ASSERT_EQ(e.Run(), Exit::kDone);
  EXPECT_THAT(e.results(), ElementsAre(9));
  EXPECT_EQ(e.fuel_left(), 0u);
  e.Leave();

  until_suspended();
  e.set_fuel_left(4);
  ASSERT_EQ(e.Run(), Exit::kOutOfFuel);
  EXPECT_EQ(e.out_of_fuel().missing, 1u);
  e.Leave();
}

TEST_F(HostTest, SuspendInATailCall) {
  ModuleBuilder m;
  const uint32_t type = m.Type({kI32}, {kI32});
  m.ImportFunc("env", "h", type);
  m.Func(type, {kI32, kI32}, Code().Get(0).ReturnCall(0).End());
  m.Func(type, {}, Code().Get(0).Call(1).I32(1).Op(Op::kI32Add).End());
  m.Export("f", ExternKind::kFunc, 2);
  const CompiledModule module(m.Build());
  Instance* instance =
      Make(module, [](HostCall&) { return HostResult::kSuspend; });
  Execution& e = execution();
  e.set_fuel_left(kPlenty);
  ASSERT_EQ(e.Enter(Exported(instance, "f"), {20}), Exit::kDone);
  ASSERT_EQ(e.Run(), Exit::kSuspended);
  EXPECT_EQ(e.host_slots()[0], 20u);
  e.host_slots()[0] = 70;
  ASSERT_EQ(e.Run(), Exit::kDone);
  EXPECT_THAT(e.results(), ElementsAre(71));
  e.Leave();
}

// A child activation on top of a suspended one, with a limit of its own.
TEST_F(HostTest, NestedActivation) {
  const CompiledModule module(WithHost({kI32}, {}, CallHostAndAddOne()));
  const CompiledModule child =
      OneFunction({kI32}, {kI32}, {kI32, kI32},
                  Code().Get(0).I32(-1).Set(1).I32(3).Op(Op::kI32Mul).End());
  Instance* instance =
      Make(module, [](HostCall&) { return HostResult::kSuspend; });
  Instance* callee = machine_.Instantiate(child);
  Execution& e = execution();
  e.set_fuel_left(1000);
  ASSERT_EQ(e.Enter(Exported(instance, "f"), {20}), Exit::kDone);
  ASSERT_EQ(e.Run(), Exit::kSuspended);
  const uint64_t rest = e.fuel_left();
  e.set_fuel_left(100);
  ASSERT_EQ(e.Enter(Exported(callee, "f"), {e.host_slots()[0]}), Exit::kDone);
  EXPECT_EQ(e.depth(), 2u);
  ASSERT_EQ(e.Run(), Exit::kDone);
  const uint64_t result = e.results()[0];
  EXPECT_EQ(result, 60u);
  EXPECT_EQ(e.fuel_left(), 100u - 7);
  e.Leave();
  EXPECT_EQ(e.depth(), 1u);
  e.set_fuel_left(rest);
  e.host_slots()[0] = result;
  ASSERT_EQ(e.Run(), Exit::kDone);
  EXPECT_THAT(e.results(), ElementsAre(61));
  EXPECT_EQ(e.fuel_left(), 1000u - 12);
  e.Leave();
}

// The same, run inside the host function. A trap of the child ends the child.
TEST_F(HostTest, NestedActivationInsideAHostFunction) {
  const CompiledModule module(WithHost({kI32}, {}, CallHostAndAddOne()));
  const CompiledModule child = OneFunction(
      {kI32}, {kI32}, {}, Code().I32(100).Get(0).Op(Op::kI32DivU).End());
  Instance* callee = nullptr;
  Instance* instance = Make(module, [&](HostCall& call) {
    Execution& e = *call.execution();
    const uint64_t left = call.fuel_left();
    EXPECT_EQ(e.Enter(Exported(callee, "f"), {call.arg64(0)}), Exit::kDone);
    const Exit exit = e.Run();
    call.set_result32(exit == Exit::kDone
                          ? static_cast<uint32_t>(e.results()[0])
                          : 1000 + static_cast<uint32_t>(e.trap()));
    EXPECT_EQ(e.fuel_left(), left - 10);
    e.Leave();
    return HostResult::kDone;
  });
  callee = machine_.Instantiate(child);
  EXPECT_EQ(machine_.Call(instance, "f", {5}), Returned({21}));
  EXPECT_EQ(
      machine_.Call(instance, "f", {0}),
      Returned({1001 + static_cast<uint32_t>(Trap::kIntegerDivideByZero)}));
}

// ---------------------------------------------------------------------- fuel

// sum = 0; while (n != 0) { sum += n; n -= 1; }
CompiledModule CountDown() {
  return OneFunction({kI64}, {kI64}, {kI64},
                     Code()
                         .Loop()
                         .Get(0)
                         .Get(1)
                         .Op(Op::kI64Add)
                         .Set(1)
                         .Get(0)
                         .I64(1)
                         .Op(Op::kI64Sub)
                         .Tee(0)
                         .Op(Op::kI64Eqz)
                         .Op(Op::kI32Eqz)
                         .BrIf(0)
                         .End()
                         .Get(1)
                         .End());
}

TEST(FuelTest, UsedAcrossManySlices) {
  const CompiledModule module = CountDown();
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  // A pass costs 11; a local one; the last run one.
  const uint64_t n = 100000;
  const uint64_t used = 11 * n + 2;
  const Ending ending = machine.Call(instance, "f", {n});
  EXPECT_EQ(ending, Returned({n * (n + 1) / 2}));
  EXPECT_EQ(ending.fuel_used, used);
  EXPECT_EQ(machine.Call(instance, "f", {n}, used).fuel_used, used);
  EXPECT_EQ(machine.Call(instance, "f", {n}, used - 1), OutOfFuelBy(1));
  EXPECT_EQ(machine.Call(instance, "f", {n}, used - 1).fuel_used, used - 1);
  EXPECT_EQ(machine.Call(instance, "f", {n}, used - 12), OutOfFuelBy(11));
}

// Host calls begin a new slice wherever they stand: no charge may see it.
TEST_F(HostTest, UsedFuelIsTheSameWhateverTheSlices) {
  // for (n = arg; n != 0; n -= 1) h(n);
  const CompiledModule module(WithHost({kI32}, {},
                                       Code()
                                           .Loop()
                                           .Get(0)
                                           .Call(0)
                                           .Op(Op::kDrop)
                                           .Get(0)
                                           .I32(1)
                                           .Op(Op::kI32Sub)
                                           .Tee(0)
                                           .BrIf(0)
                                           .End()
                                           .I32(5)
                                           .End()));
  uint32_t modulus = 1;
  Instance* instance = Make(module, [&](HostCall& call) {
    if (modulus != 0 && call.arg32(0) % modulus == 0) {
      call.execution()->set_fuel_left(call.fuel_left());
    }
    return call.Charge(call.arg32(0)) ? HostResult::kDone
                                      : HostResult::kOutOfFuel;
  });
  modulus = 0;
  const uint64_t n = 700;  // more than two slices
  const uint64_t used = machine_.Call(instance, "f", {n}).fuel_used;
  EXPECT_EQ(used, n * (n + 1) / 2 + n * 16 + 1);
  for (modulus = 1; modulus < 30; ++modulus) {
    const Ending exact = machine_.Call(instance, "f", {n}, used);
    EXPECT_EQ(exact, Returned({5}));
    EXPECT_EQ(exact.fuel_used, used);
    EXPECT_EQ(machine_.Call(instance, "f", {n}, used - 1), OutOfFuelBy(1));
  }
}

// Every limit of a program whose charges are known one by one.
TEST(FuelTest, OutOfFuelAtEachLimit) {
  ModuleBuilder m;
  const uint32_t type = m.Type({kI32}, {kI32});
  m.Memory({1, 3});
  // g: 9 locals cost 2; get, mul: the run is 2 + 1 + 1 + 2.
  m.Func(type, Types(9, kI64), Code().Get(0).Get(0).Op(Op::kI32Mul).End());
  m.Func(type, {},
         Code()
             .Get(0)        // 1
             .Call(0)       // 8 + 1, then g's 6
             .If(kI32)      // 1: the entry's run is 11
             .I32(1)        // 1
             .MemoryGrow()  // 64, dynamic 1024
             .Else()
             .I32(3)
             .End()
             .Get(0)           // 1
             .Op(Op::kI32Add)  // 1: the `else` was a transfer
             .End());
  m.Export("f", ExternKind::kFunc, 1);
  const CompiledModule module(m.Build());
  Machine machine;
  const std::pair<uint64_t, OutOfFuel::What> charges[] = {
      {11, OutOfFuel::What::kRun},
      {6, OutOfFuel::What::kRun},
      {65, OutOfFuel::What::kRun},
      {1024, OutOfFuel::What::kMemory},
      {2, OutOfFuel::What::kRun}};
  uint64_t before = 0;
  for (const auto& [charge, what] : charges) {
    for (uint64_t limit = before; limit < before + charge; ++limit) {
      Instance* instance = machine.Instantiate(module);
      const Ending ending = machine.Call(instance, "f", {3}, limit);
      ASSERT_EQ(ending, OutOfFuelBy(before + charge - limit)) << limit;
      EXPECT_EQ(ending.out_of_fuel.what, what) << limit;
      EXPECT_EQ(ending.fuel_used, limit);
      EXPECT_EQ(instance->memory->pages(), before < 1000 ? 1u : 2u);
    }
    before += charge;
  }
  Instance* instance = machine.Instantiate(module);
  const Ending ending = machine.Call(instance, "f", {3}, before);
  EXPECT_EQ(ending, Returned({1 + 3}));
  EXPECT_EQ(ending.fuel_used, before);
  EXPECT_EQ(machine.execution().memory_fuel(), 1024u);
}

TEST(FuelTest, WhatWasBeingCharged) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {kI32});
  m.Table(kFuncRef, {1, {}});
  m.Func(type, {},
         Code().RefNull(kFuncRef).I32(10).Op(Op::kTableGrow, 0).End());
  m.Export("f", ExternKind::kFunc, 0);
  const CompiledModule module(m.Build());
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  // ref.null 1, const 1, table.grow 8, and ceil(10 / 4).
  const Ending ending = machine.Call(instance, "f", {}, 11);
  EXPECT_EQ(ending, OutOfFuelBy(2));
  EXPECT_EQ(ending.out_of_fuel.what, OutOfFuel::What::kTable);
  EXPECT_EQ(instance->tables[0]->elements.size(), 1u);
  EXPECT_EQ(machine.Call(instance, "f", {}, 13), Returned({1}));
}

TEST(FuelTest, CancelFlagEndsALoop) {
  const CompiledModule module =
      OneFunction({}, {}, {}, Code().Loop().Br(0).End().End());
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  Execution& e = machine.execution();
  std::atomic<bool> cancel = false;
  const auto run = [&](uint64_t fuel) {
    e.Reset(Machine::kStackSlots);
    e.set_fuel_left(fuel);
    e.set_cancel_flag(&cancel);
    EXPECT_EQ(e.Enter(Exported(instance, "f"), {}), Exit::kDone);
    const Exit exit = e.Run();
    e.Leave();
    return exit;
  };
  EXPECT_EQ(run(1000000), Exit::kOutOfFuel);
  cancel = true;
  EXPECT_EQ(run(kPlenty), Exit::kCancelled);
  EXPECT_GT(e.fuel_left(), kPlenty - 1000000);
  // Reset forgets the flag.
  e.Reset(Machine::kStackSlots);
  e.set_fuel_left(1000000);
  EXPECT_EQ(e.Enter(Exported(instance, "f"), {}), Exit::kDone);
  EXPECT_EQ(e.Run(), Exit::kOutOfFuel);
  e.Leave();
}

TEST_F(HostTest, CancelFlagIsSeenAtHostCalls) {
  const CompiledModule module(
      WithHost({}, {}, Code().I32(1).Call(0).Call(0).Call(0).End()));
  std::atomic<bool> cancel = false;
  int calls = 0;
  Instance* instance = Make(module, [&](HostCall&) {
    cancel = ++calls == 2;
    return HostResult::kDone;
  });
  Execution& e = execution();
  e.set_fuel_left(1000);
  e.set_cancel_flag(&cancel);
  ASSERT_EQ(e.Enter(Exported(instance, "f"), {}), Exit::kDone);
  EXPECT_EQ(e.Run(), Exit::kCancelled);
  EXPECT_EQ(calls, 2);
  e.Leave();
}

// --------------------------------------------------------------------- traps

TEST(TrapTest, IndirectCalls) {
  ModuleBuilder m;
  const uint32_t type = m.Type({kI32}, {kI32});
  const uint32_t other = m.Type({kI64}, {kI32});
  m.Table(kFuncRef, {4, {}});
  m.Func(type, {}, Code().Get(0).Get(0).CallIndirect(type).End());
  m.Func(other, {}, Code().I32(5).End());
  m.ActiveElements(Code().I32(1).End(), {0, 1});
  m.Export("f", ExternKind::kFunc, 0);
  m.Func(type, {}, Code().Get(0).Get(0).ReturnCallIndirect(type).End());
  m.Export("tail", ExternKind::kFunc, 2);
  const CompiledModule module(m.Build());
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  for (const char* f : {"f", "tail"}) {
    EXPECT_EQ(machine.Call(instance, f, {0}),
              Trapped(Trap::kUninitializedElement, "0"));
    EXPECT_EQ(machine.Call(instance, f, {3}),
              Trapped(Trap::kUninitializedElement, "3"));
    EXPECT_EQ(machine.Call(instance, f, {4}), Trapped(Trap::kUndefinedElement));
    EXPECT_EQ(machine.Call(instance, f, {0xffffffff}),
              Trapped(Trap::kUndefinedElement));
    EXPECT_EQ(machine.Call(instance, f, {2}),
              Trapped(Trap::kIndirectCallTypeMismatch));
    EXPECT_EQ(machine.Call(instance, f, {1}, 1000000),
              Trapped(Trap::kCallStackExhausted));
  }
}

TEST(TrapTest, DetailOfAnEarlierTrapIsGone) {
  ModuleBuilder m;
  const uint32_t type = m.Type({kI32}, {});
  m.Table(kFuncRef, {4, {}});
  m.Func(type, {},
         Code()
             .Get(0)
             .If()
             .Op(Op::kUnreachable)
             .End()
             .I32(0)
             .I32(2)
             .CallIndirect(type)
             .End());
  m.Export("f", ExternKind::kFunc, 0);
  const CompiledModule module(m.Build());
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  EXPECT_EQ(machine.Call(instance, "f", {0}),
            Trapped(Trap::kUninitializedElement, "2"));
  EXPECT_EQ(machine.Call(instance, "f", {1}), Trapped(Trap::kUnreachable));
}

// A trap does not refund what its run had paid (rule 4).
TEST(TrapTest, PaidRunIsKept) {
  const CompiledModule module = OneFunction(
      {}, {kI32}, {},
      Code().I32(1).I32(0).Op(Op::kI32DivU).I32(3).Op(Op::kI32Mul).End());
  Machine machine;
  const Ending ending = machine.Call(machine.Instantiate(module), "f");
  EXPECT_EQ(ending, Trapped(Trap::kIntegerDivideByZero));
  EXPECT_EQ(ending.fuel_used, 1u + 1 + 8 + 1 + 2);
}

// ----------------------------------------------------------------- stack rule

// The least limit with which the function does not exhaust the stack.
uint32_t StackNeeded(Machine* machine, Func* func,
                     const std::vector<uint64_t>& args) {
  uint32_t low = 0;
  uint32_t high = 100000;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    machine->set_stack_slots_max(middle);
    const Ending ending = machine->Call(func, args);
    if (ending == Trapped(Trap::kCallStackExhausted)) {
      low = middle + 1;
    } else {
      EXPECT_EQ(ending.exit, Exit::kDone);
      high = middle;
    }
  }
  if (low > 0) {
    machine->set_stack_slots_max(low - 1);
    EXPECT_EQ(machine->Call(func, args), Trapped(Trap::kCallStackExhausted));
    EXPECT_EQ(machine->execution().stack_slots_needed(), low);
  }
  return low;
}

TEST(StackRuleTest, EntryNeedsParametersLinksLocalsOperands) {
  for (uint32_t p : {0u, 1u, 2u, 7u}) {
    for (uint32_t l : {0u, 1u, 5u}) {
      for (uint32_t h : {0u, 1u, 6u}) {
        Code code;
        for (uint32_t i = 0; i < h; ++i) code.I32(1);
        for (uint32_t i = 0; i < h; ++i) code.Op(Op::kDrop);
        const CompiledModule module =
            OneFunction(Types(p, kI32), {}, Types(l, kI32), code.End());
        Machine machine;
        Func* f = Exported(machine.Instantiate(module), "f");
        EXPECT_EQ(StackNeeded(&machine, f, std::vector<uint64_t>(p)),
                  p + 2 + l + h);
      }
    }
  }
}

// Operands of dead code do not count.
TEST(StackRuleTest, OnlyReachableOperandsCount) {
  const CompiledModule module = OneFunction({}, {}, {},
                                            Code()
                                                .I32(1)
                                                .Op(Op::kDrop)
                                                .Return()
                                                .I32(1)
                                                .I32(2)
                                                .I32(3)
                                                .Op(Op::kDrop)
                                                .Op(Op::kDrop)
                                                .Op(Op::kDrop)
                                                .End());
  Machine machine;
  Func* f = Exported(machine.Instantiate(module), "f");
  EXPECT_EQ(StackNeeded(&machine, f, {}), 2u + 1);
}

// A caller with P = 1, L = 3, at height h = 2 + P', and a callee with P', L',
// H'; `call` emits the call.
struct CallShape {
  uint32_t params;
  uint32_t locals;
  uint32_t height;
};

ModuleBuilder CallerAndCallee(const CallShape& callee,
                              const std::function<void(Code*)>& call,
                              bool is_indirect) {
  ModuleBuilder m;
  const uint32_t callee_type = m.AddType(Types(callee.params, kI64), {});
  const uint32_t caller_type = m.AddType({kI32}, {});
  Code body;
  for (uint32_t i = 0; i < callee.height; ++i) body.I32(1);
  for (uint32_t i = 0; i < callee.height; ++i) body.Op(Op::kDrop);
  m.Func(callee_type, Types(callee.locals, kI32), body.End());
  Code code;
  code.I32(1).I32(2);
  for (uint32_t i = 0; i < callee.params; ++i) code.I64(3);
  if (is_indirect) code.I32(0);
  call(&code);
  code.Op(Op::kDrop).Op(Op::kDrop).End();
  m.Func(caller_type, Types(3, kI32), code);
  m.Table(kFuncRef, {1, {}});
  m.ActiveElements(Code().I32(0).End(), {0});
  m.Export("callee", ExternKind::kFunc, 0);
  m.Export("f", ExternKind::kFunc, 1);
  return m;
}

constexpr CallShape kShapes[] = {{0, 0, 0},  {0, 4, 1},   {1, 0, 3},
                                 {5, 2, 0},  {20, 0, 1},  {3, 40, 2},
                                 {0, 0, 50}, {1000, 1, 1}};

uint32_t OwnNeed(const CallShape& s) {
  return s.params + 2 + s.locals + s.height;
}

TEST(StackRuleTest, Call) {
  for (const CallShape& shape : kShapes) {
    const CompiledModule module(
        CallerAndCallee(shape, [](Code* c) { c->Call(0); }, false).Build());
    Machine machine;
    Func* f = Exported(machine.Instantiate(module), "f");
    const uint32_t height = 2 + shape.params;
    const uint32_t base = 0 + 1 + 2 + 3 + height - shape.params;
    EXPECT_EQ(StackNeeded(&machine, f, {1}),
              std::max(1 + 2 + 3 + height, base + OwnNeed(shape)));
  }
}

TEST(StackRuleTest, CallIndirect) {
  for (const CallShape& shape : kShapes) {
    const CompiledModule module(
        CallerAndCallee(
            shape, [](Code* c) { c->CallIndirect(0); }, true)
            .Build());
    Machine machine;
    Func* f = Exported(machine.Instantiate(module), "f");
    // The index is an operand of the caller but no argument.
    const uint32_t base = 1 + 2 + 3 + 2;
    EXPECT_EQ(
        StackNeeded(&machine, f, {1}),
        std::max(1 + 2 + 3 + 2 + shape.params + 1, base + OwnNeed(shape)));
  }
}

TEST(StackRuleTest, TailCallsBeginAtTheSameBase) {
  for (const bool is_indirect : {false, true}) {
    for (const CallShape& shape : kShapes) {
      const CompiledModule module(CallerAndCallee(
                                      shape,
                                      [&](Code* c) {
                                        is_indirect ? c->ReturnCallIndirect(0)
                                                    : c->ReturnCall(0);
                                      },
                                      is_indirect)
                                      .Build());
      Machine machine;
      Func* f = Exported(machine.Instantiate(module), "f");
      const uint32_t own = 1 + 2 + 3 + 2 + shape.params + is_indirect;
      EXPECT_EQ(StackNeeded(&machine, f, {1}), std::max(own, OwnNeed(shape)));
    }
  }
}

// Calls into another instance follow the same rule.
TEST(StackRuleTest, AcrossInstances) {
  for (const CallShape& shape : kShapes) {
    for (int way = 0; way < 4; ++way) {
      ModuleBuilder own =
          CallerAndCallee(shape, [](Code* c) { c->Call(0); }, false);
      const CompiledModule callee(own.Build());
      ModuleBuilder m;
      const uint32_t callee_type = m.AddType(Types(shape.params, kI64), {});
      const uint32_t caller_type = m.AddType({kI32}, {});
      m.ImportFunc("a", "callee", callee_type);
      m.Table(kFuncRef, {1, {}});
      m.ActiveElements(Code().I32(0).End(), {0});
      Code code;
      code.I32(1).I32(2);
      for (uint32_t i = 0; i < shape.params; ++i) code.I64(3);
      const bool is_indirect = way % 2 == 1;
      if (is_indirect) code.I32(0);
      if (way == 0) code.Call(0);
      if (way == 1) code.CallIndirect(0);
      if (way == 2) code.ReturnCall(0);
      if (way == 3) code.ReturnCallIndirect(0);
      code.Op(Op::kDrop).Op(Op::kDrop).End();
      m.Func(caller_type, Types(3, kI32), code);
      m.Export("f", ExternKind::kFunc, 1);
      const CompiledModule caller(m.Build());
      Machine machine;
      Instance* a = machine.Instantiate(callee);
      Func* f = Exported(
          machine.Instantiate(caller, {AsImport(Exported(a, "callee"))}), "f");
      const uint32_t base = way < 2 ? 1 + 2 + 3 + 2 : 0;
      const uint32_t need = 1 + 2 + 3 + 2 + shape.params + is_indirect;
      EXPECT_EQ(StackNeeded(&machine, f, {1}),
                std::max(need, base + OwnNeed(shape)))
          << way;
    }
  }
}

// Recursion: each level adds P + 2 + L + h - P'.
TEST(StackRuleTest, DepthOfRecursion) {
  // f(n): if (n) f(n - 1), with two operands below the argument.
  const CompiledModule module = OneFunction({kI32}, {}, {kI64},
                                            Code()
                                                .I32(1)
                                                .I32(1)
                                                .Get(0)
                                                .If()
                                                .Get(0)
                                                .I32(1)
                                                .Op(Op::kI32Sub)
                                                .Call(0)
                                                .End()
                                                .Op(Op::kDrop)
                                                .Op(Op::kDrop)
                                                .End());
  Machine machine;
  Func* f = Exported(machine.Instantiate(module), "f");
  const uint32_t frame = 1 + 2 + 1 + 4;  // H = 4
  const uint32_t step = 1 + 2 + 1 + 2;   // h = 3, P' = 1
  for (uint32_t depth : {0u, 1u, 2u, 100u, 5000u}) {
    EXPECT_EQ(StackNeeded(&machine, f, {depth}), depth * step + frame);
  }
}

// A function of a thousand results needs no more than their height.
TEST(StackRuleTest, ManyResults) {
  Code code;
  for (int i = 0; i < 1000; ++i) code.I32(i);
  const CompiledModule module =
      OneFunction({}, Types(1000, kI32), {}, code.End());
  Machine machine;
  Func* f = Exported(machine.Instantiate(module), "f");
  EXPECT_EQ(StackNeeded(&machine, f, {}), 2u + 1000);
  machine.set_stack_slots_max(1002);
  EXPECT_EQ(machine.Call(f).results[999], 999u);
}

// Host functions take no frame; what they enter begins above the arguments.
TEST_F(HostTest, StackRuleOfNestedActivations) {
  // P = 1, L = 3; the call at height 2 + 1.
  const CompiledModule module(WithHost({kI32}, Types(3, kI32),
                                       Code()
                                           .I32(1)
                                           .I32(2)
                                           .Get(0)
                                           .Call(0)
                                           .Op(Op::kI32Add)
                                           .Op(Op::kI32Add)
                                           .End()));
  const CompiledModule child =
      OneFunction({kI32}, {kI32}, Types(2, kI64),
                  Code().Get(0).I32(1).Op(Op::kI32Add).End());
  Instance* callee = nullptr;
  Instance* instance = Make(module, [&](HostCall& call) {
    Execution& e = *call.execution();
    const Exit entered = e.Enter(Exported(callee, "f"), {call.arg64(0)});
    uint32_t result = 9000;
    if (entered == Exit::kDone) {
      EXPECT_EQ(e.Run(), Exit::kDone);
      result = static_cast<uint32_t>(e.results()[0]);
    } else {
      EXPECT_EQ(e.trap(), Trap::kCallStackExhausted);
    }
    e.Leave();
    call.set_result32(result);
    return HostResult::kDone;
  });
  callee = machine_.Instantiate(child);
  const uint32_t base = 1 + 2 + 3 + 3;
  const uint32_t need = base + 1 + 2 + 2 + 2;
  machine_.set_stack_slots_max(need);
  EXPECT_EQ(machine_.Call(instance, "f", {10}), Returned({3 + 11}));
  machine_.set_stack_slots_max(need - 1);
  EXPECT_EQ(machine_.Call(instance, "f", {10}), Returned({3 + 9000}));
  // The host function itself needs nothing beyond its caller's operands.
  machine_.set_stack_slots_max(base);
  EXPECT_EQ(machine_.Call(instance, "f", {10}), Returned({3 + 9000}));
  machine_.set_stack_slots_max(base - 1);
  EXPECT_EQ(machine_.Call(instance, "f", {10}),
            Trapped(Trap::kCallStackExhausted));
}

// FUEL.md rule 6: the stack limit comes before the fuel.
TEST(StackRuleTest, StackLimitComesBeforeFuel) {
  const CompiledModule module(
      CallerAndCallee({0, 4, 1}, [](Code* c) { c->Call(0); }, false).Build());
  Machine machine;
  Func* f = Exported(machine.Instantiate(module), "f");
  machine.set_stack_slots_max(0);
  EXPECT_EQ(machine.Call(f, {1}, 0), Trapped(Trap::kCallStackExhausted));
  machine.set_stack_slots_max(1 + 2 + 3 + 2);
  // The caller's run: a local, two constants, call, two drops.
  EXPECT_EQ(machine.Call(f, {1}, 13), Trapped(Trap::kCallStackExhausted));
  machine.set_stack_slots_max(1000);
  EXPECT_EQ(machine.Call(f, {1}, 13), OutOfFuelBy(3));
}

// A tail call in a loop needs no stack, whatever the sizes of the frames.
TEST(StackRuleTest, TailCallsRunForever) {
  ModuleBuilder m;
  const uint32_t one = m.AddType({kI32}, {kI32});
  const uint32_t three = m.AddType({kI32, kI32, kI32}, {kI32});
  m.DeclareFunc(one);
  m.DeclareFunc(three);
  m.SetBody(0, Types(5, kI64),
            Code()
                .Get(0)
                .Op(Op::kI32Eqz)
                .If()
                .I32(77)
                .Return()
                .End()
                .I32(1)
                .I32(2)
                .Get(0)
                .ReturnCall(1)
                .End());
  m.SetBody(
      1, {},
      Code().Get(0).Get(1).Get(2).I32(1).Op(Op::kI32Sub).ReturnCall(0).End());
  m.Export("f", ExternKind::kFunc, 0);
  const CompiledModule module(m.Build());
  Machine machine(30);
  EXPECT_EQ(machine.Call(machine.Instantiate(module), "f", {100000}),
            Returned({77}));
}

}  // namespace
}  // namespace ashlar::interp
