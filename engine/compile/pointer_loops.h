// Translator: loops that count pointers. Included by translate.cc only.
#ifndef ENGINE_COMPILE_POINTER_LOOPS_H_
#define ENGINE_COMPILE_POINTER_LOOPS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>

#include "engine/compile/loops.h"

namespace ashlar::compile {

// What such a loop reads and writes: the load from a slot's address, the
// store's first form, the log2 of their bytes.
struct PointerAccess {
  uint32_t load;
  uint32_t store;
  uint8_t width_log2;
};
inline constexpr PointerAccess kPointerAccesses[] = {
    {interp::kOpI32Load8U_S, interp::kOpI32Store8_SS, 0},
    {interp::kOpI32Load_S, interp::kOpI32Store_SS, 2},
    {interp::kOpI64Load_S, interp::kOpI64Store_SS, 3}};

// The slots to which each round adds its bytes; `from` is kNone where nothing
// is read.
struct Pointers {
  int32_t to;
  int32_t from;
  uint32_t width;
  bool to_counted = false;
  bool from_counted = false;

  bool Has(int16_t slot) const { return slot == to || slot == from; }
  // An addition; false: it is not one of those, or stands there twice.
  bool Count(int16_t slot, int32_t by) {
    bool* const counted = slot == to ? &to_counted : &from_counted;
    if (!Has(slot) || *counted || by != static_cast<int32_t>(width)) {
      return false;
    }
    return *counted = true;
  }
  bool AreCounted() const {
    return to_counted && (from_counted || from == kNone);
  }
};

// From its first instruction to the branch back.
inline constexpr ptrdiff_t kPointerLoopBytesMax = 64;

// `branch` goes back to the loop that begins at `first`. Where it adds, the
// loop may be one that copies or fills: then it makes many rounds at once. All
// that a round changes is what it loads, which nothing else uses, the pointers,
// and the branch's sum, which may be a pointer. Rare, so that it is not to be a
// part of the step.
__attribute__((noinline)) inline void TryPointerLoop(const State* s,
                                                     const uint8_t* first,
                                                     uint8_t* branch) {
  using namespace interp;
  const auto is = [&](const uint8_t* p, uint32_t op) {
    return Get<uint64_t>(p) == s->handlers[op];
  };
  const bool is_less = is(branch, kOpAddBrI32LtU_S);
  if (!is_less && !is(branch, kOpAddBrI32Ne_I)) return;
  const PointerAccess* const access =
      std::find_if(std::begin(kPointerAccesses), std::end(kPointerAccesses),
                   [&](const PointerAccess& a) {
                     return is(first, a.load) || is(first, a.store) ||
                            is(first, a.store + kFormImm);
                   });
  if (access == std::end(kPointerAccesses)) return;
  const bool copies = is(first, access->load);
  const uint8_t* const store = copies ? first + 16 : first;
  // Execution may stop where the value of a local can be seen.
  if (copies &&
      (!is(store, access->store + 2) || Get<int16_t>(first + 8) < s->temps)) {
    return;
  }
  Pointers pointers = {.to = Get<int16_t>(store + 8),
                       .from = copies ? Get<int16_t>(first + 10) : kNone,
                       .width = 1u << access->width_log2};
  const auto counts = [&](const uint8_t* add, int32_t by) {
    return Get<int16_t>(add + 8) == Get<int16_t>(add + 10) &&
           pointers.Count(Get<int16_t>(add + 8), by);
  };
  for (const uint8_t* add = store + 16; add != branch; add += 16) {
    if (!is(add, kOpI32Add_SI) || !counts(add, Get<int32_t>(add + 12))) return;
  }
  const auto sum = Get<int16_t>(branch + 8);
  const int32_t step = Get<int16_t>(branch + 28);
  const auto by = static_cast<uint32_t>(std::abs(step));
  if (pointers.Has(sum) ? !counts(branch, step)
                        : sum != Get<int16_t>(branch + 10) || by == 0 ||
                              (by & (by - 1)) != 0 || (is_less && step < 0)) {
    return;
  }
  const auto keeps = [&](const uint8_t* slot) {
    return !pointers.Has(Get<int16_t>(slot)) && Get<int16_t>(slot) != sum;
  };
  const bool of_slot = is(store, access->store);
  if (!pointers.AreCounted() || (is_less && !keeps(branch + 30)) ||
      (of_slot && !keeps(store + 10))) {
    return;
  }
  const uint32_t op =
      copies ? (is_less ? kOpPointerCopyLtU : kOpPointerCopyNe)
             : (is_less ? kOpPointerFillLtU_S : kOpPointerFillNe_S) + !of_slot;
  Put<uint64_t>(branch, s->handlers[op]);
  branch[10] = static_cast<uint8_t>(__builtin_ctz(by));
  branch[11] = access->width_log2;
}

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_POINTER_LOOPS_H_
