#include "tests/differential/engine_run.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/base/limits.h"
#include "engine/compile/compile.h"
#include "engine/interp/code.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "engine/interp/trap.h"
#include "engine/wasm/decoder.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "engine/wasm/types.h"
#include "engine/wasm/violation.h"
#include "metering/schedule.h"
#include "tests/differential/generator.h"
#include "tests/differential/places.h"

namespace ashlar::testing {
namespace {

using interp::HostResult;

HostResult Mix(interp::HostCall& call) {
  const HostOutcome outcome = HostMix(call.arg32(0), call.arg64(1));
  if (!call.Charge(outcome.charge)) return HostResult::kOutOfFuel;
  if (outcome.is_trap) return call.TrapWith(interp::Trap::kHostError);
  call.set_result64(outcome.result);
  return HostResult::kDone;
}

HostResult Poke(interp::HostCall& call) {
  const PokeOutcome outcome = HostPoke(call.arg32(0));
  if (!call.Charge(outcome.charge)) return HostResult::kOutOfFuel;
  if (call.memory()->Contains(outcome.address, 1)) {
    call.memory()->Slice(outcome.address, 1)[0] = outcome.byte;
  }
  return HostResult::kDone;
}

// A translated module with the bytes that it borrows from.
class Loaded {
 public:
  explicit Loaded(std::vector<uint8_t> bytes)
      : size_(bytes.size()), padded_(std::move(bytes)) {
    padded_.resize(size_ + wasm::Module::kReadablePadding);
  }

  bool Load(const metering::Schedule& schedule, std::string* error) {
    wasm::Violations violations;
    compile::Options options;
    options.features = wasm::Features::All();
    options.limits = &base::kRelaxedLimits;
    options.schedule = &schedule;
    if (wasm::Decode(absl::MakeConstSpan(padded_.data(), size_),
                     base::kRelaxedLimits, options.features, &module_,
                     &violations) &&
        compile::Compile(module_, options, &code_, &violations)) {
      return true;
    }
    *error = absl::StrCat("offset ", violations.list()[0].offset, ": ",
                          violations.list()[0].message);
    return false;
  }

  const wasm::Module& module() const { return module_; }
  const interp::Code* code() const { return &code_; }

 private:
  size_t size_;
  std::vector<uint8_t> padded_;
  wasm::Module module_;
  interp::Code code_;
};

class EngineRunner : public Runner {
 public:
  explicit EngineRunner(std::vector<uint8_t> bytes)
      : tested_(std::move(bytes)), library_(LibraryBytes()), execution_(1) {}

  bool Load(const metering::Schedule& schedule, std::string* error) {
    return tested_.Load(schedule, error) && library_.Load(schedule, error);
  }

  Observation Run(const Call& call) override {
    interp::Store store(&pool_);
    interp::Instance* library = nullptr;
    std::vector<interp::Extern> externs;
    for (const wasm::Import& import : tested_.module().imports) {
      externs.push_back(Resolve(import, call, &store, &library));
    }
    Observation observation;
    interp::Instance* instance = nullptr;
    const interp::InstantiateError error = store.Instantiate(
        tested_.code(), externs, call.memory_pages_max, &instance);
    if (!error.ok()) {
      observation.kind = Observation::Kind::kNotInstantiated;
      observation.trap = error.trap;
      return observation;
    }
    Invoke(call, instance, &observation);
    if (observation.kind == Observation::Kind::kOutOfFuel) return observation;
    CopyState(*instance, &observation);
    if (library != nullptr) {
      observation.library_memory = MemoryOf(*library);
    }
    return observation;
  }

 private:
  interp::Extern Resolve(const wasm::Import& import, const Call& call,
                         interp::Store* store, interp::Instance** library) {
    interp::Extern e;
    if (import.module == kLibraryModule) {
      if (*library == nullptr) {
        store->Instantiate(library_.code(), {}, call.memory_pages_max, library);
      }
      (*library)->FindExport(import.name, import.kind, &e);
      return e;
    }
    e.func = store->NewHostFunc(&tested_.module().func_type(import.index),
                                import.name == kHostMix ? Mix : Poke, nullptr);
    return e;
  }

  static std::vector<uint8_t> MemoryOf(const interp::Instance& instance) {
    const absl::Span<uint8_t> memory =
        instance.memory->Slice(0, instance.memory->size_bytes());
    return {memory.begin(), memory.end()};
  }

  void Invoke(const Call& call, interp::Instance* instance, Observation* out) {
    execution_.Reset(call.stack_slots_max);
    execution_.set_fuel_left(call.fuel_limit);
    interp::Func* func = &instance->functions[call.function];
    interp::Exit exit = execution_.Enter(func, call.args);
    if (exit == interp::Exit::kDone) exit = execution_.Run();
    out->fuel_used = call.fuel_limit - execution_.fuel_left();
    switch (exit) {
      case interp::Exit::kDone:
        for (uint32_t i = 0; i < func->type->result_count; ++i) {
          out->results.push_back(Normal(*instance, func->type->results()[i],
                                        execution_.results()[i]));
        }
        break;
      case interp::Exit::kTrap:
        out->kind = Observation::Kind::kTrapped;
        out->trap = execution_.trap();
        out->wrong_place = WrongPlace(execution_, out->trap);
        break;
      default:
        out->kind = Observation::Kind::kOutOfFuel;
        out->fuel_used = call.fuel_limit;
        out->wrong_place = WrongPlace(execution_, interp::Trap::kNone);
        break;
    }
    execution_.Leave();
  }

  // An imported function is a copy of its owner's.
  static bool IsSame(const interp::Func& a, const interp::Func* b) {
    return &a == b || (a.instance != nullptr && a.instance == b->instance &&
                       a.index == b->index);
  }

  uint64_t Normal(const interp::Instance& instance, wasm::ValType type,
                  uint64_t value) const {
    if (type != wasm::ValType::kFuncRef || value == 0) return value;
    const auto* func = reinterpret_cast<const interp::Func*>(value);
    for (size_t i = 0; i < tested_.module().functions.size(); ++i) {
      if (IsSame(instance.functions[i], func)) return i + 1;
    }
    return UINT64_MAX;  // a function that only the library knows
  }

  void CopyState(const interp::Instance& instance, Observation* out) const {
    const wasm::Module& module = tested_.module();
    out->memory = MemoryOf(instance);
    for (size_t i = 0; i < module.globals.size(); ++i) {
      out->globals.push_back(Normal(instance, module.globals[i].type.type,
                                    instance.globals[i]->value));
    }
    for (size_t i = 0; i < module.tables.size(); ++i) {
      std::vector<uint64_t>& elements = out->tables.emplace_back();
      for (uint64_t element : instance.tables[i]->elements) {
        elements.push_back(Normal(instance, module.tables[i].element, element));
      }
    }
  }

  Loaded tested_;
  Loaded library_;
  interp::MemoryPool pool_;
  interp::Execution execution_;
};

}  // namespace

std::unique_ptr<Runner> MakeEngineRunner(std::vector<uint8_t> bytes,
                                         std::string* error,
                                         const metering::Schedule& schedule) {
  auto runner = std::make_unique<EngineRunner>(std::move(bytes));
  if (!runner->Load(schedule, error)) return nullptr;
  return runner;
}

BothInterpreters::BothInterpreters(const std::vector<uint8_t>& bytes, Call call)
    : engine_(MakeEngineRunner(bytes, &error_)),
      naive_(MakeNaiveRunner(bytes)),
      call_(std::move(call)) {}

std::string BothInterpreters::Run(uint64_t limit) {
  call_.fuel_limit = limit;
  seen_ = naive_->Run(call_);
  const std::string difference = Difference(seen_, engine_->Run(call_));
  return difference.empty() ? ""
                            : absl::StrCat("limit ", limit, ": ", difference);
}

std::string BothInterpreters::RunUpTo(uint64_t used, uint64_t count,
                                      uint64_t seed) {
  const uint64_t step = 1 + used / count;
  for (uint64_t limit = seed % step; limit <= used; limit += step) {
    std::string difference = Run(limit);
    if (!difference.empty()) return difference;
  }
  return "";
}

}  // namespace ashlar::testing
