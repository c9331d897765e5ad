// The kernels that interpreters are measured with: what each runs, and the
// answer that it must give.
#ifndef BENCH_KERNELS_H_
#define BENCH_KERNELS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/interp/trap.h"
#include "engine/runner.h"

namespace ashlar::bench {

// A kernel of the project is a module with one export `run`, called with
// `args`. A kernel of the data folder follows the protocol of the suites from
// which it comes: setup(args) gives a handle; its input, where there is one,
// is copied to input_ptr(handle); run(handle) is what is timed; further
// exports of the handle give the answer.
struct Kernel {
  const char* name;
  const char* data_module = nullptr;  // in bench/; null: the project's
  std::vector<engine::Value> args;
  const char* data_input = nullptr;  // in bench/inputs/; its size is an arg
  bool has_handle = false;           // otherwise `run` takes `args`
  // What the first run gives.
  std::vector<uint64_t> results;
  interp::Trap trap = interp::Trap::kNone;
  struct Answer {
    const char* function;
    uint64_t value;
  };
  std::vector<Answer> answers;
  // Of the linear memory after the first run: the first 8 bytes of its SHA-256,
  // in hex, as another engine has it. Null: not looked at.
  const char* memory_sha256 = nullptr;
  // Whether each run begins with what the last one left.
  bool goes_on = false;
};

// All, by the field's names.
const std::vector<Kernel>& Kernels();
// nullptr where there is none.
const Kernel* FindKernel(absl::string_view name);

// Host functions that kernels import: benchmark.host_call, which answers its
// argument, and env.clock_ms, a clock that goes on by 10 s at each look, so
// that coremark does the same work each time (its calibration takes one round
// of 10 iterations, its measurement 20).
absl::Span<const engine::HostImport> KernelImports();

// One kernel, ready to be run any number of times. The clock of an instance
// is shared by all: one at a time.
class ReadyKernel {
 public:
  // Loads, sets up, runs once and looks at the answer. NOT_FOUND where the
  // data folder does not have it.
  absl::Status Prepare(const Kernel& kernel);

  // What is timed: one call. REQUIRES: Prepare gave OK.
  const engine::RunResult& Run();
  // Whether the last Run gave what it must: every run that starts as the
  // first did has its results.
  bool IsRight() const;
  // After the last Run: looks at answers and memory once more.
  absl::Status CheckAgain();

 private:
  absl::Status SetUp();
  absl::Status Check();

  const Kernel* kernel_ = nullptr;
  engine::PreparedInstance instance_;
  std::vector<engine::Value> args_;
  engine::RunResult result_;
};

}  // namespace ashlar::bench

#endif  // BENCH_KERNELS_H_
