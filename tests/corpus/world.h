// What the engine and the naive interpreter have in common, so that the same
// steps can be done in both and compared: subjects (modules), worlds
// (instances, what they import) and hosts (functions that wasm calls).
#ifndef TESTS_CORPUS_WORLD_H_
#define TESTS_CORPUS_WORLD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/interp/trap.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/wasm/types.h"
#include "naive/module.h"

namespace ashlar::testing {

// A module as both know it.
struct Subject {
  std::shared_ptr<const engine::CompiledModule> compiled;
  std::shared_ptr<const naive::Module> decoded;

  const wasm::Module& module() const { return compiled->module; }
};

// `profile` outlives the subject. Both are null where the engine refuses the
// module.
Subject MakeSubject(absl::string_view bytes, const engine::Profile& profile);

// A host function's call. An i32 or f32 is zero-extended.
struct HostQuery {
  absl::string_view module;
  absl::string_view name;
  absl::Span<const wasm::ValType> results;  // the types of the answer
  absl::Span<const uint64_t> args;
  absl::Span<const uint8_t> memory;  // the caller's
};

struct HostAnswer {
  struct Write {
    uint64_t address = 0;  // within the caller's memory, as a whole
    std::vector<uint8_t> bytes;
  };
  // In this order: the fuel is charged, the writes are made, and the call
  // traps or returns the results.
  uint64_t fuel = 0;
  std::vector<Write> writes;
  interp::Trap trap = interp::Trap::kNone;
  std::vector<uint64_t> results;
};

// Answers are a function of the calls since the last Reset, so two hosts that
// are asked the same answer the same. Each world has its own.
class Host {
 public:
  virtual ~Host() = default;
  virtual HostAnswer Answer(const HostQuery& query) = 0;
  virtual void Reset() {}
  // Whether it has functions of this module. Memories, tables and globals that
  // are imported from there are made to fit, with zeros.
  virtual bool Provides(absl::string_view module) const { return true; }
};

// Names a function by the number of the instance that owns it, and its index
// there. The owner is unknown where its instantiation failed.
inline constexpr uint32_t kUnknownOwner = UINT32_MAX - 1;
inline uint64_t FuncName(uint32_t owner, uint32_t index) {
  return (uint64_t{owner} + 1) << 32 | index;
}

// How an instantiation or a call ended.
struct End {
  enum class Kind : uint8_t { kReturned, kTrapped, kOutOfFuel, kNotLinked };
  Kind kind = Kind::kReturned;
  interp::Trap trap = interp::Trap::kNone;
  // A funcref is 0 where null, else FuncName or a host function's number.
  std::vector<uint64_t> results;
  uint64_t fuel_used = 0;  // the limit where it ran out

  friend bool operator==(const End&, const End&) = default;
  std::string Describe() const;
};

// All that an instance can change, seen until the world does anything.
struct View {
  absl::Span<const uint8_t> memory;
  std::vector<uint64_t> globals;
  std::vector<std::vector<uint64_t>> tables;
  // Segments that give nothing: dropped, or empty from the first.
  std::vector<bool> spent_elements;
  std::vector<bool> spent_data;

  friend bool operator==(const View&, const View&) = default;
};

// What differs, in words; empty where nothing does.
std::string Difference(const View& a, const View& b);

// An exported or other function of an instance, and how to call it.
struct Call {
  size_t instance = 0;
  uint32_t function = 0;
  std::vector<uint64_t> args;
  uint64_t fuel_limit = 0;
};

// Instances and their store, of one of the two interpreters. Instances are
// numbered from 0 in the order in which they were asked for, failed ones too.
class World {
 public:
  virtual ~World() = default;
  // As it was when it was new; the host, too.
  virtual void Clear() = 0;
  // Does not run the start function. Imports come from registered instances,
  // else from the host. `subject` outlives the world's contents.
  virtual End Instantiate(const Subject& subject) = 0;
  virtual void Register(absl::string_view name, size_t instance) = 0;
  virtual End Invoke(const Call& call) = 0;
  // REQUIRES: the bytes fit in the instance's memory.
  virtual void Poke(size_t instance, uint64_t address,
                    absl::string_view bytes) = 0;
  virtual View Look(size_t instance) const = 0;
  virtual uint64_t host_calls() const = 0;
};

// `profile` and `host` outlive the world. `is_lazy`: functions are translated
// at their first call.
std::unique_ptr<World> MakeEngineWorld(const engine::Profile& profile,
                                       Host* host, bool is_lazy);
std::unique_ptr<World> MakeNaiveWorld(const engine::Profile& profile,
                                      Host* host);

}  // namespace ashlar::testing

#endif  // TESTS_CORPUS_WORLD_H_
