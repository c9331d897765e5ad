// A naive interpreter: it walks the bytes of valid modules one opcode at a
// time and meters them exactly as metering/README.md words it. It is slow and
// plain on purpose: the engine is compared with it.
#ifndef NAIVE_STORE_H_
#define NAIVE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/interp/trap.h"
#include "metering/schedule.h"
#include "naive/function_info.h"
#include "naive/module.h"

namespace ashlar::naive {

class Instance;

struct Memory {
  std::vector<uint8_t> bytes;
  Limits limits;  // as declared
};

// A reference is 0 where it is null. A funcref is a Func*.
struct Table {
  std::vector<uint64_t> elements;
  TableType type;
};

struct Cell {
  uint64_t value = 0;  // i32 and f32 zero-extended
  GlobalType type;
};

// What a host function sees.
struct HostContext {
  absl::Span<const uint64_t> args;
  std::vector<uint64_t>* results = nullptr;  // empty at first
  Memory* memory = nullptr;                  // the caller's, or null
  uint64_t fuel_left = 0;                    // at the call
  // False where the fuel does not suffice: return then.
  std::function<bool(uint64_t fuel)> charge;
};
// Returns Trap::kNone, or why it trapped.
using HostFunction = std::function<interp::Trap(HostContext&)>;

struct Func {
  FuncType type;
  Instance* instance = nullptr;  // null for host functions
  uint32_t index = 0;            // among its module's own functions
  HostFunction host;
};

// What fills an import or is exported: the one that the kind names is set.
struct Extern {
  Kind kind = Kind::kFunc;
  Func* func = nullptr;
  Table* table = nullptr;
  Memory* memory = nullptr;
  Cell* global = nullptr;
};

struct Config {
  uint64_t memory_pages_max = 65536;
  uint64_t table_elements_max = 10000000;
  uint64_t stack_slots_max = 1 << 20;
  const metering::Schedule* schedule = nullptr;  // outlives the store
};

struct Result {
  enum Kind { kReturned, kTrapped, kOutOfFuel };
  Kind kind = kReturned;
  interp::Trap trap = interp::Trap::kNone;
  std::vector<uint64_t> results;
  uint64_t fuel_used = 0;  // of the execution alone; all of it when it ran out
};

// Owned by its store.
class Instance {
 public:
  const Module& module() const { return *module_; }
  // False where there is no export of that name and kind.
  bool FindExport(absl::string_view name, Kind kind, Extern* out) const;

  const std::vector<Func*>& functions() const { return functions_; }
  const std::vector<Table*>& tables() const { return tables_; }
  const std::vector<Memory*>& memories() const { return memories_; }
  const std::vector<Cell*>& globals() const { return globals_; }
  // Segments as they are now, empty where they were dropped.
  const std::vector<std::vector<uint64_t>>& elements() const {
    return elements_;
  }
  const std::vector<std::vector<uint8_t>>& data() const { return data_; }

 private:
  friend class Store;
  friend class Machine;
  std::shared_ptr<const Module> module_;
  std::vector<Func*> functions_;
  std::vector<Table*> tables_;
  std::vector<Memory*> memories_;
  std::vector<Cell*> globals_;
  std::vector<std::vector<uint64_t>> elements_;
  std::vector<std::vector<uint8_t>> data_;
  std::vector<std::unique_ptr<FunctionInfo>> infos_;  // made when first run
};

struct InstantiateResult {
  Instance* instance = nullptr;
  interp::Trap trap = interp::Trap::kNone;  // an active segment did not fit
  std::string link_error;
};

// False where there is nothing of that name.
using Resolver = std::function<bool(const Import& import, Extern* out)>;

// Owns all that its instances share; what it gives lives as long as it does.
class Store {
 public:
  explicit Store(const Config& config) : config_(config) {}

  // Does not run the start function: see module().start.
  InstantiateResult Instantiate(std::vector<uint8_t> bytes,
                                const Resolver& resolver);
  // The same for a module that is instantiated often.
  InstantiateResult Instantiate(std::shared_ptr<const Module> decoded,
                                const Resolver& resolver);
  // Runs a function from outside.
  Result Invoke(Func* func, std::vector<uint64_t> args, uint64_t fuel_limit);
  // The same by the name of an export. REQUIRES: there is one.
  Result Invoke(const Instance& instance, absl::string_view name,
                std::vector<uint64_t> args, uint64_t fuel_limit);

  Func* NewHostFunc(FuncType type, HostFunction host);
  Memory* NewMemory(Limits limits);
  Table* NewTable(TableType type, uint64_t init);
  Cell* NewGlobal(GlobalType type, uint64_t value);

  const Config& config() const { return config_; }

 private:
  std::string Link(const Resolver& resolver, Instance* instance);
  interp::Trap CopySegments(Instance* instance);
  uint64_t Evaluate(const Instance& instance, size_t pos) const;

  Config config_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<std::unique_ptr<Func>> funcs_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<Memory>> memories_;
  std::vector<std::unique_ptr<Cell>> globals_;
};

}  // namespace ashlar::naive

#endif  // NAIVE_STORE_H_
