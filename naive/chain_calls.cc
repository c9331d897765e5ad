// Calls of contracts by contracts, and what becomes of accounts.
#include <algorithm>
#include <optional>
#include <utility>

#include "naive/chain_execution.h"

namespace ashlar::naive {

using base::Hash256;
using engine::OutcomeClass;
using interp::Trap;
using Balance = ChainExecution::Balance;

uint64_t ChainExecution::HostTransfer(Call& call) {
  const Hash256 to = InputHash(call, call.Arg(0));
  const Balance value = InputBalance(call, call.Arg(2));
  Does(call, 2, 2);
  if (!Pay(call) || IsChangeRefused()) return 0;
  return Transfer(frame().account, to, value) ? 0 : 5;
}

uint64_t ChainExecution::Call0(Call& call) {
  CallArgs args;
  args.flags = 8;
  args.target = InputHash(call, call.Arg(0));
  args.cap = call.context.args[2];
  args.value = InputBalance(call, call.Arg(3));
  args.input = Input(call, call.Arg(5), call.Arg(6));
  args.output = call.Arg(7);
  args.output_size = call.Arg(8);
  return StartCall(call, args);
}

uint64_t ChainExecution::Call1(Call& call) {
  CallArgs args;
  args.flags = call.Arg(0);
  args.target = InputHash(call, call.Arg(1));
  args.cap = call.context.args[2];
  args.value = InputBalance(call, call.Arg(3));
  ReadInput(call, 4, &args);
  args.output = call.Arg(6);
  args.output_size = call.Arg(7);
  return StartCall(call, args);
}

uint64_t ChainExecution::StartCall(Call& call, const CallArgs& args) {
  Does(call, 2, 0);
  if (args.value != 0) Does(call, 2, 2);
  if (!Pay(call)) return 0;
  Frame callee;
  if (!PrepareCall(args, 31, &callee)) return 0;
  if (frame().is_read_only && args.value != 0) {
    return Stop(Trap::kStateChangeDenied);
  }
  if (IsLocked(args)) return Stop(Trap::kReentranceDenied);
  const auto code = CodeOf(args.target);
  if (!code.has_value()) return 8;
  callee.code_hash = *code;
  frame().lets_reenter = (args.flags & 8) != 0;
  return Start(call, args, std::move(callee));
}

uint64_t ChainExecution::DelegateCall(Call& call) {
  CallArgs args;
  args.flags = call.Arg(0);
  args.target = InputHash(call, call.Arg(1));
  ReadInput(call, 2, &args);
  args.output = call.Arg(4);
  args.output_size = call.Arg(5);
  Does(call, 1, 0);
  if (!Pay(call)) return 0;
  Frame callee;
  if (!PrepareCall(args, 7, &callee)) return 0;
  callee.account = frame().account;
  callee.caller = frame().caller;
  callee.value = frame().value;
  callee.code_hash = args.target;
  callee.is_delegate = true;
  frame().lets_reenter = true;
  return Start(call, args, std::move(callee));
}

uint64_t ChainExecution::Instantiate0(Call& call) {
  CallArgs args;
  args.target = InputHash(call, call.Arg(0));
  args.cap = call.context.args[2];
  args.value = InputBalance(call, call.Arg(3));
  args.input = Input(call, call.Arg(5), call.Arg(6));
  args.address = call.Arg(7);
  args.address_size = call.Arg(8);
  args.output = call.Arg(9);
  args.output_size = call.Arg(10);
  // An older form of it has no salt.
  constexpr size_t kArgsWithSalt = 13;
  if (call.context.args.size() == kArgsWithSalt) {
    args.salt = Input(call, call.Arg(11), call.Arg(12));
  }
  return StartInstantiate(call, args);
}

uint64_t ChainExecution::Instantiate1(Call& call) {
  CallArgs args;
  args.target = InputHash(call, call.Arg(0));
  args.cap = call.context.args[1];
  args.value = InputBalance(call, call.Arg(2));
  args.input = Input(call, call.Arg(3), call.Arg(4));
  args.address = call.Arg(5);
  args.address_size = call.Arg(6);
  args.output = call.Arg(7);
  args.output_size = call.Arg(8);
  args.salt = Input(call, call.Arg(9), call.Arg(10));
  return StartInstantiate(call, args);
}

uint64_t ChainExecution::StartInstantiate(Call& call, CallArgs args) {
  args.is_instantiate = true;
  Does(call, 2, 1);
  if (args.value != 0) Does(call, 2, 2);
  if (!Pay(call)) return 0;
  Frame callee;
  if (!PrepareCall(args, 0, &callee) || IsChangeRefused()) return 0;
  std::string text;
  for (const absl::string_view part :
       {absl::string_view("contract_addr_v1"), frame().account.view(),
        args.target.view(), absl::string_view(args.input),
        absl::string_view(args.salt)}) {
    text += Le(static_cast<uint32_t>(part.size()));
    text.append(part.data(), part.size());
  }
  callee.account = base::Blake2b256(text);
  callee.code_hash = args.target;
  callee.is_constructor = true;
  if (FindModule(args.target) == nullptr) return 7;
  if (!PayForModule(call, args.target)) return 0;
  if (CodeOf(callee.account).has_value()) {
    return Stop(Trap::kDuplicateContract);
  }
  frame().lets_reenter = true;
  return Start(call, args, std::move(callee));
}

void ChainExecution::ReadInput(Call& call, int at, CallArgs* args) {
  if ((args->flags & 2) != 0) {
    call.input_bytes += frame().input.size();
  } else if ((args->flags & 1) == 0) {
    args->input = Input(call, call.Arg(at), call.Arg(at + 1));
  }
}

bool ChainExecution::PrepareCall(const CallArgs& args, uint32_t flags,
                                 Frame* callee) {
  Trap trap = Trap::kNone;
  const bool takes_own = (args.flags & 3) != 0;
  if ((args.flags & ~flags) != 0) {
    trap = Trap::kInvalidCallFlags;
  } else if (takes_own && frame().is_input_gone) {
    trap = Trap::kInputForwarded;
  }
  if (trap != Trap::kNone) return Stop(trap), false;
  callee->input = takes_own ? frame().input : args.input;
  if ((args.flags & 3) == 1) {
    frame().is_input_gone = true;
    frame().input.clear();
  }
  if (frames_.size() >= limits_.contract_depth_max) {
    return Stop(Trap::kContractDepthExceeded), false;
  }
  callee->account = args.target;
  callee->caller = frame().account;
  callee->value = args.value;
  callee->is_read_only = frame().is_read_only || (args.flags & 16) != 0;
  return true;
}

bool ChainExecution::IsLocked(const CallArgs& args) {
  for (const Frame* open : frames_) {
    const bool is_caller = open == frames_.back();
    const bool lets = is_caller ? (args.flags & 8) != 0 : open->lets_reenter;
    if (open->account == args.target && !lets) return true;
  }
  return false;
}

uint64_t ChainExecution::Start(Call& call, const CallArgs& args, Frame callee) {
  if (FindModule(callee.code_hash) == nullptr) return 7;
  if (!args.is_instantiate && !PayForModule(call, callee.code_hash)) return 0;
  ++calls_;
  const ChainState before = state_;
  if (args.is_instantiate) SetCode(callee.account, callee.code_hash);
  if (!callee.is_delegate &&
      !Transfer(callee.caller, callee.account, callee.value)) {
    state_ = before;
    return 5;
  }
  const uint64_t left = call.left();
  const bool has_own_limit = args.cap != 0 && args.cap <= left;
  const uint64_t limit = has_own_limit ? args.cap : left;
  frames_.push_back(&callee);
  const bool is_activated =
      std::count(request_.activated.begin(), request_.activated.end(),
                 callee.code_hash) != 0;
  const End end = RunFrame(&callee, is_activated, limit);
  is_stopped_ = false;
  if (end.klass != OutcomeClass::kReturned) state_ = before;
  const bool is_out = end.klass == OutcomeClass::kOutOfFuel;
  // Nothing is left, but the shortage is the caller's own.
  if (is_out && !has_own_limit) return Charge(call, left + 1), 0;
  capped_ += is_out;
  if (!Charge(call, end.fuel_used)) return 0;
  return Resume(call, args, callee, end.klass);
}

uint64_t ChainExecution::Resume(Call& call, const CallArgs& args,
                                const Frame& callee, OutcomeClass klass) {
  const bool is_returned = klass == OutcomeClass::kReturned;
  if (!is_returned && klass != OutcomeClass::kReverted) return 1;
  if ((args.flags & 4) != 0) {
    frame().flags = callee.flags;
    frame().data = callee.data;
    return Finish();
  }
  if (args.is_instantiate && is_returned && args.address != kNone &&
      !WritePair(call, args.address, args.address_size,
                 callee.account.view())) {
    return 0;
  }
  if (args.output != kNone &&
      !WritePair(call, args.output, args.output_size, callee.data)) {
    return 0;
  }
  return is_returned ? 0 : 2;
}

uint64_t ChainExecution::Terminate(Call& call) {
  const Hash256 beneficiary = InputHash(call, call.Arg(0));
  Does(call, 2, 2);
  if (!Pay(call) || IsChangeRefused()) return 0;
  if (frame().is_constructor) return Stop(Trap::kTerminatedInConstructor);
  const Hash256 account = frame().account;
  for (size_t i = 0; i + 1 < frames_.size(); ++i) {
    if (frames_[i]->account == account) {
      return Stop(Trap::kTerminatedWhileReentrant);
    }
  }
  const Balance balance = GetBalance(account);
  std::erase_if(state_, [&](const auto& entry) {
    return entry.first.account == account;
  });
  removed_.insert(account);
  gone_.insert(account);
  if (balance != 0) SetBalance(beneficiary, GetBalance(beneficiary) + balance);
  return Finish();
}

uint64_t ChainExecution::SetCodeHash(Call& call) {
  const Hash256 hash = InputHash(call, call.Arg(0));
  Does(call, 1, 1);
  if (!Pay(call) || IsChangeRefused()) return 0;
  if (FindModule(hash) == nullptr) return 7;
  if (!PayForModule(call, hash)) return 0;
  SetCode(frame().account, hash);
  return 0;
}

}  // namespace ashlar::naive
