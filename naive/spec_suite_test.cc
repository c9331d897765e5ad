// The official specification suite, run by the naive interpreter: an oracle
// that is itself checked. Assertions about refused modules are left out, since
// the naive decoder is only defined for valid ones.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/interp/trap.h"
#include "gtest/gtest.h"
#include "metering/schedule.h"
#include "naive/store.h"
#include "nlohmann/json.hpp"

namespace ashlar::naive {
namespace {

namespace fs = std::filesystem;
using interp::Trap;
using nlohmann::json;

constexpr uint64_t kFuelLimit = uint64_t{1} << 56;

std::vector<uint8_t> ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

uint64_t Number(const std::string& text) {
  uint64_t value = 0;
  if (absl::SimpleAtoi(text, &value)) return value;
  int64_t negative = 0;
  EXPECT_TRUE(absl::SimpleAtoi(text, &negative)) << text;
  return static_cast<uint64_t>(negative);
}

// An externref of the suite is a number; ours may not be 0.
uint64_t ValueOf(const json& value) {
  const std::string type = value["type"];
  if (value["value"] == "null") return 0;
  const uint64_t bits = Number(value["value"]);
  if (type == "externref") return bits + 1;
  if (type == "i32" || type == "f32") return static_cast<uint32_t>(bits);
  return bits;
}

bool Matches(const json& expected, uint64_t actual) {
  const std::string type = expected["type"];
  if (!expected.contains("value")) return actual != 0;  // any reference
  const std::string text = expected["value"];
  // We give the canonical NaN where the specification leaves a choice.
  if (absl::StartsWith(text, "nan:")) {
    return actual == (type == "f32" ? 0x7fc00000u : 0x7ff8000000000000u);
  }
  return actual == ValueOf(expected);
}

struct Counts {
  int passed = 0;
  int failed = 0;
};

// One script.
class Script {
 public:
  Script(const fs::path& folder, Counts* counts)
      : folder_(folder), counts_(counts), store_(MakeConfig()) {
    AddSpectest();
  }

  void Run() {
    const fs::path path =
        folder_ / absl::StrCat(folder_.filename().string(), ".json");
    std::ifstream in(path);
    const json script = json::parse(in, nullptr, false);
    ASSERT_FALSE(script.is_discarded()) << path;
    for (const json& command : script["commands"]) {
      Command(command);
    }
  }

 private:
  using Exports = std::map<std::string, std::vector<Extern>>;

  static Config MakeConfig() {
    Config config;
    config.schedule = &metering::Ashlar1();
    return config;
  }

  void AddSpectest() {
    const auto ignore = [](HostContext&) { return Trap::kNone; };
    const auto print = [&](const char* name, std::vector<uint8_t> params) {
      Extern e;
      e.func = store_.NewHostFunc({params, {}}, ignore);
      spectest_[name].push_back(e);
    };
    print("print", {});
    print("print_i32", {kI32});
    print("print_i64", {kI64});
    print("print_f32", {kF32});
    print("print_f64", {kF64});
    print("print_i32_f32", {kI32, kF32});
    print("print_f64_f64", {kF64, kF64});
    const auto global = [&](const char* name, uint8_t type, uint64_t value) {
      Extern e;
      e.kind = Kind::kGlobal;
      e.global = store_.NewGlobal({type, false}, value);
      spectest_[name].push_back(e);
    };
    global("global_i32", kI32, 666);
    global("global_i64", kI64, 666);
    global("global_f32", kF32, 0x4426a666);
    global("global_f64", kF64, 0x4084d4cccccccccd);
    Extern table;
    table.kind = Kind::kTable;
    table.table = store_.NewTable({kFuncRef, {10, 20, true}}, 0);
    spectest_["table"].push_back(table);
    Extern memory;
    memory.kind = Kind::kMemory;
    memory.memory = store_.NewMemory({1, 2, true});
    spectest_["memory"].push_back(memory);
  }

  bool Resolve(const Import& import, Extern* out) {
    if (import.module == "spectest") {
      const auto it = spectest_.find(import.name);
      if (it == spectest_.end()) return false;
      *out = it->second[0];
      return true;
    }
    const auto it = registered_.find(import.module);
    if (it == registered_.end()) return false;
    for (Kind kind : {import.kind, Kind::kFunc, Kind::kTable, Kind::kMemory,
                      Kind::kGlobal}) {
      if (it->second->FindExport(import.name, kind, out)) return true;
    }
    return false;
  }

  InstantiateResult Instantiate(const json& command) {
    InstantiateResult result = store_.Instantiate(
        ReadFile(folder_ / command["filename"].get<std::string>()),
        [this](const Import& import, Extern* out) {
          return Resolve(import, out);
        });
    if (result.instance != nullptr && result.instance->module().has_start) {
      const uint32_t start = result.instance->module().start;
      result.trap =
          store_.Invoke(result.instance->functions()[start], {}, kFuelLimit)
              .trap;
    }
    return result;
  }

  const Instance* Target(const json& action) {
    if (action.contains("module")) return named_[action["module"]];
    return current_;
  }

  Result Act(const json& action) {
    const Instance* instance = Target(action);
    const std::string field = action["field"];
    Extern e;
    Result result;
    if (action["type"] == "get") {
      EXPECT_TRUE(instance->FindExport(field, Kind::kGlobal, &e)) << field;
      result.results = {e.global->value};
      return result;
    }
    EXPECT_TRUE(instance->FindExport(field, Kind::kFunc, &e)) << field;
    std::vector<uint64_t> args;
    for (const json& arg : action["args"]) args.push_back(ValueOf(arg));
    return store_.Invoke(e.func, args, kFuelLimit);
  }

  void Check(const json& command, bool is_ok, const std::string& what = "") {
    ++(is_ok ? counts_->passed : counts_->failed);
    EXPECT_TRUE(is_ok) << folder_.filename() << ":" << command["line"] << ": "
                       << command["type"] << " " << what;
  }

  static std::string TextOf(Trap trap) {
    switch (trap) {
#define TRAP(name, number, text) \
  case Trap::k##name:            \
    return text;
#include "engine/interp/trap.def"
    }
    return "";
  }

  void CheckReturn(const json& command) {
    const Result result = Act(command["action"]);
    const json& expected = command["expected"];
    bool is_ok = result.kind == Result::kReturned &&
                 result.results.size() == expected.size();
    for (size_t i = 0; is_ok && i < expected.size(); ++i) {
      is_ok = Matches(expected[i], result.results[i]);
    }
    Check(command, is_ok, TextOf(result.trap));
  }

  void CheckTrap(const json& command, Trap trap) {
    const std::string expected = command["text"];
    // The suite may say more ("uninitialized element 2") or less.
    const std::string actual = TextOf(trap);
    Check(command,
          trap != Trap::kNone && (absl::StartsWith(expected, actual) ||
                                  absl::StartsWith(actual, expected)),
          actual);
  }

  void Command(const json& command) {
    const std::string type = command["type"];
    if (type == "module") {
      const InstantiateResult result = Instantiate(command);
      Check(command, result.instance != nullptr && result.trap == Trap::kNone,
            result.link_error);
      current_ = result.instance;
      if (command.contains("name")) named_[command["name"]] = current_;
    } else if (type == "register") {
      registered_[command["as"]] =
          command.contains("name") ? named_[command["name"]] : current_;
    } else if (type == "action") {
      Check(command, Act(command["action"]).kind == Result::kReturned);
    } else if (type == "assert_return") {
      CheckReturn(command);
    } else if (type == "assert_trap" || type == "assert_exhaustion") {
      CheckTrap(command, Act(command["action"]).trap);
    } else if (type == "assert_uninstantiable") {
      CheckTrap(command, Instantiate(command).trap);
    } else if (type == "assert_unlinkable") {
      const std::string text = command["text"];
      Check(command, Instantiate(command).link_error == text);
    }
  }

  fs::path folder_;
  Counts* counts_;
  Store store_;
  const Instance* current_ = nullptr;
  std::map<std::string, const Instance*> named_;
  std::map<std::string, const Instance*> registered_;
  Exports spectest_;
};

void RunSuite(const std::string& suite, int at_least) {
  const char* data = std::getenv("ASHLAR_DATA");
  const fs::path root =
      fs::path(data != nullptr ? data : "../shared") / "testsuite" / suite;
  if (!fs::is_directory(root)) {
    GTEST_SKIP() << "no suite: set ASHLAR_DATA";
  }
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    if (!absl::StartsWith(name, "simd_")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  Counts counts;
  for (const fs::path& folder : folders) Script(folder, &counts).Run();
  std::printf("%s: %d passed, %d failed\n", suite.c_str(), counts.passed,
              counts.failed);
  EXPECT_EQ(counts.failed, 0);
  EXPECT_GE(counts.passed, at_least);
}

TEST(NaiveSpecSuiteTest, Wasm2) { RunSuite("wasm-2.0", 25000); }
TEST(NaiveSpecSuiteTest, TailCall) { RunSuite("proposals-2022/tail-call", 50); }
TEST(NaiveSpecSuiteTest, ExtendedConst) {
  RunSuite("proposals-2022/extended-const", 10);
}

}  // namespace
}  // namespace ashlar::naive
