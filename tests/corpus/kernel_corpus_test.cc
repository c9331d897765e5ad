// The kernels that interpreters are measured with, as small as they go: the
// engine and the naive interpreter agree on results, traps, fuel and state.
#include <cstdio>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "tests/corpus/lockstep.h"
#include "tests/corpus/scripted_host.h"
#include "tests/corpus/world.h"
#include "tests/spec/data.h"

namespace ashlar::testing {
namespace {

using interp::Trap;
using std::filesystem::path;

// Of one call: what the naive interpreter walks in a fraction of a second.
constexpr uint64_t kFuelLimit = 20'000'000;

const engine::Profile& Relaxed() {
  return *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
}

uint64_t Bits(int64_t value) { return static_cast<uint64_t>(value); }

// Answers with its argument and charges.
class TickHost : public Host {
 public:
  HostAnswer Answer(const HostQuery& query) override {
    HostAnswer answer;
    answer.fuel = 50;
    answer.results = {query.args[0]};
    return answer;
  }
};

struct SmallKernel {
  const char* function;
  std::vector<uint64_t> args;
  std::optional<uint64_t> result;  // none: what there is, or nothing
  Trap trap = Trap::kNone;
};

const SmallKernel kSmallKernels[] = {
    {"count_local", {10'000}, 10'000},
    {"count_param", {10'000}, 0},
    {"count_global", {10'000}, 10'000},
    {"count_until", {10'000}, 10'000},
    {"fib_recursive", {20}, 6'765},
    {"fib_iterative", {90}, 2'880'067'194'370'816'120},
    {"fib_tail", {90}, 2'880'067'194'370'816'120},
    {"factorial_recursive", {20}, 2'432'902'008'176'640'000},
    {"factorial_iterative", {20}, 2'432'902'008'176'640'000},
    {"deep", {10'000}, 10'000},
    {"deep", {2'000'000}, {}, Trap::kCallStackExhausted},
    {"bulk", {50'000}, 0x76650707 + 7},
    {"bulk", {65'536}, {}, Trap::kOutOfBoundsMemoryAccess},
    {"bulk_drop", {}, {}},
    {"bulk", {0}, {}, Trap::kOutOfBoundsMemoryAccess},
    {"div_rem", {1'000'000'007, 12'345}, {}},
    {"div_rem", {Bits(-1'000'000'007), 12'345}, {}},
    {"div_rem", {5, 0}, {}, Trap::kIntegerDivideByZero},
    {"div_rem", {uint64_t{1} << 63, Bits(-1)}, {}, Trap::kIntegerOverflow},
    {"div_rem", {5, uint64_t{1} << 32}, {}, Trap::kIntegerDivideByZero},
    {"memory_sum", {4'000}, 7'998'000},
    {"memory_sum", {9'000}, {}, Trap::kOutOfBoundsMemoryAccess},
    {"grow", {3}, 1 + 4},
    {"grow", {1}, 3},
    {"flat_calls", {10'000}, 10'000},
    {"nested_calls", {10'000}, 10'000},
    {"indirect_call", {21, 0}, 42},
    {"indirect_call", {30, 3}, 832'040},
    {"indirect_call", {30, 4}, {}, Trap::kUndefinedElement},
    {"indirect_calls", {999}, {}},
    {"br_table", {2}, 300},
    {"br_table", {16}, 400},
    {"br_table", {1'000}, 300},
    {"br_tables", {8'000}, 500 * (2 * 100 + 2 * 200 + 300 + 11 * 400)},
    {"host_calls", {1'000}, 500'500},
};

TEST(KernelCorpus, SmallKernels) {
  const auto bytes = cli::ReadFile("tests/corpus/kernels.wasm");
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  const Subject subject = MakeSubject(*bytes, Relaxed());
  Lockstep lockstep(Relaxed(), [] { return std::make_unique<TickHost>(); });
  const auto instance = lockstep.Instantiate(subject, kFuelLimit);
  ASSERT_TRUE(instance.has_value());
  for (const SmallKernel& kernel : kSmallKernels) {
    SCOPED_TRACE(kernel.function);
    constexpr uint64_t kDeepLimit = 100'000'000;
    const End end =
        lockstep.Invoke(*instance, kernel.function, kernel.args, kDeepLimit);
    EXPECT_EQ(end.trap, kernel.trap) << end.Describe();
    EXPECT_NE(end.kind, End::Kind::kOutOfFuel);
    if (kernel.result.has_value()) {
      EXPECT_EQ(end.results, std::vector<uint64_t>{*kernel.result});
    }
  }
  std::printf("%s\n", lockstep.tally().Describe().c_str());
}

// A kernel of the data's bench folder: `setup` with an argument gives a
// handle; its input, if any, goes to input_ptr(handle).
struct Kernel {
  const char* name;
  std::vector<uint64_t> argument;
  const char* input = nullptr;
  // Exports of the handle that give the answer, and what they give.
  struct Answer {
    const char* name;
    std::optional<uint64_t> value;
  };
  std::vector<Answer> answers;
  bool needs_more_fuel = false;  // than kFuelLimit

  std::string CaseName() const {
    std::string text = absl::StrCat(name, needs_more_fuel ? "OutOfFuel" : "");
    std::erase(text, '-');
    return text;
  }
  friend void PrintTo(const Kernel& kernel, std::ostream* out) {
    *out << kernel.CaseName();
  }
};

const Kernel kKernels[] = {
    {"tiny-keccak", {}, nullptr, {}},
    {"prime-sieve",
     {100'000},
     nullptr,
     {{"len_primes", 9'592}, {"largest_prime", 99'991}}},
    {"sort", {10'000}, nullptr, {}},
    {"nbody", {40}, nullptr, {{"result", std::nullopt}}},
    {"mandelbrot", {10}, nullptr, {{"output", std::nullopt}}},
    {"argon2", {8}, nullptr, {{"output", std::nullopt}}},
    {"argon2", {3'000}, nullptr, {}, /*needs_more_fuel=*/true},
    {"compression", {1'000}, "alice29.txt", {{"len_compressed", std::nullopt}}},
    {"reverse-complement", {10'000}, "reverse-complement.txt", {}},
    {"regex-redux",
     {5'000},
     "reverse-complement.txt",
     {{"output", std::nullopt}}},
};

class BenchKernel : public ::testing::TestWithParam<Kernel> {
 protected:
  // Goes through the protocol until a call does not return.
  void Run(const Kernel& kernel, const std::string& input, size_t instance,
           Lockstep* lockstep) {
    End end = lockstep->Invoke(instance, "setup", kernel.argument, kFuelLimit);
    if (end.kind != End::Kind::kReturned) return;
    const std::vector<uint64_t> handle = end.results;
    if (kernel.input != nullptr) {
      end = lockstep->Invoke(instance, "input_ptr", handle, kFuelLimit);
      ASSERT_EQ(end.kind, End::Kind::kReturned);
      lockstep->Poke(instance, end.results[0], input);
    }
    end = lockstep->Invoke(instance, "run", handle, kFuelLimit);
    std::printf("run: %s\n", end.Describe().c_str());
    if (end.kind != End::Kind::kReturned) return;
    for (const Kernel::Answer& answer : kernel.answers) {
      end = lockstep->Invoke(instance, answer.name, handle, kFuelLimit);
      ASSERT_EQ(end.kind, End::Kind::kReturned);
      if (answer.value.has_value()) {
        EXPECT_EQ(end.results, std::vector<uint64_t>{*answer.value});
      }
    }
    lockstep->Invoke(instance, "teardown", handle, kFuelLimit);
  }
};

TEST_P(BenchKernel, Agrees) {
  const Kernel& kernel = GetParam();
  const path bench = spec::DataFolder() / "bench";
  if (!std::filesystem::exists(bench)) GTEST_SKIP() << spec::kNoData;
  const auto bytes =
      cli::ReadFile((bench / absl::StrCat(kernel.name, ".wasm")).string());
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  std::string input;
  if (kernel.input != nullptr) {
    const auto whole =
        cli::ReadFile((bench / "inputs" / kernel.input).string());
    ASSERT_TRUE(whole.ok()) << whole.status().ToString();
    input = whole->substr(0, kernel.argument[0]);
  }
  const Subject subject = MakeSubject(*bytes, Relaxed());
  Lockstep lockstep(Relaxed(), [] { return std::make_unique<ScriptedHost>(); });
  const auto instance = lockstep.Instantiate(subject, kFuelLimit);
  ASSERT_TRUE(instance.has_value());
  Run(kernel, input, *instance, &lockstep);
  EXPECT_EQ(lockstep.tally().out_of_fuel, kernel.needs_more_fuel ? 1u : 0u);
  EXPECT_EQ(lockstep.tally().trapped, 0u);
  std::printf("%s\n", lockstep.tally().Describe().c_str());
}

INSTANTIATE_TEST_SUITE_P(All, BenchKernel, ::testing::ValuesIn(kKernels),
                         [](const auto& info) {
                           return info.param.CaseName();
                         });

}  // namespace
}  // namespace ashlar::testing
