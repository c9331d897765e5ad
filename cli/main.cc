// `ashlar`: the command line.
#include "CLI/CLI.hpp"
#include "cli/commands.h"
#include "cli/exit_code.h"

int main(int argc, char** argv) {
  using namespace ashlar::cli;  // NOLINT: the commands, all of them
  CLI::App app(
      "Ashlar executes WebAssembly contracts deterministically.\n"
      "Exit codes: 0 done, 1 the contract or module failed, 2 wrong use, 3 "
      "our failure.",
      "ashlar");
  app.require_subcommand(1);
  ExitCode exit_code = kExitDone;
  AddValidate(&app, &exit_code);
  AddInspect(&app, &exit_code);
  AddRun(&app, &exit_code);
  AddWast(&app, &exit_code);
  AddCall(&app, &exit_code);
  AddExecute(&app, &exit_code);
  AddPut(&app, &exit_code);
  AddEstimate(&app, &exit_code);
  AddProfile(&app, &exit_code);
  AddReplay(&app, &exit_code);
  AddReprice(&app, &exit_code);
  AddVerify(&app, &exit_code);
  AddDisasm(&app, &exit_code);
  AddBench(&app, &exit_code);
  // CLI11 reports wrong use, and --help, by an exception.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitDone : kExitWrongUse;
  }
  return exit_code;
}
