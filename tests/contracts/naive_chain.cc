#include "tests/contracts/naive_chain.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/loader.h"
#include "metering/schedule.h"
#include "tests/naive/store.h"

namespace ashlar::testing {

using base::Hash256;
using engine::OutcomeClass;
using interp::Trap;
using metering::Schedule;
using Balance = unsigned __int128;

namespace {

constexpr uint32_t kNone = 0xffffffff;  // no value; skip this output

uint64_t Ceil(uint64_t amount, uint64_t unit) {
  return (amount + unit - 1) / unit;
}

template <typename T>
std::string Le(T value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(T); ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i)));
  }
  return bytes;
}

Balance BalanceOf(absl::string_view bytes) {
  Balance value = 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
  }
  return value;
}

// SCALE's compact form of numbers from 2^30 on, which fuel need not be.
std::string Compact(uint64_t value) {
  if (value < 1u << 6) return Le(static_cast<uint8_t>(value << 2));
  if (value < 1u << 14) return Le(static_cast<uint16_t>(value << 2 | 1));
  if (value < 1u << 30) return Le(static_cast<uint32_t>(value << 2 | 2));
  std::string digits = Le(value);
  while (digits.back() == '\0') digits.pop_back();
  const size_t more = digits.size() - 4;
  return std::string(1, static_cast<char>(more << 2 | 3)) + digits;
}

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

}  // namespace

// One execution. A handler returns what the host function answers; where the
// contract must not go on it says so in stop_ first.
class NaiveExecution {
 public:
  NaiveExecution(const NaiveChain& chain, NaiveState state)
      : chain_(chain),
        schedule_(chain.profile_.schedule),
        limits_(chain.profile_.limits),
        request_(chain.program_.request),
        state_(std::move(state)) {
    config_.memory_pages_max = limits_.memory_pages_max;
    config_.table_elements_max = limits_.table_elements_max;
    config_.stack_slots_max = limits_.stack_slots_max;
    config_.schedule = &schedule_;
  }

  NaiveOutcome Run(uint64_t fuel_limit) {
    const NaiveState before = state_;
    Frame frame;
    frame.account = request_.callee;
    frame.caller = request_.caller;
    frame.code_hash = engine::ModuleHash(request_.module_bytes);
    frame.value = request_.value;
    frame.input = request_.input;
    frame.is_constructor = request_.entry == "deploy";
    const bool is_activated =
        request_.activation == engine::Activation::kActivated;
    frames_.push_back(&frame);
    const End end = RunFrame(&frame, is_activated, fuel_limit);
    NaiveOutcome outcome;
    outcome.klass = end.klass;
    outcome.trap = end.trap;
    outcome.fuel_used = end.fuel_used;
    outcome.reads_fuel = reads_fuel_;
    outcome.calls = calls_;
    outcome.capped = capped_;
    const bool is_returned = end.klass == OutcomeClass::kReturned;
    if (is_returned || end.klass == OutcomeClass::kReverted) {
      outcome.flags = frame.flags;
      outcome.data = frame.data;
    }
    outcome.state = is_returned ? state_ : before;
    if (is_returned) outcome.events = events_;
    return outcome;
  }

 private:
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
  // A host call while it runs.
  struct Call {
    naive::HostContext& context;
    uint64_t spent = 0;
    uint64_t input_bytes = 0;
    uint64_t reads = 0;
    uint64_t writes = 0;
    bool is_recorded = false;
    bool in_bounds = true;
    uint64_t recorded() const { return is_recorded ? input_bytes : 0; }
    uint32_t Arg(int i) const { return static_cast<uint32_t>(context.args[i]); }
    uint64_t left() const { return context.fuel_left - spent; }
  };
  using Handler = std::function<uint64_t(Call&)>;

  // --- Contracts.

  uint64_t InstantiateFuel(const naive::Module& module) const {
    uint64_t pages = 0;
    for (const naive::Limits& memory : module.memories) pages += memory.min;
    uint64_t bytes = 0;
    for (const naive::DataSegment& data : module.data) {
      bytes += data.bytes.size();
    }
    uint64_t items = module.imports.size() + module.globals.size();
    for (const naive::TableType& table : module.tables) {
      items += table.limits.min;
    }
    for (const naive::ElementSegment& segment : module.elements) {
      items += segment.functions.size() + segment.expressions.size();
    }
    return schedule_.instantiate_base +
           pages * uint64_t{schedule_.instantiate_page} +
           Ceil(bytes, schedule_.segment_bytes_per_fuel) +
           items * uint64_t{schedule_.instantiate_item};
  }

  // Runs the topmost frame, whose code is known to be a module, and takes it
  // off. Changes are undone unless it returned.
  End RunFrame(Frame* frame, bool is_activated, uint64_t limit) {
    const NaiveState state_before = state_;
    const std::vector<state::Event> events_before = events_;
    End end = LoadAndRun(frame, is_activated, limit);
    if (end.klass != OutcomeClass::kReturned) {
      state_ = state_before;
      events_ = events_before;
    }
    frames_.pop_back();
    return end;
  }

  End LoadAndRun(Frame* frame, bool is_activated, uint64_t limit) {
    const NaiveChain::Code& code = chain_.modules_.at(frame->code_hash);
    uint64_t used =
        is_activated ? schedule_.activated_base
                     : schedule_.compile_base +
                           uint64_t{schedule_.compile_byte} * code.size_bytes;
    const End out_of_fuel = {OutcomeClass::kOutOfFuel, Trap::kNone, limit};
    if (used > limit) return out_of_fuel;
    if (code.module == nullptr) {
      return {OutcomeClass::kModuleRejected, Trap::kNone, used};
    }
    if (frames_.size() == 1) {
      if (frame->is_constructor) SetCode(frame->account, frame->code_hash);
      if (!Transfer(frame->caller, frame->account, frame->value)) {
        return {OutcomeClass::kTrapped, Trap::kTransferFailed, used};
      }
    }
    used += InstantiateFuel(*code.module);
    if (used > limit) return out_of_fuel;
    naive::Store store(config_);
    const naive::InstantiateResult made = store.Instantiate(
        code.module, [&](const naive::Import& import, naive::Extern* out) {
          Link(*code.module, import, &store, out);
          return true;
        });
    CHECK(made.link_error.empty());
    CHECK(made.trap == Trap::kNone);
    const naive::Result result =
        store.Invoke(*made.instance, frame->is_constructor ? "deploy" : "call",
                     {}, limit - used);
    used += result.fuel_used;
    if (result.kind == naive::Result::kOutOfFuel) return out_of_fuel;
    if (result.kind == naive::Result::kTrapped && !frame->is_over) {
      return {OutcomeClass::kTrapped, result.trap, used};
    }
    return {
        frame->flags != 0 ? OutcomeClass::kReverted : OutcomeClass::kReturned,
        Trap::kNone, used};
  }

  void Link(const naive::Module& module, const naive::Import& import,
            naive::Store* store, naive::Extern* out) {
    out->kind = import.kind;
    if (import.kind == naive::Kind::kMemory) {
      out->memory = store->NewMemory(module.memories[import.index]);
      return;
    }
    const Handler handler = HandlerOf(import);
    const naive::FuncType& type = module.types[module.functions[import.index]];
    const bool has_result = !type.results.empty();
    out->func = store->NewHostFunc(
        type, [this, handler, has_result](naive::HostContext& context) {
          Call call{context};
          stop_ = Trap::kNone;
          is_stopped_ = false;
          const uint64_t answer = handler(call);
          if (is_stopped_) return stop_;
          if (has_result) context.results->push_back(answer);
          return Trap::kNone;
        });
  }

  // --- How a host call ends before its time.

  uint64_t Stop(Trap trap) {
    is_stopped_ = true;
    stop_ = trap;
    return 0;
  }
  // The contract is over: the trap only ends its code.
  uint64_t Finish() {
    frames_.back()->is_over = true;
    return Stop(Trap::kHostError);
  }

  // --- Fuel and memory.

  bool Charge(Call& call, uint64_t fuel) {
    call.spent += fuel;
    if (call.context.charge(fuel)) return true;
    Stop(Trap::kNone);
    return false;
  }
  uint64_t BytesFuel(uint64_t bytes) const {
    return Ceil(bytes, schedule_.host_bytes_per_fuel);
  }
  bool IsIn(const Call& call, uint64_t at, uint64_t size) const {
    return at + size <= call.context.memory->bytes.size();
  }
  std::string Input(Call& call, uint32_t at, uint32_t size) {
    if (!call.in_bounds || !IsIn(call, at, size)) {
      call.in_bounds = false;
      return "";
    }
    call.input_bytes += size;
    const auto begin = call.context.memory->bytes.begin() + at;
    return std::string(begin, begin + size);
  }
  Hash256 InputHash(Call& call, uint32_t at) {
    Hash256 hash;
    const std::string bytes = Input(call, at, 32);
    std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
    return hash;
  }
  Balance InputBalance(Call& call, uint32_t at) {
    return BalanceOf(Input(call, at, 16));
  }
  bool Pay(Call& call) {
    if (!call.in_bounds) {
      Stop(Trap::kOutOfBoundsMemoryAccess);
      return false;
    }
    return Charge(call, schedule_.host_call + BytesFuel(call.input_bytes) +
                            call.reads * schedule_.state_read +
                            call.writes * schedule_.state_write +
                            call.recorded() * schedule_.state_byte);
  }
  // What the function looks up and changes, and whether its inputs' bytes are
  // those of the state or the outcome.
  static void Does(Call& call, uint64_t reads, uint64_t writes,
                   bool is_recorded = false) {
    call.reads += reads;
    call.writes += writes;
    call.is_recorded |= is_recorded;
  }
  bool PayForModule(Call& call, const Hash256& hash) {
    return Charge(call, BytesFuel(chain_.modules_.at(hash).size_bytes));
  }
  bool PayForValue(Call& call, uint64_t size_or_none) {
    return size_or_none == kNone ||
           Charge(call, size_or_none * schedule_.state_byte);
  }
  bool CheckPair(Call& call, uint32_t at, uint32_t size_at, uint64_t size) {
    Trap trap = Trap::kNone;
    if (!IsIn(call, size_at, 4)) {
      trap = Trap::kOutOfBoundsMemoryAccess;
    } else {
      const auto& bytes = call.context.memory->bytes;
      const std::string word(bytes.begin() + size_at,
                             bytes.begin() + size_at + 4);
      if (size > BalanceOf(word)) {
        trap = Trap::kOutputBufferTooSmall;
      } else if (!IsIn(call, at, size)) {
        trap = Trap::kOutOfBoundsMemoryAccess;
      }
    }
    if (trap != Trap::kNone) Stop(trap);
    return trap == Trap::kNone;
  }
  bool WritePair(Call& call, uint32_t at, uint32_t size_at,
                 absl::string_view value) {
    if (!CheckPair(call, at, size_at, value.size())) return false;
    if (!Charge(call, BytesFuel(value.size()))) return false;
    StorePair(call, at, size_at, value);
    return true;
  }
  static void StorePair(Call& call, uint32_t at, uint32_t size_at,
                        absl::string_view value) {
    std::vector<uint8_t>& bytes = call.context.memory->bytes;
    std::copy(value.begin(), value.end(), bytes.begin() + at);
    const std::string size = Le(static_cast<uint32_t>(value.size()));
    std::copy(size.begin(), size.end(), bytes.begin() + size_at);
  }

  // --- State.

  static state::Key KeyOf(const Hash256& account, state::Kind kind) {
    return {account, kind, {}};
  }
  std::optional<std::string> Get(const state::Key& key) const {
    const auto it = state_.find(key);
    if (it == state_.end()) return std::nullopt;
    return it->second;
  }
  Balance GetBalance(const Hash256& account) const {
    const auto bytes = Get(KeyOf(account, state::Kind::kBalance));
    return bytes.has_value() ? BalanceOf(*bytes) : 0;
  }
  void SetBalance(const Hash256& account, Balance balance) {
    const state::Key key = KeyOf(account, state::Kind::kBalance);
    if (balance == 0) {
      state_.erase(key);
    } else {
      state_[key] = Le(balance);
    }
  }
  std::optional<Hash256> CodeOf(const Hash256& account) const {
    const auto bytes = Get(KeyOf(account, state::Kind::kCode));
    if (!bytes.has_value()) return std::nullopt;
    return Hash256::FromBytes(*bytes).value();
  }
  void SetCode(const Hash256& account, const Hash256& hash) {
    state_[KeyOf(account, state::Kind::kCode)] = std::string(hash.view());
  }
  bool Transfer(const Hash256& from, const Hash256& to, Balance value) {
    if (value == 0) return true;
    const Balance has = GetBalance(from);
    if (has < value || has - value < request_.block.minimum_balance) {
      return false;
    }
    SetBalance(from, has - value);
    SetBalance(to, GetBalance(to) + value);
    return true;
  }

  // --- Host functions.

  Handler HandlerOf(const naive::Import& import) {
    using E = NaiveExecution;
    static const std::map<std::string, uint64_t (E::*)(Call&)> kHandlers = {
        {"seal2.set_storage", &E::SetStorage},
        {"seal1.get_storage", &E::GetStorage},
        {"seal1.clear_storage", &E::ClearStorage},
        {"seal1.contains_storage", &E::ContainsStorage},
        {"seal0.take_storage", &E::TakeStorage},
        {"seal0.transfer", &E::HostTransfer},
        {"seal1.call", &E::HostCall},
        {"seal0.delegate_call", &E::DelegateCall},
        {"seal1.instantiate", &E::Instantiate},
        {"seal1.terminate", &E::Terminate},
        {"seal0.set_code_hash", &E::SetCodeHash},
        {"seal0.seal_return", &E::Return},
        {"seal0.input", &E::HostInput},
        {"seal0.deposit_event", &E::DepositEvent},
        {"seal0.caller", &E::Caller},
        {"seal0.address", &E::Address},
        {"seal0.gas_left", &E::GasLeft},
        {"seal1.gas_left", &E::GasLeftWeight},
        {"seal0.balance", &E::OwnBalance},
        {"seal0.value_transferred", &E::ValueTransferred},
    };
    const auto method = kHandlers.at(import.module + "." + import.name);
    return [this, method](Call& call) { return (this->*method)(call); };
  }

  Frame& frame() { return *frames_.back(); }
  state::Key StorageKey(const std::string& key) {
    return {frame().account, state::Kind::kStorage, key};
  }
  bool IsChangeRefused() {
    if (frame().is_read_only) Stop(Trap::kStateChangeDenied);
    return frame().is_read_only;
  }
  uint64_t SizeOrNone(const state::Key& key) const {
    const auto value = Get(key);
    return value.has_value() ? value->size() : kNone;
  }

  uint64_t SetStorage(Call& call) {
    const std::string key = Input(call, call.Arg(0), call.Arg(1));
    const std::string value = Input(call, call.Arg(2), call.Arg(3));
    Does(call, 1, 1, true);
    if (!Pay(call) || IsChangeRefused()) return 0;
    const uint64_t old = SizeOrNone(StorageKey(key));
    if (!PayForValue(call, old)) return 0;
    state_[StorageKey(key)] = value;
    return old;
  }
  uint64_t ClearStorage(Call& call) {
    const std::string key = Input(call, call.Arg(0), call.Arg(1));
    Does(call, 1, 1, true);
    if (!Pay(call) || IsChangeRefused()) return 0;
    const uint64_t old = SizeOrNone(StorageKey(key));
    if (!PayForValue(call, old)) return 0;
    state_.erase(StorageKey(key));
    return old;
  }
  uint64_t ContainsStorage(Call& call) {
    const std::string key = Input(call, call.Arg(0), call.Arg(1));
    Does(call, 1, 0, true);
    if (!Pay(call)) return 0;
    const uint64_t size = SizeOrNone(StorageKey(key));
    return PayForValue(call, size) ? size : 0;
  }
  uint64_t GetOrTake(Call& call, bool takes) {
    const std::string key = Input(call, call.Arg(0), call.Arg(1));
    Does(call, 1, takes ? 1 : 0, true);
    if (!Pay(call) || (takes && IsChangeRefused())) return 0;
    const auto value = Get(StorageKey(key));
    if (!value.has_value()) return 3;
    if (!PayForValue(call, value->size())) return 0;
    if (takes) state_.erase(StorageKey(key));
    WritePair(call, call.Arg(2), call.Arg(3), *value);
    return 0;
  }
  uint64_t GetStorage(Call& call) { return GetOrTake(call, false); }
  uint64_t TakeStorage(Call& call) { return GetOrTake(call, true); }

  uint64_t HostTransfer(Call& call) {
    const Hash256 to = InputHash(call, call.Arg(0));
    const Balance value = InputBalance(call, call.Arg(2));
    Does(call, 2, 2);
    if (!Pay(call) || IsChangeRefused()) return 0;
    return Transfer(frame().account, to, value) ? 0 : 5;
  }

  uint64_t HostCall(Call& call) {
    CallArgs args;
    args.flags = call.Arg(0);
    args.target = InputHash(call, call.Arg(1));
    args.cap = call.context.args[2];
    args.value = InputBalance(call, call.Arg(3));
    ReadInput(call, 4, &args);
    args.output = call.Arg(6);
    args.output_size = call.Arg(7);
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

  uint64_t DelegateCall(Call& call) {
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

  uint64_t Instantiate(Call& call) {
    CallArgs args;
    args.is_instantiate = true;
    args.target = InputHash(call, call.Arg(0));
    args.cap = call.context.args[1];
    args.value = InputBalance(call, call.Arg(2));
    args.input = Input(call, call.Arg(3), call.Arg(4));
    args.address = call.Arg(5);
    args.address_size = call.Arg(6);
    args.output = call.Arg(7);
    args.output_size = call.Arg(8);
    args.salt = Input(call, call.Arg(9), call.Arg(10));
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
    if (!chain_.modules_.contains(args.target)) return 7;
    if (!PayForModule(call, args.target)) return 0;
    if (CodeOf(callee.account).has_value()) {
      return Stop(Trap::kDuplicateContract);
    }
    frame().lets_reenter = true;
    return Start(call, args, std::move(callee));
  }

  void ReadInput(Call& call, int at, CallArgs* args) {
    if ((args->flags & 2) != 0) {
      call.input_bytes += frame().input.size();
    } else if ((args->flags & 1) == 0) {
      args->input = Input(call, call.Arg(at), call.Arg(at + 1));
    }
  }

  bool PrepareCall(const CallArgs& args, uint32_t flags, Frame* callee) {
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

  bool IsLocked(const CallArgs& args) {
    for (const Frame* open : frames_) {
      const bool is_caller = open == frames_.back();
      const bool lets = is_caller ? (args.flags & 8) != 0 : open->lets_reenter;
      if (open->account == args.target && !lets) return true;
    }
    return false;
  }

  // Rule 8 of the fuel page.
  uint64_t Start(Call& call, const CallArgs& args, Frame callee) {
    if (!chain_.modules_.contains(callee.code_hash)) return 7;
    if (!args.is_instantiate && !PayForModule(call, callee.code_hash)) return 0;
    ++calls_;
    const NaiveState before = state_;
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
    if (!Charge(call, end.fuel_used)) CHECK(false, "it had no more than this");
    return Resume(call, args, callee, end.klass);
  }

  uint64_t Resume(Call& call, const CallArgs& args, const Frame& callee,
                  OutcomeClass klass) {
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

  uint64_t Terminate(Call& call) {
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
    SetBalance(beneficiary, GetBalance(beneficiary) + balance);
    return Finish();
  }

  uint64_t SetCodeHash(Call& call) {
    const Hash256 hash = InputHash(call, call.Arg(0));
    Does(call, 1, 1);
    if (!Pay(call) || IsChangeRefused()) return 0;
    if (!chain_.modules_.contains(hash)) return 7;
    if (!PayForModule(call, hash)) return 0;
    SetCode(frame().account, hash);
    return 0;
  }

  uint64_t Return(Call& call) {
    const std::string data = Input(call, call.Arg(1), call.Arg(2));
    Does(call, 0, 0, true);
    if (!Pay(call)) return 0;
    if (call.Arg(0) > 1) return Stop(Trap::kInvalidCallFlags);
    frame().flags = call.Arg(0);
    frame().data = data;
    return Finish();
  }

  uint64_t DepositEvent(Call& call) {
    const std::string topics = Input(call, call.Arg(0), call.Arg(1));
    const std::string data = Input(call, call.Arg(2), call.Arg(3));
    Does(call, 0, 0, true);
    if (!Pay(call) || IsChangeRefused()) return 0;
    events_.push_back({frame().account, topics, data});
    return 0;
  }

  uint64_t Answer(Call& call, absl::string_view value) {
    if (Pay(call)) WritePair(call, call.Arg(0), call.Arg(1), value);
    return 0;
  }
  uint64_t HostInput(Call& call) {
    if (!Pay(call)) return 0;
    if (frame().is_input_gone) return Stop(Trap::kInputForwarded);
    WritePair(call, call.Arg(0), call.Arg(1), frame().input);
    return 0;
  }
  uint64_t Caller(Call& call) { return Answer(call, frame().caller.view()); }
  uint64_t Address(Call& call) { return Answer(call, frame().account.view()); }
  uint64_t OwnBalance(Call& call) {
    Does(call, 1, 0);
    return Answer(call, Le(GetBalance(frame().account)));
  }
  uint64_t ValueTransferred(Call& call) {
    return Answer(call, Le(frame().value));
  }

  // What it tells is what is left when it has been paid for itself.
  uint64_t AnswerFuel(Call& call, uint64_t size, bool is_weight) {
    if (!Pay(call)) return 0;
    reads_fuel_ = true;
    const uint64_t price = BytesFuel(size);
    const uint64_t left = call.left() < price ? 0 : call.left() - price;
    const std::string value =
        is_weight ? Compact(left) + Compact(UINT64_MAX) : Le(left);
    if (CheckPair(call, call.Arg(0), call.Arg(1), value.size()) &&
        Charge(call, price)) {
      StorePair(call, call.Arg(0), call.Arg(1), value);
    }
    return 0;
  }
  uint64_t GasLeft(Call& call) { return AnswerFuel(call, 8, false); }
  uint64_t GasLeftWeight(Call& call) { return AnswerFuel(call, 18, true); }

  const NaiveChain& chain_;
  const Schedule& schedule_;
  const base::Limits& limits_;
  const engine::ExecuteRequest& request_;
  naive::Config config_;
  NaiveState state_;
  std::vector<state::Event> events_;
  std::vector<Frame*> frames_;
  bool is_stopped_ = false;
  Trap stop_ = Trap::kNone;
  bool reads_fuel_ = false;
  uint64_t calls_ = 0;
  uint64_t capped_ = 0;
};

NaiveState InitialState(const ContractProgram& program) {
  NaiveState state;
  for (const ContractProgram::Account& account : program.accounts) {
    const auto key = [&](state::Kind kind) {
      return state::Key{account.id, kind, {}};
    };
    if (account.balance != 0) {
      state[key(state::Kind::kBalance)] = Le(account.balance);
    }
    if (account.code != Hash256{}) {
      state[key(state::Kind::kCode)] = std::string(account.code.view());
    }
    for (const auto& [name, value] : account.storage) {
      state[{account.id, state::Kind::kStorage, name}] = value;
    }
  }
  return state;
}

NaiveChain::NaiveChain(const ContractProgram& program,
                       const engine::Profile& profile)
    : program_(program), profile_(profile) {
  for (const std::string& bytes : program.modules) {
    modules_[engine::ModuleHash(bytes)] = {
        bytes.size(), std::make_shared<const naive::Module>(
                          naive::Decode({bytes.begin(), bytes.end()}))};
  }
  const std::string& broken = program.broken_module;
  modules_[engine::ModuleHash(broken)] = {broken.size(), nullptr};
}

NaiveOutcome NaiveChain::Execute(uint64_t fuel_limit) const {
  return NaiveExecution(*this, InitialState(program_)).Run(fuel_limit);
}

}  // namespace ashlar::testing
