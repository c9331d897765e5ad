#include "engine/runner.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::engine {
namespace {

using ashlar::testing::Code;
using ashlar::testing::ModuleBuilder;
using ashlar::testing::Op;
using metering::Category;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wasm::ValType;

constexpr uint64_t kPlenty = uint64_t{1} << 40;

const Profile& Relaxed() {
  return *ProfileSet::BuiltIn().FindByName("relaxed-1");
}

std::string Bytes(const ModuleBuilder& builder) {
  const std::vector<uint8_t> bytes = builder.Build();
  return std::string(bytes.begin(), bytes.end());
}

Value I32(uint32_t bits) { return {ValType::kI32, bits}; }
Value I64(uint64_t bits) { return {ValType::kI64, bits}; }

// Exports `div`: (i32, i32) -> i32, and `host`: (i64) -> i64, which calls the
// import env.twice.
std::string DivModule() {
  ModuleBuilder m;
  const uint32_t twice_type = m.Type({ValType::kI64}, {ValType::kI64});
  const uint32_t div_type =
      m.Type({ValType::kI32, ValType::kI32}, {ValType::kI32});
  const uint32_t twice = m.ImportFunc("env", "twice", twice_type);
  const uint32_t div =
      m.Func(div_type, {}, Code().Get(0).Get(1).Op(Op::kI32DivS).End());
  const uint32_t host = m.Func(twice_type, {}, Code().Get(0).Call(twice).End());
  m.Export("div", wasm::ExternKind::kFunc, div);
  m.Export("host", wasm::ExternKind::kFunc, host);
  return Bytes(m);
}

interp::HostResult Twice(interp::HostCall& call) {
  call.set_result64(call.arg64(0) * 2);
  return interp::HostResult::kDone;
}

HostImport TwiceImport() {
  return {"env", "twice", {ValType::kI64}, {ValType::kI64}, Twice, nullptr};
}

TEST(RunExport, Returns) {
  const RunResult r =
      RunExport(DivModule(), Relaxed(), "div", {I32(7), I32(2)}, kPlenty);
  EXPECT_EQ(r.klass, OutcomeClass::kReturned);
  EXPECT_THAT(r.results, ElementsAre(I32(3)));
  EXPECT_EQ(r.fuel_by.Sum(), r.fuel_used);
  EXPECT_EQ(r.fuel_by[Category::kCompile],
            CompileFuel(Relaxed().schedule, DivModule().size()));
}

TEST(RunExport, Traps) {
  const RunResult r =
      RunExport(DivModule(), Relaxed(), "div", {I32(7), I32(0)}, kPlenty);
  EXPECT_EQ(r.klass, OutcomeClass::kTrapped);
  EXPECT_EQ(r.trap, interp::Trap::kIntegerDivideByZero);
  EXPECT_EQ(r.message, "integer divide by zero");
  ASSERT_EQ(r.backtrace.size(), 1u);
  EXPECT_EQ(r.backtrace[0].name, "div");
  EXPECT_THAT(r.results, IsEmpty());
}

TEST(RunExport, UsedFuelSufficesAndOneLessDoesNot) {
  const RunResult r =
      RunExport(DivModule(), Relaxed(), "div", {I32(7), I32(2)}, kPlenty);
  const RunResult same =
      RunExport(DivModule(), Relaxed(), "div", {I32(7), I32(2)}, r.fuel_used);
  EXPECT_EQ(same.klass, OutcomeClass::kReturned);
  EXPECT_EQ(same.fuel_used, r.fuel_used);
  for (uint64_t limit = 0; limit < r.fuel_used; ++limit) {
    const RunResult less =
        RunExport(DivModule(), Relaxed(), "div", {I32(7), I32(2)}, limit);
    ASSERT_EQ(less.klass, OutcomeClass::kOutOfFuel) << limit;
    ASSERT_EQ(less.fuel_used, limit);
    ASSERT_EQ(less.fuel_by.Sum(), limit);
    ASSERT_GT(less.shortage.missing, 0u);
  }
}

TEST(RunExport, UnknownImportTrapsWithItsName) {
  const RunResult r =
      RunExport(DivModule(), Relaxed(), "host", {I64(4)}, kPlenty);
  EXPECT_EQ(r.trap, interp::Trap::kUnknownHostFunction);
  EXPECT_EQ(r.message, "unknown host function env.twice");
}

TEST(RunExport, GivenImportIsCalled) {
  const HostImport host = TwiceImport();
  const RunResult r =
      RunExport(DivModule(), Relaxed(), "host", {I64(4)}, kPlenty, {host});
  EXPECT_THAT(r.results, ElementsAre(I64(8)));
}

TEST(RunExport, GivenImportOfAnotherTypeIsNotUsed) {
  HostImport host = TwiceImport();
  host.params = {ValType::kI32};
  const RunResult r =
      RunExport(DivModule(), Relaxed(), "host", {I64(4)}, kPlenty, {host});
  EXPECT_EQ(r.trap, interp::Trap::kUnknownHostFunction);
}

TEST(RunExport, MissingExportAndWrongArguments) {
  EXPECT_EQ(RunExport(DivModule(), Relaxed(), "mul", {}, kPlenty).trap,
            interp::Trap::kEntryNotFound);
  EXPECT_EQ(RunExport(DivModule(), Relaxed(), "div", {I32(1)}, kPlenty).trap,
            interp::Trap::kEntryNotFound);
  EXPECT_EQ(
      RunExport(DivModule(), Relaxed(), "div", {I32(1), I64(1)}, kPlenty).trap,
      interp::Trap::kEntryNotFound);
}

TEST(RunExport, RejectedModuleCostsItsCompilation) {
  const std::string bytes("\0asm\2\0\0\0", 8);
  const RunResult r = RunExport(bytes, Relaxed(), "x", {}, kPlenty);
  EXPECT_EQ(r.klass, OutcomeClass::kModuleRejected);
  EXPECT_EQ(r.fuel_used, CompileFuel(Relaxed().schedule, bytes.size()));
  EXPECT_FALSE(r.violations.empty());
}

// A global that the start function sets and `get` reads; imports of all kinds.
std::string StartModule() {
  ModuleBuilder m;
  const uint32_t unit = m.Type({}, {});
  const uint32_t get_type = m.Type({}, {ValType::kI32});
  m.ImportMemory("env", "memory", {.min = 2, .max = 4});
  m.ImportTable("env", "table", ValType::kFuncRef, {.min = 3, .max = {}});
  m.ImportGlobal("env", "global", ValType::kI64, true);
  const uint32_t global = m.Global(ValType::kI32, true, Code().I32(1).End());
  const uint32_t start =
      m.Func(unit, {}, Code().I32(42).Op(Op::kGlobalSet, global).End());
  const uint32_t get =
      m.Func(get_type, {}, Code().Op(Op::kGlobalGet, global).End());
  m.Start(start);
  m.Export("get", wasm::ExternKind::kFunc, get);
  return Bytes(m);
}

TEST(PreparedInstance, RunsStartAndMakesImportsToFit) {
  PreparedInstance prepared;
  const RunResult ready = prepared.Prepare(StartModule(), Relaxed(), kPlenty);
  ASSERT_EQ(ready.klass, OutcomeClass::kReturned) << ready.message;
  EXPECT_EQ(ready.fuel_by.Sum(), ready.fuel_used);
  EXPECT_EQ(prepared.memory()->pages(), 2u);
  EXPECT_THAT(prepared.Call("get", {}, kPlenty).results, ElementsAre(I32(42)));
  // Calls do not pay for the start again.
  EXPECT_LT(prepared.Call("get", {}, kPlenty).fuel_used, 10u);
}

TEST(PreparedInstance, CanBePreparedAgain) {
  PreparedInstance prepared;
  ASSERT_EQ(prepared.Prepare(StartModule(), Relaxed(), kPlenty).klass,
            OutcomeClass::kReturned);
  ASSERT_EQ(prepared.Prepare(DivModule(), Relaxed(), kPlenty).klass,
            OutcomeClass::kReturned);
  EXPECT_THAT(prepared.Call("div", {I32(9), I32(3)}, kPlenty).results,
              ElementsAre(I32(3)));
  EXPECT_EQ(prepared.ExportType("get"), nullptr);
}

TEST(InstantiateFuel, CountsPagesSegmentsAndItems) {
  wasm::Violations violations;
  const auto compiled = Load(StartModule(), Relaxed(), &violations);
  ASSERT_NE(compiled, nullptr);
  const metering::Schedule& s = Relaxed().schedule;
  // Two pages, three imports and one own global; no segments.
  EXPECT_EQ(
      InstantiateFuel(s, compiled->module),
      s.instantiate_base + 2 * s.instantiate_page + 4 * s.instantiate_item);
}

TEST(InstantiateFuel, CountsOwnTablesAndSegments) {
  ModuleBuilder m;
  const uint32_t unit = m.Type({}, {});
  const uint32_t f = m.Func(unit, {}, Code().End());
  m.Table(ValType::kFuncRef, {.min = 10, .max = {}});
  m.Memory({.min = 1, .max = {}});
  m.ActiveElements(Code().I32(0).End(), {f, f, f});
  m.ActiveData(Code().I32(0).End(), std::vector<uint8_t>(33, 120));
  wasm::Violations violations;
  const auto compiled = Load(Bytes(m), Relaxed(), &violations);
  ASSERT_NE(compiled, nullptr) << violations.list().front().message;
  const metering::Schedule& s = Relaxed().schedule;
  EXPECT_EQ(
      InstantiateFuel(s, compiled->module),
      s.instantiate_base + s.instantiate_page + 2 + 13 * s.instantiate_item);
}

}  // namespace
}  // namespace ashlar::engine
