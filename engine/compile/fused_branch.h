// Comparisons, their opposites, and the branches that take their place.
#ifndef ENGINE_COMPILE_FUSED_BRANCH_H_
#define ENGINE_COMPILE_FUSED_BRANCH_H_

#include <cstdint>
#include <initializer_list>

#include "engine/interp/op.h"

namespace ashlar::compile {

// eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u -> negated.
inline constexpr uint8_t kNegated[10] = {1, 0, 8, 9, 6, 7, 4, 5, 2, 3};

// What an integer comparison, eqz or i32.and becomes where a branch takes its
// place: the branch's operation, that of the opposite one, their form.
struct FusedBranch {
  uint16_t op;
  uint16_t inverted;
  uint8_t form;
};
// The comparisons of integers stand together, eqz before the others of its
// type (_S, _A: as a comparison with the constant 0), and i32.and apart.
inline constexpr uint32_t kIntegerTests = 2 * (2 + 10 * interp::kBinForms);
static_assert(interp::kOpI32Eq_SS == interp::kOpI32Eqz_S + 2);
static_assert(interp::kOpI64Eqz_S == interp::kOpI32Eqz_S + kIntegerTests / 2);
static_assert(interp::kOpI64Eq_SS == interp::kOpI64Eqz_S + 2);
static_assert(interp::kOpF32Eq_SS == interp::kOpI32Eqz_S + kIntegerTests);

struct FusedBranches {
  FusedBranch rows[kIntegerTests + interp::kBinForms] = {};

  constexpr FusedBranches() {
    using namespace interp;
    FusedBranch* row = rows;
    for (const uint32_t first : {kOpBrI32Eq_SS, kOpBrI64Eq_SS}) {
      for (uint32_t form = kFormImm; form < kBinForms; ++form) {
        *row++ = Row(first, first + kNegated[0] * kBinForms, form);
      }
      for (uint32_t which = 0; which < 10; ++which) {
        for (uint32_t form = 0; form < kBinForms; ++form) {
          *row++ = Row(first + which * kBinForms,
                       first + kNegated[which] * kBinForms, form);
        }
      }
    }
    for (uint32_t form = 0; form < kBinForms; ++form) {
      *row++ = Row(kOpBrI32AndNotZero_SS, kOpBrI32AndZero_SS, form);
    }
  }
  static constexpr FusedBranch Row(uint32_t op, uint32_t inverted,
                                   uint32_t form) {
    return {static_cast<uint16_t>(op + form),
            static_cast<uint16_t>(inverted + form), static_cast<uint8_t>(form)};
  }
};
inline constexpr FusedBranches kFusedBranches;

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_FUSED_BRANCH_H_
