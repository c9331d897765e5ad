// Which handlers often follow which in contracts: in over a quarter of the
// cases, most in half. A handler looks for its followers by a branch before it
// jumps to wherever the next instruction says, since processors predict a
// branch better (bench/EXECUTION.md).
#ifndef ENGINE_INTERP_FOLLOWERS_H_
#define ENGINE_INTERP_FOLLOWERS_H_

// FOLLOWS(handler, follower), in the order in which they are looked for.
#define ASHLAR_FOLLOWERS(FOLLOWS)     \
  FOLLOWS(Copy2_SS, Call)             \
  FOLLOWS(Copy2_AS, Call)             \
  FOLLOWS(Copy_S, Call)               \
  FOLLOWS(ConstU32, Call)             \
  FOLLOWS(Call, Zero1)                \
  FOLLOWS(Call, Zero4)                \
  FOLLOWS(Zero1, GlobalAdd)           \
  FOLLOWS(Zero4, GlobalAdd)           \
  FOLLOWS(ZeroN, GlobalAdd)           \
  FOLLOWS(GlobalAdd, I32Add_AI)       \
  FOLLOWS(GlobalSetSum, Return0)      \
  FOLLOWS(I32Load8U_S, I32Store8_SA)  \
  FOLLOWS(I64Load_S, I64Store_SA)     \
  FOLLOWS(I64Load_SI, I64Store_SA)    \
  FOLLOWS(I32Load8U_SS, I32Store8_XA) \
  FOLLOWS(I32Store8_XA, I32Add_SI)    \
  FOLLOWS(I32Store8_AI, I32Add_AI)    \
  FOLLOWS(I64Store_SA, I32Add_SI)     \
  FOLLOWS(I64Store_AI, I32Add_SI)     \
  FOLLOWS(I32Add_SS, I32Store_SA)     \
  FOLLOWS(I32Add_AS, I32Store_SA)     \
  FOLLOWS(I32Sub_SS, I32Store_SA)     \
  FOLLOWS(I32Sub_AS, I32Store_SA)     \
  FOLLOWS(I32Or_SA, I32Store_SA)      \
  FOLLOWS(I32And_SI, I32Store8_SA)    \
  FOLLOWS(I32Add_AI, Copy_S)          \
  FOLLOWS(I64LtU_SS, I64ExtendI32U_A) \
  FOLLOWS(I64ExtendI32U_A, I64Add_SA) \
  FOLLOWS(I64Add_SA, I64Store_SA)

#endif  // ENGINE_INTERP_FOLLOWERS_H_
