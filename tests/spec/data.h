// Where suites and contracts lie that are no part of the project.
#ifndef TESTS_SPEC_DATA_H_
#define TESTS_SPEC_DATA_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace ashlar::spec {

// ASHLAR_DATA, or ../shared beside the checkout. May not exist.
inline std::filesystem::path DataFolder() {
  const char* const folder = std::getenv("ASHLAR_DATA");
  return folder != nullptr && *folder != '\0' ? folder : "../shared";
}

inline constexpr char kNoData[] =
    "ASHLAR_DATA names no folder with suites and contracts";

// All files below `folder` whose name ends in `extension`, sorted. Empty where
// there is no such folder.
std::vector<std::filesystem::path> FilesBelow(
    const std::filesystem::path& folder, const std::string& extension);

}  // namespace ashlar::spec

#endif  // TESTS_SPEC_DATA_H_
