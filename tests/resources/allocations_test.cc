// What an execution takes from the heap once its engine is warm: nothing that
// depends on the size of the module, because all of that is kept and used
// again, but for one table in which many types or exports are looked up;
// nothing for the call itself; and what its state and its answer are made of.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/runner.h"
#include "engine/state/inline_state.h"
#include "gtest/gtest.h"
#include "metering/fuel.h"
#include "tests/resources/allocation_counter.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

constexpr ValType kI32 = ValType::kI32;
// Of an entry that was read and one that was written: their keys, which do not
// fit into a string itself, in the state and in the answer, and the answer's
// two lists.
constexpr uint64_t kOfTwoEntries = 6;
// Of types and of exports, up to which the decoder looks them up on its stack.
constexpr uint32_t kFew = 16;

struct Counts {
  uint32_t items;  // functions, globals, elements, bytes of data
  uint32_t types = kFew;
  uint32_t exports = 0;  // beside deploy and call
};

// A contract so large, whose `deploy` and `call` do nothing.
std::string Module(const Counts& n) {
  ModuleBuilder m;
  const uint32_t plain = m.Type({}, {});
  m.ImportMemory("env", "memory", {1, 16});
  m.Func(plain, {}, Code().End());
  m.Export("deploy", ExternKind::kFunc, 0);
  m.Export("call", ExternKind::kFunc, 0);
  for (uint32_t i = 0; i < n.exports; ++i) {
    m.Export(absl::StrCat("export", i), ExternKind::kFunc, 0);
  }
  m.Table(ValType::kFuncRef, {n.items, n.items});
  std::vector<uint32_t> types;
  for (uint32_t i = 0; i < n.types; ++i) {
    std::vector<ValType> params;
    for (uint32_t bit = 0; bit < 10; ++bit) {
      params.push_back(i >> bit & 1 ? kI32 : ValType::kI64);
    }
    types.push_back(m.Type(params, {kI32}));
  }
  std::vector<uint32_t> functions;
  for (uint32_t i = 0; i < n.items; ++i) {
    functions.push_back(m.Func(types[i % n.types], {kI32, kI32},
                               Code().I32(1).Set(10).Get(10).End()));
    m.Global(kI32, true, Code().I32(static_cast<int32_t>(i)).End());
  }
  m.ActiveElements(Code().I32(0).End(), functions);
  m.ActiveData(Code().I32(0).End(), std::vector<uint8_t>(n.items, 7));
  const std::vector<uint8_t> bytes = m.Build();
  return std::string(bytes.begin(), bytes.end());
}

// A contract whose `call` writes one entry and asks for another one, so often.
std::string StorageContract(uint32_t times) {
  ModuleBuilder m;
  const uint32_t set =
      m.ImportFunc("seal0", "set_storage", m.Type({kI32, kI32, kI32}, {}));
  const uint32_t get =
      m.ImportFunc("seal0", "get_storage", m.Type({kI32, kI32, kI32}, {kI32}));
  m.ImportMemory("env", "memory", {1, 16});
  const uint32_t plain = m.Type({}, {});
  Code call;
  for (uint32_t i = 0; i < times; ++i) {
    call.I32(0).I32(100).I32(4).Call(set);
    call.I32(32).I32(200).I32(100).Call(get).Op(Op::kDrop);
  }
  const uint32_t deploy = m.Func(plain, {}, Code().End());
  m.Export("deploy", ExternKind::kFunc, deploy);
  m.Export("call", ExternKind::kFunc, m.Func(plain, {}, call.End()));
  const std::vector<uint8_t> key(32, 7);
  m.ActiveData(Code().I32(0).End(), key);
  const std::vector<uint8_t> bytes = m.Build();
  return std::string(bytes.begin(), bytes.end());
}

const engine::Profile& Profile(const char* name) {
  return *engine::ProfileSet::BuiltIn().FindByName(name);
}

// Of the last of some rounds of `work`, all but the first of which find
// everything warm.
template <typename Work>
uint64_t WarmAllocations(Work&& work) {
  uint64_t count = 0;
  for (int round = 0; round < 4; ++round) {
    const uint64_t before = AllocationsSoFar().count;
    work();
    count = AllocationsSoFar().count - before;
  }
  return count;
}

uint64_t WarmPrepare(const std::string& module) {
  engine::PreparedInstance instance;
  return WarmAllocations([&] {
    const engine::RunResult result =
        instance.Prepare(module, Profile("relaxed-1"), metering::kFuelMax);
    ASSERT_EQ(result.klass, engine::OutcomeClass::kReturned) << result.message;
  });
}

uint64_t WarmExecute(const std::string& module, uint64_t cache_size_bytes) {
  engine::Engine engine(
      {.profiles = nullptr, .cache_size_bytes = cache_size_bytes});
  state::InlineState state(state::MissingKeys::kAbsent);
  engine::ExecuteRequest request;
  request.profile = Profile("seal-1").digest;
  request.module_bytes = module;
  request.entry = "call";
  request.fuel_limit = metering::kFuelMax;
  return WarmAllocations([&] {
    const auto result = engine.Execute(request, &state, nullptr);
    ASSERT_TRUE(result.ok() && result->completed.has_value());
    ASSERT_EQ(result->completed->outcome.klass, engine::OutcomeClass::kReturned)
        << result->diagnostics.message;
  });
}

TEST(Allocations, AreCounted) {
  const Allocations before = AllocationsSoFar();
  void* const memory = ::operator new(100);  // not elided, as a `new` may be
  const Allocations after = AllocationsSoFar();
  ::operator delete(memory);
  EXPECT_EQ(after.count - before.count, 1u);
  EXPECT_EQ(after.size_bytes - before.size_bytes, 100u);
}

TEST(Allocations, PreparingAWarmInstanceTakesNone) {
  EXPECT_EQ(WarmPrepare(Module({.items = 1})), 0u);
  EXPECT_EQ(WarmPrepare(Module({.items = 900})), 0u);
}

TEST(Allocations, ManyTypesOrExportsTakeOneTable) {
  for (const uint32_t many : {100, 447, 448, 449, 895, 896, 897, 900, 1000}) {
    EXPECT_EQ(WarmPrepare(Module({.items = 1, .types = many})), 1u) << many;
    EXPECT_EQ(WarmPrepare(Module({.items = 1, .exports = many})), 1u) << many;
  }
}

TEST(Allocations, AWarmFreshCallTakesNoMoreForMore) {
  EXPECT_EQ(WarmExecute(Module({.items = 1}), 0), 0u);
  EXPECT_EQ(WarmExecute(Module({.items = 1}), 0),
            WarmExecute(Module({.items = 700}), 0));
}

TEST(Allocations, AWarmCachedCallTakesNoMoreForMore) {
  constexpr uint64_t kCache = 64 << 20;
  EXPECT_EQ(WarmExecute(Module({.items = 1}), kCache), 0u);
  EXPECT_EQ(WarmExecute(Module({.items = 1}), kCache),
            WarmExecute(Module({.items = 700}), kCache));
}

TEST(Allocations, StateTakesTheMoreTheMoreEntriesItHas) {
  constexpr uint64_t kCache = 64 << 20;
  EXPECT_EQ(WarmExecute(StorageContract(1), kCache), kOfTwoEntries);
  EXPECT_EQ(WarmExecute(StorageContract(50), kCache), kOfTwoEntries);
}

}  // namespace
}  // namespace ashlar::testing
