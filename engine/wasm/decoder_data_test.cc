// The decoder against modules that are no part of the project: the official
// suite, real contracts, and mutations of one of them.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/wasm/decoder.h"
#include "engine/wasm/disasm.h"
#include "engine/wasm/report.h"
#include "engine/wasm/test_bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace ashlar::wasm {
namespace {

namespace fs = std::filesystem;

class DecoderDataTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("ASHLAR_DATA");
    data_ = folder != nullptr && *folder != 0 ? folder : "../shared";
    if (!fs::is_directory(data_)) {
      GTEST_SKIP() << "ASHLAR_DATA names no folder with suites and contracts";
    }
  }

  std::vector<fs::path> Files(absl::string_view folder,
                              absl::string_view extension) const {
    std::vector<fs::path> files;
    const fs::path root = data_ / std::string(folder);
    if (!fs::is_directory(root)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.path().extension() == std::string(extension)) {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  fs::path data_;
};

std::vector<uint8_t> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool DecodeAll(const std::vector<uint8_t>& bytes, Module* module,
               Violations* violations) {
  return Decode(Exactly(bytes), base::kRelaxedLimits, Features::All(), module,
                violations);
}

bool HasTool(const char* tool) {
  return std::system(
             absl::StrCat(tool, " --version >/dev/null 2>&1").c_str()) == 0;
}

bool PassesValidate(const fs::path& path) {
  return std::system(absl::StrCat("wasm-validate --enable-tail-call "
                                  "--enable-extended-const '",
                                  path.string(), "' >/dev/null 2>&1")
                         .c_str()) == 0;
}

TEST_F(DecoderDataTest, DecodesRealModules) {
  const bool has_validate = HasTool("wasm-validate");
  int decoded = 0;
  for (const char* folder : {"contracts", "bench"}) {
    for (const fs::path& path : Files(folder, ".wasm")) {
      const std::vector<uint8_t> bytes = ReadFile(path);
      Module module;
      Violations violations;
      if (DecodeAll(bytes, &module, &violations)) {
        ++decoded;
      } else {
        // Some are invalid on purpose.
        EXPECT_TRUE(has_validate && !PassesValidate(path))
            << path << ": " << violations.list()[0].message;
      }
    }
  }
  EXPECT_GE(decoded, 200);
}

// What the suite calls malformed or invalid for a reason that stands outside
// of bodies is refused for that reason; what is in bodies is not found here.
TEST_F(DecoderDataTest, AgreesWithTheOfficialSuite) {
  int accepted = 0;
  int refused = 0;
  for (const char* folder :
       {"testsuite/wasm-2.0", "testsuite/proposals-2022/extended-const",
        "testsuite/proposals-2022/tail-call"}) {
    for (const fs::path& path : Files(folder, ".json")) {
      // No SIMD here.
      if (absl::StartsWith(path.filename().string(), "simd")) continue;
      const auto script = nlohmann::json::parse(std::ifstream(path));
      for (const auto& command : script["commands"]) {
        const std::string type = command["type"];
        const bool is_refused =
            type == "assert_malformed" || type == "assert_invalid";
        if (type != "module" &&
            (!is_refused || command["module_type"] != "binary")) {
          continue;
        }
        const std::string file = command["filename"];
        SCOPED_TRACE(file);
        const std::vector<uint8_t> bytes = ReadFile(path.parent_path() / file);
        Module module;
        Violations violations;
        const bool ok = DecodeAll(bytes, &module, &violations);
        if (!is_refused) {
          EXPECT_TRUE(ok);
          ++accepted;
        } else if (!ok) {
          ++refused;
          std::string text = command["text"];
          // i32.add where a reference is wanted: not constant for 2.0, ill
          // typed for extended-const. Both are on.
          if (file == "elem.55.wasm" &&
              folder == std::string("testsuite/wasm-2.0")) {
            text = "type mismatch";
          }
          EXPECT_THAT(violations.list()[0].message,
                      ::testing::StartsWith(text));
        }
      }
    }
  }
  EXPECT_GE(accepted, 1000);
  EXPECT_GE(refused, 800);
}

// Without what the text format does not keep: offsets, sizes, names.
std::vector<std::string> Comparable(const std::string& text) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, "(module")) continue;
    if (absl::StartsWith(line, "    (;")) line.remove_prefix(14);
    if (absl::StartsWith(line, "  (func"))
      line = line.substr(0, line.find(" (;$"));
    lines.push_back(std::string(line));
  }
  return lines;
}

TEST_F(DecoderDataTest, DisassembledModulesAssembleAgain) {
  if (!HasTool("wat2wasm")) GTEST_SKIP() << "wat2wasm is not installed";
  const fs::path folder = ::testing::TempDir();
  int count = 0;
  for (const fs::path& path : Files("contracts", ".wasm")) {
    const std::vector<uint8_t> bytes = ReadFile(path);
    Module module;
    Violations violations;
    if (bytes.size() > 40000 || !DecodeAll(bytes, &module, &violations) ||
        !PassesValidate(path)) {
      continue;
    }
    const std::string text = Disassemble(module);
    const fs::path wat = folder / "again.wat";
    const fs::path wasm = folder / "again.wasm";
    std::ofstream(wat, std::ios::binary) << text;
    const std::string command =
        absl::StrCat("wat2wasm --enable-tail-call --enable-extended-const '",
                     wat.string(), "' -o '", wasm.string(), "'");
    ASSERT_EQ(std::system(command.c_str()), 0) << path;
    const std::vector<uint8_t> again = ReadFile(wasm);
    Module second;
    ASSERT_TRUE(DecodeAll(again, &second, &violations)) << path;
    // wat2wasm adds no names, but may number the same types again.
    EXPECT_EQ(Comparable(Disassemble(second)), Comparable(text)) << path;
    if (++count == 40) break;
  }
  EXPECT_GE(count, 20);
}

// xorshift64*: the same mutations everywhere.
class Generator {
 public:
  uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }
  size_t Below(size_t n) { return static_cast<size_t>(Next() >> 33) % n; }

 private:
  uint64_t state_ = 0x9e3779b97f4a7c15;
};

void Mutate(Generator* g, std::vector<uint8_t>* bytes) {
  constexpr uint8_t kTelling[] = {0x00, 0x01, 0x0b, 0x40, 0x41, 0x60,
                                  0x70, 0x7f, 0x80, 0xfc, 0xff};
  for (size_t n = 1 + g->Below(4); n > 0 && !bytes->empty(); --n) {
    // Half of them where the small sections are.
    const size_t range =
        g->Below(2) == 0 ? bytes->size() : std::min<size_t>(400, bytes->size());
    const size_t at = g->Below(range);
    switch (g->Below(5)) {
      case 0:
        (*bytes)[at] ^= static_cast<uint8_t>(1 << g->Below(8));
        break;
      case 1:
        (*bytes)[at] = kTelling[g->Below(std::size(kTelling))];
        break;
      case 2:
        bytes->erase(bytes->begin() + at);
        break;
      case 3:
        bytes->insert(bytes->begin() + at,
                      static_cast<uint8_t>(g->Next() >> 56));
        break;
      case 4:
        if (g->Below(8) == 0) bytes->resize(at);
        break;
    }
  }
  bytes->shrink_to_fit();
}

TEST_F(DecoderDataTest, MutationsOfAContractDoNoHarm) {
  const std::vector<uint8_t> original = ReadFile(data_ / "bench/erc20.wasm");
  ASSERT_FALSE(original.empty());
  Generator generator;
  Module module;
  int accepted = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  int done = 0;
  for (; done < 20000 && std::chrono::steady_clock::now() < end; ++done) {
    std::vector<uint8_t> bytes = original;
    Mutate(&generator, &bytes);
    Violations violations;
    const bool ok = DecodeAll(bytes, &module, &violations);
    EXPECT_LE(violations.list().size(), Violations::kMax);
    accepted += ok;
    // A report is asked for whatever the decoder says.
    if (done % 16 == 0) MakeReport(module, metering::Ashlar1());
    if (ok && done % 16 == 0) {
      EXPECT_LT(Disassemble(module).size(), 100 * bytes.size());
    }
  }
  EXPECT_GE(done, 1000);
  EXPECT_GT(accepted, done / 100);
}

}  // namespace
}  // namespace ashlar::wasm
