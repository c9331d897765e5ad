#include "engine/driver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/backtrace.h"
#include "engine/base/check.h"
#include "engine/function_names.h"
#include "engine/host/seal/calls.h"
#include "engine/linker.h"
#include "engine/loader.h"

namespace ashlar::engine {
namespace {

using interp::Exit;
using interp::Trap;
using metering::Category;

constexpr absl::string_view kDeploy = "deploy";
constexpr absl::string_view kCall = "call";

Category CategoryOf(interp::OutOfFuel::What what) {
  switch (what) {
    case interp::OutOfFuel::What::kRun:
      return Category::kCompute;
    case interp::OutOfFuel::What::kMemory:
    case interp::OutOfFuel::What::kTable:
      return Category::kMemory;
    case interp::OutOfFuel::What::kHost:
      return Category::kHost;
  }
  return Category::kCompute;
}

host::CalleeEnd CalleeEndOf(OutcomeClass klass) {
  switch (klass) {
    case OutcomeClass::kReturned:
      return host::CalleeEnd::kReturned;
    case OutcomeClass::kReverted:
      return host::CalleeEnd::kReverted;
    case OutcomeClass::kTrapped:
    case OutcomeClass::kOutOfFuel:
    case OutcomeClass::kLimitExceeded:
    case OutcomeClass::kModuleRejected:
      return host::CalleeEnd::kTrapped;
  }
  return host::CalleeEnd::kTrapped;
}

}  // namespace

struct Driver::Contract {
  std::shared_ptr<const CompiledModule> module;
  std::shared_ptr<CompiledModule> scratch;  // `module`, where it is not kept
  std::unique_ptr<interp::Store> store;
  interp::Instance* instance = nullptr;
  uint32_t entry = 0;  // function index
  bool is_entered = false;
  bool is_starting = false;  // the start function runs, then the entry
  // FUEL.md rule 8: what it may use, what its caller keeps back, and whether
  // its own cap (not the caller's fuel) is what limits it.
  uint64_t fuel_limit = 0;
  uint64_t fuel_reserve = 0;
  bool is_bounded = false;
  uint32_t profile_module = 0;  // index in profile_modules_
  // Compile, instantiate and calls so far; the rest is added at the end.
  metering::FuelByCategory by;
  uint64_t memory_before = 0;  // Execution::memory_fuel() when it began
  uint64_t memory_nested = 0;  // of that, used by its callees
};

Driver::Driver(const ExecuteRequest& request, const Profile& profile,
               state::Reader* reader, ModuleCache* cache, Workspace* workspace,
               const std::atomic<bool>* cancel)
    : request_(request),
      profile_(profile),
      cache_(cache),
      workspace_(workspace),
      execution_(workspace->execution()),
      overlay_(reader),
      tree_(&overlay_, reader, &request.block, &profile.limits,
            &profile.schedule, &request.limits),
      activated_(request.activated.begin(), request.activated.end()) {
  execution_.Reset(profile.limits.stack_slots_max);
  execution_.set_cancel_flag(cancel);
}

Driver::~Driver() {
  execution_.set_cancel_flag(nullptr);
  execution_.set_profile(nullptr);
}

absl::StatusOr<ExecuteResult> Driver::Run() {
  execution_.set_fuel_left(request_.fuel_limit);
  std::optional<End> end = FindOutermostModule();
  if (!end.has_value() && !no_outcome()) {
    PushOutermost();
    end = Open();
  }
  while (!no_outcome()) {
    if (!end.has_value()) {
      end = Continue();
    } else if (contracts_.size() > 1) {
      end = CloseNested(*std::move(end));
    } else {
      return Complete(*std::move(end));
    }
  }
  return NoOutcome();
}

bool Driver::FindByHash(const base::Hash256& hash) {
  if (!tree_.FindModule(hash, &module_owner_)) return false;
  if (module_owner_ == nullptr) {
    status_ =
        absl::NotFoundError(absl::StrCat("no module with hash ", hash.ToHex()));
    return false;
  }
  module_bytes_ = *module_owner_;
  module_hash_ = hash;
  return true;
}

std::optional<Driver::End> Driver::FindOutermostModule() {
  const bool is_by_bytes = IsGivenByBytes(request_);
  if (is_by_bytes) {
    module_bytes_ = request_.module_bytes;
    module_hash_ = cache_->HashOf(module_bytes_);
  }
  if (request_.input.size() > profile_.limits.input_size_bytes_max) {
    tree_.SetExceeded(Resource::kInputSize);
    return EndOfLimit();
  }
  if (is_by_bytes) return std::nullopt;
  if (request_.module_hash != base::Hash256{}) {
    FindByHash(request_.module_hash);
    return std::nullopt;
  }
  std::optional<base::Hash256> code;
  if (!tree_.CodeOf(request_.callee, &code)) return EndOfTrap();
  if (!code.has_value()) return Trapped(Trap::kCodeNotFound, "");
  FindByHash(*code);
  return std::nullopt;
}

void Driver::PushOutermost() {
  auto frame = std::make_unique<host::Frame>();
  frame->account = request_.callee;
  frame->caller = request_.caller;
  frame->code_hash = module_hash_;
  frame->value = request_.value;
  frame->input = request_.input;
  frame->is_constructor = kDeploy == absl::string_view(request_.entry);
  frame->is_outermost_call = true;
  tree_.Checkpoint();
  tree_.frames().push_back(std::move(frame));
}

std::optional<Driver::End> Driver::Open() {
  const host::Frame& frame = tree_.top();
  const uint64_t left = execution_.fuel_left();
  auto contract = std::make_unique<Contract>();
  Contract* const c = contract.get();
  c->is_bounded = frame.fuel_cap != 0 && frame.fuel_cap <= left;
  c->fuel_limit = c->is_bounded ? frame.fuel_cap : left;
  c->fuel_reserve = left - c->fuel_limit;
  c->memory_before = execution_.memory_fuel();
  execution_.set_fuel_left(c->fuel_limit);
  contracts_.push_back(std::move(contract));
  std::optional<End> end = LoadModule(c);
  if (!end.has_value()) end = FindEntry(c);
  if (!end.has_value() && contracts_.size() == 1) end = BeginOutermost();
  if (!end.has_value()) end = Instantiate(c);
  if (end.has_value()) return end;
  const wasm::Module& module = c->module->module;
  c->is_starting = module.has_start;
  return Enter(c, c->is_starting ? module.start : c->entry);
}

std::optional<Driver::End> Driver::Charge(Contract* contract, Category category,
                                          uint64_t fuel) {
  const uint64_t left = execution_.fuel_left();
  if (fuel <= left) {
    execution_.set_fuel_left(left - fuel);
    contract->by[category] += fuel;
    NoteCharge(category, fuel);
    return std::nullopt;
  }
  execution_.set_fuel_left(0);
  contract->by[category] += left;
  NoteCharge(category, left);
  End end;
  end.outcome.klass = OutcomeClass::kOutOfFuel;
  end.shortage = {.category = category,
                  .missing = fuel - left,
                  .depth = static_cast<uint32_t>(contracts_.size() - 1)};
  return end;
}

void Driver::NoteCharge(Category category, uint64_t fuel) {
  if (calls_ == nullptr) return;
  calls_->Add(category == Category::kCompile
                  ? interp::CallProfile::Kind::kCompile
                  : interp::CallProfile::Kind::kInstantiate,
              0, fuel);
}

void Driver::EnableProfile() {
  calls_ = std::make_unique<interp::CallProfile>();
  execution_.set_profile(calls_.get());
}

FuelProfile Driver::MakeProfile() const {
  std::vector<FunctionNames> names;
  names.reserve(profile_modules_.size());
  for (const ProfiledModule& profiled : profile_modules_) {
    names.emplace_back(profiled.module->module);
  }
  return MakeFuelProfile(*calls_, [&](const interp::CallProfile::Frame& frame) {
    return names[frame.module].Display(frame.function);
  });
}

std::optional<Driver::End> Driver::LoadModule(Contract* contract) {
  const bool is_outermost = contracts_.size() == 1;
  const host::Frame& frame = tree_.top();
  const absl::string_view bytes =
      is_outermost ? module_bytes_ : absl::string_view(*frame.module_bytes);
  const bool is_activated = is_outermost
                                ? request_.activation == Activation::kActivated
                                : activated_.contains(frame.code_hash);
  const uint64_t fuel = is_activated
                            ? ActivatedFuel(profile_.schedule)
                            : CompileFuel(profile_.schedule, bytes.size());
  if (auto end = Charge(contract, Category::kCompile, fuel)) return end;
  const CacheKey key = {frame.code_hash, profile_.digest};
  wasm::Violations violations;
  if (calls_ != nullptr) {
    if (LoadForProfile(bytes, contract, &violations)) return std::nullopt;
    return Rejected(violations);
  }
  contract->module = cache_->Find(key);
  if (contract->module != nullptr) return std::nullopt;
  // Given by its hash, a module will be asked for again; given by its bytes,
  // once it comes a second time.
  const bool keeps =
      cache_->enabled() &&
      (!is_outermost || module_owner_ != nullptr || cache_->Notice(key));
  std::shared_ptr<CompiledModule> module =
      keeps ? std::make_shared<CompiledModule>() : workspace_->TakeModule();
  const bool is_accepted = LoadInto(bytes, profile_, workspace_->scratch(),
                                    module.get(), &violations);
  if (!keeps) contract->scratch = module;
  if (is_accepted) {
    contract->module = std::move(module);
    if (keeps) cache_->Insert(key, contract->module);
    return std::nullopt;
  }
  return Rejected(violations);
}

Driver::End Driver::Rejected(const wasm::Violations& violations) {
  End end;
  end.outcome.klass = OutcomeClass::kModuleRejected;
  end.outcome.violations = violations.list();
  end.message = violations.list().front().message;
  return end;
}

// Code for profiling is of no use to anybody else: it is not in the cache,
// but kept here, because its names are asked for at the end.
bool Driver::LoadForProfile(absl::string_view bytes, Contract* contract,
                            wasm::Violations* violations) {
  const base::Hash256& hash = tree_.top().code_hash;
  uint32_t i = 0;
  while (i < profile_modules_.size() && profile_modules_[i].hash != hash) ++i;
  if (i == profile_modules_.size()) {
    auto module =
        Load(bytes, profile_, violations, {workspace_->scratch(), true});
    if (module == nullptr) return false;
    profile_modules_.push_back({hash, std::move(module)});
  }
  contract->module = profile_modules_[i].module;
  contract->profile_module = i;
  return true;
}

// Under the seal ABI a module exports nothing but its two entries; without an
// ABI every function of type () -> () is one.
std::optional<Driver::End> Driver::FindEntry(Contract* contract) {
  const wasm::Module& module = contract->module->module;
  const absl::string_view name = contracts_.size() == 1
                                     ? absl::string_view(request_.entry)
                                 : tree_.top().is_constructor ? kDeploy
                                                              : kCall;
  const wasm::Export* e = module.FindExport(name, wasm::ExternKind::kFunc);
  if (e == nullptr) return Trapped(Trap::kEntryNotFound, "");
  const wasm::FuncType& type = module.func_type(e->index);
  if (type.param_count != 0 ||
      (type.result_count != 0 && profile_.abi == Abi::kNone)) {
    return Trapped(Trap::kEntryNotFound, "");
  }
  contract->entry = e->index;
  return std::nullopt;
}

std::optional<Driver::End> Driver::BeginOutermost() {
  const host::Frame& frame = tree_.top();
  if (frame.is_constructor && !tree_.SetCode(frame.account, module_hash_)) {
    return EndOfTrap();
  }
  bool paid = false;
  if (!tree_.Transfer(frame.caller, frame.account, frame.value, &paid)) {
    return EndOfTrap();
  }
  if (!paid) return Trapped(Trap::kTransferFailed, "");
  return std::nullopt;
}

void Driver::Link(Contract* contract, std::vector<interp::Extern>* imports) {
  const CompiledModule& compiled = *contract->module;
  const wasm::Module& module = compiled.module;
  interp::Store* const store = contract->store.get();
  LinkImports(
      module, profile_.limits, store,
      [&](const wasm::Import& import) {
        const interp::HostFunction function =
            import.index < compiled.host_functions.size()
                ? compiled.host_functions[import.index]
                : nullptr;
        return function != nullptr
                   ? store->NewHostFunc(&module.func_type(import.index),
                                        function, &tree_)
                   : NewUnknownFunction(module, import, store);
      },
      imports);
}

std::optional<Driver::End> Driver::Instantiate(Contract* contract) {
  const wasm::Module& module = contract->module->module;
  if (auto end = Charge(contract, Category::kInstantiate,
                        InstantiateFuel(profile_.schedule, module))) {
    return end;
  }
  contract->store = workspace_->TakeStore();
  std::vector<interp::Extern>& imports = *workspace_->imports();
  Link(contract, &imports);
  const interp::InstantiateError error = contract->store->Instantiate(
      &contract->module->code, imports, profile_.limits.memory_pages_max,
      &contract->instance);
  if (!error.link_error.empty()) {
    return Trapped(Trap::kHostError, error.link_error);
  }
  if (error.trap != Trap::kNone) return Trapped(error.trap, "");
  contract->instance->host_data = &tree_.top();
  contract->instance->profile_module = contract->profile_module;
  if (!tree_.NotePages(PagesInUse())) return EndOfLimit();
  return std::nullopt;
}

std::optional<Driver::End> Driver::Enter(Contract* contract,
                                         uint32_t function) {
  contract->is_entered = true;
  switch (execution_.Enter(&contract->instance->functions[function], {})) {
    case Exit::kTrap:
      return EndOfTrap();
    case Exit::kOutOfFuel:
      return EndOfFuel();
    default:
      return std::nullopt;
  }
}

uint64_t Driver::PagesInUse() const {
  uint64_t pages = 0;
  for (const auto& contract : contracts_) {
    if (contract->instance != nullptr) {
      pages += contract->instance->memory->pages();
    }
  }
  return pages;
}

std::optional<Driver::End> Driver::Continue() {
  const Exit exit = execution_.Run();
  if (exit == Exit::kCancelled) {
    cancelled_ = true;
    return std::nullopt;
  }
  if (exit == Exit::kOutOfFuel) return EndOfFuel();
  // Memories only grow, and only the top one does: the peak is seen here.
  if (!tree_.NotePages(PagesInUse())) {
    if (exit == Exit::kSuspended) {
      tree_.frames().pop_back();
      tree_.Revert();
    }
    return EndOfLimit();
  }
  if (exit == Exit::kSuspended) return Open();
  if (exit == Exit::kTrap) return EndOfTrap();
  Contract* const contract = contracts_.back().get();
  if (!contract->is_starting) return End{};
  contract->is_starting = false;
  execution_.Leave();
  return Enter(contract, contract->entry);
}

Driver::End Driver::Trapped(Trap trap, absl::string_view detail) {
  End end;
  end.outcome.klass = OutcomeClass::kTrapped;
  end.outcome.trap = trap;
  end.message = detail.empty()
                    ? std::string(interp::TrapText(trap))
                    : absl::StrCat(interp::TrapText(trap), " ", detail);
  return end;
}

Driver::End Driver::EndOfLimit() {
  End end;
  end.outcome.klass = OutcomeClass::kLimitExceeded;
  end.outcome.limit = tree_.exceeded();
  end.message =
      absl::StrCat("limit exceeded: ", ResourceName(tree_.exceeded()));
  tree_.ClearExceeded();
  return end;
}

Driver::End Driver::EndOfTrap() {
  if (tree_.exceeded() != Resource::kNone) return EndOfLimit();
  if (contracts_.empty() || tree_.no_outcome()) return End{};
  host::Frame& frame = tree_.top();
  if (frame.ending == host::Ending::kNone) {
    End end = Trapped(execution_.trap(), execution_.trap_detail());
    const Contract& contract = *contracts_.back();
    if (contract.is_entered)
      end.backtrace = Backtrace(execution_, frame.account);
    return end;
  }
  End end;
  // kTerminate leaves flags and data as they were: none.
  end.outcome.flags = frame.return_flags;
  end.outcome.data = frame.return_data;
  if (frame.return_flags != 0) end.outcome.klass = OutcomeClass::kReverted;
  return end;
}

Driver::End Driver::EndOfFuel() {
  End end;
  end.outcome.klass = OutcomeClass::kOutOfFuel;
  end.shortage = {.category = CategoryOf(execution_.out_of_fuel().what),
                  .missing = execution_.out_of_fuel().missing,
                  .depth = static_cast<uint32_t>(contracts_.size() - 1)};
  end.backtrace = Backtrace(execution_, tree_.top().account);
  return end;
}

void Driver::Pop(const End& end) {
  Contract& contract = *contracts_.back();
  if (contract.is_entered) execution_.Leave();
  if (end.outcome.klass == OutcomeClass::kReturned) {
    tree_.Commit();
  } else {
    tree_.Revert();
  }
  contract.instance = nullptr;
  if (contract.store != nullptr) {
    workspace_->GiveBack(std::move(contract.store));
  }
  if (contract.scratch != nullptr) {
    contract.module = nullptr;
    workspace_->GiveBack(std::move(contract.scratch));
  }
}

std::optional<Driver::End> Driver::CloseNested(End end) {
  const bool out_of_fuel = end.outcome.klass == OutcomeClass::kOutOfFuel;
  const uint64_t left = out_of_fuel ? 0 : execution_.fuel_left();
  Pop(end);
  const std::unique_ptr<Contract> callee = std::move(contracts_.back());
  contracts_.pop_back();
  const std::unique_ptr<host::Frame> frame = std::move(tree_.frames().back());
  tree_.frames().pop_back();
  Contract& caller = *contracts_.back();
  caller.by[Category::kCalls] += callee->fuel_limit - left;
  caller.memory_nested += execution_.memory_fuel() - callee->memory_before;
  execution_.set_fuel_left(callee->fuel_reserve + left);
  // The shortage is an ancestor's: nobody on the way can catch it.
  if (out_of_fuel && !callee->is_bounded) return end;
  interp::HostCall call(&execution_, caller.instance, nullptr,
                        execution_.host_slots());
  switch (
      host::ResumeCall(call, &tree_, CalleeEndOf(end.outcome.klass), *frame)) {
    case interp::HostResult::kDone:
      return std::nullopt;
    case interp::HostResult::kTrap:
      return EndOfTrap();
    case interp::HostResult::kOutOfFuel:
      return EndOfFuel();
    case interp::HostResult::kSuspend:
      break;
  }
  CHECK(false, "a resumed host function suspended again");
}

absl::StatusOr<ExecuteResult> Driver::NoOutcome() {
  while (!contracts_.empty()) {
    if (contracts_.back()->is_entered) execution_.Leave();
    contracts_.pop_back();
  }
  if (cancelled_) return absl::CancelledError("execution was cancelled");
  if (!status_.ok()) return status_;
  if (!tree_.status().ok()) return tree_.status();
  ExecuteResult result;
  result.needs_state.emplace();
  result.needs_state->keys = overlay_.missing();
  result.needs_state->modules = tree_.missing_modules();
  return result;
}

Fuel Driver::FuelReport(const End& end) {
  Fuel fuel;
  fuel.limit = request_.fuel_limit;
  const bool out_of_fuel = end.outcome.klass == OutcomeClass::kOutOfFuel;
  fuel.used = out_of_fuel ? fuel.limit : fuel.limit - execution_.fuel_left();
  if (!contracts_.empty()) {
    const Contract& contract = *contracts_.back();
    fuel.by = contract.by;
    fuel.by[Category::kHost] = tree_.top().host_fuel;
    fuel.by[Category::kMemory] = execution_.memory_fuel() -
                                 contract.memory_before -
                                 contract.memory_nested;
    // Prepaid runs are all that nobody else has counted.
    fuel.by[Category::kCompute] = fuel.used - fuel.by.Sum();
  }
  // FUEL.md rule 8. The limit of this run is the one that was tested; of a
  // run that fell short nothing is known but that it did.
  const bool is_proven = !out_of_fuel && tree_.fuel_reads().empty();
  fuel.minimum = is_proven ? fuel.used : fuel.limit;
  fuel.exactness = is_proven ? Exactness::kProven : Exactness::kConditional;
  return fuel;
}

ExecuteResult Driver::Complete(End end) {
  ExecuteResult result;
  Completed& completed = result.completed.emplace();
  if (!contracts_.empty()) Pop(end);
  completed.fuel = FuelReport(end);
  completed.resources = tree_.resources();
  if (end.outcome.klass == OutcomeClass::kReturned) {
    completed.effects = overlay_.Effects();
    completed.removed_accounts = overlay_.removed_accounts();
    completed.events = overlay_.events();
  }
  completed.reads = overlay_.Reads();
  for (int i = 0; i < static_cast<int>(host::ContextField::kCount); ++i) {
    const host::ContextField field = static_cast<host::ContextField>(i);
    if (tree_.context().was_read(field)) {
      completed.context_reads.emplace_back(host::ContextFieldName(field));
    }
  }
  for (const auto& [hash, present] : tree_.modules()) {
    completed.modules.push_back({hash, present});
  }
  Diagnostics& diagnostics = result.diagnostics;
  diagnostics.message = std::move(end.message);
  diagnostics.backtrace = std::move(end.backtrace);
  diagnostics.debug_messages = std::move(tree_.debug_messages());
  if (end.outcome.klass == OutcomeClass::kOutOfFuel) {
    diagnostics.shortage = end.shortage;
  }
  for (const host::CallTree::FuelRead& read : tree_.fuel_reads()) {
    BacktraceFrame place;
    place.account = read.account;
    place.function = read.function;
    place.offset = read.offset;
    diagnostics.fuel_reads.push_back(std::move(place));
  }
  completed.outcome = std::move(end.outcome);
  return result;
}

}  // namespace ashlar::engine
