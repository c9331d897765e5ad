// Runs code: one Execution is one native-stack-free thread of wasm, shared by
// nested contract calls. Everything of a guest lives in its slot stack.
#ifndef ENGINE_INTERP_EXECUTION_H_
#define ENGINE_INTERP_EXECUTION_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/interp/call_profile.h"
#include "engine/interp/instance.h"
#include "engine/interp/trap.h"

namespace ashlar::interp {

// kDone: the top activation returned; results() holds its results.
// kTrap: see trap(). kOutOfFuel: see out_of_fuel(). kSuspended: a host
// function answered kSuspend. kCancelled: the cancel flag was seen; there is
// no outcome. kPageLimit: a memory would have grown by more than set_pages_left
// allows. After kDone, kTrap, kOutOfFuel, kPageLimit: call Leave().
enum class Exit : uint8_t {
  kDone,
  kTrap,
  kOutOfFuel,
  kSuspended,
  kCancelled,
  kPageLimit,
};

// What was being charged when fuel ran out. Diagnostic.
struct OutOfFuel {
  enum class What : uint8_t { kRun, kMemory, kTable, kHost };
  What what = What::kRun;
  uint64_t missing = 0;  // fuel
  // What was left for a charge that is not a run's: it is gone, too.
  uint64_t left = 0;
};

// A place in wasm. offset is in bytes from the module's start and is that of
// the instruction being executed (for callers: of the call).
struct TraceFrame {
  const Instance* instance = nullptr;
  uint32_t function = 0;
  uint32_t offset = 0;
  // The frame's locals; its parameters end two slots below.
  const uint64_t* slots = nullptr;
};

class Execution {
 public:
  // The stack rule's limit, shared by all activations (ARCHITECTURE.md).
  explicit Execution(uint32_t stack_slots_max);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // Ready for another execution; keeps its memory.
  void Reset(uint32_t stack_slots_max);

  // Fuel left to the running activation. May be set between Run calls and in
  // host functions (a child's limit: set it, restore the parent's rest after).
  uint64_t fuel_left() const;
  void set_fuel_left(uint64_t fuel);
  // A charge that would leave less than this is not made: the execution stops
  // as if fuel had run out, and is_at_floor() tells that it did not. What a
  // guest sees of its fuel does not change. 0: none. To be set again after
  // set_fuel_left.
  void set_fuel_floor(uint64_t fuel) {
    floor_ = fuel;
    is_at_floor_ = false;
  }
  uint64_t fuel_floor() const { return floor_; }
  bool is_at_floor() const { return is_at_floor_; }
  // What that charge would have left; negative where there was not so much.
  int64_t left_at_floor() const { return left_at_floor_; }
  // Dynamic memory and table charges so far (Category::kMemory).
  uint64_t memory_fuel() const { return memory_fuel_; }

  // Pages by which memories may still grow; from Reset on, any number. A growth
  // beyond is paid, and then ends Run instead of taking place.
  void set_pages_left(uint64_t pages) { pages_left_ = pages; }
  // After kPageLimit: the pages that were asked for.
  uint32_t pages_asked() const { return pages_asked_; }

  // Notes where fuel goes, while it runs code that was translated for it;
  // null: nowhere. Outlives its use here. Changes nothing that is charged.
  void set_profile(CallProfile* profile) { profile_ = profile; }

  // Looked at every ~100k fuel and at host calls; never changes a result.
  void set_cancel_flag(const std::atomic<bool>* flag) { cancel_ = flag; }

  // Pushes an activation: stack limit, then the first run's charge (FUEL.md
  // rule 6; no call price). Nested: the base is the top of the suspended
  // caller's operand stack. Returns kDone where Run may be called, else
  // kTrap or kOutOfFuel (Leave() must follow). REQUIRES: args match the type.
  Exit Enter(Func* func, absl::Span<const uint64_t> args);
  // Runs the top activation.
  Exit Run();
  // Results of the finished top activation, valid until Leave().
  absl::Span<const uint64_t> results() const;
  void Leave();
  size_t depth() const { return activations_.size(); }

  // Slots and host call of the suspended top activation.
  uint64_t* host_slots() const;

  Trap trap() const { return trap_; }
  // Extra detail of a trap ("2" in "uninitialized element 2"), or empty.
  const std::string& trap_detail() const { return trap_detail_; }
  const OutOfFuel& out_of_fuel() const { return out_of_fuel_; }
  // Slots that would have been enough for the frame that had no room, all
  // frames below it included. Valid after Trap::kCallStackExhausted.
  uint64_t stack_slots_needed() const { return stack_slots_needed_; }
  // Innermost first, at most `max` frames of the activation that is `below`
  // the top one. Valid after kTrap or kOutOfFuel, before Leave(), and of
  // suspended ones. Costs nothing until it is called. Not thread-safe.
  std::vector<TraceFrame> Backtrace(size_t max, size_t below = 0) const;
  // The host function that the top activation is in: its index in the instance
  // that called it, or instance null. Valid as Backtrace.
  TraceFrame HostFunction() const;

  // For handlers and HostCall.
  struct Internals;

 private:
  friend struct Internals;
  friend class HostCall;

  // One entry from outside. While a host function is suspended or runs: the
  // place to go on at, its slots, the top of the caller's operand stack.
  struct Activation {
    Func* func = nullptr;
    Instance* inst = nullptr;
    const uint8_t* pc = nullptr;
    uint64_t* fp = nullptr;
    uint64_t* base = nullptr;
    uint64_t* top = nullptr;
    uint64_t* host_slots = nullptr;
    const Func* host = nullptr;  // the function, while pc is null or it waits
    size_t crossings = 0;        // crossings_.size() when it began
    size_t profile_depth = 0;    // likewise
    bool suspended = false;
  };
  // A call that crossed into another instance: where it came from. Kept
  // beside the slots so that the stack rule counts wasm only.
  struct Crossing {
    Instance* inst;
    const uint8_t* pc;
  };

  // Pays `fuel` or notes what was missing and leaves none.
  bool Take(uint64_t fuel, OutOfFuel::What what);
  // The stack rule, for a frame that begins at `base`.
  bool FitsStack(const uint64_t* base, const Func* func);

  std::unique_ptr<uint64_t[]> stack_;
  uint64_t* stack_end_ = nullptr;  // the limit
  uint64_t stack_slots_needed_ = 0;
  size_t stack_capacity_ = 0;  // slots
  // Fuel left = slice_ + reserve_. Handlers work on the slice.
  uint64_t slice_ = 0;
  uint64_t reserve_ = 0;
  uint64_t floor_ = 0;
  bool is_at_floor_ = false;
  int64_t left_at_floor_ = 0;
  uint64_t memory_fuel_ = 0;
  uint64_t pages_left_ = UINT64_MAX;
  uint32_t pages_asked_ = 0;
  const std::atomic<bool>* cancel_ = nullptr;
  std::vector<Activation> activations_;
  std::vector<Crossing> crossings_;
  Trap trap_ = Trap::kNone;
  std::string trap_detail_;
  OutOfFuel out_of_fuel_;
  CallProfile* profile_ = nullptr;
  Instance host_instance_;  // the caller of a host function entered directly
  // What Code::find_offsets works in; no part of what is executed.
  mutable std::shared_ptr<void> find_offsets_kept_;
};

// What a host function sees of its caller.
class HostCall {
 public:
  HostCall(Execution* execution, Instance* instance, const Func* func,
           uint64_t* slots)
      : execution_(execution),
        instance_(instance),
        func_(func),
        slots_(slots) {}

  uint64_t* slots() const { return slots_; }
  uint32_t arg32(int i) const { return static_cast<uint32_t>(slots_[i]); }
  uint64_t arg64(int i) const { return slots_[i]; }
  void set_result32(uint32_t v) { slots_[0] = v; }
  void set_result64(uint64_t v) { slots_[0] = v; }

  Instance* instance() const { return instance_; }  // the caller's
  Memory* memory() const { return instance_->memory; }
  void* host_data() const { return func_->host_data; }
  const Func* func() const { return func_; }
  Execution* execution() const { return execution_; }

  uint64_t fuel_left() const { return execution_->fuel_left(); }
  // Charges, or records what was missing and returns false: answer
  // HostResult::kOutOfFuel then.
  bool Charge(uint64_t fuel);
  // Records a trap: `return call.TrapWith(Trap::kHostError, "why")`.
  HostResult TrapWith(Trap trap, absl::string_view detail = {});

 private:
  Execution* execution_;
  Instance* instance_;
  const Func* func_;
  uint64_t* slots_;
};

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_EXECUTION_H_
