// Cold paths of memory and table instructions. Order (FUEL.md rule 5): check
// bounds, charge all of it, act.
#include <algorithm>
#include <cstring>

#include "engine/interp/code.h"
#include "engine/interp/internals.h"
#include "metering/fuel.h"

namespace ashlar::interp {
namespace {

using Internals = Execution::Internals;
using metering::CeilDiv;

// Operand fields of the instruction.
uint64_t& SlotA(Registers& r) { return r.fp[LoadAs<int16_t>(r.pc + 8)]; }
uint64_t& SlotB(Registers& r) { return r.fp[LoadAs<int16_t>(r.pc + 10)]; }
uint64_t& SlotC(Registers& r) { return r.fp[LoadAs<int16_t>(r.pc + 12)]; }
uint32_t A32(Registers& r) { return static_cast<uint32_t>(SlotA(r)); }
uint32_t B32(Registers& r) { return static_cast<uint32_t>(SlotB(r)); }
uint32_t C32(Registers& r) { return static_cast<uint32_t>(SlotC(r)); }
uint32_t Immediate12(const Registers& r) { return LoadAs<uint32_t>(r.pc + 12); }
uint32_t Immediate16(const Registers& r) { return LoadAs<uint32_t>(r.pc + 16); }
uint32_t Immediate20(const Registers& r) { return LoadAs<uint32_t>(r.pc + 20); }

const metering::Schedule& ScheduleOf(const Registers& r) {
  return *r.inst->code->schedule;
}

bool Fits(uint64_t offset, uint64_t count, uint64_t size) {
  return offset + count <= size;  // operands are below 2^32
}

uint64_t OutOfBounds(Registers& r) {
  return ColdTrap(r, Trap::kOutOfBoundsMemoryAccess);
}
uint64_t OutOfTable(Registers& r) {
  return ColdTrap(r, Trap::kOutOfBoundsTableAccess);
}
uint64_t OutOfFuelAt(Registers& r) {
  return Internals::Stop(r, Exit::kOutOfFuel);
}

bool ChargeBytes(Registers& r, uint64_t bytes) {
  return Internals::ChargeMemory(
      r, CeilDiv(bytes, ScheduleOf(r).bulk_bytes_per_fuel),
      OutOfFuel::What::kMemory);
}
bool ChargeElements(Registers& r, uint64_t elements) {
  return Internals::ChargeMemory(
      r, CeilDiv(elements, ScheduleOf(r).table_elements_per_fuel),
      OutOfFuel::What::kTable);
}

uint64_t Next(Registers& r, uint32_t size_bytes) {
  r.pc += size_bytes;
  return kGoOn;
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
  const uint64_t cost = Immediate12(r);
  return cost == 0 ? rounds : std::min(rounds, r.fuel / cost);
}

// Where so many rounds write.
uint8_t* Destination(Registers& r, uint64_t address, uint64_t rounds) {
  r.inst->memory->NoteWrite(address, rounds);
  return r.mem + address;
}

// They were made.
uint64_t CountRounds(Registers& r, bool up, uint64_t rounds) {
  r.fuel -= rounds * Immediate12(r);
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
  if ((up ? to - from : from - to) >= rounds) {
    std::memmove(dst, src, rounds);
  } else if (up) {
    for (uint64_t k = 0; k < rounds; ++k) dst[k] = src[k];
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
  std::memset(Destination(r, to, rounds), r.inst->fill_byte, rounds);
  return CountRounds(r, up, rounds);
}

}  // namespace

uint64_t ColdMemoryGrow(Registers& r) {
  Memory* memory = r.inst->memory;
  const uint32_t delta = B32(r);
  const uint32_t pages = memory->pages();
  uint64_t result = UINT32_MAX;
  if (uint64_t{pages} + delta <= memory->pages_max()) {
    if (!Internals::ChargeMemory(
            r, metering::SaturatingMul(delta, ScheduleOf(r).memory_grow_page),
            OutOfFuel::What::kMemory)) {
      return OutOfFuelAt(r);
    }
    if (!Internals::TakePages(r, delta)) {
      return Internals::Stop(r, Exit::kPageLimit);
    }
    memory->Grow(delta);
    r.mem = memory->handler_base();
    result = pages;
  }
  SlotA(r) = result;
  r.acc = result;
  return Next(r, 16);
}

uint64_t ColdMemoryFill(Registers& r) {
  const uint64_t d = A32(r);
  const uint64_t n = C32(r);
  if (!Fits(d, n, r.inst->memory->size_bytes())) return OutOfBounds(r);
  if (!ChargeBytes(r, n)) return OutOfFuelAt(r);
  r.inst->memory->NoteWrite(d, n);
  std::memset(r.mem + d, static_cast<uint8_t>(B32(r)), n);
  return Next(r, 16);
}

uint64_t ColdMemoryCopy(Registers& r) {
  const uint64_t d = A32(r);
  const uint64_t s = B32(r);
  const uint64_t n = C32(r);
  const uint64_t size = r.inst->memory->size_bytes();
  if (!Fits(d, n, size) || !Fits(s, n, size)) return OutOfBounds(r);
  if (!ChargeBytes(r, n)) return OutOfFuelAt(r);
  r.inst->memory->NoteWrite(d, n);
  std::memmove(r.mem + d, r.mem + s, n);
  return Next(r, 16);
}

uint64_t ColdMemoryInit(Registers& r) {
  const uint32_t index = Immediate16(r);
  const wasm::DataSegment& segment = r.inst->module->data[index];
  const uint64_t available =
      r.inst->dropped_data[index] ? 0 : segment.bytes.size();
  const uint64_t d = A32(r);
  const uint64_t s = B32(r);
  const uint64_t n = C32(r);
  if (!Fits(d, n, r.inst->memory->size_bytes()) || !Fits(s, n, available)) {
    return OutOfBounds(r);
  }
  if (!ChargeBytes(r, n)) return OutOfFuelAt(r);
  r.inst->memory->NoteWrite(d, n);
  if (n != 0) std::memcpy(r.mem + d, segment.bytes.data() + s, n);
  return Next(r, 24);
}

uint64_t ColdLoopCopy(Registers& r) { return CopyRounds(r, true); }
uint64_t ColdLoopCopyDown(Registers& r) { return CopyRounds(r, false); }
uint64_t ColdLoopFill(Registers& r) { return FillRounds(r, true); }
uint64_t ColdLoopFillDown(Registers& r) { return FillRounds(r, false); }

uint64_t ColdDataDrop(Registers& r) {
  r.inst->dropped_data[Immediate12(r)] = 1;
  return Next(r, 16);
}

uint64_t ColdTableGet(Registers& r) {
  const Table* table = r.inst->tables[Immediate12(r)];
  const uint32_t index = B32(r);
  if (index >= table->elements.size()) return OutOfTable(r);
  r.acc = table->elements[index];
  SlotA(r) = r.acc;
  return Next(r, 16);
}

uint64_t ColdTableSet(Registers& r) {
  Table* table = r.inst->tables[Immediate12(r)];
  const uint32_t index = A32(r);
  if (index >= table->elements.size()) return OutOfTable(r);
  table->elements[index] = SlotB(r);
  return Next(r, 16);
}

uint64_t ColdTableSize(Registers& r) {
  r.acc = r.inst->tables[Immediate12(r)]->elements.size();
  SlotA(r) = r.acc;
  return Next(r, 16);
}

uint64_t ColdTableGrow(Registers& r) {
  Table* table = r.inst->tables[Immediate16(r)];
  const uint64_t size = table->elements.size();
  const uint64_t n = C32(r);
  uint64_t result = UINT32_MAX;
  if (size + n <= table->elements_max) {
    if (!ChargeElements(r, n)) return OutOfFuelAt(r);
    table->elements.resize(size + n, SlotB(r));
    result = size;
  }
  SlotA(r) = result;
  r.acc = result;
  return Next(r, 24);
}

uint64_t ColdTableFill(Registers& r) {
  Table* table = r.inst->tables[Immediate16(r)];
  const uint64_t d = A32(r);
  const uint64_t n = C32(r);
  if (!Fits(d, n, table->elements.size())) return OutOfTable(r);
  if (!ChargeElements(r, n)) return OutOfFuelAt(r);
  std::fill_n(table->elements.begin() + static_cast<ptrdiff_t>(d), n, SlotB(r));
  return Next(r, 24);
}

uint64_t ColdTableCopy(Registers& r) {
  Table* to = r.inst->tables[Immediate16(r)];
  const Table* from = r.inst->tables[Immediate20(r)];
  const uint64_t d = A32(r);
  const uint64_t s = B32(r);
  const uint64_t n = C32(r);
  if (!Fits(s, n, from->elements.size()) || !Fits(d, n, to->elements.size())) {
    return OutOfTable(r);
  }
  if (!ChargeElements(r, n)) return OutOfFuelAt(r);
  if (n != 0) {
    std::memmove(to->elements.data() + d, from->elements.data() + s,
                 n * sizeof(uint64_t));
  }
  return Next(r, 24);
}

uint64_t ColdTableInit(Registers& r) {
  const uint32_t index = Immediate16(r);
  const uint64_t available = r.inst->dropped_elements[index]
                                 ? 0
                                 : r.inst->module->elements[index].count;
  Table* table = r.inst->tables[Immediate20(r)];
  const uint64_t d = A32(r);
  const uint64_t s = B32(r);
  const uint64_t n = C32(r);
  if (!Fits(s, n, available) || !Fits(d, n, table->elements.size())) {
    return OutOfTable(r);
  }
  if (!ChargeElements(r, n)) return OutOfFuelAt(r);
  if (n != 0) {
    std::memcpy(table->elements.data() + d,
                r.inst->passive_elements[index].data() + s,
                n * sizeof(uint64_t));
  }
  return Next(r, 24);
}

uint64_t ColdElemDrop(Registers& r) {
  r.inst->dropped_elements[Immediate12(r)] = 1;
  return Next(r, 16);
}

}  // namespace ashlar::interp
