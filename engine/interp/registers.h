// The machine state of handlers, and what they share with the cold paths.
#ifndef ENGINE_INTERP_REGISTERS_H_
#define ENGINE_INTERP_REGISTERS_H_

#include <cstdint>
#include <cstring>

#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/trap.h"

namespace ashlar::interp {

// All in machine registers while handlers run.
struct Registers {
  const uint8_t* pc;  // the instruction
  uint64_t* fp;       // slots: locals from fp[0]; fp[-1] return pc, fp[-2] fp
  uint8_t* mem;       // memory 0; a MemoryHeader stands below it
  uint64_t fuel;      // the slice; the rest is in the execution
  uint64_t acc;       // raw bits of the last value, of any type but a float
  Instance* inst;
  float acc_f32 = 0;  // the last float values
  double acc_f64 = 0;
};

// A cold path answers kGoOn, or the Exit + 1 with which Run returns.
inline constexpr uint64_t kGoOn = 0;
inline uint64_t ExitCode(Exit exit) { return static_cast<uint64_t>(exit) + 1; }

template <typename T>
inline T LoadAs(const void* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <typename T>
inline void StoreAs(void* p, T v) {
  std::memcpy(p, &v, sizeof v);
}
inline void MoveSlots(uint64_t* dst, const uint64_t* src, uint32_t count) {
  std::memmove(dst, src, count * sizeof(uint64_t));
}

// Out-of-line parts of handlers.
#define COLD_PATH(name) uint64_t name(Registers& r);
#include "engine/interp/cold_paths.def"

// Ends Run with a trap at r.pc.
uint64_t ColdTrap(Registers& r, Trap trap);

// Runs from the registers' instruction on; returns the Exit.
Exit RunHandlers(const Registers& r);

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_REGISTERS_H_
