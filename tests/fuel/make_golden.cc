// Prints metering/golden.json: what the naive interpreter and the naive chain
// say of the modules in tests/fuel/golden. Run from the checkout's root:
//   bazel run //tests/fuel:make_golden > metering/golden.json
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/loader.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "naive/module.h"
#include "tests/contracts/naive_chain.h"
#include "tests/fuel/golden.h"

namespace ashlar::testing {
namespace {

std::string ReadGolden(absl::string_view name) {
  std::ifstream in(absl::StrCat("tests/fuel/golden/", name, ".wasm"),
                   std::ios::binary);
  CHECK(in.good(), name);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

struct Row {
  const char* entry;
  std::vector<uint64_t> args;
  uint32_t stack_slots_max = kGoldenStackSlots;
};

std::vector<Row> Rows() {
  return {
      {"plain", {5, 1000}},
      {"plain", {0, 6}},
      {"float", {0x4010000000000000}},
      {"divide", {100, 7}},
      {"divide", {1, 0}},
      {"divide", {0x80000000, 0xffffffff}},
      {"stop", {}},
      {"sum", {1}},
      {"sum", {10}},
      {"sum", {1000}},
      {"collatz", {1}},
      {"collatz", {27}},
      {"clamp", {200}},
      {"clamp", {50}},
      {"dead", {1}},
      {"dead", {0}},
      {"which", {0}},
      {"which", {3}},
      {"which", {99}},
      {"direct", {9}},
      {"indirect", {0, 7}},
      {"indirect", {1, 7}},
      {"indirect", {2, 7}},
      {"indirect", {4, 7}},
      {"tail", {0, 3}},
      {"tail", {100, 3}},
      {"tail", {100, 3}, 7},
      {"tail", {100, 3}, 6},
      {"tail_indirect", {0, 7}},
      {"tail_indirect", {1, 7}},
      {"down", {0}},
      {"down", {5}},
      {"down", {1}, 12},
      {"down", {1}, 11},
      {"nine", {}},
      {"two_nines", {}},
      {"fill", {0}},
      {"fill", {1}},
      {"fill", {32}},
      {"fill", {64}},
      {"fill", {65536}},
      {"fill", {65537}},
      {"copy", {1000}},
      {"copy", {2000}},
      {"copy", {65437}},
      {"init", {40}},
      {"init", {41}},
      {"init_dropped", {0}},
      {"init_dropped", {1}},
      {"grow", {0}},
      {"grow", {1}},
      {"grow", {3}},
      {"grow", {4}},
      {"table_grow", {5}},
      {"table_grow", {10}},
      {"table_grow", {37}},
      {"table_grow", {38}},
      {"table_fill", {3}},
      {"table_fill", {4}},
      {"table_copy", {3}},
      {"table_copy", {4}},
      {"table_init", {3}},
      {"table_init", {4}},
      {"table_rest", {}},
  };
}

Json FunctionVectors() {
  const std::string text = ReadGolden("functions");
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  const naive::Module module = naive::Decode(bytes);
  Json calls = Json::array();
  for (const metering::Schedule& schedule : GoldenSchedules()) {
    const auto runner = MakeNaiveRunner(bytes, schedule);
    for (const Row& row : Rows()) {
      Json call;
      call["schedule"] = schedule.name;
      call["entry"] = row.entry;
      call["args"] = Json::array();
      for (const uint64_t arg : row.args) {
        call["args"].push_back(absl::StrCat(arg));
      }
      if (row.stack_slots_max != kGoldenStackSlots) {
        call["stack_slots_max"] = row.stack_slots_max;
      }
      Call run = CallOf(call);
      run.function = FunctionOf(module, row.entry);
      call.update(ResultJson(runner->Run(run)));
      calls.push_back(std::move(call));
    }
  }
  return {{"wasm", base::HexEncode(text)}, {"calls", std::move(calls)}};
}

base::Hash256 Account(uint8_t byte) {
  base::Hash256 account;
  account.bytes.fill(byte);
  return account;
}

std::string Le64(uint64_t value) {
  std::string bytes(sizeof value, '\0');
  base::StoreLe<uint64_t>(bytes.data(), value);
  return bytes;
}

constexpr uint8_t kCallee = 0xee;
constexpr uint8_t kCaller = 0xdd;

// The input of caller.wat for one call, or for a caller in between.
std::string Input(uint8_t work, std::initializer_list<uint64_t> caps) {
  std::string input(1, static_cast<char>(work));
  for (size_t i = 0; i < caps.size(); ++i) {
    const bool is_last = i + 1 == caps.size();
    input += Le64(caps.begin()[i]);
    input += std::string(Account(is_last ? kCallee : kCaller).view());
  }
  return input;
}

ContractProgram Program(std::string input, bool is_activated) {
  ContractProgram program;
  program.modules = {ReadGolden("caller"), ReadGolden("callee")};
  const base::Hash256 caller = engine::ModuleHash(program.modules[0]);
  const base::Hash256 callee = engine::ModuleHash(program.modules[1]);
  program.accounts = {{Account(kCaller), 0, caller, {}},
                      {Account(kCallee), 0, callee, {}}};
  program.request.module_bytes = program.modules[0];
  program.request.entry = "call";
  program.request.input = std::move(input);
  program.request.caller = Account(1);
  program.request.callee = Account(0xc0);
  if (is_activated) {
    program.request.activation = engine::Activation::kActivated;
    program.request.activated = {callee};
  }
  return program;
}

// What the callee alone needs as a child, so that caps can be just below.
uint64_t NeedOf(uint8_t work, const engine::Profile& profile) {
  uint64_t low = 0;
  uint64_t high = kGoldenFuel;
  // The least cap with which the caller does not see code 1.
  while (low + 1 < high) {
    const uint64_t cap = low + (high - low) / 2;
    const ContractProgram program = Program(Input(work, {cap}), false);
    const NaiveOutcome outcome =
        NaiveChain(program, profile).Execute(kGoldenFuel);
    (outcome.data[0] == 1 ? low : high) = cap;
  }
  return high;
}

void AddExecutions(Json* vector, const ContractProgram& program,
                   const engine::Profile& profile) {
  Json executions = Json::array();
  const NaiveChain chain(program, profile);
  const NaiveOutcome ample = chain.Execute(kGoldenFuel);
  std::vector<uint64_t> limits = {kGoldenFuel};
  if (ample.klass != engine::OutcomeClass::kOutOfFuel) {
    limits.push_back(ample.fuel_used);
    limits.push_back(ample.fuel_used - 1);
  }
  for (const uint64_t limit : limits) {
    const NaiveOutcome outcome = chain.Execute(limit);
    executions.push_back(ContractResultJson(limit, outcome));
  }
  (*vector)["schedule"] = profile.schedule.name;
  (*vector)["reads_fuel"] = ample.reads_fuel;
  (*vector)["executions"] = std::move(executions);
}

Json ContractVectors() {
  Json vectors = Json::array();
  const auto add = [&](std::string name, const ContractProgram& program,
                       const engine::Profile& profile) {
    Json vector = {{"name", std::move(name)}};
    vector.update(ProgramJson(program));
    AddExecutions(&vector, program, profile);
    vectors.push_back(std::move(vector));
  };
  for (const engine::Profile& profile : GoldenProfiles()) {
    const uint64_t need = NeedOf(9, profile);
    add("no cap", Program(Input(9, {0}), false), profile);
    add("activated", Program(Input(9, {0}), true), profile);
    add("cap below the need, caught", Program(Input(9, {need - 1}), false),
        profile);
    add("cap at the need", Program(Input(9, {need}), false), profile);
    add("cap above the need", Program(Input(9, {need + 1}), false), profile);
    add("cap above all that is left, uncaught",
        Program(Input(255, {2 * kGoldenFuel}), false), profile);
    add("endless child under a cap", Program(Input(255, {50'000}), false),
        profile);
    add("endless grandchild without a cap, caught by the frame with one",
        Program(Input(255, {50'000, 0}), false), profile);
    add("grandchild that needs more than its parent's cap",
        Program(Input(9, {need, 0}), false), profile);
    add("trap in a child", Program(Input(254, {0}), false), profile);
    add("revert in a child", Program(Input(253, {0}), false), profile);
    add("child that reads its fuel under a cap",
        Program(Input(252, {60'000}), false), profile);
    add("child that reads its fuel", Program(Input(252, {0}), false), profile);
  }
  return vectors;
}

Json Golden() {
  Json schedules = Json::object();
  for (const metering::Schedule& schedule : GoldenSchedules()) {
    schedules[schedule.name] = ScheduleJson(schedule);
  }
  return {{"about", "Golden vectors of the fuel rule; see metering/README.md"},
          {"schedules", std::move(schedules)},
          {"fuel_limit", kGoldenFuel},
          {"stack_slots_max", kGoldenStackSlots},
          {"memory_pages_max", kGoldenPages},
          {"functions", FunctionVectors()},
          {"contracts", ContractVectors()}};
}

}  // namespace
}  // namespace ashlar::testing

int main() {
  const std::string text = ashlar::testing::Golden().dump(1) + "\n";
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0
                                                                         : 1;
}
