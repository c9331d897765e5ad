// For unit tests of the translator and the interpreter: a module's bytes to
// the results of its functions, with everything relaxed but what is asked for.
#ifndef ENGINE_COMPILE_TEST_MACHINE_H_
#define ENGINE_COMPILE_TEST_MACHINE_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/base/limits.h"
#include "engine/compile/compile.h"
#include "engine/compile/scratch.h"
#include "engine/interp/code.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "engine/interp/trap.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"

namespace ashlar::testing {

// When functions are translated: all at once, or each at its first call.
enum class Translation : uint8_t { kWhole, kLazy };

// A decoded and translated module; owns its bytes.
class CompiledModule {
 public:
  explicit CompiledModule(std::vector<uint8_t> bytes,
                          wasm::Features features = wasm::Features::All(),
                          const base::Limits& limits = base::kRelaxedLimits,
                          Translation translation = Translation::kWhole);
  CompiledModule(const CompiledModule&) = delete;
  CompiledModule& operator=(const CompiledModule&) = delete;

  bool is_decoded() const { return is_decoded_; }
  bool ok() const { return violations_.empty(); }
  const wasm::Violations& violations() const { return violations_; }
  // "invalid.type_mismatch" of the first violation, or "".
  std::string error() const;
  const wasm::Module& module() const { return module_; }
  const interp::Code& code() const { return code_; }
  const compile::Options& options() const { return options_; }
  uint64_t body_size_bytes() const;  // of all bodies

 private:
  std::vector<uint8_t> bytes_;
  base::Limits limits_;
  compile::Options options_;
  wasm::Violations violations_;
  wasm::Module module_;
  compile::Scratch scratch_;
  interp::Code code_;
  bool is_decoded_ = false;
};

// How a call ended.
struct Ending {
  interp::Exit exit = interp::Exit::kDone;
  interp::Trap trap = interp::Trap::kNone;
  std::string trap_detail;
  std::vector<uint64_t> results;
  uint64_t fuel_used = 0;
  interp::OutOfFuel out_of_fuel;
  std::vector<interp::TraceFrame> trace;
};
void PrintTo(const Ending& ending, std::ostream* out);

// Comparable by a test in one line.
Ending Returned(std::vector<uint64_t> results);
Ending Trapped(interp::Trap trap, absl::string_view detail = {});
Ending OutOfFuelBy(uint64_t missing);
// Exit and what belongs to it: results, trap with its detail, missing fuel.
bool operator==(const Ending& a, const Ending& b);

// One store and one execution.
class Machine {
 public:
  static constexpr uint64_t kPlenty = uint64_t{1} << 40;
  static constexpr uint32_t kStackSlots = 65536;
  static constexpr uint32_t kTraceMax = 64;

  explicit Machine(uint32_t stack_slots_max = kStackSlots);

  // CHECKs that it can be made.
  interp::Instance* Instantiate(const CompiledModule& module,
                                absl::Span<const interp::Extern> imports = {},
                                uint32_t memory_pages_max = 65536);
  // A whole call: Reset, Enter, Run, Leave. CHECKs that the export exists and
  // that nothing suspends.
  Ending Call(interp::Instance* instance, absl::string_view function,
              absl::Span<const uint64_t> args = {},
              uint64_t fuel_limit = kPlenty);
  Ending Call(interp::Func* func, absl::Span<const uint64_t> args = {},
              uint64_t fuel_limit = kPlenty);
  // What stands in the execution after an exit of the top activation. Does
  // not leave it.
  Ending Now(interp::Exit exit) const;

  interp::Store& store() { return store_; }
  interp::Execution& execution() { return execution_; }
  void set_stack_slots_max(uint32_t slots) { stack_slots_max_ = slots; }

 private:
  uint32_t stack_slots_max_;
  interp::MemoryPool pool_;
  interp::Store store_;
  interp::Execution execution_;
};

// The exported function; CHECKs that there is one.
interp::Func* Exported(interp::Instance* instance, absl::string_view name);
// An export as an import of another module; CHECKs that there is one.
interp::Extern ExportOf(interp::Instance* instance, absl::string_view name,
                        wasm::ExternKind kind);
interp::Extern AsImport(interp::Func* func);

}  // namespace ashlar::testing

#endif  // ENGINE_COMPILE_TEST_MACHINE_H_
