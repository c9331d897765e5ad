#include "engine/runner.h"

#include "absl/strings/str_cat.h"
#include "engine/backtrace.h"
#include "engine/base/check.h"
#include "engine/function_names.h"
#include "engine/linker.h"

namespace ashlar::engine {
namespace {

using interp::Exit;
using interp::Trap;
using metering::Category;

bool HasType(const HostImport& host, const wasm::FuncType& type) {
  return absl::MakeConstSpan(host.params) == type.params() &&
         absl::MakeConstSpan(host.results) == type.results();
}

// What fills a function import.
interp::Func* LinkFunction(const wasm::Module& module,
                           const wasm::Import& import,
                           absl::Span<const HostImport> host_imports,
                           interp::Store* store) {
  const wasm::FuncType& type = module.func_type(import.index);
  for (const HostImport& host : host_imports) {
    if (import.module == absl::string_view(host.module) &&
        import.name == absl::string_view(host.name) && HasType(host, type)) {
      return store->NewHostFunc(&type, host.function, host.data);
    }
  }
  return NewUnknownFunction(module, import, store);
}

// Charges, or ends `result` as out of fuel.
bool Charge(Category category, uint64_t fuel, RunResult* result) {
  const uint64_t left = result->fuel_limit - result->fuel_used;
  if (fuel > left) {
    result->klass = OutcomeClass::kOutOfFuel;
    result->shortage = {.category = category, .missing = fuel - left};
    result->fuel_by[category] += left;
    result->fuel_used = result->fuel_limit;
    return false;
  }
  result->fuel_by[category] += fuel;
  result->fuel_used += fuel;
  return true;
}

void SetTrap(Trap trap, absl::string_view detail, RunResult* result) {
  result->klass = OutcomeClass::kTrapped;
  result->trap = trap;
  result->message = detail.empty()
                        ? std::string(interp::TrapText(trap))
                        : absl::StrCat(interp::TrapText(trap), " ", detail);
}

}  // namespace

PreparedInstance::PreparedInstance() : store_(&pool_), execution_(0) {}

PreparedInstance::~PreparedInstance() { store_.Clear(); }

void PreparedInstance::EnableProfile() {
  calls_ = std::make_unique<interp::CallProfile>();
}

FuelProfile PreparedInstance::TakeProfile() {
  const FunctionNames names(compiled_.module);
  FuelProfile profile =
      MakeFuelProfile(*calls_, [&](const interp::CallProfile::Frame& frame) {
        return names.Display(frame.function);
      });
  EnableProfile();
  execution_.set_profile(calls_.get());
  return profile;
}

bool PreparedInstance::ChargeApart(interp::CallProfile::Kind kind,
                                   Category category, uint64_t fuel,
                                   RunResult* result) {
  const uint64_t before = result->fuel_used;
  const bool paid = Charge(category, fuel, result);
  if (calls_ != nullptr) calls_->Add(kind, 0, result->fuel_used - before);
  return paid;
}

void PreparedInstance::Invoke(interp::Func* func,
                              absl::Span<const uint64_t> args,
                              uint64_t fuel_limit, RunResult* result) {
  const uint64_t left = fuel_limit - result->fuel_used;
  const uint64_t memory_before = execution_.memory_fuel();
  execution_.set_fuel_left(left);
  Exit exit = execution_.Enter(func, args);
  if (exit == Exit::kDone) exit = execution_.Run();
  const uint64_t memory = execution_.memory_fuel() - memory_before;
  const uint64_t used = left - execution_.fuel_left();
  switch (exit) {
    case Exit::kDone: {
      const absl::Span<const uint64_t> bits = execution_.results();
      for (size_t i = 0; i < bits.size(); ++i) {
        result->results.push_back({func->type->results()[i], bits[i]});
      }
      break;
    }
    case Exit::kTrap:
      SetTrap(execution_.trap(), execution_.trap_detail(), result);
      result->backtrace = Backtrace(execution_, {});
      break;
    case Exit::kOutOfFuel:
      result->klass = OutcomeClass::kOutOfFuel;
      result->shortage = {.category = CategoryOf(execution_.out_of_fuel().what),
                          .missing = execution_.out_of_fuel().missing};
      result->backtrace = Backtrace(execution_, {});
      // What was left counts for what it could not pay.
      result->fuel_by[result->shortage.category] +=
          execution_.out_of_fuel().left;
      break;
    case Exit::kSuspended:
    case Exit::kPageLimit:
    case Exit::kCancelled:
      CHECK(false, "the runner's host functions do not suspend");
  }
  execution_.Leave();
  result->fuel_by[Category::kMemory] += memory;
  result->fuel_used += used;
  // What no category has claimed is prepaid runs.
  result->fuel_by[Category::kCompute] +=
      result->fuel_used - result->fuel_by.Sum();
}

bool PreparedInstance::LoadModule(absl::string_view bytes,
                                  const Profile& profile, RunResult* result) {
  if (!ChargeApart(interp::CallProfile::Kind::kCompile, Category::kCompile,
                   CompileFuel(profile.schedule, bytes.size()), result)) {
    return false;
  }
  wasm::Violations violations;
  if (LoadInto(bytes, profile, {&scratch_, calls_ != nullptr}, &compiled_,
               &violations))
    return true;
  result->klass = OutcomeClass::kModuleRejected;
  result->violations = violations.list();
  result->message = violations.list().front().message;
  return false;
}

bool PreparedInstance::Instantiate(const Profile& profile,
                                   absl::Span<const HostImport> host_imports,
                                   RunResult* result) {
  const wasm::Module& module = compiled_.module;
  if (!ChargeApart(interp::CallProfile::Kind::kInstantiate,
                   Category::kInstantiate,
                   InstantiateFuel(profile.schedule, module), result)) {
    return false;
  }
  imports_.clear();
  LinkImports(
      module, profile.limits, &store_,
      [&](const wasm::Import& import) {
        return LinkFunction(module, import, host_imports, &store_);
      },
      &imports_);
  const interp::InstantiateError error = store_.Instantiate(
      &compiled_.code, imports_, profile.limits.memory_pages_max, &instance_);
  if (!error.link_error.empty()) {
    SetTrap(Trap::kHostError, error.link_error, result);
  } else if (error.trap != Trap::kNone) {
    SetTrap(error.trap, "", result);
  }
  if (!error.ok()) instance_ = nullptr;
  return error.ok();
}

void PreparedInstance::Drop() {
  store_.Clear();
  instance_ = nullptr;
}

RunResult PreparedInstance::Prepare(absl::string_view bytes,
                                    const Profile& profile, uint64_t fuel_limit,
                                    absl::Span<const HostImport> host_imports) {
  Drop();
  execution_.Reset(profile.limits.stack_slots_max);
  execution_.set_profile(calls_.get());
  RunResult result;
  result.fuel_limit = fuel_limit;
  if (!LoadModule(bytes, profile, &result) ||
      !Instantiate(profile, host_imports, &result)) {
    return result;
  }
  if (compiled_.module.has_start) {
    Invoke(&instance_->functions[compiled_.module.start], {}, fuel_limit,
           &result);
    result.results.clear();
    if (result.klass != OutcomeClass::kReturned) instance_ = nullptr;
  }
  return result;
}

const wasm::FuncType* PreparedInstance::ExportType(
    absl::string_view name) const {
  CHECK(instance_ != nullptr);
  const wasm::Export* e =
      compiled_.module.FindExport(name, wasm::ExternKind::kFunc);
  return e == nullptr ? nullptr : &compiled_.module.func_type(e->index);
}

RunResult PreparedInstance::Call(absl::string_view export_name,
                                 absl::Span<const Value> args,
                                 uint64_t fuel_limit) {
  RunResult result;
  result.fuel_limit = fuel_limit;
  const wasm::FuncType* type = ExportType(export_name);
  if (type == nullptr) {
    SetTrap(Trap::kEntryNotFound, export_name, &result);
    return result;
  }
  std::vector<uint64_t> bits;
  bits.reserve(args.size());
  bool matches = args.size() == type->param_count;
  for (size_t i = 0; matches && i < args.size(); ++i) {
    matches = args[i].type == type->params()[i];
    bits.push_back(args[i].bits);
  }
  if (!matches) {
    SetTrap(Trap::kEntryNotFound,
            absl::StrCat(export_name, ": arguments are not of its type"),
            &result);
    return result;
  }
  const wasm::Export* e =
      compiled_.module.FindExport(export_name, wasm::ExternKind::kFunc);
  Invoke(&instance_->functions[e->index], bits, fuel_limit, &result);
  return result;
}

interp::Memory* PreparedInstance::memory() const {
  CHECK(instance_ != nullptr);
  return instance_->memory;
}

RunResult RunExport(absl::string_view bytes, const Profile& profile,
                    absl::string_view export_name, absl::Span<const Value> args,
                    uint64_t fuel_limit,
                    absl::Span<const HostImport> host_imports) {
  PreparedInstance prepared;
  RunResult result = prepared.Prepare(bytes, profile, fuel_limit, host_imports);
  if (result.klass != OutcomeClass::kReturned) return result;
  RunResult call =
      prepared.Call(export_name, args, fuel_limit - result.fuel_used);
  call.fuel_limit = fuel_limit;
  call.fuel_used += result.fuel_used;
  for (int c = 0; c < static_cast<int>(Category::kCount); ++c) {
    call.fuel_by.by[c] += result.fuel_by.by[c];
  }
  return call;
}

}  // namespace ashlar::engine
