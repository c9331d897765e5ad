// Real modules under both profiles: relaxed-1 accepts what wabt's
// wasm-validate accepts, strict-1 lists all that it refuses.
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/files.h"
#include "engine/base/limits.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/wasm/violation.h"
#include "gtest/gtest.h"
#include "tests/spec/data.h"

namespace ashlar::spec {
namespace {

using std::filesystem::path;
using wasm::ViolationCode;

// In contracts/ and bench/; 2 are invalid on purpose.
constexpr size_t kModules = 293;
constexpr size_t kInvalidModules = 2;

std::vector<path> Modules() {
  auto files = FilesBelow(DataFolder() / "contracts", ".wasm");
  const auto more = FilesBelow(DataFolder() / "bench", ".wasm");
  files.insert(files.end(), more.begin(), more.end());
  return files;
}

wasm::Violations Violations(const path& file, const char* profile) {
  wasm::Violations violations;
  const auto bytes = cli::ReadFile(file.string());
  EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
  if (bytes.ok()) {
    engine::Load(*bytes, *engine::ProfileSet::BuiltIn().FindByName(profile),
                 &violations);
  }
  return violations;
}

std::string List(const wasm::Violations& violations) {
  std::string text;
  for (const wasm::Violation& violation : violations.list()) {
    absl::StrAppend(&text, wasm::CodeName(violation.code), " at byte ",
                    violation.offset, ": ", violation.message, "\n");
  }
  return text;
}

// Whether wabt accepts the module.
bool WabtAccepts(const path& file) {
  const std::string command =
      absl::StrCat("wasm-validate --enable-tail-call --enable-extended-const '",
                   file.string(), "' >/dev/null 2>&1");
  const int status = std::system(command.c_str());
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1)
      << "wasm-validate is missing";
  return status == 0;
}

TEST(RealModules, RelaxedAcceptsWhatWabtAccepts) {
  if (!std::filesystem::exists(DataFolder())) GTEST_SKIP() << kNoData;
  const auto files = Modules();
  EXPECT_EQ(files.size(), kModules);
  size_t invalid = 0;
  for (const path& file : files) {
    const wasm::Violations violations = Violations(file, "relaxed-1");
    EXPECT_EQ(violations.empty(), WabtAccepts(file)) << file << "\n"
                                                     << List(violations);
    invalid += violations.empty() ? 0 : 1;
  }
  EXPECT_EQ(invalid, kInvalidModules);
}

// What INDEX.tsv, which other tools made, says of each module.
struct Indexed {
  path file;
  size_t imports = 0;
  bool uses_floats = false;
};

std::vector<Indexed> Index() {
  std::vector<Indexed> rows;
  const path contracts = DataFolder() / "contracts";
  const auto text = cli::ReadFile((contracts / "INDEX.tsv").string());
  EXPECT_TRUE(text.ok()) << text.status().ToString();
  if (!text.ok()) return rows;
  std::vector<std::string> lines =
      absl::StrSplit(*text, '\n', absl::SkipEmpty());
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = absl::StrSplit(lines[i], '\t');
    constexpr size_t kFile = 0, kImports = 9, kFloats = 11;
    if (cells.size() <= kFloats) {
      ADD_FAILURE() << "INDEX.tsv: " << lines[i];
      continue;
    }
    const std::vector<std::string> imports =
        absl::StrSplit(cells[kImports], ' ', absl::SkipEmpty());
    rows.push_back(
        {contracts / cells[kFile],
         imports.size() == 1 && imports[0] == "-" ? 0 : imports.size(),
         cells[kFloats] == "y"});
  }
  return rows;
}

TEST(RealModules, StrictListsEveryViolationOnce) {
  if (!std::filesystem::exists(DataFolder())) GTEST_SKIP() << kNoData;
  size_t listed_whole = 0;
  size_t with_floats = 0;
  for (const Indexed& row : Index()) {
    SCOPED_TRACE(row.file.string());
    // Without an outcome for valid modules there is no list to compare.
    if (!Violations(row.file, "relaxed-1").empty()) continue;
    const wasm::Violations strict = Violations(row.file, "strict-1");
    std::set<std::tuple<ViolationCode, uint32_t, std::string>> distinct;
    size_t unknown_imports = 0;
    bool has_feature = false;
    for (const wasm::Violation& violation : strict.list()) {
      distinct.insert({violation.code, violation.offset, violation.message});
      unknown_imports += violation.code == ViolationCode::kAbiUnknownImport;
      has_feature |= violation.code == ViolationCode::kUnsupportedFeature;
    }
    EXPECT_EQ(distinct.size(), strict.list().size()) << List(strict);
    // A module beyond its limit is not read at all.
    if (std::filesystem::file_size(row.file) >
        base::kStrictLimits.module_size_bytes_max) {
      ASSERT_EQ(strict.list().size(), 1u) << List(strict);
      EXPECT_EQ(strict.list()[0].code, ViolationCode::kLimitModuleSize);
      continue;
    }
    // A full list is cut: then nothing is known of the rest.
    if (strict.full()) continue;
    EXPECT_EQ(unknown_imports, row.imports) << List(strict);
    if (row.uses_floats) EXPECT_TRUE(has_feature) << List(strict);
    with_floats += row.uses_floats;
    ++listed_whole;
  }
  EXPECT_GT(listed_whole, 100u);
  EXPECT_GT(with_floats, 0u);
}

}  // namespace
}  // namespace ashlar::spec
