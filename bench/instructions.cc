// Does each workload once, for callgrind to count its instructions:
//   valgrind --tool=callgrind --instr-atstart=no --branch-sim=yes instructions
// Everything is warm by then, as in a benchmark's later rounds. Each workload
// is one dump, named by it. Arguments: names, default all.
// bench/instructions.py runs this and compares.
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/contract_calls.h"
#include "bench/data.h"
#include "bench/kernels.h"
#include "bench/startup_modules.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/interp/trap.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/runner.h"
#include "engine/wasm/types.h"
#include "metering/fuel.h"
#include "tests/util/hostile_modules.h"
#include "tests/util/module_builder.h"
#include "valgrind/callgrind.h"

namespace ashlar::bench {
namespace {

// Warms up by doing the work, then has it counted.
void Count(const std::string& name, const std::function<void()>& work) {
  for (int i = 0; i < 3; ++i) work();
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  work();
  CALLGRIND_DUMP_STATS_AT(name.c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
}

void CountStartup(const std::string& name, absl::string_view bytes) {
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  engine::PreparedInstance instance;
  Count(name, [&] {
    const engine::RunResult result =
        instance.Prepare(bytes, profile, metering::kFuelMax);
    CHECK(result.klass == engine::OutcomeClass::kReturned);
  });
}

// A module that is hard to translate; each of them.
void CountAdversarial(const std::string& name) {
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("strict-1");
  std::vector<std::string> modules;
  for (const auto& hostile : testing::HostileModules()) {
    if (hostile.strict_n == 0) continue;
    const std::vector<uint8_t> bytes = hostile.make(hostile.strict_n);
    modules.emplace_back(bytes.begin(), bytes.end());
  }
  engine::CompiledModule compiled;
  compile::Scratch scratch;
  Count(name, [&] {
    for (const std::string& module : modules) {
      wasm::Violations violations;
      CHECK(
          engine::LoadInto(module, profile, &scratch, &compiled, &violations));
    }
  });
}

// A trap early in a long function: its backtrace translates what stands before
// the place, and little behind it.
void CountEarlyTrap(const std::string& name) {
  constexpr uint32_t kStepsBehind = 5'000;
  testing::Code code;
  code.Get(0).If().Op(testing::Op::kUnreachable).End();
  testing::Repeat(kStepsBehind,
                  testing::Code()
                      .Get(0)
                      .I32(3)
                      .Op(testing::Op::kI32Mul)
                      .Get(0)
                      .Op(testing::Op::kI32Xor)
                      .Set(0),
                  &code);
  testing::ModuleBuilder m;
  const uint32_t type = m.Type({wasm::ValType::kI32}, {});
  m.Export("run", wasm::ExternKind::kFunc, m.Func(type, {}, code.End()));
  const std::vector<uint8_t> bytes = m.Build();
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  engine::PreparedInstance instance;
  CHECK(instance
            .Prepare(std::string(bytes.begin(), bytes.end()), profile,
                     metering::kFuelMax)
            .klass == engine::OutcomeClass::kReturned);
  const engine::Value one = {wasm::ValType::kI32, 1};
  Count(name, [&] {
    const engine::RunResult result =
        instance.Call("run", {one}, metering::kFuelMax);
    CHECK(result.trap == interp::Trap::kUnreachable);
    CHECK(result.backtrace.size() == 1);
  });
}

absl::Status CountKernel(const std::string& name, const Kernel& kernel) {
  ReadyKernel ready;
  RETURN_IF_ERROR(ready.Prepare(kernel));
  Count(name, [&] {
    ready.Run();
    CHECK(ready.IsRight());
  });
  return ready.CheckAgain();
}

void CountCall(const std::string& name, const ContractCall& call) {
  engine::Engine engine({.profiles = nullptr, .cache_size_bytes = 0});
  Count(name, [&] { CHECK(Execute(&engine, call).ok()); });
}

// Counts of differently built programs cannot be compared.
const char* Build() {
#define ASHLAR_TEXT(x) #x
#define ASHLAR_VALUE(x) ASHLAR_TEXT(x)
#if defined(ASHLAR_SANITIZE) || defined(ASHLAR_UNMETERED) || \
    !defined(__OPTIMIZE__) || !defined(__x86_64__)
  return "unusual";
#elif defined(__clang__)
  return "clang-" ASHLAR_VALUE(__clang_major__);
#else
  return "gcc-" ASHLAR_VALUE(__GNUC__);
#endif
}

struct Workload {
  std::string name;
  // NOT_FOUND where the data is absent.
  std::function<absl::Status(const std::string&)> run;
};

std::vector<Workload> Workloads() {
  std::vector<Workload> workloads = {
      {"startup/token",
       [](const std::string& name) {
         CountStartup(name, OwnModule("token"));
         return absl::OkStatus();
       }},
      {"adversarial/strict",
       [](const std::string& name) {
         CountAdversarial(name);
         return absl::OkStatus();
       }},
      {"backtrace/early",
       [](const std::string& name) {
         CountEarlyTrap(name);
         return absl::OkStatus();
       }},
      {"oneshot/token/transfer",
       [](const std::string& name) {
         CountCall(name, TokenCalls().back());
         return absl::OkStatus();
       }},
  };
  for (const char* module : {"erc20", "erc1155", "cosmwasm_211k"}) {
    const StartupModule& found = *absl::c_find_if(
        kStartupModules,
        [&](const StartupModule& m) { return m.name == std::string(module); });
    workloads.push_back({absl::StrCat("startup/", module),
                         [&found](const std::string& name) -> absl::Status {
                           ASSIGN_OR_RETURN(const std::string bytes,
                                            ReadData(found.path));
                           CountStartup(name, bytes);
                           return absl::OkStatus();
                         }});
  }
  for (const char* kernel : {"fib_recursive", "for_loop", "br_table",
                             "memory_sum", "tiny_keccak", "coremark"}) {
    workloads.push_back(
        {absl::StrCat("execute/", kernel), [kernel](const std::string& name) {
           return CountKernel(name, *FindKernel(kernel));
         }});
  }
  return workloads;
}

int Run(const std::vector<std::string>& names) {
  std::printf("build: %s\n", Build());
  for (const Workload& workload : Workloads()) {
    if (!names.empty() && !absl::c_linear_search(names, workload.name)) {
      continue;
    }
    const absl::Status status = workload.run(workload.name);
    if (absl::IsNotFound(status)) {
      std::printf("skipped: %s: %s\n", workload.name.c_str(),
                  std::string(status.message()).c_str());
    } else if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  return ashlar::bench::Run({argv + 1, argv + argc});
}
