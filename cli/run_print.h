// Printing and reading what single exports take and answer.
#ifndef CLI_RUN_PRINT_H_
#define CLI_RUN_PRINT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cli/result_print.h"
#include "engine/runner.h"

namespace ashlar::cli {

// `texts` as arguments of the export `name`. NOT_FOUND: there is no such
// function; INVALID_ARGUMENT: another number of arguments, or one that is not
// of its type. REQUIRES: `instance` is prepared.
absl::StatusOr<std::vector<engine::Value>> ParseArguments(
    const engine::PreparedInstance& instance, absl::string_view name,
    absl::Span<const std::string> texts);

// Prepares a module and calls its export, both under one fuel limit: the
// result is that of the whole. Arguments are read by the signature, so they are
// looked at once the module is prepared. Statuses as ParseArguments.
absl::StatusOr<engine::RunResult> PrepareAndCall(
    absl::string_view bytes, const engine::Profile& profile,
    absl::string_view name, absl::Span<const std::string> args,
    uint64_t fuel_limit, engine::PreparedInstance* instance);

// ["i64:832040"]
Json ValuesJson(absl::Span<const engine::Value> values);

// The object that `run` prints.
Json RunJson(const engine::RunResult& result);
std::string RunText(const engine::RunResult& result);

// Why the run did not return, and the backtrace, for stderr.
std::string RunDiagnostics(const engine::RunResult& result);

}  // namespace ashlar::cli

#endif  // CLI_RUN_PRINT_H_
