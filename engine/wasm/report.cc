#include "engine/wasm/report.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "engine/wasm/names.h"
#include "engine/wasm/text.h"

namespace ashlar::wasm {
namespace {

// The name of each function's first export, where it has one.
std::vector<absl::string_view> ExportNames(const Module& module) {
  std::vector<absl::string_view> names(module.functions.size());
  for (const Export& e : module.exports) {
    if (e.kind == ExternKind::kFunc && e.index < names.size() &&
        names[e.index].empty()) {
      names[e.index] = e.name;
    }
  }
  return names;
}

void ReportExterns(const Module& module, Report* report) {
  for (const Import& item : module.imports) {
    report->imports.push_back({std::string(item.module), std::string(item.name),
                               ExternText(module, item.kind, item.index)});
  }
  for (const Export& item : module.exports) {
    report->exports.push_back(
        {std::string(item.name), ExternText(module, item.kind, item.index)});
  }
}

void ReportFunctions(const Module& module, const metering::Schedule& schedule,
                     Report* report) {
  const Names names(module);
  const std::vector<absl::string_view> export_names = ExportNames(module);
  report->functions.reserve(module.bodies.size());
  for (size_t i = 0; i < module.bodies.size(); ++i) {
    const Body& body = module.bodies[i];
    FunctionReport f;
    f.index = module.imported_functions + static_cast<uint32_t>(i);
    absl::string_view name = names.FunctionName(f.index);
    if (name.empty()) name = export_names[f.index];
    f.name = std::string(name);
    f.type = ExternText(module, ExternKind::kFunc, f.index);
    f.offset = module.offset_of(body.begin);
    f.body_size_bytes = static_cast<uint32_t>(body.end - body.begin);
    f.is_malformed = !SummarizeRuns(module, f.index, schedule, &f.runs);
    report->instruction_count += f.runs.instruction_count;
    report->run_count += f.runs.run_count;
    if (f.runs.dearest_run_fuel > report->dearest_run_fuel) {
      report->dearest_run_fuel = f.runs.dearest_run_fuel;
      report->dearest_run_function = f.index;
    }
    report->functions.push_back(std::move(f));
  }
}

}  // namespace

Report MakeReport(const Module& module, const metering::Schedule& schedule) {
  Report report;
  report.size_bytes = module.bytes.size();
  report.code_size_bytes = module.code_size_bytes;
  report.segment_size_bytes = module.segment_size_bytes;
  report.element_count = module.element_count;
  report.type_count = static_cast<uint32_t>(module.types.size());
  report.function_count = static_cast<uint32_t>(module.functions.size());
  report.table_count = static_cast<uint32_t>(module.tables.size());
  report.memory_count = static_cast<uint32_t>(module.memories.size());
  report.global_count = static_cast<uint32_t>(module.globals.size());
  report.element_segment_count = static_cast<uint32_t>(module.elements.size());
  report.data_segment_count = static_cast<uint32_t>(module.data.size());
  report.has_start = module.has_start;
  report.start = module.start;
  ReportExterns(module, &report);
  ReportFunctions(module, schedule, &report);
  return report;
}

}  // namespace ashlar::wasm
