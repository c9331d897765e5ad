// The translator's steps: what handles the instructions of each class, and how
// one leads to the next. Included by translate.cc only.
//
// With clang a step is a function that ends in a tail call of the next one. GCC
// has no guaranteed tail calls, and steps that return to a loop took 1.3 times
// as long: there all steps are labels of one function.
#ifndef ENGINE_COMPILE_STEPS_H_
#define ENGINE_COMPILE_STEPS_H_

#include "engine/compile/bulk.h"
#include "engine/compile/followers.h"

namespace ashlar::compile {

// What is written may change the few instructions right before it: the records
// of a place stand once so much code stands behind it.
inline constexpr ptrdiff_t kRecordMarginBytes = 256;

// An instruction that took the place of the ones before it, a fused load,
// begins where they did, and so do those between that wrote nothing. So the
// records are in the order of the code, too. True: there are enough of them,
// and the translation may stop.
inline bool Record(State* s, const uint8_t* out_before, uint32_t op_before,
                   const Translator& t) {
  Context* const c = s->context;
  const uint8_t* from = out_before;
  if (t.out() < out_before ||
      (t.out() == out_before && s->last_op != op_before)) {
    from = s->last;
    MoveRecords(c, from, from);
  }
  c->records->push_back({static_cast<uint32_t>(from - c->code_begin),
                         static_cast<uint32_t>(c->at - c->begin)});
  c->at = t.ip();
  return t.out() - c->last_place > kRecordMarginBytes;
}

// STEP(class, call): false: the body is not valid. FAST(class, fast, call): the
// fast form does the common case; where it answers false it has changed
// nothing, or the body is not valid, and the other form decides. BODY(class,
// body): all that the step does.
#define STEPS(STEP, FAST, BODY)                                  \
  FAST(kBinary, BinaryFast<false>(d), Binary<false>(d))          \
  FAST(kCompare, BinaryFast<true>(d), Binary<true>(d))           \
  STEP(kEqz, Eqz(d))                                             \
  STEP(kUnary, Unary(d))                                         \
  STEP(kFloatBinary, FloatBinary(d))                             \
  STEP(kFloatCompare, FloatBinary(d))                            \
  STEP(kFloatUnary, FloatUnary(d))                               \
  STEP(kRetype, Retype(d))                                       \
  FAST(kLoad, LoadOp<true>(d), LoadOp<false>(d))                 \
  FAST(kStore, StoreOp<true>(d), StoreOp<false>(d))              \
  STEP(kFloatLoad, FloatLoad(d))                                 \
  STEP(kFloatStore, FloatStore(d))                               \
  STEP(kUnreachable, Unreachable())                              \
  STEP(kNop, Nop())                                              \
  STEP(kBlock, EnterBlock(Control::kBlock))                      \
  STEP(kLoop, EnterBlock(Control::kLoop))                        \
  STEP(kIf, EnterIf())                                           \
  STEP(kElse, Else())                                            \
  STEP(kBr, Branch())                                            \
  STEP(kBrIf, BranchIf())                                        \
  STEP(kBrTable, BranchTable())                                  \
  STEP(kReturn, Return())                                        \
  FAST(kCall, CallOp<true>(), CallOp<false>())                   \
  STEP(kCallIndirect, CallIndirect())                            \
  STEP(kReturnCall, ReturnCall())                                \
  STEP(kReturnCallIndirect, ReturnCallIndirect())                \
  STEP(kDrop, Drop())                                            \
  STEP(kSelect, Select(false))                                   \
  STEP(kSelectT, Select(true))                                   \
  FAST(kLocalGet, LocalGet<true>(), LocalGet<false>())           \
  FAST(kLocalSet, LocalSet<true>(false), LocalSet<false>(false)) \
  FAST(kLocalTee, LocalSet<true>(true), LocalSet<false>(true))   \
  STEP(kGlobalGet, GlobalGet())                                  \
  STEP(kGlobalSet, GlobalSet())                                  \
  STEP(kTableGet, TableOp(Class::kTableGet))                     \
  STEP(kTableSet, TableOp(Class::kTableSet))                     \
  STEP(kRefNull, References(Class::kRefNull))                    \
  STEP(kRefIsNull, References(Class::kRefIsNull))                \
  STEP(kRefFunc, References(Class::kRefFunc))                    \
  FAST(kI32Const, ConstI32<true>(), ConstI32<false>())           \
  STEP(kI64Const, ConstI64())                                    \
  STEP(kF32Const, ConstF32())                                    \
  STEP(kF64Const, ConstF64())                                    \
  STEP(kMemorySize, Memory(Class::kMemorySize))                  \
  STEP(kMemoryGrow, Memory(Class::kMemoryGrow))                  \
  STEP(kMemoryInit, Memory(Class::kMemoryInit))                  \
  STEP(kDataDrop, Memory(Class::kDataDrop))                      \
  STEP(kMemoryCopy, Memory(Class::kMemoryCopy))                  \
  STEP(kMemoryFill, Memory(Class::kMemoryFill))                  \
  STEP(kTableInit, TableOp(Class::kTableInit))                   \
  STEP(kElemDrop, TableOp(Class::kElemDrop))                     \
  STEP(kTableCopy, TableOp(Class::kTableCopy))                   \
  STEP(kTableGrow, TableOp(Class::kTableGrow))                   \
  STEP(kTableSize, TableOp(Class::kTableSize))                   \
  STEP(kTableFill, TableOp(Class::kTableFill))                   \
  BODY(kEnd, END_STEP)                                           \
  BODY(kPrefix, PREFIX_STEP)                                     \
  BODY(kIllegal, { return false; })

#define COUNT(...) +1
static_assert(STEPS(COUNT, COUNT, COUNT) == kClasses);
#undef COUNT

// Goes on with the next instruction. To what often follows by a branch, which
// processors predict far better than the jump by the table: 0.77 of the time of
// nine modules (bench/TRANSLATION.md).
#define IF_NEXT(t, name)                     \
  if (*(t).ip() == KnownOpcode(Class::name)) \
  GO_TO(t, name, s->rows[KnownOpcode(Class::name)])
#define FOLLOW(t, name)                                        \
  {                                                            \
    constexpr Followers kFollowers = FollowersOf(Class::name); \
    if constexpr (kFollowers.operand) {                        \
      IF_NEXT(t, kLocalGet)                                    \
      IF_NEXT(t, kI32Const)                                    \
    }                                                          \
    if constexpr (kFollowers.condition) {                      \
      IF_NEXT(t, kBrIf)                                        \
      IF_NEXT(t, kIf)                                          \
    }                                                          \
    if constexpr (kFollowers.load) IF_NEXT(t, kLoad)           \
    if constexpr (kFollowers.br) IF_NEXT(t, kBr)               \
    if constexpr (kFollowers.end) IF_NEXT(t, kEnd)             \
    NEXT_STEP(t, s->rows[*t.ip()], 1);                         \
  }

#define RECORD()                                   \
  if constexpr (kRecord) {                         \
    if (Record(s, out, op_before, t)) return true; \
  }
#define CALL_STEP(name, call, if_false)                     \
  {                                                         \
    Translator t(s, ip, sp, out, cost);                     \
    [[maybe_unused]] const uint32_t op_before = s->last_op; \
    if (ASHLAR_UNLIKELY(!t.call)) {                         \
      if_false;                                             \
    }                                                       \
    RECORD()                                                \
    FOLLOW(t, name)                                         \
  }
#define END_STEP                                            \
  {                                                         \
    Translator t(s, ip, sp, out, cost);                     \
    [[maybe_unused]] const uint32_t op_before = s->last_op; \
    if (s->control->kind == Control::kFunction) {           \
      if (!t.EndFunction() || !t.Finish()) return false;    \
      RECORD()                                              \
      return true;                                          \
    }                                                       \
    if (ASHLAR_UNLIKELY(!t.End())) return false;            \
    RECORD()                                                \
    FOLLOW(t, kEnd)                                         \
  }
#define PREFIX_STEP                             \
  {                                             \
    Translator t(s, ip, sp, out, cost);         \
    const uint32_t code = t.U32();              \
    if (code >= kPrefixedOpcodes) return false; \
    NEXT_STEP(t, s->rows[256 + code], 0);       \
  }

#if defined(__clang__)

#define STEP_AT(t, step_, row_, skip)                       \
  {                                                         \
    const StepRow& row = row_;                              \
    [[clang::musttail]] return step_(                       \
        s, (t).ip() + (skip), (t).sp(), (t).out(),          \
        (t).cost() + row.descriptor.price, row.descriptor); \
  }
// Goes on with the instruction of `row`, whose immediates stand `skip` bytes
// behind the cursor; with the step of a class where that is known.
#define NEXT_STEP(t, row, skip) STEP_AT(t, row.step, row, skip)
#define GO_TO(t, name, row) STEP_AT(t, Step_##name<kRecord>, row, 1)
// Steps begin with a cache line: 0.987 of the time over 16 orders in which a
// linker may place them, and less between the best and the worst of these.
#define STEP_FUNCTION(name, body)                                             \
  template <bool kRecord>                                                     \
  __attribute__((aligned(64))) ASHLAR_STEP_CALL bool name(ASHLAR_STEP_PARAMS) \
      body
#define DECLARE(name, ...) STEP_FUNCTION(Step_##name, ;)
STEPS(DECLARE, DECLARE, DECLARE)
#undef DECLARE
#define STEP(name, call) \
  STEP_FUNCTION(Step_##name, CALL_STEP(name, call, return false))
#define FAST(name, fast, call)                                             \
  STEP_FUNCTION(Slow_##name, CALL_STEP(name, call, return false))          \
  STEP_FUNCTION(Step_##name,                                               \
                CALL_STEP(name, fast,                                      \
                          [[clang::musttail]] return Slow_##name<kRecord>( \
                              s, ip, sp, out, cost, d)))
#define BODY(name, body) STEP_FUNCTION(Step_##name, body)
STEPS(STEP, FAST, BODY)
#undef STEP
#undef FAST
#undef BODY

// The steps by class.
template <bool kRecord>
void ListSteps(Step* by_class) {
#define STEP(name, ...) \
  by_class[static_cast<size_t>(Class::name)] = &Step_##name<kRecord>;
  STEPS(STEP, STEP, STEP)
#undef STEP
}

// Handles a body from the instruction of `first`, whose immediates stand at
// `ip`. False: the body is not valid.
inline bool RunSteps(State* s, const uint8_t* ip, Entry* sp, uint8_t* out,
                     uint32_t cost, const StepRow& first) {
  return first.step(s, ip, sp, out, cost, first.descriptor);
}

#else

// A step reads of its descriptor what it needs: handed on in variables, all
// fields would be read at each jump. Of the two statements without code, the
// first keeps the row's address from being computed twice; the second, another
// one at each place, keeps GCC from merging the jumps of all steps into one.
#define STEP_AT(t, row_, skip) \
  row = &row_;                 \
  __asm__("" : "+r"(row));     \
  ip = (t).ip() + (skip);      \
  sp = (t).sp();               \
  out = (t).out();             \
  cost = (t).cost() + row->descriptor.price;
#define NEXT_STEP(t, row_, skip)             \
  STEP_AT(t, row_, skip)                     \
  __asm__ volatile("" : : "i"(__COUNTER__)); \
  goto* reinterpret_cast<void*>(row->step)
#define GO_TO(t, name, row_) \
  {                          \
    STEP_AT(t, row_, 1)      \
    goto name;               \
  }

// Lists the steps by class, or runs them from `row` on. A copy of the function
// would have other labels.
template <bool kRecord>
__attribute__((noinline, noclone)) bool ListOrRun(State* s, const StepRow* row,
                                                  const uint8_t* ip, Entry* sp,
                                                  uint8_t* out, uint32_t cost,
                                                  Step* by_class) {
  if (by_class != nullptr) {
#define STEP(name, ...) \
  by_class[static_cast<size_t>(Class::name)] = reinterpret_cast<Step>(&&name);
    STEPS(STEP, STEP, STEP)
#undef STEP
    return true;
  }
  goto* reinterpret_cast<void*>(row->step);
#define BODY(name, body)                                   \
  name: {                                                  \
    [[maybe_unused]] const Descriptor d = row->descriptor; \
    body                                                   \
  }
#define STEP(name, call) BODY(name, CALL_STEP(name, call, return false))
#define FAST(name, fast, call)                        \
  BODY(name, CALL_STEP(name, fast, goto Slow_##name)) \
  BODY(Slow_##name, CALL_STEP(name, call, return false))
  STEPS(STEP, FAST, BODY)
#undef STEP
#undef FAST
#undef BODY
}

template <bool kRecord>
void ListSteps(Step* by_class) {
  ListOrRun<kRecord>(nullptr, nullptr, nullptr, nullptr, nullptr, 0, by_class);
}

inline bool RunSteps(State* s, const uint8_t* ip, Entry* sp, uint8_t* out,
                     uint32_t cost, const StepRow& first) {
  return (s->context->records != nullptr
              ? &ListOrRun<true>
              : &ListOrRun<false>)(s, &first, ip, sp, out, cost, nullptr);
}

#endif

#undef STEP_AT
#undef GO_TO
#undef NEXT_STEP
#undef IF_NEXT
#undef FOLLOW
#undef RECORD
#undef CALL_STEP
#undef END_STEP
#undef PREFIX_STEP
#undef STEPS

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_STEPS_H_
