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
#include "tests/util/hostile_modules.h"
#include "tests/util/module_builder.h"

namespace ashlar::compile {
namespace {

using testing::BranchTableFlood;
using testing::Code;
using testing::CompiledModule;
using testing::DeepDeadBlocks;
using testing::ManyLocals;
using testing::ModuleBuilder;
using testing::NestedBlocks;
using testing::OneFunction;
using testing::Op;
using testing::Repeat;
using testing::ValType;
using testing::WideModule;
using Bytes = std::vector<uint8_t>;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;

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

class LinearTest : public ::testing::TestWithParam<testing::HostileModule> {};

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
    Cases, LinearTest, ::testing::ValuesIn(testing::HostileModules()),
    [](const ::testing::TestParamInfo<testing::HostileModule>& info) {
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

// A body whose last constant takes its `end` runs on through the last body,
// whose call takes its own and what begins the next section, into a custom
// section of nothing but operations: nothing was reserved for their code.
TEST(LinearTest, NoBodyRunsBeyondTheCodeSection) {
  Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0};
  const auto section = [&](uint8_t id, const Bytes& content) {
    bytes.push_back(id);
    bytes.push_back(static_cast<uint8_t>(content.size()));
    bytes.insert(bytes.end(), content.begin(), content.end());
  };
  Bytes types = {12};
  for (int i = 0; i < 12; ++i) {
    types.insert(types.end(), {0x60, 0, 0});
  }
  section(1, types);
  section(3, {2, 0, 0});
  section(4, {1, 0x70, 0, 0});
  // A local of type i32, i32.const; the size of the other one is i32.const,
  // too.
  Bytes code = {2, 5, 1, 1, 0x7f, 0x41, 0x0b, 65, 0};
  code.insert(code.end(), 62, 0x01);
  code.insert(code.end(), {0x11, 0x0b});
  section(10, code);
  // Its size is i32.load16_s, whose offset ends with its last byte.
  constexpr uint32_t kSize = 0x2c | 0x27 << 7 | 1 << 14;
  bytes.insert(bytes.end(), {0, 0xac, 0xa7, 1});
  Bytes content = {1, 1};
  while (content.size() + 4 <= kSize) {
    content.insert(content.end(), {0x20, 0, 0x45, 0x1a});
  }
  content.resize(kSize, 0);
  bytes.insert(bytes.end(), content.begin(), content.end());
  EXPECT_EQ(CompiledModule(bytes).error(), "malformed.unexpected_end");
}

}  // namespace
}  // namespace ashlar::compile
