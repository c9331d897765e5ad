// The inside of naive/chain.h.
#ifndef NAIVE_CHAIN_EXECUTION_H_
#define NAIVE_CHAIN_EXECUTION_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/interp/trap.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/state/overlay.h"
#include "engine/state/types.h"
#include "metering/schedule.h"
#include "naive/chain.h"
#include "naive/module.h"
#include "naive/store.h"

namespace ashlar::naive {

inline constexpr uint32_t kNone = 0xffffffff;  // no value; skip this output

template <typename T>
std::string Le(T value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(T); ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i)));
  }
  return bytes;
}

// A handler returns what the host function answers; where the contract must not
// go on it says so by Stop() first.
class ChainExecution {
 public:
  using Balance = unsigned __int128;
  using Hash256 = base::Hash256;
  using OutcomeClass = engine::OutcomeClass;
  using Trap = interp::Trap;

  ChainExecution(const Chain& chain, ChainState state)
      : chain_(chain),
        schedule_(chain.profile_.schedule),
        limits_(chain.profile_.limits),
        request_(chain.request_),
        state_(std::move(state)) {
    config_.memory_pages_max = limits_.memory_pages_max;
    config_.table_elements_max = limits_.table_elements_max;
    config_.stack_slots_max = limits_.stack_slots_max;
    config_.schedule = &schedule_;
  }

  ChainOutcome Run(uint64_t fuel_limit);

  // A host call while it runs.
  struct Call {
    HostContext& context;
    uint64_t spent = 0;
    uint64_t input_bytes = 0;
    uint64_t reads = 0;
    uint64_t writes = 0;
    bool is_recorded = false;
    bool in_bounds = true;
    uint64_t work = 0;  // fuel beside that
    uint64_t recorded() const { return is_recorded ? input_bytes : 0; }
    uint32_t Arg(int i) const { return static_cast<uint32_t>(context.args[i]); }
    uint64_t left() const { return context.fuel_left - spent; }
  };
  using Handler = uint64_t (ChainExecution::*)(Call&);
  // Null: it is not known here.
  static Handler FindHandler(const Import& import);

 private:
  struct Frame {
    Hash256 account;
    Hash256 caller;
    Hash256 code_hash;
    Balance value = 0;
    std::string input;
    bool is_input_gone = false;
    bool is_read_only = false;
    bool is_constructor = false;
    bool is_delegate = false;
    bool lets_reenter = false;  // while it waits for a callee
    bool is_over = false;       // by seal_return, terminate or a tail call
    uint32_t flags = 0;
    std::string data;
  };
  struct End {
    OutcomeClass klass = OutcomeClass::kReturned;
    Trap trap = Trap::kNone;
    uint64_t fuel_used = 0;
  };
  // What a nested call asks for.
  struct CallArgs {
    uint32_t flags = 0;
    Hash256 target;
    uint64_t cap = 0;
    Balance value = 0;
    std::string input;
    std::string salt;
    uint32_t output = 0, output_size = 0;
    bool is_instantiate = false;
    uint32_t address = 0, address_size = 0;
  };

  // --- Contracts.

  uint64_t InstantiateFuel(const Module& module) const;

  // Runs the topmost frame, whose code is known to be a module, and takes it
  // off. Changes are undone unless it returned.
  End RunFrame(Frame* frame, bool is_activated, uint64_t limit);

  End LoadAndRun(Frame* frame, bool is_activated, uint64_t limit);

  void Link(const Module& module, const Import& import, Store* store,
            Extern* out);

  // --- How a host call ends before its time.

  uint64_t Stop(Trap trap);
  // The contract is over: the trap only ends its code.
  uint64_t Finish();

  // --- Fuel and memory.

  bool Charge(Call& call, uint64_t fuel);
  uint64_t BytesFuel(uint64_t bytes) const;
  bool IsIn(const Call& call, uint64_t at, uint64_t size) const;
  std::string Input(Call& call, uint32_t at, uint32_t size);
  Hash256 InputHash(Call& call, uint32_t at);
  Balance InputBalance(Call& call, uint32_t at);
  bool Pay(Call& call);
  // What the function looks up and changes, and whether its inputs' bytes are
  // those of the state or the outcome.
  static void Does(Call& call, uint64_t reads, uint64_t writes,
                   bool is_recorded = false);
  bool PayForModule(Call& call, const Hash256& hash);
  bool PayForValue(Call& call, uint64_t size_or_none);
  bool CheckPair(Call& call, uint32_t at, uint32_t size_at, uint64_t size);
  bool WritePair(Call& call, uint32_t at, uint32_t size_at,
                 absl::string_view value);
  static void StorePair(Call& call, uint32_t at, uint32_t size_at,
                        absl::string_view value);

  // --- State.

  static state::Key KeyOf(const Hash256& account, state::Kind kind);
  std::optional<std::string> Get(const state::Key& key);
  void Put(const state::Key& key, std::string value);
  void Erase(const state::Key& key);
  // Null: it is not there.
  const Chain::Code* FindModule(const Hash256& hash);
  Balance GetBalance(const Hash256& account);
  void SetBalance(const Hash256& account, Balance balance);
  std::optional<Hash256> CodeOf(const Hash256& account);
  void SetCode(const Hash256& account, const Hash256& hash);
  bool Transfer(const Hash256& from, const Hash256& to, Balance value);

  // --- Host functions.

  Frame& frame() { return *frames_.back(); }
  state::Key StorageKey(const std::string& key);
  bool IsChangeRefused();
  uint64_t SizeOrNone(const state::Key& key);

  bool PayForKey(Call& call, const std::string& key, bool is_change);
  std::string FixedKey(Call& call);
  std::string LongKey(Call& call);
  // The value is the argument at `at`, with its size behind it.
  uint64_t Set(Call& call, const std::string& key, int at, bool answers);
  uint64_t Clear(Call& call, const std::string& key, bool answers);
  uint64_t Contains(Call& call, const std::string& key);
  uint64_t GetOrTake(Call& call, const std::string& key, int at, bool takes);
  uint64_t SetStorage0(Call& call) {
    return Set(call, FixedKey(call), 1, false);
  }
  uint64_t SetStorage1(Call& call) {
    return Set(call, FixedKey(call), 1, true);
  }
  uint64_t SetStorage2(Call& call) { return Set(call, LongKey(call), 2, true); }
  uint64_t ClearStorage0(Call& call) {
    return Clear(call, FixedKey(call), false);
  }
  uint64_t ClearStorage1(Call& call) {
    return Clear(call, LongKey(call), true);
  }
  uint64_t ContainsStorage0(Call& call) {
    return Contains(call, FixedKey(call));
  }
  uint64_t ContainsStorage1(Call& call) {
    return Contains(call, LongKey(call));
  }
  uint64_t GetStorage0(Call& call) {
    return GetOrTake(call, FixedKey(call), 1, false);
  }
  uint64_t GetStorage1(Call& call) {
    return GetOrTake(call, LongKey(call), 2, false);
  }
  uint64_t TakeStorage(Call& call) {
    return GetOrTake(call, LongKey(call), 2, true);
  }

  uint64_t HostTransfer(Call& call);
  uint64_t Call0(Call& call);
  uint64_t Call1(Call& call);
  uint64_t StartCall(Call& call, const CallArgs& args);
  uint64_t DelegateCall(Call& call);
  uint64_t Instantiate0(Call& call);
  uint64_t Instantiate1(Call& call);
  uint64_t StartInstantiate(Call& call, CallArgs args);

  void ReadInput(Call& call, int at, CallArgs* args);

  bool PrepareCall(const CallArgs& args, uint32_t flags, Frame* callee);

  bool IsLocked(const CallArgs& args);

  // Rule 8 of the fuel page.
  uint64_t Start(Call& call, const CallArgs& args, Frame callee);
  uint64_t Resume(Call& call, const CallArgs& args, const Frame& callee,
                  OutcomeClass klass);
  uint64_t Terminate(Call& call);
  uint64_t SetCodeHash(Call& call);
  uint64_t Return(Call& call);
  uint64_t DepositEvent(Call& call);
  uint64_t Answer(Call& call, absl::string_view value);
  uint64_t HostInput(Call& call);
  uint64_t Caller(Call& call) { return Answer(call, frame().caller.view()); }
  uint64_t Address(Call& call) { return Answer(call, frame().account.view()); }
  uint64_t AnswerHash(Call& call, uint32_t block_price, uint32_t size,
                      std::string (*hash)(absl::string_view));
  uint64_t HashSha2256(Call& call);
  uint64_t HashKeccak256(Call& call);
  uint64_t HashBlake2256(Call& call);
  uint64_t HashBlake2128(Call& call);
  uint64_t DebugMessage(Call& call);
  uint64_t IsContract(Call& call);
  uint64_t CodeHash(Call& call);
  uint64_t Now(Call& call);
  uint64_t BlockNumber(Call& call);
  uint64_t MinimumBalance(Call& call);
  uint64_t OwnBalance(Call& call);
  uint64_t ValueTransferred(Call& call);

  // What it tells is what is left when it has been paid for itself.
  uint64_t AnswerFuel(Call& call, uint64_t size, bool is_weight);
  uint64_t GasLeft(Call& call) { return AnswerFuel(call, 8, false); }
  uint64_t GasLeftWeight(Call& call) { return AnswerFuel(call, 18, true); }

  const Chain& chain_;
  const metering::Schedule& schedule_;
  const base::Limits& limits_;
  const engine::ExecuteRequest& request_;
  Config config_;
  ChainState state_;
  // What was written once, whether or not that held: it may be read.
  std::set<state::Key> changed_;
  std::set<Hash256> removed_;  // likewise
  std::set<Hash256> gone_;     // those of them for which it held
  bool goes_beyond_ = false;
  std::vector<state::Event> events_;
  std::vector<Frame*> frames_;
  bool is_stopped_ = false;
  Trap stop_ = Trap::kNone;
  bool reads_fuel_ = false;
  uint64_t calls_ = 0;
  uint64_t capped_ = 0;
};

}  // namespace ashlar::naive

#endif  // NAIVE_CHAIN_EXECUTION_H_
