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
#include "engine/interp/code_text.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/wasm/decoder.h"
#include "engine/wasm/disasm.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string file;
  bool code = false;
};

// What relaxed-1 makes of the module's own functions.
ExitCode PrintCode(const Options& options) {
  const auto bytes = ReadFile(options.file);
  if (!bytes.ok()) return Complain(bytes.status());
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  wasm::Violations violations;
  const auto loaded = engine::Load(*bytes, profile, &violations);
  if (loaded == nullptr) {
    std::fprintf(stderr, "%s is refused:\n%s", options.file.c_str(),
                 ViolationsText(violations.list()).c_str());
    return kExitContractFailed;
  }
  const wasm::Module& module = loaded->module;
  for (uint32_t i = module.imported_functions; i < module.functions.size();
       ++i) {
    std::puts(interp::CodeText(loaded->code, i).c_str());
  }
  return kExitDone;
}

ExitCode Disasm(const Options& options) {
  if (options.code) return PrintCode(options);

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
  app->add_flag("--code", options->code,
                "Our internal code instead; its form is no interface");
  app->callback([options, exit_code] { *exit_code = Disasm(*options); });
}

}  // namespace ashlar::cli
