#include "engine/compile/test_machine.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/wasm/decoder.h"
#include "metering/schedule.h"

namespace ashlar::testing {

using interp::Exit;
using interp::Trap;

CompiledModule::CompiledModule(std::vector<uint8_t> bytes,
                               wasm::Features features,
                               const base::Limits& limits,
                               Translation translation)
    : bytes_(std::move(bytes)), limits_(limits) {
  const size_t size = bytes_.size();
  bytes_.resize(size + wasm::Module::kReadablePadding);
  options_.features = features;
  options_.limits = &limits_;
  options_.schedule = &metering::Ashlar1();
  is_decoded_ = wasm::Decode({bytes_.data(), size}, limits_, features, &module_,
                             &violations_);
  if (!is_decoded_) return;
  const bool compiled =
      compile::Compile(module_, options_, &code_, &violations_);
  CHECK(compiled == violations_.empty(), "a refusal has a violation");
  if (!compiled || translation == Translation::kWhole) return;
  compile::Options options = options_;
  options.scratch = &scratch_;
  compile::CompileLazily(module_, options, &code_);
}

std::string CompiledModule::error() const {
  if (violations_.empty()) return "";
  const absl::string_view name = wasm::CodeName(violations_.list()[0].code);
  return std::string(name.data(), name.size());
}

uint64_t CompiledModule::body_size_bytes() const {
  uint64_t sum = 0;
  for (const wasm::Body& body : module_.bodies) {
    sum += static_cast<uint64_t>(body.end - body.begin);
  }
  return sum;
}

void PrintTo(const Ending& ending, std::ostream* out) {
  switch (ending.exit) {
    case Exit::kDone:
      *out << "returned";
      for (uint64_t v : ending.results) *out << " 0x" << std::hex << v;
      *out << std::dec;
      return;
    case Exit::kTrap:
      *out << "trapped: " << interp::TrapText(ending.trap) << " "
           << ending.trap_detail;
      return;
    case Exit::kOutOfFuel:
      *out << "out of fuel by " << ending.out_of_fuel.missing;
      return;
    case Exit::kSuspended:
      *out << "suspended";
      return;
    case Exit::kCancelled:
      *out << "cancelled";
      return;
    case Exit::kPageLimit:
      *out << "beyond the page limit";
      return;
  }
}

Ending Returned(std::vector<uint64_t> results) {
  Ending ending;
  ending.results = std::move(results);
  return ending;
}

Ending Trapped(Trap trap, absl::string_view detail) {
  Ending ending;
  ending.exit = Exit::kTrap;
  ending.trap = trap;
  ending.trap_detail.assign(detail.data(), detail.size());
  return ending;
}

Ending OutOfFuelBy(uint64_t missing) {
  Ending ending;
  ending.exit = Exit::kOutOfFuel;
  ending.out_of_fuel.missing = missing;
  return ending;
}

bool operator==(const Ending& a, const Ending& b) {
  if (a.exit != b.exit) return false;
  switch (a.exit) {
    case Exit::kDone:
      return a.results == b.results;
    case Exit::kTrap:
      return a.trap == b.trap && a.trap_detail == b.trap_detail;
    case Exit::kOutOfFuel:
      return a.out_of_fuel.missing == b.out_of_fuel.missing;
    default:
      return true;
  }
}

Machine::Machine(uint32_t stack_slots_max)
    : stack_slots_max_(stack_slots_max),
      store_(&pool_),
      execution_(stack_slots_max) {}

interp::Instance* Machine::Instantiate(const CompiledModule& module,
                                       absl::Span<const interp::Extern> imports,
                                       uint32_t memory_pages_max) {
  CHECK(module.ok(), "the module is valid");
  interp::Instance* instance = nullptr;
  const interp::InstantiateError error =
      store_.Instantiate(&module.code(), imports, memory_pages_max, &instance);
  CHECK(error.ok(), "the module links");
  return instance;
}

Ending Machine::Call(interp::Instance* instance, absl::string_view function,
                     absl::Span<const uint64_t> args, uint64_t fuel_limit) {
  return Call(Exported(instance, function), args, fuel_limit);
}

Ending Machine::Call(interp::Func* func, absl::Span<const uint64_t> args,
                     uint64_t fuel_limit) {
  CHECK(args.size() == func->type->param_count, "arguments match the type");
  execution_.Reset(stack_slots_max_);
  execution_.set_fuel_left(fuel_limit);
  Exit exit = execution_.Enter(func, args);
  if (exit == Exit::kDone) exit = execution_.Run();
  CHECK(exit != Exit::kSuspended && exit != Exit::kCancelled, "ran to an end");
  Ending ending = Now(exit);
  ending.fuel_used = fuel_limit - execution_.fuel_left();
  execution_.Leave();
  return ending;
}

Ending Machine::Now(Exit exit) const {
  Ending ending;
  ending.exit = exit;
  if (exit == Exit::kDone) {
    const absl::Span<const uint64_t> results = execution_.results();
    ending.results.assign(results.begin(), results.end());
  } else if (exit == Exit::kTrap) {
    ending.trap = execution_.trap();
    ending.trap_detail = execution_.trap_detail();
  } else if (exit == Exit::kOutOfFuel) {
    ending.out_of_fuel = execution_.out_of_fuel();
  }
  if (exit == Exit::kTrap || exit == Exit::kOutOfFuel) {
    ending.trace = execution_.Backtrace(kTraceMax);
  }
  return ending;
}

interp::Func* Exported(interp::Instance* instance, absl::string_view name) {
  return ExportOf(instance, name, wasm::ExternKind::kFunc).func;
}

interp::Extern ExportOf(interp::Instance* instance, absl::string_view name,
                        wasm::ExternKind kind) {
  interp::Extern e;
  CHECK(instance->FindExport(name, kind, &e), "the export exists");
  return e;
}

interp::Extern AsImport(interp::Func* func) {
  interp::Extern e;
  e.func = func;
  return e;
}

}  // namespace ashlar::testing
