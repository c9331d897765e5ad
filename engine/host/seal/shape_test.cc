#include "engine/host/seal/shape.h"

#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "engine/host/seal/functions.h"
#include "engine/wasm/decoder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::host {
namespace {

using ashlar::testing::Code;
using ashlar::testing::ModuleBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wasm::ExternKind;
using wasm::ValType;
using wasm::ViolationCode;

constexpr uint32_t kPagesMax = 16;

// One meaning for each imported function, found by its names and type.
void ExpectMeanings(const wasm::Module& module,
                    const std::vector<const SealFunction*>& functions) {
  ASSERT_EQ(functions.size(), module.imported_functions);
  for (const wasm::Import& import : module.imports) {
    if (import.kind != ExternKind::kFunc) continue;
    bool name_is_known = false;
    const SealFunction* f =
        FindSealFunction(import.module, import.name,
                         module.func_type(import.index), &name_is_known);
    EXPECT_EQ(functions[import.index], f);
  }
}

// The codes of all violations of what was built.
std::vector<ViolationCode> Check(const ModuleBuilder& builder,
                                 bool reject_unknown = true) {
  std::vector<uint8_t> bytes = builder.Build();
  const size_t size = bytes.size();
  bytes.resize(size + wasm::Module::kReadablePadding);
  wasm::Module module;
  wasm::Violations violations;
  EXPECT_TRUE(wasm::Decode(absl::MakeConstSpan(bytes).subspan(0, size),
                           base::kRelaxedLimits, wasm::Features::All(), &module,
                           &violations));
  std::vector<const SealFunction*> functions;
  CheckSealShape(module, reject_unknown, kPagesMax, &violations, &functions);
  ExpectMeanings(module, functions);
  std::vector<ViolationCode> codes;
  for (const wasm::Violation& v : violations.list()) codes.push_back(v.code);
  return codes;
}

void AddEntries(ModuleBuilder* m, bool deploy = true, bool call = true) {
  const uint32_t f = m->Func(m->Type({}, {}), {}, Code().End());
  if (deploy) m->Export("deploy", ExternKind::kFunc, f);
  if (call) m->Export("call", ExternKind::kFunc, f);
}

ModuleBuilder WithMemory(uint32_t min, std::optional<uint32_t> max) {
  ModuleBuilder m;
  m.ImportMemory("env", "memory", {.min = min, .max = max});
  return m;
}

TEST(SealShape, AcceptsAContract) {
  ModuleBuilder m;
  const uint32_t type = m.Type({ValType::kI32, ValType::kI32}, {});
  m.ImportFunc("seal0", "input", type);
  m.ImportFunc("seal0", "seal_input", type);
  m.ImportMemory("env", "memory", {.min = 2, .max = 16});
  AddEntries(&m);
  EXPECT_THAT(Check(m), IsEmpty());
  ModuleBuilder no_max = WithMemory(16, std::nullopt);
  AddEntries(&no_max);
  EXPECT_THAT(Check(no_max), IsEmpty());
}

TEST(SealShape, EntriesMayAnswerAnI32) {
  ModuleBuilder m = WithMemory(1, 1);
  const uint32_t f =
      m.Func(m.Type({}, {ValType::kI32}), {}, Code().I32(0).End());
  m.Export("deploy", ExternKind::kFunc, f);
  m.Export("call", ExternKind::kFunc, f);
  EXPECT_THAT(Check(m), IsEmpty());
}

TEST(SealShape, Memory) {
  ModuleBuilder own;
  own.Memory({.min = 1, .max = 1});
  AddEntries(&own);
  EXPECT_THAT(Check(own), ElementsAre(ViolationCode::kAbiMemory));
  ModuleBuilder none;
  AddEntries(&none);
  EXPECT_THAT(Check(none), ElementsAre(ViolationCode::kAbiMemory));
  ModuleBuilder misnamed;
  misnamed.ImportMemory("env", "mem", {.min = 1, .max = 1});
  AddEntries(&misnamed);
  EXPECT_THAT(Check(misnamed), ElementsAre(ViolationCode::kAbiMemory));
  ModuleBuilder large = WithMemory(1, 17);
  AddEntries(&large);
  EXPECT_THAT(Check(large), ElementsAre(ViolationCode::kAbiMemory));
  ModuleBuilder large_min = WithMemory(17, std::nullopt);
  AddEntries(&large_min);
  EXPECT_THAT(Check(large_min), ElementsAre(ViolationCode::kAbiMemory));
}

TEST(SealShape, Exports) {
  ModuleBuilder missing = WithMemory(1, 1);
  AddEntries(&missing, true, false);
  EXPECT_THAT(Check(missing), ElementsAre(ViolationCode::kAbiMissingExport));
  ModuleBuilder more = WithMemory(1, 1);
  AddEntries(&more);
  more.Export("memory", ExternKind::kMemory, 0);
  more.Export("main", ExternKind::kFunc, 0);
  EXPECT_THAT(Check(more), ElementsAre(ViolationCode::kAbiUnknownExport,
                                       ViolationCode::kAbiUnknownExport));
  ModuleBuilder typed = WithMemory(1, 1);
  AddEntries(&typed, true, false);
  typed.Export("call", ExternKind::kFunc,
               typed.Func(typed.Type({ValType::kI32}, {}), {}, Code().End()));
  EXPECT_THAT(Check(typed), ElementsAre(ViolationCode::kAbiExportType));
}

TEST(SealShape, Imports) {
  ModuleBuilder m;
  const uint32_t unit = m.Type({}, {});
  m.ImportFunc("seal0", "input", unit);      // known, of another type
  m.ImportFunc("seal9", "input", unit);      // unknown module
  m.ImportFunc("seal0", "return", unit);     // only the prefixed name
  m.ImportFunc("seal2", "seal_call", unit);  // only the plain name
  m.ImportMemory("env", "memory", {.min = 1, .max = 1});
  m.ImportGlobal("env", "global", ValType::kI32, false);
  m.ImportTable("env", "table", ValType::kFuncRef, {.min = 1, .max = {}});
  AddEntries(&m);
  EXPECT_THAT(Check(m), ElementsAre(ViolationCode::kAbiImportType,
                                    ViolationCode::kAbiUnknownImport,
                                    ViolationCode::kAbiUnknownImport,
                                    ViolationCode::kAbiUnknownImport,
                                    ViolationCode::kAbiImportKind,
                                    ViolationCode::kAbiImportKind));
  EXPECT_THAT(Check(m, /*reject_unknown=*/false),
              ElementsAre(ViolationCode::kAbiImportKind,
                          ViolationCode::kAbiImportKind));
}

TEST(SealShape, NoStartFunction) {
  ModuleBuilder m = WithMemory(1, 1);
  AddEntries(&m);
  m.Start(0);
  EXPECT_THAT(Check(m), ElementsAre(ViolationCode::kAbiStartFunction));
}

// One row a function type: two rows of the same names differ in type, and
// every type is one that FindSealFunction can tell.
TEST(SealFunctions, RowsAreWellFormed) {
  for (const SealFunction& f : SealFunctions()) {
    const std::string type(f.type);
    EXPECT_EQ(type.find_first_not_of("il>"), std::string::npos) << type;
    const size_t arrow = type.find('>');
    if (arrow != std::string::npos) {
      EXPECT_EQ(type.size(), arrow + 2) << type;
    }
    for (const SealFunction& g : SealFunctions()) {
      if (&f != &g && f.module == g.module && f.name == g.name) {
        EXPECT_NE(type, std::string(g.type)) << std::string(f.name);
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::host
