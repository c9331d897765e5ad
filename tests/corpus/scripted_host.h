// A host that any module can be linked to: its answers are made from a hash.
#ifndef TESTS_CORPUS_SCRIPTED_HOST_H_
#define TESTS_CORPUS_SCRIPTED_HOST_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "tests/corpus/world.h"

namespace ashlar::testing {

// FNV-1a (64 bits) of numbers and texts, finished so that all bits count.
class Mixer {
 public:
  Mixer& Add(uint64_t number);
  Mixer& Add(absl::string_view text);
  uint64_t Finish() const;

 private:
  uint64_t hash_ = 0xcbf29ce484222325;
};

// A value that code can do something with, made from a hash: often 0 or
// small, sometimes within `memory_size_bytes`, at times anything.
uint64_t PlausibleValue(uint64_t hash, wasm::ValType type,
                        uint64_t memory_size_bytes);

// Answers with a charge, at times a trap, results, and small numbers written
// where arguments may be addresses.
class ScriptedHost : public Host {
 public:
  HostAnswer Answer(const HostQuery& query) override;
  void Reset() override { calls_ = 0; }

 private:
  uint64_t calls_ = 0;
};

}  // namespace ashlar::testing

#endif  // TESTS_CORPUS_SCRIPTED_HOST_H_
