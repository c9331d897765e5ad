// Forms of instructions that the translator and the validator read with
// different code: both must accept them, or both refuse them. (The translator
// refusing alone ends the process: CHECK "translator and validator disagree".)
#include "engine/compile/validator.h"

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "engine/compile/test_machine.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::compile {
namespace {

using testing::Code;
using testing::CompiledModule;
using testing::ModuleBuilder;
using testing::Op;
using testing::ValType;
using wasm::Feature;
using wasm::Features;
using Bytes = std::vector<uint8_t>;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;
constexpr ValType kF64 = ValType::kF64;
constexpr ValType kFuncRef = ValType::kFuncRef;
constexpr ValType kExternRef = ValType::kExternRef;

constexpr char kFine[] = "";
constexpr char kMismatch[] = "invalid.type_mismatch";
constexpr char kTooLong[] = "malformed.integer_too_long";
constexpr char kTooLarge[] = "malformed.integer_too_large";
constexpr char kUnexpectedEnd[] = "malformed.unexpected_end";
constexpr char kUnsupported[] = "unsupported.feature";

// A module with something of everything. Types: 0 () -> (), 1 (i32) -> (),
// 2 (i32 i32) -> (i32), 3 () -> (i32 i64). Functions: 0 is imported, of type
// 1, the tested one is 1, of type 1, and declared for ref.func; 2 is not.
// Tables: 0 funcref, 1 externref. Globals: 0 i32, 1 mutable i64.
ModuleBuilder Everything() {
  ModuleBuilder m;
  m.AddType({}, {});
  m.AddType({kI32}, {});
  m.AddType({kI32, kI32}, {kI32});
  m.AddType({}, {kI32, kI64});
  m.ImportFunc("env", "f", 1);
  m.Table(kFuncRef, {2, 4});
  m.Table(kExternRef, {2, 4});
  m.Memory({1, 2});
  m.Global(kI32, false, Code().I32(7).End());
  m.Global(kI64, true, Code().I64(7).End());
  return m;
}

Bytes Finish(ModuleBuilder m) {
  m.RawBody(2, Bytes{0x00, 0x00, 0x0b});
  m.Export("f", testing::ExternKind::kFunc, 1);
  m.PassiveElements({1});
  m.PassiveData(Bytes{1, 2, 3});
  m.DataCount();
  return m.Build();
}

// The tested function: one local (an i64) and `code`, without its last `end`.
Bytes WithCode(const Bytes& code) {
  ModuleBuilder m = Everything();
  Bytes body = {1, 1, 0x7e};
  body.insert(body.end(), code.begin(), code.end());
  body.push_back(0x0b);
  m.RawBody(1, body);
  return Finish(m);
}

Bytes WithBody(const Bytes& body) {
  ModuleBuilder m = Everything();
  m.RawBody(1, body);
  return Finish(m);
}

// Also: the validator, asked alone, answers as the whole did.
std::string Verdict(const Bytes& bytes, Features features = Features::All()) {
  const CompiledModule compiled(bytes, features);
  if (!compiled.is_decoded()) return "not decoded: " + compiled.error();
  wasm::Violations violations;
  EXPECT_EQ(ValidateBody(compiled.module(), compiled.options(), 1, &violations),
            compiled.ok());
  return compiled.error();
}

struct Case {
  const char* what;
  Bytes code;
  std::string expected;
  // Whether it is judged the same behind an `unreachable`, and when that
  // stands in a loop.
  bool also_dead = true;
  bool also_in_loop = true;
};

const Case kCases[] = {
    {"block type, empty", {0x02, 0x40, 0x0b}, kFine},
    {"block type, empty, in two bytes", {0x02, 0xc0, 0x7f, 0x0b}, kTooLong},
    {"block type i32", {0x02, 0x7f, 0x41, 0, 0x0b, 0x1a}, kFine},
    {"block type i32 in two bytes",
     {0x02, 0xff, 0x7f, 0x41, 0, 0x0b, 0x1a},
     kTooLong},
    {"block type index in five bytes",
     {0x02, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0b},
     kFine},
    {"block type index in six bytes",
     {0x02, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0b},
     kTooLong},
    {"block type index beyond the types",
     {0x02, 0x04, 0x0b},
     "invalid.unknown_type"},
    {"block type 2^32", {0x02, 0x80, 0x80, 0x80, 0x80, 0x10, 0x0b}, kTooLarge},
    {"block type 2^32 - 1",
     {0x02, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0b},
     "invalid.unknown_type"},
    {"block type, no value type", {0x02, 0x7b, 0x0b}, "malformed.block_type"},
    {"loop type, empty, in two bytes", {0x03, 0xc0, 0x7f, 0x0b}, kTooLong},
    {"if type, empty, in two bytes",
     {0x41, 0, 0x04, 0xc0, 0x7f, 0x0b},
     kTooLong},
    {"select of one type",
     {0x41, 1, 0x41, 2, 0x41, 0, 0x1c, 1, 0x7f, 0x1a},
     kFine},
    {"select, its count in three bytes",
     {0x41, 1, 0x41, 2, 0x41, 0, 0x1c, 0x81, 0x80, 0x00, 0x7f, 0x1a},
     kFine},
    {"select of no type",
     {0x41, 1, 0x41, 2, 0x41, 0, 0x1c, 0, 0x1a},
     "invalid.result_arity"},
    {"select of two types",
     {0x41, 1, 0x41, 2, 0x41, 0, 0x1c, 2, 0x7f, 0x7f, 0x1a},
     "invalid.result_arity"},
    {"select of another type",
     {0x41, 1, 0x41, 2, 0x41, 0, 0x1c, 1, 0x7e, 0x1a},
     kMismatch},
    {"select of references",
     {0xd0, 0x70, 0xd0, 0x70, 0x41, 0, 0x1c, 1, 0x70, 0x1a},
     kFine},
    {"select of references without a type",
     {0xd0, 0x70, 0xd0, 0x70, 0x41, 0, 0x1b, 0x1a},
     kMismatch},
    {"i32.const in five bytes",
     {0x41, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x1a},
     kFine},
    {"i32.const in six bytes",
     {0x41, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x1a},
     kTooLong},
    {"i32.const beyond 32 bits",
     {0x41, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x1a},
     kTooLarge},
    {"i32.const, a sign that is none",
     {0x41, 0x80, 0x80, 0x80, 0x80, 0x70, 0x1a},
     kTooLarge},
    {"i64.const in ten bytes",
     {0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f, 0x1a},
     kFine},
    {"i64.const in eleven bytes",
     {0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xff, 0x7f,
      0x1a},
     kTooLong},
    {"i64.const beyond 64 bits",
     {0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x1a},
     kTooLarge},
    {"local in five bytes", {0x20, 0x81, 0x80, 0x80, 0x80, 0x00, 0x1a}, kFine},
    {"local in six bytes",
     {0x20, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1a},
     kTooLong},
    {"local beyond 32 bits",
     {0x20, 0x81, 0x80, 0x80, 0x80, 0x10, 0x1a},
     kTooLarge},
    {"unknown local", {0x20, 2, 0x1a}, "invalid.unknown_local"},
    {"opcode behind the prefix in five bytes",
     {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x8b, 0x80, 0x80, 0x80, 0x00, 0},
     kFine},
    {"opcode behind the prefix, none",
     {0xfc, 0x12},
     "malformed.illegal_opcode"},
    {"opcode behind the prefix, 2^32 - 1",
     {0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f},
     "malformed.illegal_opcode"},
    {"illegal opcode", {0x06}, "malformed.illegal_opcode"},
    {"memory.size of another memory",
     {0x3f, 1, 0x1a},
     "malformed.zero_byte_expected"},
    {"memory.size, its zero in two bytes",
     {0x3f, 0x80, 0x00, 0x1a},
     "malformed.zero_byte_expected"},
    {"memory.init of another memory",
     {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 1},
     "malformed.zero_byte_expected"},
    {"memory.copy from another memory",
     {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 1},
     "malformed.zero_byte_expected"},
    {"data.drop beyond the segments",
     {0xfc, 9, 1},
     "invalid.unknown_data_segment"},
    {"elem.drop beyond the segments",
     {0xfc, 13, 1},
     "invalid.unknown_elem_segment"},
    {"table.init of another type",
     {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 12, 0, 1},
     kMismatch},
    {"table.copy between types",
     {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 14, 0, 1},
     kMismatch},
    {"table.get of no table",
     {0x41, 0, 0x25, 2, 0x1a},
     "invalid.unknown_table"},
    {"call_indirect through externref", {0x41, 0, 0x11, 0, 1}, kMismatch},
    {"call_indirect, indices in five bytes",
     {0x41, 0, 0x11, 0x80, 0x80, 0x80, 0x80, 0x00, 0x80, 0x80, 0x80, 0x80,
      0x00},
     kFine},
    {"call_indirect of no type", {0x41, 0, 0x11, 4, 0}, "invalid.unknown_type"},
    {"call of no function", {0x10, 3}, "invalid.unknown_function"},
    {"return_call of other results", {0x41, 0, 0x41, 0, 0x12, 2}, kMismatch},
    {"return_call_indirect of other results",
     {0x41, 0, 0x41, 0, 0x41, 0, 0x13, 2, 0},
     kMismatch},
    {"ref.func that is declared", {0xd2, 1, 0x1a}, kFine},
    {"ref.func that is not",
     {0xd2, 2, 0x1a},
     "invalid.undeclared_function_reference"},
    {"ref.func of no function", {0xd2, 3, 0x1a}, "invalid.unknown_function"},
    {"ref.null of a number", {0xd0, 0x7f, 0x1a}, "malformed.reference_type"},
    {"ref.is_null of a number", {0x41, 0, 0xd1, 0x1a}, kMismatch},
    {"global.set of a constant",
     {0x41, 0, 0x24, 0},
     "invalid.immutable_global"},
    {"global.set of another type", {0x41, 0, 0x24, 1}, kMismatch},
    {"global.get of no global", {0x23, 2, 0x1a}, "invalid.unknown_global"},
    {"alignment in five bytes",
     {0x41, 0, 0x28, 0x82, 0x80, 0x80, 0x80, 0x00, 0, 0x1a},
     kFine},
    {"alignment above the natural one",
     {0x41, 0, 0x28, 3, 0, 0x1a},
     "invalid.alignment"},
    {"alignment far above",
     {0x41, 0, 0x28, 0xff, 0xff, 0xff, 0xff, 0x0f, 0},
     "invalid.alignment"},
    {"offset of 2^32 - 1",
     {0x41, 0, 0x28, 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x1a},
     kFine},
    {"offset of 2^32",
     {0x41, 0, 0x28, 2, 0x80, 0x80, 0x80, 0x80, 0x10, 0x1a},
     kTooLarge},
    {"br to the function", {0x0c, 0}, kFine},
    {"br beyond", {0x0c, 1}, "invalid.unknown_label", true, false},
    {"br_if beyond",
     {0x41, 0, 0x0d, 0xff, 0xff, 0xff, 0xff, 0x0f},
     "invalid.unknown_label"},
    {"br_table, labels in five bytes",
     {0x41, 0, 0x0e, 0x81, 0x00, 0x80, 0x80, 0x80, 0x80, 0x00, 0x80, 0x00},
     kFine},
    {"br_table, one label beyond",
     {0x41, 0, 0x0e, 2, 0, 1, 0},
     "invalid.unknown_label",
     true,
     false},
    {"br_table, the default beyond",
     {0x41, 0, 0x0e, 1, 0, 1},
     "invalid.unknown_label",
     true,
     false},
    {"br_table, more labels than bytes",
     {0x41, 0, 0x0e, 100, 0, 0},
     "malformed.length_out_of_bounds"},
    {"br_table, labels of different arity",
     {0x02, 0x7f, 0x41, 1, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x1a},
     kMismatch},
    {"br_table, labels of different types",
     {0x02, 0x7f, 0x02, 0x7e, 0x42, 1, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x1a, 0x41,
      0, 0x0b, 0x1a},
     kMismatch},
    {"else without if", {0x05}, "malformed.misplaced_else"},
    {"else of a block", {0x02, 0x40, 0x05, 0x0b}, "malformed.misplaced_else"},
    {"two elses",
     {0x41, 0, 0x04, 0x40, 0x05, 0x05, 0x0b},
     "malformed.misplaced_else"},
    {"if with a result, without else",
     {0x41, 0, 0x04, 0x7f, 0x41, 0, 0x0b, 0x1a},
     kMismatch},
    {"a block takes from outside",
     {0x41, 0, 0x02, 0x40, 0x1a, 0x0b, 0x1a},
     kMismatch},
    {"a value remains", {0x41, 0}, kMismatch, false},
    {"a block's value remains", {0x02, 0x40, 0x41, 0, 0x0b}, kMismatch},
    {"an operand of another type", {0x42, 0, 0x41, 0, 0x6a, 0x1a}, kMismatch},
    {"code behind the last end", {0x0b, 0x01}, "malformed.end_expected", false},
};

TEST(ValidatorTest, InstructionForms) {
  for (const Case& c : kCases) {
    EXPECT_EQ(Verdict(WithCode(c.code)), c.expected) << c.what;
  }
}

TEST(ValidatorTest, InstructionFormsInDeadCode) {
  for (const Case& c : kCases) {
    if (!c.also_dead) continue;
    Bytes code = {0x00};
    code.insert(code.end(), c.code.begin(), c.code.end());
    EXPECT_EQ(Verdict(WithCode(code)), c.expected) << c.what;
    if (!c.also_in_loop) continue;
    code.insert(code.begin(), {0x03, 0x40});
    code.push_back(0x0b);
    EXPECT_EQ(Verdict(WithCode(code)), c.expected) << c.what;
  }
}

// Polymorphic operands: only dead code may have them.
TEST(ValidatorTest, PolymorphicOperands) {
  struct {
    const char* what;
    Bytes code;
    std::string expected;
  } const cases[] = {
      {"drop of nothing", {0x00, 0x1a}, kFine},
      {"add of nothing", {0x00, 0x6a, 0x1a}, kFine},
      {"add of one", {0x00, 0x41, 0, 0x6a, 0x1a}, kFine},
      {"add of another type", {0x00, 0x42, 0, 0x6a, 0x1a}, kMismatch},
      {"select of nothing", {0x00, 0x1b, 0x1a}, kFine},
      {"select of one", {0x00, 0x42, 0, 0x41, 0, 0x1b, 0x83, 0x1a}, kFine},
      {"select of a reference",
       {0x00, 0xd0, 0x70, 0x41, 0, 0x1b, 0x1a},
       kMismatch},
      {"ref.is_null of nothing", {0x00, 0xd1, 0x1a}, kFine},
      {"br_if of nothing", {0x02, 0x7f, 0x00, 0x0d, 0, 0x0b, 0x1a}, kFine},
      {"br_if leaves its label's types",
       {0x02, 0x7f, 0x00, 0x0d, 0, 0x42, 0, 0x7c, 0x0b, 0x1a},
       kMismatch},
      {"br_table to labels of different types",
       {0x02, 0x7f, 0x02, 0x7e, 0x00, 0x0e, 1, 0, 1, 0x0b, 0x1a, 0x41, 0, 0x0b,
        0x1a},
       kFine},
      {"br_table to labels of different arity",
       {0x02, 0x7f, 0x02, 0x40, 0x00, 0x0e, 1, 0, 1, 0x0b, 0x41, 0, 0x0b, 0x1a},
       kMismatch},
      {"a block in dead code is not polymorphic",
       {0x00, 0x02, 0x40, 0x1a, 0x0b},
       kMismatch},
      {"a block's results are there afterwards",
       {0x02, 0x7f, 0x00, 0x0b, 0x1a},
       kFine},
      {"a block's results have their type",
       {0x02, 0x7f, 0x00, 0x0b, 0x50, 0x1a},
       kMismatch},
      {"both arms dead",
       {0x41, 0, 0x04, 0x7f, 0x00, 0x05, 0x00, 0x0b, 0x1a},
       kFine},
      {"dead, then too many results",
       {0x02, 0x40, 0x00, 0x41, 0, 0x0b},
       kMismatch},
      {"behind return", {0x0f, 0x6a, 0x1a}, kFine},
      {"behind br", {0x0c, 0, 0x6a, 0x1a}, kFine},
      {"behind br_table", {0x41, 0, 0x0e, 0, 0, 0x6a, 0x1a}, kFine},
      {"behind return_call", {0x41, 0, 0x12, 0, 0x6a, 0x1a}, kFine},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Verdict(WithCode(c.code)), c.expected) << c.what;
  }
}

// Bodies that end too early, wherever that is.
TEST(ValidatorTest, TruncatedBodies) {
  const Bytes whole = {
      2,    1,    0x7e, 2,    0x7f,              // locals
      0x02, 0x7f, 0x20, 0,    0x41, 0xff, 0x01,  // block, get, const
      0x6a, 0x28, 0x02, 0x80, 0x01,              // add, load
      0x20, 0,    0x0e, 2,    0,    0,    0,     // br_table
      0x00, 0x0b, 0x1a,                          // unreachable, end, drop
      0x44, 1,    2,    3,    4,    5,    6,
      7,    8,    0x1a, 0xfc, 0x09, 0x00, 0x0b};
  ASSERT_EQ(Verdict(WithBody(whole)), kFine);
  for (size_t size = 1; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<int>(size));
    EXPECT_THAT(
        Verdict(WithBody(cut)),
        ::testing::AnyOf(kUnexpectedEnd, "malformed.length_out_of_bounds"))
        << size;
  }
}

TEST(ValidatorTest, LocalDeclarations) {
  const auto locals = [](Bytes body) {
    body.push_back(0x0b);
    return Verdict(WithBody(body));
  };
  EXPECT_EQ(locals({0}), kFine);
  EXPECT_EQ(locals({0x80, 0x80, 0x80, 0x80, 0x00}), kFine);
  EXPECT_EQ(locals({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), kTooLong);
  EXPECT_EQ(locals({2, 0, 0x7f, 1, 0x70}), kFine);
  EXPECT_EQ(locals({1, 1, 0x7b}), "malformed.value_type");
  EXPECT_EQ(locals({1, 1, 0xff, 0x7f}), kTooLong);
  EXPECT_EQ(locals({1, 1, 0x40}), "malformed.value_type");
  EXPECT_EQ(locals({1, 0xd1, 0x86, 0x03, 0x7f}), "limit.locals");
  EXPECT_EQ(locals({2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 1, 0x7f}),
            "malformed.too_many_locals");
  EXPECT_EQ(locals({0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0x7f}), kUnexpectedEnd);
}

// The same function without and with a feature.
TEST(ValidatorTest, FeaturesInBodies) {
  const auto without = [](Feature feature, const Bytes& code) {
    ModuleBuilder m;
    m.AddType({}, {});
    m.AddType({kI32}, {kI32});
    m.Table(kFuncRef, {1, {}});
    m.Memory({1, {}});
    Bytes body = {0};
    body.insert(body.end(), code.begin(), code.end());
    body.push_back(0x0b);
    m.RawBody(0, body);
    const Bytes bytes = m.Build();
    EXPECT_EQ(CompiledModule(bytes).error(), kFine);
    return CompiledModule(bytes, Features::All().Without(feature)).error();
  };
  const Bytes block_index = {0x41, 0, 0x02, 1, 0x0b, 0x1a};
  EXPECT_EQ(without(Feature::kMultiValue, block_index), kUnsupported);
  const Bytes dead_index = {0x00, 0x02, 1, 0x0b, 0x1a};
  EXPECT_EQ(without(Feature::kMultiValue, dead_index), kUnsupported);
  const Bytes float_block = {0x02, 0x7c, 0x00, 0x0b, 0x1a};
  EXPECT_EQ(without(Feature::kFloats, float_block), kUnsupported);
  const Bytes float_select = {0x00, 0x1c, 1, 0x7c, 0x1a};
  EXPECT_EQ(without(Feature::kFloats, float_select), kUnsupported);
  const Bytes reference_block = {0x02, 0x70, 0x00, 0x0b, 0x1a};
  EXPECT_EQ(without(Feature::kReferenceTypes, reference_block), kUnsupported);
  const Bytes extend = {0x00, 0xc0, 0x1a};
  EXPECT_EQ(without(Feature::kSignExtension, extend), kUnsupported);
  const Bytes live_extend = {0x41, 0, 0xc0, 0x1a};
  EXPECT_EQ(without(Feature::kSignExtension, live_extend), kUnsupported);
}

TEST(ValidatorTest, FeaturesOfLocals) {
  ModuleBuilder m;
  m.RawBody(m.Type({}, {}), Bytes{1, 1, 0x7d, 0x0b});
  EXPECT_EQ(CompiledModule(m.Build()).error(), kFine);
  EXPECT_EQ(CompiledModule(m.Build(), Features::All().Without(Feature::kFloats))
                .error(),
            kUnsupported);
  ModuleBuilder r;
  r.RawBody(r.Type({}, {}), Bytes{1, 1, 0x6f, 0x0b});
  EXPECT_EQ(CompiledModule(r.Build(),
                           Features::All().Without(Feature::kReferenceTypes))
                .error(),
            kUnsupported);
}

// Every invalid body is reported, with the offset of what is wrong.
TEST(ValidatorTest, AllViolationsAtOnce) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {kI32});
  m.Func(type, {}, Code().I32(1).End());
  m.Func(type, {}, Code().Op(Op::kNop).I64(1).End());
  m.Func(type, {}, Code().Op(Op::kI32Add).End());
  m.Func(type, {}, Code().I32(1).End());
  m.Func(type, {}, Code().Get(3).End());
  const CompiledModule compiled(m.Build());
  const auto& list = compiled.violations().list();
  ASSERT_EQ(list.size(), 3u);
  const auto& bodies = compiled.module().bodies;
  const auto offset_in = [&](int violation, int body) {
    return list[violation].offset -
           compiled.module().offset_of(bodies[body].begin);
  };
  EXPECT_EQ(list[0].message,
            "type mismatch: expected i32, found i64 (function 1)");
  EXPECT_EQ(offset_in(0, 1), 4u);  // its end
  EXPECT_EQ(list[1].code, wasm::ViolationCode::kTypeMismatch);
  EXPECT_EQ(offset_in(1, 2), 1u);
  EXPECT_EQ(list[2].message, "unknown local 3 (function 4)");
  EXPECT_EQ(offset_in(2, 4), 1u);
}

TEST(ValidatorTest, NoMoreViolationsThanTheMost) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {kI32});
  for (int i = 0; i < 100; ++i) m.Func(type, {}, Code().End());
  const CompiledModule compiled(m.Build());
  EXPECT_EQ(compiled.violations().list().size(), wasm::Violations::kMax);
}

TEST(ValidatorTest, NestingLimitInLiveAndDeadCode) {
  base::Limits limits = base::kRelaxedLimits;
  limits.nesting_max = 3;
  const auto nested = [&](int live, int dead) {
    Code code;
    for (int i = 0; i < live; ++i) code.Block();
    code.Op(Op::kUnreachable);
    for (int i = 0; i < dead; ++i) code.Loop();
    for (int i = 0; i < live + dead; ++i) code.End();
    ModuleBuilder m;
    m.Func(m.Type({}, {}), {}, code.End());
    return CompiledModule(m.Build(), Features::All(), limits).error();
  };
  EXPECT_EQ(nested(3, 0), kFine);
  EXPECT_EQ(nested(4, 0), "limit.nesting");
  EXPECT_EQ(nested(0, 3), kFine);
  EXPECT_EQ(nested(0, 4), "limit.nesting");
  EXPECT_EQ(nested(2, 1), kFine);
  EXPECT_EQ(nested(2, 2), "limit.nesting");
}

// H counts reachable code only: the rule of the stack.
TEST(ValidatorTest, FrameLimitCountsReachableOperands) {
  base::Limits limits = base::kRelaxedLimits;
  limits.frame_slots_max = 10;
  const auto verdict = [&](Code code) {
    ModuleBuilder m;
    m.Func(m.Type({kI32}, {}), {kF64, kF64}, code.End());
    return CompiledModule(m.Build(), Features::All(), limits).error();
  };
  const auto operands = [](int n, Code code) {
    for (int i = 0; i < n; ++i) code.Get(0);
    for (int i = 0; i < n; ++i) code.Op(Op::kDrop);
    return code;
  };
  // 1 parameter + 2 links + 2 locals leave 5.
  EXPECT_EQ(verdict(operands(5, Code())), kFine);
  EXPECT_EQ(verdict(operands(6, Code())), "limit.frame_slots");
  EXPECT_EQ(verdict(operands(6, Code().Op(Op::kUnreachable))), kFine);
}

}  // namespace
}  // namespace ashlar::compile
