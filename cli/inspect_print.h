// Printing of module reports, made here or by a server.
#ifndef CLI_INSPECT_PRINT_H_
#define CLI_INSPECT_PRINT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/result_print.h"
#include "engine/base/hash.h"
#include "engine/wasm/report.h"
#include "engine/wasm/violation.h"
#include "rpc/client.h"

namespace ashlar::cli {

// A module under a profile.
struct Inspection {
  std::string file;
  base::Hash256 hash;
  wasm::Report report;
  std::vector<wasm::Violation> violations;
  uint64_t compile_fuel = 0;
  uint64_t instantiate_fuel = 0;
  // Slots of each defined function's frame: parameters, two links, locals and
  // the highest operand stack. Empty where the module is refused.
  std::vector<uint32_t> frame_slots;
  // What a call of each defined function uses at most, where its code alone
  // says so (fuel_bound.h). Empty where the module is refused.
  std::vector<std::optional<uint64_t>> fuel_bounds;
};

Json InspectionJson(const Inspection& inspection);
std::string InspectionText(const Inspection& inspection);

// The same of a server's report, which knows no functions.
Json RemoteReportJson(const rpc::ModuleReport& report);
std::string RemoteReportText(const rpc::ModuleReport& report);

}  // namespace ashlar::cli

#endif  // CLI_INSPECT_PRINT_H_
