// Edges of the numeric and memory instructions (spec 2.0, 4.3 and 4.4.7), as
// bits, in every form in which the translator can ask for them: operands in
// slots, in the accumulator, as constants; comparisons also as branches.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/compile/test_machine.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/trap.h"
#include "engine/wasm/opcode.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::interp {
namespace {

using testing::Code;
using testing::CompiledModule;
using testing::Ending;
using testing::ExternKind;
using testing::Machine;
using testing::ModuleBuilder;
using testing::Op;
using testing::Returned;
using testing::Trapped;
using testing::ValType;

constexpr ValType kI32 = ValType::kI32;

const wasm::OpcodeInfo& InfoOf(Op op) {
  const auto code = static_cast<uint16_t>(op);
  return wasm::InfoOf(code > 0xff
                          ? wasm::OpcodeOfPrefixed(code & 0xff)
                          : wasm::OpcodeOfByte(static_cast<uint8_t>(code)));
}

bool IsFloat(ValType type) {
  return type == ValType::kF32 || type == ValType::kF64;
}

void EmitConst(ValType type, uint64_t bits, Code* code) {
  switch (type) {
    case ValType::kI32:
      code->I32(static_cast<int32_t>(bits));
      break;
    case ValType::kI64:
      code->I64(static_cast<int64_t>(bits));
      break;
    case ValType::kF32:
      code->F32(static_cast<uint32_t>(bits));
      break;
    default:
      code->F64(bits);
  }
}

// Where an operand stands when its instruction runs. kAccumulator: the
// instruction before made it.
enum class Form { kSlot, kConstant, kAccumulator };

void EmitOperand(Form form, ValType type, uint32_t local, uint64_t bits,
                 Code* code) {
  if (form == Form::kConstant) {
    EmitConst(type, bits, code);
    return;
  }
  code->Get(local);
  if (form == Form::kSlot) return;
  if (IsFloat(type)) {  // its own sign: the same bits, also of a NaN
    code->Get(local);
    code->Op(type == ValType::kF32 ? Op::kF32Copysign : Op::kF64Copysign);
    return;
  }
  EmitConst(type, 0, code);
  code->Op(type == kI32 ? Op::kI32Or : Op::kI64Or);
}

// The instruction with all its operands in `forms`; then `rest`.
Code Instruction(Op op, absl::Span<const Form> forms,
                 absl::Span<const uint64_t> operands, const Code& rest) {
  const wasm::OpcodeInfo& info = InfoOf(op);
  Code code;
  for (uint32_t i = 0; i < info.param_count; ++i) {
    EmitOperand(forms[i], info.param[i], i, operands[i], &code);
  }
  return code.Op(op).Raw(rest.bytes());
}

std::vector<std::vector<Form>> FormsOf(const wasm::OpcodeInfo& info) {
  std::vector<std::vector<Form>> all = {{}};
  for (uint32_t i = 0; i < info.param_count; ++i) {
    std::vector<std::vector<Form>> longer;
    for (const auto& forms : all) {
      for (Form f : {Form::kSlot, Form::kConstant, Form::kAccumulator}) {
        longer.push_back(forms);
        longer.back().push_back(f);
      }
    }
    all = longer;
  }
  return all;
}

// Runs the instruction in all forms and expects one ending.
void Check(Op op, const std::vector<uint64_t>& operands, const Ending& want) {
  const wasm::OpcodeInfo& info = InfoOf(op);
  ASSERT_EQ(info.param_count, operands.size()) << info.text;
  ModuleBuilder m;
  const std::vector<ValType> params(info.params().begin(), info.params().end());
  const uint32_t type = m.Type(params, {info.result[0]});
  std::vector<std::string> names;
  const auto add = [&](const std::string& name, const Code& code) {
    const uint32_t f = m.Func(type, {info.result[0]}, code);
    m.Export(name, ExternKind::kFunc, f);
    names.push_back(name);
  };
  int number = 0;
  for (const auto& forms : FormsOf(info)) {
    const std::string form = absl::StrCat("form ", number++);
    add(form, Instruction(op, forms, operands, Code().End()));
    const auto local = static_cast<uint32_t>(params.size());
    add(form + ", set",
        Instruction(op, forms, operands, Code().Set(local).Get(local).End()));
    if (info.result[0] != kI32) continue;
    // The condition of a branch, and of one the other way round.
    add(form + ", if",
        Instruction(op, forms, operands,
                    Code().If(kI32).I32(1).Else().I32(0).End().End()));
    Code block;
    block.Block();
    add(form + ", br_if", block.Raw(Instruction(op, forms, operands,
                                                Code()
                                                    .Op(Op::kI32Eqz)
                                                    .BrIf(0)
                                                    .I32(1)
                                                    .Return()
                                                    .End()
                                                    .I32(0)
                                                    .End())
                                        .bytes()));
  }
  const CompiledModule module(m.Build());
  ASSERT_TRUE(module.ok()) << info.text << ": " << module.error();
  Machine machine(1000);
  Instance* instance = machine.Instantiate(module);
  for (const std::string& name : names) {
    Ending expected = want;
    const bool is_truth = name.find(", if") != std::string::npos ||
                          name.find(", br_if") != std::string::npos;
    if (is_truth && want.exit == Exit::kDone) {
      expected = Returned({want.results[0] != 0});
    }
    EXPECT_EQ(machine.Call(instance, name, operands), expected)
        << absl::StrCat(info.text, " 0x", absl::Hex(operands[0]), " 0x",
                        absl::Hex(operands.back()), " in ", name);
  }
}

struct Binary {
  Op op;
  uint64_t x;
  uint64_t y;
  uint64_t want;
};
struct Unary {
  Op op;
  uint64_t x;
  uint64_t want;
};
struct UnaryTrap {
  Op op;
  uint64_t x;
  Trap want;
};

void CheckAll(absl::Span<const Binary> rows) {
  for (const Binary& r : rows) Check(r.op, {r.x, r.y}, Returned({r.want}));
}
void CheckAll(absl::Span<const Unary> rows) {
  for (const Unary& r : rows) Check(r.op, {r.x}, Returned({r.want}));
}
void CheckAll(absl::Span<const UnaryTrap> rows) {
  for (const UnaryTrap& r : rows) Check(r.op, {r.x}, Trapped(r.want));
}

constexpr uint64_t kMin32 = 0x80000000;
constexpr uint64_t kMax32 = 0x7fffffff;
constexpr uint64_t kAll32 = 0xffffffff;
constexpr uint64_t kMin64 = 0x8000000000000000;
constexpr uint64_t kMax64 = 0x7fffffffffffffff;
constexpr uint64_t kAll64 = 0xffffffffffffffff;

// ------------------------------------------------------------------ integers

TEST(IntegerTest, DivisionTraps) {
  for (Op op : {Op::kI32DivS, Op::kI32DivU, Op::kI32RemS, Op::kI32RemU,
                Op::kI64DivS, Op::kI64DivU, Op::kI64RemS, Op::kI64RemU}) {
    for (uint64_t x : {0, 1, 7}) {
      Check(op, {x, 0}, Trapped(Trap::kIntegerDivideByZero));
    }
  }
  Check(Op::kI32DivS, {kMin32, 0}, Trapped(Trap::kIntegerDivideByZero));
  Check(Op::kI64DivS, {kMin64, 0}, Trapped(Trap::kIntegerDivideByZero));
  Check(Op::kI32DivS, {kMin32, kAll32}, Trapped(Trap::kIntegerOverflow));
  Check(Op::kI64DivS, {kMin64, kAll64}, Trapped(Trap::kIntegerOverflow));
}

TEST(IntegerTest, Division) {
  CheckAll(std::vector<Binary>{
      {Op::kI32DivS, 7, 2, 3},
      {Op::kI32DivS, uint32_t(-7), 2, uint32_t(-3)},
      {Op::kI32DivS, 7, uint32_t(-2), uint32_t(-3)},
      {Op::kI32DivS, kMin32, 1, kMin32},
      {Op::kI32DivS, kMin32, 2, 0xc0000000},
      {Op::kI32DivS, kMin32, kMin32, 1},
      {Op::kI32DivS, 0, kAll32, 0},
      {Op::kI32DivS, kMax32, kAll32, 0x80000001},
      {Op::kI32DivS, 1, kMin32, 0},
      {Op::kI32DivU, kMin32, kAll32, 0},
      {Op::kI32DivU, kAll32, kAll32, 1},
      {Op::kI32DivU, uint32_t(-7), 2, 0x7ffffffc},
      {Op::kI32RemS, kMin32, kAll32, 0},
      {Op::kI32RemS, uint32_t(-7), 2, kAll32},
      {Op::kI32RemS, 7, uint32_t(-2), 1},
      {Op::kI32RemS, kMin32, kMax32, kAll32},
      {Op::kI32RemU, kMin32, kAll32, kMin32},
      {Op::kI32RemU, uint32_t(-7), 5, 4},
      {Op::kI64DivS, uint64_t(-7), 2, uint64_t(-3)},
      {Op::kI64DivS, kMin64, 1, kMin64},
      {Op::kI64DivS, kMin64, kMin64, 1},
      {Op::kI64DivS, kMax64, kAll64, kMin64 + 1},
      {Op::kI64DivS, kMin32, kAll64, uint64_t(-0x80000000LL)},
      {Op::kI64DivU, kMin64, kAll64, 0},
      {Op::kI64DivU, kAll64, 2, kMax64},
      {Op::kI64RemS, kMin64, kAll64, 0},
      {Op::kI64RemS, uint64_t(-7), 2, kAll64},
      {Op::kI64RemS, 7, uint64_t(-2), 1},
      {Op::kI64RemU, kMin64, kAll64, kMin64},
      {Op::kI64RemU, kAll64, 10, 5}});
}

TEST(IntegerTest, Arithmetic) {
  CheckAll(std::vector<Binary>{
      {Op::kI32Add, kAll32, 1, 0},
      {Op::kI32Add, kMax32, 1, kMin32},
      {Op::kI32Add, kMin32, kMin32, 0},
      {Op::kI32Sub, 0, 1, kAll32},
      {Op::kI32Sub, kMin32, 1, kMax32},
      {Op::kI32Sub, 5, kMin32, 0x80000005},
      {Op::kI32Sub, kMin32, kMin32, 0},
      {Op::kI32Sub, 5, kMax32, 0x80000006},
      {Op::kI32Sub, 5, 0x80000001, 0x80000004},
      {Op::kI32Mul, kAll32, kAll32, 1},
      {Op::kI32Mul, 0x10000, 0x10000, 0},
      {Op::kI64Add, kAll64, 1, 0},
      {Op::kI64Add, 5, kMin32, 0x80000005},
      {Op::kI64Add, 5, kMax32, 0x80000004},
      {Op::kI64Add, 5, uint64_t(-0x80000000LL), uint64_t(-0x7ffffffbLL)},
      {Op::kI64Add, 5, uint64_t(-0x80000001LL), uint64_t(-0x7ffffffcLL)},
      {Op::kI64Sub, 0, 1, kAll64},
      {Op::kI64Sub, 5, kMin32, uint64_t(-0x7ffffffbLL)},
      {Op::kI64Sub, 5, kMax32, uint64_t(-0x7ffffffaLL)},
      {Op::kI64Sub, 5, uint64_t(-0x80000000LL), 0x80000005},
      {Op::kI64Sub, 5, uint64_t(-0x80000001LL), 0x80000006},
      {Op::kI64Sub, kMin64, 1, kMax64},
      {Op::kI64Sub, 0, kMin64, kMin64},
      {Op::kI64Mul, kAll32, kAll32, 0xfffffffe00000001},
      {Op::kI64Mul, kMin64, 2, 0},
      {Op::kI64And, kAll64, kAll32, kAll32},
      {Op::kI64And, 0x123456789abcdef0, kAll32, 0x9abcdef0},
      {Op::kI64And, 0x123456789abcdef0, kAll64, 0x123456789abcdef0},
      {Op::kI64And, kAll32, 0x123456789abcdef0, 0x9abcdef0},
      {Op::kI64And, kAll64, kMin32, kMin32},
      {Op::kI64Or, kMin64, kAll32, 0x80000000ffffffff},
      {Op::kI64Xor, kAll64, kAll32, 0xffffffff00000000},
      {Op::kI32And, kAll32, kMin32, kMin32},
      {Op::kI32Or, 0, kAll32, kAll32},
      {Op::kI32Xor, kAll32, kAll32, 0}});
}

TEST(IntegerTest, ShiftsTakeTheirCountModuloTheWidth) {
  CheckAll(std::vector<Binary>{
      {Op::kI32Shl, 1, 31, kMin32},
      {Op::kI32Shl, 1, 32, 1},
      {Op::kI32Shl, 1, 33, 2},
      {Op::kI32Shl, 1, kAll32, kMin32},
      {Op::kI32Shl, 3, kMin32, 3},
      {Op::kI32ShrS, kMin32, 31, kAll32},
      {Op::kI32ShrS, kMin32, 32, kMin32},
      {Op::kI32ShrS, kMin32, 63, kAll32},
      {Op::kI32ShrS, kMax32, kAll32, 0},
      {Op::kI32ShrU, kMin32, 31, 1},
      {Op::kI32ShrU, kMin32, 32, kMin32},
      {Op::kI32ShrU, kAll32, 33, kMax32},
      {Op::kI64Shl, 1, 63, kMin64},
      {Op::kI64Shl, 1, 64, 1},
      {Op::kI64Shl, 1, 65, 2},
      {Op::kI64Shl, 1, kAll64, kMin64},
      {Op::kI64Shl, 1, uint64_t{1} << 32, 1},
      {Op::kI64ShrS, kMin64, 63, kAll64},
      {Op::kI64ShrS, kMin64, 64, kMin64},
      {Op::kI64ShrS, kMin64, 32, 0xffffffff80000000},
      {Op::kI64ShrU, kMin64, 63, 1},
      {Op::kI64ShrU, kMin64, 64, kMin64},
      {Op::kI64ShrU, kAll64, kMin64 + 1, kMax64},
      {Op::kI32Rotl, 0x80000001, 0, 0x80000001},
      {Op::kI32Rotl, 0x80000001, 1, 3},
      {Op::kI32Rotl, 0x80000001, 31, 0xc0000000},
      {Op::kI32Rotl, 0x80000001, 32, 0x80000001},
      {Op::kI32Rotl, 0xabcd9876, 33, 0x579b30ed},
      {Op::kI32Rotl, 0x80000001, kAll32, 0xc0000000},
      {Op::kI32Rotr, 0x80000001, 0, 0x80000001},
      {Op::kI32Rotr, 0x80000001, 1, 0xc0000000},
      {Op::kI32Rotr, 0x80000001, 32, 0x80000001},
      {Op::kI32Rotr, 0x80000001, kAll32, 3},
      {Op::kI64Rotl, kMin64 + 1, 0, kMin64 + 1},
      {Op::kI64Rotl, kMin64 + 1, 1, 3},
      {Op::kI64Rotl, kMin64 + 1, 64, kMin64 + 1},
      {Op::kI64Rotl, kMin64 + 1, kAll64, 0xc000000000000000},
      {Op::kI64Rotl, 0x0123456789abcdef, 32, 0x89abcdef01234567},
      {Op::kI64Rotr, kMin64 + 1, 1, 0xc000000000000000},
      {Op::kI64Rotr, kMin64 + 1, 64, kMin64 + 1},
      {Op::kI64Rotr, 0x0123456789abcdef, 36, 0x789abcdef0123456}});
}

TEST(IntegerTest, CountsAndExtensions) {
  CheckAll(std::vector<Unary>{{Op::kI32Clz, 0, 32},
                              {Op::kI32Clz, 1, 31},
                              {Op::kI32Clz, kAll32, 0},
                              {Op::kI32Ctz, 0, 32},
                              {Op::kI32Ctz, kMin32, 31},
                              {Op::kI32Ctz, kAll32, 0},
                              {Op::kI32Popcnt, 0, 0},
                              {Op::kI32Popcnt, kAll32, 32},
                              {Op::kI64Clz, 0, 64},
                              {Op::kI64Clz, 1, 63},
                              {Op::kI64Clz, kMin64, 0},
                              {Op::kI64Clz, kAll32, 32},
                              {Op::kI64Ctz, 0, 64},
                              {Op::kI64Ctz, kMin64, 63},
                              {Op::kI64Ctz, uint64_t{1} << 32, 32},
                              {Op::kI64Popcnt, kAll64, 64},
                              {Op::kI64Popcnt, 0, 0},
                              {Op::kI32Eqz, 0, 1},
                              {Op::kI32Eqz, kMin32, 0},
                              {Op::kI64Eqz, 0, 1},
                              {Op::kI64Eqz, uint64_t{1} << 32, 0},
                              {Op::kI64Eqz, kMin64, 0},
                              {Op::kI32WrapI64, 0x123456789abcdef0, 0x9abcdef0},
                              {Op::kI32WrapI64, uint64_t{1} << 32, 0},
                              {Op::kI64ExtendI32S, kMin32, 0xffffffff80000000},
                              {Op::kI64ExtendI32S, kMax32, kMax32},
                              {Op::kI64ExtendI32U, kAll32, kAll32},
                              {Op::kI32Extend8S, 0x7f, 0x7f},
                              {Op::kI32Extend8S, 0x180, 0xffffff80},
                              {Op::kI32Extend8S, 0xffffff00, 0},
                              {Op::kI32Extend16S, 0x7fff, 0x7fff},
                              {Op::kI32Extend16S, 0x18000, 0xffff8000},
                              {Op::kI64Extend8S, 0x80, 0xffffffffffffff80},
                              {Op::kI64Extend16S, 0x8000, 0xffffffffffff8000},
                              {Op::kI64Extend32S, kMin32, 0xffffffff80000000},
                              {Op::kI64Extend32S, 0xff00000000000001, 1}});
}

// The i32 that compares to others as the i64 does.
uint64_t Narrow(uint64_t v) {
  if (v == kMin64) return kMin32;
  if (v == kMax64) return kMax32;
  return v & kAll32;
}

TEST(IntegerTest, Comparisons) {
  // In the order of opcodes.def: eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u.
  struct {
    uint64_t x;
    uint64_t y;
    int want[10];
  } const rows[] = {{0, 0, {1, 0, 0, 0, 0, 0, 1, 1, 1, 1}},
                    {0, 1, {0, 1, 1, 1, 0, 0, 1, 1, 0, 0}},
                    {1, 0, {0, 1, 0, 0, 1, 1, 0, 0, 1, 1}},
                    {kAll64, kAll64, {1, 0, 0, 0, 0, 0, 1, 1, 1, 1}},
                    {kAll64, 0, {0, 1, 1, 0, 0, 1, 1, 0, 0, 1}},
                    {0, kAll64, {0, 1, 0, 1, 1, 0, 0, 1, 1, 0}},
                    {kMin64, kMax64, {0, 1, 1, 0, 0, 1, 1, 0, 0, 1}},
                    {kMax64, kMin64, {0, 1, 0, 1, 1, 0, 0, 1, 1, 0}},
                    {kAll64, 40000, {0, 1, 1, 0, 0, 1, 1, 0, 0, 1}},
                    {40000, uint64_t(-40000), {0, 1, 0, 1, 1, 0, 0, 1, 1, 0}}};
  for (const auto& row : rows) {
    for (int i = 0; i < 10; ++i) {
      const auto want = static_cast<uint64_t>(row.want[i]);
      const auto op64 = static_cast<Op>(static_cast<int>(Op::kI64Eq) + i);
      Check(op64, {row.x, row.y}, Returned({want}));
      const auto op32 = static_cast<Op>(static_cast<int>(Op::kI32Eq) + i);
      Check(op32, {Narrow(row.x), Narrow(row.y)}, Returned({want}));
    }
  }
  // What differs in the upper half only.
  Check(Op::kI64Eq, {uint64_t{1} << 32, 0}, Returned({0}));
  Check(Op::kI64LtU, {kAll32, uint64_t{1} << 32}, Returned({1}));
  Check(Op::kI64GtS, {kAll32, uint64_t(-1)}, Returned({1}));
}

// -------------------------------------------------------------------- floats

constexpr uint64_t kNan32 = 0x7fc00000;
constexpr uint64_t kNan64 = 0x7ff8000000000000;
constexpr uint64_t kInf32 = 0x7f800000;
constexpr uint64_t kInf64 = 0x7ff0000000000000;
constexpr uint64_t kOne32 = 0x3f800000;
constexpr uint64_t kOne64 = 0x3ff0000000000000;
constexpr uint64_t kZero = 0;
constexpr uint64_t kSign32 = kMin32;
constexpr uint64_t kSign64 = kMin64;

// Quiet and signalling ones, with payloads and signs.
constexpr uint64_t kNans32[] = {0x7fc00000, 0xffc00000, 0x7fc12345, 0xffffffff,
                                0x7f800001, 0xff800001, 0x7fbfffff};
constexpr uint64_t kNans64[] = {0x7ff8000000000000, 0xfff8000000000000,
                                0x7ff8000123456789, 0xffffffffffffffff,
                                0x7ff0000000000001, 0xfff0000000000001,
                                0x7ff7ffffffffffff};

// The profile's float rule: thirteen operations make one NaN only.
TEST(FloatTest, ArithmeticCanonicalisesNans) {
  for (uint64_t nan : kNans32) {
    for (Op op : {Op::kF32Add, Op::kF32Sub, Op::kF32Mul, Op::kF32Div,
                  Op::kF32Min, Op::kF32Max}) {
      for (uint64_t other : {kZero, kOne32, kInf32, kSign32 | kInf32, nan,
                             uint64_t{0x7fc54321}}) {
        Check(op, {nan, other}, Returned({kNan32}));
        Check(op, {other, nan}, Returned({kNan32}));
      }
    }
    for (Op op : {Op::kF32Sqrt, Op::kF32Ceil, Op::kF32Floor, Op::kF32Trunc,
                  Op::kF32Nearest}) {
      Check(op, {nan}, Returned({kNan32}));
    }
    Check(Op::kF64PromoteF32, {nan}, Returned({kNan64}));
  }
  for (uint64_t nan : kNans64) {
    for (Op op : {Op::kF64Add, Op::kF64Sub, Op::kF64Mul, Op::kF64Div,
                  Op::kF64Min, Op::kF64Max}) {
      for (uint64_t other : {kZero, kOne64, kInf64, kSign64 | kInf64, nan,
                             uint64_t{0x7ff8000000054321}}) {
        Check(op, {nan, other}, Returned({kNan64}));
        Check(op, {other, nan}, Returned({kNan64}));
      }
    }
    for (Op op : {Op::kF64Sqrt, Op::kF64Ceil, Op::kF64Floor, Op::kF64Trunc,
                  Op::kF64Nearest}) {
      Check(op, {nan}, Returned({kNan64}));
    }
    Check(Op::kF32DemoteF64, {nan}, Returned({kNan32}));
  }
}

// NaNs out of numbers: x86 makes negative ones, other processors do not.
TEST(FloatTest, NewNansAreCanonical) {
  CheckAll(std::vector<Binary>{{Op::kF32Div, 0, 0, kNan32},
                               {Op::kF32Div, kInf32, kInf32, kNan32},
                               {Op::kF32Sub, kInf32, kInf32, kNan32},
                               {Op::kF32Add, kInf32, kInf32 | kSign32, kNan32},
                               {Op::kF32Mul, 0, kInf32, kNan32},
                               {Op::kF64Div, 0, 0, kNan64},
                               {Op::kF64Div, kInf64, kInf64, kNan64},
                               {Op::kF64Sub, kInf64, kInf64, kNan64},
                               {Op::kF64Add, kInf64, kInf64 | kSign64, kNan64},
                               {Op::kF64Mul, kInf64, 0, kNan64}});
  Check(Op::kF32Sqrt, {kOne32 | kSign32}, Returned({kNan32}));
  Check(Op::kF64Sqrt, {kOne64 | kSign64}, Returned({kNan64}));
  Check(Op::kF32Sqrt, {kSign32}, Returned({kSign32}));
  Check(Op::kF64Sqrt, {kSign64}, Returned({kSign64}));
}

TEST(FloatTest, SignOperationsKeepPayloads) {
  for (uint64_t nan : kNans32) {
    Check(Op::kF32Abs, {nan}, Returned({nan & ~kSign32}));
    Check(Op::kF32Neg, {nan}, Returned({nan ^ kSign32}));
    Check(Op::kF32Copysign, {nan, kSign32}, Returned({nan | kSign32}));
    Check(Op::kF32Copysign, {nan, kOne32}, Returned({nan & ~kSign32}));
    Check(Op::kF32Copysign, {kOne32, nan},
          Returned({kOne32 | (nan & kSign32)}));
    Check(Op::kI32ReinterpretF32, {nan}, Returned({nan}));
    Check(Op::kF32ReinterpretI32, {nan}, Returned({nan}));
  }
  for (uint64_t nan : kNans64) {
    Check(Op::kF64Abs, {nan}, Returned({nan & ~kSign64}));
    Check(Op::kF64Neg, {nan}, Returned({nan ^ kSign64}));
    Check(Op::kF64Copysign, {nan, kSign64}, Returned({nan | kSign64}));
    Check(Op::kF64Copysign, {nan, kOne64}, Returned({nan & ~kSign64}));
    Check(Op::kF64Copysign, {kOne64, nan},
          Returned({kOne64 | (nan & kSign64)}));
    Check(Op::kI64ReinterpretF64, {nan}, Returned({nan}));
    Check(Op::kF64ReinterpretI64, {nan}, Returned({nan}));
  }
  Check(Op::kF32Neg, {0}, Returned({kSign32}));
  Check(Op::kF64Abs, {kSign64}, Returned({0}));
}

// Constants, locals, globals, memory, select, calls keep every bit.
TEST(FloatTest, MovesKeepBits) {
  for (const bool wide : {false, true}) {
    const ValType type = wide ? ValType::kF64 : ValType::kF32;
    for (uint64_t nan : wide ? kNans64 : kNans32) {
      ModuleBuilder m;
      const uint32_t f = m.Type({type}, {type});
      m.Memory({1, {}});
      Code init;
      EmitConst(type, 0, &init);
      m.Global(type, true, init.End());
      Code zero;
      EmitConst(type, 0, &zero);
      Code code;
      code.I32(8).Get(0).Mem(wide ? Op::kF64Store : Op::kF32Store, 2, 0);
      code.I32(8).Mem(wide ? Op::kF64Load : Op::kF32Load, 2, 0);
      code.Op(Op::kGlobalSet, 0).Op(Op::kGlobalGet, 0).Tee(1);
      code.Raw(zero.bytes()).I32(1).Op(Op::kSelect).Call(1).End();
      m.Func(f, {type}, code);
      m.Func(f, {}, Code().Block(type).Get(0).Br(0).End().End());
      Code constant;
      EmitConst(type, nan, &constant);
      m.Func(f, {}, constant.End());
      m.Export("moved", ExternKind::kFunc, 0);
      m.Export("constant", ExternKind::kFunc, 2);
      const CompiledModule module(m.Build());
      ASSERT_TRUE(module.ok()) << module.error();
      Machine machine(100);
      Instance* instance = machine.Instantiate(module);
      EXPECT_EQ(machine.Call(instance, "moved", {nan}), Returned({nan}));
      EXPECT_EQ(machine.Call(instance, "constant", {0}), Returned({nan}));
    }
  }
}

TEST(FloatTest, MinMaxKnowTheSignOfZero) {
  CheckAll(std::vector<Binary>{
      {Op::kF32Min, 0, kSign32, kSign32},
      {Op::kF32Min, kSign32, 0, kSign32},
      {Op::kF32Min, 0, 0, 0},
      {Op::kF32Min, kSign32, kSign32, kSign32},
      {Op::kF32Max, 0, kSign32, 0},
      {Op::kF32Max, kSign32, 0, 0},
      {Op::kF32Max, kSign32, kSign32, kSign32},
      {Op::kF32Min, kOne32, kInf32, kOne32},
      {Op::kF32Max, kOne32, kInf32 | kSign32, kOne32},
      {Op::kF64Min, 0, kSign64, kSign64},
      {Op::kF64Min, kSign64, 0, kSign64},
      {Op::kF64Max, 0, kSign64, 0},
      {Op::kF64Max, kSign64, 0, 0},
      {Op::kF64Max, kSign64, kSign64, kSign64},
      {Op::kF64Min, kInf64 | kSign64, kOne64, kInf64 | kSign64},
      {Op::kF64Max, kInf64, kOne64, kInf64}});
}

TEST(FloatTest, ComparisonsOfNansAndZeros) {
  // eq ne lt gt le ge
  struct {
    uint64_t x32, y32, x64, y64;
    int want[6];
  } const rows[] = {{kNan32, kNan32, kNan64, kNan64, {0, 1, 0, 0, 0, 0}},
                    {kNan32, kOne32, kNan64, kOne64, {0, 1, 0, 0, 0, 0}},
                    {kOne32, kNan32, kOne64, kNan64, {0, 1, 0, 0, 0, 0}},
                    {0, kSign32, 0, kSign64, {1, 0, 0, 0, 1, 1}},
                    {kOne32, kInf32, kOne64, kInf64, {0, 1, 1, 0, 1, 0}},
                    {1, 0, 1, 0, {0, 1, 0, 1, 0, 1}}};  // the least subnormal
  for (const auto& row : rows) {
    for (int i = 0; i < 6; ++i) {
      const auto want = static_cast<uint64_t>(row.want[i]);
      Check(static_cast<Op>(static_cast<int>(Op::kF32Eq) + i),
            {row.x32, row.y32}, Returned({want}));
      Check(static_cast<Op>(static_cast<int>(Op::kF64Eq) + i),
            {row.x64, row.y64}, Returned({want}));
    }
  }
}

TEST(FloatTest, Rounding) {
  CheckAll(std::vector<Unary>{
      {Op::kF32Nearest, 0x3f000000, 0},           // 0.5
      {Op::kF32Nearest, 0xbf000000, kSign32},     // -0.5
      {Op::kF32Nearest, 0x3fc00000, 0x40000000},  // 1.5 -> 2
      {Op::kF32Nearest, 0x40200000, 0x40000000},  // 2.5 -> 2
      {Op::kF32Nearest, 0xc0200000, 0xc0000000},
      {Op::kF32Nearest, 0x3effffff, 0},           // just below 0.5
      {Op::kF32Nearest, 0x3f000001, kOne32},      // just above
      {Op::kF32Nearest, 0x4b000001, 0x4b000001},  // 2^23 + 1
      {Op::kF32Nearest, 0x4affffff, 0x4b000000},  // 2^23 - 0.5
      {Op::kF32Nearest, kInf32, kInf32},
      {Op::kF32Nearest, kSign32, kSign32},
      {Op::kF64Nearest, 0x3fe0000000000000, 0},
      {Op::kF64Nearest, 0xbfe0000000000000, kSign64},
      {Op::kF64Nearest, 0x4004000000000000, 0x4000000000000000},
      {Op::kF64Nearest, 0x400c000000000000, 0x4010000000000000},
      {Op::kF64Nearest, 0x3fdfffffffffffff, 0},
      {Op::kF64Nearest, 0x432fffffffffffff, 0x4330000000000000},
      {Op::kF64Nearest, 0x4330000000000001, 0x4330000000000001},
      {Op::kF32Ceil, 0xbf000000, kSign32},
      {Op::kF32Ceil, 1, kOne32},
      {Op::kF32Floor, 0x3f000000, 0},
      {Op::kF32Floor, 0x80000001, 0xbf800000},
      {Op::kF32Trunc, 0xbf7fffff, kSign32},
      {Op::kF64Ceil, 0xbfe0000000000000, kSign64},
      {Op::kF64Ceil, 1, kOne64},
      {Op::kF64Floor, 0x8000000000000001, 0xbff0000000000000},
      {Op::kF64Trunc, 0xbfefffffffffffff, kSign64},
      {Op::kF64Trunc, 0xfff0000000000000, 0xfff0000000000000}});
}

// No contraction, no extended precision, subnormals kept.
TEST(FloatTest, Arithmetic) {
  CheckAll(std::vector<Binary>{
      {Op::kF32Add, 0x4b800000, kOne32, 0x4b800000},  // 2^24 + 1
      {Op::kF32Add, 1, 1, 2},
      {Op::kF32Sub, 0x00800000, 1, 0x007fffff},
      {Op::kF32Mul, 0x00800000, 0x3f000000, 0x00400000},
      {Op::kF32Mul, 1, 0x3f000000, 0},  // a tie, to even
      {Op::kF32Mul, 3, 0x3f000000, 2},
      {Op::kF32Div, kOne32, 0, kInf32},
      {Op::kF32Div, kOne32, kSign32, kInf32 | kSign32},
      {Op::kF32Div, kOne32, 0x40400000, 0x3eaaaaab},
      {Op::kF32Sub, 0, 0, 0},
      {Op::kF32Sub, kSign32, 0, kSign32},
      {Op::kF32Add, 0x7f7fffff, 0x73000000, kInf32},
      {Op::kF32Add, 0x7f7fffff, 0x72ffffff, 0x7f7fffff},
      {Op::kF64Add, 0x4340000000000000, kOne64, 0x4340000000000000},
      {Op::kF64Mul, 1, 0x3fe0000000000000, 0},
      {Op::kF64Div, kOne64, 0x4008000000000000, 0x3fd5555555555555},
      {Op::kF64Div, kOne64, kSign64, kInf64 | kSign64}});
  Check(Op::kF32Sqrt, {0x40000000}, Returned({0x3fb504f3}));
  Check(Op::kF64Sqrt, {0x4000000000000000}, Returned({0x3ff6a09e667f3bcd}));
}

// --------------------------------------------------------------- conversions

struct Bounds {
  Op trapping;
  Op saturating;
  uint64_t highest;  // the greatest float that fits, and the next one
  uint64_t above;
  uint64_t lowest;
  uint64_t below;
  uint64_t highest_result;
  uint64_t lowest_result;
  uint64_t max;  // of the integer type
  uint64_t min;
  bool is_wide;  // from f64

  uint64_t Pick(uint64_t wide, uint64_t narrow) const {
    return is_wide ? wide : narrow;
  }
};

constexpr Bounds kBounds[] = {
    {Op::kI32TruncF32S, Op::kI32TruncSatF32S, 0x4effffff, 0x4f000000,
     0xcf000000, 0xcf000001, 0x7fffff80, kMin32, kMax32, kMin32, false},
    {Op::kI32TruncF32U, Op::kI32TruncSatF32U, 0x4f7fffff, 0x4f800000,
     0xbf7fffff, 0xbf800000, 0xffffff00, 0, kAll32, 0, false},
    {Op::kI32TruncF64S, Op::kI32TruncSatF64S, 0x41dfffffffffffff,
     0x41e0000000000000, 0xc1e00000001fffff, 0xc1e0000000200000, kMax32, kMin32,
     kMax32, kMin32, true},
    {Op::kI32TruncF64U, Op::kI32TruncSatF64U, 0x41efffffffffffff,
     0x41f0000000000000, 0xbfefffffffffffff, 0xbff0000000000000, kAll32, 0,
     kAll32, 0, true},
    {Op::kI64TruncF32S, Op::kI64TruncSatF32S, 0x5effffff, 0x5f000000,
     0xdf000000, 0xdf000001, 0x7fffff8000000000, kMin64, kMax64, kMin64, false},
    {Op::kI64TruncF32U, Op::kI64TruncSatF32U, 0x5f7fffff, 0x5f800000,
     0xbf7fffff, 0xbf800000, 0xffffff0000000000, 0, kAll64, 0, false},
    {Op::kI64TruncF64S, Op::kI64TruncSatF64S, 0x43dfffffffffffff,
     0x43e0000000000000, 0xc3e0000000000000, 0xc3e0000000000001,
     0x7ffffffffffffc00, kMin64, kMax64, kMin64, true},
    {Op::kI64TruncF64U, Op::kI64TruncSatF64U, 0x43efffffffffffff,
     0x43f0000000000000, 0xbfefffffffffffff, 0xbff0000000000000,
     0xfffffffffffff800, 0, kAll64, 0, true}};

TEST(ConversionTest, TruncationAtItsBounds) {
  for (const Bounds& b : kBounds) {
    const uint64_t sign = b.Pick(kSign64, kSign32);
    const uint64_t infinity = b.Pick(kInf64, kInf32);
    for (Op op : {b.trapping, b.saturating}) {
      CheckAll(std::vector<Unary>{
          {op, b.highest, b.highest_result},
          {op, b.lowest, b.lowest_result},
          {op, 0, 0},
          {op, sign, 0},
          {op, 1, 0},
          {op, sign | 1, 0},
          {op, b.Pick(0x3feccccccccccccd, 0x3f666666), 0},    // 0.9
          {op, b.Pick(0xbfeccccccccccccd, 0xbf666666), 0},    // -0.9
          {op, b.Pick(0x4007333333333333, 0x40399999), 2}});  // 2.9
    }
    CheckAll(std::vector<UnaryTrap>{
        {b.trapping, b.above, Trap::kIntegerOverflow},
        {b.trapping, b.below, Trap::kIntegerOverflow},
        {b.trapping, infinity, Trap::kIntegerOverflow},
        {b.trapping, infinity | sign, Trap::kIntegerOverflow}});
    CheckAll(std::vector<Unary>{{b.saturating, b.above, b.max},
                                {b.saturating, b.below, b.min},
                                {b.saturating, infinity, b.max},
                                {b.saturating, infinity | sign, b.min}});
    for (uint64_t nan : b.is_wide ? kNans64 : kNans32) {
      Check(b.trapping, {nan}, Trapped(Trap::kInvalidConversionToInteger));
      Check(b.saturating, {nan}, Returned({0}));
    }
  }
}

TEST(ConversionTest, IntegersToFloatsRoundToEven) {
  CheckAll(std::vector<Unary>{
      {Op::kF32ConvertI32S, 16777217, 0x4b800000},
      {Op::kF32ConvertI32S, 16777219, 0x4b800002},
      {Op::kF32ConvertI32S, kMax32, 0x4f000000},
      {Op::kF32ConvertI32S, kMin32, 0xcf000000},
      {Op::kF32ConvertI32S, kAll32, 0xbf800000},
      {Op::kF32ConvertI32U, kAll32, 0x4f800000},
      {Op::kF32ConvertI32U, 0xffffff7f, 0x4f7fffff},
      {Op::kF32ConvertI32U, 0xffffff80, 0x4f800000},
      {Op::kF32ConvertI64S, kMax64, 0x5f000000},
      {Op::kF32ConvertI64S, kMin64, 0xdf000000},
      {Op::kF32ConvertI64S, 0x7fffffbfffffffff, 0x5effffff},
      {Op::kF32ConvertI64S, 0x7fffffc000000000, 0x5f000000},
      // Rounding to double first would go wrong.
      {Op::kF32ConvertI64S, 0x0020000020000001, 0x5a000001},
      {Op::kF32ConvertI64U, 0x8000008000000000, 0x5f000000},
      {Op::kF32ConvertI64U, 0x8000008000000001, 0x5f000001},
      {Op::kF32ConvertI64U, 0x8000018000000000, 0x5f000002},
      {Op::kF32ConvertI64U, 0xfffffe8000000001, 0x5f7fffff},
      {Op::kF32ConvertI64U, 0xffffff7fffffffff, 0x5f7fffff},
      {Op::kF32ConvertI64U, 0xffffff8000000000, 0x5f800000},
      {Op::kF32ConvertI64U, kAll64, 0x5f800000},
      {Op::kF64ConvertI32S, kMin32, 0xc1e0000000000000},
      {Op::kF64ConvertI32U, kAll32, 0x41efffffffe00000},
      {Op::kF64ConvertI64S, kMax64, 0x43e0000000000000},
      {Op::kF64ConvertI64S, kMin64, 0xc3e0000000000000},
      {Op::kF64ConvertI64S, 0x0020000000000001, 0x4340000000000000},
      {Op::kF64ConvertI64S, 0x0020000000000003, 0x4340000000000002},
      {Op::kF64ConvertI64U, 0x8000000000000400, 0x43e0000000000000},
      {Op::kF64ConvertI64U, 0x8000000000000401, 0x43e0000000000001},
      {Op::kF64ConvertI64U, 0x8000000000000c00, 0x43e0000000000002},
      {Op::kF64ConvertI64U, 0xfffffffffffffbff, 0x43efffffffffffff},
      {Op::kF64ConvertI64U, 0xfffffffffffffc00, 0x43f0000000000000},
      {Op::kF64ConvertI64U, kAll64, 0x43f0000000000000}});
}

TEST(ConversionTest, BetweenFloats) {
  CheckAll(std::vector<Unary>{
      {Op::kF32DemoteF64, 0x47efffffefffffff, 0x7f7fffff},
      {Op::kF32DemoteF64, 0x47effffff0000000, kInf32},
      {Op::kF32DemoteF64, 0xc7effffff0000000, kInf32 | kSign32},
      {Op::kF32DemoteF64, 0x3690000000000000, 0},  // 2^-150, a tie
      {Op::kF32DemoteF64, 0x3690000000000001, 1},
      {Op::kF32DemoteF64, 0x3ff0000010000000, kOne32},
      {Op::kF32DemoteF64, 0x3ff0000030000000, 0x3f800002},
      {Op::kF32DemoteF64, kSign64, kSign32},
      {Op::kF32DemoteF64, kInf64, kInf32},
      {Op::kF64PromoteF32, 1, 0x36a0000000000000},
      {Op::kF64PromoteF32, kSign32, kSign64},
      {Op::kF64PromoteF32, kInf32 | kSign32, kInf64 | kSign64},
      {Op::kF64PromoteF32, 0x7f7fffff, 0x47efffffe0000000}});
}

// -------------------------------------------------------------------- memory

// A way to write an address, (local 0 << shift) + addend, where local 1 holds
// kAddend: each is a form of loads, and of stores.
struct AddressForm {
  const char* name;
  Code code;
  uint32_t addend = 0;
  uint32_t shift = 0;

  // What local 0 must hold for the address, or one near it.
  uint64_t LocalFor(uint64_t address) const {
    return ((address - addend) & kAll32) >> shift;
  }
  uint64_t AddressOf(uint64_t local) const {
    return ((local << shift) + addend) & kAll32;
  }
};

constexpr uint32_t kAddend = 1000;

std::vector<AddressForm> AddressForms() {
  const Code accumulator = Code().Get(0).I32(0).Op(Op::kI32Or);
  const auto shifted = [](int32_t count) {
    return Code().Get(0).I32(count).Op(Op::kI32Shl);
  };
  const auto after = [](Code first, const Code& second) {
    return first.Raw(second.bytes()).Op(Op::kI32Add);
  };
  const Code x = Code().Get(0);
  const Code y = Code().Get(1);
  return {
      {"slot", x},
      {"accumulator", accumulator},
      {"slot + slot", after(x, y), kAddend},
      {"accumulator + slot", after(accumulator, y), kAddend},
      {"slot + accumulator", after(y, accumulator), kAddend},
      {"slot + constant", after(x, Code().I32(kAddend)), kAddend},
      {"accumulator + constant", after(accumulator, Code().I32(kAddend)),
       kAddend},
      {"constant + slot", after(Code().I32(kAddend), x), kAddend},
      {"slot - constant", Code().Get(0).I32(-1000).Op(Op::kI32Sub), kAddend},
      {"slot + large constant", after(x, Code().I32(100000)), 100000},
      {"slot + shifted slot", after(y, shifted(2)), kAddend, 2},
      {"shifted slot + slot", after(shifted(3), y), kAddend, 3},
      {"slot + slot, its shift beyond the width", after(y, shifted(34)),
       kAddend, 2},
      {"slot + slot shifted by nothing", after(y, shifted(0)), kAddend, 0},
      {"slot + slot shifted far", after(y, shifted(4)), kAddend, 4},
  };
}

// Every load and store, at the last place that fits and the first that does
// not, in all forms, with offsets of all encodings.
TEST(MemoryTest, BoundsOfEveryAccess) {
  const auto forms = AddressForms();
  const Trap beyond = Trap::kOutOfBoundsMemoryAccess;
  for (int o = 0; o < wasm::kOpcodeCount; ++o) {
    const wasm::OpcodeInfo& info = wasm::InfoOf(static_cast<wasm::Opcode>(o));
    if (!wasm::IsMemArg(info.immediate)) continue;
    const uint32_t size = 1 << info.align_max();
    const bool is_load = info.result_count == 1;
    const ValType type = is_load ? info.result[0] : info.param[1];
    ModuleBuilder m;
    m.Memory({1, {}});
    const uint32_t f = m.Type({kI32}, {});
    const uint32_t offsets[] = {0, 1, 16383, 16384, 65000, 65536, 0xffffffff};
    int functions = 0;
    for (const AddressForm& form : forms) {
      for (uint32_t offset : offsets) {
        Code code;
        code.I32(kAddend).Set(1).Raw(form.code.bytes());
        if (!is_load) EmitConst(type, 1, &code);
        code.Mem(static_cast<Op>(info.code), 0, offset);
        if (is_load) code.Op(Op::kDrop);
        m.Func(f, {kI32}, code.End());
        ++functions;
      }
    }
    const CompiledModule module(m.Build());
    ASSERT_TRUE(module.ok()) << module.error();
    Machine machine(100);
    Instance* instance = machine.Instantiate(module);
    int function = 0;
    for (const AddressForm& form : forms) {
      for (uint32_t offset : offsets) {
        Func* func = &instance->functions[function++];
        const uint64_t last = 65536 - size;
        for (uint64_t wanted :
             {uint64_t{0}, last & ~uint64_t{15}, last, last + 1, last + 16,
              uint64_t{65536}, uint64_t{0x7ffffff8}, uint64_t{0xfffffff8}}) {
          const uint64_t local = form.LocalFor(wanted);
          const uint64_t address = form.AddressOf(local);
          const bool fits = address + offset + size <= 65536;
          EXPECT_EQ(machine.Call(func, {local}),
                    fits ? Returned({}) : Trapped(beyond))
              << info.text << " offset " << offset << " at " << form.name
              << ", address " << address;
        }
      }
    }
    EXPECT_EQ(function, functions);
  }
}

// Addresses that every form can make.
constexpr uint32_t kNegativeAt = kAddend + 160;
constexpr uint32_t kPositiveAt = kAddend + 3200;

TEST(MemoryTest, LoadsExtend) {
  ModuleBuilder m;
  m.Memory({1, {}});
  m.ActiveData(
      Code().I32(kNegativeAt).End(),
      std::vector<uint8_t>{0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87});
  m.ActiveData(
      Code().I32(kPositiveAt).End(),
      std::vector<uint8_t>{0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f});
  struct {
    Op op;
    uint64_t negative;
    uint64_t positive;
  } const rows[] = {{Op::kI32Load, 0x83828180, 0x7f7f7f7f},
                    {Op::kI64Load, 0x8786858483828180, 0x7f7f7f7f7f7f7f7f},
                    {Op::kF32Load, 0x83828180, 0x7f7f7f7f},
                    {Op::kF64Load, 0x8786858483828180, 0x7f7f7f7f7f7f7f7f},
                    {Op::kI32Load8S, 0xffffff80, 0x7f},
                    {Op::kI32Load8U, 0x80, 0x7f},
                    {Op::kI32Load16S, 0xffff8180, 0x7f7f},
                    {Op::kI32Load16U, 0x8180, 0x7f7f},
                    {Op::kI64Load8S, 0xffffffffffffff80, 0x7f},
                    {Op::kI64Load8U, 0x80, 0x7f},
                    {Op::kI64Load16S, 0xffffffffffff8180, 0x7f7f},
                    {Op::kI64Load16U, 0x8180, 0x7f7f},
                    {Op::kI64Load32S, 0xffffffff83828180, 0x7f7f7f7f},
                    {Op::kI64Load32U, 0x83828180, 0x7f7f7f7f}};
  // Each through every form of an address, and of a constant one.
  const auto forms = AddressForms();
  for (const auto& row : rows) {
    const ValType type = InfoOf(row.op).result[0];
    const uint32_t f = m.Type({kI32}, {type});
    for (const AddressForm& form : forms) {
      m.Func(f, {kI32},
             Code()
                 .I32(kAddend)
                 .Set(1)
                 .Raw(form.code.bytes())
                 .Mem(row.op, 0, 0)
                 .End());
    }
    m.Func(f, {}, Code().I32(kNegativeAt - 40).Mem(row.op, 0, 40).End());
  }
  const CompiledModule module(m.Build());
  ASSERT_TRUE(module.ok()) << module.error();
  Machine machine(100);
  Instance* instance = machine.Instantiate(module);
  uint32_t function = 0;
  for (const auto& row : rows) {
    for (const AddressForm& form : forms) {
      Func* func = &instance->functions[function++];
      for (uint64_t address : {kNegativeAt, kPositiveAt}) {
        const uint64_t local = form.LocalFor(address);
        ASSERT_EQ(form.AddressOf(local), address);
        EXPECT_EQ(
            machine.Call(func, {local}),
            Returned({address == kNegativeAt ? row.negative : row.positive}))
            << InfoOf(row.op).text << " at " << form.name;
      }
    }
    EXPECT_EQ(machine.Call(&instance->functions[function++], {0}),
              Returned({row.negative}))
        << InfoOf(row.op).text;
  }
}

// A store writes its bytes and no others: value in a slot, in the
// accumulator, as a constant; address likewise.
TEST(MemoryTest, StoresWriteTheirBytesOnly) {
  struct {
    Op op;
    uint32_t size;
  } const rows[] = {
      {Op::kI32Store, 4},  {Op::kI64Store, 8},   {Op::kF32Store, 4},
      {Op::kF64Store, 8},  {Op::kI32Store8, 1},  {Op::kI32Store16, 2},
      {Op::kI64Store8, 1}, {Op::kI64Store16, 2}, {Op::kI64Store32, 4}};
  constexpr uint64_t kValues[] = {
      0x0102030405060708, 0xfffffffffffffffe, 0x7ffe,
      0xffffffffffff8000, 0xffff8000,         0};
  for (const auto& row : rows) {
    const ValType type = InfoOf(row.op).param[1];
    for (uint64_t value : kValues) {
      ModuleBuilder m;
      m.Memory({1, {}});
      const uint32_t f = m.Type({kI32, type}, {});
      uint32_t functions = 0;
      for (Form address : {Form::kSlot, Form::kAccumulator, Form::kConstant}) {
        for (Form form : {Form::kSlot, Form::kAccumulator, Form::kConstant}) {
          if (form == Form::kAccumulator && IsFloat(type)) continue;
          Code code;
          EmitOperand(address, kI32, 0, 96, &code);
          EmitOperand(form, type, 1, value, &code);
          m.Func(f, {}, code.Mem(row.op, 0, 4).End());
          ++functions;
        }
      }
      const CompiledModule module(m.Build());
      ASSERT_TRUE(module.ok()) << module.error();
      Machine machine(100);
      Instance* instance = machine.Instantiate(module);
      const uint64_t argument =
          type == kI32 || type == ValType::kF32 ? value & kAll32 : value;
      for (uint32_t i = 0; i < functions; ++i) {
        for (uint8_t& b : instance->memory->Slice(90, 30)) b = 0x55;
        ASSERT_EQ(machine.Call(&instance->functions[i], {96, argument}),
                  Returned({}));
        for (uint32_t at = 90; at < 120; ++at) {
          const bool inside = at >= 100 && at < 100 + row.size;
          const uint8_t want =
              inside ? static_cast<uint8_t>(value >> (8 * (at - 100))) : 0x55;
          EXPECT_EQ(instance->memory->base()[at], want)
              << InfoOf(row.op).text << ", function " << i << ", " << at;
        }
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::interp
