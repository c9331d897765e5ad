// Internal operations and the layout of their instructions.
//
// An instruction begins with the 8-byte address of its handler. Fields:
//   8  i16 a   10 i16 b   12 i16 c   14 i16 d     slots relative to fp
//   12 i32/u32 imm (shares c and d)
//   branches: 12 u32 cost, 16 u64 absolute target, 24 u32 cost of not taking
// Most are 16 bytes long; the .inc files say where not.
#ifndef ENGINE_INTERP_OP_H_
#define ENGINE_INTERP_OP_H_

#include <cstdint>

namespace ashlar::interp {

enum Op : uint16_t {
#define HANDLER(name, ...) kOp##name,
#include "engine/interp/ops.inc"
  kOpCount
};

// Forms, as distances from an operation's first (ops_numeric.inc,
// ops_memory.inc).
inline constexpr uint32_t kBinForms = 5;
inline constexpr uint32_t kFormImm = 3;

// What must stand in the first 8 bytes of an instruction, by Op. kOpCount
// entries with static storage.
const uint64_t* HandlerTable();

// memory.fill and copy of at most so many bytes need no call.
inline constexpr uint8_t kSmallBulkBytes = 64;

// Header before a function's entry: {i32 frame slots, u32 first run's cost}.
inline constexpr uint32_t kEntryHeaderBytes = 8;
// Frame slots of a function that is not translated yet: no stack has so many,
// so that a call fails its check and goes to the cold path. The function's
// index then stands in the place of the cost.
inline constexpr int32_t kLazyFrameSlots = INT32_MAX;

// The comparisons stand in the order eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s
// ge_u, for i32 and for i64, and so do the branches made of them.
static_assert(kOpI32GeU_SS == kOpI32Eq_SS + 9 * kBinForms);
static_assert(kOpI64GeU_SS == kOpI64Eq_SS + 9 * kBinForms);
static_assert(kOpBrI32GeU_SS == kOpBrI32Eq_SS + 9 * kBinForms);
static_assert(kOpBrI64Eq_SS == kOpBrI32Eq_SS + 10 * kBinForms);
static_assert(kOpBrI64GeU_SS == kOpBrI64Eq_SS + 9 * kBinForms);

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_OP_H_
