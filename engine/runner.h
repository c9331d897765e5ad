// Runs single exports of a module, without contracts and state: what the
// command line's `run`, `bench` and `profile` and many tests do.
#ifndef ENGINE_RUNNER_H_
#define ENGINE_RUNNER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/compile/scratch.h"
#include "engine/fuel_profile.h"
#include "engine/interp/call_profile.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "engine/loader.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/wasm/types.h"
#include "metering/fuel.h"

namespace ashlar::engine {

// A value of wasm; i32 and f32 are zero-extended, floats are bits.
struct Value {
  wasm::ValType type = wasm::ValType::kI32;
  uint64_t bits = 0;

  friend bool operator==(const Value&, const Value&) = default;
};

// A function that the caller gives to the module, found by both names. An
// import of the same names and another type gets a trapping stub.
struct HostImport {
  std::string module;
  std::string name;
  std::vector<wasm::ValType> params;
  std::vector<wasm::ValType> results;
  interp::HostFunction function = nullptr;
  void* data = nullptr;  // HostCall::host_data()
};

// How one run ended. klass is one of kReturned, kTrapped, kOutOfFuel and
// kModuleRejected.
struct RunResult {
  OutcomeClass klass = OutcomeClass::kReturned;
  interp::Trap trap = interp::Trap::kNone;
  // The trap's text with its detail ("uninitialized element 2"), or why the
  // module could not be linked or the export not be called.
  std::string message;
  std::vector<Value> results;
  uint64_t fuel_limit = 0;
  uint64_t fuel_used = 0;
  metering::FuelByCategory fuel_by;
  std::vector<wasm::Violation> violations;  // where kModuleRejected
  // Innermost first; `account` is unused.
  std::vector<BacktraceFrame> backtrace;
  FuelShortage shortage;  // where kOutOfFuel
};

// A module that is loaded and instantiated once and called many times.
// Compile and instantiate (FRESH) and the start function are charged by
// Prepare; calls charge themselves. Imports: those of `host_imports`; other
// functions are stubs that trap with kUnknownHostFunction; memories, tables
// and globals are made to fit, with zeros. Not thread-safe.
class PreparedInstance {
 public:
  PreparedInstance();
  ~PreparedInstance();
  PreparedInstance(const PreparedInstance&) = delete;
  PreparedInstance& operator=(const PreparedInstance&) = delete;

  // May be called again: drops the earlier instance and keeps its memory for
  // the new one. Answers kReturned where the instance is ready. `profile`
  // outlives this object or the next Prepare.
  RunResult Prepare(absl::string_view bytes, const Profile& profile,
                    uint64_t fuel_limit,
                    absl::Span<const HostImport> host_imports = {});

  // Gives up the instance; its memory and code space are kept for the next.
  void Drop();

  // The type of an exported function, or nullptr. REQUIRES: prepared.
  const wasm::FuncType* ExportType(absl::string_view name) const;
  // Answers kTrapped with kEntryNotFound where there is no such function or
  // `args` do not have its parameters' types. REQUIRES: prepared.
  RunResult Call(absl::string_view export_name, absl::Span<const Value> args,
                 uint64_t fuel_limit);

  // From the next Prepare on, notes where fuel goes; TakeProfile gives what was
  // noted and begins anew. REQUIRES (TakeProfile): EnableProfile was called,
  // and a module was decoded.
  void EnableProfile();
  FuelProfile TakeProfile();

  // Memory 0, empty where the module has none. REQUIRES: prepared.
  interp::Memory* memory() const;
  const CompiledModule& compiled() const { return compiled_; }

 private:
  bool ChargeApart(interp::CallProfile::Kind kind, metering::Category category,
                   uint64_t fuel, RunResult* result);
  // Enters and runs one function; adds what was charged to `result`.
  void Invoke(interp::Func* func, absl::Span<const uint64_t> args,
              uint64_t fuel_limit, RunResult* result);
  // compile, decode, instantiate: the parts of Prepare.
  bool LoadModule(absl::string_view bytes, const Profile& profile,
                  RunResult* result);
  bool Instantiate(const Profile& profile,
                   absl::Span<const HostImport> host_imports,
                   RunResult* result);

  compile::Scratch scratch_;
  std::unique_ptr<interp::CallProfile> calls_;
  CompiledModule compiled_;
  interp::MemoryPool pool_;
  interp::Store store_;
  interp::Execution execution_;
  interp::Instance* instance_ = nullptr;
  std::vector<interp::Extern> imports_;  // kept for its capacity
};

// Prepare, then Call, under one limit.
RunResult RunExport(absl::string_view bytes, const Profile& profile,
                    absl::string_view export_name, absl::Span<const Value> args,
                    uint64_t fuel_limit,
                    absl::Span<const HostImport> host_imports = {});

}  // namespace ashlar::engine

#endif  // ENGINE_RUNNER_H_
