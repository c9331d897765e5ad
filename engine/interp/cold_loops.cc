// Cold paths of loops that copy or fill memory: rounds that are made at once.
#include <algorithm>
#include <cstring>

#include "engine/interp/cold_operands.h"
#include "engine/interp/internals.h"
#include "engine/interp/small_bulk.h"

namespace ashlar::interp {
namespace {

using Internals = Execution::Internals;

#if defined(ASHLAR_UNMETERED)
constexpr bool kIsMetered = false;
#else
constexpr bool kIsMetered = true;
#endif

// How many of these rounds of the loop the slice can pay for.
uint64_t Payable(const Registers& r, uint64_t rounds) {
  const uint64_t cost = Immediate12(r);
  return cost == 0 || !kIsMetered ? rounds : std::min(rounds, r.fuel / cost);
}

// The first `period` bytes are repeated behind themselves, up to `size`.
void Repeat(uint8_t* first, uint64_t period, uint64_t size) {
  for (uint64_t done = period; done < size; done *= 2) {
    std::memcpy(first + done, first, std::min(done, size - done));
  }
}

// One byte after the other, from the first on: what was copied may be copied
// again. `distance` is from `src` to `dst`.
void CopyUp(uint8_t* dst, const uint8_t* src, uint64_t distance,
            uint64_t size) {
  if (distance == 0 || distance >= size) {
    std::memmove(dst, src, size);
  } else {
    Repeat(dst - distance, distance, distance + size);
  }
}

// `value` repeats itself from the first byte on.
void Fill(uint8_t* dst, uint64_t value, uint64_t size) {
  const auto byte = static_cast<uint8_t>(value);
  if (value == RepeatedValue(byte, 0)) {
    std::memset(dst, byte, size);
  } else {
    std::memcpy(dst, &value, std::min<uint64_t>(sizeof value, size));
    Repeat(dst, sizeof value, size);
  }
}

// How many rounds are made at once of a loop over bytes that counts from
// `counter` to `end`: all that are in bounds and can be paid but the last one.
// `address` is the highest one of the first round. Where it counts down, `sum`
// is the lowest one, without its offset.
uint64_t RoundsAtOnce(const Registers& r, bool up, uint32_t counter,
                      uint32_t end, uint64_t address, uint32_t sum) {
  const uint64_t size = r.inst->memory->size_bytes();
  const uint64_t in_bounds = size - std::min(size, address);
  uint64_t rounds = (up ? end - counter : counter - end) - 1;
  if (up) {
    rounds = std::min(rounds, in_bounds);
  } else {
    rounds = in_bounds == 0 ? 0 : std::min(rounds, uint64_t{sum} + 1);
  }
  return Payable(r, rounds);
}

// Where so many bytes are to be written.
uint8_t* Destination(Registers& r, uint64_t address, uint64_t size) {
  r.inst->memory->NoteWrite(address, size);
  return r.mem + address;
}

void Pay(Registers& r, uint64_t rounds) {
  if (kIsMetered) r.fuel -= rounds * Immediate12(r);
}

// They were made.
uint64_t CountRounds(Registers& r, bool up, uint64_t rounds) {
  Pay(r, rounds);
  SlotA(r) = static_cast<uint32_t>(up ? SlotA(r) + rounds : SlotA(r) - rounds);
  return Next(r, 24);
}

uint32_t Sum(const Registers& r, const uint8_t* slots) {
  return static_cast<uint32_t>(r.fp[LoadAs<int16_t>(slots)]) +
         static_cast<uint32_t>(r.fp[LoadAs<int16_t>(slots + 2)]);
}

// LOOP_COPY_ of any size. `up`: it counts by 1; otherwise by -1.
uint64_t CopyRounds(Registers& r, bool up) {
  const uint8_t* const load = LoadAs<const uint8_t*>(r.pc + 16);
  const uint8_t* const store = load + 16;
  const uint32_t from_sum = Sum(r, load + 10);
  const uint32_t to_sum = Sum(r, store + 8);
  uint64_t from = uint64_t{from_sum} + LoadAs<uint16_t>(load + 14);
  uint64_t to = uint64_t{to_sum} + LoadAs<uint32_t>(store + 12);
  const uint64_t rounds = RoundsAtOnce(
      r, up, A32(r), B32(r), std::max(from, to), std::min(from_sum, to_sum));
  if (rounds == 0) return Next(r, 24);
  if (!up) {
    from -= rounds - 1;
    to -= rounds - 1;
  }
  uint8_t* const dst = Destination(r, to, rounds);
  const uint8_t* const src = r.mem + from;
  if (up) {
    CopyUp(dst, src, to - from, rounds);
  } else if (from - to >= rounds) {
    std::memmove(dst, src, rounds);
  } else {
    for (uint64_t k = rounds; k-- > 0;) dst[k] = src[k];
  }
  return CountRounds(r, up, rounds);
}

// LOOP_FILL_ of any size.
uint64_t FillRounds(Registers& r, bool up) {
  const uint8_t* const sum = LoadAs<const uint8_t*>(r.pc + 16) + (up ? 0 : 16);
  const uint32_t first = Sum(r, sum + 10) - (up ? 0 : 1);
  const uint32_t end =
      up ? B32(r) : static_cast<uint32_t>(LoadAs<int16_t>(r.pc + 10));
  uint64_t to = uint64_t{first} + LoadAs<uint32_t>(sum + 28);
  const uint64_t rounds = RoundsAtOnce(r, up, A32(r), end, to, first);
  if (rounds == 0) return Next(r, 24);
  if (!up) to -= rounds - 1;
  Fill(Destination(r, to, rounds), r.inst->fill_value, rounds);
  return CountRounds(r, up, rounds);
}

uint64_t Address(uint64_t pointer, const uint8_t* offset) {
  return uint64_t{static_cast<uint32_t>(pointer)} + LoadAs<uint32_t>(offset);
}

// How many rounds of POINTER_LOOP_ are made at once: all that are in bounds and
// can be paid. `address` is the highest one of the first round; acc holds the
// end.
uint64_t PointerRounds(const Registers& r, uint64_t address) {
  const uint32_t left = static_cast<uint32_t>(r.acc) - A32(r);
  const bool down = LoadAs<int16_t>(r.pc + 28) < 0;
  const uint64_t size = r.inst->memory->size_bytes();
  const uint64_t in_bounds = (size - std::min(size, address)) >> r.pc[11];
  return Payable(
      r, std::min<uint64_t>((down ? 0 - left : left) >> r.pc[10], in_bounds));
}

// They were made and a is what it now is: goes on as the branch does.
uint64_t EndPointerRounds(Registers& r, uint64_t rounds, uint32_t a) {
  const bool ends = a == static_cast<uint32_t>(r.acc);
  const uint64_t next = ends ? LoadAs<uint32_t>(r.pc + 24) : Immediate12(r);
  Pay(r, rounds);
  SlotA(r) = a;
  r.acc = a;
  r.pc = ends ? r.pc + 32 : LoadAs<const uint8_t*>(r.pc + 16);
  if (!kIsMetered) return kGoOn;
  const bool is_paid = next <= r.fuel;
  r.fuel -= next;
  return is_paid ? kGoOn : Internals::Refill(r);
}

// What a is behind so many rounds.
uint32_t Counted(Registers& r, uint64_t rounds) {
  const auto step = static_cast<uint32_t>(LoadAs<int16_t>(r.pc + 28));
  return A32(r) + static_cast<uint32_t>(rounds) * step;
}

}  // namespace

// POINTER_COPY_ of any size.
uint64_t ColdPointerCopy(Registers& r) {
  const uint8_t* const load = LoadAs<const uint8_t*>(r.pc + 16);
  uint64_t& from = r.fp[LoadAs<int16_t>(load + 10)];
  uint64_t& to = r.fp[LoadAs<int16_t>(load + 24)];
  const uint64_t s = Address(from, load + 12);
  const uint64_t d = Address(to, load + 28);
  const uint64_t rounds = PointerRounds(r, std::max(s, d));
  const uint32_t a = Counted(r, rounds);
  if (rounds != 0) {
    const uint64_t size = rounds << r.pc[11];
    CopyUp(Destination(r, d, size), r.mem + s, d - s, size);
    from = static_cast<uint32_t>(from + size);
    to = static_cast<uint32_t>(to + size);
  }
  return EndPointerRounds(r, rounds, a);
}

// POINTER_FILL_ of any size.
uint64_t ColdPointerFill(Registers& r) {
  const uint8_t* const store = LoadAs<const uint8_t*>(r.pc + 16);
  uint64_t& to = r.fp[LoadAs<int16_t>(store + 8)];
  const uint64_t d = Address(to, store + 12);
  const uint64_t rounds = PointerRounds(r, d);
  const uint32_t a = Counted(r, rounds);
  if (rounds != 0) {
    const uint64_t size = rounds << r.pc[11];
    Fill(Destination(r, d, size), r.inst->fill_value, size);
    to = static_cast<uint32_t>(to + size);
  }
  return EndPointerRounds(r, rounds, a);
}

uint64_t ColdLoopCopy(Registers& r) { return CopyRounds(r, true); }
uint64_t ColdLoopCopyDown(Registers& r) { return CopyRounds(r, false); }
uint64_t ColdLoopFill(Registers& r) { return FillRounds(r, true); }
uint64_t ColdLoopFillDown(Registers& r) { return FillRounds(r, false); }

}  // namespace ashlar::interp
