// Prints where fuel went: pprof, folded stacks, speedscope, a flame graph.
#ifndef CLI_FUEL_PROFILE_PRINT_H_
#define CLI_FUEL_PROFILE_PRINT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "engine/fuel_profile.h"

namespace ashlar::cli {

// `a;b;c FUEL` a line, outermost first, for every path with fuel of its own,
// in the order of the tree. Characters that the form reserves become `_`.
std::string FoldedStacks(const engine::FuelProfile& profile);

// A serialised perftools.profiles.Profile, not compressed; sample types are
// fuel and calls.
std::string Pprof(const engine::FuelProfile& profile);

// https://www.speedscope.app's file format, one sampled profile.
std::string Speedscope(const engine::FuelProfile& profile,
                       absl::string_view title);

// A line a function, the dearest first: fuel of its own and with everything
// that it calls (once, where it calls itself), both with their share; calls.
std::string FunctionTable(const engine::FuelProfile& profile);

// A self-contained SVG: width is fuel with everything below, the root at the
// bottom. Paths below a thousandth of the width are left out.
std::string FlameGraph(const engine::FuelProfile& profile,
                       absl::string_view title);

}  // namespace ashlar::cli

#endif  // CLI_FUEL_PROFILE_PRINT_H_
