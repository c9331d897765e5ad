// Hostile modules: translating them is linear in their size, and their code
// stays within what is reserved for it.
#include <algorithm>
#include <cstdint>
#include <ctime>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "engine/compile/compile.h"
#include "engine/compile/scratch.h"
#include "engine/compile/test_machine.h"
#include "engine/compile/translate.h"
#include "engine/interp/code.h"
#include "engine/wasm/features.h"
#include "engine/wasm/violation.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::compile {
namespace {

using testing::Code;
using testing::CompiledModule;
using testing::ExternKind;
using testing::ModuleBuilder;
using testing::Op;
using testing::ValType;
using Bytes = std::vector<uint8_t>;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;

// Puts `piece` n times.
void Repeat(uint32_t n, const Code& piece, Code* code) {
  for (uint32_t i = 0; i < n; ++i) code->Raw(piece.bytes());
}

Bytes OneFunction(const std::vector<ValType>& params,
                  const std::vector<ValType>& locals, const Code& code) {
  ModuleBuilder m;
  m.Func(m.Type(params, {}), locals, code);
  return m.Build();
}

// Types 0: (1000 x i32) -> (1000 x i32), 1: () -> (1000 x i32), 2: () -> ();
// function 0 of type 0, 1 of type 1, 2 has the code.
Bytes WideModule(const Code& code) {
  ModuleBuilder m;
  const std::vector<ValType> many(1000, kI32);
  m.AddType(many, many);
  m.AddType({}, many);
  m.AddType({}, {});
  m.Func(0, {}, Code().Op(Op::kUnreachable).End());
  m.Func(1, {}, Code().Op(Op::kUnreachable).End());
  m.Func(2, {}, code);
  return m.Build();
}

Bytes EmptyFunctions(uint32_t n) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  for (uint32_t i = 0; i < n; ++i) m.Func(type, {}, Code().End());
  return m.Build();
}

// Each calls the last: n links wait for one function.
Bytes CallsForward(uint32_t n) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  for (uint32_t i = 0; i < n; ++i) m.Func(type, {}, Code().Call(n).End());
  m.Func(type, {}, Code().End());
  return m.Build();
}

Bytes NestedBlocks(uint32_t n) {
  Code code;
  for (uint32_t i = 0; i < n; ++i) {
    switch (i % 3) {
      case 0:
        code.Block();
        break;
      case 1:
        code.Loop();
        break;
      default:
        code.Get(0).If();
    }
    code.Get(0).BrIf(i);
  }
  Repeat(n + 1, Code().End(), &code);
  return OneFunction({kI32}, {}, code);
}

// A pending local and an alias of it at every depth.
Bytes NestedWithPending(uint32_t n) {
  Code code;
  Repeat(n, Code().Get(0).Tee(1).Get(1).Block(), &code);
  Repeat(n, Code().End().Op(Op::kDrop).Op(Op::kDrop), &code);
  return OneFunction({kI32}, {kI32}, code.End());
}

Bytes BranchTableFlood(uint32_t n) {
  Code code;
  Repeat(50, Code().Block(), &code);
  std::vector<uint32_t> labels(n);
  for (uint32_t i = 0; i < n; ++i) labels[i] = i % 51;
  code.Get(0).BrTable(labels, 50);
  Repeat(51, Code().End(), &code);
  return OneFunction({kI32}, {}, code);
}

Bytes SmallBranchTables(uint32_t n) {
  Code code;
  Repeat(n, Code().Block().Get(0).BrTable({0, 1, 0}, 1).End(), &code);
  return OneFunction({kI32}, {}, code.End());
}

// Every label carries 1000 values, elsewhere than where they stand.
Bytes WideBranchTable(uint32_t n) {
  Code code;
  code.BlockType(1).I32(0).Call(1).I32(0).BrTable(std::vector<uint32_t>(n, 0),
                                                  0);
  code.End();
  Repeat(1000, Code().Op(Op::kDrop), &code);
  return WideModule(code.End());
}

Bytes BranchesToOneLabel(uint32_t n) {
  Code code;
  code.Block();
  Repeat(n, Code().Get(0).BrIf(0), &code);
  return OneFunction({kI32}, {}, code.End().End());
}

// The dearest instruction: a br_if that must move its value. A wide call
// makes the conditions.
Bytes MovingBranches(uint32_t n) {
  Code code;
  code.Block(kI32);
  for (uint32_t i = 0; i < n; ++i) {
    code.Call(1);
    Repeat(999, Code().BrIf(0), &code);
    code.Op(Op::kDrop);
  }
  code.I32(0).End().Op(Op::kDrop);
  return WideModule(code.End());
}

// The same to the function's label, where each branch returns.
Bytes ReturningBranches(uint32_t n) {
  ModuleBuilder m;
  m.AddType({}, std::vector<ValType>(1000, kI32));
  m.AddType({}, {kI64, kI32});
  m.Func(0, {}, Code().Op(Op::kUnreachable).End());
  Code code;
  for (uint32_t i = 0; i < n; ++i) {
    code.I64(-1).Call(0);
    Repeat(998, Code().Op(Op::kDrop), &code);
    code.BrIf(0).Op(Op::kDrop).Op(Op::kDrop);
  }
  m.Func(1, {}, code.I64(1).I32(1).End());
  return m.Build();
}

// Long chains of gets above which locals change.
Bytes Hazards(uint32_t n) {
  Code code;
  const Code sets = Code().I32(1).Set(0).Get(1).Set(64).Get(0).Tee(128);
  for (uint32_t i = 0; i < n; ++i) {
    Repeat(40, Code().Get(0).Get(64).Get(128), &code);
    Repeat(40, Code(sets).Op(Op::kDrop), &code);
    Repeat(120, Code().Op(Op::kDrop), &code);
  }
  return OneFunction({}, std::vector<ValType>(130, kI32), code.End());
}

// Local 64 is pending in the mask's bit of local 0, for ever.
Bytes HazardMaskCollisions(uint32_t n) {
  Code code;
  Repeat(30, Code().Get(64), &code);
  Repeat(n, Code().I32(1).Set(0), &code);
  Repeat(30, Code().Op(Op::kDrop), &code);
  return OneFunction({}, std::vector<ValType>(65, kI32), code.End());
}

Bytes AddChain(uint32_t n) {
  Code code;
  code.Get(0);
  Repeat(n, Code().Get(0).Op(Op::kI32Add), &code);
  return OneFunction({kI32}, {}, code.Op(Op::kDrop).End());
}

// Deep first, added up from the top.
Bytes DeepAdds(uint32_t n) {
  Code code;
  for (uint32_t i = 0; i < n; ++i) {
    Repeat(1000, Code().Get(0), &code);
    Repeat(999, Code().Op(Op::kI32Add), &code);
    code.Op(Op::kDrop);
  }
  return OneFunction({kI32}, {}, code.End());
}

Bytes WideCalls(uint32_t n) {
  Code code;
  code.Call(1);
  Repeat(n, Code().Call(0), &code);
  Repeat(1000, Code().Op(Op::kDrop), &code);
  return WideModule(code.End());
}

Bytes WideCallsInDeadCode(uint32_t n) {
  Code code;
  code.Op(Op::kUnreachable);
  Repeat(n, Code().Call(0), &code);
  code.Return();
  return WideModule(code.End());
}

Bytes WideBlocks(uint32_t n) {
  Code code;
  code.Call(1);
  Repeat(n, Code().BlockType(0).LoopType(0).Get(0).BrIf(1).End().End(), &code);
  Repeat(1000, Code().Op(Op::kDrop), &code);
  ModuleBuilder m;
  const std::vector<ValType> many(1000, kI32);
  m.AddType(many, many);
  m.AddType({}, many);
  m.AddType({kI32}, {});
  m.Func(0, {}, Code().Op(Op::kUnreachable).End());
  m.Func(1, {}, Code().Op(Op::kUnreachable).End());
  m.Func(2, {}, code.End());
  return m.Build();
}

Bytes DeadRegions(uint32_t n) {
  Code code;
  Repeat(n, Code().Block().Br(0).Get(29999).Op(Op::kDrop).End(), &code);
  return OneFunction({}, std::vector<ValType>(30000, kI32), code.End());
}

Bytes DeadRegionsAtDepth(uint32_t n) {
  Code code;
  Repeat(n, Code().Block(), &code);
  Repeat(n, Code().Op(Op::kUnreachable).Get(0).BrIf(0).End(), &code);
  return OneFunction({kI32}, {}, code.End());
}

Bytes DeepDeadBlocks(uint32_t n) {
  Code code;
  code.Op(Op::kUnreachable);
  Repeat(n, Code().Block().Get(0).BrIf(0), &code);
  Repeat(n, Code().End(), &code);
  return OneFunction({kI32}, {}, code.End());
}

Bytes OneArmedIfs(uint32_t n) {
  Code code;
  Repeat(n, Code().Get(0).If().End(), &code);
  return OneFunction({kI32}, {}, code.End());
}

Bytes IfElses(uint32_t n) {
  Code code;
  code.I32(0);
  Repeat(n, Code().If(kI32).I32(0).Else().I32(1).End(), &code);
  return OneFunction({}, {}, code.Op(Op::kDrop).End());
}

Bytes ManyLocals(uint32_t n) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  for (uint32_t i = 0; i < n; ++i) {
    m.Func(type, std::vector<ValType>(30000, kI64),
           Code().Get(29999).Op(Op::kDrop).End());
  }
  return m.Build();
}

// Distinct types, each used by a block.
Bytes ManyTypes(uint32_t n) {
  ModuleBuilder m;
  m.AddType({}, {});
  Code code;
  for (uint32_t i = 0; i < n; ++i) {
    std::vector<ValType> params;
    for (uint32_t bit = 0; bit < 18; ++bit) {
      params.push_back(i >> bit & 1 ? kI32 : kI64);
    }
    m.AddType({}, params);
    code.BlockType(i + 1).Op(Op::kUnreachable).End();
    Repeat(18, Code().Op(Op::kDrop), &code);
  }
  m.Func(0, {}, code.End());
  return m.Build();
}

double Seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         1e-9 * static_cast<double>(now.tv_nsec);
}

// Translates a decoded module into what is kept between runs, as a server
// does, so that fresh pages do not count.
class Bench {
 public:
  explicit Bench(const Bytes& bytes) : module_(bytes) {
    options_ = module_.options();
    options_.scratch = &scratch_;
  }
  const CompiledModule& module() const { return module_; }
  double Run() {
    wasm::Violations violations;
    const double start = Seconds();
    Compile(module_.module(), options_, &code_, &violations);
    return Seconds() - start;
  }

 private:
  CompiledModule module_;
  Options options_;
  Scratch scratch_;
  interp::Code code_;
};

// The least of some runs; stops early where there is nothing to measure.
double LeastTime(Bench* bench, double enough) {
  double least = std::numeric_limits<double>::max();
  for (int i = 0; i < 4 && least > enough; ++i) {
    least = std::min(least, bench->Run());
  }
  return least;
}

struct Case {
  const char* name;
  Bytes (*make)(uint32_t);
  uint32_t n;  // the smaller size; the greater one is four times that
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class LinearTest : public ::testing::TestWithParam<Case> {};

TEST_P(LinearTest, CodeAndWorkAreBounded) {
  Bench small(GetParam().make(GetParam().n));
  Bench large(GetParam().make(4 * GetParam().n));
  for (const Bench* bench : {&small, &large}) {
    const CompiledModule& module = bench->module();
    ASSERT_TRUE(module.ok())
        << module.error() << " " << module.violations().list()[0].message;
    EXPECT_LE(module.code().code_size_bytes,
              module.body_size_bytes() * kCodeBytesPerByte +
                  module.module().functions.size() * kCodeBytesPerFunction);
  }
  // Linear work takes four times as long; quadratic work sixteen. Several
  // tries, because others use the machine too.
  double before = 0;
  double after = 0;
  for (int i = 0; i < 5; ++i) {
    before = LeastTime(&small, 0);
    after = LeastTime(&large, 8 * before);
    if (after <= 8 * before) break;
  }
  EXPECT_LE(after, 8 * before);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, LinearTest,
    ::testing::Values(Case{"EmptyFunctions", EmptyFunctions, 8000},
                      Case{"CallsForward", CallsForward, 8000},
                      Case{"NestedBlocks", NestedBlocks, 25000},
                      Case{"NestedWithPending", NestedWithPending, 3500},
                      Case{"BranchTableFlood", BranchTableFlood, 4000},
                      Case{"SmallBranchTables", SmallBranchTables, 20000},
                      Case{"WideBranchTable", WideBranchTable, 3000},
                      Case{"BranchesToOneLabel", BranchesToOneLabel, 50000},
                      Case{"MovingBranches", MovingBranches, 50},
                      Case{"ReturningBranches", ReturningBranches, 200},
                      Case{"Hazards", Hazards, 200},
                      Case{"HazardMaskCollisions", HazardMaskCollisions, 30000},
                      Case{"AddChain", AddChain, 25000},
                      Case{"DeepAdds", DeepAdds, 30},
                      Case{"WideCalls", WideCalls, 1000},
                      Case{"WideCallsInDeadCode", WideCallsInDeadCode, 20},
                      Case{"WideBlocks", WideBlocks, 1000},
                      Case{"DeadRegions", DeadRegions, 20000},
                      Case{"DeadRegionsAtDepth", DeadRegionsAtDepth, 20000},
                      Case{"DeepDeadBlocks", DeepDeadBlocks, 20000},
                      Case{"OneArmedIfs", OneArmedIfs, 30000},
                      Case{"IfElses", IfElses, 30000},
                      Case{"ManyLocals", ManyLocals, 100},
                      Case{"ManyTypes", ManyTypes, 10000}),
    [](const ::testing::TestParamInfo<Case>& info) {
      return std::string(info.param.name);
    });

// A body that does not end runs on into the next one, whose bytes continue
// it, and so on: no more is written than was reserved, and each is refused.
TEST(LinearTest, BodiesThatRunOn) {
  ModuleBuilder m;
  const uint32_t type = m.Type({kI64}, {});
  for (int i = 0; i < 60; ++i) {
    testing::ByteWriter body;
    // One group of 65 locals, i64; or, as code: nop, i32.const -2.
    body.U8(0x01).U8(0x41).U8(0x7e);
    // The size of the body, 0x83 0x1a, reads as i64.and, drop.
    constexpr uint32_t kSize = 0x1a << 7 | 0x03;
    Code code;
    while (code.size() + body.size() + 2 <= kSize) code.Get(0);
    while (code.size() + body.size() < kSize) code.Op(Op::kNop);
    body.Raw(code.bytes());
    m.RawBody(type, body.bytes());
  }
  const CompiledModule module(m.Build());
  ASSERT_TRUE(module.is_decoded());
  EXPECT_EQ(module.violations().list().size(), 60u);
  for (const wasm::Violation& v : module.violations().list()) {
    EXPECT_EQ(v.code, wasm::ViolationCode::kUnexpectedEnd);
  }
}

// Limits, and the values next to them.
TEST(LinearTest, NestingLimit) {
  EXPECT_TRUE(CompiledModule(NestedBlocks(100000)).ok());
  EXPECT_EQ(CompiledModule(NestedBlocks(100001)).error(), "limit.nesting");
  EXPECT_TRUE(CompiledModule(DeepDeadBlocks(100000)).ok());
  EXPECT_EQ(CompiledModule(DeepDeadBlocks(100001)).error(), "limit.nesting");
}

TEST(LinearTest, FrameLimit) {
  const auto locals = [](uint32_t n) {
    return OneFunction({kI32}, std::vector<ValType>(n, kI32),
                       Code().Get(0).Op(Op::kDrop).End());
  };
  // A parameter, two links, an operand.
  EXPECT_TRUE(CompiledModule(locals(32000 - 4)).ok());
  EXPECT_EQ(CompiledModule(locals(32000 - 3)).error(), "limit.frame_slots");
  EXPECT_EQ(CompiledModule(locals(50000)).error(), "limit.frame_slots");
  EXPECT_EQ(CompiledModule(locals(50001)).error(), "limit.locals");
}

TEST(LinearTest, OperandsWithoutLimitAreRefused) {
  Code code;
  Repeat(100000, Code().Get(0), &code);
  Repeat(100000, Code().Op(Op::kDrop), &code);
  EXPECT_EQ(CompiledModule(OneFunction({kI32}, {}, code.End())).error(),
            "limit.frame_slots");
  Code calls;
  Repeat(1000, Code().Call(1), &calls);
  EXPECT_EQ(CompiledModule(WideModule(Code(calls).Return().End())).error(),
            "limit.frame_slots");
  Code dead;
  dead.Op(Op::kUnreachable).Raw(calls.bytes()).Return();
  EXPECT_EQ(CompiledModule(WideModule(dead.End())).error(),
            "limit.frame_slots");
}

TEST(LinearTest, BranchTableLimit) {
  base::Limits limits = base::kRelaxedLimits;
  limits.br_table_targets_max = 100;
  const auto all = wasm::Features::All();
  EXPECT_TRUE(CompiledModule(BranchTableFlood(100), all, limits).ok());
  EXPECT_EQ(CompiledModule(BranchTableFlood(101), all, limits).error(),
            "limit.branch_table_targets");
}

TEST(LinearTest, TotalLocalsLimit) {
  base::Limits limits = base::kRelaxedLimits;
  limits.function_locals_total_max = 60000;
  const auto all = wasm::Features::All();
  EXPECT_TRUE(CompiledModule(ManyLocals(2), all, limits).ok());
  EXPECT_EQ(CompiledModule(ManyLocals(3), all, limits).error(),
            "limit.locals_total");
}

}  // namespace
}  // namespace ashlar::compile
