// adversarial/strict/NAME, adversarial/relaxed/NAME: a module that is valid
// under strict-1 or relaxed-1 and made to be dear, from bytes to code. Its
// counters: seconds a byte of the module, and bytes of code a byte of the
// module, of which more than kCodePerByteMax is wrong.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/harness.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "tests/util/hostile_modules.h"

namespace ashlar::bench {
namespace {

constexpr double kCodePerByteMax = 32;

void Adversarial(absl::string_view profile_name,
                 const std::vector<uint8_t>& bytes, benchmark::State& state) {
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName(profile_name);
  const std::string text(bytes.begin(), bytes.end());
  engine::CompiledModule compiled;
  compile::Scratch scratch;
  for (auto _ : state) {
    wasm::Violations violations;
    if (!engine::LoadInto(text, profile, &scratch, &compiled, &violations)) {
      return Fail(state, violations.list().front().message);
    }
  }
  const auto size = static_cast<double>(text.size());
  const double code_per_byte =
      static_cast<double>(compiled.code.code_size_bytes) / size;
  if (code_per_byte > kCodePerByteMax) return Fail(state, "too much code");
  state.counters["bytes"] = size;
  state.counters["code/byte"] = code_per_byte;
  state.counters["s/byte"] =
      benchmark::Counter(size, benchmark::Counter::kIsIterationInvariantRate |
                                   benchmark::Counter::kInvert);
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  using namespace ashlar::bench;
  for (const auto& hostile : ashlar::testing::HostileModules()) {
    if (hostile.strict_n > 0) {
      Register(absl::StrCat("adversarial/strict/", hostile.name),
               [&hostile](benchmark::State& state) {
                 Adversarial("strict-1", hostile.make(hostile.strict_n), state);
               });
    }
    Register(absl::StrCat("adversarial/relaxed/", hostile.name),
             [&hostile](benchmark::State& state) {
               Adversarial("relaxed-1", hostile.make(hostile.n), state);
             });
  }
  return Main(argc, argv);
}
