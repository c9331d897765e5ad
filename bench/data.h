// Modules and inputs that benchmarks read: those of the project are part of
// the program, others lie in the folder ASHLAR_DATA.
#ifndef BENCH_DATA_H_
#define BENCH_DATA_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ashlar::bench {

// The module made of kernels/NAME.wat. REQUIRES: there is one.
absl::string_view OwnModule(absl::string_view name);

// The file at `path` below ASHLAR_DATA (default ../shared). NOT_FOUND where it
// is absent.
absl::StatusOr<std::string> ReadData(absl::string_view path);

struct ModuleFile {
  std::string path;  // below ASHLAR_DATA
  std::string bytes;
};
// All modules below the folder `contracts` of at least `size_bytes_min` bytes,
// valid or not, by path. Empty where there is no such folder.
std::vector<ModuleFile> ContractModules(size_t size_bytes_min);

}  // namespace ashlar::bench

#endif  // BENCH_DATA_H_
