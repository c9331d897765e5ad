// Events, messages and the end of a contract.

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "engine/host/seal/handlers.h"
#include "engine/host/seal/invocation.h"
#include "engine/host/seal/scale.h"

namespace ashlar::host::seal {
namespace {

using interp::HostCall;
using interp::HostResult;
using interp::Trap;

constexpr uint32_t kReturnFlagRevert = 1;

}  // namespace

HostResult DepositEvent(HostCall& call) {
  Invocation in(call);
  const absl::string_view topics = in.Input(0, 1);
  const absl::string_view data = in.Input(2, 3);
  if (!in.Pay()) return in.failed();
  if (in.frame().read_only) return in.Trap(Trap::kStateChangeDenied);
  const base::Limits& limits = in.tree().limits();
  if (topics.size() + data.size() > limits.event_size_bytes_max) {
    return in.TrapBeyond(Trap::kValueTooLarge, "event_size_bytes_max",
                         limits.event_size_bytes_max,
                         topics.size() + data.size());
  }
  uint32_t topic_count = 0;
  if (!topics.empty() && !CountScaleTopics(topics, &topic_count)) {
    return in.Trap(Trap::kDecodingFailed, "event topics");
  }
  if (topic_count > limits.event_topics_max) {
    return in.TrapBeyond(Trap::kTooManyTopics, "event_topics_max",
                         limits.event_topics_max, topic_count);
  }
  if (!in.tree().Emit({.account = in.frame().account,
                       .topics = base::Bytes(topics),
                       .data = base::Bytes(data)})) {
    return in.Stop();
  }
  return in.Done();
}

HostResult DebugMessage(HostCall& call) {
  Invocation in(call);
  const absl::string_view message = in.Input(0, 1);
  if (!in.Pay()) return in.failed();
  in.tree().AddDebugMessage(message);
  return in.Return(ReturnCode::kSuccess);
}

HostResult SealReturn(HostCall& call) {
  Invocation in(call);
  const absl::string_view data = in.Input(1, 2);
  if (!in.Pay()) return in.failed();
  const uint32_t flags = in.arg32(0);
  if ((flags & ~kReturnFlagRevert) != 0) {
    return in.Trap(Trap::kInvalidCallFlags);
  }
  const uint32_t size_max = in.tree().limits().return_size_bytes_max;
  if (data.size() > size_max) {
    in.tree().SetExceeded(Resource::kReturnSize, size_max, data.size());
    return in.Stop();
  }
  in.frame().ending = Ending::kReturn;
  in.frame().return_flags = flags;
  in.frame().return_data = base::Bytes(data);
  return in.Stop();
}

}  // namespace ashlar::host::seal
