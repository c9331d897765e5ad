// What went wrong in other engines must not go wrong here. README.md lists
// the accidents and all tests that stand against them; here are those that
// have no better place.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "engine/compile/test_machine.h"
#include "engine/engine.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/trap.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/state/inline_state.h"
#include "engine/wasm/features.h"
#include "engine/wasm/violation.h"
#include "gtest/gtest.h"
#include "metering/schedule.h"
#include "tests/util/maxima.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

using engine::Completed;
using engine::OutcomeClass;
using interp::Exit;
using interp::HostCall;
using interp::HostResult;
using interp::Instance;
using Types = ModuleBuilder::Types;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;

// --- Host functions with many parameters.

// Answers each argument plus one.
HostResult AddOneToEach(HostCall& call) {
  for (uint32_t i = 0; i < call.func()->type->param_count; ++i) {
    call.slots()[i] += 1;
  }
  return HostResult::kDone;
}

class WideHostTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  // f() calls the import, the function 0, by `how` with 0, 1, 2 ...
  Ending Run(Code how, bool is_indirect) {
    const Types wide(GetParam(), kI64);
    ModuleBuilder m;
    const uint32_t type = m.Type(wide, wide);
    m.ImportFunc("env", "h", type);
    Code code;
    for (uint32_t i = 0; i < GetParam(); ++i) code.I64(i);
    if (is_indirect) code.I32(0);
    m.Func(m.Type({}, wide), {}, code.Raw(how.bytes()).End());
    m.Table(ValType::kFuncRef, {1, 1});
    const uint32_t functions[] = {0};
    m.ActiveElements(Code().I32(0).End(), functions);
    m.Export("f", ExternKind::kFunc, 1);
    const CompiledModule module(m.Build());
    EXPECT_TRUE(module.ok()) << module.error();
    Machine machine;
    interp::Func* host = machine.store().NewHostFunc(
        &module.module().func_type(0), AddOneToEach, nullptr);
    Instance* instance = machine.Instantiate(module, {AsImport(host)});
    return machine.Call(instance, "f");
  }

  Ending Expected() const {
    std::vector<uint64_t> results;
    for (uint32_t i = 0; i < GetParam(); ++i) results.push_back(i + 1);
    return Returned(results);
  }
};

TEST_P(WideHostTest, EveryKindOfCall) {
  EXPECT_EQ(Run(Code().Call(0), false), Expected());
  EXPECT_EQ(Run(Code().CallIndirect(0), true), Expected());
  EXPECT_EQ(Run(Code().ReturnCall(0), false), Expected());
  EXPECT_EQ(Run(Code().ReturnCallIndirect(0), true), Expected());
}

INSTANTIATE_TEST_SUITE_P(
    Counts, WideHostTest,
    ::testing::Values(1, 127, 128, 129, 255, 256,
                      base::kRelaxedLimits.function_params_max));

// What the host enters begins above all arguments of its own call, and leaves
// them as they are.
TEST_P(WideHostTest, WhatTheHostEntersIsAboveItsArguments) {
  const uint32_t count = GetParam();
  const Types wide(count, kI64);
  ModuleBuilder m;
  const uint32_t type = m.Type(wide, wide);
  m.ImportFunc("env", "h", type);
  Code caller;
  for (uint32_t i = 0; i < count; ++i) caller.I64(i);
  m.Func(m.Type({}, wide), {}, caller.Call(0).End());
  // Its frame is larger than all arguments, and it writes all of that.
  Code writer;
  for (uint32_t i = 0; i <= count; ++i) writer.I64(-1).Set(i);
  m.Func(m.Type({}, {}), Types(count + 1, kI64), writer.End());
  m.Export("f", ExternKind::kFunc, 1);
  m.Export("writer", ExternKind::kFunc, 2);
  const CompiledModule module(m.Build());
  ASSERT_TRUE(module.ok()) << module.error();
  Machine machine;
  interp::Func* writer_func = nullptr;
  interp::Func* host = machine.store().NewHostFunc(
      &module.module().func_type(0),
      [](HostCall& call) {
        interp::Execution& e = *call.execution();
        auto* const entered = *static_cast<interp::Func**>(call.host_data());
        EXPECT_EQ(e.Enter(entered, {}), Exit::kDone);
        EXPECT_EQ(e.Run(), Exit::kDone);
        e.Leave();
        return AddOneToEach(call);
      },
      &writer_func);
  Instance* instance = machine.Instantiate(module, {AsImport(host)});
  writer_func = Exported(instance, "writer");
  EXPECT_EQ(machine.Call(instance, "f"), Expected());
}

// --- Totals.

// Each function has few, all together too many.
TEST(Totals, OfLocalsAndParameters) {
  base::Limits limits = base::kStrictLimits;
  limits.function_locals_total_max = 100;
  limits.function_params_total_max = 50;
  const auto error = [&](const Types& params, uint32_t functions,
                         const Types& locals) {
    ModuleBuilder m;
    const uint32_t type = m.Type(params, {});
    for (uint32_t i = 0; i < functions; ++i) {
      m.Func(type, locals, Code().End());
    }
    return CompiledModule(m.Build(), wasm::Features::All(), limits).error();
  };
  EXPECT_EQ(error({}, 10, Types(10, kI64)), "");
  EXPECT_EQ(error({}, 11, Types(10, kI64)), "limit.locals_total");
  EXPECT_EQ(error({}, 1, Types(101, kI64)), "limit.locals_total");
  EXPECT_EQ(error(Types(10, kI64), 5, {}), "");
  EXPECT_EQ(error(Types(10, kI64), 6, {}), "limit.parameters_total");
}

// --- Maxima.

// Those of strict-1 and of relaxed-1; tools/cross runs them on both machines.
TEST(Maxima, AreRunToTheirVeryEnd) {
  for (const base::Limits& limits :
       {base::kStrictLimits, base::kRelaxedLimits}) {
    for (const Maximum& maximum : Maxima(limits)) {
      SCOPED_TRACE(maximum.limit);
      const CompiledModule module(maximum.module, wasm::Features::All(),
                                  limits);
      ASSERT_TRUE(module.ok()) << module.error();
      Machine machine(limits.stack_slots_max);
      Instance* instance =
          machine.Instantiate(module, {}, limits.memory_pages_max);
      EXPECT_EQ(machine.Call(instance, "f", maximum.args),
                Returned(maximum.results));
    }
  }
}

TEST(Maxima, OneCallMoreExhaustsTheStack) {
  for (const base::Limits& limits :
       {base::kStrictLimits, base::kRelaxedLimits}) {
    const Maximum stack = Maxima(limits).back();
    const CompiledModule module(stack.module);
    Machine machine(limits.stack_slots_max);
    Instance* instance = machine.Instantiate(module);
    EXPECT_EQ(machine.Call(instance, "f", {stack.args[0] + 1}),
              Trapped(interp::Trap::kCallStackExhausted));
  }
}

// --- The largest br_table.

// f(i) = 7 where i selects the last label, else 9.
std::vector<uint8_t> BranchTable(uint32_t labels) {
  std::vector<uint32_t> all(labels, 1);
  all.back() = 0;
  Code code;
  code.Block().Block().Get(0).BrTable(all, 1).End();
  code.I32(7).Return().End().I32(9).End();
  ModuleBuilder m;
  m.Func(m.Type({kI32}, {kI32}), {}, code);
  m.Export("f", ExternKind::kFunc, 0);
  return m.Build();
}

TEST(LargestBranchTable, IsFollowedAtBothEnds) {
  const uint32_t labels = base::kRelaxedLimits.br_table_targets_max;
  const CompiledModule module(BranchTable(labels));
  ASSERT_TRUE(module.ok()) << module.error();
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  const uint64_t last = labels - 1;
  for (const uint64_t other :
       {uint64_t{0}, last / 2, last - 1, last + 1, uint64_t{UINT32_MAX}}) {
    EXPECT_EQ(machine.Call(instance, "f", {other}), Returned({9})) << other;
  }
  EXPECT_EQ(machine.Call(instance, "f", {last}), Returned({7}));
}

TEST(LargestBranchTable, AndNoLarger) {
  base::Limits limits = base::kRelaxedLimits;
  limits.br_table_targets_max = 4096;
  const auto error = [&](uint32_t labels) {
    return CompiledModule(BranchTable(labels), wasm::Features::All(), limits)
        .error();
  };
  EXPECT_EQ(error(4096), "");
  EXPECT_EQ(error(4097), "limit.branch_table_targets");
}

// --- Bulk instructions act as a whole or not at all.

struct Bulk {
  const char* name;
  Code code;  // of type () -> ()
};

std::vector<Bulk> Bulks() {
  const auto three = [](int32_t a, int32_t b, int32_t c) {
    return Code().I32(a).I32(b).I32(c);
  };
  return {
      {"memory.fill", three(0, 0xee, 64).MemoryFill()},
      {"memory.copy", three(0, 4096, 64).MemoryCopy()},
      {"memory.init", three(0, 0, 64).MemoryInit(1)},
      {"memory.grow", Code().I32(1).MemoryGrow().Op(Op::kDrop)},
      {"table.fill",
       Code().I32(0).Op(Op::kRefFunc, 0).I32(8).Op(Op::kTableFill, 0)},
      {"table.copy", three(0, 8, 8).Op(Op::kTableCopy, 0, 0)},
      {"table.init", three(0, 0, 8).Op(Op::kTableInit, 1, 0)},
      {"table.grow",
       Code().Op(Op::kRefFunc, 0).I32(8).Op(Op::kTableGrow, 0).Op(Op::kDrop)},
  };
}

CompiledModule BulkModule(const Code& code) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  m.Func(type, {}, Code(code).End());
  m.Memory({1, 4});
  m.Table(ValType::kFuncRef, {16, 64});
  const std::vector<uint32_t> functions(8, 0);
  m.ActiveElements(Code().I32(8).End(), functions);
  m.PassiveElements(functions);
  m.ActiveData(Code().I32(4096).End(), std::vector<uint8_t>(64, 0xcc));
  m.PassiveData(std::vector<uint8_t>(64, 0xdd));
  m.DataCount();
  m.Export("f", ExternKind::kFunc, 0);
  return CompiledModule(m.Build());
}

struct Seen {
  std::vector<uint8_t> memory;
  std::vector<uint64_t> table;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen Look(const Instance& instance) {
  const auto memory = instance.memory->Slice(0, instance.memory->size_bytes());
  return {{memory.begin(), memory.end()},
          {instance.tables[0]->elements.begin(),
           instance.tables[0]->elements.end()}};
}

TEST(BulkInstructions, ChangeNothingThatWasNotPaid) {
  for (const Bulk& bulk : Bulks()) {
    SCOPED_TRACE(bulk.name);
    const CompiledModule module = BulkModule(bulk.code);
    ASSERT_TRUE(module.ok()) << module.error();
    Machine machine;
    const uint64_t used =
        machine.Call(machine.Instantiate(module), "f").fuel_used;
    for (uint64_t limit = 0; limit <= used; ++limit) {
      Instance* instance = machine.Instantiate(module);
      const Seen before = Look(*instance);
      const Ending ending = machine.Call(instance, "f", {}, limit);
      ASSERT_EQ(ending.exit, limit == used ? Exit::kDone : Exit::kOutOfFuel);
      ASSERT_EQ(Look(*instance) == before, limit != used) << limit;
    }
  }
}

// --- Malformed modules in every configuration.

// With all sections, a table of a constant expression's value, and a custom
// section.
std::string AllSections() {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  m.ImportMemory("env", "memory", {1, 16});
  const uint32_t first = m.Func(type, {kI32}, Code().I32(1).Set(0).End());
  const uint32_t second = m.Func(type, {}, Code().Call(first).End());
  m.Table(ValType::kFuncRef, {2, 2});
  m.Global(kI32, true, Code().I32(300).End());
  m.Export("call", ExternKind::kFunc, first);
  m.Export("deploy", ExternKind::kFunc, second);
  const uint32_t functions[] = {first, second};
  m.ActiveElements(Code().I32(0).End(), functions);
  m.ActiveData(Code().I32(5).End(), std::vector<uint8_t>{1, 2, 3});
  m.DataCount();
  m.Custom(Section::kData, "name", std::vector<uint8_t>{1, 0});
  const std::vector<uint8_t> bytes = m.Build();
  return std::string(bytes.begin(), bytes.end());
}

// Refused with a reason, or accepted, under every profile.
void LoadUnderAll(const std::string& bytes) {
  for (const engine::Profile* profile : engine::ProfileSet::BuiltIn().all()) {
    wasm::Violations violations;
    const auto loaded = engine::Load(bytes, *profile, &violations);
    EXPECT_EQ(loaded == nullptr, !violations.empty()) << profile->name;
  }
}

bool IsContract(const std::string& bytes) {
  wasm::Violations violations;
  return engine::Load(bytes,
                      *engine::ProfileSet::BuiltIn().FindByName("seal-1"),
                      &violations) != nullptr;
}

TEST(MalformedModules, PrefixesAreNoContracts) {
  const std::string module = AllSections();
  ASSERT_TRUE(IsContract(module));
  // Without its last section, the custom one, it is whole again.
  const size_t custom = module.rfind(std::string("\x04name", 5)) - 2;
  for (size_t size = 0; size < module.size(); ++size) {
    LoadUnderAll(module.substr(0, size));
    EXPECT_EQ(IsContract(module.substr(0, size)), size == custom) << size;
  }
}

TEST(MalformedModules, ChangedBytesDoNoHarm) {
  const std::string module = AllSections();
  for (size_t at = 0; at < module.size(); ++at) {
    for (const char byte : {'\x00', '\x0b', '\x41', '\x7f', '\x80', '\xff'}) {
      std::string changed = module;
      changed[at] = byte;
      LoadUnderAll(changed);
    }
  }
}

TEST(MalformedModules, UnterminatedConstantExpressions) {
  // A global whose value is never ended: by the section's end, the module's
  // end, or the next section.
  for (const auto& init :
       std::vector<std::vector<uint8_t>>{{},
                                         {0x41},
                                         {0x41, 0x00},
                                         {0x41, 0x80},
                                         {0x23},
                                         {0xd2, 0x00},
                                         {0x41, 0x00, 0x41, 0x00, 0x6a}}) {
    std::vector<uint8_t> section = {1, 0x7f, 0};
    section.insert(section.end(), init.begin(), init.end());
    for (const bool is_last : {true, false}) {
      ModuleBuilder m;
      m.Type({}, {});
      m.AppendSection(6, section);
      if (!is_last) m.AppendSection(7, {0});
      const std::vector<uint8_t> bytes = m.Build();
      for (const engine::Profile* profile :
           engine::ProfileSet::BuiltIn().all()) {
        wasm::Violations violations;
        EXPECT_EQ(engine::Load(std::string(bytes.begin(), bytes.end()),
                               *profile, &violations),
                  nullptr)
            << profile->name;
      }
    }
  }
}

// --- No state of code outlives a failure; code is of one schedule.

class SharedEngineTest : public ::testing::Test {
 protected:
  static Completed Run(engine::Engine* engine, const engine::Profile& profile,
                       uint64_t fuel_limit) {
    engine::ExecuteRequest request;
    request.profile = profile.digest;
    request.module_bytes = AllSections();
    request.entry = "call";
    request.fuel_limit = fuel_limit;
    state::InlineState state(state::MissingKeys::kAbsent);
    const auto result = engine->Execute(request, &state, nullptr);
    EXPECT_TRUE(result.ok());
    return *result->completed;
  }
};

TEST_F(SharedEngineTest, OutOfFuelAnywhereLeavesNothingBehind) {
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("seal-1");
  engine::Engine fresh({});
  const Completed whole = Run(&fresh, profile, uint64_t{1} << 30);
  ASSERT_EQ(whole.outcome.klass, OutcomeClass::kReturned);
  engine::Engine engine({});
  for (uint64_t limit = 1; limit < whole.fuel.used; ++limit) {
    ASSERT_EQ(Run(&engine, profile, limit).outcome.klass,
              OutcomeClass::kOutOfFuel)
        << limit;
    if (limit % 64 != 0) continue;
    const Completed again = Run(&engine, profile, whole.fuel.used);
    ASSERT_EQ(again.outcome.klass, OutcomeClass::kReturned) << limit;
    ASSERT_EQ(again.fuel.used, whole.fuel.used) << limit;
  }
}

TEST_F(SharedEngineTest, CodeOfAnotherScheduleIsNotUsed) {
  // Equal but for one price, which every function pays.
  engine::ProfileSet profiles;
  engine::Profile dear = *engine::ProfileSet::BuiltIn().FindByName("seal-1");
  ASSERT_TRUE(profiles.Add(dear).ok());
  dear.name = "dear";
  dear.schedule.name = "dear";
  dear.schedule.class_price[static_cast<int>(metering::CostClass::kConst)] +=
      100;
  ASSERT_TRUE(profiles.Add(dear).ok());
  const engine::Profile& a = *profiles.FindByName("seal-1");
  const engine::Profile& b = *profiles.FindByName("dear");
  engine::Engine engine({.profiles = &profiles});
  constexpr uint64_t kLimit = 1 << 30;
  const uint64_t cheap = Run(&engine, a, kLimit).fuel.used;
  for (int i = 0; i < 4; ++i) {  // cached from the second time on
    EXPECT_EQ(Run(&engine, a, kLimit).fuel.used, cheap);
    EXPECT_EQ(Run(&engine, b, kLimit).fuel.used, cheap + 100);
  }
}

}  // namespace
}  // namespace ashlar::testing
