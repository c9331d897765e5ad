#include "cli/inspect_print.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace ashlar::cli {
namespace {

// The index in `frame_slots` of the largest frame. REQUIRES: not empty.
size_t WorstFrame(const std::vector<uint64_t>& frame_slots) {
  return static_cast<size_t>(
      std::max_element(frame_slots.begin(), frame_slots.end()) -
      frame_slots.begin());
}

Json StackJson(const wasm::WorstStack& worst) {
  return {{"slots", worst.slots ? Json(*worst.slots) : Json()},
          {"path", worst.path},
          {"by_table", worst.by_table}};
}

std::string StackText(const wasm::WorstStack& worst) {
  std::string text = worst.slots
                         ? absl::StrCat("worst stack ", *worst.slots, " slots")
                         : "worst stack unbounded";
  if (worst.path.empty()) return text + "\n";
  absl::StrAppend(&text,
                  worst.slots ? ", by functions " : ": circle of functions ",
                  absl::StrJoin(worst.path, " > "),
                  worst.by_table ? ", a call of which is by a table" : "");
  return text + "\n";
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

Json ImportJson(const std::string& module, const std::string& name,
                const std::string& type, engine::ImportStatus status) {
  return {{"module", module},
          {"name", name},
          {"type", type},
          {"abi", std::string(engine::ImportStatusName(status))}};
}

template <typename Items>
Json ExportsJson(const Items& exports) {
  Json list = Json::array();
  for (const auto& item : exports) {
    list.push_back({{"name", item.name}, {"type", item.type}});
  }
  return list;
}

std::string ImportText(const std::string& module, const std::string& name,
                       const std::string& type, engine::ImportStatus status) {
  const char* note = "";
  if (status == engine::ImportStatus::kOtherType) {
    note = " (the ABI has another type)";
  } else if (status == engine::ImportStatus::kUnknown) {
    note = " (not of the ABI)";
  }
  return absl::StrCat("import      ", module, ".", name, " ", type, note, "\n");
}

template <typename Exports>
std::string ExportsText(const Exports& exports) {
  std::string text;
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

Json InspectionJson(absl::string_view file,
                    const engine::Inspection& inspection) {
  const wasm::Report& report = inspection.report;
  const auto& accepted = inspection.accepted;
  Json json;
  json["file"] = std::string(file);
  json["hash"] = inspection.hash.ToHex();
  json["size_bytes"] = report.size_bytes;
  json["code_size_bytes"] = report.code_size_bytes;
  json["accepted"] = accepted.has_value();
  json["violations"] = ViolationsJson(inspection.violations);
  json["compile_fuel"] = inspection.compile_fuel;
  json["instantiate_fuel"] = accepted ? accepted->instantiate_fuel : 0;
  json["instructions"] = report.instruction_count;
  json["runs"] = report.run_count;
  json["dearest_run"] = {{"fuel", report.dearest_run_fuel},
                         {"function", report.dearest_run_function}};
  json["worst_frame_slots"] = nullptr;
  if (accepted && !accepted->stack.frame_slots.empty()) {
    const std::vector<uint64_t>& slots = accepted->stack.frame_slots;
    json["worst_frame_slots"] = slots[WorstFrame(slots)];
  }
  json["worst_stack"] = accepted ? StackJson(accepted->stack.worst) : Json();
  json["activated_fuel"] = inspection.activated_fuel;
  json["imports"] = Json::array();
  for (size_t i = 0; i < report.imports.size(); ++i) {
    const wasm::ImportReport& import = report.imports[i];
    json["imports"].push_back(ImportJson(import.module, import.name,
                                         import.type, inspection.imports[i]));
  }
  json["exports"] = ExportsJson(report.exports);
  json["functions"] = Json::array();
  for (size_t i = 0; i < report.functions.size(); ++i) {
    Json function = FunctionJson(report.functions[i]);
    if (accepted) {
      const auto& bound = accepted->fuel_bounds[i];
      function["frame_slots"] = accepted->stack.frame_slots[i];
      function["fuel_bound"] = bound ? Json(*bound) : Json();
    }
    json["functions"].push_back(std::move(function));
  }
  return json;
}

std::string InspectionText(absl::string_view file,
                           const engine::Inspection& inspection) {
  const wasm::Report& report = inspection.report;
  const auto& accepted = inspection.accepted;
  std::string text = absl::StrCat(
      "file        ", file, "\nhash        ", inspection.hash.ToHex(),
      "\nsize        ", report.size_bytes, " bytes, code ",
      report.code_size_bytes, "\n", VerdictText(inspection.violations),
      "fuel        compile ", inspection.compile_fuel, ", or activated ",
      inspection.activated_fuel, ", instantiate ",
      accepted ? accepted->instantiate_fuel : 0, "\n");
  for (size_t i = 0; i < report.imports.size(); ++i) {
    const wasm::ImportReport& import = report.imports[i];
    absl::StrAppend(&text, ImportText(import.module, import.name, import.type,
                                      inspection.imports[i]));
  }
  absl::StrAppend(&text, ExportsText(report.exports), "code        ",
                  report.functions.size(), " functions, ",
                  report.instruction_count, " instructions, ", report.run_count,
                  " runs\n");
  if (!report.functions.empty()) {
    absl::StrAppend(&text, "dearest run ", report.dearest_run_fuel,
                    " fuel, in function ", report.dearest_run_function, "\n");
  }
  if (accepted && !accepted->stack.frame_slots.empty()) {
    const std::vector<uint64_t>& slots = accepted->stack.frame_slots;
    const size_t worst = WorstFrame(slots);
    absl::StrAppend(&text, "worst frame ", slots[worst], " slots, of function ",
                    report.functions[worst].index, "\n",
                    StackText(accepted->stack.worst));
  }
  text += " func   bytes  instr   runs  loops  dearest  frame   bound  name\n";
  for (size_t i = 0; i < report.functions.size(); ++i) {
    const wasm::FunctionReport& f = report.functions[i];
    const std::string frame =
        accepted ? absl::StrCat(accepted->stack.frame_slots[i]) : "-";
    const bool bounded = accepted && accepted->fuel_bounds[i];
    const std::string bound =
        bounded ? absl::StrCat(*accepted->fuel_bounds[i]) : "-";
    absl::StrAppendFormat(&text, "%5u  %6u  %5u  %5u  %5u  %7u  %5s  %6s  %s\n",
                          f.index, f.body_size_bytes, f.runs.instruction_count,
                          f.runs.run_count, f.runs.loop_count,
                          f.runs.dearest_run_fuel, frame, bound, f.name);
  }
  return text;
}

Json RemoteReportJson(const rpc::ModuleReport& report) {
  Json json = {{"hash", report.hash.ToHex()},
               {"size_bytes", report.size_bytes},
               {"accepted", report.accepted},
               {"violations", ViolationsJson(report.violations)},
               {"compile_fuel", report.compile_fuel},
               {"activated_fuel", report.activated_fuel},
               {"instantiate_fuel", report.instantiate_fuel},
               {"imports", Json::array()},
               {"exports", ExportsJson(report.exports)},
               {"functions", report.function_count},
               {"stored", report.stored}};
  for (const rpc::ModuleReport::Item& item : report.imports) {
    json["imports"].push_back(
        ImportJson(item.module, item.name, item.type, item.status));
  }
  json["worst_stack"] =
      report.worst_stack ? StackJson(*report.worst_stack) : Json();
  json["function_reports"] = Json::array();
  for (const rpc::ModuleReport::Function& f : report.functions) {
    json["function_reports"].push_back(
        {{"index", f.index},
         {"name", f.name},
         {"body_bytes", f.body_size_bytes},
         {"runs", f.run_count},
         {"dearest_run_fuel", f.dearest_run_fuel},
         {"dearest_run_offset", f.dearest_run_offset},
         {"frame_slots", f.frame_slots},
         {"fuel_bound", f.fuel_bound ? Json(*f.fuel_bound) : Json()}});
  }
  return json;
}

std::string RemoteReportText(const rpc::ModuleReport& report) {
  std::string text = absl::StrCat(
      "hash        ", report.hash.ToHex(), "\nsize        ", report.size_bytes,
      " bytes\n", VerdictText(report.violations), "fuel        compile ",
      report.compile_fuel, ", or activated ", report.activated_fuel,
      ", instantiate ", report.instantiate_fuel, "\n");
  for (const rpc::ModuleReport::Item& item : report.imports) {
    absl::StrAppend(&text,
                    ImportText(item.module, item.name, item.type, item.status));
  }
  absl::StrAppend(&text, ExportsText(report.exports), "code        ",
                  report.function_count, " functions\n");
  if (report.worst_stack)
    absl::StrAppend(&text, StackText(*report.worst_stack));
  absl::StrAppend(&text, "stored      ", report.stored ? "yes" : "no", "\n");
  for (const rpc::ModuleReport::Function& f : report.functions) {
    absl::StrAppendFormat(
        &text,
        "%5u  %6u bytes  %5u runs  dearest %7u  frame %5u  bound %6s  %s\n",
        f.index, f.body_size_bytes, f.run_count, f.dearest_run_fuel,
        f.frame_slots, f.fuel_bound ? absl::StrCat(*f.fuel_bound) : "-",
        f.name);
  }
  return text;
}

}  // namespace ashlar::cli
