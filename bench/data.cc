#include "bench/data.h"

#include <cstddef>
#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "engine/base/check.h"
#include "tests/spec/data.h"

namespace ashlar::bench {
namespace {

struct Embedded {
  const char* name;
  const char* bytes;
  size_t size_bytes;
};

constexpr Embedded kOwnModules[] = {
#include "bench/own_modules.inc"
};

}  // namespace

absl::string_view OwnModule(absl::string_view name) {
  for (const Embedded& module : kOwnModules) {
    if (name == module.name) return {module.bytes, module.size_bytes};
  }
  CHECK(false, "no such module of the project");
}

absl::StatusOr<std::string> ReadData(absl::string_view path) {
  const std::filesystem::path file = spec::DataFolder() / std::string(path);
  auto bytes = cli::ReadFile(file.string());
  if (!absl::IsNotFound(bytes.status())) return bytes;
  return absl::NotFoundError(absl::StrCat(path, " is not below ",
                                          spec::DataFolder().string(),
                                          " (set ASHLAR_DATA)"));
}

std::vector<ModuleFile> ContractModules(size_t size_bytes_min) {
  const std::filesystem::path root = spec::DataFolder();
  std::vector<ModuleFile> modules;
  for (const auto& file : spec::FilesBelow(root / "contracts", ".wasm")) {
    auto bytes = cli::ReadFile(file.string());
    if (!bytes.ok() || bytes->size() < size_bytes_min) continue;
    modules.push_back(
        {std::filesystem::relative(file, root).string(), *std::move(bytes)});
  }
  return modules;
}

}  // namespace ashlar::bench
