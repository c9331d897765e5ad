#include "cli/fuel_profile_diff.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "metering/fuel.h"

namespace ashlar::cli {
namespace {

uint64_t Distance(const PathDelta& delta) {
  return delta.after > delta.before ? delta.after - delta.before
                                    : delta.before - delta.after;
}

// "+12", "-3"
std::string Signed(uint64_t before, uint64_t after) {
  return after >= before ? absl::StrCat("+", after - before)
                         : absl::StrCat("-", before - after);
}

std::string Percent(uint64_t before, uint64_t after) {
  if (before == 0) return after == 0 ? "+0.00%" : "new";
  const double change =
      static_cast<double>(after) - static_cast<double>(before);
  return absl::StrFormat("%+.2f%%", 100 * change / static_cast<double>(before));
}

}  // namespace

absl::StatusOr<FoldedPaths> ParseFolded(absl::string_view text) {
  FoldedPaths paths;
  uint64_t total = 0;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    const size_t space = line.rfind(' ');
    uint64_t fuel = 0;
    if (space == absl::string_view::npos || space == 0 ||
        !absl::SimpleAtoi(line.substr(space + 1), &fuel) ||
        fuel > metering::kFuelMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number,
                       " is no folded stack: give \"a;b;c "
                       "FUEL\", as `profile` prints it"));
    }
    total = metering::SaturatingAdd(total, fuel);
    if (total > metering::kFuelMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": more fuel than there can be"));
    }
    paths[std::string(line.substr(0, space))] += fuel;
  }
  return paths;
}

bool ProfileDiff::GrewByMoreThan(double percent) const {
  if (after <= before) return false;
  return static_cast<double>(after - before) * 100 >
         percent * static_cast<double>(before);
}

ProfileDiff DiffProfiles(const FoldedPaths& before, const FoldedPaths& after) {
  ProfileDiff diff;
  absl::btree_map<std::string, PathDelta> paths;
  for (const auto& [path, fuel] : before) {
    diff.before += fuel;
    paths[path].before = fuel;
  }
  for (const auto& [path, fuel] : after) {
    diff.after += fuel;
    paths[path].after = fuel;
  }
  for (auto& [path, delta] : paths) {
    if (delta.before == delta.after) continue;
    delta.path = path;
    diff.paths.push_back(std::move(delta));
  }
  std::sort(diff.paths.begin(), diff.paths.end(),
            [](const PathDelta& a, const PathDelta& b) {
              return std::make_tuple(Distance(b), a.path) <
                     std::make_tuple(Distance(a), b.path);
            });
  return diff;
}

std::string DiffText(const ProfileDiff& diff) {
  std::string text =
      absl::StrCat("fuel        ", diff.before, " -> ", diff.after, ", ",
                   Signed(diff.before, diff.after), " (",
                   Percent(diff.before, diff.after), ")\n");
  for (const PathDelta& path : diff.paths) {
    absl::StrAppendFormat(
        &text, "%12s  %8s  %s\n", Signed(path.before, path.after),
        Percent(path.before, path.after), absl::Utf8SafeCHexEscape(path.path));
  }
  return text;
}

Json DiffJson(const ProfileDiff& diff) {
  const auto delta = [](uint64_t before, uint64_t after) {
    return static_cast<int64_t>(after) - static_cast<int64_t>(before);
  };
  Json paths = Json::array();
  for (const PathDelta& path : diff.paths) {
    paths.push_back({{"path", path.path},
                     {"before", path.before},
                     {"after", path.after},
                     {"delta", delta(path.before, path.after)}});
  }
  return {{"before", diff.before},
          {"after", diff.after},
          {"delta", delta(diff.before, diff.after)},
          {"paths", std::move(paths)}};
}

}  // namespace ashlar::cli
