// The engine against the naive interpreter, over random modules. A longer run:
//   ASHLAR_DIFFERENTIAL_SEEDS=1000000 ASHLAR_DIFFERENTIAL_FIRST=1 <this test>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/wasm/types.h"
#include "gtest/gtest.h"
#include "tests/differential/engine_run.h"
#include "tests/differential/generator.h"
#include "tests/differential/run.h"

namespace ashlar::testing {
namespace {

using Kind = Observation::Kind;

// A few seconds.
#ifdef ASHLAR_SANITIZE
constexpr uint64_t kSeedsByDefault = 40;
#else
constexpr uint64_t kSeedsByDefault = 600;
#endif
constexpr uint64_t kFuelLimit = 60000;
// Programs that use no more are run with every limit up to that.
constexpr uint64_t kSmallProgram = 150;
constexpr int kCallsPerFunction = 2;

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

// A failed CHECK ends the process: the seed must be known then, too.
char g_seed_text[64];
void PrintSeed(int) {
  const ssize_t ignored =
      write(STDERR_FILENO, g_seed_text, std::strlen(g_seed_text));
  static_cast<void>(ignored);
}

struct Tally {
  uint64_t returned = 0;
  uint64_t trapped = 0;
  uint64_t out_of_fuel = 0;
  uint64_t runs = 0;
};

// One generated module in both interpreters.
class Trial {
 public:
  Trial(uint64_t seed, uint32_t size) : seed_(seed), size_(size) {
    module_ = Generate(seed, size);
  }

  // The first difference, or "".
  std::string Run(Tally* tally) {
    std::string error;
    engine_ = MakeEngineRunner(module_.bytes, &error);
    if (engine_ == nullptr) return absl::StrCat("refused: ", error);
    naive_ = MakeNaiveRunner(module_.bytes);
    Rng rng(~seed_);
    Call call;
    call.fuel_limit = kFuelLimit;
    call.memory_pages_max = 1 + rng.Below(4);
    call.stack_slots_max = rng.Chance(30) ? rng.Below(300) : 65536;
    for (const GeneratedFunction& function : module_.functions) {
      call.function = function.index;
      for (int i = 0; i < kCallsPerFunction; ++i) {
        call.args.clear();
        for (wasm::ValType type : function.params) {
          call.args.push_back(InterestingValue(type, &rng));
        }
        const std::string difference = RunCall(call, tally);
        if (!difference.empty()) return difference;
      }
    }
    return "";
  }

  // Writes the module, and as text where wabt is there; returns the path.
  std::string Dump() const {
    const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
    const std::string folder =
        outputs != nullptr ? outputs : ::testing::TempDir();
    const std::string path =
        absl::StrCat(folder, "/differential-", seed_, "-", size_);
    std::ofstream(path + ".wasm", std::ios::binary)
        .write(reinterpret_cast<const char*>(module_.bytes.data()),
               static_cast<std::streamsize>(module_.bytes.size()));
    const std::string command =
        absl::StrCat("wasm2wat --enable-tail-call --enable-extended-const ",
                     path, ".wasm -o ", path, ".wat");
    if (std::system(command.c_str()) != 0) return path + ".wasm";
    return path + ".wat";
  }

 private:
  std::string Compare(const Call& call, Observation* expected) {
    *expected = naive_->Run(call);
    const Observation actual = engine_->Run(call);
    const std::string difference = Difference(*expected, actual);
    if (difference.empty()) return "";
    std::string text = absl::StrCat("f", call.function, "(");
    for (uint64_t arg : call.args) {
      absl::StrAppend(&text, " 0x", absl::Hex(arg));
    }
    return absl::StrCat(text, " ), limit ", call.fuel_limit, ", stack ",
                        call.stack_slots_max, ", pages ", call.memory_pages_max,
                        ": ", difference);
  }

  std::string RunCall(Call call, Tally* tally) {
    Observation first;
    std::string difference = Compare(call, &first);
    ++tally->runs;
    if (!difference.empty()) return difference;
    if (first.kind == Kind::kOutOfFuel) {
      ++tally->out_of_fuel;
      return "";
    }
    ++(first.kind == Kind::kReturned ? tally->returned : tally->trapped);
    return RunLimits(call, first, tally);
  }

  // What was used suffices; one less does not (rule 4).
  std::string RunLimits(Call call, const Observation& first, Tally* tally) {
    const uint64_t used = first.fuel_used;
    const uint64_t lowest =
        used <= kSmallProgram ? 0 : used - std::min<uint64_t>(used, 1);
    for (uint64_t limit = lowest; limit <= used; ++limit) {
      call.fuel_limit = limit;
      Observation again;
      const std::string difference = Compare(call, &again);
      ++tally->runs;
      if (!difference.empty()) return difference;
      if (limit == used ? again != first : again.kind != Kind::kOutOfFuel) {
        return absl::StrCat("limit ", limit, " of ", used, ": ",
                            again.Describe());
      }
    }
    return "";
  }

  uint64_t seed_;
  uint32_t size_;
  GeneratedModule module_;
  std::unique_ptr<Runner> engine_;
  std::unique_ptr<Runner> naive_;
};

uint32_t SizeOf(uint64_t seed) {
  static constexpr uint32_t kSizes[] = {4, 10, 25, 60};
  return kSizes[seed % 4];
}

// The smallest size with which the seed still fails.
uint32_t Shrink(uint64_t seed, uint32_t size) {
  Tally tally;
  for (uint32_t smaller = 1; smaller < size; ++smaller) {
    if (!Trial(seed, smaller).Run(&tally).empty()) return smaller;
  }
  return size;
}

TEST(DifferentialTest, EngineAgreesWithNaiveInterpreter) {
  const uint64_t first = FromEnvironment("ASHLAR_DIFFERENTIAL_FIRST", 0);
  const uint64_t count =
      FromEnvironment("ASHLAR_DIFFERENTIAL_SEEDS", kSeedsByDefault);
  std::signal(SIGABRT, PrintSeed);
  std::signal(SIGSEGV, [](int signal) {
    PrintSeed(signal);
    std::_Exit(1);
  });
  Tally tally;
  int failures = 0;
  for (uint64_t seed = first; seed < first + count && failures < 5; ++seed) {
    std::snprintf(g_seed_text, sizeof(g_seed_text), "seed %llu, size %u\n",
                  static_cast<unsigned long long>(seed), SizeOf(seed));
    const std::string difference = Trial(seed, SizeOf(seed)).Run(&tally);
    if (difference.empty()) continue;
    ++failures;
    const uint32_t size = Shrink(seed, SizeOf(seed));
    Trial smallest(seed, size);
    ADD_FAILURE() << "seed " << seed << ": " << difference << "\n  at size "
                  << size << ": " << smallest.Run(&tally) << "\n  in "
                  << smallest.Dump();
  }
  std::printf("%llu returned, %llu trapped, %llu out of fuel; %llu runs\n",
              static_cast<unsigned long long>(tally.returned),
              static_cast<unsigned long long>(tally.trapped),
              static_cast<unsigned long long>(tally.out_of_fuel),
              static_cast<unsigned long long>(tally.runs));
  // A generator that only made trapping programs would prove little.
  if (failures == 0) {
    EXPECT_GT(tally.returned * 2, tally.trapped + tally.out_of_fuel);
  }
}

}  // namespace
}  // namespace ashlar::testing
