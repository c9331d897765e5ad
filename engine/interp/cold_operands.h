// What cold paths take from their instruction.
#ifndef ENGINE_INTERP_COLD_OPERANDS_H_
#define ENGINE_INTERP_COLD_OPERANDS_H_

#include <cstdint>

#include "engine/interp/registers.h"

namespace ashlar::interp {

// Operand fields of the instruction at pc.
inline uint64_t& SlotA(const Registers& r) {
  return r.fp[LoadAs<int16_t>(r.pc + 8)];
}
inline uint64_t& SlotB(const Registers& r) {
  return r.fp[LoadAs<int16_t>(r.pc + 10)];
}
inline uint64_t& SlotC(const Registers& r) {
  return r.fp[LoadAs<int16_t>(r.pc + 12)];
}
inline uint32_t A32(const Registers& r) {
  return static_cast<uint32_t>(SlotA(r));
}
inline uint32_t B32(const Registers& r) {
  return static_cast<uint32_t>(SlotB(r));
}
inline uint32_t C32(const Registers& r) {
  return static_cast<uint32_t>(SlotC(r));
}
inline uint32_t Immediate12(const Registers& r) {
  return LoadAs<uint32_t>(r.pc + 12);
}
inline uint32_t Immediate16(const Registers& r) {
  return LoadAs<uint32_t>(r.pc + 16);
}
inline uint32_t Immediate20(const Registers& r) {
  return LoadAs<uint32_t>(r.pc + 20);
}

// Goes on behind it.
inline uint64_t Next(Registers& r, uint32_t size_bytes) {
  r.pc += size_bytes;
  return kGoOn;
}

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_COLD_OPERANDS_H_
