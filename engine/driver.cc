#include "engine/driver.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/driver_contract.h"
#include "engine/function_names.h"
#include "engine/host/seal/calls.h"
#include "engine/host/seal/functions.h"
#include "engine/linker.h"
#include "engine/loader.h"

namespace ashlar::engine {
namespace {

using interp::Exit;
using interp::Trap;
using metering::Category;

constexpr absl::string_view kDeploy = "deploy";
constexpr absl::string_view kCall = "call";

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

Driver::Driver(const ExecuteRequest& request, const Profile& profile,
               state::Reader* reader, ModuleCache* cache, ValidModules* valid,
               Workspace* workspace, const std::atomic<bool>* cancel)
    : request_(request),
      profile_(profile),
      cache_(cache),
      valid_(valid),
      workspace_(workspace),
      execution_(workspace->execution()),
      memory_(workspace->buffer().data(), workspace->buffer().size(),
              std::pmr::new_delete_resource()),
      overlay_(reader, &memory_),
      tree_(&overlay_, reader, &request.block, &profile.limits,
            &profile.schedule, &request.limits, &memory_),
      contracts_(&memory_),
      activated_(request.activated.begin(), request.activated.end()) {
  std::sort(activated_.begin(), activated_.end());
  execution_.Reset(profile.limits.stack_slots_max);
  execution_.set_cancel_flag(cancel);
}

Driver::~Driver() {
  execution_.set_cancel_flag(nullptr);
  execution_.set_profile(nullptr);
}

absl::StatusOr<ExecuteResult> Driver::Run() {
  execution_.set_fuel_left(request_.fuel_limit);
  SetFuelFloor();
  std::optional<End> end = FindOutermostModule();
  if (!end.has_value() && !no_outcome()) {
    PushOutermost();
    end = Open();
  }
  while (!no_outcome()) {
    if (end.has_value() && !end->is_reported) ReportFailure(&*end);
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
    tree_.SetExceeded(Resource::kInputSize,
                      profile_.limits.input_size_bytes_max,
                      request_.input.size());
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
  host::Frame frame;
  frame.account = request_.callee;
  frame.caller = request_.caller;
  frame.code_hash = module_hash_;
  frame.value = request_.value;
  frame.input = request_.input;
  frame.is_constructor = kDeploy == absl::string_view(request_.entry);
  frame.is_outermost_call = true;
  tree_.Checkpoint();
  tree_.frames().Push(std::move(frame));
}

std::optional<Driver::End> Driver::Open() {
  const host::Frame& frame = tree_.top();
  const uint64_t left = execution_.fuel_left();
  contracts_.Push(Contract());
  Contract* const c = &contracts_.back();
  c->is_bounded = frame.fuel_cap != 0 && frame.fuel_cap <= left;
  c->fuel_limit = c->is_bounded ? frame.fuel_cap : left;
  c->fuel_reserve = left - c->fuel_limit;
  c->memory_before = execution_.memory_fuel();
  execution_.set_fuel_left(c->fuel_limit);
  SetFuelFloor();
  std::optional<End> end = LoadModule(c);
  if (end.has_value()) return end;
  c->phase = Phase::kPrepare;
  end = FindEntry(c);
  if (!end.has_value() && contracts_.size() == 1) end = BeginOutermost();
  if (!end.has_value()) end = Instantiate(c);
  if (end.has_value()) return end;
  const wasm::Module& module = c->module->module;
  c->is_starting = module.has_start;
  return Enter(c, c->is_starting ? module.start : c->entry);
}

std::optional<Driver::End> Driver::Charge(Contract* contract, Category category,
                                          uint64_t fuel) {
  if (IsBeyondMark(fuel)) return End{};
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

void Driver::EnableAccess() { overlay_.set_reverted_keys(&reverted_keys_); }

std::vector<Access> Driver::MakeAccess() const {
  std::map<state::Key, Access> access;
  for (const state::ReadRecord& read : overlay_.Reads()) {
    access[read.key].read = true;
  }
  for (const state::Key& key : overlay_.ChangedKeys()) {
    access[key].written = true;
  }
  for (const state::Key& key : reverted_keys_) {
    access[key].written = true;
  }
  std::vector<Access> list;
  list.reserve(access.size());
  for (auto& [key, entry] : access) {
    entry.key = key;
    list.push_back(std::move(entry));
  }
  return list;
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
  const bool is_activated =
      is_outermost ? request_.activation == Activation::kActivated
                   : std::binary_search(activated_.begin(), activated_.end(),
                                        frame.code_hash);
  const uint64_t fuel = is_activated
                            ? ActivatedFuel(profile_.schedule)
                            : CompileFuel(profile_.schedule, bytes.size());
  contract->phase = Phase::kCompile;
  if (auto end = Charge(contract, Category::kCompile, fuel)) return end;
  const CacheKey key = {frame.code_hash, profile_.digest};
  wasm::Violations violations;
  if (calls_ != nullptr) {
    if (LoadForProfile(bytes, contract, &violations)) return std::nullopt;
    return Rejected(violations);
  }
  contract->module = cache_->Find(key);
  if (contract->module != nullptr) return std::nullopt;
  // Translated as a whole and kept: what comes a second time, and what is
  // given by its hash and must be looked at as a whole anyway.
  const bool is_valid = valid_->Contains(key);
  const bool keeps =
      cache_->enabled() &&
      (cache_->Notice(key) ||
       (!is_valid && (!is_outermost || module_owner_ != nullptr)));
  std::shared_ptr<CompiledModule> module =
      keeps ? std::make_shared<CompiledModule>() : workspace_->TakeModule();
  LoadOptions options(workspace_->scratch());
  options.is_known_valid = is_valid && !keeps;
  // What is not kept ends before the request and the frame that own the bytes.
  options.borrows_bytes = !keeps;
  const bool is_accepted =
      LoadInto(bytes, profile_, options, module.get(), &violations);
  if (!keeps) contract->scratch = module;
  if (!is_accepted) return Rejected(violations);
  if (!is_valid) valid_->Add(key);
  contract->module = std::move(module);
  if (keeps) cache_->Insert(key, contract->module);
  return std::nullopt;
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
  const absl::string_view name = EntryName(contracts_.size() - 1);
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

absl::string_view Driver::EntryName(size_t depth) const {
  if (depth == 0) return request_.entry;
  return tree_.frames()[depth].is_constructor ? kDeploy : kCall;
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
        const host::SealFunction* const f =
            import.index < compiled.host_functions.size()
                ? compiled.host_functions[import.index]
                : nullptr;
        return f != nullptr
                   ? store->NewHostFunc(&module.func_type(import.index),
                                        f->function, f->host_data())
                   : NewUnknownFunction(module, import, store);
      },
      imports);
}

std::optional<Driver::End> Driver::Instantiate(Contract* contract) {
  const wasm::Module& module = contract->module->module;
  contract->phase = Phase::kInstantiate;
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
  tree_.top().tree = &tree_;
  contract->instance->host_data = &tree_.top();
  contract->instance->profile_module = contract->profile_module;
  if (!tree_.NotePages(PagesInUse())) return EndOfLimit();
  return std::nullopt;
}

std::optional<Driver::End> Driver::Enter(Contract* contract,
                                         uint32_t function) {
  contract->is_entered = true;
  contract->phase = contract->is_starting ? Phase::kStart : Phase::kRun;
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
  for (const Contract& contract : contracts_) {
    if (contract.instance != nullptr) {
      pages += contract.instance->memory->pages();
    }
  }
  return pages;
}

void Driver::BoundPages() {
  const uint64_t limit = request_.limits.peak_pages;
  if (limit == 0) return;
  const uint64_t pages = PagesInUse();
  execution_.set_pages_left(limit - std::min(limit, pages));
}

std::optional<Driver::End> Driver::Continue() {
  BoundPages();
  const Exit exit = execution_.Run();
  if (exit == Exit::kCancelled) {
    cancelled_ = true;
    return std::nullopt;
  }
  if (exit == Exit::kOutOfFuel) {
    tree_.SeePages(PagesInUse());
    return EndOfFuel();
  }
  if (exit == Exit::kPageLimit) {
    CHECK(!tree_.NotePages(PagesInUse() + execution_.pages_asked()));
    return EndOfLimit();
  }
  // Memories only grow, and only the top one does: the peak is seen here.
  if (!tree_.NotePages(PagesInUse())) {
    if (exit == Exit::kSuspended) {
      tree_.frames().Pop();
      tree_.Revert();
    }
    return EndOfLimit();
  }
  if (exit == Exit::kSuspended) return Open();
  if (exit == Exit::kTrap) return EndOfTrap();
  Contract* const contract = &contracts_.back();
  if (!contract->is_starting) return End{};
  contract->is_starting = false;
  execution_.Leave();
  return Enter(contract, contract->entry);
}

void Driver::Pop(const End& end) {
  Contract& contract = contracts_.back();
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
  const Contract callee = contracts_.Pop();
  const host::Frame frame = tree_.frames().Pop();
  Contract& caller = contracts_.back();
  caller.by[Category::kCalls] += callee.fuel_limit - left;
  caller.memory_nested += execution_.memory_fuel() - callee.memory_before;
  execution_.set_fuel_left(callee.fuel_reserve + left);
  SetFuelFloor();
  // The shortage is an ancestor's: nobody on the way can catch it.
  if (out_of_fuel && !callee.is_bounded) return end;
  interp::HostCall call(&execution_, caller.instance, nullptr,
                        execution_.host_slots());
  switch (
      host::ResumeCall(call, &tree_, CalleeEndOf(end.outcome.klass), frame)) {
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
    if (contracts_.back().is_entered) execution_.Leave();
    contracts_.Pop();
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

}  // namespace ashlar::engine
