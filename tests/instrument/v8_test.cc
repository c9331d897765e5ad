// Modules that were rewritten to count their own fuel, run in Node's V8, count
// what the engine charged: prepaid runs and the dynamic charges of memory and
// table instructions. Results, traps, memory, globals and tables are compared,
// too. Host functions answer what they answered in the engine. Generated
// modules are also run by wabt's interpreter, as far as it can.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "engine/base/bytes.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/corpus/recorded_call.h"
#include "tests/corpus/scripted_host.h"
#include "tests/differential/generator.h"
#include "tests/instrument/recorder.h"
#include "tests/seal/chain.h"
#include "tests/spec/data.h"

namespace ashlar::testing {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr uint64_t kFuelLimit = 20'000'000;
constexpr char kNoNode[] = "node is not installed (tools/setup installs it)";

const engine::Profile& Relaxed() {
  return *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
}

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

bool HasNode() { return std::system("node --version >/dev/null 2>&1") == 0; }

// Newer engines have these features without being told.
std::string NodeFlags() {
  std::string flags;
  for (const char* flag : {"--experimental-wasm-return-call",
                           "--experimental-wasm-extended-const"}) {
    const std::string command =
        absl::StrCat("node ", flag, " -e 0 >/dev/null 2>&1");
    if (std::system(command.c_str()) == 0) absl::StrAppend(&flags, flag, " ");
  }
  return flags;
}

// Of the running test.
path CasesFolder() {
  std::string name =
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::replace(name.begin(), name.end(), '/', '-');
  return path(::testing::TempDir()) / ("v8-" + name);
}

// As far as cases can be put into a script of wabt's: the rest is left out.
void ExpectSameInWabt(const Recorder& recorder) {
  const path folder = recorder.file().parent_path();
  std::filesystem::copy_file("tests/instrument/env.wasm", folder / "env.wasm");
  const std::string command = absl::StrCat(
      "node tests/instrument/to_spectest.js metering/README.md ",
      recorder.file().string(), " ", folder.string(),
      " && spectest-interp --enable-extended-const ",
      (folder / "script.json").string(), " >", (folder / "log").string(),
      "; status=$?; tail -n 1 ", (folder / "log").string(), "; exit $status");
  EXPECT_EQ(std::system(command.c_str()), 0);
}

void ExpectSameInV8(const Recorder& recorder) {
  std::printf("recorded: %llu calls, %llu fuel\n",
              static_cast<unsigned long long>(recorder.calls()),
              static_cast<unsigned long long>(recorder.fuel()));
  std::fflush(stdout);
  const std::string command = absl::StrCat(
      "node ", NodeFlags(), "tests/instrument/replay.js metering/README.md ",
      recorder.file().string(), " ", recorder.file().parent_path().string());
  EXPECT_EQ(std::system(command.c_str()), 0);
  if (!::testing::Test::HasFailure()) {
    std::filesystem::remove_all(recorder.file().parent_path());
  }
}

std::vector<uint32_t> ExportedFunctions(const wasm::Module& module) {
  std::vector<uint32_t> functions;
  for (const wasm::Export& e : module.exports) {
    if (e.kind == wasm::ExternKind::kFunc) functions.push_back(e.index);
  }
  return functions;
}

uint32_t FunctionOf(const wasm::Module& module, absl::string_view name) {
  return module.FindExport(name, wasm::ExternKind::kFunc)->index;
}

class V8Test : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!HasNode()) GTEST_SKIP() << kNoNode;
  }
};

TEST_F(V8Test, SmallKernels) {
  const auto bytes = cli::ReadFile("tests/corpus/kernels.wasm");
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  Recorder recorder(CasesFolder(), Relaxed(), std::make_unique<ScriptedHost>());
  ASSERT_TRUE(recorder.SetModule(*bytes));
  const wasm::Module& module = recorder.subject().module();
  for (const uint32_t function : ExportedFunctions(module)) {
    const size_t count = module.func_type(function).param_count;
    for (const uint64_t first : {0, 1, 3, 16, 25, 1'000, 9'000}) {
      for (const uint64_t second : {0, 3, 7}) {
        std::vector<uint64_t> args = {first, second};
        args.resize(count);
        ASSERT_TRUE(recorder.Begin(absl::StrCat("kernel ", first)));
        recorder.Invoke(function, args, kFuelLimit);
        recorder.Invoke(function, args, kFuelLimit);
        recorder.Finish();
        if (count < 2) break;
      }
    }
  }
  EXPECT_GT(recorder.calls(), 200u);
  ExpectSameInV8(recorder);
}

// A kernel of the data's bench folder: `setup` with an argument gives a
// handle; its input, if any, goes to input_ptr(handle).
struct Kernel {
  const char* name;
  std::vector<uint64_t> argument;
  const char* input = nullptr;
};

const Kernel kKernels[] = {
    {"tiny-keccak", {}},
    {"prime-sieve", {100'000}},
    {"sort", {10'000}},
    {"nbody", {40}},
    {"mandelbrot", {10}},
    {"argon2", {8}},
    {"compression", {1'000}, "alice29.txt"},
    {"reverse-complement", {10'000}, "reverse-complement.txt"},
    {"regex-redux", {5'000}, "reverse-complement.txt"},
};

void RecordKernel(const Kernel& kernel, const path& bench, Recorder* recorder) {
  const auto bytes =
      cli::ReadFile((bench / absl::StrCat(kernel.name, ".wasm")).string());
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  ASSERT_TRUE(recorder->SetModule(*bytes));
  const wasm::Module& module = recorder->subject().module();
  ASSERT_TRUE(recorder->Begin(kernel.name));
  End end = recorder->Invoke(FunctionOf(module, "setup"), kernel.argument,
                             kFuelLimit);
  ASSERT_EQ(end.kind, End::Kind::kReturned);
  const std::vector<uint64_t> handle = end.results;
  if (kernel.input != nullptr) {
    const auto input =
        cli::ReadFile((bench / "inputs" / kernel.input).string());
    ASSERT_TRUE(input.ok()) << input.status().ToString();
    end = recorder->Invoke(FunctionOf(module, "input_ptr"), handle, kFuelLimit);
    recorder->Poke(end.results[0], input->substr(0, kernel.argument[0]));
  }
  end = recorder->Invoke(FunctionOf(module, "run"), handle, kFuelLimit);
  EXPECT_EQ(end.kind, End::Kind::kReturned);
  recorder->Finish();
}

TEST_F(V8Test, BenchKernels) {
  const path bench = spec::DataFolder() / "bench";
  if (!std::filesystem::exists(bench)) GTEST_SKIP() << spec::kNoData;
  Recorder recorder(CasesFolder(), Relaxed(), std::make_unique<ScriptedHost>());
  for (const Kernel& kernel : kKernels) {
    SCOPED_TRACE(kernel.name);
    RecordKernel(kernel, bench, &recorder);
  }
  ExpectSameInV8(recorder);
}

// Contracts of all kinds with a host that is made up. Functions that are not
// exported are called, too, because contracts seldom get far with such a host.
TEST_F(V8Test, Contracts) {
  constexpr uint64_t kContractFuelLimit = 300'000;
  constexpr uintmax_t kModuleSizeBytesMax = 400'000;
  constexpr size_t kFunctionsPerModule = 12;
  const path folder = spec::DataFolder() / "contracts";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << spec::kNoData;
  Recorder recorder(CasesFolder(), Relaxed(), std::make_unique<ScriptedHost>());
  size_t modules = 0;
  for (const path& file : spec::FilesBelow(folder, ".wasm")) {
    if (std::filesystem::file_size(file) > kModuleSizeBytesMax) continue;
    const auto bytes = cli::ReadFile(file.string());
    ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
    if (!recorder.SetModule(*bytes)) continue;
    ++modules;
    const wasm::Module& module = recorder.subject().module();
    std::vector<uint32_t> functions = ExportedFunctions(module);
    const uint32_t own = static_cast<uint32_t>(module.functions.size()) -
                         module.imported_functions;
    for (uint32_t i = 0; i < own && functions.size() < kFunctionsPerModule;
         i += own / kFunctionsPerModule + 1) {
      functions.push_back(module.imported_functions + i);
    }
    functions.resize(std::min(functions.size(), kFunctionsPerModule));
    for (const uint32_t function : functions) {
      std::vector<uint64_t> args;
      for (const wasm::ValType type : module.func_type(function).params()) {
        args.push_back(PlausibleValue(
            Mixer().Add(function).Add(args.size()).Finish(), type, 65536));
      }
      if (!recorder.Begin(file.filename().string())) break;
      recorder.Invoke(function, args, kContractFuelLimit);
      recorder.Finish();
    }
  }
  std::printf("%zu modules\n", modules);
  EXPECT_GT(modules, 200u);
  EXPECT_GT(recorder.calls(), 1'000u);
  ExpectSameInV8(recorder);
}

// Contracts of the seal ABI with their real host: the steps of the vectors
// that call no other contract.
TEST_F(V8Test, InkVectors) {
  const path folder = ContractsFolder();
  const path file = folder / "ink" / "vectors.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << kNoData;
  const json vectors = json::parse(ReadFile(file));
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("seal-1");
  Recorder recorder(CasesFolder(), profile, std::make_unique<ScriptedHost>());
  for (const json& vector : vectors["vectors"]) {
    const std::string name = vector["module"].get<std::string>();
    const std::string bytes = ReadFile(folder / name);
    Chain chain;
    ASSERT_TRUE(recorder.SetModule(bytes)) << name;
    const Subject& subject = recorder.subject();
    for (const json& step : vector["steps"]) {
      engine::ExecuteRequest request = chain.Request(
          bytes, step["entry"].get<std::string>(),
          base::HexDecode(step["input"].get<std::string>()).value());
      request.caller =
          base::Hash256::FromHex(step["caller"].get<std::string>()).value();
      engine::ExecuteRequest by_hash = request;
      by_hash.module_hash = engine::ModuleHash(bytes);
      const uint32_t entry = FunctionOf(subject.module(), request.entry);
      const RecordedCall call =
          Record(by_hash, profile, subject, entry, &chain.state());
      chain.Execute(request);
      if (call.is_whole) {
        recorder.WriteRecorded(
            absl::StrCat(name, " ", step["label"].get<std::string>()), entry,
            call);
      }
    }
  }
  EXPECT_GE(recorder.calls(), 200u);
  ExpectSameInV8(recorder);
}

// The host of generated modules.
class GeneratedHost : public Host {
 public:
  HostAnswer Answer(const HostQuery& query) override {
    HostAnswer answer;
    if (query.name == kHostMix) {
      const HostOutcome outcome =
          HostMix(static_cast<uint32_t>(query.args[0]), query.args[1]);
      answer.fuel = outcome.charge;
      if (outcome.is_trap) answer.trap = interp::Trap::kHostError;
      answer.results = {outcome.result};
      return answer;
    }
    const PokeOutcome outcome = HostPoke(static_cast<uint32_t>(query.args[0]));
    answer.fuel = outcome.charge;
    if (outcome.address < query.memory.size()) {
      answer.writes.push_back({outcome.address, {outcome.byte}});
    }
    return answer;
  }
};

TEST_F(V8Test, GeneratedModules) {
  constexpr uint64_t kSeedsByDefault = 1'500;
  constexpr uint64_t kGeneratedFuelLimit = 3'000;
  constexpr int kCallsPerFunction = 3;
  const uint64_t first = FromEnvironment("ASHLAR_V8_FIRST", 0);
  const uint64_t count = FromEnvironment("ASHLAR_V8_SEEDS", kSeedsByDefault);
  Recorder recorder(CasesFolder(), Relaxed(),
                    std::make_unique<GeneratedHost>());
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const GeneratedModule generated =
        Generate(seed, 4 + static_cast<uint32_t>(seed % 40));
    if (generated.has_library) continue;
    ASSERT_TRUE(recorder.SetModule(
        absl::string_view(reinterpret_cast<const char*>(generated.bytes.data()),
                          generated.bytes.size())))
        << "seed " << seed;
    Rng rng(~seed);
    for (const GeneratedFunction& function : generated.functions) {
      if (!recorder.Begin(absl::StrCat("seed ", seed))) break;
      for (int i = 0; i < kCallsPerFunction; ++i) {
        std::vector<uint64_t> args;
        for (const wasm::ValType type : function.params) {
          args.push_back(InterestingValue(type, &rng));
        }
        recorder.Invoke(function.index, args, kGeneratedFuelLimit);
      }
      recorder.Finish();
    }
  }
  EXPECT_GT(recorder.calls(), count * 3);
  ExpectSameInWabt(recorder);
  ExpectSameInV8(recorder);
}

}  // namespace
}  // namespace ashlar::testing
