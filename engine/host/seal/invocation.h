// One call of a seal function: its arguments, its price, its answer. Handlers
// name their inputs, Pay(), act, and return what an answering method returns.
#ifndef ENGINE_HOST_SEAL_INVOCATION_H_
#define ENGINE_HOST_SEAL_INVOCATION_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/int128.h"
#include "engine/host/frames.h"
#include "engine/host/seal/work.h"
#include "engine/interp/execution.h"

namespace ashlar::host::seal {

// What functions with a "code" answer (pallet-contracts: ReturnErrorCode).
enum class ReturnCode : uint32_t {
  kSuccess = 0,
  kCalleeTrapped = 1,
  kCalleeReverted = 2,
  kKeyNotFound = 3,
  kTransferFailed = 5,
  kCodeNotFound = 7,
  kNotCallable = 8,
  kEcdsaRecoveryFailed = 11,
  kSr25519VerifyFailed = 12,
};

// "Skip" as a pointer to an output, "no value" as a length.
inline constexpr uint32_t kSentinel = 0xffffffff;

// Arguments are named by their index. Views of inputs are valid until the
// handler returns or writes to the guest's memory.
class Invocation {
 public:
  explicit Invocation(interp::HostCall& call)
      : call_(call),
        frame_(*static_cast<Frame*>(call.instance()->host_data)),
        tree_(*frame_.tree),
        work_(static_cast<const Work*>(call.host_data())) {}

  // For a call that is taken up again when its callee has ended: what it had
  // to pay at its start is paid.
  Invocation(interp::HostCall& call, CallTree* tree)
      : call_(call),
        frame_(*static_cast<Frame*>(call.instance()->host_data)),
        tree_(*tree),
        work_(nullptr) {}

  CallTree& tree() { return tree_; }
  Frame& frame() { return frame_; }
  uint32_t arg32(int i) const { return call_.arg32(i); }
  uint64_t arg64(int i) const { return call_.arg64(i); }
  uint64_t fuel_left() const { return call_.fuel_left(); }

  // Inputs, in the order of the parameters, before Pay. The first one that is
  // out of bounds makes Pay answer false; values are empty or zero then.
  absl::string_view Input(int ptr, int len) {
    return InputAt(arg32(ptr), arg32(len));
  }
  absl::string_view InputFixed(int ptr, uint32_t size_bytes) {
    return InputAt(arg32(ptr), size_bytes);
  }
  base::Hash256 InputHash(int ptr);
  base::Balance InputBalance(int ptr);
  // Bytes that are handled without being read from memory.
  void AddInputBytes(uint64_t size_bytes) { input_bytes_ += size_bytes; }
  // Work that only some calls of the function do, before Pay.
  void AddWork(const Work& work) { more_work_ = &work; }
  // Checks the bounds of an output of a fixed size; written by WriteFixed.
  void OutputFixed(int ptr, uint32_t size_bytes);

  // Charges the base price, the input bytes and the work. Where it answers
  // false, the handler returns failed().
  [[nodiscard]] bool Pay();
  // Charges for what was found in the state, likewise: an entry's value, a
  // module.
  [[nodiscard]] bool PayForValue(uint64_t size_bytes);
  [[nodiscard]] bool PayForModule(uint64_t size_bytes);
  interp::HostResult failed() const { return failed_; }

  // Charges output bytes and writes. REQUIRES: OutputFixed of this size.
  [[nodiscard]] bool WriteFixed(int ptr, absl::string_view value);
  // Writes an out pair: traps where its capacity is too small.
  [[nodiscard]] bool WritePair(int ptr, int len_ptr, absl::string_view value) {
    return WritePairAt(arg32(ptr), arg32(len_ptr), value);
  }
  [[nodiscard]] bool WritePairAt(uint32_t ptr, uint32_t len_ptr,
                                 absl::string_view value);

  // Answers.
  interp::HostResult Done() { return interp::HostResult::kDone; }
  interp::HostResult Return32(uint32_t value);
  interp::HostResult Return64(uint64_t value);
  interp::HostResult Return(ReturnCode code) {
    return Return32(static_cast<uint32_t>(code));
  }
  interp::HostResult Trap(interp::Trap trap, absl::string_view detail = {}) {
    return call_.TrapWith(trap, detail);
  }
  // A trap because a bound, named as in LimitShortage, is too small.
  interp::HostResult TrapBeyond(interp::Trap trap, absl::string_view name,
                                uint64_t limit, uint64_t needed) {
    tree_.NoteShortage(name, limit, needed);
    return call_.TrapWith(trap);
  }
  // After a method of CallTree has answered false, or with frame().ending
  // set: the driver looks there, not at the trap.
  interp::HostResult Stop() { return call_.TrapWith(interp::Trap::kHostError); }
  // The frame that was pushed on the tree runs next.
  interp::HostResult Suspend() { return interp::HostResult::kSuspend; }
  // WritePair, then a plain end.
  interp::HostResult AnswerPair(int ptr, int len_ptr, absl::string_view value);
  // Answers with what `encode` makes of the fuel that is left once this call
  // is paid for, `price_size_bytes` of output included, and notes that fuel
  // was read. The encoding's own size must fit the out pair.
  interp::HostResult AnswerFuelLeft(int ptr, int len_ptr,
                                    uint64_t price_size_bytes,
                                    std::string (*encode)(uint64_t));

 private:
  // Checks an out pair for `value`, charges, writes.
  bool CheckPair(uint32_t ptr, uint32_t len_ptr, uint64_t size_bytes);
  void StorePair(uint32_t ptr, uint32_t len_ptr, absl::string_view value);
  void NoteFuelRead();
  absl::string_view InputAt(uint32_t ptr, uint32_t size_bytes);
  bool Fail(interp::HostResult result) {
    failed_ = result;
    return false;
  }
  bool Charge(uint64_t fuel);
  uint64_t BytesFuel(uint64_t size_bytes) const;

  interp::HostCall& call_;
  Frame& frame_;
  CallTree& tree_;
  const Work* work_;  // null: all of it was paid
  const Work* more_work_ = &work::kPlain;
  uint64_t input_bytes_ = 0;
  bool in_bounds_ = true;
  interp::HostResult failed_ = interp::HostResult::kDone;
};

}  // namespace ashlar::host::seal

#endif  // ENGINE_HOST_SEAL_INVOCATION_H_
