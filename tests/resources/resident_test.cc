// What a ready instance keeps resident, beyond the code that it shares and the
// pages of its linear memory that were touched.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "metering/fuel.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

constexpr uint64_t kBeyondPagesMax = 64 << 10;
constexpr int kInstances = 32;

// Of this process; /proc/self/statm lags behind.
uint64_t ResidentBytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string word; rollup >> word;) {
    uint64_t kib = 0;
    if (word == "Rss:" && rollup >> kib) return kib << 10;
  }
  return 0;
}

uint64_t TouchedBytes(const interp::Memory& memory) {
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t begin = reinterpret_cast<uint64_t>(memory.base());
  std::vector<unsigned char> resident(memory.size_bytes() / page);
  // The memory's first page may begin below it.
  if (mincore(reinterpret_cast<void*>(begin & ~(page - 1)), memory.size_bytes(),
              resident.data()) != 0) {
    return 0;
  }
  uint64_t count = 0;
  for (const unsigned char flags : resident) count += flags & 1;
  return count * page;
}

// 17 pages as compilers want them, of which `run` writes to two; some
// functions, a table, globals.
std::string Module() {
  ModuleBuilder m;
  m.Memory({17, 17});
  std::vector<uint32_t> functions;
  for (int i = 0; i < 100; ++i) {
    functions.push_back(
        m.Func(m.Type({}, {ValType::kI32}), {}, Code().I32(i).End()));
    m.Global(ValType::kI64, true, Code().I64(i).End());
  }
  m.Table(ValType::kFuncRef, {100, 100});
  m.ActiveElements(Code().I32(0).End(), functions);
  const uint32_t run = m.Func(m.Type({}, {}), {},
                              Code()
                                  .I32(0)
                                  .I32(1)
                                  .Mem(Op::kI32Store, 2, 0)
                                  .I32(1 << 20)
                                  .I32(1)
                                  .Mem(Op::kI32Store, 2, 0)
                                  .End());
  m.Export("run", ExternKind::kFunc, run);
  const std::vector<uint8_t> bytes = m.Build();
  return std::string(bytes.begin(), bytes.end());
}

// All that an execution of one instance needs beside its module.
struct Ready {
  explicit Ready(const engine::CompiledModule& module,
                 const engine::Profile& profile)
      : store(&pool), execution(profile.limits.stack_slots_max) {
    const interp::InstantiateError error = store.Instantiate(
        &module.code, {}, profile.limits.memory_pages_max, &instance);
    EXPECT_TRUE(error.ok());
    const wasm::Export* const run =
        module.module.FindExport("run", wasm::ExternKind::kFunc);
    execution.set_fuel_left(metering::kFuelMax);
    EXPECT_EQ(execution.Enter(&instance->functions[run->index], {}),
              interp::Exit::kDone);
    EXPECT_EQ(execution.Run(), interp::Exit::kDone);
    execution.Leave();
  }

  interp::MemoryPool pool;
  interp::Store store;
  interp::Execution execution;
  interp::Instance* instance = nullptr;
};

TEST(Resident, AReadyInstanceIsSmall) {
#if defined(ASHLAR_SANITIZE)
  GTEST_SKIP() << "a sanitizer's own memory would count";
#endif
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("strict-1");
  wasm::Violations violations;
  const auto module = engine::Load(Module(), profile, &violations);
  ASSERT_NE(module, nullptr) << violations.list().front().message;
  const Ready first(*module, profile);  // what all share is there from now on
  std::vector<std::unique_ptr<Ready>> ready;
  ready.reserve(kInstances);
  const uint64_t before = ResidentBytes();
  ASSERT_GT(before, 0u);
  for (int i = 0; i < kInstances; ++i) {
    ready.push_back(std::make_unique<Ready>(*module, profile));
  }
  const uint64_t after = ResidentBytes();
  uint64_t touched = 0;
  for (const auto& r : ready) touched += TouchedBytes(*r->instance->memory);
  EXPECT_GE(touched, kInstances * uint64_t{2} * 4096);
  EXPECT_LE(touched, kInstances * uint64_t{8} * 4096);
  const uint64_t beyond = (after - before - touched) / kInstances;
  std::printf("%llu bytes an instance beyond its touched pages\n",
              static_cast<unsigned long long>(beyond));
  EXPECT_LE(beyond, kBeyondPagesMax);
}

}  // namespace
}  // namespace ashlar::testing
