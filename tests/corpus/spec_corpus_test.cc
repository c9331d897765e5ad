// Every action of the official suite (WebAssembly 2.0 without SIMD, extended
// constant expressions, tail calls): the engine and the naive interpreter agree
// on results, traps, fuel and state. What the suite expects is checked
// elsewhere; here its scripts are programs.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/corpus/lockstep.h"
#include "tests/corpus/world.h"
#include "tests/spec/data.h"

namespace ashlar::testing {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr uint64_t kFuelLimit = uint64_t{1} << 56;

const engine::Profile& Relaxed() {
  return *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
}

// The functions behind spectest's prints: they charge, so that it shows when
// one is called once too often.
class PrintHost : public Host {
 public:
  HostAnswer Answer(const HostQuery& query) override {
    HostAnswer answer;
    answer.fuel = 3 + query.args.size();
    return answer;
  }
  bool Provides(absl::string_view module) const override {
    return module == "host";
  }
};

uint64_t Number(const std::string& text) {
  uint64_t value = 0;
  if (absl::SimpleAtoi(text, &value)) return value;
  int64_t negative = 0;
  EXPECT_TRUE(absl::SimpleAtoi(text, &negative)) << text;
  return static_cast<uint64_t>(negative);
}

// An externref of the suite is a number, which may be 0; ours may not.
uint64_t ValueOf(const json& value) {
  if (value["value"] == "null") return 0;
  const uint64_t bits = Number(value["value"]);
  const std::string type = value["type"];
  if (type == "externref") return bits + 1;
  return type == "i32" || type == "f32" ? static_cast<uint32_t>(bits) : bits;
}

class Script {
 public:
  explicit Script(path file)
      : file_(std::move(file)),
        lockstep_(Relaxed(), [] { return std::make_unique<PrintHost>(); }) {
    lockstep_.Register("spectest", Make("tests/corpus/spectest.wasm").value());
  }

  void Run() {
    const auto text = cli::ReadFile(file_.string());
    ASSERT_TRUE(text.ok()) << text.status().ToString();
    const json script = json::parse(*text, nullptr, false);
    ASSERT_FALSE(script.is_discarded());
    for (const json& command : script["commands"]) {
      SCOPED_TRACE(absl::StrCat("line ", command["line"].get<int>(), ", ",
                                command["type"].get<std::string>()));
      Do(command);
    }
    std::printf("%s\n", lockstep_.tally().Describe().c_str());
    EXPECT_EQ(actions_,
              lockstep_.tally().returned + lockstep_.tally().trapped - starts_);
    EXPECT_EQ(lockstep_.tally().out_of_fuel, 0u);
  }

 private:
  std::optional<size_t> Make(const path& wasm) {
    const auto bytes = cli::ReadFile(wasm.string());
    EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
    subjects_.push_back(MakeSubject(*bytes, Relaxed()));
    if (subjects_.back().compiled == nullptr) {
      ADD_FAILURE() << wasm << " is refused";
      return std::nullopt;
    }
    const std::optional<size_t> made =
        lockstep_.Instantiate(subjects_.back(), kFuelLimit);
    const bool is_linked =
        lockstep_.last_instantiation().kind != End::Kind::kNotLinked;
    starts_ += subjects_.back().module().has_start && is_linked;
    return made;
  }

  void Do(const json& command) {
    const std::string type = command["type"];
    const std::string name = command.value("name", "");
    if (type == "module") {
      const auto made = Make(Wasm(command));
      ASSERT_TRUE(made.has_value());
      last_ = *made;
      if (!name.empty()) named_[name] = last_;
    } else if (type == "register") {
      lockstep_.Register(command["as"].get<std::string>(),
                         name.empty() ? last_ : named_.at(name));
    } else if (type == "assert_uninstantiable") {
      EXPECT_FALSE(Make(Wasm(command)).has_value());
      EXPECT_EQ(lockstep_.last_instantiation().kind, End::Kind::kTrapped);
    } else if (type == "assert_unlinkable") {
      EXPECT_FALSE(Make(Wasm(command)).has_value());
      EXPECT_EQ(lockstep_.last_instantiation().kind, End::Kind::kNotLinked);
    } else if (command.contains("action") &&
               command["action"]["type"] == "invoke") {
      Invoke(command["action"]);
    }
  }

  void Invoke(const json& action) {
    const std::string name = action.value("module", "");
    std::vector<uint64_t> args;
    for (const json& arg : action["args"]) args.push_back(ValueOf(arg));
    lockstep_.Invoke(name.empty() ? last_ : named_.at(name),
                     action["field"].get<std::string>(), std::move(args),
                     kFuelLimit);
    ++actions_;
  }

  path Wasm(const json& command) const {
    return file_.parent_path() / command["filename"].get<std::string>();
  }

  path file_;
  Lockstep lockstep_;
  std::deque<Subject> subjects_;
  size_t last_ = 0;
  std::map<std::string, size_t> named_;
  uint64_t actions_ = 0;
  uint64_t starts_ = 0;
};

std::vector<path> Scripts() {
  const path suite = spec::DataFolder() / "testsuite";
  std::vector<path> files;
  for (const char* folder : {"wasm-2.0", "proposals-2022/extended-const",
                             "proposals-2022/tail-call"}) {
    for (const path& file : spec::FilesBelow(suite / folder, ".json")) {
      if (!absl::StartsWith(file.filename().string(), "simd_")) {
        files.push_back(file);
      }
    }
  }
  return files;
}

std::string CaseName(const ::testing::TestParamInfo<path>& info) {
  const path& file = info.param;
  std::string name = file.parent_path().parent_path().stem().string() + "_" +
                     file.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

TEST(SpecCorpus, IsComplete) {
  if (!std::filesystem::exists(spec::DataFolder())) {
    GTEST_SKIP() << spec::kNoData;
  }
  EXPECT_EQ(Scripts().size(), 95u);
}

class SpecCorpus : public ::testing::TestWithParam<path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SpecCorpus);

TEST_P(SpecCorpus, Agrees) { Script(GetParam()).Run(); }

INSTANTIATE_TEST_SUITE_P(All, SpecCorpus, ::testing::ValuesIn(Scripts()),
                         CaseName);

}  // namespace
}  // namespace ashlar::testing
