#include "cli/inspect_print.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace ashlar::cli {
namespace {

// The index in `frame_slots` of the largest frame. REQUIRES: not empty.
size_t WorstFrame(const std::vector<uint32_t>& frame_slots) {
  return static_cast<size_t>(
      std::max_element(frame_slots.begin(), frame_slots.end()) -
      frame_slots.begin());
}

Json FunctionJson(const wasm::FunctionReport& function) {
  return {{"index", function.index},
          {"name", function.name},
          {"type", function.type},
          {"offset", function.offset},
          {"body_bytes", function.body_size_bytes},
          {"instructions", function.runs.instruction_count},
          {"locals", function.runs.local_count},
          {"nesting", function.runs.nesting_max},
          {"loops", function.runs.loop_count},
          {"runs", function.runs.run_count},
          {"dearest_run_fuel", function.runs.dearest_run_fuel},
          {"dearest_run_offset", function.runs.dearest_run_offset}};
}

template <typename Items>
Json ImportsJson(const Items& imports) {
  Json list = Json::array();
  for (const auto& import : imports) {
    list.push_back({{"module", import.module},
                    {"name", import.name},
                    {"type", import.type}});
  }
  return list;
}

template <typename Items>
Json ExportsJson(const Items& exports) {
  Json list = Json::array();
  for (const auto& item : exports) {
    list.push_back({{"name", item.name}, {"type", item.type}});
  }
  return list;
}

template <typename Imports, typename Exports>
std::string ItemsText(const Imports& imports, const Exports& exports) {
  std::string text;
  for (const auto& import : imports) {
    absl::StrAppend(&text, "import      ", import.module, ".", import.name, " ",
                    import.type, "\n");
  }
  for (const auto& item : exports) {
    absl::StrAppend(&text, "export      ", item.name, " ", item.type, "\n");
  }
  return text;
}

std::string VerdictText(const std::vector<wasm::Violation>& violations) {
  if (violations.empty()) return "accepted    yes\n";
  return "accepted    no\n" + ViolationsText(violations);
}

}  // namespace

Json InspectionJson(const Inspection& inspection) {
  const wasm::Report& report = inspection.report;
  Json json;
  json["file"] = inspection.file;
  json["hash"] = inspection.hash.ToHex();
  json["size_bytes"] = report.size_bytes;
  json["code_size_bytes"] = report.code_size_bytes;
  json["accepted"] = inspection.violations.empty();
  json["violations"] = ViolationsJson(inspection.violations);
  json["compile_fuel"] = inspection.compile_fuel;
  json["instantiate_fuel"] = inspection.instantiate_fuel;
  json["instructions"] = report.instruction_count;
  json["runs"] = report.run_count;
  json["dearest_run"] = {{"fuel", report.dearest_run_fuel},
                         {"function", report.dearest_run_function}};
  json["worst_frame_slots"] = nullptr;
  if (!inspection.frame_slots.empty()) {
    json["worst_frame_slots"] =
        inspection.frame_slots[WorstFrame(inspection.frame_slots)];
  }
  json["imports"] = ImportsJson(report.imports);
  json["exports"] = ExportsJson(report.exports);
  json["functions"] = Json::array();
  for (size_t i = 0; i < report.functions.size(); ++i) {
    Json function = FunctionJson(report.functions[i]);
    if (i < inspection.frame_slots.size()) {
      function["frame_slots"] = inspection.frame_slots[i];
    }
    if (i < inspection.fuel_bounds.size()) {
      const auto& bound = inspection.fuel_bounds[i];
      function["fuel_bound"] = bound ? Json(*bound) : Json();
    }
    json["functions"].push_back(std::move(function));
  }
  return json;
}

std::string InspectionText(const Inspection& inspection) {
  const wasm::Report& report = inspection.report;
  std::string text = absl::StrCat(
      "file        ", inspection.file, "\nhash        ",
      inspection.hash.ToHex(), "\nsize        ", report.size_bytes,
      " bytes, code ", report.code_size_bytes, "\n",
      VerdictText(inspection.violations), "fuel        compile ",
      inspection.compile_fuel, ", instantiate ", inspection.instantiate_fuel,
      "\n", ItemsText(report.imports, report.exports), "code        ",
      report.functions.size(), " functions, ", report.instruction_count,
      " instructions, ", report.run_count, " runs\n");
  if (!report.functions.empty()) {
    absl::StrAppend(&text, "dearest run ", report.dearest_run_fuel,
                    " fuel, in function ", report.dearest_run_function, "\n");
  }
  if (!inspection.frame_slots.empty()) {
    const size_t worst = WorstFrame(inspection.frame_slots);
    absl::StrAppend(&text, "worst frame ", inspection.frame_slots[worst],
                    " slots, of function ", report.functions[worst].index,
                    "\n");
  }
  text += " func   bytes  instr   runs  loops  dearest  frame   bound  name\n";
  for (size_t i = 0; i < report.functions.size(); ++i) {
    const wasm::FunctionReport& f = report.functions[i];
    const std::string frame = i < inspection.frame_slots.size()
                                  ? absl::StrCat(inspection.frame_slots[i])
                                  : "-";
    const bool bounded =
        i < inspection.fuel_bounds.size() && inspection.fuel_bounds[i];
    const std::string bound =
        bounded ? absl::StrCat(*inspection.fuel_bounds[i]) : "-";
    absl::StrAppendFormat(&text, "%5u  %6u  %5u  %5u  %5u  %7u  %5s  %6s  %s\n",
                          f.index, f.body_size_bytes, f.runs.instruction_count,
                          f.runs.run_count, f.runs.loop_count,
                          f.runs.dearest_run_fuel, frame, bound, f.name);
  }
  return text;
}

Json RemoteReportJson(const rpc::ModuleReport& report) {
  return {{"hash", report.hash.ToHex()},
          {"size_bytes", report.size_bytes},
          {"accepted", report.accepted},
          {"violations", ViolationsJson(report.violations)},
          {"compile_fuel", report.compile_fuel},
          {"activated_fuel", report.activated_fuel},
          {"instantiate_fuel", report.instantiate_fuel},
          {"imports", ImportsJson(report.imports)},
          {"exports", ExportsJson(report.exports)},
          {"functions", report.function_count},
          {"stored", report.stored}};
}

std::string RemoteReportText(const rpc::ModuleReport& report) {
  return absl::StrCat(
      "hash        ", report.hash.ToHex(), "\nsize        ", report.size_bytes,
      " bytes\n", VerdictText(report.violations), "fuel        compile ",
      report.compile_fuel, ", or activated ", report.activated_fuel,
      ", instantiate ", report.instantiate_fuel, "\n",
      ItemsText(report.imports, report.exports), "code        ",
      report.function_count, " functions\nstored      ",
      report.stored ? "yes" : "no", "\n");
}

}  // namespace ashlar::cli
