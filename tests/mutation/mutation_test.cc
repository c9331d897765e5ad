// Function bodies of random modules with a byte changed or moved: the
// translator refuses exactly what the validator refuses, and what both accept
// still means the same to the engine and to the naive interpreter. A longer
// run:
//   ASHLAR_MUTATION_SEEDS=100000 ASHLAR_MUTATION_FIRST=1 <this test>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/compile/test_machine.h"
#include "engine/compile/validator.h"
#include "engine/wasm/module.h"
#include "engine/wasm/types.h"
#include "engine/wasm/violation.h"
#include "gtest/gtest.h"
#include "tests/differential/engine_run.h"
#include "tests/differential/generator.h"
#include "tests/differential/run.h"

namespace ashlar::testing {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint64_t kSeedsByDefault = 150;
constexpr uint32_t kMutationsPerModule = 60;
constexpr uint64_t kFuelLimit = 3000;
constexpr uint8_t kNop = 0x01;

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

// Bytes that begin, end or break instructions more often than others do.
uint8_t InterestingByte(Rng* rng) {
  static constexpr uint8_t kBytes[] = {
      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
      0x10, 0x11, 0x12, 0x13, 0x1a, 0x1b, 0x1c, 0x20, 0x21, 0x22, 0x40,
      0x41, 0x42, 0x6f, 0x70, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0xfc, 0xff};
  if (rng->Chance(40)) return static_cast<uint8_t>(rng->Next());
  return kBytes[rng->Below(sizeof kBytes)];
}

// Changes one byte of a body, or moves the ones behind it by one, in or out;
// the size stays, and so does the last `end`.
void Mutate(const wasm::Module& module, Bytes* bytes, Rng* rng) {
  const wasm::Body& body =
      module.bodies[rng->Below(static_cast<uint32_t>(module.bodies.size()))];
  const auto begin = bytes->begin() + module.offset_of(body.begin);
  const auto last = begin + (body.end - body.begin) - 1;
  const auto at =
      begin + rng->Below(static_cast<uint32_t>(body.end - body.begin));
  if (at != last && rng->Chance(30)) {
    if (rng->Chance(50)) {
      std::copy_backward(at, last - 1, last);
    } else {
      std::copy(at + 1, last, at);
      *(last - 1) = kNop;
      return;
    }
  }
  *at = rng->Chance(20) ? static_cast<uint8_t>(*at ^ 1u << rng->Below(8))
                        : InterestingByte(rng);
}

struct Tally {
  uint64_t accepted = 0;
  uint64_t refused = 0;
};

// What the validator says of a decoded module.
bool IsValid(const CompiledModule& compiled) {
  const wasm::Module& module = compiled.module();
  wasm::Violations violations;
  for (uint32_t i = 0; i < module.bodies.size(); ++i) {
    compile::ValidateBody(module, compiled.options(),
                          module.imported_functions + i, &violations);
  }
  return violations.empty();
}

// The first difference of the two interpreters, or "".
std::string Difference(const GeneratedModule& module, const Bytes& bytes) {
  std::string error;
  const std::unique_ptr<Runner> engine = MakeEngineRunner(bytes, &error);
  if (engine == nullptr) return error;
  const std::unique_ptr<Runner> naive = MakeNaiveRunner(bytes);
  Rng rng(bytes.size());
  Call call;
  call.fuel_limit = kFuelLimit;
  call.memory_pages_max = 2;
  call.stack_slots_max = 2000;
  for (const GeneratedFunction& function : module.functions) {
    call.function = function.index;
    call.args.clear();
    for (wasm::ValType type : function.params) {
      call.args.push_back(InterestingValue(type, &rng));
    }
    const std::string difference =
        testing::Difference(naive->Run(call), engine->Run(call));
    if (!difference.empty()) {
      return absl::StrCat("f", function.index, ": ", difference);
    }
  }
  return "";
}

// The first disagreement over the mutants of one module, or "".
std::string Try(uint64_t seed, Tally* tally) {
  const GeneratedModule generated =
      Generate(seed, 4 + static_cast<uint32_t>(seed % 12));
  const CompiledModule original(generated.bytes);
  if (!original.ok()) return absl::StrCat("original: ", original.error());
  Rng rng(seed * 31 + 7);
  for (uint32_t i = 0; i < kMutationsPerModule; ++i) {
    Bytes bytes = generated.bytes;
    Mutate(original.module(), &bytes, &rng);
    if (rng.Chance(10)) Mutate(original.module(), &bytes, &rng);
    // A disagreement that the translator alone refuses fails a CHECK in here.
    const CompiledModule mutant(bytes);
    if (!mutant.is_decoded()) continue;
    const bool is_valid = IsValid(mutant);
    if (mutant.ok() != is_valid) {
      return absl::StrCat("mutant ", i, " is ", is_valid ? "" : "not ",
                          "valid; the translator: ", mutant.error());
    }
    ++(is_valid ? tally->accepted : tally->refused);
    if (!is_valid) continue;
    const std::string difference = Difference(generated, bytes);
    if (!difference.empty()) {
      return absl::StrCat("mutant ", i, ": ", difference);
    }
  }
  return "";
}

TEST(MutationTest, TranslatorValidatorAndNaiveInterpreterAgree) {
  const uint64_t first = FromEnvironment("ASHLAR_MUTATION_FIRST", 0);
  const uint64_t count =
      FromEnvironment("ASHLAR_MUTATION_SEEDS", kSeedsByDefault);
  Tally tally;
  int failures = 0;
  for (uint64_t seed = first; seed < first + count && failures < 5; ++seed) {
    const std::string what = Try(seed, &tally);
    if (what.empty()) continue;
    ++failures;
    ADD_FAILURE() << "seed " << seed << ": " << what;
  }
  std::printf("%llu accepted, %llu refused\n",
              static_cast<unsigned long long>(tally.accepted),
              static_cast<unsigned long long>(tally.refused));
  // Mutants that were all refused, or all accepted, would prove little.
  EXPECT_GT(tally.accepted * 20, tally.refused);
  EXPECT_GT(tally.refused * 20, tally.accepted);
}

}  // namespace
}  // namespace ashlar::testing
