// The engine as a world.
#include <cstring>
#include <map>
#include <utility>

#include "engine/base/check.h"
#include "engine/compile/scratch.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "tests/corpus/world.h"

namespace ashlar::testing {
namespace {

using interp::Exit;
using interp::Extern;
using interp::HostResult;
using interp::Instance;
using wasm::ExternKind;

class EngineWorld;

// What a host function is made for.
struct Binding {
  EngineWorld* world = nullptr;
  const wasm::Import* import = nullptr;
  const wasm::FuncType* type = nullptr;
};

class EngineWorld : public World {
 public:
  EngineWorld(const engine::Profile& profile, Host* host, bool is_lazy)
      : profile_(profile),
        host_(host),
        is_lazy_(is_lazy),
        store_(&pool_),
        execution_(profile.limits.stack_slots_max) {}

  void Clear() override {
    store_.Clear();
    lazy_modules_.clear();
    instances_.clear();
    numbers_.clear();
    registered_.clear();
    bindings_.clear();
    host_numbers_.clear();
    host_calls_ = 0;
    host_->Reset();
  }

  End Instantiate(const Subject& subject) override {
    instances_.push_back(nullptr);
    const wasm::Module& module = subject.module();
    std::vector<Extern> externs;
    End end;
    for (const wasm::Import& import : module.imports) {
      Extern e;
      if (!Resolve(module, import, &e)) {
        end.kind = End::Kind::kNotLinked;
        return end;
      }
      externs.push_back(e);
    }
    Instance* instance = nullptr;
    const interp::InstantiateError error = store_.Instantiate(
        CodeOf(subject), externs, profile_.limits.memory_pages_max, &instance);
    if (!error.link_error.empty()) {
      end.kind = End::Kind::kNotLinked;
    } else if (error.trap != interp::Trap::kNone) {
      end.kind = End::Kind::kTrapped;
      end.trap = error.trap;
    } else {
      instances_.back() = instance;
      numbers_[instance] = static_cast<uint32_t>(instances_.size() - 1);
    }
    return end;
  }

  void Register(absl::string_view name, size_t instance) override {
    registered_[std::string(name)] = instances_[instance];
  }

  End Invoke(const Call& call) override {
    interp::Func* func = &instances_[call.instance]->functions[call.function];
    execution_.set_fuel_left(call.fuel_limit);
    Exit exit = execution_.Enter(func, call.args);
    if (exit == Exit::kDone) exit = execution_.Run();
    End end;
    end.fuel_used = call.fuel_limit - execution_.fuel_left();
    switch (exit) {
      case Exit::kDone:
        for (size_t i = 0; i < func->type->result_count; ++i) {
          end.results.push_back(
              Normal(func->type->results()[i], execution_.results()[i]));
        }
        break;
      case Exit::kTrap:
        end.kind = End::Kind::kTrapped;
        end.trap = execution_.trap();
        break;
      case Exit::kOutOfFuel:
        end.kind = End::Kind::kOutOfFuel;
        end.fuel_used = call.fuel_limit;
        break;
      case Exit::kSuspended:
      case Exit::kPageLimit:
      case Exit::kCancelled:
        CHECK(false, "nothing here suspends or cancels");
    }
    execution_.Leave();
    return end;
  }

  void Poke(size_t instance, uint64_t address,
            absl::string_view bytes) override {
    interp::Memory* memory = instances_[instance]->memory;
    std::memcpy(memory->Slice(address, bytes.size()).data(), bytes.data(),
                bytes.size());
  }

  View Look(size_t number) const override {
    View view;
    const Instance* instance = instances_[number];
    if (instance == nullptr) return view;
    const wasm::Module& module = *instance->module;
    view.memory = MemoryOf(*instance);
    for (size_t i = 0; i < module.globals.size(); ++i) {
      view.globals.push_back(
          Normal(module.globals[i].type.type, instance->globals[i]->value));
    }
    for (size_t i = 0; i < module.tables.size(); ++i) {
      std::vector<uint64_t>& elements = view.tables.emplace_back();
      for (const uint64_t element : instance->tables[i]->elements) {
        elements.push_back(Normal(module.tables[i].element, element));
      }
    }
    for (size_t i = 0; i < module.elements.size(); ++i) {
      view.spent_elements.push_back(module.elements[i].count == 0 ||
                                    instance->dropped_elements[i] != 0);
    }
    for (size_t i = 0; i < module.data.size(); ++i) {
      view.spent_data.push_back(module.data[i].bytes.empty() ||
                                instance->dropped_data[i] != 0);
    }
    return view;
  }

  uint64_t host_calls() const override { return host_calls_; }

  HostResult Answer(interp::HostCall& call, const Binding& binding) {
    ++host_calls_;
    HostQuery query;
    query.module = binding.import->module;
    query.name = binding.import->name;
    query.results = binding.type->results();
    query.args = {call.slots(), binding.type->param_count};
    query.memory = MemoryOf(*call.instance());
    const HostAnswer answer = host_->Answer(query);
    if (!call.Charge(answer.fuel)) return HostResult::kOutOfFuel;
    for (const HostAnswer::Write& write : answer.writes) {
      CHECK(call.memory()->Contains(write.address, write.bytes.size()));
      std::memcpy(
          call.memory()->Slice(write.address, write.bytes.size()).data(),
          write.bytes.data(), write.bytes.size());
    }
    if (answer.trap != interp::Trap::kNone) return call.TrapWith(answer.trap);
    std::copy(answer.results.begin(), answer.results.end(), call.slots());
    return HostResult::kDone;
  }

 private:
  static absl::Span<const uint8_t> MemoryOf(const Instance& instance) {
    return instance.memory->Slice(0, instance.memory->size_bytes());
  }

  // Code of its own for each instance where it is lazy.
  const interp::Code* CodeOf(const Subject& subject) {
    if (!is_lazy_) return &subject.compiled->code;
    lazy_modules_.push_back(std::make_unique<engine::CompiledModule>());
    engine::CompiledModule* const compiled = lazy_modules_.back().get();
    engine::LoadOptions options(&scratch_);
    options.is_known_valid = true;
    wasm::Violations violations;
    const absl::Span<const uint8_t> bytes = subject.module().bytes;
    CHECK(engine::LoadInto(
        absl::string_view(reinterpret_cast<const char*>(bytes.data()),
                          bytes.size()),
        profile_, options, compiled, &violations));
    return &compiled->code;
  }

  bool Resolve(const wasm::Module& module, const wasm::Import& import,
               Extern* e) {
    const auto it = registered_.find(std::string(import.module));
    if (it != registered_.end()) {
      // An export of another kind is handed on: it is incompatible.
      for (const ExternKind kind :
           {import.kind, ExternKind::kFunc, ExternKind::kTable,
            ExternKind::kMemory, ExternKind::kGlobal}) {
        if (it->second->FindExport(import.name, kind, e)) return true;
      }
      return false;
    }
    if (!host_->Provides(import.module)) return false;
    e->kind = import.kind;
    switch (import.kind) {
      case ExternKind::kFunc:
        e->func = NewHostFunc(module, import);
        break;
      case ExternKind::kTable:
        e->table = store_.NewTable(module.tables[import.index], 0);
        break;
      case ExternKind::kMemory:
        e->memory = store_.NewMemory(module.memories[import.index],
                                     profile_.limits.memory_pages_max);
        break;
      case ExternKind::kGlobal:
        e->global = store_.NewGlobal(module.globals[import.index].type, 0);
        break;
    }
    return true;
  }

  interp::Func* NewHostFunc(const wasm::Module& module,
                            const wasm::Import& import) {
    const wasm::FuncType* type = &module.func_type(import.index);
    bindings_.push_back(
        std::make_unique<Binding>(Binding{this, &import, type}));
    Binding* binding = bindings_.back().get();
    host_numbers_[binding] = bindings_.size();
    return store_.NewHostFunc(
        type,
        [](interp::HostCall& call) {
          const auto* binding = static_cast<const Binding*>(call.host_data());
          return binding->world->Answer(call, *binding);
        },
        binding);
  }

  // Imported functions are copies of their owner's.
  uint64_t Normal(wasm::ValType type, uint64_t value) const {
    if (type != wasm::ValType::kFuncRef || value == 0) return value;
    const auto* func = reinterpret_cast<const interp::Func*>(value);
    if (func->instance == nullptr) {
      return host_numbers_.at(func->host_data);
    }
    const auto owner = numbers_.find(func->instance);
    return FuncName(owner == numbers_.end() ? kUnknownOwner : owner->second,
                    func->index);
  }

  const engine::Profile& profile_;
  Host* host_;
  const bool is_lazy_;
  compile::Scratch scratch_;
  std::vector<std::unique_ptr<engine::CompiledModule>> lazy_modules_;
  interp::MemoryPool pool_;
  interp::Store store_;
  interp::Execution execution_;
  std::vector<Instance*> instances_;
  std::map<const Instance*, uint32_t> numbers_;
  std::map<std::string, Instance*> registered_;
  std::vector<std::unique_ptr<Binding>> bindings_;
  std::map<const void*, uint64_t> host_numbers_;  // from 1
  uint64_t host_calls_ = 0;
};

}  // namespace

std::unique_ptr<World> MakeEngineWorld(const engine::Profile& profile,
                                       Host* host, bool is_lazy) {
  return std::make_unique<EngineWorld>(profile, host, is_lazy);
}

}  // namespace ashlar::testing
