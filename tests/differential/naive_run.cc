#include <utility>

#include "engine/interp/trap.h"
#include "metering/schedule.h"
#include "naive/module.h"
#include "naive/store.h"
#include "tests/differential/generator.h"
#include "tests/differential/run.h"

namespace ashlar::testing {
namespace {

using interp::Trap;

Trap Mix(naive::HostContext& context) {
  const HostOutcome outcome =
      HostMix(static_cast<uint32_t>(context.args[0]), context.args[1]);
  if (!context.charge(outcome.charge)) return Trap::kNone;
  if (outcome.is_trap) return Trap::kHostError;
  context.results->push_back(outcome.result);
  return Trap::kNone;
}

Trap Poke(naive::HostContext& context) {
  const PokeOutcome outcome = HostPoke(static_cast<uint32_t>(context.args[0]));
  if (!context.charge(outcome.charge)) return Trap::kNone;
  if (context.memory != nullptr && !context.memory->bytes.empty()) {
    context.memory->bytes[outcome.address] = outcome.byte;
  }
  return Trap::kNone;
}

class NaiveRunner : public Runner {
 public:
  NaiveRunner(std::vector<uint8_t> bytes, const metering::Schedule& schedule)
      : bytes_(std::move(bytes)), schedule_(schedule) {}

  Observation Run(const Call& call) override {
    naive::Config config;
    config.memory_pages_max = call.memory_pages_max;
    config.stack_slots_max = call.stack_slots_max;
    config.schedule = &schedule_;
    naive::Store store(config);
    naive::Instance* library = nullptr;
    const auto resolve = [&](const naive::Import& import, naive::Extern* out) {
      if (import.module == kLibraryModule) {
        if (library == nullptr) {
          library = store.Instantiate(LibraryBytes(), nullptr).instance;
        }
        return library->FindExport(import.name, import.kind, out);
      }
      out->func = import.name == kHostMix
                      ? store.NewHostFunc(
                            {{naive::kI32, naive::kI64}, {naive::kI64}}, Mix)
                      : store.NewHostFunc({{naive::kI32}, {}}, Poke);
      return true;
    };
    Observation observation;
    const naive::InstantiateResult made = store.Instantiate(bytes_, resolve);
    if (made.instance == nullptr) {
      observation.kind = Observation::Kind::kNotInstantiated;
      observation.trap = made.trap;
      return observation;
    }
    naive::Func* func = made.instance->functions()[call.function];
    naive::Result result = store.Invoke(func, call.args, call.fuel_limit);
    observation.fuel_used = result.fuel_used;
    if (result.kind == naive::Result::kOutOfFuel) {
      observation.kind = Observation::Kind::kOutOfFuel;
      return observation;
    }
    if (result.kind == naive::Result::kTrapped) {
      observation.kind = Observation::Kind::kTrapped;
      observation.trap = result.trap;
    }
    for (size_t i = 0; i < result.results.size(); ++i) {
      observation.results.push_back(
          Normal(*made.instance, func->type.results[i], result.results[i]));
    }
    CopyState(*made.instance, &observation);
    if (library != nullptr) {
      observation.library_memory = library->memories()[0]->bytes;
    }
    return observation;
  }

 private:
  static uint64_t Normal(const naive::Instance& instance, uint8_t type,
                         uint64_t value) {
    if (type != naive::kFuncRef || value == 0) return value;
    for (size_t i = 0; i < instance.functions().size(); ++i) {
      if (reinterpret_cast<uint64_t>(instance.functions()[i]) == value) {
        return i + 1;
      }
    }
    return UINT64_MAX;  // a function that only the library knows
  }

  static void CopyState(const naive::Instance& instance, Observation* out) {
    if (!instance.memories().empty()) {
      out->memory = instance.memories()[0]->bytes;
    }
    for (const naive::Cell* cell : instance.globals()) {
      out->globals.push_back(Normal(instance, cell->type.type, cell->value));
    }
    for (const naive::Table* table : instance.tables()) {
      std::vector<uint64_t>& elements = out->tables.emplace_back();
      for (uint64_t element : table->elements) {
        elements.push_back(Normal(instance, table->type.element, element));
      }
    }
  }

  std::vector<uint8_t> bytes_;
  const metering::Schedule& schedule_;
};

}  // namespace

std::unique_ptr<Runner> MakeNaiveRunner(std::vector<uint8_t> bytes,
                                        const metering::Schedule& schedule) {
  return std::make_unique<NaiveRunner>(std::move(bytes), schedule);
}

}  // namespace ashlar::testing
