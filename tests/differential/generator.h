// Random valid modules, made so that they reach what a translator can get
// wrong: deep operand stacks, locals that change while an older value of
// theirs is still on the stack, branches that carry values, dead code, calls
// of every kind, bulk instructions.
#ifndef TESTS_DIFFERENTIAL_GENERATOR_H_
#define TESTS_DIFFERENTIAL_GENERATOR_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/wasm/types.h"

namespace ashlar::testing {

// Pseudo-random numbers that are the same everywhere (splitmix64).
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {}
  // Decisions by a fuzzer: numbers come from the tape, a byte each, as long as
  // it lasts (255 asks for a random one). `tape` outlives this.
  explicit Rng(absl::Span<const uint8_t> tape) : tape_(tape) {}
  uint64_t Next();
  bool has_tape() const { return tape_.data() != nullptr; }
  // In [0, n). REQUIRES: n > 0.
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(Next() % n); }
  bool Chance(uint32_t percent) { return Below(100) < percent; }

 private:
  uint64_t state_ = 0;
  absl::Span<const uint8_t> tape_;  // what is left of it
};

// Imports of every generated module, from "env". Whoever runs one supplies
// them with the meaning that HostMix and HostPoke give them.
//   mix: (i32, i64) -> i64      poke: (i32) -> ()
inline constexpr char kHostModule[] = "env";
inline constexpr char kHostMix[] = "mix";
inline constexpr char kHostPoke[] = "poke";

struct HostOutcome {
  uint64_t charge = 0;
  bool is_trap = false;  // after the charge
  uint64_t result = 0;
};
HostOutcome HostMix(uint32_t a, uint64_t b);
// Writes one byte at `address` modulo 64 KiB where there is a memory of at
// least a page.
struct PokeOutcome {
  uint64_t charge = 0;
  uint32_t address = 0;
  uint8_t byte = 0;
};
PokeOutcome HostPoke(uint32_t a);

// The module that some generated ones import from "lib"; it has a memory, a
// global `g`, a table `t` of four functions, which its importers fill in part,
// and functions `inc` and `apply`, which calls through that table. It has no
// imports.
inline constexpr char kLibraryModule[] = "lib";
std::vector<uint8_t> LibraryBytes();

struct GeneratedFunction {
  uint32_t index = 0;  // in the function index space
  std::vector<wasm::ValType> params;
  std::vector<wasm::ValType> results;
};

struct GeneratedModule {
  std::vector<uint8_t> bytes;
  std::vector<GeneratedFunction> functions;  // own ones; exported as f<index>
  bool has_library = false;                  // imports from "lib"
};

// The same bytes for the same arguments, everywhere. `size` is about the
// number of instructions a function has beyond its operands; 1 or more.
GeneratedModule Generate(uint64_t seed, uint32_t size);
// The same by a fuzzer's decisions. REQUIRES: `rng` has a tape.
GeneratedModule Generate(Rng* rng, uint32_t size);

// An argument that is likely to matter: a boundary value or a random one.
// References are null, or (externref) a small number.
uint64_t InterestingValue(wasm::ValType type, Rng* rng);

}  // namespace ashlar::testing

#endif  // TESTS_DIFFERENTIAL_GENERATOR_H_
