#include "tests/corpus/recorded_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/host/frames.h"
#include "engine/host/seal/functions.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "engine/state/overlay.h"
#include "gtest/gtest.h"
#include "metering/fuel.h"

namespace ashlar::testing {
namespace {

using interp::Exit;
using interp::HostResult;

// The host data of a function that records what the ABI's does.
struct Wrapper {
  const wasm::Import* import = nullptr;
  const host::SealFunction* function = nullptr;
  RecordedCall* out = nullptr;
};

// What makes `before` be `after`. Memories do not grow in host functions.
std::vector<HostAnswer::Write> WritesBetween(const std::vector<uint8_t>& before,
                                             absl::Span<const uint8_t> after) {
  std::vector<HostAnswer::Write> writes;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    HostAnswer::Write write;
    write.address = i;
    for (; i < before.size() && before[i] != after[i]; ++i) {
      write.bytes.push_back(after[i]);
    }
    writes.push_back(std::move(write));
  }
  return writes;
}

HostResult CallAndRecord(interp::HostCall& call) {
  const Wrapper& wrapper = *static_cast<const Wrapper*>(call.host_data());
  const wasm::FuncType& type = *call.func()->type;
  HostRecord record;
  record.module = std::string(wrapper.import->module);
  record.name = std::string(wrapper.import->name);
  record.args.assign(call.slots(), call.slots() + type.param_count);
  const auto memory = call.memory()->Slice(0, call.memory()->size_bytes());
  const std::vector<uint8_t> before(memory.begin(), memory.end());
  const uint64_t fuel = call.fuel_left();

  interp::Func real = *call.func();
  real.host_data = wrapper.function->host_data();
  interp::HostCall inner(call.execution(), call.instance(), &real,
                         call.slots());
  const HostResult result = wrapper.function->function(inner);

  if (result == HostResult::kSuspend) {
    wrapper.out->is_whole = false;
    return result;
  }
  CHECK(result != HostResult::kOutOfFuel, "a recorded call has enough fuel");
  record.answer.fuel = fuel - call.fuel_left();
  record.answer.writes = WritesBetween(before, memory);
  if (result == HostResult::kTrap) {
    record.answer.trap = call.execution()->trap();
  } else {
    record.answer.results.assign(call.slots(),
                                 call.slots() + type.result_count);
  }
  wrapper.out->host_fuel += record.answer.fuel;
  wrapper.out->host_calls.push_back(std::move(record));
  return result;
}

// What the module's imports are filled with.
std::vector<interp::Extern> Link(const wasm::Module& module,
                                 const engine::Profile& profile,
                                 RecordedCall* out,
                                 std::vector<Wrapper>* wrappers,
                                 interp::Store* store) {
  std::vector<interp::Extern> externs;
  wrappers->reserve(module.imports.size());
  for (const wasm::Import& import : module.imports) {
    interp::Extern& e = externs.emplace_back();
    e.kind = import.kind;
    if (import.kind == wasm::ExternKind::kMemory) {
      e.memory = store->NewMemory(module.memories[import.index],
                                  profile.limits.memory_pages_max);
      continue;
    }
    // The profile has refused all other imports.
    const wasm::FuncType& type = module.func_type(import.index);
    bool name_is_known = false;
    const host::SealFunction* function = host::FindSealFunction(
        import.module, import.name, type, &name_is_known);
    CHECK(function != nullptr);
    wrappers->push_back({&import, function, out});
    e.func = store->NewHostFunc(&type, CallAndRecord, &wrappers->back());
  }
  return externs;
}

// Opens the outermost contract as the engine does: new code and the value come
// before the first instruction.
void OpenFrame(const engine::ExecuteRequest& request, host::CallTree* tree) {
  host::Frame frame;
  frame.account = request.callee;
  frame.caller = request.caller;
  frame.code_hash = request.module_hash;
  frame.value = request.value;
  frame.input = request.input;
  frame.is_constructor = request.entry == "deploy";
  frame.is_outermost_call = true;
  tree->Checkpoint();
  tree->frames().Push(std::move(frame));
  if (tree->top().is_constructor) {
    CHECK(tree->SetCode(request.callee, request.module_hash));
  }
  bool paid = false;
  CHECK(tree->Transfer(request.caller, request.callee, request.value, &paid));
  CHECK(paid);
}

End Run(interp::Execution* execution, interp::Func* func) {
  execution->set_fuel_left(metering::kFuelMax);
  Exit exit = execution->Enter(func, {});
  if (exit == Exit::kDone) exit = execution->Run();
  End end;
  end.fuel_used = metering::kFuelMax - execution->fuel_left();
  if (exit == Exit::kTrap) {
    end.kind = End::Kind::kTrapped;
    end.trap = execution->trap();
  } else if (exit == Exit::kDone) {
    end.results.assign(execution->results().begin(),
                       execution->results().end());
  } else {
    CHECK(exit == Exit::kSuspended);
  }
  execution->Leave();
  return end;
}

}  // namespace

RecordedCall Record(const engine::ExecuteRequest& request,
                    const engine::Profile& profile, const Subject& subject,
                    uint32_t function, state::Reader* reader) {
  RecordedCall out;
  state::Overlay overlay(reader);
  host::CallTree tree(&overlay, reader, &request.block, &profile.limits,
                      &profile.schedule, &request.limits);
  interp::MemoryPool pool;
  interp::Store store(&pool);
  interp::Execution execution(profile.limits.stack_slots_max);
  OpenFrame(request, &tree);
  std::vector<Wrapper> wrappers;
  interp::Instance* instance = nullptr;
  const interp::InstantiateError error = store.Instantiate(
      &subject.compiled->code,
      Link(subject.module(), profile, &out, &wrappers, &store),
      profile.limits.memory_pages_max, &instance);
  CHECK(error.ok());
  tree.top().tree = &tree;
  instance->host_data = &tree.top();
  CHECK(tree.NotePages(instance->memory->pages()));

  out.end = Run(&execution, &instance->functions[function]);
  out.memory_fuel = execution.memory_fuel();
  const auto memory =
      instance->memory->Slice(0, instance->memory->size_bytes());
  out.memory.assign(memory.begin(), memory.end());
  const host::Frame& frame = tree.frames()[0];
  out.is_returned = out.end.kind == End::Kind::kReturned ||
                    frame.ending != host::Ending::kNone;
  out.flags = frame.return_flags;
  out.data = frame.return_data;
  return out;
}

HostAnswer ReplayHost::Answer(const HostQuery& query) {
  HostAnswer wrong;
  wrong.trap = interp::Trap::kUnknownHostFunction;
  if (next_ == records_->size()) {
    ADD_FAILURE() << "host call " << next_
                  << " was not recorded: " << query.module << "." << query.name;
    return wrong;
  }
  const HostRecord& record = (*records_)[next_++];
  if (query.module != absl::string_view(record.module) ||
      query.name != absl::string_view(record.name) ||
      query.args != absl::MakeConstSpan(record.args)) {
    ADD_FAILURE() << "host call " << next_ - 1 << " is " << query.module << "."
                  << query.name << ", recorded was " << record.module << "."
                  << record.name << ", or its arguments differ";
    return wrong;
  }
  return record.answer;
}

}  // namespace ashlar::testing
