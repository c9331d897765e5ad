// What can be said of a module without running it.
#ifndef ENGINE_WASM_REPORT_H_
#define ENGINE_WASM_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/wasm/module.h"
#include "engine/wasm/runs.h"
#include "metering/schedule.h"

namespace ashlar::wasm {

struct FunctionReport {
  uint32_t index = 0;
  std::string name;     // of the name section, or of its first export, or empty
  std::string type;     // "func (param i32)"
  uint32_t offset = 0;  // of the body
  uint32_t body_size_bytes = 0;  // locals and code
  bool is_malformed = false;     // `runs` tells what was seen before
  RunSummary runs;
};

struct ImportReport {
  std::string module;
  std::string name;
  std::string type;
};

struct ExportReport {
  std::string name;
  std::string type;
};

// Owns all its text: it outlives the module and its bytes.
struct Report {
  uint64_t size_bytes = 0;
  uint64_t code_size_bytes = 0;
  uint64_t segment_size_bytes = 0;
  uint64_t element_count = 0;
  uint32_t type_count = 0;
  // Whole index spaces, imports included.
  uint32_t function_count = 0;
  uint32_t table_count = 0;
  uint32_t memory_count = 0;
  uint32_t global_count = 0;
  uint32_t element_segment_count = 0;
  uint32_t data_segment_count = 0;
  bool has_start = false;
  uint32_t start = 0;
  std::vector<ImportReport> imports;
  std::vector<ExportReport> exports;
  std::vector<FunctionReport> functions;  // defined ones
  // Sums and maxima over `functions`; the index is that of the function with
  // the dearest run.
  uint64_t instruction_count = 0;
  uint64_t run_count = 0;
  uint64_t dearest_run_fuel = 0;
  uint32_t dearest_run_function = 0;
};

// Priced by `schedule`. Linear in the module's size. After a Decode that
// failed it reports what had been decoded.
Report MakeReport(const Module& module, const metering::Schedule& schedule);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_REPORT_H_
