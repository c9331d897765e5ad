// What exists at run time: memories, tables, globals, functions, instances
// (spec 2.0, 4.2). All of them are owned by one Store and live until it is
// cleared, so references between instances never dangle. Layouts of the
// "hot" structs are known to the handlers.
#ifndef ENGINE_INTERP_INSTANCE_H_
#define ENGINE_INTERP_INSTANCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/interp/code.h"
#include "engine/interp/memory.h"
#include "engine/interp/trap.h"
#include "engine/wasm/module.h"

namespace ashlar::interp {

class HostCall;
struct Instance;

// What a host function answers. kTrap: HostCall::set_trap was called.
// kSuspend: Execution::Run returns Exit::kSuspended; whoever drives the
// execution writes the results to HostCall::slots() (Execution::host_slots())
// and calls Run again.
enum class HostResult : uint8_t { kDone, kTrap, kOutOfFuel, kSuspend };

// Arguments stand in slots()[0..], results are written there (from 0). An i32
// or f32 is zero-extended to 64 bits.
using HostFunction = HostResult (*)(HostCall& call);

// A function at run time; a funcref is a pointer to one (null: 0).
struct Func {
  const uint8_t* entry = nullptr;  // internal code
  uint32_t type_id = 0;            // FuncType::canonical_id, in `instance`
  uint32_t index = 0;              // in its instance
  Instance* instance = nullptr;    // whose code it is; null for host functions
  HostFunction host = nullptr;     // for host functions
  void* host_data = nullptr;       // theirs, passed through HostCall
  const wasm::FuncType* type = nullptr;

  void Clear() { *this = Func(); }
};

// References are 64-bit: funcref a Func*, externref whatever the host put
// there; 0 is null for both.
struct Table {
  std::vector<uint64_t> elements;
  wasm::TableType type;
  // min(declared maximum, the profile's), in elements.
  uint32_t elements_max = UINT32_MAX;

  void Clear();
};

struct GlobalCell {
  uint64_t value = 0;  // i32 and f32 zero-extended
  wasm::GlobalType type;

  void Clear() { *this = GlobalCell(); }
};

// What fills one import, in the order of Module::imports.
struct Extern {
  wasm::ExternKind kind = wasm::ExternKind::kFunc;
  Func* func = nullptr;
  Table* table = nullptr;
  Memory* memory = nullptr;
  GlobalCell* global = nullptr;
};

struct Instance {
  // Hot: read by handlers.
  Memory* memory = nullptr;           // memory 0, never null (an empty one)
  GlobalCell* own_globals = nullptr;  // by index less imported_globals
  GlobalCell** globals = nullptr;     // all of them, imports first
  Table** tables = nullptr;
  Func* functions = nullptr;             // imported ones are copies
  const uint64_t* stack_end = nullptr;   // the stack rule's limit
  class Execution* execution = nullptr;  // the one that runs it now
  // Of a handler that gives up, for ColdLoopFill, its Down and ColdPointerFill.
  uint64_t fill_value = 0;
  // Cold.
  const Code* code = nullptr;
  const wasm::Module* module = nullptr;
  std::vector<uint8_t> dropped_data;  // 1: data segment is dropped
  std::vector<uint8_t> dropped_elements;
  // References of passive segments, by segment; none for the others. Made
  // once (4.5.4), so that table.init finds its first item at once.
  std::vector<std::vector<uint64_t>> passive_elements;
  void* host_data = nullptr;    // for the ABI: its contract frame
  uint32_t profile_module = 0;  // its module in CallProfile
  // What the pointers above point to.
  std::vector<GlobalCell> global_cells;
  std::vector<GlobalCell*> global_pointers;
  std::vector<Table*> table_pointers;
  std::vector<Func> funcs;

  // nullptr / kind mismatch: no such export.
  bool FindExport(absl::string_view name, wasm::ExternKind kind, Extern* out);
  // As a new one, but keeps memory of usual size.
  void Clear();
};

// Why an instance could not be made.
struct InstantiateError {
  Trap trap = Trap::kNone;  // an active segment did not fit
  // Linking: "unknown import" or "incompatible import type", the spec suite's
  // wording, then names. Empty where a trap is set.
  std::string link_error;
  bool ok() const { return trap == Trap::kNone && link_error.empty(); }
};

// Objects that stay where they are until all of them are cleared, and are then
// used again. T::Clear makes one as new.
template <typename T>
class ReusedObjects {
 public:
  T* New() {
    if (used_ == objects_.size()) objects_.push_back(std::make_unique<T>());
    return objects_[used_++].get();
  }
  void Clear() {
    while (used_ > 0) objects_[--used_]->Clear();
    if (objects_.size() > kKeptMax) objects_.resize(kKeptMax);
  }

 private:
  static constexpr size_t kKeptMax = 128;

  std::vector<std::unique_ptr<T>> objects_;
  size_t used_ = 0;
};

// Owns everything of one execution (or of one spec-suite script).
class Store {
 public:
  explicit Store(MemoryPool* pool) : pool_(pool) {}
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Links `imports` (one for each Module::imports), makes memories, tables and
  // globals, copies active segments in order. Does not run the start function
  // (wasm::Module::start; the caller enters it). `code` outlives the store.
  // A failed instantiation may have written to imported tables and memories,
  // as the spec says.
  InstantiateError Instantiate(const Code* code,
                               absl::Span<const Extern> imports,
                               uint32_t memory_pages_max, Instance** instance);

  Func* NewHostFunc(const wasm::FuncType* type, HostFunction host,
                    void* host_data);
  Memory* NewMemory(wasm::MemoryType type, uint32_t memory_pages_max);
  Table* NewTable(wasm::TableType type, uint64_t init);
  GlobalCell* NewGlobal(wasm::GlobalType type, uint64_t value);
  // Gives everything back: memories to the pool, the rest to this store, which
  // uses it again.
  void Clear();

 private:
  void MakeTables(Instance* instance);

  MemoryPool* pool_;
  ReusedObjects<Instance> instances_;
  ReusedObjects<Func> host_funcs_;
  ReusedObjects<Table> tables_;
  ReusedObjects<GlobalCell> globals_;
  std::vector<std::unique_ptr<Memory>> memories_;
};

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_INSTANCE_H_
