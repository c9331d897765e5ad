// Prints where and why an execution failed, and what a call needs and touches.
#ifndef CLI_FAILURE_PRINT_H_
#define CLI_FAILURE_PRINT_H_

#include <string>

#include "cli/result_print.h"
#include "engine/estimation.h"
#include "engine/outcome.h"

namespace ashlar::cli {

// "failure": null where the contract returned or reverted, else where and why;
// "nested_failures"; "fuel_reads".
void AddDiagnostics(const engine::ExecuteResult& result, Json* json);

// What is not part of the outcome, for stderr: the message, what was missing,
// debug messages, the backtrace, the contracts that were open. Empty where
// there is nothing to say.
std::string DiagnosticsText(const engine::Diagnostics& diagnostics);

// "needs" and "access".
void AddEstimation(const engine::Estimation& estimation, Json* json);
std::string EstimationText(const engine::Estimation& estimation);

}  // namespace ashlar::cli

#endif  // CLI_FAILURE_PRINT_H_
