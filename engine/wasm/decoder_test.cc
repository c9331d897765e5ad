#include "engine/wasm/decoder.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/wasm/test_bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> DecodeBytes(const std::vector<uint8_t>& bytes,
                                     const base::Limits& limits,
                                     Features features, Module* module) {
  Violations violations;
  const bool ok = Decode(Exactly(bytes), limits, features, module, &violations);
  EXPECT_EQ(ok, violations.empty());
  std::vector<std::string> messages;
  for (const Violation& v : violations.list()) {
    EXPECT_LE(v.offset, bytes.size());
    messages.push_back(v.message);
  }
  return messages;
}

std::vector<std::string> DecodeHex(
    absl::string_view sections,
    const base::Limits& limits = base::kRelaxedLimits,
    Features features = Features::All()) {
  Module module;
  return DecodeBytes(HexModule(sections), limits, features, &module);
}

// Pieces of modules. Types: 0 () -> (), 1 (i32) -> i32, 2 () -> ().
#define TYPES "01 {03  60 00 00  60 01 7f 01 7f  60 00 00} "
#define FUNCTIONS "03 {02 00 01} "
#define TABLE "04 {01 70 00 02} "
#define MEMORY "05 {01 00 01} "
#define CODE "0a {02  {00 0b}  {00 0b}} "

// One of everything.
constexpr char kFull[] = TYPES
    "02 {04 "
    "  {'m'} {'f'} 00 01 "
    "  {'m'} {'t'} 01 70 01 01 04 "
    "  {'m'} {'g'} 03 7f 00 "
    "  {'m'} {'h'} 03 7e 01} " FUNCTIONS TABLE MEMORY
    "06 {02  7f 01 41 2a 0b  70 00 d2 01 0b} "
    "07 {04  {'f'} 00 01  {'t'} 01 01  {'m'} 02 00  {'g'} 03 02} "
    "08 {01} "
    "09 {03  00 23 00 0b 02 00 02  01 00 01 01  03 00 01 02} "
    "0c {02} " CODE
    "0b {02  00 41 05 0b {'hi'}  01 {'x'}} "
    "00 {{'name'} 00} ";

TEST(DecoderTest, DecodesEverySection) {
  const std::vector<uint8_t> bytes = HexModule(kFull);
  Module m;
  ASSERT_THAT(DecodeBytes(bytes, base::kRelaxedLimits, Features::All(), &m),
              IsEmpty());
  ASSERT_EQ(m.types.size(), 3u);
  EXPECT_EQ(m.types[1].param_count, 1u);
  EXPECT_THAT(m.types[1].results(), ElementsAre(ValType::kI32));
  EXPECT_EQ(m.types[1].canonical_id, 1u);
  EXPECT_EQ(m.types[2].canonical_id, 0u);
  ASSERT_EQ(m.imports.size(), 4u);
  EXPECT_EQ(m.imports[1].name, "t");
  EXPECT_EQ(m.imports[1].kind, ExternKind::kTable);
  EXPECT_EQ(m.imports[3].index, 1u);
  EXPECT_EQ(bytes[m.imports[0].offset + 1], 'm');
  EXPECT_THAT(m.functions, ElementsAre(1, 0, 1));
  EXPECT_EQ(m.imported_functions, 1u);
  ASSERT_EQ(m.tables.size(), 2u);
  EXPECT_EQ(m.tables[0].limits.max, 4u);
  EXPECT_FALSE(m.tables[1].limits.has_max);
  EXPECT_EQ(m.tables[1].limits.min, 2u);
  ASSERT_EQ(m.memories.size(), 1u);
  EXPECT_EQ(m.memories[0].limits.max, UINT32_MAX);
  ASSERT_EQ(m.globals.size(), 4u);
  EXPECT_TRUE(m.globals[1].type.is_mutable);
  EXPECT_EQ(m.globals[2].init.bits, 42u);
  EXPECT_EQ(m.globals[3].init.kind, ConstExpr::Kind::kRefFunc);
  EXPECT_EQ(m.globals[3].init.index, 1u);
  EXPECT_EQ(m.globals[3].init.code.size(), 3u);
  EXPECT_EQ(bytes[m.globals[3].init.offset], 0xd2);
  ASSERT_EQ(m.exports.size(), 4u);
  ASSERT_NE(m.FindExport("g", ExternKind::kGlobal), nullptr);
  EXPECT_EQ(m.FindExport("g", ExternKind::kGlobal)->index, 2u);
  EXPECT_EQ(m.FindExport("g", ExternKind::kFunc), nullptr);
  EXPECT_EQ(m.FindExport("x", ExternKind::kFunc), nullptr);
  EXPECT_TRUE(m.has_start);
  EXPECT_EQ(m.start, 1u);
  ASSERT_EQ(m.elements.size(), 3u);
  EXPECT_EQ(m.elements[0].table_offset.kind, ConstExpr::Kind::kGlobalGet);
  EXPECT_EQ(m.elements[0].count, 2u);
  EXPECT_EQ(m.elements[1].mode, SegmentMode::kPassive);
  EXPECT_EQ(m.elements[2].mode, SegmentMode::kDeclarative);
  EXPECT_EQ(m.element_count, 4u);
  EXPECT_THAT(m.declared_refs, ElementsAre(1, 1, 1));
  EXPECT_EQ(m.data_count, 2u);
  ASSERT_EQ(m.bodies.size(), 2u);
  EXPECT_EQ(m.bodies[1].end - m.bodies[1].begin, 2);
  EXPECT_EQ(m.code_size_bytes, 7u);
  ASSERT_EQ(m.data.size(), 2u);
  EXPECT_EQ(m.data[0].memory_offset.bits, 5u);
  EXPECT_THAT(m.data[0].bytes, ElementsAre('h', 'i'));
  EXPECT_EQ(bytes[m.data[0].offset], 'h');
  EXPECT_EQ(m.segment_size_bytes, 3u);
  EXPECT_EQ(m.name_section.size(), 1u);
}

TEST(DecoderTest, EveryPrefixIsRefused) {
  // But those that end behind a section and miss nothing; the module is cut
  // only where something was to come.
  const std::vector<uint8_t> bytes = HexModule(kFull);
  int accepted = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<uint8_t> part(bytes.begin(), bytes.begin() + size);
    Module m;
    const std::vector<std::string> messages =
        DecodeBytes(part, base::kRelaxedLimits, Features::All(), &m);
    accepted += messages.empty();
    if (!messages.empty()) {
      EXPECT_THAT(
          messages.back(),
          testing::AnyOf(testing::StartsWith("unexpected end"),
                         testing::StartsWith("length out of bounds"),
                         testing::StartsWith("function and code section"),
                         testing::StartsWith("data count and data section")))
          << size;
    }
  }
  // Behind the preamble, types, imports; behind data.
  EXPECT_EQ(accepted, 4);
}

TEST(DecoderTest, AModuleIsReused) {
  const std::vector<uint8_t> full = HexModule(kFull);
  const std::vector<uint8_t> none = HexModule("");
  Module m;
  for (int i = 0; i < 2; ++i) {
    DecodeBytes(full, base::kRelaxedLimits, Features::All(), &m);
    EXPECT_EQ(m.types.size(), 3u);
    DecodeBytes(none, base::kRelaxedLimits, Features::All(), &m);
    EXPECT_EQ(m.types.size(), 0u);
    EXPECT_EQ(m.imported_globals, 0u);
    EXPECT_FALSE(m.has_start);
    EXPECT_FALSE(m.has_data_count);
    EXPECT_EQ(m.element_count, 0u);
    EXPECT_TRUE(m.name_section.empty());
    EXPECT_TRUE(m.declared_refs.empty());
  }
}

struct Case {
  const char* name;
  const char* sections;
  std::vector<std::string> messages;
};

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(DecodeHex(c.sections), c.messages) << c.name;
  }
}

TEST(DecoderTest, ChecksThePreamble) {
  const struct {
    const char* hex;
    const char* message;
  } kCases[] = {
      {"", "unexpected end of section or function"},
      {"00 61 73", "unexpected end of section or function"},
      {"00 61 73 6e", "magic header not detected"},
      {"00 61 73 6d", "unexpected end of section or function"},
      {"00 61 73 6d 02 00 00 00", "unknown binary version"},
  };
  for (const auto& c : kCases) {
    Module m;
    EXPECT_THAT(
        DecodeBytes(Hex(c.hex), base::kRelaxedLimits, Features::All(), &m),
        ElementsAre(c.message))
        << c.hex;
  }
}

TEST(DecoderTest, ChecksSections) {
  Check({
      {"empty sections", "01 01 00 03 01 00 0a 01 00", {}},
      {"id", "0d 00", {"malformed section id"}},
      {"twice", "01 01 00 01 01 00", {"unexpected content after last section"}},
      {"order", "03 01 00 01 01 00", {"unexpected content after last section"}},
      {"data count stands before code",
       "0a 01 00 0c 01 00",
       {"unexpected content after last section"}},
      {"data count after elements", "09 01 00 0c 01 00 0a 01 00 0b 01 00", {}},
      {"too short", "01 05 01 60 00 00 00", {"section size mismatch"}},
      {"too short by one", "01 03 01 60 00 00", {"section size mismatch"}},
      {"beyond", "01 05 01 60", {"length out of bounds"}},
      {"no size", "01", {"unexpected end of section or function"}},
      {"size", "01 80 80 80 80 10", {"integer too large"}},
      {"custom", "00 03 01 'a' 'b' 00 01 00", {}},
      {"custom without a name",
       "00 00",
       {"unexpected end of section or function"}},
      {"custom name beyond",
       "00 02 02 'a' 'b'",
       {"unexpected end of section or function"}},
      {"custom name", "00 02 01 ff", {"malformed UTF-8 encoding"}},
  });
}

TEST(DecoderTest, ChecksTypes) {
  Check({
      {"form", "01 04 01 5f 00 00", {"malformed function type"}},
      {"long form",
       "01 05 01 e0 7f 00 00",
       {"integer representation too long"}},
      {"value type", "01 05 01 60 01 7b 00", {"malformed value type"}},
      {"count", "01 04 01 60 05 00", {"length out of bounds"}},
      {"number of types", "01 05 ff ff ff ff 0f", {"length out of bounds"}},
  });
}

TEST(DecoderTest, CanonicalIdsAreFirstEqualTypes) {
  // Beyond 64 types a hash set does the same.
  for (const int pairs : {5, 60, 300}) {
    std::string types;
    for (int i = 0; i < 2 * pairs; ++i) {
      // (i32 ...) of four letters in base 4, each type twice.
      absl::StrAppend(&types, "60 05 ");
      for (int n = i / 2, k = 0; k < 5; ++k, n /= 4) {
        absl::StrAppend(&types, "7", absl::Hex(0xc + n % 4), " ");
      }
      absl::StrAppend(&types, "00 ");
    }
    std::vector<uint8_t> payload = Hex(types);
    const size_t size = payload.size() + 2;
    std::vector<uint8_t> bytes = HexModule("01");
    bytes.push_back(static_cast<uint8_t>(size & 0x7f) | 0x80);
    bytes.push_back(static_cast<uint8_t>(size >> 7));
    bytes.push_back(static_cast<uint8_t>((2 * pairs) & 0x7f) | 0x80);
    bytes.push_back(static_cast<uint8_t>((2 * pairs) >> 7));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    Module m;
    ASSERT_THAT(DecodeBytes(bytes, base::kRelaxedLimits, Features::All(), &m),
                IsEmpty());
    for (uint32_t i = 0; i < m.types.size(); ++i) {
      ASSERT_EQ(m.types[i].canonical_id, i & ~1u) << i;
    }
  }
}

TEST(DecoderTest, ChecksImportsAndFunctions) {
  Check({
      {"kind", "02 04 01 00 00 04", {"malformed import kind"}},
      {"type", "02 05 01 00 00 00 00", {"unknown type 0"}},
      {"module name", "02 06 01 01 80 00 00 00", {"malformed UTF-8 encoding"}},
      {"field name", "02 06 01 00 01 80 00 00", {"malformed UTF-8 encoding"}},
      {"mutability", "02 06 01 00 00 03 7f 02", {"malformed mutability"}},
      {"two memories",
       "02 0b 02 00 00 02 00 00 00 00 02 00 00",
       {"multiple memories"}},
      {"imported and own memory",
       "02 06 01 00 00 02 00 00 05 03 01 00 00",
       {"multiple memories: have 2, at most 1"}},
      {"own memories",
       "05 05 02 00 00 00 00",
       {"multiple memories: have 2, at most 1"}},
      {"all unknown types of functions",
       "03 03 02 00 07 0a 07 02 02 00 0b 02 00 0b",
       {"unknown type 0", "unknown type 7"}},
      {"no code",
       TYPES FUNCTIONS,
       {"function and code section have inconsistent lengths"}},
      {"no functions",
       "0a 04 01 02 00 0b",
       {"function and code section have inconsistent lengths"}},
      {"too little code",
       TYPES FUNCTIONS "0a 04 01 02 00 0b",
       {"function and code section have inconsistent lengths"}},
      {"empty body",
       TYPES "03 02 01 00 0a 02 01 00",
       {"unexpected end of section or function"}},
      {"body beyond",
       TYPES "03 02 01 00 0a 03 01 09 00",
       {"length out of bounds"}},
  });
}

TEST(DecoderTest, ChecksTablesAndMemories) {
  Check({
      {"reference type", "04 04 01 7f 00 00", {"malformed reference type"}},
      {"flags", "04 04 01 70 02 00", {"integer too large"}},
      {"long flags", "05 04 01 81 00 00", {"integer representation too long"}},
      {"minimum",
       "04 05 01 70 01 02 01",
       {"size minimum must not be greater than maximum"}},
      {"pages",
       "05 05 01 00 81 80 04",
       {"memory size must be at most 65536 pages (4GiB)"}},
      {"maximum of pages",
       "05 06 01 01 00 81 80 04",
       {"memory size must be at most 65536 pages (4GiB)"}},
      {"the most pages", "05 08 01 01 80 80 04 80 80 04", {}},
      {"both",
       "05 06 01 01 81 80 04 00",
       {"size minimum must not be greater than maximum",
        "memory size must be at most 65536 pages (4GiB)"}},
  });
}

TEST(DecoderTest, ChecksExportsAndStart) {
  Check({
      {"kind", "07 04 01 00 04 00", {"malformed export kind"}},
      {"function", "07 04 01 00 00 00", {"unknown function 0"}},
      {"table", "07 04 01 00 01 02", {"unknown table 2"}},
      {"memory", "07 04 01 00 02 00", {"unknown memory 0"}},
      {"global", "07 04 01 00 03 00", {"unknown global 0"}},
      {"duplicates of any kind",
       TABLE MEMORY "07 0d 03 01'a' 02 00 01'b' 02 00 01'a' 01 00",
       {"duplicate export name: a"}},
      {"start", "08 01 00", {"unknown function 0"}},
      {"start of a type", TYPES FUNCTIONS "08 01 01" CODE, {"start function"}},
      {"start of the right type", TYPES FUNCTIONS "08 01 00" CODE, {}},
  });
}

TEST(DecoderTest, FindsDuplicatesAmongManyExports) {
  for (const int count : {3, 32, 33, 120}) {
    std::string exports;
    for (int i = 0; i < count; ++i) {
      // The last one is the first again.
      const int n = i == count - 1 ? 0 : i;
      absl::StrAppend(&exports, "02 '", n / 10, "'");
      exports.insert(exports.size() - 1, absl::StrCat(n % 10));
      if (n >= 100) exports.replace(exports.rfind("02 '"), 2, "03");
      absl::StrAppend(&exports, " 02 00 ");
    }
    const std::vector<uint8_t> payload = Hex(exports);
    std::vector<uint8_t> bytes = HexModule(MEMORY "07");
    const size_t size = payload.size() + 1;
    bytes.push_back(static_cast<uint8_t>(size & 0x7f) | 0x80);
    bytes.push_back(static_cast<uint8_t>(size >> 7));
    bytes.push_back(static_cast<uint8_t>(count));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    Module m;
    EXPECT_THAT(DecodeBytes(bytes, base::kRelaxedLimits, Features::All(), &m),
                ElementsAre("duplicate export name 00"))
        << count;
  }
}

TEST(DecoderTest, ChecksConstantExpressions) {
  Check({
      {"i64", "06 06 01 7e 00 42 7f 0b", {}},
      {"f32", "06 09 01 7d 00 43 00 00 80 3f 0b", {}},
      {"empty", "06 04 01 7f 00 0b", {"type mismatch"}},
      {"type", "06 06 01 7e 00 41 00 0b", {"type mismatch"}},
      {"two values", "06 08 01 7f 00 41 00 41 00 0b", {"type mismatch"}},
      {"no end",
       "06 05 01 7f 00 41 00",
       {"unexpected end of section or function"}},
      {"opcode", "06 06 01 7f 00 06 00 0b", {"illegal opcode"}},
      {"not constant",
       "06 07 01 7f 00 41 00 45 0b",
       {"constant expression required"}},
      {"blocks are passed over",
       "06 0c 02  7f 00 02 40 0b 0b  7f 00 41 00 0b",
       {"constant expression required"}},
      {"own global",
       "06 0b 02  7f 00 41 00 0b  7f 00 23 00 0b",
       {"unknown global 0"}},
      {"mutable global",
       "02 06 01 00 00 03 7f 01  06 06 01 7f 00 23 00 0b",
       {"constant expression required"}},
      {"global of another type",
       "02 06 01 00 00 03 7e 00  06 06 01 7f 00 23 00 0b",
       {"type mismatch"}},
      {"function", "06 06 01 70 00 d2 00 0b", {"unknown function 0"}},
      {"null", "06 06 01 6f 00 d0 6f 0b", {}},
      {"null of another type", "06 06 01 6f 00 d0 70 0b", {"type mismatch"}},
      {"sum", "06 09 01 7f 00 41 01 41 02 6a 0b", {}},
      {"operand missing", "06 07 01 7f 00 41 01 6a 0b", {"type mismatch"}},
      {"operand of another type",
       "06 09 01 7e 00 42 01 41 02 7c 0b",
       {"type mismatch"}},
      {"one violation an expression",
       "06 10 03  7f 00 0b  7f 00 45 45 41 00 0b  7f 00 23 05 0b",
       {"type mismatch", "constant expression required", "unknown global 5"}},
  });
}

TEST(DecoderTest, ChecksElementSegments) {
  Check({
      {"table", "09 06 01 00 41 00 0b 00", {"unknown table 0"}},
      {"explicit table",
       TABLE "09 08 01 02 01 41 00 0b 00 00",
       {"unknown table 1"}},
      {"flags", "09 02 01 08", {"malformed element segment kind"}},
      {"kind", "09 04 01 01 01 00", {"malformed element segment kind"}},
      {"functions",
       "09 06 01 01 00 02 00 01",
       {"unknown function 0", "unknown function 1"}},
      {"offset type", TABLE "09 06 01 00 42 00 0b 00", {"type mismatch"}},
      {"expressions",
       TYPES FUNCTIONS "09 0a 01 05 70 02 d2 01 0b d0 70 0b" CODE,
       {}},
      {"expression of another type",
       "09 07 01 05 6f 01 d0 70 0b",
       {"type mismatch"}},
      {"not a reference", "09 07 01 05 70 01 41 00 0b", {"type mismatch"}},
      {"not a reference type",
       "09 07 01 05 7f 01 d0 70 0b",
       {"malformed reference type"}},
      {"table of another type",
       TABLE "09 {01 06 00 41 00 0b 6f 00}",
       {"type mismatch"}},
      {"active expressions", TABLE "09 09 01 04 41 00 0b 01 d0 70 0b", {}},
      {"declarative expressions", "09 07 01 07 70 01 d0 70 0b", {}},
  });
}

TEST(DecoderTest, ChecksDataSegments) {
  Check({
      {"memory", "0b 06 01 00 41 00 0b 00", {"unknown memory 0"}},
      {"explicit memory",
       MEMORY "0b 07 01 02 01 41 00 0b 00",
       {"unknown memory 1"}},
      {"explicit memory 0", MEMORY "0b 07 01 02 00 41 00 0b 00", {}},
      {"flags", "0b 03 01 03 00", {"malformed data segment kind"}},
      {"size", "0b 04 01 01 05 00", {"length out of bounds"}},
      {"bytes", "0b 04 01 01 02 00", {"unexpected end of section or function"}},
      {"count",
       "0c 01 02 0b 03 01 01 00",
       {"data count and data section have inconsistent lengths"}},
      {"count without data",
       "0c 01 01",
       {"data count and data section have inconsistent lengths"}},
      {"count of none", "0c 01 00", {}},
  });
}

TEST(DecoderTest, InvalidPartsAreAllListed) {
  EXPECT_THAT(DecodeHex("03 02 01 05 05 04 01 01 02 01 07 04 01 00 00 09 "
                        "0a 04 01 02 00 0b 0b 06 01 00 42 00 0b 00"),
              ElementsAre("unknown type 5",
                          "size minimum must not be greater than maximum",
                          "unknown function 9", "type mismatch"));
  // But a malformed one ends it.
  EXPECT_THAT(DecodeHex("03 02 01 05 04 01 05"),
              ElementsAre("unknown type 5", "length out of bounds"));
}

TEST(DecoderTest, RefusedFeaturesAreReportedOnce) {
  const struct {
    Feature feature;
    const char* sections;
  } kCases[] = {
      {Feature::kFloats, "01 06 01 60 02 7d 7c 00"},
      {Feature::kFloats, "06 09 01 7d 00 43 00 00 80 3f 0b"},
      {Feature::kMultiValue, "01 06 01 60 00 02 7f 7f"},
      {Feature::kReferenceTypes, "01 05 01 60 01 70 00"},
      {Feature::kReferenceTypes, "04 07 02 70 00 00 70 00 00"},
      {Feature::kReferenceTypes, "04 04 01 6f 00 00"},
      {Feature::kReferenceTypes, "09 04 01 03 00 00"},
      {Feature::kReferenceTypes, TABLE "09 09 01 04 41 00 0b 01 d0 70 0b"},
      {Feature::kMutableGlobals, "02 06 01 00 00 03 7f 01"},
      {Feature::kMutableGlobals, "06 06 01 7f 01 41 00 0b 07 04 01 00 03 00"},
      {Feature::kBulkMemory, "0c 01 00"},
      {Feature::kBulkMemory, "0b 03 01 01 00"},
      {Feature::kBulkMemory, "09 04 01 01 00 00"},
      {Feature::kExtendedConst, "06 09 01 7f 00 41 01 41 02 6a 0b"},
      {Feature::kStartFunction,
       "01 04 01 60 00 00 03 02 01 00 08 01 00 0a 04 01 02 00 0b"},
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(DecodeHex(c.sections, base::kRelaxedLimits,
                          Features::All().Without(c.feature)),
                ElementsAre(absl::StrCat("unsupported feature: ",
                                         FeatureName(c.feature))))
        << c.sections;
    EXPECT_THAT(DecodeHex(c.sections), IsEmpty()) << c.sections;
  }
  // A mutable global of its own is no feature, and a plain element segment
  // of expressions in the first version's encoding neither.
  EXPECT_THAT(
      DecodeHex("06 06 01 7f 01 41 00 0b", base::kRelaxedLimits, Features()),
      IsEmpty());
}

struct LimitCase {
  uint32_t base::Limits::* limit;
  uint32_t used;  // by the sections
  const char* sections;
  const char* message;
};

const LimitCase kLimitCases[] = {
    {&base::Limits::module_size_bytes_max, 14, "01 04 01 60 00 00",
     "module is too large: have 14, at most 13"},
    {&base::Limits::types_max, 3, TYPES, "too many types: have 3, at most 2"},
    {&base::Limits::functions_max, 2, TYPES FUNCTIONS CODE,
     "too many functions: have 2, at most 1"},
    {&base::Limits::functions_max, 3,
     TYPES "02 05 01 00 00 00 00" FUNCTIONS CODE,
     "too many functions: have 3, at most 2"},
    {&base::Limits::functions_max, 2, TYPES "02 09 02 00 00 00 00 00 00 00 00",
     "too many functions"},
    {&base::Limits::function_params_max, 2, "01 06 01 60 02 7f 7f 00",
     "too many parameters: have 2, at most 1"},
    {&base::Limits::function_results_max, 2, "01 06 01 60 00 02 7f 7f",
     "too many results: have 2, at most 1"},
    {&base::Limits::function_params_total_max, 2,
     TYPES "02 05 01 00 00 00 01 03 03 02 01 00" CODE,
     "too many parameters in total"},
    {&base::Limits::tables_max, 2, "04 07 02 70 00 00 70 00 00",
     "too many tables: have 2, at most 1"},
    {&base::Limits::table_elements_max, 5, "04 04 01 70 00 05",
     "table is too large: have 5, at most 4"},
    {&base::Limits::memories_max, 1, MEMORY,
     "too many memories: have 1, at most 0"},
    {&base::Limits::memory_pages_max, 5, "05 03 01 00 05",
     "memory is too large: have 5, at most 4"},
    {&base::Limits::memory_pages_initial_max, 5, "05 03 01 00 05",
     "memory is too large initially: have 5, at most 4"},
    {&base::Limits::globals_max, 2, "06 0b 02 7f 00 41 00 0b 7f 00 41 00 0b",
     "too many globals: have 2, at most 1"},
    {&base::Limits::element_segments_max, 2, "09 07 02 01 00 00 01 00 00",
     "too many element segments: have 2, at most 1"},
    {&base::Limits::data_segments_max, 2, "0b 05 02 01 00 01 00",
     "too many data segments: have 2, at most 1"},
    {&base::Limits::imports_max, 2, TYPES "02 09 02 00 00 00 00 00 00 00 00",
     "too many imports: have 2, at most 1"},
    {&base::Limits::exports_max, 2, MEMORY "07 09 02 00 02 00 02 'ab' 02 00",
     "too many exports: have 2, at most 1"},
    {&base::Limits::name_size_bytes_max, 3, MEMORY "07 07 01 03 'abc' 02 00",
     "name is too long: have 3, at most 2"},
    {&base::Limits::name_size_bytes_max, 2, TYPES "02 07 01 02 'ab' 00 00 00",
     "name is too long: have 2, at most 1"},
    {&base::Limits::body_size_bytes_max, 2,
     TYPES FUNCTIONS "0a 06 02 02 00 0b 01 00",
     "function body is too large: have 2, at most 1"},
};

TEST(DecoderTest, LimitsHoldExactly) {
  for (const LimitCase& c : kLimitCases) {
    SCOPED_TRACE(c.message);
    base::Limits limits = base::kRelaxedLimits;
    limits.*c.limit = c.used;
    EXPECT_THAT(DecodeHex(c.sections, limits), IsEmpty());
    limits.*c.limit = c.used - 1;
    EXPECT_THAT(DecodeHex(c.sections, limits), ElementsAre(c.message));
  }
}

TEST(DecoderTest, CountsBeyondTheirLimitsAreAllListed) {
  base::Limits limits = base::kRelaxedLimits;
  limits.types_max = 2;
  limits.functions_max = 1;
  limits.globals_max = 1;
  EXPECT_THAT(DecodeHex(TYPES FUNCTIONS TABLE
                        "06 0b 02 7f 00 41 00 0b 7f 00 41 00 0b" CODE,
                        limits),
              ElementsAre("too many types: have 3, at most 2",
                          "too many functions: have 2, at most 1",
                          "too many globals: have 2, at most 1"));
}

TEST(DecoderTest, ViolationsAreBounded) {
  std::string sections = "03 c9 01 c8 01 ";
  for (int i = 0; i < 200; ++i) absl::StrAppend(&sections, "01 ");
  sections.replace(3, 5, "ca 01");
  EXPECT_EQ(DecodeHex(sections).size(), Violations::kMax);
}

TEST(DecoderTest, TheFirstNameSectionCounts) {
  const std::vector<uint8_t> bytes =
      HexModule("00 06 04'name' 01  00 07 04'name' 02 03");
  Module m;
  ASSERT_THAT(DecodeBytes(bytes, base::kRelaxedLimits, Features::All(), &m),
              IsEmpty());
  EXPECT_THAT(m.name_section, ElementsAre(1));
}

TEST(DecoderTest, DeclaredRefsExistOnlyWithTheFeature) {
  const std::vector<uint8_t> bytes =
      HexModule(TYPES FUNCTIONS "07 05 01 01'f' 00 01 " CODE);
  Module m;
  ASSERT_THAT(DecodeBytes(bytes, base::kRelaxedLimits, Features::All(), &m),
              IsEmpty());
  EXPECT_THAT(m.declared_refs, ElementsAre(0, 1));
  ASSERT_THAT(DecodeBytes(bytes, base::kRelaxedLimits, Features(), &m),
              IsEmpty());
  EXPECT_THAT(m.declared_refs, IsEmpty());
}

}  // namespace
}  // namespace ashlar::wasm
