// The commands of `ashlar`, a file each. Every function adds its subcommand to
// `root`; when the command line chose it, it runs and leaves its exit code in
// `*exit_code`. Both outlive the parsing.
#ifndef CLI_COMMANDS_H_
#define CLI_COMMANDS_H_

#include "CLI/CLI.hpp"
#include "cli/exit_code.h"

namespace ashlar::cli {

void AddValidate(CLI::App* root, ExitCode* exit_code);
void AddInspect(CLI::App* root, ExitCode* exit_code);
void AddRun(CLI::App* root, ExitCode* exit_code);
void AddWast(CLI::App* root, ExitCode* exit_code);
void AddCall(CLI::App* root, ExitCode* exit_code);
void AddExecute(CLI::App* root, ExitCode* exit_code);
void AddPut(CLI::App* root, ExitCode* exit_code);
void AddEstimate(CLI::App* root, ExitCode* exit_code);
void AddProfile(CLI::App* root, ExitCode* exit_code);
void AddReplay(CLI::App* root, ExitCode* exit_code);
void AddReprice(CLI::App* root, ExitCode* exit_code);
void AddVerify(CLI::App* root, ExitCode* exit_code);
void AddDisasm(CLI::App* root, ExitCode* exit_code);
void AddBench(CLI::App* root, ExitCode* exit_code);

}  // namespace ashlar::cli

#endif  // CLI_COMMANDS_H_
