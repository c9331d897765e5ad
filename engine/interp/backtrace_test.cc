// Where traps and ends of fuel stand: Execution::Backtrace.
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/compile/test_machine.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/trap.h"
#include "engine/wasm/features.h"
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
using testing::ExportOf;
using testing::ExternKind;
using testing::Machine;
using testing::ModuleBuilder;
using testing::Op;
using testing::ValType;
using Types = std::vector<ValType>;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kF32 = ValType::kF32;
constexpr ValType kFuncRef = ValType::kFuncRef;

// A function and the offset in its code, behind its locals.
struct Place {
  uint32_t function = 0;
  uint32_t offset = 0;
  friend bool operator==(const Place&, const Place&) = default;
};
void PrintTo(const Place& p, std::ostream* out) {
  *out << "f" << p.function << " + " << p.offset;
}

// REQUIRES: the functions have no locals, or one group of up to 127.
std::vector<Place> Places(const Ending& ending) {
  std::vector<Place> places;
  for (const TraceFrame& frame : ending.trace) {
    const wasm::Module& module = *frame.instance->module;
    const wasm::Body& body =
        module.bodies[frame.function - module.imported_functions];
    const uint32_t locals = body.begin[0] == 0 ? 1 : 3;
    places.push_back(
        {frame.function, frame.offset - module.offset_of(body.begin) - locals});
  }
  return places;
}

// The code so far ends where the trap is to stand.
class Marked {
 public:
  Marked& Then(const Code& code) {
    code_.Raw(code.bytes());
    return *this;
  }
  Marked& Here() {
    at_ = static_cast<uint32_t>(code_.size());
    return *this;
  }
  const Code& code() const { return code_; }
  uint32_t at() const { return at_; }

 private:
  Code code_;
  uint32_t at_ = 0;
};

struct Case {
  const char* what;
  Marked marked;
  Trap trap;
};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  const auto add = [&](const char* what, const Code& before, const Code& trap,
                       const Code& after, Trap kind) {
    cases.push_back(
        {what, Marked().Then(before).Here().Then(trap).Then(after), kind});
  };
  const Code drop = Code().Op(Op::kDrop);
  const Code get = Code().Get(0);
  const Code div = Code().Op(Op::kI32DivU);
  const Code load = Code().Mem(Op::kI32Load, 2, 0);
  const auto kDiv = Trap::kIntegerDivideByZero;
  const auto kMemory = Trap::kOutOfBoundsMemoryAccess;
  add("unreachable", Code().Op(Op::kNop), Code().Op(Op::kUnreachable), Code(),
      Trap::kUnreachable);
  add("division", Code().I32(1).Get(0), div, drop, kDiv);
  add("division, then a get", Code().I32(1).Get(0), div,
      Code().Get(0).Op(Op::kDrop).Op(Op::kDrop), kDiv);
  add("division, then a constant", Code().I32(1).Get(0), div,
      Code().I32(0).Op(Op::kI32Add).Op(Op::kDrop), kDiv);
  add("division, then a set", Code().I32(1).Get(0), div, Code().Set(0), kDiv);
  add("division, then a tee", Code().I32(1).Get(0), div,
      Code().Tee(0).Op(Op::kDrop), kDiv);
  add("division, then a block", Code().I32(1).Get(0), div,
      Code().Block().End().Op(Op::kDrop), kDiv);
  add("division, then a drop and another", Code().I32(1).Get(0), div,
      Code().Op(Op::kDrop).I32(1).Get(0).Op(Op::kI32DivU).Op(Op::kDrop), kDiv);
  const Code less = Code().Op(Op::kGlobalGet, 0).I32(16).Op(Op::kI32Sub);
  add("division behind a global that is subtracted from",
      Code(less).Op(Op::kGlobalSet, 0).Get(0).Get(0), div, drop, kDiv);
  add("division behind one that stands in a local, too",
      Code(less).Tee(1).Op(Op::kGlobalSet, 0).Get(0).Get(0), div, drop, kDiv);
  add("division by a constant", Code().I32(1).I32(0), div, drop, kDiv);
  add("division of an accumulator", Code().Get(0).Get(0).Op(Op::kI32Add).Get(0),
      div, drop, kDiv);
  add("division in a block", Code().Block().Loop().I32(1).Get(0), div,
      Code().Op(Op::kDrop).End().End(), kDiv);
  add("division in an arm", Code().I32(1).If().I32(1).Get(0), div,
      Code().Op(Op::kDrop).Else().End(), kDiv);
  add("division in the other arm", Code().Get(0).If().Else().I32(1).Get(0), div,
      Code().Op(Op::kDrop).End(), kDiv);
  add("division behind dead code",
      Code().Block().Br(0).I32(1).Op(Op::kDrop).End().I32(1).Get(0), div, drop,
      kDiv);
  add("remainder", Code().I32(1).Get(0), Code().Op(Op::kI32RemS), drop, kDiv);
  add("truncation", Code().F32(0x7fc00000), Code().Op(Op::kI32TruncF32S), drop,
      Trap::kInvalidConversionToInteger);
  add("load of a constant", Code().I32(65533), load, drop, kMemory);
  add("load of a slot", Code().I32(65533).Set(0).Get(0), load, drop, kMemory);
  add("load of a sum", Code().Get(0).I32(65533).Op(Op::kI32Add), load, drop,
      kMemory);
  add("load of a sum, then a get", Code().Get(0).I32(65533).Op(Op::kI32Add),
      load, Code().Get(0).Op(Op::kDrop).Op(Op::kDrop), kMemory);
  add("load of a sum of slots",
      Code().I32(65533).Set(0).Get(0).Get(1).Op(Op::kI32Add), load, drop,
      kMemory);
  add("load of a shifted index",
      Code()
          .I32(30000)
          .Set(0)
          .Get(1)
          .Get(0)
          .I32(2)
          .Op(Op::kI32Shl)
          .Op(Op::kI32Add),
      load, drop, kMemory);
  add("load of a shifted index, then a set",
      Code()
          .I32(30000)
          .Set(0)
          .Get(1)
          .Get(0)
          .I32(2)
          .Op(Op::kI32Shl)
          .Op(Op::kI32Add),
      load, Code().Set(0), kMemory);
  add("store", Code().I32(65533).Get(0), Code().Mem(Op::kI32Store, 2, 0), get,
      kMemory);
  cases.back().marked.Then(drop);
  add("memory.fill", Code().I32(65533).I32(0).I32(4), Code().MemoryFill(),
      Code(), kMemory);
  add("memory.copy", Code().I32(65533).I32(0).I32(4), Code().MemoryCopy(),
      Code(), kMemory);
  add("table.get", Code().I32(9), Code().Op(Op::kTableGet, 0), drop,
      Trap::kOutOfBoundsTableAccess);
  add("call_indirect of null", Code().I32(0), Code().CallIndirect(0), Code(),
      Trap::kUninitializedElement);
  add("call_indirect beyond", Code().I32(9), Code().CallIndirect(0), Code(),
      Trap::kUndefinedElement);
  add("call_indirect of another type", Code().I32(1), Code().CallIndirect(0),
      Code(), Trap::kIndirectCallTypeMismatch);
  add("return_call_indirect of null", Code().I32(0),
      Code().ReturnCallIndirect(0), Code(), Trap::kUninitializedElement);
  return cases;
}

// Function 0 has the trap, 1 calls 0, 2 calls 1 through the table (element 2).
TEST(BacktraceTest, ThreeCallsDeep) {
  for (const Case& c : Cases()) {
    for (int locals = 2; locals < 6; ++locals) {
      ModuleBuilder m;
      const uint32_t none = m.AddType({}, {});
      const uint32_t other = m.AddType({kF32}, {});
      m.Memory({1, {}});
      m.Table(kFuncRef, {4, {}});
      m.Global(kI32, true, Code().I32(64).End());
      m.Func(none, Types(locals, kI32), Code(c.marked.code()).End());
      const Code call = Code().Op(Op::kNop).Call(0).I32(1).Op(Op::kDrop);
      m.Func(none, {}, Code(call).End());
      const Code indirect = Code().I32(5).I32(2).CallIndirect(0).Op(Op::kDrop);
      m.Func(none, {}, Code(indirect).End());
      m.Func(other, {}, Code().End());
      m.ActiveElements(Code().I32(1).End(), {3, 1});
      m.Export("f", ExternKind::kFunc, 2);
      const CompiledModule module(m.Build());
      ASSERT_TRUE(module.ok()) << c.what << module.error();
      Machine machine;
      const Ending ending = machine.Call(machine.Instantiate(module), "f");
      EXPECT_EQ(ending.exit, Exit::kTrap) << c.what;
      EXPECT_EQ(ending.trap, c.trap) << c.what;
      EXPECT_THAT(Places(ending), ElementsAre(Place{0, c.marked.at()},
                                              Place{1, 1}, Place{2, 4}))
          << c.what;
    }
  }
}

// A call behind instructions that became one, and less code than they had been,
// with others between them that wrote nothing.
TEST(BacktraceTest, CallsBehindFusedInstructions) {
  const Code less = Code().Op(Op::kGlobalGet, 0).I32(16).Op(Op::kI32Sub);
  const Code shifted =
      Code().Get(1).Get(0).I32(2).Op(Op::kI32Shl).Op(Op::kI32Add);
  const std::vector<Code> befores = {
      Code(less).Op(Op::kGlobalSet, 0),
      Code(less).Tee(0).Op(Op::kGlobalSet, 0),
      Code(less).Op(Op::kNop).Op(Op::kNop).Op(Op::kGlobalSet, 0),
      Code(less).Op(Op::kGlobalSet, 0).Op(Op::kGlobalGet, 0).Set(1),
      Code().Get(0).I32(16).Op(Op::kI32Add).Op(Op::kGlobalSet, 0),
      Code(shifted).Mem(Op::kI32Load, 2, 0).Set(0),
      Code(shifted).Op(Op::kNop).Mem(Op::kI32Load, 2, 0).Set(0),
      Code(shifted).Op(Op::kNop).Mem(Op::kI32Load, 2, 0).Op(Op::kDrop),
  };
  for (size_t i = 0; i < befores.size(); ++i) {
    ModuleBuilder m;
    const uint32_t none = m.AddType({}, {});
    m.Memory({1, {}});
    m.Global(kI32, true, Code().I32(64).End());
    m.Func(none, {}, Code().Op(Op::kUnreachable).End());
    m.Func(none, {kI32, kI32}, Code(befores[i]).Call(0).End());
    m.Export("f", ExternKind::kFunc, 1);
    const CompiledModule module(m.Build());
    ASSERT_EQ(module.error(), "") << i;
    Machine machine;
    const Ending ending = machine.Call(machine.Instantiate(module), "f");
    EXPECT_THAT(Places(ending),
                ElementsAre(Place{0, 0},
                            Place{1, static_cast<uint32_t>(befores[i].size())}))
        << i;
  }
}

TEST(BacktraceTest, AsManyFramesAsAreAskedFor) {
  ModuleBuilder m;
  m.Func(m.Type({}, {}), {}, Code().Op(Op::kNop).Call(0).End());
  m.Export("f", ExternKind::kFunc, 0);
  const CompiledModule module(m.Build());
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  Execution& e = machine.execution();
  e.set_fuel_left(1 << 30);
  ASSERT_EQ(e.Enter(Exported(instance, "f"), {}), Exit::kDone);
  ASSERT_EQ(e.Run(), Exit::kTrap);
  EXPECT_EQ(e.trap(), Trap::kCallStackExhausted);
  EXPECT_EQ(e.Backtrace(0).size(), 0u);
  EXPECT_EQ(e.Backtrace(5).size(), 5u);
  EXPECT_EQ(e.Backtrace(5)[4].function, 0u);
  EXPECT_EQ(e.Backtrace(100).size(), 100u);
  e.Leave();
}

// Out of fuel stands at the run that could not be paid: at its first
// instruction that has code of its own.
TEST(BacktraceTest, OutOfFuel) {
  ModuleBuilder m;
  const uint32_t type = m.AddType({}, {});
  m.Memory({1, 9});
  m.Func(type, {}, Code().I32(1).MemoryGrow().Op(Op::kDrop).End());
  m.Func(type, {}, Code().I32(1).If().Call(0).End().End());
  m.Export("f", ExternKind::kFunc, 1);
  const CompiledModule module(m.Build());
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  EXPECT_THAT(Places(machine.Call(instance, "f", {}, 1)), ElementsAre());
  EXPECT_THAT(Places(machine.Call(instance, "f", {}, 2)),
              ElementsAre(Place{1, 4}));
  EXPECT_THAT(Places(machine.Call(instance, "f", {}, 10)),
              ElementsAre(Place{0, 2}, Place{1, 4}));
  EXPECT_THAT(Places(machine.Call(instance, "f", {}, 100)),
              ElementsAre(Place{0, 2}, Place{1, 4}));
}

HostResult TrapOfHost(HostCall& call) {
  return call.TrapWith(Trap::kHostError, "no");
}
HostResult TooDear(HostCall& call) {
  return call.Charge(uint64_t{1} << 50) ? HostResult::kDone
                                        : HostResult::kOutOfFuel;
}

TEST(BacktraceTest, HostFunctions) {
  ModuleBuilder m;
  const uint32_t type = m.AddType({}, {});
  m.ImportFunc("env", "h", type);
  m.Table(kFuncRef, {1, {}});
  m.ActiveElements(Code().I32(0).End(), {0});
  m.Func(type, {}, Code().Op(Op::kNop).Call(0).End());                 // 1
  m.Func(type, {}, Code().I32(0).CallIndirect(0).Op(Op::kNop).End());  // 2
  m.Func(type, {}, Code().Call(1).End());                              // 3
  m.Func(type, {}, Code().Call(2).End());                              // 4
  m.Export("direct", ExternKind::kFunc, 3);
  m.Export("indirect", ExternKind::kFunc, 4);
  const CompiledModule module(m.Build());
  for (HostFunction host : {&TrapOfHost, &TooDear}) {
    Machine machine;
    Func* h = machine.store().NewHostFunc(&module.module().func_type(0), host,
                                          nullptr);
    Instance* instance = machine.Instantiate(module, {AsImport(h)});
    EXPECT_THAT(Places(machine.Call(instance, "direct")),
                ElementsAre(Place{1, 1}, Place{3, 0}));
    EXPECT_THAT(Places(machine.Call(instance, "indirect")),
                ElementsAre(Place{2, 2}, Place{4, 0}));
  }
}

// Many frames of few functions, which lie in two modules and call each other:
// a.0 counts down, calls a.1, which calls b.1 through the table, which calls
// a.0 again.
TEST(BacktraceTest, ManyFramesOfFewFunctions) {
  constexpr uint32_t kTurns = 12;
  ModuleBuilder m;
  const uint32_t type = m.AddType({kI32}, {});
  m.Table(kFuncRef, {1, {}});
  const Code until = Code().Op(Op::kNop).Get(0).Op(Op::kI32Eqz).If();
  const Code to_next =
      Code(until).Op(Op::kUnreachable).End().Get(0).I32(1).Op(Op::kI32Sub);
  m.Func(type, {}, Code(to_next).Call(1).End());
  m.Func(type, {}, Code().Get(0).I32(0).CallIndirect(type).End());
  m.Export("f", ExternKind::kFunc, 0);
  m.Export("table", ExternKind::kTable, 0);
  const CompiledModule module_a(m.Build());
  ModuleBuilder n;
  n.AddType({kI32}, {});
  n.ImportFunc("a", "f", 0);
  n.ImportTable("a", "table", kFuncRef, {1, {}});
  n.Func(0, {}, Code().Op(Op::kNop).Op(Op::kNop).Get(0).Call(0).End());
  n.ActiveElements(Code().I32(0).End(), {1});
  const CompiledModule module_b(n.Build());

  Machine machine;
  Instance* const a = machine.Instantiate(module_a);
  Instance* const b = machine.Instantiate(
      module_b,
      {AsImport(Exported(a, "f")), ExportOf(a, "table", ExternKind::kTable)});
  const Ending ending = machine.Call(a, "f", {kTurns});
  ASSERT_EQ(ending.trap, Trap::kUnreachable);
  std::vector<Place> expected = {{0, static_cast<uint32_t>(until.size())}};
  std::vector<const Instance*> instances = {a};
  for (uint32_t i = 0; i < kTurns; ++i) {
    expected.insert(expected.end(),
                    {Place{1, 4}, Place{1, 4},
                     Place{0, static_cast<uint32_t>(to_next.size())}});
    instances.insert(instances.end(), {b, a, a});
  }
  EXPECT_EQ(Places(ending), expected);
  for (size_t i = 0; i < instances.size(); ++i) {
    EXPECT_EQ(ending.trace[i].instance, instances[i]) << i;
  }
}

// What a backtrace works in is kept for the next one, whatever that is of: more
// blocks, more code, other features.
TEST(BacktraceTest, OneAfterTheOther) {
  const auto trapping_behind = [](const Code& code) {
    ModuleBuilder m;
    m.Func(m.Type({}, {}), {}, Code(code).Op(Op::kUnreachable).End());
    m.Export("f", ExternKind::kFunc, 0);
    return m.Build();
  };
  Code blocks;
  for (int i = 0; i < 20'000; ++i) blocks.Loop().End();
  Code counts;
  counts.I32(1);
  for (int i = 0; i < 60'000; ++i) counts.Op(Op::kI32Clz);
  const Code floats = Code().F32(0).Op(Op::kF32Neg);
  struct {
    Code code;
    CompiledModule module;
    Instance* instance = nullptr;
  } cases[] = {
      {Code().Op(Op::kNop),
       CompiledModule(trapping_behind(Code().Op(Op::kNop)), wasm::Features())},
      {blocks, CompiledModule(trapping_behind(blocks))},
      {counts, CompiledModule(trapping_behind(counts))},
      {floats, CompiledModule(trapping_behind(floats))}};
  Machine machine;
  for (auto& c : cases) {
    ASSERT_EQ(c.module.error(), "");
    c.instance = machine.Instantiate(c.module);
  }
  for (const auto& first : cases) {
    for (const auto& second : cases) {
      for (const auto* c : {&first, &second}) {
        EXPECT_THAT(
            Places(machine.Call(c->instance, "f")),
            ElementsAre(Place{0, static_cast<uint32_t>(c->code.size())}));
      }
    }
  }
}

// a.g traps; b.f calls it, directly or through b's table, and is called from
// b.start; the frames name their instances.
class AcrossInstancesTest : public ::testing::Test {
 protected:
  AcrossInstancesTest() : a_(A()), b_(B()) {
    a = machine_.Instantiate(a_);
    b = machine_.Instantiate(b_, {AsImport(Exported(a, "g"))});
  }
  static std::vector<uint8_t> A() {
    ModuleBuilder m;
    const uint32_t type = m.AddType({kI32}, {kI32});
    m.Func(type, {},
           Code().I32(1).Get(0).Op(Op::kI32DivU).I32(1).Op(Op::kI32Add).End());
    m.Func(type, Types(50, kI32), Code().Op(Op::kNop).Get(0).Call(0).End());
    m.Export("g", ExternKind::kFunc, 1);
    return m.Build();
  }
  static std::vector<uint8_t> B() {
    ModuleBuilder m;
    const uint32_t type = m.AddType({kI32}, {kI32});
    m.ImportFunc("a", "g", type);
    m.Table(kFuncRef, {1, {}});
    m.ActiveElements(Code().I32(0).End(), {0});
    m.Func(type, {}, Code().Get(0).Call(0).Op(Op::kI32Eqz).End());
    m.Func(type, {},
           Code().Get(0).I32(0).CallIndirect(0).Op(Op::kI32Eqz).End());
    m.Func(type, {}, Code().Get(0).ReturnCall(0).End());
    m.Func(type, {}, Code().Get(0).Call(1).End());  // 4
    m.Func(type, {}, Code().Get(0).Call(2).End());
    m.Func(type, {}, Code().Get(0).Call(3).End());
    m.Export("direct", ExternKind::kFunc, 4);
    m.Export("indirect", ExternKind::kFunc, 5);
    m.Export("tail", ExternKind::kFunc, 6);
    return m.Build();
  }
  static std::vector<const Instance*> Instances(const Ending& ending) {
    std::vector<const Instance*> instances;
    for (const TraceFrame& f : ending.trace) instances.push_back(f.instance);
    return instances;
  }

  CompiledModule a_;
  CompiledModule b_;
  Machine machine_;
  Instance* a = nullptr;
  Instance* b = nullptr;
};

TEST_F(AcrossInstancesTest, Trap) {
  const Ending direct = machine_.Call(b, "direct", {0});
  EXPECT_THAT(Places(direct),
              ElementsAre(Place{0, 4}, Place{1, 3}, Place{1, 2}, Place{4, 2}));
  EXPECT_THAT(Instances(direct), ElementsAre(a, a, b, b));
  const Ending indirect = machine_.Call(b, "indirect", {0});
  EXPECT_THAT(Places(indirect),
              ElementsAre(Place{0, 4}, Place{1, 3}, Place{2, 4}, Place{5, 2}));
  EXPECT_THAT(Instances(indirect), ElementsAre(a, a, b, b));
  // The tail-calling frame is gone.
  const Ending tail = machine_.Call(b, "tail", {0});
  EXPECT_THAT(Places(tail), ElementsAre(Place{0, 4}, Place{1, 3}, Place{6, 2}));
  EXPECT_THAT(Instances(tail), ElementsAre(a, a, b));
}

// The callee has no frame yet: the trap stands at the call.
TEST_F(AcrossInstancesTest, StackExhausted) {
  machine_.set_stack_slots_max(30);
  const Ending direct = machine_.Call(b, "direct", {0});
  EXPECT_EQ(direct.trap, Trap::kCallStackExhausted);
  EXPECT_THAT(Places(direct), ElementsAre(Place{1, 2}, Place{4, 2}));
  EXPECT_THAT(Instances(direct), ElementsAre(b, b));
  const Ending indirect = machine_.Call(b, "indirect", {0});
  EXPECT_EQ(indirect.trap, Trap::kCallStackExhausted);
  EXPECT_THAT(Places(indirect), ElementsAre(Place{2, 4}, Place{5, 2}));
  EXPECT_THAT(Instances(indirect), ElementsAre(b, b));
}

TEST_F(AcrossInstancesTest, OutOfFuel) {
  // direct: get 1, call 9; then get 1, call 9, eqz 1; then g's first run.
  const Ending direct = machine_.Call(b, "direct", {1}, 21);
  EXPECT_EQ(direct.exit, Exit::kOutOfFuel);
  EXPECT_THAT(Places(direct),
              ElementsAre(Place{1, 0}, Place{1, 2}, Place{4, 2}));
  EXPECT_THAT(Instances(direct), ElementsAre(a, b, b));
}

}  // namespace
}  // namespace ashlar::interp
