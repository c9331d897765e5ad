#include "cli/fuel_profile_print.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "proto/pprof/profile.pb.h"

namespace ashlar::cli {
namespace {

using engine::FuelProfile;

// Frames of a node's path, the innermost first.
std::vector<uint32_t> PathOf(const FuelProfile& profile, uint32_t node) {
  std::vector<uint32_t> frames;
  for (; node != 0; node = profile.nodes[node].parent) {
    frames.push_back(profile.nodes[node].frame);
  }
  return frames;
}

std::string FoldedName(absl::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c == ';' || c == '\n' || c == '\r') c = '_';
  }
  return folded;
}

std::string XmlText(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // Names come from a guest, and are cut anywhere.
        out += c >= 0x20 && c < 0x7f ? c : '?';
    }
  }
  return out;
}

constexpr double kWidth = 1200;
constexpr double kMargin = 10;
constexpr double kRow = 17;
constexpr double kTitle = 30;
constexpr double kLetter = 6.6;  // of the font below

// One bar of the flame graph.
struct Bar {
  uint32_t node;
  uint32_t depth;
  double x;
  double width;
};

// Places of all bars wide enough; parents first.
std::vector<Bar> Layout(const FuelProfile& profile,
                        const std::vector<uint64_t>& inclusive) {
  const double scale =
      inclusive[0] == 0 ? 0 : kWidth / static_cast<double>(inclusive[0]);
  std::vector<Bar> bars(profile.nodes.size());
  std::vector<double> next(profile.nodes.size(), 0);  // where a child begins
  std::vector<Bar> shown;
  for (uint32_t i = 0; i < profile.nodes.size(); ++i) {
    Bar& bar = bars[i];
    bar.node = i;
    bar.width = static_cast<double>(inclusive[i]) * scale;
    if (i == 0) {
      bar.depth = 0;
      bar.x = 0;
    } else {
      const uint32_t parent = profile.nodes[i].parent;
      bar.depth = bars[parent].depth + 1;
      bar.x = next[parent];
      next[parent] += bar.width;
    }
    next[i] = bar.x;
    if (bar.width >= kWidth / 1000) shown.push_back(bar);
  }
  return shown;
}

// A colour by the name, so that two pictures of one program match.
std::string ColourOf(absl::string_view name) {
  uint32_t hash = 2166136261u;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  if (!name.empty() && name[0] == '[') {
    return absl::StrFormat("hsl(%d,45%%,70%%)", 190 + hash % 40);
  }
  return absl::StrFormat("hsl(%d,80%%,%d%%)", 10 + hash % 45,
                         60 + (hash >> 8) % 15);
}

std::string BarText(const Bar& bar, absl::string_view name, uint64_t fuel,
                    uint64_t own, uint64_t calls, uint64_t total,
                    double height) {
  const double y = height - kMargin - (bar.depth + 1) * kRow;
  const double percent = total == 0 ? 0.0
                                    : 100.0 * static_cast<double>(fuel) /
                                          static_cast<double>(total);
  std::string out = absl::StrFormat(
      "<g><title>%s: %d fuel (%.2f%%), %d of its own, %d calls</title>"
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"1\" "
      "fill=\"%s\"/>",
      XmlText(name), fuel, percent, own, calls, kMargin + bar.x, y,
      std::max(bar.width - 0.4, 0.4), kRow - 1, ColourOf(name));
  const auto letters =
      static_cast<size_t>(std::max(bar.width - 6, 0.0) / kLetter);
  if (letters >= 3) {
    const bool fits = name.size() <= letters;
    const absl::string_view shown = fits ? name : name.substr(0, letters - 1);
    // The share stands behind a name that leaves room for it.
    const std::string share = absl::StrFormat("  %.1f%%", percent);
    absl::StrAppend(
        &out, absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\">%s%s</text>",
                              kMargin + bar.x + 3, y + 12, XmlText(shown),
                              !fits                                   ? "…"
                              : name.size() + share.size() <= letters ? share
                                                                      : ""));
  }
  return absl::StrCat(out, "</g>\n");
}

struct FunctionFuel {
  uint32_t frame = 0;
  uint64_t own = 0;
  uint64_t inclusive = 0;  // where it calls itself, once
  uint64_t calls = 0;
};

// All functions, the dearest of its own first.
std::vector<FunctionFuel> ByFunction(const FuelProfile& profile) {
  const std::vector<uint64_t> inclusive = profile.Inclusive();
  const size_t count = profile.nodes.size();
  // Children as linked lists, to walk the tree without recursion.
  constexpr uint32_t kNone = 0;  // the root is nobody's child
  std::vector<uint32_t> first(count, kNone);
  std::vector<uint32_t> next(count, kNone);
  for (uint32_t i = static_cast<uint32_t>(count); i-- > 1;) {
    next[i] = first[profile.nodes[i].parent];
    first[profile.nodes[i].parent] = i;
  }
  std::vector<FunctionFuel> functions(profile.frames.size());
  std::vector<uint32_t> open(profile.frames.size(), 0);  // frames on the path
  for (uint32_t node = first[0]; node != kNone;) {
    const FuelProfile::Node& entered = profile.nodes[node];
    FunctionFuel& f = functions[entered.frame];
    f.frame = entered.frame;
    f.own += entered.fuel;
    f.calls += entered.calls;
    if (open[entered.frame]++ == 0) f.inclusive += inclusive[node];
    if (first[node] != kNone) {
      node = first[node];
      continue;
    }
    while (node != kNone) {
      --open[profile.nodes[node].frame];
      if (next[node] != kNone) break;
      node = profile.nodes[node].parent;
    }
    if (node != kNone) node = next[node];
  }
  std::sort(functions.begin(), functions.end(),
            [](const FunctionFuel& a, const FunctionFuel& b) {
              return std::make_pair(b.own, a.frame) <
                     std::make_pair(a.own, b.frame);
            });
  return functions;
}

}  // namespace

std::string FoldedStacks(const FuelProfile& profile) {
  std::string out;
  for (uint32_t i = 1; i < profile.nodes.size(); ++i) {
    if (profile.nodes[i].fuel == 0) continue;
    std::vector<std::string> names;
    for (const uint32_t frame : PathOf(profile, i)) {
      names.push_back(FoldedName(profile.frames[frame]));
    }
    std::reverse(names.begin(), names.end());
    absl::StrAppend(&out, absl::StrJoin(names, ";"), " ", profile.nodes[i].fuel,
                    "\n");
  }
  return out;
}

std::string Pprof(const FuelProfile& profile) {
  perftools::profiles::Profile out;
  out.add_string_table("");
  out.add_string_table("fuel");
  out.add_string_table("calls");
  out.add_string_table("count");
  auto* fuel = out.add_sample_type();
  fuel->set_type(1);
  fuel->set_unit(1);
  auto* calls = out.add_sample_type();
  calls->set_type(2);
  calls->set_unit(3);
  out.set_default_sample_type(1);
  for (size_t i = 0; i < profile.frames.size(); ++i) {
    const auto name = static_cast<int64_t>(out.string_table_size());
    out.add_string_table(profile.frames[i]);
    auto* function = out.add_function();
    function->set_id(i + 1);
    function->set_name(name);
    function->set_system_name(name);
    auto* location = out.add_location();
    location->set_id(i + 1);
    location->add_line()->set_function_id(i + 1);
  }
  for (uint32_t i = 1; i < profile.nodes.size(); ++i) {
    const FuelProfile::Node& node = profile.nodes[i];
    if (node.fuel == 0 && node.calls == 0) continue;
    auto* sample = out.add_sample();
    for (const uint32_t frame : PathOf(profile, i)) {
      sample->add_location_id(frame + 1);
    }
    sample->add_value(static_cast<int64_t>(node.fuel));
    sample->add_value(static_cast<int64_t>(node.calls));
  }
  return out.SerializeAsString();
}

std::string Speedscope(const FuelProfile& profile, absl::string_view title) {
  using Json = nlohmann::ordered_json;
  const std::string name(title);
  Json frames = Json::array();
  for (const std::string& frame : profile.frames) {
    frames.push_back({{"name", frame}});
  }
  Json samples = Json::array();
  Json weights = Json::array();
  for (uint32_t i = 1; i < profile.nodes.size(); ++i) {
    if (profile.nodes[i].fuel == 0) continue;
    std::vector<uint32_t> path = PathOf(profile, i);
    std::reverse(path.begin(), path.end());
    samples.push_back(std::move(path));
    weights.push_back(profile.nodes[i].fuel);
  }
  const Json out = {
      {"$schema", "https://www.speedscope.app/file-format-schema.json"},
      {"name", name},
      {"exporter", "ashlar"},
      {"shared", {{"frames", std::move(frames)}}},
      {"profiles",
       {{{"type", "sampled"},
         {"name", name},
         {"unit", "none"},
         {"startValue", 0},
         {"endValue", profile.Total()},
         {"samples", std::move(samples)},
         {"weights", std::move(weights)}}}},
  };
  // A guest's names may be no UTF-8.
  return absl::StrCat(out.dump(-1, ' ', false, Json::error_handler_t::replace),
                      "\n");
}

std::string FunctionTable(const FuelProfile& profile) {
  const std::vector<FunctionFuel> functions = ByFunction(profile);
  const uint64_t total = profile.Total();
  const auto percent = [total](uint64_t fuel) {
    return total == 0
               ? 0.0
               : 100.0 * static_cast<double>(fuel) / static_cast<double>(total);
  };
  std::string out =
      "         own       %   with callees       %       calls  function\n";
  for (const FunctionFuel& f : functions) {
    absl::StrAppendFormat(&out, "%12d  %6.2f  %13d  %6.2f  %10d  %s\n", f.own,
                          percent(f.own), f.inclusive, percent(f.inclusive),
                          f.calls,
                          absl::Utf8SafeCHexEscape(profile.frames[f.frame]));
  }
  absl::StrAppendFormat(&out, "%12d  %6.2f  all\n", total, percent(total));
  return out;
}

std::string FlameGraph(const FuelProfile& profile, absl::string_view title) {
  const std::vector<uint64_t> inclusive = profile.Inclusive();
  const std::vector<Bar> bars = Layout(profile, inclusive);
  uint32_t deepest = 0;
  for (const Bar& bar : bars) deepest = std::max(deepest, bar.depth);
  const double height = kTitle + (deepest + 1) * kRow + 2 * kMargin;
  std::string out = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
      "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
      "font-family=\"monospace\" font-size=\"11\">\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"#fbfaf7\"/>\n"
      "<text x=\"%.0f\" y=\"20\" font-size=\"14\">%s: %d fuel</text>\n",
      kWidth + 2 * kMargin, height, kWidth + 2 * kMargin, height, kMargin,
      XmlText(title), inclusive[0]);
  for (const Bar& bar : bars) {
    const FuelProfile::Node& node = profile.nodes[bar.node];
    const absl::string_view name =
        bar.node == 0 ? absl::string_view("all")
                      : absl::string_view(profile.frames[node.frame]);
    out += BarText(bar, name, inclusive[bar.node], node.fuel, node.calls,
                   inclusive[0], height);
  }
  return absl::StrCat(out, "</svg>\n");
}

}  // namespace ashlar::cli
