// Every typed row of opcodes.def: accepted; refused with an operand missing,
// with one of another type, without its feature; its exact fuel. In dead code
// too, where operands may be missing.
#include "engine/compile/descriptor.h"

#include <cstdint>
#include <string>
#include <vector>

#include "engine/compile/followers.h"
#include "engine/compile/test_machine.h"
#include "engine/interp/instance.h"
#include "engine/wasm/features.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/types.h"
#include "gtest/gtest.h"
#include "metering/schedule.h"
#include "tests/util/module_builder.h"

namespace ashlar::compile {
namespace {

using metering::CostClass;
using testing::Code;
using testing::CompiledModule;
using testing::Ending;
using testing::ExternKind;
using testing::Machine;
using testing::ModuleBuilder;
using testing::Op;
using testing::OutOfFuelBy;
using testing::ValType;
using wasm::Feature;
using wasm::Features;
using wasm::Immediate;
using wasm::Opcode;
using wasm::OpcodeInfo;
using Types = std::vector<ValType>;

constexpr uint32_t kPrice = 1;  // of local.get, drop, constants

// The row's instruction, with immediates that name what the module has.
Code Instruction(const OpcodeInfo& info) {
  const auto op = static_cast<Op>(info.code);
  Code code;
  switch (info.immediate) {
    case Immediate::kI32:
      return code.I32(7);
    case Immediate::kI64:
      return code.I64(7);
    case Immediate::kF32:
      return code.F32(0x3f800000);
    case Immediate::kF64:
      return code.F64(0x3ff0000000000000);
    case Immediate::kNone:
      return code.Op(op);
    case Immediate::kMemArg0:
    case Immediate::kMemArg1:
    case Immediate::kMemArg2:
    case Immediate::kMemArg3:
      return code.Mem(op, info.align_max(), 0);
    case Immediate::kMemory:
    case Immediate::kTable:
    case Immediate::kData:
    case Immediate::kElem:
      return code.Op(op, 0);
    default:  // two indices
      return code.Op(op, 0, 0);
  }
}

// f: params -> results, with `code`, in a module that has what rows name.
std::vector<uint8_t> ModuleOf(const Types& params, const Types& results,
                              const Code& code) {
  ModuleBuilder m;
  m.Table(ValType::kFuncRef, {1, 4});
  m.Memory({1, 4});
  const uint32_t f = m.Func(m.Type(params, results), {}, code);
  m.Export("f", ExternKind::kFunc, f);
  m.PassiveElements({f});
  m.PassiveData(std::vector<uint8_t>{1, 2, 3});
  m.DataCount();
  return m.Build();
}

Types ParamsOf(const OpcodeInfo& info) {
  return {info.params().begin(), info.params().end()};
}
Types ResultsOf(const OpcodeInfo& info) {
  return {info.results().begin(), info.results().end()};
}

Code Operands(size_t count) {
  Code code;
  for (uint32_t i = 0; i < count; ++i) code.Get(i);
  return code;
}

Code Whole(const OpcodeInfo& info, size_t operands) {
  return Operands(operands).Raw(Instruction(info).bytes()).End();
}

constexpr char kMismatch[] = "invalid.type_mismatch";

class RowTest : public ::testing::TestWithParam<int> {
 protected:
  const OpcodeInfo& info_ = wasm::InfoOf(static_cast<Opcode>(GetParam()));
};

TEST_P(RowTest, Accepted) {
  const CompiledModule module(ModuleOf(ParamsOf(info_), ResultsOf(info_),
                                       Whole(info_, info_.param_count)));
  EXPECT_EQ(module.error(), "");
}

TEST_P(RowTest, RefusedWithOneOperandMissing) {
  if (info_.param_count == 0) {
    // Nothing can be missing; the result can.
    Code code = Instruction(info_);
    if (info_.result_count == 0) code.Op(Op::kDrop);
    EXPECT_EQ(CompiledModule(ModuleOf({}, {}, code.End())).error(), kMismatch);
    return;
  }
  const CompiledModule module(ModuleOf(ParamsOf(info_), ResultsOf(info_),
                                       Whole(info_, info_.param_count - 1u)));
  EXPECT_EQ(module.error(), kMismatch);
}

TEST_P(RowTest, RefusedWithOperandsBelowItsBlockOnly) {
  if (info_.param_count == 0) return;
  Code code = Operands(info_.param_count);
  code.Block().Raw(Instruction(info_).bytes());
  if (info_.result_count != 0) code.Op(Op::kDrop);
  code.Op(Op::kUnreachable).End();
  for (int i = 0; i < info_.param_count; ++i) code.Op(Op::kDrop);
  code.Op(Op::kUnreachable).End();
  const CompiledModule module(
      ModuleOf(ParamsOf(info_), ResultsOf(info_), code));
  EXPECT_EQ(module.error(), kMismatch);
}

TEST_P(RowTest, RefusedWithAnOperandOfAnotherType) {
  constexpr ValType kTypes[] = {ValType::kI32,     ValType::kI64,
                                ValType::kF32,     ValType::kF64,
                                ValType::kFuncRef, ValType::kExternRef};
  for (uint32_t i = 0; i < info_.param_count; ++i) {
    for (ValType type : kTypes) {
      if (type == info_.param[i]) continue;
      Types params = ParamsOf(info_);
      params[i] = type;
      const CompiledModule module(
          ModuleOf(params, ResultsOf(info_), Whole(info_, params.size())));
      EXPECT_EQ(module.error(), kMismatch) << i;
    }
  }
  for (ValType type : kTypes) {
    if (info_.result_count == 0 || type == info_.result[0]) continue;
    const CompiledModule module(
        ModuleOf(ParamsOf(info_), {type}, Whole(info_, info_.param_count)));
    EXPECT_EQ(module.error(), kMismatch);
  }
}

TEST_P(RowTest, RefusedWithoutItsFeature) {
  if (info_.feature == Feature::kMvp) return;
  const CompiledModule module(ModuleOf(ParamsOf(info_), ResultsOf(info_),
                                       Whole(info_, info_.param_count)),
                              Features::All().Without(info_.feature));
  EXPECT_EQ(module.error(), "unsupported.feature");
}

TEST_P(RowTest, InDeadCode) {
  for (int operands = 0; operands <= info_.param_count; ++operands) {
    // The topmost operands are there, those below are not.
    Code code = Code().Op(Op::kUnreachable);
    for (int i = info_.param_count - operands; i < info_.param_count; ++i) {
      code.Get(static_cast<uint32_t>(i));
    }
    code.Raw(Instruction(info_).bytes()).End();
    EXPECT_EQ(CompiledModule(ModuleOf(ParamsOf(info_), ResultsOf(info_), code))
                  .error(),
              "");
  }
  if (info_.param_count == 0) return;
  Types params = ParamsOf(info_);
  ValType& last = params.back();
  last = last == ValType::kI32 ? ValType::kI64 : ValType::kI32;
  const Code code = Code()
                        .Op(Op::kUnreachable)
                        .Get(info_.param_count - 1u)
                        .Raw(Instruction(info_).bytes())
                        .End();
  EXPECT_EQ(CompiledModule(ModuleOf(params, ResultsOf(info_), code)).error(),
            kMismatch);
}

// Operands with which no row traps or charges more than its class: numbers
// are 1, and instructions over memory and tables get nothing to do.
uint64_t Operand(const OpcodeInfo& info, ValType type) {
  const bool is_bulk = info.cost_class == CostClass::kBulk ||
                       info.cost_class == CostClass::kTable ||
                       info.cost_class == CostClass::kGrow;
  switch (type) {
    case ValType::kF32:
      return 0x3f800000;
    case ValType::kF64:
      return 0x3ff0000000000000;
    default:
      return is_bulk ? 0 : 1;
  }
}

TEST_P(RowTest, ExactFuel) {
  const CompiledModule module(ModuleOf(ParamsOf(info_), ResultsOf(info_),
                                       Whole(info_, info_.param_count)));
  ASSERT_EQ(module.error(), "");
  std::vector<uint64_t> args;
  for (ValType type : info_.params()) args.push_back(Operand(info_, type));
  const uint64_t price =
      metering::Ashlar1().price(info_.cost_class) + info_.param_count * kPrice;
  Machine machine;
  interp::Instance* instance = machine.Instantiate(module);
  const Ending ending = machine.Call(instance, "f", args, price);
  EXPECT_EQ(ending.exit, interp::Exit::kDone);
  EXPECT_EQ(ending.fuel_used, price);
  if (price != 0) {
    EXPECT_EQ(machine.Call(instance, "f", args, price - 1), OutOfFuelBy(1));
  }
}

std::vector<int> TypedRows() {
  std::vector<int> rows;
  for (int i = 0; i < wasm::kOpcodeCount; ++i) {
    if (wasm::InfoOf(static_cast<Opcode>(i)).is_typed) rows.push_back(i);
  }
  return rows;
}

std::string RowName(const ::testing::TestParamInfo<int>& info) {
  static const char* const kNames[] = {
#define OP(name, ...) #name,
#include "engine/wasm/opcodes.def"
  };
  return kNames[info.param];
}

INSTANTIATE_TEST_SUITE_P(Opcodes, RowTest, ::testing::ValuesIn(TypedRows()),
                         RowName);

// Rows that are typed by what they name.
TEST(UntypedRowTest, ExactFuel) {
  const metering::Schedule& schedule = metering::Ashlar1();
  const uint64_t call = schedule.price(CostClass::kCall);
  const uint64_t indirect = schedule.price(CostClass::kCallIndirect);
  const uint64_t table = schedule.price(CostClass::kTable);
  const uint64_t wide_table = schedule.price(CostClass::kBranchTable);
  struct {
    const char* what;
    Code code;  // of a function () -> (); 1 is () -> (), 2 is (i32 i32) -> ()
    uint64_t price;
  } const cases[] = {
      {"nothing", Code(), 0},
      {"nop", Code().Op(Op::kNop), 1},
      {"block", Code().Block().End(), 0},
      {"loop", Code().Loop().End(), 0},
      {"if", Code().I32(1).If().Op(Op::kNop).End(), 1 + 1 + 1},
      {"if, not taken", Code().I32(0).If().Op(Op::kNop).End().Op(Op::kNop),
       1 + 1 + 1},
      {"else", Code().I32(0).If().Op(Op::kNop).Else().Op(Op::kNop).End(),
       1 + 1 + 1},
      {"br", Code().Block().Br(0).Op(Op::kNop).End(), 1},
      {"br_if", Code().Block().I32(1).BrIf(0).Op(Op::kNop).End(), 1 + 1},
      {"br_if, not taken", Code().Block().I32(0).BrIf(0).Op(Op::kNop).End(),
       1 + 1 + 1},
      {"br_table of 1", Code().Block().I32(0).BrTable({}, 0).End(),
       1 + wide_table + 1},
      {"br_table of 16",
       Code().Block().I32(0).BrTable(std::vector<uint32_t>(15, 0), 0).End(),
       1 + wide_table + 1},
      {"br_table of 17",
       Code().Block().I32(0).BrTable(std::vector<uint32_t>(16, 0), 0).End(),
       1 + wide_table + 2},
      {"return", Code().Return().Op(Op::kNop), 1},
      {"drop", Code().I32(0).Op(Op::kDrop), 1 + 1},
      {"select", Code().I32(0).I32(0).I32(0).Op(Op::kSelect).Op(Op::kDrop),
       3 + 1 + 1},
      {"select t",
       Code().I32(0).I32(0).I32(0).SelectT(ValType::kI32).Op(Op::kDrop),
       3 + 1 + 1},
      {"global.get", Code().Op(Op::kGlobalGet, 0).Op(Op::kDrop), 1 + 1},
      {"global.set", Code().I32(0).Op(Op::kGlobalSet, 0), 1 + 2},
      {"ref.null", Code().RefNull(ValType::kFuncRef).Op(Op::kDrop), 1 + 1},
      {"ref.is_null",
       Code().RefNull(ValType::kFuncRef).Op(Op::kRefIsNull).Op(Op::kDrop),
       1 + 1 + 1},
      {"ref.func", Code().Op(Op::kRefFunc, 0).Op(Op::kDrop), 1 + 1},
      {"table.get", Code().I32(0).Op(Op::kTableGet, 0).Op(Op::kDrop),
       1 + table + 1},
      {"table.set",
       Code().I32(0).RefNull(ValType::kFuncRef).Op(Op::kTableSet, 0),
       2 + table},
      {"table.fill",
       Code().I32(0).RefNull(ValType::kFuncRef).I32(0).Op(Op::kTableFill, 0),
       3 + table},
      {"table.grow",
       Code()
           .RefNull(ValType::kFuncRef)
           .I32(0)
           .Op(Op::kTableGrow, 0)
           .Op(Op::kDrop),
       2 + table + 1},
      {"call", Code().Call(1), call},
      {"call of two parameters", Code().I32(0).I32(0).Call(2), 2 + call + 2},
      {"return_call", Code().ReturnCall(1).Op(Op::kNop), call},
      {"return_call of two parameters", Code().I32(0).I32(0).ReturnCall(2),
       2 + call + 2},
      {"call_indirect", Code().I32(0).CallIndirect(0), 1 + indirect},
      {"call_indirect of two parameters",
       Code().I32(0).I32(0).I32(1).CallIndirect(1), 3 + indirect + 2},
      {"return_call_indirect", Code().I32(0).ReturnCallIndirect(0),
       1 + indirect},
  };
  for (const auto& c : cases) {
    ModuleBuilder m;
    m.AddType({}, {});
    m.AddType({ValType::kI32, ValType::kI32}, {});
    m.Table(ValType::kFuncRef, {4, 8});
    m.Global(ValType::kI32, true, Code().I32(0).End());
    m.Func(0, {}, Code(c.code).End());
    m.Func(0, {}, Code().End());
    m.Func(1, {}, Code().End());
    m.Export("f", ExternKind::kFunc, 0);
    m.ActiveElements(Code().I32(0).End(), {1, 2});
    const CompiledModule module(m.Build());
    ASSERT_EQ(module.error(), "") << c.what;
    Machine machine;
    interp::Instance* instance = machine.Instantiate(module);
    const Ending ending = machine.Call(instance, "f", {}, c.price);
    EXPECT_EQ(ending.exit, interp::Exit::kDone) << c.what;
    EXPECT_EQ(ending.fuel_used, c.price) << c.what;
    if (c.price == 0) continue;
    EXPECT_EQ(machine.Call(instance, "f", {}, c.price - 1), OutOfFuelBy(1))
        << c.what;
  }
}

// Declared locals: an eighth each, rounded up.
TEST(UntypedRowTest, FuelOfLocals) {
  for (uint32_t count : {0u, 1u, 7u, 8u, 9u, 16u, 17u, 1000u}) {
    ModuleBuilder m;
    m.Func(m.Type({}, {}), Types(count, ValType::kI64), Code().End());
    m.Export("f", ExternKind::kFunc, 0);
    const CompiledModule module(m.Build());
    Machine machine;
    EXPECT_EQ(machine.Call(machine.Instantiate(module), "f").fuel_used,
              (count + 7) / 8);
  }
}

// The table itself: features and prices go into it, and nothing else is legal.
TEST(DescriptorTest, FeaturesAndPrices) {
  DescriptorTable table;
  MakeDescriptors(Features(), metering::Ashlar1(), &table);
  for (int byte = 0; byte < 256; ++byte) {
    const Opcode o = wasm::OpcodeOfByte(static_cast<uint8_t>(byte));
    const Descriptor& d = table.one_byte[byte];
    if (byte == wasm::kOpcodePrefix) {
      EXPECT_EQ(d.klass, Class::kPrefix);
    } else if (o == Opcode::kCount ||
               wasm::InfoOf(o).feature != Feature::kMvp) {
      EXPECT_EQ(d.klass, Class::kIllegal) << byte;
    } else {
      EXPECT_NE(d.klass, Class::kIllegal) << byte;
      EXPECT_EQ(d.price, metering::Ashlar1().price(wasm::InfoOf(o).cost_class));
    }
  }
  for (const Descriptor& d : table.prefixed) {
    EXPECT_EQ(d.klass, Class::kIllegal);
  }
  MakeDescriptors(Features::All(), metering::Ashlar1(), &table);
  for (uint32_t code = 0; code < 32; ++code) {
    EXPECT_EQ(table.prefixed[code].klass == Class::kIllegal,
              wasm::OpcodeOfPrefixed(code) == Opcode::kCount)
        << code;
  }
}

// What the translator takes for granted of an opcode that it looks for.
TEST(FollowersTest, KnownOpcodesHaveTheirClassWithAnyFeatures) {
  int known = 0;
  for (const Features features : {Features(), Features::All()}) {
    DescriptorTable table;
    MakeDescriptors(features, metering::Ashlar1(), &table);
    for (size_t i = 0; i < kClasses; ++i) {
      const auto klass = static_cast<Class>(i);
      const uint8_t opcode = KnownOpcode(klass);
      if (opcode == 0) continue;
      ++known;
      EXPECT_EQ(table.one_byte[opcode].klass, klass) << int{opcode};
    }
  }
  EXPECT_EQ(known, 2 * 7);
}

}  // namespace
}  // namespace ashlar::compile
