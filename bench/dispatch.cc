// dispatch/TECHNIQUE: the same little register machine, its meaning written
// once, dispatched in the ways of the field: a switch in a loop, computed goto,
// tail calls, closures. The program counts the steps of Collatz sequences, so
// its branches are as irregular as those of real code.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/harness.h"

#if defined(__clang__)
#define ASHLAR_MUSTTAIL 1
#else
#define ASHLAR_MUSTTAIL 0
#endif

namespace ashlar::bench {
namespace {

enum Op : uint32_t {
#define OP(name, ...) k##name,
#include "bench/dispatch_ops.inc"
  kOpCount
};

// What one instruction is, before a technique gives it its form.
struct Plain {
  Op op;
  uint32_t a;
  uint32_t b;
  int64_t imm;  // a branch: the index of its target
};

constexpr uint64_t kNumbers = 3'000;

// Registers: 0 n, 1 x, 2 steps, 3 scratch.
const std::vector<Plain>& Program() {
  static const auto* const program = new std::vector<Plain>{
      /* 0*/ {kSetImm, 0, 0, kNumbers},
      /* 1*/ {kMove, 1, 0, 0},      // next number
      /* 2*/ {kBrIfOne, 1, 0, 12},  // next step
      /* 3*/ {kAddImm, 2, 2, 1},
      /* 4*/ {kAndImm, 3, 1, 1},
      /* 5*/ {kBrIfZero, 3, 0, 10},
      /* 6*/ {kMove, 3, 1, 0},
      /* 7*/ {kShlImm, 1, 1, 1},
      /* 8*/ {kAdd, 1, 3, 0},
      /* 9*/ {kIncrementBr, 1, 0, 2},  // to the next step
      /*10*/ {kShrImm, 1, 1, 1},
      /*11*/ {kBr, 0, 0, 2},
      /*12*/ {kAddImm, 0, 0, -1},
      /*13*/ {kBrIfNotZero, 0, 0, 1},
      /*14*/ {kHalt, 0, 0, 0},
  };
  return *program;
}

uint64_t Expected() {
  uint64_t steps = 0;
  for (uint64_t n = kNumbers; n > 0; --n) {
    for (uint64_t x = n; x != 1; ++steps) {
      x = x % 2 == 0 ? x / 2 : 3 * x + 1;
    }
  }
  return steps;
}

constexpr int kRegisters = 4;

// An instruction with an address in it: of its handler, its label, or nothing.
struct Insn {
  void* address;
  uint32_t op;
  uint16_t a;
  uint16_t b;
  int64_t imm;
  const Insn* target;
};

std::vector<Insn> Link(void* const* addresses) {
  const std::vector<Plain>& program = Program();
  std::vector<Insn> code(program.size());
  for (size_t i = 0; i < program.size(); ++i) {
    const Plain& p = program[i];
    code[i] = {.address = addresses == nullptr ? nullptr : addresses[p.op],
               .op = p.op,
               .a = static_cast<uint16_t>(p.a),
               .b = static_cast<uint16_t>(p.b),
               .imm = p.imm,
               .target = nullptr};
    if (p.op >= kBr) {
      code[i].target = &code[static_cast<size_t>(p.imm)];
    }
  }
  return code;
}

// In all forms: `r` the registers, `i` the instruction.
#define A_ r[i->a]
#define B_ r[i->b]
#define IMM_ static_cast<uint64_t>(i->imm)

// --- a switch in a loop ---

uint64_t RunSwitch(const Insn* i) {
  uint64_t r[kRegisters] = {};
  for (;;) {
    switch (i->op) {
#define NEXT() \
  {            \
    ++i;       \
    continue;  \
  }
#define JUMP()     \
  {                \
    i = i->target; \
    continue;      \
  }
#define HALT() return r[2]
#define OP(name, ...) \
  case k##name:       \
    __VA_ARGS__
#include "bench/dispatch_ops.inc"
#undef NEXT
#undef JUMP
#undef HALT
    }
  }
}

// --- computed goto ---

// With null: fills `addresses` with the labels.
uint64_t RunGoto(const Insn* i, void** addresses) {
  if (i == nullptr) {
    static void* const kLabels[] = {
#define OP(name, ...) &&L_##name,
#include "bench/dispatch_ops.inc"
    };
    for (uint32_t op = 0; op < kOpCount; ++op) addresses[op] = kLabels[op];
    return 0;
  }
  uint64_t r[kRegisters] = {};
#define GO() goto * i->address
  GO();
#define NEXT() \
  {            \
    ++i;       \
    GO();      \
  }
#define JUMP()     \
  {                \
    i = i->target; \
    GO();          \
  }
#define HALT() return r[2]
#define OP(name, ...) L_##name : __VA_ARGS__
#include "bench/dispatch_ops.inc"
#undef NEXT
#undef JUMP
#undef HALT
}

// --- tail calls ---

#if ASHLAR_MUSTTAIL
using Handler = uint64_t (*)(const Insn* i, uint64_t* r);
#define GO_() \
  [[clang::musttail]] return reinterpret_cast<Handler>(i->address)(i, r)
#define NEXT() \
  {            \
    ++i;       \
    GO_();     \
  }
#define JUMP()     \
  {                \
    i = i->target; \
    GO_();         \
  }
#define HALT() return r[2]
#define OP(name, ...) \
  uint64_t Tail##name([[maybe_unused]] const Insn* i, uint64_t* r) __VA_ARGS__
#include "bench/dispatch_ops.inc"
#undef NEXT
#undef JUMP
#undef HALT

uint64_t RunTailCalls(const Insn* i) {
  uint64_t r[kRegisters] = {};
  return reinterpret_cast<Handler>(i->address)(i, r);
}
#endif

// --- closures ---

// Answers the index of the next one; a trampoline calls them.
using Closure = std::function<uint32_t(uint64_t* r)>;
constexpr uint32_t kHalted = UINT32_MAX;

std::vector<Closure> MakeClosures(const std::vector<Insn>& code) {
  std::vector<Closure> closures;
  for (const Insn& insn : code) {
    const Insn* const i = &insn;
    const auto next = static_cast<uint32_t>(closures.size() + 1);
    const auto target =
        static_cast<uint32_t>(insn.target == nullptr ? 0 : insn.imm);
    switch (insn.op) {
#define NEXT() return next
#define JUMP() return target
#define HALT() return kHalted
#define OP(name, ...)                                         \
  case k##name:                                               \
    closures.push_back([=                                     \
    ]([[maybe_unused]] uint64_t* r) -> uint32_t __VA_ARGS__); \
    break;
#include "bench/dispatch_ops.inc"
#undef NEXT
#undef JUMP
#undef HALT
    }
  }
  return closures;
}

uint64_t RunClosures(const std::vector<Closure>& closures) {
  uint64_t r[kRegisters] = {};
  for (uint32_t i = 0; i != kHalted;) i = closures[i](r);
  return r[2];
}

void Measure(benchmark::State& state, const std::function<uint64_t()>& run) {
  const uint64_t expected = Expected();
  for (auto _ : state) {
    if (run() != expected) return Fail(state, "a wrong result");
  }
}

void Switch(benchmark::State& state) {
  const std::vector<Insn> code = Link(nullptr);
  Measure(state, [&] { return RunSwitch(code.data()); });
}

void Goto(benchmark::State& state) {
  void* addresses[kOpCount];
  RunGoto(nullptr, addresses);
  const std::vector<Insn> code = Link(addresses);
  Measure(state, [&] { return RunGoto(code.data(), nullptr); });
}

void TailCalls(benchmark::State& state) {
#if ASHLAR_MUSTTAIL
  void* const addresses[] = {
#define OP(name, ...) reinterpret_cast<void*>(&Tail##name),
#include "bench/dispatch_ops.inc"
  };
  const std::vector<Insn> code = Link(addresses);
  Measure(state, [&] { return RunTailCalls(code.data()); });
#else
  state.SkipWithError("skipped: this compiler has no guaranteed tail calls");
#endif
}

void Closures(benchmark::State& state) {
  const std::vector<Insn> code = Link(nullptr);
  const std::vector<Closure> closures = MakeClosures(code);
  Measure(state, [&] { return RunClosures(closures); });
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  using namespace ashlar::bench;
  Register("dispatch/switch", Switch);
  Register("dispatch/computed_goto", Goto);
  Register("dispatch/tail_calls", TailCalls);
  Register("dispatch/closures", Closures);
  return Main(argc, argv);
}
