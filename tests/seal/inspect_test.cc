// What is said of a module before it runs holds when it runs.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/inspection.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/runner.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using engine::ImportStatus;
using engine::Inspection;
using engine::Profile;
using interp::Trap;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Profile& Named(absl::string_view name) {
  return *engine::ProfileSet::BuiltIn().FindByName(name);
}

engine::RunResult RunWith(const std::string& module, uint64_t stack_slots) {
  Profile profile = Named("relaxed-1");
  profile.limits.stack_slots_max = static_cast<uint32_t>(stack_slots);
  return engine::RunExport(module, profile, "go", {}, uint64_t{1} << 40);
}

wasm::WorstStack WorstOf(const std::string& module) {
  const Inspection inspection = engine::Inspect(module, Named("relaxed-1"));
  EXPECT_TRUE(inspection.accepted.has_value());
  return inspection.accepted->stack.worst;
}

// `go` takes its deepest path: with the slots that are told it returns, with
// one less it does not.
void ExpectExact(const std::string& module, std::vector<uint32_t> path,
                 bool by_table) {
  const wasm::WorstStack worst = WorstOf(module);
  ASSERT_TRUE(worst.slots.has_value());
  EXPECT_EQ(worst.path, path);
  EXPECT_EQ(worst.by_table, by_table);
  EXPECT_EQ(RunWith(module, *worst.slots).klass,
            engine::OutcomeClass::kReturned);
  EXPECT_EQ(RunWith(module, *worst.slots - 1).trap, Trap::kCallStackExhausted);
}

TEST(WorstStack, IsThatOfTheDeepestPath) {
  ExpectExact(Wat("(module (func (export \"go\")))"), {0}, false);
  // The deeper one of two callees, not the larger frame; operands below the
  // arguments count.
  ExpectExact(
      Wat("(module"
          " (func $large (local i64 i64 i64 i64 i64 i64))"
          " (func $leaf (param i32 i32) (result i32) (local i64)"
          "  (i32.add (local.get 0) (i32.add (local.get 1) (i32.const 1))))"
          " (func $middle (param i32) (result i32) (local i32 i32)"
          "  (i32.add (i32.const 1) (i32.add (i32.const 2)"
          "   (call $leaf (i32.const 3) (local.get 0)))))"
          " (func (export \"go\") (call $large)"
          "  (drop (call $middle (i32.const 4)))))"),
      {3, 2, 1}, false);
  // In both arms, behind dead code, in a loop.
  ExpectExact(
      Wat("(module"
          " (func $leaf (param i64) (local i64 i64 i64))"
          " (func (export \"go\") (local $i i32)"
          "  (block (br 0) (drop (i32.add (i32.const 1) (i32.const 2))))"
          "  (loop (if (i32.and (local.get $i) (i32.const 1))"
          "    (then (i64.const 1) (i64.const 2) (call $leaf (i64.const 3))"
          "     (drop) (drop))"
          "    (else (call $leaf (i64.const 3))))"
          "   (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i)"
          "    (i32.const 1))) (i32.const 4))))))"),
      {1, 0}, false);
}

TEST(WorstStack, FollowsTables) {
  ExpectExact(
      Wat("(module (table funcref (elem $small $big))"
          " (type $f (func (param i32)))"
          " (func $small (param i32))"
          " (func $big (param i32) (local i64 i64 i64))"
          " (func $other (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64))"
          " (func (export \"go\")"
          "  (call_indirect (type $f) (i32.const 7) (i32.const 0))"
          "  (call_indirect (type $f) (i32.const 7) (i32.const 1))))"),
      {3, 1}, true);
  // Of no function that a table holds: only what calls it counts.
  const wasm::WorstStack none = WorstOf(
      Wat("(module (table 1 funcref) (type $f (func (param i32)))"
          " (func $big (param i32) (local i64 i64 i64))"
          " (func (export \"go\") (call_indirect (type $f) (i32.const 7)"
          "  (i32.const 0))))"));
  EXPECT_THAT(none.path, ElementsAre(1));
  EXPECT_EQ(none.slots, 0u + 2 + 0 + 2);
}

TEST(WorstStack, NamesTheCircle) {
  const wasm::WorstStack direct =
      WorstOf(Wat("(module (func $a (call $b)) (func $b (call $c))"
                  " (func $c (call $b)) (func (export \"go\") (call $a)))"));
  EXPECT_FALSE(direct.slots.has_value());
  EXPECT_THAT(direct.path, ElementsAre(1, 2));
  EXPECT_FALSE(direct.by_table);
  const wasm::WorstStack itself =
      WorstOf(Wat("(module (func $f (export \"go\") (call $f)))"));
  EXPECT_FALSE(itself.slots.has_value());
  EXPECT_THAT(itself.path, ElementsAre(0));
  const wasm::WorstStack table =
      WorstOf(Wat("(module (table funcref (elem $f)) (func $f (call $g))"
                  " (func $g (call_indirect (i32.const 0)))"
                  " (func (export \"go\") (call $g)))"));
  EXPECT_FALSE(table.slots.has_value());
  EXPECT_THAT(table.path, ElementsAre(0, 1));
  EXPECT_TRUE(table.by_table);
  // Who is never called does not matter.
  const wasm::WorstStack unused =
      WorstOf(Wat("(module (func $f (call $f)) (func (export \"go\")))"));
  EXPECT_EQ(unused.slots, 2u);
}

TEST(WorstStack, TailCallsTakeNoMore) {
  const std::string module =
      Wat("(module (func $a (param i32) (local i64 i64 i64)"
          "  (if (local.get 0) (then (return_call $b (i32.sub (local.get 0)"
          "   (i32.const 1))))))"
          " (func $b (param i32) (if (local.get 0) (then (return_call $a"
          "  (i32.sub (local.get 0) (i32.const 1))))))"
          " (func (export \"go\") (call $b (i32.const 1000))))");
  const wasm::WorstStack worst = WorstOf(module);
  ASSERT_TRUE(worst.slots.has_value());
  EXPECT_THAT(worst.path, ElementsAre(2, 1, 0));
  EXPECT_EQ(RunWith(module, *worst.slots).klass,
            engine::OutcomeClass::kReturned);
  EXPECT_EQ(RunWith(module, *worst.slots - 1).trap, Trap::kCallStackExhausted);
}

TEST(WorstStack, OfNothingThatCanBeCalled) {
  const wasm::WorstStack worst = WorstOf(Wat("(module (func))"));
  EXPECT_EQ(worst.slots, 0u);
  EXPECT_THAT(worst.path, IsEmpty());
}

// A chain of calls as long as a module may have is walked without recursion.
TEST(WorstStack, LongChains) {
  std::string text = "(module (func (export \"go\") (call 1))";
  constexpr uint32_t kCount = 9'000;
  for (uint32_t i = 1; i + 1 < kCount; ++i) {
    absl::StrAppend(&text, "(func (call ", i + 1, "))");
  }
  const std::string module = Wat(absl::StrCat(text, "(func))"));
  const wasm::WorstStack worst = WorstOf(module);
  EXPECT_EQ(worst.slots, 2u * kCount);
  EXPECT_EQ(worst.path.size(), kCount);
}

// The translator leaves locals and operands in front of each function's code.
void ExpectSameFrames(const std::string& module, const Profile& profile) {
  const Inspection inspection = engine::Inspect(module, profile);
  if (!inspection.accepted) return;
  const engine::CompiledModule& compiled = *inspection.accepted->module;
  const std::vector<uint64_t>& frames = inspection.accepted->stack.frame_slots;
  ASSERT_EQ(frames.size(), compiled.module.bodies.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    const uint32_t f =
        compiled.module.imported_functions + static_cast<uint32_t>(i);
    const uint8_t* const header = compiled.code.functions[f].entry - 8;
    EXPECT_EQ(frames[i], compiled.module.func_type(f).param_count + 2 +
                             base::LoadLe<uint32_t>(header))
        << f;
  }
}

TEST(FrameSlots, AreThoseThatTheTranslatorCounts) {
  const std::filesystem::path folder = ContractsFolder();
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << kNoData;
  int count = 0;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".wasm") continue;
    SCOPED_TRACE(file.path().filename().string());
    ExpectSameFrames(ReadFile(file.path()), Named("relaxed-1"));
    ++count;
  }
  EXPECT_GT(count, 0);
}

TEST(Imports, AreKnownToTheAbiOrNot) {
  const std::string module =
      Wat("(module (import \"seal0\" \"seal_input\" (func (param i32 i32)))"
          " (import \"seal0\" \"seal_input\" (func (param i64)))"
          " (import \"seal0\" \"nothing\" (func))"
          " (import \"env\" \"memory\" (memory 1 2))"
          " (import \"env\" \"global\" (global i32))"
          " (func (export \"call\")) (func (export \"deploy\")))");
  const Inspection seal = engine::Inspect(module, Named("seal-1"));
  EXPECT_FALSE(seal.accepted.has_value());
  EXPECT_THAT(seal.imports,
              ElementsAre(ImportStatus::kKnown, ImportStatus::kOtherType,
                          ImportStatus::kUnknown, ImportStatus::kKnown,
                          ImportStatus::kUnknown));
  EXPECT_GE(seal.violations.size(), 3u);
  EXPECT_EQ(seal.report.imports.size(), seal.imports.size());
  const Inspection relaxed = engine::Inspect(module, Named("relaxed-1"));
  EXPECT_TRUE(relaxed.accepted.has_value());
  for (const ImportStatus status : relaxed.imports) {
    EXPECT_EQ(status, ImportStatus::kUnknown);
  }
}

TEST(Inspect, WhateverTheBytes) {
  const std::string module =
      Wat("(module (import \"seal0\" \"seal_input\" (func (param i32 i32)))"
          " (table funcref (elem $f)) (memory 1) (global i32 (i32.const 1))"
          " (func $f (export \"go\") (drop (call_indirect (result i32)"
          "  (i32.const 0)))))");
  for (size_t size = 0; size <= module.size(); ++size) {
    for (const char* profile : {"seal-1", "relaxed-1"}) {
      const Inspection inspection =
          engine::Inspect(module.substr(0, size), Named(profile));
      EXPECT_EQ(inspection.accepted.has_value(), inspection.violations.empty());
      EXPECT_EQ(inspection.imports.size(), inspection.report.imports.size());
    }
  }
  for (size_t i = 0; i < module.size(); ++i) {
    for (const uint8_t change : {0x01, 0x80, 0xff}) {
      std::string changed = module;
      changed[i] = static_cast<char>(changed[i] ^ change);
      const Inspection inspection =
          engine::Inspect(changed, Named("relaxed-1"));
      EXPECT_EQ(inspection.accepted.has_value(), inspection.violations.empty());
    }
  }
}

}  // namespace
}  // namespace ashlar::testing
