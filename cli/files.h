// Whole files in and out.
#ifndef CLI_FILES_H_
#define CLI_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ashlar::cli {

// The file's bytes. NOT_FOUND where it cannot be opened, RESOURCE_EXHAUSTED
// above 1 GiB, UNAVAILABLE where reading fails; messages name the path.
absl::StatusOr<std::string> ReadFile(absl::string_view path);

// Writes beside `path` first and renames, so that a reader never sees half a
// file. UNAVAILABLE where that fails.
absl::Status WriteFile(absl::string_view path, absl::string_view content);

}  // namespace ashlar::cli

#endif  // CLI_FILES_H_
