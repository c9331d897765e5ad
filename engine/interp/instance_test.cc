// Linking and instantiation (spec 2.0, 4.5.4), and what instances share.
#include "engine/interp/instance.h"

#include <cstdint>
#include <string>
#include <vector>

#include "engine/compile/test_machine.h"
#include "engine/interp/execution.h"
#include "engine/interp/memory.h"
#include "engine/interp/trap.h"
#include "engine/wasm/module.h"
#include "engine/wasm/types.h"
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
using testing::LimitsSpec;
using testing::Machine;
using testing::ModuleBuilder;
using testing::Op;
using testing::Returned;
using testing::Trapped;
using testing::ValType;
using Types = std::vector<ValType>;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;
constexpr ValType kFuncRef = ValType::kFuncRef;
constexpr ValType kExternRef = ValType::kExternRef;

InstantiateError TryInstantiate(Machine* machine, const CompiledModule& module,
                                const std::vector<Extern>& imports) {
  EXPECT_TRUE(module.ok()) << module.error();
  Instance* instance = nullptr;
  const InstantiateError error =
      machine->store().Instantiate(&module.code(), imports, 65536, &instance);
  EXPECT_EQ(error.ok(), instance != nullptr);
  return error;
}

std::string LinkError(Machine* machine, const CompiledModule& module,
                      const std::vector<Extern>& imports) {
  return TryInstantiate(machine, module, imports).link_error;
}

constexpr char kUnknown[] = "unknown import m.x";
constexpr char kIncompatible[] = "incompatible import type m.x";

// ------------------------------------------------------------------- linking

// A module that exports one of each kind.
CompiledModule Exporter() {
  ModuleBuilder m;
  m.Func(m.Type({kI32}, {kI64}), {}, Code().I64(1).End());
  m.Table(kFuncRef, {5, 10});
  m.Memory({2, 4});
  m.Global(kI32, true, Code().I32(11).End());
  m.Global(kI64, false, Code().I64(12).End());
  m.Export("func", ExternKind::kFunc, 0);
  m.Export("table", ExternKind::kTable, 0);
  m.Export("memory", ExternKind::kMemory, 0);
  m.Export("global", ExternKind::kGlobal, 0);
  m.Export("constant", ExternKind::kGlobal, 1);
  return CompiledModule(m.Build());
}

class LinkTest : public ::testing::Test {
 protected:
  LinkTest() : exporter_(Exporter()) {
    instance_ = machine_.Instantiate(exporter_);
    func_ = ExportOf(instance_, "func", ExternKind::kFunc);
    table_ = ExportOf(instance_, "table", ExternKind::kTable);
    memory_ = ExportOf(instance_, "memory", ExternKind::kMemory);
    global_ = ExportOf(instance_, "global", ExternKind::kGlobal);
    constant_ = ExportOf(instance_, "constant", ExternKind::kGlobal);
  }
  std::string Func(Types params, Types results, const Extern& given) {
    ModuleBuilder m;
    m.ImportFunc("m", "x", m.Type(params, results));
    return LinkError(&machine_, CompiledModule(m.Build()), {given});
  }
  std::string Table(ValType type, LimitsSpec limits, const Extern& given) {
    ModuleBuilder m;
    m.ImportTable("m", "x", type, limits);
    return LinkError(&machine_, CompiledModule(m.Build()), {given});
  }
  std::string Memory(LimitsSpec limits, const Extern& given) {
    ModuleBuilder m;
    m.ImportMemory("m", "x", limits);
    return LinkError(&machine_, CompiledModule(m.Build()), {given});
  }
  std::string Global(ValType type, bool is_mutable, const Extern& given) {
    ModuleBuilder m;
    m.ImportGlobal("m", "x", type, is_mutable);
    return LinkError(&machine_, CompiledModule(m.Build()), {given});
  }

  CompiledModule exporter_;
  Machine machine_;
  Instance* instance_ = nullptr;
  Extern func_, table_, memory_, global_, constant_;
};

TEST_F(LinkTest, Functions) {
  EXPECT_EQ(Func({kI32}, {kI64}, func_), "");
  EXPECT_EQ(Func({kI32}, {kI32}, func_), kIncompatible);
  EXPECT_EQ(Func({kI64}, {kI64}, func_), kIncompatible);
  EXPECT_EQ(Func({}, {kI64}, func_), kIncompatible);
  EXPECT_EQ(Func({kI32}, {}, func_), kIncompatible);
  EXPECT_EQ(Func({kI32}, {kI64, kI64}, func_), kIncompatible);
}

TEST_F(LinkTest, Tables) {
  EXPECT_EQ(Table(kFuncRef, {5, 10}, table_), "");
  EXPECT_EQ(Table(kFuncRef, {0, {}}, table_), "");
  EXPECT_EQ(Table(kFuncRef, {5, 11}, table_), "");
  EXPECT_EQ(Table(kFuncRef, {6, 10}, table_), kIncompatible);
  EXPECT_EQ(Table(kFuncRef, {5, 9}, table_), kIncompatible);
  EXPECT_EQ(Table(kExternRef, {5, 10}, table_), kIncompatible);
  // What counts is the size now.
  table_.table->elements.resize(6);
  EXPECT_EQ(Table(kFuncRef, {6, 10}, table_), "");
}

TEST_F(LinkTest, Memories) {
  EXPECT_EQ(Memory({2, 4}, memory_), "");
  EXPECT_EQ(Memory({0, {}}, memory_), "");
  EXPECT_EQ(Memory({2, 5}, memory_), "");
  EXPECT_EQ(Memory({3, 4}, memory_), kIncompatible);
  EXPECT_EQ(Memory({2, 3}, memory_), kIncompatible);
  memory_.memory->Grow(1);
  EXPECT_EQ(Memory({3, 4}, memory_), "");
}

// A memory without a maximum fits no import that has one, however high, also
// where the profile bounds it.
TEST_F(LinkTest, MemoryWithoutMaximum) {
  Extern unbounded;
  unbounded.kind = ExternKind::kMemory;
  wasm::MemoryType type;
  type.limits.min = 1;
  unbounded.memory = machine_.store().NewMemory(type, 10);
  EXPECT_EQ(unbounded.memory->pages_max(), 10u);
  EXPECT_EQ(Memory({1, {}}, unbounded), "");
  EXPECT_EQ(Memory({1, 65536}, unbounded), kIncompatible);
  type.limits.max = 20;
  type.limits.has_max = true;
  unbounded.memory = machine_.store().NewMemory(type, 10);
  EXPECT_EQ(Memory({1, 20}, unbounded), "");
  EXPECT_EQ(Memory({1, 10}, unbounded), kIncompatible);
}

TEST_F(LinkTest, Globals) {
  EXPECT_EQ(Global(kI32, true, global_), "");
  EXPECT_EQ(Global(kI32, false, global_), kIncompatible);
  EXPECT_EQ(Global(kI64, true, global_), kIncompatible);
  EXPECT_EQ(Global(kI64, false, constant_), "");
  EXPECT_EQ(Global(kI64, true, constant_), kIncompatible);
}

TEST_F(LinkTest, KindsDiffer) {
  EXPECT_EQ(Func({kI32}, {kI64}, memory_), kIncompatible);
  EXPECT_EQ(Memory({0, {}}, table_), kIncompatible);
  EXPECT_EQ(Table(kFuncRef, {0, {}}, global_), kIncompatible);
  EXPECT_EQ(Global(kI32, true, func_), kIncompatible);
}

TEST_F(LinkTest, Unknown) {
  ModuleBuilder m;
  m.ImportFunc("m", "y", m.Type({kI32}, {kI64}));
  m.ImportMemory("m", "x", {0, {}});
  const CompiledModule module(m.Build());
  EXPECT_EQ(LinkError(&machine_, module, {}), "unknown import m.y");
  EXPECT_EQ(LinkError(&machine_, module, {func_}), kUnknown);
  EXPECT_EQ(LinkError(&machine_, module, {func_, Extern()}), kUnknown);
  Extern null_memory;
  null_memory.kind = ExternKind::kMemory;
  EXPECT_EQ(LinkError(&machine_, module, {func_, null_memory}), kUnknown);
  EXPECT_EQ(LinkError(&machine_, module, {func_, memory_}), "");
}

TEST_F(LinkTest, FindExport) {
  Extern e;
  EXPECT_FALSE(instance_->FindExport("none", ExternKind::kFunc, &e));
  EXPECT_FALSE(instance_->FindExport("func", ExternKind::kMemory, &e));
  EXPECT_FALSE(instance_->FindExport("", ExternKind::kFunc, &e));
  ASSERT_TRUE(instance_->FindExport("global", ExternKind::kGlobal, &e));
  EXPECT_EQ(e.global->value, 11u);
}

// ------------------------------------------------------------------- sharing

// Exports a counter in memory, a table, a global, and functions over them.
std::vector<uint8_t> Owner() {
  ModuleBuilder m;
  const uint32_t get = m.AddType({}, {kI32});
  const uint32_t set = m.AddType({kI32}, {});
  const uint32_t apply = m.AddType({kI32, kI32}, {kI32});
  const uint32_t unary = m.AddType({kI32}, {kI32});
  m.Memory({1, 10});
  m.Table(kFuncRef, {4, 8});
  m.Global(kI32, true, Code().I32(1).End());
  m.Func(get, {}, Code().I32(8).Mem(Op::kI32Load, 2, 0).End());
  m.Func(set, {}, Code().I32(8).Get(0).Mem(Op::kI32Store, 2, 0).End());
  m.Func(get, {}, Code().Op(Op::kGlobalGet, 0).End());
  m.Func(apply, {}, Code().Get(0).Get(1).CallIndirect(unary).End());
  m.Func(unary, {}, Code().Get(0).MemoryGrow().End());
  m.Func(unary, {}, Code().Get(0).I32(2).Op(Op::kI32Mul).End());
  m.ActiveElements(Code().I32(0).End(), {5});
  m.Export("memory", ExternKind::kMemory, 0);
  m.Export("table", ExternKind::kTable, 0);
  m.Export("global", ExternKind::kGlobal, 0);
  m.Export("get", ExternKind::kFunc, 0);
  m.Export("set", ExternKind::kFunc, 1);
  m.Export("global_get", ExternKind::kFunc, 2);
  m.Export("apply", ExternKind::kFunc, 3);
  m.Export("grow", ExternKind::kFunc, 4);
  m.Export("double", ExternKind::kFunc, 5);
  return m.Build();
}

// Imports all of that.
class UserBuilder {
 public:
  UserBuilder() {
    get_ = m_.AddType({}, {kI32});
    set_ = m_.AddType({kI32}, {});
    apply_ = m_.AddType({kI32, kI32}, {kI32});
    unary_ = m_.AddType({kI32}, {kI32});
    m_.ImportMemory("o", "memory", {1, 10});
    m_.ImportTable("o", "table", kFuncRef, {4, 8});
    m_.ImportGlobal("o", "global", kI32, true);
    m_.ImportFunc("o", "get", get_);
    m_.ImportFunc("o", "set", set_);
    m_.ImportFunc("o", "global_get", get_);
    m_.ImportFunc("o", "apply", apply_);
    m_.ImportFunc("o", "grow", unary_);
    m_.ImportFunc("o", "double", unary_);
  }
  static std::vector<Extern> Imports(Instance* owner) {
    std::vector<Extern> imports = {
        ExportOf(owner, "memory", ExternKind::kMemory),
        ExportOf(owner, "table", ExternKind::kTable),
        ExportOf(owner, "global", ExternKind::kGlobal)};
    for (const char* f :
         {"get", "set", "global_get", "apply", "grow", "double"}) {
      imports.push_back(AsImport(Exported(owner, f)));
    }
    return imports;
  }
  // The exported function f: (i32) -> (i32).
  void F(const Code& code, Types locals = {}) {
    m_.Export("f", ExternKind::kFunc, m_.Func(unary_, locals, code));
  }
  ModuleBuilder& builder() { return m_; }
  uint32_t unary() const { return unary_; }

 private:
  ModuleBuilder m_;
  uint32_t get_, set_, apply_, unary_;
};
enum Imported : uint32_t { kGet, kSet, kGlobalGet, kApply, kGrow, kDouble };

class SharingTest : public ::testing::Test {
 protected:
  SharingTest() : owner_module_(Owner()) {
    owner_ = machine_.Instantiate(owner_module_);
  }
  Ending Run(const Code& code, uint64_t argument, Types locals = {}) {
    UserBuilder user;
    user.F(code, locals);
    modules_.push_back(
        std::make_unique<CompiledModule>(user.builder().Build()));
    EXPECT_TRUE(modules_.back()->ok()) << modules_.back()->error();
    Instance* instance =
        machine_.Instantiate(*modules_.back(), UserBuilder::Imports(owner_));
    return machine_.Call(instance, "f", {argument});
  }

  CompiledModule owner_module_;
  std::vector<std::unique_ptr<CompiledModule>> modules_;
  Machine machine_;
  Instance* owner_ = nullptr;
};

TEST_F(SharingTest, Memory) {
  // Ours writes, theirs reads, and the other way round.
  const Code code = Code()
                        .I32(8)
                        .Get(0)
                        .Mem(Op::kI32Store, 2, 0)
                        .Call(kGet)
                        .I32(1)
                        .Op(Op::kI32Add)
                        .Call(kSet)
                        .I32(8)
                        .Mem(Op::kI32Load, 2, 0)
                        .End();
  EXPECT_EQ(Run(code, 41), Returned({42}));
  EXPECT_EQ(machine_.Call(owner_, "get"), Returned({42}));
}

TEST_F(SharingTest, Global) {
  const Code code = Code()
                        .Op(Op::kGlobalGet, 0)
                        .Get(0)
                        .Op(Op::kI32Add)
                        .Op(Op::kGlobalSet, 0)
                        .Call(kGlobalGet)
                        .End();
  EXPECT_EQ(Run(code, 41), Returned({42}));
  EXPECT_EQ(machine_.Call(owner_, "global_get"), Returned({42}));
}

// Memory that the callee's instance grew is there for the caller: at its new
// place, with its new size.
TEST_F(SharingTest, MemoryGrownByTheCallee) {
  const Code code = Code()
                        .I32(8)
                        .I32(1000)
                        .Mem(Op::kI32Store, 2, 0)
                        .Get(0)
                        .Call(kGrow)
                        .Op(Op::kDrop)
                        // The last byte is there; it is ours to write.
                        .Get(0)
                        .I32(16)
                        .Op(Op::kI32Shl)
                        .I32(7)
                        .Mem(Op::kI32Store8, 0, 65535)
                        .Op(Op::kMemorySize, 0)
                        .I32(8)
                        .Mem(Op::kI32Load, 2, 0)
                        .Op(Op::kI32Add)
                        .End();
  EXPECT_EQ(Run(code, 9), Returned({1010}));
  EXPECT_EQ(owner_->memory->pages(), 10u);
  EXPECT_EQ(owner_->memory->base()[10 * kPageSizeBytes - 1], 7);
}

// And the other way round: the caller grows, the callee reads.
TEST_F(SharingTest, MemoryGrownByTheCaller) {
  const Code code = Code()
                        .Get(0)
                        .Call(kSet)
                        .I32(9)
                        .MemoryGrow()
                        .Op(Op::kDrop)
                        .Call(kGet)
                        .End();
  EXPECT_EQ(Run(code, 77), Returned({77}));
}

// Through a tail call, the grown memory is the returned-to caller's too.
TEST_F(SharingTest, MemoryGrownInATailCall) {
  UserBuilder user;
  const uint32_t tail = user.builder().Func(
      user.unary(), {}, Code().Get(0).ReturnCall(kGrow).End());
  user.F(Code()
             .Get(0)
             .Call(tail)
             .Op(Op::kDrop)
             .I32(65536)
             .Mem(Op::kI32Load8U, 0, 0)
             .Op(Op::kMemorySize, 0)
             .Op(Op::kI32Add)
             .End());
  const CompiledModule module(user.builder().Build());
  Instance* instance =
      machine_.Instantiate(module, UserBuilder::Imports(owner_));
  EXPECT_EQ(machine_.Call(instance, "f", {1}), Returned({2}));
}

// Their table holds our function, theirs, and calls them.
TEST_F(SharingTest, Table) {
  UserBuilder user;
  const uint32_t triple = user.builder().Func(
      user.unary(), {}, Code().Get(0).I32(3).Op(Op::kI32Mul).End());
  user.builder().ActiveElements(Code().I32(1).End(), {triple, kDouble});
  user.F(Code()
             .Get(0)
             .I32(1)
             .Call(kApply)  // triple, by the owner
             .I32(2)
             .CallIndirect(user.unary())  // double, by ours
             .I32(0)
             .CallIndirect(user.unary())  // double, by the owner's element
             .End());
  const CompiledModule module(user.builder().Build());
  Instance* instance =
      machine_.Instantiate(module, UserBuilder::Imports(owner_));
  EXPECT_EQ(machine_.Call(instance, "f", {5}), Returned({60}));
  EXPECT_EQ(machine_.Call(owner_, "apply", {5, 1}), Returned({15}));
}

// Types of different modules are compared by their structure.
TEST_F(SharingTest, TypesAcrossModules) {
  UserBuilder user;
  ModuleBuilder& m = user.builder();
  // An equal type of another index, and a type that differs.
  const uint32_t again = m.AddType({kI32}, {kI32});
  const uint32_t other = m.AddType({kI32}, {kI64});
  user.F(Code()
             .Get(0)
             .I32(0)
             .CallIndirect(again)
             .I32(0)
             .CallIndirect(other)
             .Op(Op::kI32WrapI64)
             .End());
  m.Export("fine", ExternKind::kFunc,
           m.Func(again, {}, Code().Get(0).I32(0).CallIndirect(again).End()));
  const CompiledModule module(m.Build());
  Instance* instance =
      machine_.Instantiate(module, UserBuilder::Imports(owner_));
  EXPECT_EQ(machine_.Call(instance, "fine", {4}), Returned({8}));
  EXPECT_EQ(machine_.Call(instance, "f", {4}),
            Trapped(Trap::kIndirectCallTypeMismatch));
}

TEST_F(SharingTest, TailCallIntoAnotherInstance) {
  UserBuilder user;
  ModuleBuilder& m = user.builder();
  const uint32_t tail = m.Func(user.unary(), Types(20, kI64),
                               Code().Get(0).ReturnCall(kDouble).End());
  const uint32_t indirect =
      m.Func(user.unary(), {},
             Code().Get(0).I32(0).ReturnCallIndirect(user.unary()).End());
  user.F(Code()
             .Get(0)
             .Call(tail)
             .Call(indirect)
             .Op(Op::kGlobalGet, 0)  // ours again
             .Op(Op::kI32Add)
             .End());
  const CompiledModule module(m.Build());
  Instance* instance =
      machine_.Instantiate(module, UserBuilder::Imports(owner_));
  EXPECT_EQ(machine_.Call(instance, "f", {5}), Returned({21}));
  // Entered from outside, too.
  ModuleBuilder second;
  const uint32_t unary = second.Type({kI32}, {kI32});
  second.ImportFunc("u", "f", unary);
  second.Func(unary, {}, Code().Get(0).ReturnCall(0).End());
  second.Export("g", ExternKind::kFunc, 1);
  const CompiledModule outer(second.Build());
  Instance* last =
      machine_.Instantiate(outer, {AsImport(Exported(instance, "f"))});
  EXPECT_EQ(machine_.Call(last, "g", {5}), Returned({21}));
}

// Two instances that tail-call each other do not fill the stack.
TEST_F(SharingTest, TailCallsBetweenInstances) {
  // b.f(n) = n == 0 ? 99 : table[3](n - 1); the table is shared.
  const Code step = Code()
                        .Get(0)
                        .Op(Op::kI32Eqz)
                        .If()
                        .I32(99)
                        .Return()
                        .End()
                        .Get(0)
                        .I32(1)
                        .Op(Op::kI32Sub);
  std::vector<std::unique_ptr<CompiledModule>> modules;
  std::vector<Instance*> instances;
  for (int i = 0; i < 2; ++i) {
    UserBuilder user;
    // The first calls element 3, the second 2: each other's.
    user.F(Code(step).I32(3 - i).ReturnCallIndirect(user.unary()).End());
    user.builder().ActiveElements(Code().I32(2 + i).End(), {6});
    modules.push_back(std::make_unique<CompiledModule>(user.builder().Build()));
    instances.push_back(
        machine_.Instantiate(*modules.back(), UserBuilder::Imports(owner_)));
  }
  machine_.set_stack_slots_max(20);
  EXPECT_EQ(machine_.Call(instances[0], "f", {100001}), Returned({99}));
}

// An imported function that is exported again is the owner's.
TEST_F(SharingTest, ImportOfAnImport) {
  ModuleBuilder first;
  const uint32_t unary = first.AddType({kI32}, {kI32});
  first.ImportFunc("o", "double", unary);
  first.ImportMemory("o", "memory", {1, {}});
  first.ImportGlobal("o", "global", kI32, true);
  first.Export("d", ExternKind::kFunc, 0);
  first.Export("m", ExternKind::kMemory, 0);
  first.Export("g", ExternKind::kGlobal, 0);
  const CompiledModule middle(first.Build());
  Instance* m = machine_.Instantiate(
      middle, {AsImport(Exported(owner_, "double")),
               ExportOf(owner_, "memory", ExternKind::kMemory),
               ExportOf(owner_, "global", ExternKind::kGlobal)});
  EXPECT_EQ(machine_.Call(m, "d", {4}), Returned({8}));
  EXPECT_EQ(Exported(m, "d")->instance, owner_);
  EXPECT_EQ(ExportOf(m, "m", ExternKind::kMemory).memory, owner_->memory);
  EXPECT_EQ(ExportOf(m, "g", ExternKind::kGlobal).global, owner_->globals[0]);
  ModuleBuilder second;
  const uint32_t type = second.AddType({kI32}, {kI32});
  second.ImportFunc("m", "d", type);
  second.Func(type, {}, Code().Get(0).Call(0).Call(0).End());
  second.Export("f", ExternKind::kFunc, 1);
  const CompiledModule outer(second.Build());
  Instance* o = machine_.Instantiate(outer, {AsImport(Exported(m, "d"))});
  EXPECT_EQ(machine_.Call(o, "f", {4}), Returned({16}));
}

// ------------------------------------------------------------- initial values

TEST(InstantiateTest, GlobalsFromImportsAndExpressions) {
  ModuleBuilder m;
  m.ImportGlobal("m", "x", kI32, false);
  m.Global(kI32, false, Code().Op(Op::kGlobalGet, 0).End());
  m.Global(kI32, true,
           Code()
               .Op(Op::kGlobalGet, 0)
               .I32(-7)
               .Op(Op::kI32Mul)
               .I32(1)
               .Op(Op::kI32Add)
               .End());
  m.Global(kI64, false, Code().I64(-1).End());
  m.Global(kFuncRef, false, Code().RefNull(kFuncRef).End());
  const uint32_t f = m.Func(m.Type({}, {}), {}, Code().End());
  m.Global(kFuncRef, false, Code().Op(Op::kRefFunc, f).End());
  const CompiledModule module(m.Build());
  Machine machine;
  Extern x;
  x.kind = ExternKind::kGlobal;
  x.global = machine.store().NewGlobal({kI32, false}, 6);
  Instance* instance = machine.Instantiate(module, {x});
  EXPECT_EQ(instance->globals[0], x.global);
  EXPECT_EQ(instance->globals[1]->value, 6u);
  EXPECT_EQ(instance->globals[2]->value, 0xffffffffu - 40);
  EXPECT_EQ(instance->globals[3]->value, ~uint64_t{0});
  EXPECT_EQ(instance->globals[4]->value, 0u);
  EXPECT_EQ(instance->globals[5]->value,
            reinterpret_cast<uint64_t>(&instance->functions[f]));
}

TEST(InstantiateTest, DataSegments) {
  const auto with = [](int32_t offset, uint32_t size) {
    ModuleBuilder m;
    m.Memory({1, {}});
    m.ActiveData(Code().I32(3).End(), std::vector<uint8_t>{1, 2, 3});
    m.ActiveData(Code().I32(offset).End(), std::vector<uint8_t>(size, 9));
    const CompiledModule module(m.Build());
    Machine machine;
    return TryInstantiate(&machine, module, {}).trap;
  };
  EXPECT_EQ(with(65533, 3), Trap::kNone);
  EXPECT_EQ(with(65533, 4), Trap::kOutOfBoundsMemoryAccess);
  EXPECT_EQ(with(65536, 0), Trap::kNone);
  EXPECT_EQ(with(65537, 0), Trap::kOutOfBoundsMemoryAccess);
  EXPECT_EQ(with(-1, 0), Trap::kOutOfBoundsMemoryAccess);
  EXPECT_EQ(with(-1, 2), Trap::kOutOfBoundsMemoryAccess);
}

TEST(InstantiateTest, ElementSegments) {
  const auto with = [](int32_t offset, uint32_t size) {
    ModuleBuilder m;
    m.Table(kFuncRef, {5, {}});
    m.Func(m.Type({}, {}), {}, Code().End());
    m.ActiveElements(Code().I32(offset).End(), std::vector<uint32_t>(size, 0));
    const CompiledModule module(m.Build());
    Machine machine;
    return TryInstantiate(&machine, module, {}).trap;
  };
  EXPECT_EQ(with(2, 3), Trap::kNone);
  EXPECT_EQ(with(2, 4), Trap::kOutOfBoundsTableAccess);
  EXPECT_EQ(with(5, 0), Trap::kNone);
  EXPECT_EQ(with(6, 0), Trap::kOutOfBoundsTableAccess);
  EXPECT_EQ(with(-1, 0), Trap::kOutOfBoundsTableAccess);
}

// Segments before the one that does not fit were written (4.5.4).
TEST(InstantiateTest, EarlierSegmentsStay) {
  const CompiledModule owner_module(Owner());
  Machine machine;
  Instance* owner = machine.Instantiate(owner_module);
  ModuleBuilder m;
  m.ImportMemory("o", "memory", {1, {}});
  m.ImportTable("o", "table", kFuncRef, {4, {}});
  m.Func(m.Type({}, {}), {}, Code().End());
  m.ActiveElements(Code().I32(1).End(), {0});
  m.ActiveData(Code().I32(8).End(), std::vector<uint8_t>{5});
  m.ActiveData(Code().I32(-1).End(), std::vector<uint8_t>{5});
  const CompiledModule module(m.Build());
  EXPECT_EQ(TryInstantiate(&machine, module,
                           {ExportOf(owner, "memory", ExternKind::kMemory),
                            ExportOf(owner, "table", ExternKind::kTable)})
                .trap,
            Trap::kOutOfBoundsMemoryAccess);
  EXPECT_EQ(machine.Call(owner, "get"), Returned({5}));
  EXPECT_NE(owner->tables[0]->elements[1], 0u);
}

// -------------------------------------------------- segments while it is run

std::vector<uint8_t> PassiveElements(uint32_t count) {
  ModuleBuilder m;
  const uint32_t three = m.AddType({kI32, kI32, kI32}, {});
  const uint32_t none = m.AddType({}, {});
  const uint32_t many = m.AddType({kI32, kI32}, {});
  m.Table(kFuncRef, {10, {}});
  m.Func(three, {}, Code().Get(0).Get(1).Get(2).Op(Op::kTableInit, 0, 0).End());
  m.Func(none, {}, Code().Op(Op::kElemDrop, 0).End());
  // Copies the item at parameter 0, parameter 1 times.
  m.Func(many, {},
         Code()
             .Loop()
             .I32(0)
             .Get(0)
             .I32(1)
             .Op(Op::kTableInit, 0, 0)
             .Get(1)
             .I32(1)
             .Op(Op::kI32Sub)
             .Tee(1)
             .BrIf(0)
             .End()
             .End());
  std::vector<uint32_t> items(count);
  for (uint32_t i = 0; i < count; ++i) items[i] = i % 3;
  m.PassiveElements(items);
  m.Export("init", ExternKind::kFunc, 0);
  m.Export("drop", ExternKind::kFunc, 1);
  m.Export("many", ExternKind::kFunc, 2);
  return m.Build();
}

TEST(SegmentTest, TableInitCopiesAnyPart) {
  const CompiledModule module(PassiveElements(7));
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  const auto f = [&](uint32_t i) {
    return reinterpret_cast<uint64_t>(&instance->functions[i]);
  };
  const std::vector<uint64_t>& elements = instance->tables[0]->elements;
  EXPECT_EQ(machine.Call(instance, "init", {1, 2, 3}), Returned({}));
  EXPECT_THAT(elements, ElementsAre(0, f(2), f(0), f(1), 0, 0, 0, 0, 0, 0));
  EXPECT_EQ(machine.Call(instance, "init", {9, 6, 1}), Returned({}));
  EXPECT_EQ(elements[9], f(0));
  EXPECT_EQ(machine.Call(instance, "init", {10, 7, 0}), Returned({}));
  const Ending beyond = Trapped(Trap::kOutOfBoundsTableAccess);
  EXPECT_EQ(machine.Call(instance, "init", {0, 6, 2}), beyond);
  EXPECT_EQ(machine.Call(instance, "init", {9, 0, 2}), beyond);
  EXPECT_EQ(machine.Call(instance, "init", {0, 0xffffffff, 1}), beyond);
  EXPECT_EQ(machine.Call(instance, "init", {0, 1, 0xffffffff}), beyond);
  EXPECT_EQ(machine.Call(instance, "drop"), Returned({}));
  EXPECT_EQ(machine.Call(instance, "drop"), Returned({}));
  EXPECT_EQ(machine.Call(instance, "init", {0, 0, 0}), Returned({}));
  EXPECT_EQ(machine.Call(instance, "init", {0, 0, 1}), beyond);
}

// A segment of a hundred thousand items: finding one must not mean walking
// over all before it, which no fuel pays: minutes here, instead of
// milliseconds.
TEST(SegmentTest, TableInitFindsItsItemsAtOnce) {
  const CompiledModule module(PassiveElements(100000));
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  EXPECT_EQ(machine.Call(instance, "many", {99999, 1000000}), Returned({}));
  EXPECT_EQ(instance->tables[0]->elements[0],
            reinterpret_cast<uint64_t>(&instance->functions[99999 % 3]));
}

// Active segments count as dropped afterwards, declarative ones from the
// beginning.
TEST(SegmentTest, ActiveAndDeclarativeAreDropped) {
  ModuleBuilder m;
  const uint32_t three = m.AddType({kI32, kI32, kI32}, {});
  m.Table(kFuncRef, {10, {}});
  m.Memory({1, {}});
  m.DataCount();
  m.ActiveElements(Code().I32(0).End(), {0, 0});
  m.DeclarativeElements({0, 0});
  m.ActiveData(Code().I32(0).End(), std::vector<uint8_t>{1, 2});
  m.Func(three, {}, Code().Get(0).Get(1).Get(2).Op(Op::kTableInit, 0, 0).End());
  m.Func(three, {}, Code().Get(0).Get(1).Get(2).Op(Op::kTableInit, 1, 0).End());
  m.Func(three, {}, Code().Get(0).Get(1).Get(2).MemoryInit(0).End());
  m.Export("active", ExternKind::kFunc, 0);
  m.Export("declarative", ExternKind::kFunc, 1);
  m.Export("data", ExternKind::kFunc, 2);
  const CompiledModule module(m.Build());
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  for (const char* f : {"active", "declarative"}) {
    EXPECT_EQ(machine.Call(instance, f, {0, 0, 0}), Returned({})) << f;
    EXPECT_EQ(machine.Call(instance, f, {0, 0, 1}),
              Trapped(Trap::kOutOfBoundsTableAccess))
        << f;
  }
  EXPECT_EQ(machine.Call(instance, "data", {0, 0, 0}), Returned({}));
  EXPECT_EQ(machine.Call(instance, "data", {0, 0, 1}),
            Trapped(Trap::kOutOfBoundsMemoryAccess));
}

TEST(SegmentTest, MemoryInitCopiesAnyPart) {
  ModuleBuilder m;
  const uint32_t three = m.AddType({kI32, kI32, kI32}, {});
  m.Memory({1, {}});
  m.DataCount();
  m.PassiveData(std::vector<uint8_t>{1, 2, 3, 4});
  m.Func(three, {}, Code().Get(0).Get(1).Get(2).MemoryInit(0).End());
  m.Func(m.AddType({}, {}), {}, Code().Op(Op::kDataDrop, 0).End());
  m.Export("init", ExternKind::kFunc, 0);
  m.Export("drop", ExternKind::kFunc, 1);
  const CompiledModule module(m.Build());
  Machine machine;
  Instance* instance = machine.Instantiate(module);
  EXPECT_EQ(machine.Call(instance, "init", {65534, 2, 2}), Returned({}));
  EXPECT_EQ(instance->memory->base()[65535], 4);
  const Ending beyond = Trapped(Trap::kOutOfBoundsMemoryAccess);
  EXPECT_EQ(machine.Call(instance, "init", {65534, 1, 3}), beyond);
  EXPECT_EQ(machine.Call(instance, "init", {0, 3, 2}), beyond);
  EXPECT_EQ(machine.Call(instance, "init", {0, 4, 0}), Returned({}));
  EXPECT_EQ(machine.Call(instance, "init", {0, 5, 0}), beyond);
  EXPECT_EQ(machine.Call(instance, "init", {65537, 0, 0}), beyond);
  EXPECT_EQ(machine.Call(instance, "drop"), Returned({}));
  EXPECT_EQ(machine.Call(instance, "init", {0, 0, 0}), Returned({}));
  EXPECT_EQ(machine.Call(instance, "init", {0, 0, 1}), beyond);
}

}  // namespace
}  // namespace ashlar::interp
