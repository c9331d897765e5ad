// `ashlar disasm`: a module as WebAssembly text.
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/result_print.h"
#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/wasm/decoder.h"
#include "engine/wasm/disasm.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string file;
};

ExitCode Disasm(const Options& options) {
  auto bytes = ReadFile(options.file);
  if (!bytes.ok()) return Complain(bytes.status());
  const size_t size = bytes->size();
  if (size > base::kRelaxedLimits.module_size_bytes_max) {
    return Complain(absl::InvalidArgumentError(
        absl::StrCat(options.file, " is too large for a module")));
  }
  bytes->append(wasm::Module::kReadablePadding, '\0');
  wasm::Module module;
  wasm::Violations violations;
  if (!wasm::Decode(base::AsSpan(*bytes).first(size), base::kRelaxedLimits,
                    wasm::Features::All(), &module, &violations)) {
    std::fprintf(stderr, "%s is refused:\n%s", options.file.c_str(),
                 ViolationsText(violations.list()).c_str());
    return kExitContractFailed;
  }
  const std::string text = wasm::Disassemble(module);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kExitDone;
}

}  // namespace

void AddDisasm(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("disasm", "Print a module as WebAssembly text");
  app->add_option("FILE", options->file, "Module")->required();
  app->callback([options, exit_code] { *exit_code = Disasm(*options); });
}

}  // namespace ashlar::cli
