// The handlers, direct-threaded. With clang each is a function that ends in a
// guaranteed tail call; with GCC before 15, which has none, all are labels of
// one function. The bodies are the same (ops_*.inc).
#include <cstddef>

#include "engine/interp/followers.h"
#include "engine/interp/internals.h"
#include "engine/interp/op.h"
#include "engine/interp/registers.h"
#include "engine/interp/semantics.h"
#include "engine/interp/small_bulk.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#if defined(__clang__)
#define ASHLAR_TAIL_CALLS 1
#else
#define ASHLAR_TAIL_CALLS 0
#endif

// Fields of the instruction at pc.
#define A_ LoadAs<int16_t>(pc + 8)
#define B_ LoadAs<int16_t>(pc + 10)
#define C_ LoadAs<int16_t>(pc + 12)
#define D_ LoadAs<int16_t>(pc + 14)
#define UD_ LoadAs<uint16_t>(pc + 14)
#define IMM_ LoadAs<int32_t>(pc + 12)
#define UIMM_ LoadAs<uint32_t>(pc + 12)
#define COST_ LoadAs<uint32_t>(pc + 12)
#define TARGET_ LoadAs<const uint8_t *>(pc + 16)
#define COST_FALSE_ LoadAs<uint32_t>(pc + 24)
#define HEADER_FIELD_(field) \
  LoadAs<uint64_t>(mem - (sizeof(MemoryHeader) - offsetof(MemoryHeader, field)))
#define MEMORY_SIZE_ HEADER_FIELD_(size_bytes)
// Notes a write of at most kWriteSlackBytes.
#define NOTE_WRITE_(ea) \
  ((uint8_t *)HEADER_FIELD_(written))[(ea) >> kWriteStepShift] = 1;
#define STACK_END_ inst->stack_end

#if defined(ASHLAR_UNMETERED)
#define CHARGE_(cost) (void)(cost);
#define CHARGE_AT_(cost, where) (void)(cost);
#define CAN_PAY_(cost) true
#define PAY_(cost) (void)(cost);
#else
#define CHARGE_(cost)                                                  \
  if (UNLIKELY(__builtin_sub_overflow(fuel, (uint64_t)(cost), &fuel))) \
  COLD(ColdRefill)
#define CAN_PAY_(cost) ((cost) <= fuel)
#define PAY_(cost) fuel -= (cost);
// An unpaid charge stands at `where`.
#define CHARGE_AT_(cost, where)                                          \
  if (UNLIKELY(__builtin_sub_overflow(fuel, (uint64_t)(cost), &fuel))) { \
    pc = (where);                                                        \
    COLD(ColdRefill)                                                     \
  }
#endif
// Goes on at pc. What often follows this handler it finds by a branch.
#define LOOK_AND_DISPATCH    \
  ASHLAR_FOLLOWERS(IF_NEXT_) \
  DISPATCH
#define IF_NEXT_(handler, follower)                 \
  if constexpr (kSelf == kOp##handler) {            \
    if (LIKELY(IS_NEXT(follower))) GO_TO(follower); \
  }
// Pays and goes on at `target`. An unpaid charge leaves `fuel` wrapped below
// zero; ColdRefill makes it good from the reserve and goes on at pc.
#define JUMP_(cost, target, go_on) \
  {                                \
    const uint32_t cost_ = (cost); \
    pc = (target);                 \
    CHARGE_(cost_)                 \
    go_on;                         \
  }
#define JUMP(cost, target) JUMP_(cost, target, DISPATCH)
// Begins a function whose frame is made.
#define BEGIN(entry) \
  JUMP_(LoadAs<uint32_t>((entry) - 4), entry, LOOK_AND_DISPATCH)
#define NEXT(size) \
  pc += (size);    \
  LOOK_AND_DISPATCH
#define KEEP_APART_ __asm__ volatile("");
// Two slots read at once would have to wait until both have been written out.
#define NO_WIDE_ACCESS_ __asm__ volatile("" ::: "memory");

namespace ashlar::interp {

#if ASHLAR_TAIL_CALLS

#define PARAMS_                                                       \
  [[maybe_unused]] const uint8_t *pc, [[maybe_unused]] uint64_t *fp,  \
      [[maybe_unused]] uint8_t *mem, [[maybe_unused]] uint64_t fuel,  \
      [[maybe_unused]] uint64_t acc, [[maybe_unused]] Instance *inst, \
      [[maybe_unused]] float acc_f32, [[maybe_unused]] double acc_f64
#define ARGS_ pc, fp, mem, fuel, acc, inst, acc_f32, acc_f64
#define DISPATCH [[clang::musttail]] return LoadAs<Handler>(pc)(ARGS_)
// With this where another arm ends in DISPATCH, what the two have in common at
// their ends stays too short for LLVM to make one of it.
#define DISPATCH_APART                      \
  {                                         \
    Handler next = LoadAs<Handler>(pc);     \
    __asm__ volatile("" : "+r"(next));      \
    [[clang::musttail]] return next(ARGS_); \
  }
#define IS_NEXT(name) (LoadAs<Handler>(pc) == &Handle##name)
#define GO_TO(name) [[clang::musttail]] return Handle##name(ARGS_)
#define COLD(name) [[clang::musttail]] return Handle##name(ARGS_);
#define TRAP(name) [[clang::musttail]] return HandleTrap<Trap::k##name>(ARGS_);

namespace {

using Handler = uint64_t (*)(PARAMS_);

template <Trap kTrap>
__attribute__((noinline, cold)) uint64_t HandleTrap(PARAMS_) {
  Registers r{ARGS_};
  return ColdTrap(r, kTrap);
}

#define COLD_PATH(name)                                                       \
  [[maybe_unused]] __attribute__((noinline)) uint64_t Handle##name(PARAMS_) { \
    Registers r{ARGS_};                                                       \
    if (uint64_t exit = name(r); exit != kGoOn) return exit;                  \
    pc = r.pc;                                                                \
    fp = r.fp;                                                                \
    mem = r.mem;                                                              \
    fuel = r.fuel;                                                            \
    acc = r.acc;                                                              \
    inst = r.inst;                                                            \
    acc_f32 = r.acc_f32;                                                      \
    acc_f64 = r.acc_f64;                                                      \
    DISPATCH;                                                                 \
  }
#include "engine/interp/cold_paths.def"

#define HANDLER(name, ...) uint64_t Handle##name(PARAMS_);
#include "engine/interp/ops.inc"

// Most handlers fit into one cache line when they begin with it: worth 2 % of
// time over all kernels, and up to 20 % of those that execute many of them.
// None is inlined into another, which would save registers for it that it
// rarely needs.
#define HANDLER(name, ...)                                                \
  __attribute__((aligned(64), noinline)) uint64_t Handle##name(PARAMS_) { \
    [[maybe_unused]] constexpr Op kSelf = kOp##name;                      \
    __VA_ARGS__                                                           \
  }
#include "engine/interp/ops.inc"

struct Table_ {
  uint64_t address[kOpCount];
};

}  // namespace

const uint64_t *HandlerTable() {
  static const Table_ table = {{
#define HANDLER(name, ...) reinterpret_cast<uint64_t>(&Handle##name),
#include "engine/interp/ops.inc"
  }};
  return table.address;
}

Exit RunHandlers(const Registers &r) {
  return static_cast<Exit>(LoadAs<Handler>(r.pc)(r.pc, r.fp, r.mem, r.fuel,
                                                 r.acc, r.inst, r.acc_f32,
                                                 r.acc_f64) -
                           1);
}

#else  // computed goto

#define DISPATCH goto *LoadAs<void *>(pc)
#define DISPATCH_APART DISPATCH
// The statement without code, another one in each handler, keeps GCC from
// making one of the ends of handlers that look for the same one.
#define IS_NEXT(name)                    \
  ({                                     \
    __asm__ volatile("" : : "i"(kSelf)); \
    LoadAs<void *>(pc) == &&L_##name;    \
  })
#define GO_TO(name) goto L_##name
#define COLD(name)      \
  {                     \
    cold = &name;       \
    goto run_cold_path; \
  }
#define TRAP(name)        \
  {                       \
    trap = Trap::k##name; \
    goto run_trap;        \
  }

namespace {

// With null registers: fills `table` with the handlers' addresses. All labels
// begin with a cache line: 0.84 of the time of 18 kernels (bench/README.md).
__attribute__((optimize("align-labels=64"))) uint64_t
RunOrTable(const Registers *start, uint64_t *table) {
  if (start == nullptr) {
    static const void *const kLabels[] = {
#define HANDLER(name, ...) &&L_##name,
#include "engine/interp/ops.inc"
    };
    for (uint32_t i = 0; i < kOpCount; ++i) {
      table[i] = reinterpret_cast<uint64_t>(kLabels[i]);
    }
    return 0;
  }
  const uint8_t *pc = start->pc;
  uint64_t *fp = start->fp;
  uint8_t *mem = start->mem;
  uint64_t fuel = start->fuel;
  uint64_t acc = start->acc;
  Instance *inst = start->inst;
  float acc_f32 = start->acc_f32;
  double acc_f64 = start->acc_f64;
  uint64_t (*cold)(Registers &) = nullptr;
  Trap trap = Trap::kNone;
  DISPATCH;

#define HANDLER(name, ...)                           \
  L_##name : {                                       \
    [[maybe_unused]] constexpr Op kSelf = kOp##name; \
    __VA_ARGS__                                      \
  }
#include "engine/interp/ops.inc"

run_cold_path: {
  Registers r{pc, fp, mem, fuel, acc, inst, acc_f32, acc_f64};
  if (uint64_t exit = cold(r); exit != kGoOn) return exit;
  pc = r.pc;
  fp = r.fp;
  mem = r.mem;
  fuel = r.fuel;
  acc = r.acc;
  inst = r.inst;
  acc_f32 = r.acc_f32;
  acc_f64 = r.acc_f64;
  DISPATCH;
}
run_trap: {
  Registers r{pc, fp, mem, fuel, acc, inst, acc_f32, acc_f64};
  return ColdTrap(r, trap);
}
}

struct Table_ {
  uint64_t address[kOpCount];
  Table_() { RunOrTable(nullptr, address); }
};

}  // namespace

const uint64_t *HandlerTable() {
  static const Table_ table;
  return table.address;
}

Exit RunHandlers(const Registers &r) {
  return static_cast<Exit>(RunOrTable(&r, nullptr) - 1);
}

#endif

}  // namespace ashlar::interp
