// Compares where fuel went in two runs, by call path: what a change of a
// contract, or of a schedule, costs.
#ifndef CLI_FUEL_PROFILE_DIFF_H_
#define CLI_FUEL_PROFILE_DIFF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/result_print.h"

namespace ashlar::cli {

// Fuel of its own by call path ("a;b;c").
using FoldedPaths = absl::btree_map<std::string, uint64_t>;

// Reads folded stacks (fuel_profile_print.h); lines of one path are added up.
// INVALID_ARGUMENT names the line that is none.
absl::StatusOr<FoldedPaths> ParseFolded(absl::string_view text);

struct PathDelta {
  std::string path;
  uint64_t before = 0;
  uint64_t after = 0;
};

struct ProfileDiff {
  uint64_t before = 0;  // sums over all paths
  uint64_t after = 0;
  // Paths whose fuel differs, the largest difference first.
  std::vector<PathDelta> paths;

  // Whether fuel grew by more than this share; any growth from 0 did.
  bool GrewByMoreThan(double percent) const;
};

ProfileDiff DiffProfiles(const FoldedPaths& before, const FoldedPaths& after);

std::string DiffText(const ProfileDiff& diff);
Json DiffJson(const ProfileDiff& diff);

}  // namespace ashlar::cli

#endif  // CLI_FUEL_PROFILE_DIFF_H_
