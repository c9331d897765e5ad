#include "engine/host/seal/calls.h"

#include <memory>
#include <optional>
#include <utility>

#include "engine/base/serial.h"
#include "engine/host/seal/handlers.h"
#include "engine/host/seal/invocation.h"
#include "engine/host/seal/work.h"

namespace ashlar::host {
namespace seal {
namespace {

using base::Balance;
using base::Hash256;
using interp::HostCall;
using interp::HostResult;
using interp::Trap;

// pallet-contracts: CallFlags.
enum CallFlag : uint32_t {
  kForwardInput = 1,
  kCloneInput = 2,
  kTailCall = 4,
  kAllowReentry = 8,
  kReadOnly = 16,
};
constexpr uint32_t kCallFlags = 31;
constexpr uint32_t kDelegateFlags = kForwardInput | kCloneInput | kTailCall;

// What a nested call asks for, whichever function asked.
struct CallArgs {
  uint32_t flags = 0;
  Hash256 target;  // account, or code hash
  uint64_t fuel_cap = 0;
  Balance value = 0;
  absl::string_view input;
  absl::string_view salt;  // instantiate only
  PendingCall pending;
};

// The input as an argument, or priced as a copy of the caller's own.
absl::string_view ReadInput(Invocation& in, uint32_t flags, int ptr, int len) {
  if ((flags & kCloneInput) != 0) {
    in.AddInputBytes(in.frame().input.size());
    return {};
  }
  if ((flags & kForwardInput) != 0) return {};
  return in.Input(ptr, len);
}

// The callee's input by the flags; false where the caller has none to give.
bool TakeInput(Frame& caller, const CallArgs& args, base::Bytes* input) {
  if ((args.flags & (kCloneInput | kForwardInput)) == 0) {
    *input = base::Bytes(args.input);
    return true;
  }
  if (caller.input_forwarded) return false;
  if ((args.flags & kCloneInput) != 0) {
    *input = caller.input;
    return true;
  }
  *input = std::move(caller.input);
  caller.input.clear();
  caller.input_forwarded = true;
  return true;
}

// What all nested calls have in common before the callee is looked up.
// Answers kNone or the trap of the caller.
Trap CheckCall(Invocation& in, const CallArgs& args, uint32_t flags_allowed,
               base::Bytes* input) {
  CallTree& tree = in.tree();
  if ((args.flags & ~flags_allowed) != 0) return Trap::kInvalidCallFlags;
  if (!TakeInput(in.frame(), args, input)) return Trap::kInputForwarded;
  if (input->size() > tree.limits().input_size_bytes_max) {
    tree.NoteShortage("input_size_bytes_max",
                      tree.limits().input_size_bytes_max, input->size());
    return Trap::kValueTooLarge;
  }
  if (tree.frames().size() >= tree.limits().contract_depth_max) {
    tree.NoteShortage("contract_depth_max", tree.limits().contract_depth_max,
                      tree.frames().size() + 1);
    return Trap::kContractDepthExceeded;
  }
  return Trap::kNone;
}

// A frame for the callee with what it has from its caller.
Frame NewFrame(const Frame& caller, const CallArgs& args, base::Bytes input) {
  Frame frame;
  frame.account = args.target;
  frame.caller = caller.account;
  frame.value = args.value;
  frame.input = std::move(input);
  frame.fuel_cap = args.fuel_cap;
  frame.read_only = caller.read_only || (args.flags & kReadOnly) != 0;
  return frame;
}

// Counts the call, opens its checkpoint, pays its value and hands it to the
// driver. A constructor gets its code first, so that its own calls find it.
HostResult Start(Invocation& in, const CallArgs& args, Frame frame,
                 const Hash256* new_code) {
  CallTree& tree = in.tree();
  if (!tree.CountCall()) return in.Stop();
  tree.Checkpoint();
  bool paid = true;
  const bool goes_on =
      (new_code == nullptr || tree.SetCode(frame.account, *new_code)) &&
      (frame.is_delegate ||
       tree.Transfer(frame.caller, frame.account, frame.value, &paid));
  if (!goes_on || !paid) {
    tree.Revert();
    return goes_on ? in.Return(ReturnCode::kTransferFailed) : in.Stop();
  }
  in.frame().pending = args.pending;
  in.frame().allows_reentry = new_code != nullptr || frame.is_delegate ||
                              (args.flags & kAllowReentry) != 0;
  tree.frames().Push(std::move(frame));
  return in.Suspend();
}

// Whether a waiting frame, or the caller by these flags, locks `account`.
bool IsLocked(Invocation& in, const Hash256& account, uint32_t flags) {
  if (account == in.frame().account && (flags & kAllowReentry) == 0) {
    return true;
  }
  const auto& frames = in.tree().frames();
  for (size_t i = 0; i + 1 < frames.size(); ++i) {
    if (frames[i].account == account && !frames[i].allows_reentry) {
      return true;
    }
  }
  return false;
}

HostResult StartCall(Invocation& in, const CallArgs& args) {
  if (args.value != 0) in.AddWork(work::kMoveBalance);
  if (!in.Pay()) return in.failed();
  base::Bytes input;
  const Trap trap = CheckCall(in, args, kCallFlags, &input);
  if (trap != Trap::kNone) return in.Trap(trap);
  if (in.frame().read_only && args.value != 0) {
    return in.Trap(Trap::kStateChangeDenied);
  }
  if (IsLocked(in, args.target, args.flags)) {
    return in.Trap(Trap::kReentranceDenied);
  }
  std::optional<Hash256> code;
  if (!in.tree().CodeOf(args.target, &code)) return in.Stop();
  if (!code.has_value()) return in.Return(ReturnCode::kNotCallable);
  Frame frame = NewFrame(in.frame(), args, std::move(input));
  frame.code_hash = *code;
  if (!in.tree().FindModule(*code, &frame.module_bytes)) return in.Stop();
  if (frame.module_bytes == nullptr) {
    return in.Return(ReturnCode::kCodeNotFound);
  }
  if (!in.PayForModule(frame.module_bytes->size())) return in.failed();
  return Start(in, args, std::move(frame), nullptr);
}

HostResult StartDelegateCall(Invocation& in, const CallArgs& args) {
  if (!in.Pay()) return in.failed();
  base::Bytes input;
  const Trap trap = CheckCall(in, args, kDelegateFlags, &input);
  if (trap != Trap::kNone) return in.Trap(trap);
  const Frame& caller = in.frame();
  Frame frame = NewFrame(caller, args, std::move(input));
  frame.account = caller.account;
  frame.caller = caller.caller;
  frame.value = caller.value;
  frame.code_hash = args.target;
  frame.is_delegate = true;
  frame.is_outermost_call = caller.is_outermost_call;
  if (!in.tree().FindModule(args.target, &frame.module_bytes)) {
    return in.Stop();
  }
  if (frame.module_bytes == nullptr) {
    return in.Return(ReturnCode::kCodeNotFound);
  }
  if (!in.PayForModule(frame.module_bytes->size())) return in.failed();
  return Start(in, args, std::move(frame), nullptr);
}

// SEAL.md: each part with its length as u32 in front.
Hash256 ContractAddress(const Hash256& deployer, const CallArgs& args) {
  base::Writer w;
  w.Bytes("contract_addr_v1");
  w.Bytes(deployer.view());
  w.Bytes(args.target.view());
  w.Bytes(args.input);
  w.Bytes(args.salt);
  return base::Blake2b256(w.data());
}

HostResult StartInstantiate(Invocation& in, CallArgs args) {
  if (args.value != 0) in.AddWork(work::kMoveBalance);
  if (!in.Pay()) return in.failed();
  args.pending.is_instantiate = true;
  base::Bytes input;
  const Trap trap = CheckCall(in, args, 0, &input);
  if (trap != Trap::kNone) return in.Trap(trap);
  if (in.frame().read_only) return in.Trap(Trap::kStateChangeDenied);
  Frame frame = NewFrame(in.frame(), args, std::move(input));
  frame.account = ContractAddress(in.frame().account, args);
  frame.code_hash = args.target;
  frame.is_constructor = true;
  if (!in.tree().FindModule(args.target, &frame.module_bytes)) {
    return in.Stop();
  }
  if (frame.module_bytes == nullptr) {
    return in.Return(ReturnCode::kCodeNotFound);
  }
  if (!in.PayForModule(frame.module_bytes->size())) return in.failed();
  std::optional<Hash256> code;
  if (!in.tree().CodeOf(frame.account, &code)) return in.Stop();
  if (code.has_value()) return in.Trap(Trap::kDuplicateContract);
  return Start(in, args, std::move(frame), &args.target);
}

PendingCall OutputAt(Invocation& in, int ptr, int len_ptr) {
  PendingCall pending;
  pending.output_ptr = in.arg32(ptr);
  pending.output_len_ptr = in.arg32(len_ptr);
  return pending;
}

// A limit on deposits: looked at like every input, and ignored (SEAL.md).
void ReadDepositLimit(Invocation& in, int ptr) {
  if (in.arg32(ptr) != kSentinel) in.InputBalance(ptr);
}

}  // namespace

HostResult Call0(HostCall& call) {
  Invocation in(call);
  CallArgs args;
  args.flags = kAllowReentry;
  args.target = in.InputHash(0);
  args.fuel_cap = in.arg64(2);
  args.value = in.InputBalance(3);
  args.input = in.Input(5, 6);
  args.pending = OutputAt(in, 7, 8);
  return StartCall(in, args);
}

HostResult Call1(HostCall& call) {
  Invocation in(call);
  CallArgs args;
  args.flags = in.arg32(0);
  args.target = in.InputHash(1);
  args.fuel_cap = in.arg64(2);
  args.value = in.InputBalance(3);
  args.input = ReadInput(in, args.flags, 4, 5);
  args.pending = OutputAt(in, 6, 7);
  args.pending.is_tail_call = (args.flags & kTailCall) != 0;
  return StartCall(in, args);
}

HostResult Call2(HostCall& call) {
  Invocation in(call);
  CallArgs args;
  args.flags = in.arg32(0);
  args.target = in.InputHash(1);
  args.fuel_cap = in.arg64(2);
  ReadDepositLimit(in, 4);
  args.value = in.InputBalance(5);
  args.input = ReadInput(in, args.flags, 6, 7);
  args.pending = OutputAt(in, 8, 9);
  args.pending.is_tail_call = (args.flags & kTailCall) != 0;
  return StartCall(in, args);
}

HostResult DelegateCall(HostCall& call) {
  Invocation in(call);
  CallArgs args;
  args.flags = in.arg32(0);
  args.target = in.InputHash(1);
  args.input = ReadInput(in, args.flags, 2, 3);
  args.pending = OutputAt(in, 4, 5);
  args.pending.is_tail_call = (args.flags & kTailCall) != 0;
  return StartDelegateCall(in, args);
}

namespace {

// seal0's, with or without the salt at the end.
HostResult OldInstantiate(HostCall& call, bool has_salt) {
  Invocation in(call);
  CallArgs args;
  args.target = in.InputHash(0);
  args.fuel_cap = in.arg64(2);
  args.value = in.InputBalance(3);
  args.input = in.Input(5, 6);
  args.pending = OutputAt(in, 9, 10);
  args.pending.address_ptr = in.arg32(7);
  args.pending.address_len_ptr = in.arg32(8);
  if (has_salt) args.salt = in.Input(11, 12);
  return StartInstantiate(in, args);
}

}  // namespace

HostResult Instantiate0(HostCall& call) {
  return OldInstantiate(call, /*has_salt=*/true);
}

HostResult InstantiateWithoutSalt(HostCall& call) {
  return OldInstantiate(call, /*has_salt=*/false);
}

HostResult Instantiate1(HostCall& call) {
  Invocation in(call);
  CallArgs args;
  args.target = in.InputHash(0);
  args.fuel_cap = in.arg64(1);
  args.value = in.InputBalance(2);
  args.input = in.Input(3, 4);
  args.pending = OutputAt(in, 7, 8);
  args.pending.address_ptr = in.arg32(5);
  args.pending.address_len_ptr = in.arg32(6);
  args.salt = in.Input(9, 10);
  return StartInstantiate(in, args);
}

HostResult Instantiate2(HostCall& call) {
  Invocation in(call);
  CallArgs args;
  args.target = in.InputHash(0);
  args.fuel_cap = in.arg64(1);
  ReadDepositLimit(in, 3);
  args.value = in.InputBalance(4);
  args.input = in.Input(5, 6);
  args.pending = OutputAt(in, 9, 10);
  args.pending.address_ptr = in.arg32(7);
  args.pending.address_len_ptr = in.arg32(8);
  args.salt = in.Input(11, 12);
  return StartInstantiate(in, args);
}

HostResult Transfer(HostCall& call) {
  Invocation in(call);
  const Hash256 account = in.InputHash(0);
  const Balance value = in.InputBalance(2);
  if (!in.Pay()) return in.failed();
  if (in.frame().read_only) return in.Trap(Trap::kStateChangeDenied);
  bool paid = false;
  if (!in.tree().Transfer(in.frame().account, account, value, &paid)) {
    return in.Stop();
  }
  return in.Return(paid ? ReturnCode::kSuccess : ReturnCode::kTransferFailed);
}

HostResult Terminate0(HostCall& call) { return Terminate1(call); }

HostResult Terminate1(HostCall& call) {
  Invocation in(call);
  const Hash256 beneficiary = in.InputHash(0);
  if (!in.Pay()) return in.failed();
  CallTree& tree = in.tree();
  const Frame& frame = in.frame();
  if (frame.read_only) return in.Trap(Trap::kStateChangeDenied);
  if (frame.is_constructor) return in.Trap(Trap::kTerminatedInConstructor);
  if (tree.IsOnStack(frame.account, tree.frames().size() - 1)) {
    return in.Trap(Trap::kTerminatedWhileReentrant);
  }
  bool paid = false;
  if (!tree.Terminate(frame.account, beneficiary, &paid)) return in.Stop();
  if (!paid) return in.Trap(Trap::kTransferFailed);
  in.frame().ending = Ending::kTerminate;
  return in.Stop();
}

HostResult SetCodeHash(HostCall& call) {
  Invocation in(call);
  const Hash256 code_hash = in.InputHash(0);
  if (!in.Pay()) return in.failed();
  if (in.frame().read_only) return in.Trap(Trap::kStateChangeDenied);
  std::shared_ptr<const base::Bytes> bytes;
  if (!in.tree().FindModule(code_hash, &bytes)) return in.Stop();
  if (bytes == nullptr) return in.Return(ReturnCode::kCodeNotFound);
  if (!in.PayForModule(bytes->size())) return in.failed();
  if (!in.tree().SetCode(in.frame().account, code_hash)) return in.Stop();
  return in.Return(ReturnCode::kSuccess);
}

// Modules are kept by the node whatever contracts say, so all that is left of
// a dependency is that its module must exist and be another one.
HostResult LockDelegateDependency(HostCall& call) {
  Invocation in(call);
  const Hash256 code_hash = in.InputHash(0);
  if (!in.Pay()) return in.failed();
  if (in.frame().read_only) return in.Trap(Trap::kStateChangeDenied);
  if (code_hash == in.frame().code_hash) {
    return in.Trap(Trap::kHostError, "a module cannot depend on itself");
  }
  std::shared_ptr<const base::Bytes> bytes;
  if (!in.tree().FindModule(code_hash, &bytes)) return in.Stop();
  if (bytes == nullptr) return in.Trap(Trap::kCodeNotFound);
  return in.PayForModule(bytes->size()) ? in.Done() : in.failed();
}

HostResult UnlockDelegateDependency(HostCall& call) {
  Invocation in(call);
  in.InputHash(0);
  if (!in.Pay()) return in.failed();
  if (in.frame().read_only) return in.Trap(Trap::kStateChangeDenied);
  return in.Done();
}

}  // namespace seal

interp::HostResult ResumeCall(interp::HostCall& call, CallTree* tree,
                              CalleeEnd end, const Frame& callee) {
  using seal::ReturnCode;
  seal::Invocation in(call, tree);
  Frame& caller = in.frame();
  const PendingCall pending = caller.pending;
  caller.allows_reentry = true;
  if (end == CalleeEnd::kTrapped) return in.Return(ReturnCode::kCalleeTrapped);
  if (pending.is_tail_call) {
    caller.ending = Ending::kReturn;
    caller.return_flags = callee.return_flags;
    caller.return_data = callee.return_data;
    return in.Stop();
  }
  if (pending.is_instantiate && end == CalleeEnd::kReturned &&
      pending.address_ptr != seal::kSentinel &&
      !in.WritePairAt(pending.address_ptr, pending.address_len_ptr,
                      callee.account.view())) {
    return in.failed();
  }
  if (pending.output_ptr != seal::kSentinel &&
      !in.WritePairAt(pending.output_ptr, pending.output_len_ptr,
                      callee.return_data)) {
    return in.failed();
  }
  return in.Return(end == CalleeEnd::kReturned ? ReturnCode::kSuccess
                                               : ReturnCode::kCalleeReverted);
}

}  // namespace ashlar::host
