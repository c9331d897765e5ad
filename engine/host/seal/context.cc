// What a contract may know about its call, its account and the block.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/int128.h"
#include "engine/host/seal/handlers.h"
#include "engine/host/seal/invocation.h"
#include "engine/host/seal/scale.h"

namespace ashlar::host::seal {
namespace {

using base::Balance;
using interp::HostCall;
using interp::HostResult;
using interp::Trap;

// The longest subject of `random` (pallet-contracts: limits.subject_len).
constexpr uint32_t kRandomSubjectSizeBytesMax = 32;
// Two compact integers of at most 9 bytes each.
constexpr uint64_t kWeightSizeBytesMax = 18;

// The bytes of a number.
template <typename T>
class Le {
 public:
  explicit Le(T value) { base::StoreLe<T>(bytes_, value); }
  absl::string_view view() const { return {bytes_, sizeof(T)}; }

 private:
  char bytes_[sizeof(T)];
};

// Answers a value that costs nothing to find.
HostResult AnswerPlain(HostCall& call, absl::string_view value) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  return in.AnswerPair(0, 1, value);
}

Balance SaturatingMul(Balance a, Balance b) {
  Balance product = 0;
  return __builtin_mul_overflow(a, b, &product) ? base::kBalanceMax : product;
}

HostResult AnswerFee(HostCall& call, int out_ptr, int out_len_ptr) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  const Balance fee =
      SaturatingMul(in.arg64(0), in.tree().context().fee_per_fuel());
  return in.AnswerPair(out_ptr, out_len_ptr, Le<Balance>(fee).view());
}

HostResult AnswerRandom(HostCall& call, bool with_block) {
  Invocation in(call);
  const absl::string_view subject = in.Input(0, 1);
  if (!in.Pay()) return in.failed();
  if (subject.size() > kRandomSubjectSizeBytesMax) {
    return in.TrapBeyond(Trap::kRandomSubjectTooLong, "random_subject_size",
                         kRandomSubjectSizeBytesMax, subject.size());
  }
  std::string value(in.tree().context().random().view());
  if (with_block) {
    absl::StrAppend(&value, Le<uint32_t>(in.tree().context().number()).view());
  }
  return in.AnswerPair(2, 3, value);
}

}  // namespace

HostResult Input(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  if (in.frame().input_forwarded) return in.Trap(Trap::kInputForwarded);
  return in.AnswerPair(0, 1, in.frame().input);
}

HostResult Caller(HostCall& call) {
  return AnswerPlain(call, Invocation(call).frame().caller.view());
}

HostResult Address(HostCall& call) {
  return AnswerPlain(call, Invocation(call).frame().account.view());
}

HostResult ValueTransferred(HostCall& call) {
  return AnswerPlain(call, Le<Balance>(Invocation(call).frame().value).view());
}

HostResult IsContract(HostCall& call) {
  Invocation in(call);
  const base::Hash256 account = in.InputHash(0);
  if (!in.Pay()) return in.failed();
  std::optional<base::Hash256> code;
  if (!in.tree().CodeOf(account, &code)) return in.Stop();
  return in.Return32(code.has_value() ? 1 : 0);
}

HostResult CodeHash(HostCall& call) {
  Invocation in(call);
  const base::Hash256 account = in.InputHash(0);
  if (!in.Pay()) return in.failed();
  std::optional<base::Hash256> code;
  if (!in.tree().CodeOf(account, &code)) return in.Stop();
  if (!code.has_value()) return in.Return(ReturnCode::kKeyNotFound);
  if (!in.WritePair(1, 2, code->view())) return in.failed();
  return in.Return(ReturnCode::kSuccess);
}

HostResult OwnCodeHash(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  std::optional<base::Hash256> code;
  if (!in.tree().CodeOf(in.frame().account, &code)) return in.Stop();
  // An account without code can run a module that the request gave.
  return in.AnswerPair(0, 1, code.value_or(in.frame().code_hash).view());
}

HostResult CallerIsOrigin(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  return in.Return32(in.frame().is_outermost_call &&
                     in.tree().context().caller_is_origin());
}

HostResult CallerIsRoot(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  return in.Return32(in.frame().is_outermost_call &&
                     in.tree().context().caller_is_root());
}

HostResult WeightToFee0(HostCall& call) { return AnswerFee(call, 1, 2); }

HostResult WeightToFee1(HostCall& call) { return AnswerFee(call, 2, 3); }

HostResult GasLeft0(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  return in.AnswerFuelLeft(
      0, 1, sizeof(uint64_t),
      +[](uint64_t left) { return std::string(Le<uint64_t>(left).view()); });
}

HostResult GasLeft1(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  // The answer's length depends on the answer, so the longest one is paid.
  return in.AnswerFuelLeft(
      0, 1, kWeightSizeBytesMax, +[](uint64_t left) {
        return ScaleCompact(left) + ScaleCompact(UINT64_MAX);
      });
}

HostResult OwnBalance(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  Balance balance = 0;
  if (!in.tree().Balance(in.frame().account, &balance)) return in.Stop();
  return in.AnswerPair(0, 1, Le<Balance>(balance).view());
}

HostResult Random0(HostCall& call) {
  return AnswerRandom(call, /*with_block=*/false);
}

HostResult Random1(HostCall& call) {
  return AnswerRandom(call, /*with_block=*/true);
}

HostResult Now(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  return in.AnswerPair(0, 1,
                       Le<uint64_t>(in.tree().context().timestamp_ms()).view());
}

HostResult MinimumBalance(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  return in.AnswerPair(
      0, 1, Le<Balance>(in.tree().context().minimum_balance()).view());
}

// Block numbers of the ABI have 32 bits; the low ones are what is told.
HostResult BlockNumber(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  return in.AnswerPair(0, 1, Le<uint32_t>(in.tree().context().number()).view());
}

HostResult ReentranceCount(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  const uint32_t count = in.tree().CountFrames(in.frame().account);
  // The first entry is no re-entry.
  return in.Return32(count == 0 ? 0 : count - 1);
}

HostResult AccountReentranceCount(HostCall& call) {
  Invocation in(call);
  const base::Hash256 account = in.InputHash(0);
  if (!in.Pay()) return in.failed();
  return in.Return32(in.tree().CountFrames(account));
}

HostResult InstantiationNonce(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  return in.Return64(in.tree().context().instantiation_nonce());
}

HostResult TombstoneDeposit(HostCall& call) {
  return AnswerPlain(call, Le<Balance>(0).view());
}

HostResult RentAllowance(HostCall& call) {
  return AnswerPlain(call, Le<Balance>(base::kBalanceMax).view());
}

// Only the base price: what the pointers name is not looked at.
HostResult NoEffect(HostCall& call) {
  Invocation in(call);
  return in.Pay() ? in.Done() : in.failed();
}

// SEAL.md: a trap with a clear text, until the node supplies them.
HostResult NoChainFunction(HostCall& call) {
  Invocation in(call);
  if (!in.Pay()) return in.failed();
  return in.Trap(Trap::kNoChainExtension);
}

}  // namespace ashlar::host::seal
