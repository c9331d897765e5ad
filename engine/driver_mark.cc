// Stopping at a fuel mark, and what is seen there.
#include <algorithm>
#include <utility>

#include "engine/backtrace.h"
#include "engine/base/serial.h"
#include "engine/driver.h"
#include "engine/driver_contract.h"
#include "engine/machine_state.h"

namespace ashlar::engine {
namespace {

// Of one contract: more would take long to name, and tell little.
constexpr size_t kFramesMax = 1024;

}  // namespace

void Driver::StopAt(uint64_t fuel_mark) {
  kept_at_mark_ =
      request_.fuel_limit - std::min(fuel_mark, request_.fuel_limit);
}

// What the top contract's callers keep back counts as kept, too.
void Driver::SetFuelFloor() {
  uint64_t reserves = 0;
  for (const Contract& contract : contracts_) reserves += contract.fuel_reserve;
  execution_.set_fuel_floor(kept_at_mark_ - std::min(kept_at_mark_, reserves));
}

bool Driver::IsBeyondMark(uint64_t fuel) {
  const uint64_t floor = execution_.fuel_floor();
  const uint64_t left = execution_.fuel_left();
  if (floor == 0 || (fuel <= left && left - fuel >= floor)) return false;
  NoteMark(static_cast<int64_t>(left - fuel));
  return true;
}

Driver::End Driver::NoteMark(int64_t left) {
  int64_t all_left = left;
  for (const Contract& contract : contracts_) {
    all_left += static_cast<int64_t>(contract.fuel_reserve);
  }
  Mark mark;
  mark.fuel = static_cast<uint64_t>(static_cast<int64_t>(request_.fuel_limit) -
                                    all_left);
  base::Writer w;
  w.Bytes("ashlar.state");
  w.U64(mark.fuel);
  w.Count(contracts_.size());
  size_t entered = execution_.depth();
  for (size_t i = 0; i < contracts_.size(); ++i) {
    const Contract& contract = contracts_[i];
    const host::Frame& frame = tree_.frames()[i];
    w.Hash(frame.account);
    w.Hash(frame.code_hash);
    w.U8(contract.instance != nullptr ? 1 : 0);
    if (contract.instance == nullptr) continue;
    std::vector<interp::TraceFrame> frames;
    if (contract.is_entered)
      frames = execution_.Backtrace(kFramesMax, --entered);
    WriteMachineState(*contract.instance, frames, &w);
  }
  mark.state = base::Blake2b256(w.data());
  mark.account = tree_.frames().empty() ? request_.callee : tree_.top().account;
  if (!contracts_.empty() && contracts_.back().is_entered) {
    mark.backtrace = Backtrace(execution_, mark.account);
  }
  mark_ = std::move(mark);
  return End{};
}

}  // namespace ashlar::engine
