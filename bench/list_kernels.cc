// Prints the kernels' table, a line each:
//   NAME MODULE HANDLE ARG... [-> RESULT] [= EXPORT VALUE]...
// MODULE is a path below ASHLAR_DATA, or `own`; HANDLE is 1 where the kernel
// has the protocol of bench/kernels.h; arguments are i32:1, i64:2. Kernels
// that trap, import or read an input are left out: a command line cannot give
// them what they want.
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/kernels.h"

namespace ashlar::bench {
namespace {

bool CommandLineCan(const Kernel& kernel) {
  return kernel.trap == interp::Trap::kNone && kernel.data_input == nullptr &&
         std::string(kernel.name) != "host_calls" &&
         std::string(kernel.name) != "coremark";
}

std::string Line(const Kernel& kernel) {
  std::string line =
      absl::StrCat(kernel.name, " ",
                   kernel.data_module == nullptr
                       ? "own"
                       : absl::StrCat("bench/", kernel.data_module, ".wasm"),
                   " ", kernel.has_handle ? 1 : 0);
  for (const engine::Value& arg : kernel.args) {
    absl::StrAppend(
        &line, arg.type == wasm::ValType::kI32 ? " i32:" : " i64:", arg.bits);
  }
  for (const uint64_t result : kernel.results) {
    absl::StrAppend(&line, " -> ", result);
  }
  // What goes on from run to run has another answer after two.
  for (const Kernel::Answer& answer : kernel.answers) {
    if (!kernel.goes_on) {
      absl::StrAppend(&line, " = ", answer.function, " ", answer.value);
    }
  }
  return line;
}

}  // namespace
}  // namespace ashlar::bench

int main() {
  for (const ashlar::bench::Kernel& kernel : ashlar::bench::Kernels()) {
    if (ashlar::bench::CommandLineCan(kernel)) {
      std::puts(ashlar::bench::Line(kernel).c_str());
    }
  }
  return 0;
}
