// The naive interpreter as a world.
#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/check.h"
#include "naive/module.h"
#include "naive/store.h"
#include "tests/corpus/world.h"

namespace ashlar::testing {
namespace {

using naive::Extern;
using naive::Import;
using naive::Instance;
using naive::Kind;

std::vector<wasm::ValType> Types(const std::vector<uint8_t>& bytes) {
  std::vector<wasm::ValType> types;
  for (const uint8_t byte : bytes) {
    types.push_back(static_cast<wasm::ValType>(byte));
  }
  return types;
}

class NaiveWorld : public World {
 public:
  NaiveWorld(const engine::Profile& profile, Host* host) : host_(host) {
    config_.memory_pages_max = profile.limits.memory_pages_max;
    config_.table_elements_max = profile.limits.table_elements_max;
    config_.stack_slots_max = profile.limits.stack_slots_max;
    config_.schedule = &profile.schedule;
    store_ = std::make_unique<naive::Store>(config_);
  }

  void Clear() override {
    store_ = std::make_unique<naive::Store>(config_);
    instances_.clear();
    numbers_.clear();
    registered_.clear();
    host_numbers_.clear();
    host_calls_ = 0;
    host_->Reset();
  }

  End Instantiate(const Subject& subject) override {
    const naive::InstantiateResult made = store_->Instantiate(
        subject.decoded, [&](const Import& import, Extern* out) {
          return Resolve(*subject.decoded, import, out);
        });
    instances_.push_back(made.instance);
    numbers_[made.instance] = static_cast<uint32_t>(instances_.size() - 1);
    End end;
    if (!made.link_error.empty()) {
      end.kind = End::Kind::kNotLinked;
    } else if (made.trap != interp::Trap::kNone) {
      end.kind = End::Kind::kTrapped;
      end.trap = made.trap;
    }
    return end;
  }

  void Register(absl::string_view name, size_t instance) override {
    registered_[std::string(name)] = instances_[instance];
  }

  End Invoke(const Call& call) override {
    naive::Func* func = instances_[call.instance]->functions()[call.function];
    const naive::Result result =
        store_->Invoke(func, call.args, call.fuel_limit);
    End end;
    end.fuel_used = result.fuel_used;
    switch (result.kind) {
      case naive::Result::kReturned:
        for (size_t i = 0; i < result.results.size(); ++i) {
          end.results.push_back(
              Normal(func->type.results[i], result.results[i]));
        }
        break;
      case naive::Result::kTrapped:
        end.kind = End::Kind::kTrapped;
        end.trap = result.trap;
        break;
      case naive::Result::kOutOfFuel:
        end.kind = End::Kind::kOutOfFuel;
        break;
    }
    return end;
  }

  void Poke(size_t instance, uint64_t address,
            absl::string_view bytes) override {
    std::copy(bytes.begin(), bytes.end(),
              instances_[instance]->memories()[0]->bytes.begin() + address);
  }

  View Look(size_t number) const override {
    View view;
    const Instance* instance = instances_[number];
    if (instance == nullptr) return view;
    if (!instance->memories().empty()) {
      view.memory = instance->memories()[0]->bytes;
    }
    for (const naive::Cell* cell : instance->globals()) {
      view.globals.push_back(Normal(cell->type.type, cell->value));
    }
    for (const naive::Table* table : instance->tables()) {
      std::vector<uint64_t>& elements = view.tables.emplace_back();
      for (const uint64_t element : table->elements) {
        elements.push_back(Normal(table->type.element, element));
      }
    }
    for (const auto& segment : instance->elements()) {
      view.spent_elements.push_back(segment.empty());
    }
    for (const auto& segment : instance->data()) {
      view.spent_data.push_back(segment.empty());
    }
    return view;
  }

  uint64_t host_calls() const override { return host_calls_; }

 private:
  bool Resolve(const naive::Module& module, const Import& import, Extern* out) {
    const auto it = registered_.find(import.module);
    if (it != registered_.end()) {
      // An export of another kind is handed on: it is incompatible.
      for (const Kind kind : {import.kind, Kind::kFunc, Kind::kTable,
                              Kind::kMemory, Kind::kGlobal}) {
        if (it->second->FindExport(import.name, kind, out)) return true;
      }
      return false;
    }
    if (!host_->Provides(import.module)) return false;
    out->kind = import.kind;
    switch (import.kind) {
      case Kind::kFunc:
        out->func =
            NewHostFunc(import, module.types[module.functions[import.index]]);
        break;
      case Kind::kTable:
        out->table = store_->NewTable(module.tables[import.index], 0);
        break;
      case Kind::kMemory:
        out->memory = store_->NewMemory(module.memories[import.index]);
        break;
      case Kind::kGlobal:
        out->global = store_->NewGlobal(module.globals[import.index].type, 0);
        break;
    }
    return true;
  }

  naive::Func* NewHostFunc(const Import& import, const naive::FuncType& type) {
    naive::Func* func =
        store_->NewHostFunc(type, [this, import, results = Types(type.results)](
                                      naive::HostContext& context) {
          return Answer(import, results, context);
        });
    const uint64_t number = host_numbers_.size() + 1;
    host_numbers_[func] = number;
    return func;
  }

  interp::Trap Answer(const Import& import,
                      const std::vector<wasm::ValType>& results,
                      naive::HostContext& context) {
    ++host_calls_;
    HostQuery query;
    query.module = import.module;
    query.name = import.name;
    query.results = results;
    query.args = context.args;
    if (context.memory != nullptr) query.memory = context.memory->bytes;
    const HostAnswer answer = host_->Answer(query);
    if (!context.charge(answer.fuel)) return interp::Trap::kNone;
    for (const HostAnswer::Write& write : answer.writes) {
      CHECK(write.address + write.bytes.size() <= query.memory.size());
      std::copy(write.bytes.begin(), write.bytes.end(),
                context.memory->bytes.begin() + write.address);
    }
    if (answer.trap == interp::Trap::kNone) *context.results = answer.results;
    return answer.trap;
  }

  uint64_t Normal(uint8_t type, uint64_t value) const {
    if (type != naive::kFuncRef || value == 0) return value;
    const auto* func = reinterpret_cast<const naive::Func*>(value);
    if (func->instance == nullptr) return host_numbers_.at(func);
    const auto owner = numbers_.find(func->instance);
    return FuncName(owner == numbers_.end() ? kUnknownOwner : owner->second,
                    func->index + func->instance->module().imported[0]);
  }

  Host* host_;
  naive::Config config_;
  std::unique_ptr<naive::Store> store_;
  std::vector<Instance*> instances_;
  std::map<const Instance*, uint32_t> numbers_;
  std::map<std::string, Instance*> registered_;
  std::map<const naive::Func*, uint64_t> host_numbers_;  // from 1
  uint64_t host_calls_ = 0;
};

}  // namespace

std::unique_ptr<World> MakeNaiveWorld(const engine::Profile& profile,
                                      Host* host) {
  return std::make_unique<NaiveWorld>(profile, host);
}

}  // namespace ashlar::testing
