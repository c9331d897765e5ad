// What a Driver says of an execution that is over: how it ended, what it used,
// and where and why it failed.
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/backtrace.h"
#include "engine/base/check.h"
#include "engine/driver.h"
#include "engine/driver_contract.h"
#include "engine/function_names.h"

namespace ashlar::engine {
namespace {

using interp::Trap;
using metering::Category;

bool IsFailure(OutcomeClass klass) {
  return klass != OutcomeClass::kReturned && klass != OutcomeClass::kReverted;
}

}  // namespace

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
  end.limit_shortage = tree_.TakeShortage();
  tree_.ClearExceeded();
  return end;
}

Driver::End Driver::EndOfTrap() {
  if (tree_.exceeded() != Resource::kNone) return EndOfLimit();
  if (contracts_.empty() || tree_.no_outcome()) return End{};
  host::Frame& frame = tree_.top();
  if (frame.ending == host::Ending::kNone) {
    End end = Trapped(execution_.trap(), execution_.trap_detail());
    end.limit_shortage = tree_.TakeShortage();
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
  if (execution_.is_at_floor()) return NoteMark(execution_.left_at_floor());
  End end;
  const interp::OutOfFuel& cause = execution_.out_of_fuel();
  const Category category = CategoryOf(cause.what);
  end.outcome.klass = OutcomeClass::kOutOfFuel;
  end.shortage = {.category = category,
                  .missing = cause.missing,
                  .depth = static_cast<uint32_t>(contracts_.size() - 1)};
  // What was left counts for what it could not pay.
  contracts_.back().by[category] += cause.left;
  return end;
}

metering::FuelByCategory Driver::ConsumedBy(size_t depth) const {
  const Contract& contract = contracts_[depth];
  uint64_t left = execution_.fuel_left();
  uint64_t memory = execution_.memory_fuel();
  if (depth + 1 < contracts_.size()) {
    const Contract& callee = contracts_[depth + 1];
    left = callee.fuel_limit + callee.fuel_reserve;
    memory = callee.memory_before;
  }
  metering::FuelByCategory by = contract.by;
  by[Category::kHost] += tree_.frames()[depth].host_fuel;
  by[Category::kMemory] +=
      memory - contract.memory_before - contract.memory_nested;
  // Prepaid runs are all that nobody else has counted.
  by[Category::kCompute] += contract.fuel_limit - left - by.Sum();
  return by;
}

std::optional<BacktraceFrame> Driver::PlaceOf(size_t depth) const {
  const Contract& contract = contracts_[depth];
  if (!contract.is_entered) return std::nullopt;
  const state::AccountId& account = tree_.frames()[depth].account;
  // Every contract but the last was entered: each has its activation.
  const size_t entered =
      contracts_.size() - (contracts_.back().is_entered ? 0 : 1);
  auto frames = Backtrace(execution_, account, 1, entered - 1 - depth);
  if (!frames.empty()) return std::move(frames.front());
  // Nothing of it was executed: it failed where it begins.
  const wasm::Module& module = contract.module->module;
  BacktraceFrame begin;
  begin.account = account;
  begin.function = contract.is_starting ? module.start : contract.entry;
  begin.name = FunctionNames(module).Find(begin.function);
  if (begin.function >= module.imported_functions) {
    const size_t body = begin.function - module.imported_functions;
    begin.offset = module.offset_of(module.bodies[body].begin);
  }
  return begin;
}

std::vector<OpenContract> Driver::CallPath() const {
  std::vector<OpenContract> path(contracts_.size());
  uint64_t callee_fuel = 0;
  for (size_t i = path.size(); i-- > 0;) {
    const host::Frame& frame = tree_.frames()[i];
    OpenContract& open = path[i];
    open.account = frame.account;
    open.code_hash = frame.code_hash;
    open.entry = base::Bytes(EntryName(i));
    open.is_delegate = frame.is_delegate;
    open.phase = contracts_[i].phase;
    open.fuel_limit = contracts_[i].fuel_limit;
    open.by = ConsumedBy(i);
    open.by[Category::kCalls] += callee_fuel;
    callee_fuel = open.by.Sum();
    open.place = PlaceOf(i);
  }
  return path;
}

bool Driver::IsCaught(const End& end) const {
  if (end.outcome.klass != OutcomeClass::kOutOfFuel) {
    return contracts_.size() > 1;
  }
  for (size_t i = 1; i < contracts_.size(); ++i) {
    if (contracts_[i].is_bounded) return true;
  }
  return false;
}

void Driver::NoteNestedFailure(const End& end) {
  // Bounded, because finding places and names takes time that no fuel pays.
  if (nested_failures_.size() >= kNestedFailuresMax) return;
  const host::Frame& frame = tree_.top();
  NestedFailure& failure = nested_failures_.emplace_back();
  failure.depth = static_cast<uint32_t>(contracts_.size() - 1);
  failure.account = frame.account;
  failure.code_hash = frame.code_hash;
  failure.phase = contracts_.back().phase;
  failure.klass = end.outcome.klass;
  failure.trap = end.outcome.trap;
  failure.limit = end.outcome.limit;
  failure.message = end.message;
  if (contracts_.back().is_entered) {
    failure.host_function = HostFunctionName(execution_);
  }
  failure.place = PlaceOf(contracts_.size() - 1);
}

void Driver::ReportFailure(End* end) {
  end->is_reported = true;
  if (!IsFailure(end->outcome.klass)) return;
  if (IsCaught(*end)) return NoteNestedFailure(*end);
  end->phase = Phase::kPrepare;
  if (end->outcome.trap == Trap::kCallStackExhausted) {
    end->limit_shortage = {"stack_slots_max", profile_.limits.stack_slots_max,
                           execution_.stack_slots_needed()};
  }
  if (contracts_.empty()) return;
  const Contract& contract = contracts_.back();
  end->phase = contract.phase;
  end->call_path = CallPath();
  if (!contract.is_entered) return;
  end->backtrace = Backtrace(execution_, tree_.top().account);
  end->host_function = HostFunctionName(execution_);
  if (end->backtrace.empty() && end->call_path.back().place.has_value()) {
    end->backtrace.push_back(*end->call_path.back().place);
  }
}

Fuel Driver::FuelReport(const End& end) {
  Fuel fuel;
  fuel.limit = request_.fuel_limit;
  const bool out_of_fuel = end.outcome.klass == OutcomeClass::kOutOfFuel;
  fuel.used = out_of_fuel ? fuel.limit : fuel.limit - execution_.fuel_left();
  if (!contracts_.empty()) fuel.by = ConsumedBy(0);
  CHECK(fuel.by.Sum() == fuel.used, "a category lost fuel");
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
    completed.events = overlay_.TakeEvents();
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
  diagnostics.phase = end.phase;
  diagnostics.host_function = std::move(end.host_function);
  diagnostics.limit_shortage = std::move(end.limit_shortage);
  diagnostics.call_path = std::move(end.call_path);
  diagnostics.nested_failures = std::move(nested_failures_);
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
