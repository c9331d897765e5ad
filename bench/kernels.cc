#include "bench/kernels.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/data.h"
#include "engine/base/crypto_hash.h"
#include "engine/base/status_macros.h"
#include "engine/profile.h"
#include "metering/fuel.h"

namespace ashlar::bench {
namespace {

using engine::HostImport;
using engine::OutcomeClass;
using engine::RunResult;
using engine::Value;
using interp::Trap;
using metering::kFuelMax;
using wasm::ValType;

Value I32(uint32_t value) { return {ValType::kI32, value}; }
Value I64(uint64_t value) { return {ValType::kI64, value}; }

// A kernel of the project.
Kernel Own(const char* name, Value arg, std::vector<uint64_t> results,
           Trap trap = Trap::kNone) {
  Kernel kernel;
  kernel.name = name;
  kernel.args = {arg};
  kernel.results = std::move(results);
  kernel.trap = trap;
  return kernel;
}

// A kernel of the data folder.
Kernel Data(const char* name, const char* module, std::vector<Value> setup,
            const char* input, std::vector<Kernel::Answer> answers,
            const char* memory_sha256) {
  Kernel kernel;
  kernel.name = name;
  kernel.data_module = module;
  kernel.args = std::move(setup);
  kernel.data_input = input;
  kernel.has_handle = true;
  kernel.answers = std::move(answers);
  kernel.memory_sha256 = memory_sha256;
  return kernel;
}

// Results and hashes of memory are those of V8 (Node 20); where the authors of
// a kernel give its answer, they agree.
std::vector<Kernel> MakeKernels() {
  constexpr uint64_t kFibonacci = 14'197'223'477'820'724'411u;
  constexpr uint64_t kFactorial25 = 7'034'535'277'573'963'776u;
  std::vector<Kernel> kernels = {
      Own("counter_local", I64(1'000'000), {1'000'000}),
      Own("counter_param", I64(1'000'000), {0}),
      Own("counter_global", I64(1'000'000), {1'000'000}),
      Own("for_loop", I64(1'000'000), {499'999'500'000}),
      Own("count_until", I32(1'000'000), {1'000'000}),
      Own("fib_recursive", I64(25), {75'025}),
      Own("fib_iterative", I64(1'000'000), {kFibonacci}),
      Own("fib_tail", I64(1'000'000), {kFibonacci}),
      Own("factorial_recursive", I64(25), {kFactorial25}),
      Own("factorial_optimized", I64(25), {kFactorial25}),
      Own("recursive_ok", I32(8'000), {0}),
      Own("recursive_trap", I32(1'000), {}, Trap::kUnreachable),
      Own("recursive_overflow", I32(0), {}, Trap::kCallStackExhausted),
      Own("host_calls", I64(1'000), {500'500}),
      Own("calls_flat", I32(100'000), {100'000}),
      Own("calls_nested", I32(100'000), {100'000}),
      Own("calls_indirect", I32(100'000), {16'617'060'596'882'286'521u}),
      Own("br_table", I32(100'000), {33'125'500}),
      Own("div_rem", I64(10'000), {14'528'766'970'056'939'060u}),
      Own("memory_sum", I32(100'000), {4'999'950'000}),
      Own("bulk_memory", I32(100), {0x01010107}),
      Data("tiny_keccak", "tiny-keccak", {}, nullptr, {}, "991986529fa072aa"),
      Data("rev_complement", "reverse-complement", {}, "reverse-complement.txt",
           {}, "d6b482ec56123ff3"),
      Data("regex_redux", "regex-redux", {}, "reverse-complement.txt",
           {{"output", 2}}, "36658f19dc9ce3df"),
      Data("argon2", "argon2", {I32(300)}, nullptr,
           {{"output", 0xf5e0d44b722976a3}}, "b9e0bc9aa76964eb"),
      Data("prime_sieve", "prime-sieve", {I64(1'000'000)}, nullptr,
           {{"len_primes", 78'498}, {"largest_prime", 999'983}},
           "402a79a206f19a74"),
      Data("sort", "sort", {I32(100'000)}, nullptr, {}, "5a76e8c628bacbe6"),
      Data("nbody", "nbody", {I32(400)}, nullptr,
           {{"result", 0xc0a4c81a930dd965}}, "9edb545c6801f5ad"),
      Data("mandelbrot", "mandelbrot", {I32(150)}, nullptr,
           {{"output", 5'595'328}}, "f1b9d2433811d7fc"),
      Data("compression", "compression", {}, "alice29.txt",
           {{"len_compressed", 97'649}}, "6a956e50ab2fd03f"),
      Data("coremark", "coremark", {}, nullptr, {}, "c46da4688ee182a1"),
  };
  for (Kernel& kernel : kernels) {
    const absl::string_view name = kernel.name;
    if (name == "nbody") kernel.goes_on = true;
    if (name == "coremark") {
      kernel.has_handle = false;
      kernel.results = {0x40000000};  // 2.0: 20 iterations in 10 s
    }
  }
  return kernels;
}

interp::HostResult HostCall(interp::HostCall& call) {
  call.set_result64(call.arg64(0));
  return interp::HostResult::kDone;
}

// Only that one measurement takes 10 s counts; four looks are one run, after
// which the clock stands where it stood, so that each run leaves the same
// memory behind.
interp::HostResult ClockMs(interp::HostCall& call) {
  static uint32_t looks = 0;
  call.set_result32(looks++ % 4 * 10'000);
  return interp::HostResult::kDone;
}

absl::Status Unexpected(const Kernel& kernel, const RunResult& result) {
  return absl::InternalError(absl::StrCat(
      kernel.name, ": ", engine::OutcomeName(result.klass), " ", result.message,
      result.results.empty() ? "" : " ",
      result.results.empty() ? "" : absl::StrCat(result.results[0].bits)));
}

}  // namespace

const std::vector<Kernel>& Kernels() {
  static const auto* const kernels = new std::vector<Kernel>(MakeKernels());
  return *kernels;
}

const Kernel* FindKernel(absl::string_view name) {
  for (const Kernel& kernel : Kernels()) {
    if (name == kernel.name) return &kernel;
  }
  return nullptr;
}

absl::Span<const HostImport> KernelImports() {
  static const auto* const imports = new std::vector<HostImport>{
      {.module = "benchmark",
       .name = "host_call",
       .params = {ValType::kI64},
       .results = {ValType::kI64},
       .function = &HostCall},
      {.module = "env",
       .name = "clock_ms",
       .params = {},
       .results = {ValType::kI32},
       .function = &ClockMs},
  };
  return *imports;
}

absl::Status ReadyKernel::Prepare(const Kernel& kernel) {
  kernel_ = &kernel;
  std::string data;
  absl::string_view bytes;
  if (kernel.data_module == nullptr) {
    bytes = OwnModule(kernel.name);
  } else {
    ASSIGN_OR_RETURN(
        data, ReadData(absl::StrCat("bench/", kernel.data_module, ".wasm")));
    bytes = data;
  }
  const engine::Profile* const profile =
      engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  const RunResult prepared =
      instance_.Prepare(bytes, *profile, kFuelMax, KernelImports());
  if (prepared.klass != OutcomeClass::kReturned) {
    return Unexpected(kernel, prepared);
  }
  RETURN_IF_ERROR(SetUp());
  Run();
  return Check();
}

absl::Status ReadyKernel::SetUp() {
  args_ = kernel_->args;
  if (!kernel_->has_handle) return absl::OkStatus();
  std::string input;
  if (kernel_->data_input != nullptr) {
    ASSIGN_OR_RETURN(
        input, ReadData(absl::StrCat("bench/inputs/", kernel_->data_input)));
    args_ = {I32(static_cast<uint32_t>(input.size()))};
  }
  const RunResult handle = instance_.Call("setup", args_, kFuelMax);
  if (handle.klass != OutcomeClass::kReturned) {
    return Unexpected(*kernel_, handle);
  }
  args_ = handle.results;
  if (input.empty()) return absl::OkStatus();
  const RunResult place = instance_.Call("input_ptr", args_, kFuelMax);
  if (place.results.size() != 1 ||
      !instance_.memory()->Contains(place.results[0].bits, input.size())) {
    return Unexpected(*kernel_, place);
  }
  const auto slice =
      instance_.memory()->Slice(place.results[0].bits, input.size());
  std::copy(input.begin(), input.end(), slice.begin());
  return absl::OkStatus();
}

const RunResult& ReadyKernel::Run() {
  result_ = instance_.Call("run", args_, kFuelMax);
  return result_;
}

bool ReadyKernel::IsRight() const {
  const OutcomeClass klass = kernel_->trap == Trap::kNone
                                 ? OutcomeClass::kReturned
                                 : OutcomeClass::kTrapped;
  if (result_.klass != klass || result_.trap != kernel_->trap ||
      result_.results.size() != kernel_->results.size()) {
    return false;
  }
  for (size_t i = 0; i < result_.results.size(); ++i) {
    if (result_.results[i].bits != kernel_->results[i]) return false;
  }
  return true;
}

absl::Status ReadyKernel::Check() {
  if (!IsRight()) return Unexpected(*kernel_, result_);
  if (kernel_->memory_sha256 != nullptr) {
    const auto memory =
        instance_.memory()->Slice(0, instance_.memory()->size_bytes());
    const std::string hash =
        base::Sha256(
            {reinterpret_cast<const char*>(memory.data()), memory.size()})
            .ToHex();
    if (hash.substr(0, 16) != kernel_->memory_sha256) {
      return absl::InternalError(
          absl::StrCat(kernel_->name, ": memory has the hash ", hash));
    }
  }
  for (const Kernel::Answer& answer : kernel_->answers) {
    const RunResult given = instance_.Call(answer.function, args_, kFuelMax);
    if (given.results.size() != 1 || given.results[0].bits != answer.value) {
      return Unexpected(*kernel_, given);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadyKernel::CheckAgain() {
  return kernel_->goes_on ? absl::OkStatus() : Check();
}

}  // namespace ashlar::bench
