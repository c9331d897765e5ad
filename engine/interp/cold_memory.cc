// Cold paths of memory and table instructions. Order (FUEL.md rule 5): check
// bounds, charge all of it, act.
#include <algorithm>
#include <cstring>

#include "engine/interp/code.h"
#include "engine/interp/cold_operands.h"
#include "engine/interp/internals.h"
#include "metering/fuel.h"

namespace ashlar::interp {
namespace {

using Internals = Execution::Internals;
using metering::CeilDiv;

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
