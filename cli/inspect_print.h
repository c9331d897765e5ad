// Printing of module reports, made here or by a server.
#ifndef CLI_INSPECT_PRINT_H_
#define CLI_INSPECT_PRINT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "cli/result_print.h"
#include "engine/inspection.h"
#include "rpc/client.h"

namespace ashlar::cli {

// What `inspect` says of a module in `file`.
Json InspectionJson(absl::string_view file,
                    const engine::Inspection& inspection);
std::string InspectionText(absl::string_view file,
                           const engine::Inspection& inspection);

// The same of a server's report, which knows less of each function.
Json RemoteReportJson(const rpc::ModuleReport& report);
std::string RemoteReportText(const rpc::ModuleReport& report);

}  // namespace ashlar::cli

#endif  // CLI_INSPECT_PRINT_H_
