// metering/README.md is normative, so what it says is executed: its tables
// against the tables of the code, its worked examples by both interpreters.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/interp/trap.h"
#include "engine/wasm/opcode.h"
#include "gtest/gtest.h"
#include "metering/schedule.h"
#include "naive/module.h"
#include "tests/differential/engine_run.h"
#include "tests/differential/run.h"

namespace ashlar::testing {
namespace {

constexpr uint64_t kFuelLimit = 1000000;
constexpr uint32_t kStackSlotsMax = 65536;
constexpr uint32_t kMemoryPagesMax = 16;

struct PricedName {
  std::string name;
  uint64_t price = 0;
  friend bool operator==(const PricedName&, const PricedName&) = default;
};

std::vector<std::string> Lines() {
  std::ifstream in("metering/README.md");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The rows `| name | number | rest |`, or without a rest, below the line that
// starts with `head`.
std::vector<std::smatch> Rows(const std::vector<std::string>& lines,
                              const std::string& head) {
  static const std::regex& row =
      *new std::regex(R"(\| (\w+) \| (\d+) \|(?: (.*) \|)?)");
  std::vector<std::smatch> rows;
  auto line =
      std::find_if(lines.begin(), lines.end(),
                   [&](const std::string& l) { return l.rfind(head, 0) == 0; });
  for (std::smatch match; line != lines.end() && line->front() == '|'; ++line) {
    if (std::regex_match(*line, match, row)) rows.push_back(match);
    if (std::next(line) == lines.end() || std::next(line)->empty()) break;
  }
  return rows;
}

std::vector<PricedName> Prices(const std::vector<std::smatch>& rows) {
  std::vector<PricedName> prices;
  for (const std::smatch& row : rows) {
    prices.push_back({row[1], std::stoull(row[2])});
  }
  return prices;
}

// "{a,b}.c" -> "a.c", "b.c".
std::vector<std::string> Expand(const std::string& pattern) {
  const size_t open = pattern.find('{');
  if (open == std::string::npos) return {pattern};
  const size_t close = pattern.find('}', open);
  std::vector<std::string> out;
  std::stringstream parts(pattern.substr(open + 1, close - open - 1));
  for (std::string part; std::getline(parts, part, ',');) {
    for (const std::string& tail : Expand(pattern.substr(close + 1))) {
      out.push_back(pattern.substr(0, open) + part + tail);
    }
  }
  return out;
}

TEST(FuelPageTest, ListsEveryClassAndUnitOfAshlar1InOrder) {
  const std::vector<std::string> lines = Lines();
  const std::vector<PricedName> classes = {
#define COST_CLASS(name, price, meaning) {#name, price},
#include "metering/cost_class.def"
  };
  const std::vector<PricedName> units = {
#define UNIT(name, price, meaning) {#name, price},
#include "metering/unit.def"
  };
  EXPECT_EQ(Prices(Rows(lines, "| class |")), classes);
  EXPECT_EQ(Prices(Rows(lines, "| unit |")), units);
}

TEST(FuelPageTest, ListsEveryOpcodeOnceInItsClass) {
  std::map<std::string, std::string> expected;
#define OP(name, code, text, signature, immediate, cost, feature) \
  expected[text] = #cost;
#include "engine/wasm/opcodes.def"
  std::map<std::string, std::string> listed;
  const std::vector<std::string> lines = Lines();
  static const std::regex& quoted = *new std::regex("`([^`]+)`");
  for (const std::smatch& row : Rows(lines, "| class |")) {
    const std::string cells = row[3];
    for (std::sregex_iterator it(cells.begin(), cells.end(), quoted), end;
         it != end; ++it) {
      for (const std::string& name : Expand((*it)[1])) {
        EXPECT_TRUE(listed.emplace(name, row[1]).second) << name << " twice";
      }
    }
  }
  EXPECT_EQ(listed, expected);
}

TEST(FuelPageTest, ListsWhatAshlar1WidePricesOtherwise) {
  const std::vector<PricedName> classes = {
#define CLASS_PRICE(name, price) {#name, price},
#include "metering/ashlar_1_wide.def"
  };
  EXPECT_EQ(Prices(Rows(Lines(), "| dearer class |")), classes);
}

TEST(FuelPageTest, GivesTheDigests) {
  const std::vector<std::string> lines = Lines();
  for (const metering::Schedule* schedule :
       {&metering::Ashlar1(), &metering::Ashlar1Wide()}) {
    const std::string digest =
        absl::StrCat("`", metering::Digest(*schedule).ToHex(), "`.");
    EXPECT_EQ(std::count(lines.begin(), lines.end(), digest), 1)
        << schedule->name;
  }
}

// ;; f(1, 2) = 3, fuel 4       ;; f(1) traps TEXT, fuel 4, stack 5
struct Example {
  std::string line;
  std::string function;
  std::vector<uint64_t> args;
  bool is_trap = false;
  std::string trap_text;
  uint64_t result = 0;
  uint64_t fuel = 0;
  uint32_t stack_slots_max = kStackSlotsMax;
};

bool ParseExample(const std::string& line, Example* out) {
  static const std::regex& form =
      *new std::regex(R"(;; (\w+)\(([-\d, ]*)\) (= (-?\d+)|traps ([a-z ]+)))"
                      R"(, fuel (\d+)(, stack (\d+))?)");
  std::smatch match;
  if (!std::regex_match(line, match, form)) return false;
  out->line = line;
  out->function = match[1];
  std::stringstream args(match[2]);
  for (std::string arg; std::getline(args, arg, ',');) {
    out->args.push_back(static_cast<uint32_t>(std::stoll(arg)));
  }
  out->is_trap = match[5].matched;
  out->trap_text = match[5];
  if (!out->is_trap) {
    out->result = static_cast<uint32_t>(std::stoll(match[4]));
  }
  out->fuel = std::stoull(match[6]);
  if (match[8].matched) {
    out->stack_slots_max = static_cast<uint32_t>(std::stoul(match[8]));
  }
  return true;
}

std::vector<uint8_t> Assemble(const std::string& text) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/example");
  std::ofstream(path + ".wat") << text;
  const std::string command = absl::StrCat("wat2wasm --enable-tail-call ", path,
                                           ".wat -o ", path, ".wasm");
  EXPECT_EQ(std::system(command.c_str()), 0) << text;
  std::ifstream in(path + ".wasm", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void CheckExample(const Example& example, Runner* runner, Call call) {
  const Observation observed = runner->Run(call);
  EXPECT_EQ(observed.fuel_used, example.fuel) << example.line;
  if (example.is_trap) {
    EXPECT_EQ(observed.kind, Observation::Kind::kTrapped) << example.line;
    EXPECT_EQ(interp::TrapText(observed.trap),
              absl::string_view(example.trap_text))
        << example.line;
  } else {
    EXPECT_EQ(observed.kind, Observation::Kind::kReturned) << example.line;
    EXPECT_EQ(observed.results, std::vector<uint64_t>{example.result})
        << example.line;
  }
  call.fuel_limit = example.fuel;
  EXPECT_EQ(runner->Run(call), observed) << example.line;
  if (example.fuel == 0) return;
  call.fuel_limit = example.fuel - 1;
  const Observation starved = runner->Run(call);
  EXPECT_EQ(starved.kind, Observation::Kind::kOutOfFuel) << example.line;
  EXPECT_EQ(starved.fuel_used, call.fuel_limit) << example.line;
}

TEST(FuelPageTest, ExamplesUseWhatThePageSays) {
  std::vector<Example> examples;
  std::string text;
  bool is_inside = false;
  int written = 0;
  int count = 0;
  for (const std::string& line : Lines()) {
    if (line == "```wat") {
      is_inside = true;
      text.clear();
      examples.clear();
    } else if (line == "```" && is_inside) {
      is_inside = false;
      const std::vector<uint8_t> bytes = Assemble(text);
      const naive::Module module = naive::Decode(bytes);
      const auto naive_runner = MakeNaiveRunner(bytes);
      std::string error;
      const auto engine_runner = MakeEngineRunner(bytes, &error);
      ASSERT_NE(engine_runner, nullptr) << error;
      for (const Example& example : examples) {
        Call call = {0, example.args, kFuelLimit, example.stack_slots_max,
                     kMemoryPagesMax};
        const auto e = std::find_if(
            module.exports.begin(), module.exports.end(),
            [&](const naive::Export& x) { return x.name == example.function; });
        ASSERT_NE(e, module.exports.end()) << example.line;
        call.function = e->index;
        CheckExample(example, naive_runner.get(), call);
        CheckExample(example, engine_runner.get(), call);
        ++count;
      }
    } else if (is_inside) {
      text += line + "\n";
      Example example;
      if (ParseExample(line, &example)) examples.push_back(example);
      written += line.rfind(";; ", 0) == 0;
    }
  }
  EXPECT_EQ(count, written) << "a line of a wrong form was left out";
  EXPECT_GT(count, 30);
}

}  // namespace
}  // namespace ashlar::testing
