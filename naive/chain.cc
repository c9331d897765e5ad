#include "naive/chain.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/loader.h"
#include "naive/chain_execution.h"

namespace ashlar::naive {

using base::Hash256;
using engine::OutcomeClass;
using interp::Trap;
using Balance = ChainExecution::Balance;

namespace {

uint64_t Ceil(uint64_t amount, uint64_t unit) {
  return (amount + unit - 1) / unit;
}

Balance BalanceOf(absl::string_view bytes) {
  Balance value = 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
  }
  return value;
}

}  // namespace

ChainOutcome ChainExecution::Run(uint64_t fuel_limit) {
  const ChainState before = state_;
  Frame frame;
  frame.account = request_.callee;
  frame.caller = request_.caller;
  frame.code_hash = chain_.module_;
  frame.value = request_.value;
  frame.input = request_.input;
  frame.is_constructor = request_.entry == "deploy";
  const bool is_activated =
      request_.activation == engine::Activation::kActivated;
  frames_.push_back(&frame);
  const End end = RunFrame(&frame, is_activated, fuel_limit);
  ChainOutcome outcome;
  outcome.klass = end.klass;
  outcome.trap = end.trap;
  outcome.fuel_used = end.fuel_used;
  outcome.reads_fuel = reads_fuel_;
  outcome.calls = calls_;
  outcome.capped = capped_;
  outcome.goes_beyond = goes_beyond_;
  const bool is_returned = end.klass == OutcomeClass::kReturned;
  if (is_returned || end.klass == OutcomeClass::kReverted) {
    outcome.flags = frame.flags;
    outcome.data = frame.data;
  }
  outcome.state = is_returned ? state_ : before;
  if (is_returned) {
    outcome.events = events_;
    outcome.removed_accounts.assign(gone_.begin(), gone_.end());
  }
  return outcome;
}

uint64_t ChainExecution::InstantiateFuel(const Module& module) const {
  uint64_t pages = 0;
  for (const Limits& memory : module.memories) pages += memory.min;
  uint64_t bytes = 0;
  for (const DataSegment& data : module.data) {
    bytes += data.bytes.size();
  }
  uint64_t items = module.imports.size() + module.globals.size();
  for (const TableType& table : module.tables) {
    items += table.limits.min;
  }
  for (const ElementSegment& segment : module.elements) {
    items += segment.functions.size() + segment.expressions.size();
  }
  return schedule_.instantiate_base +
         pages * uint64_t{schedule_.instantiate_page} +
         Ceil(bytes, schedule_.segment_bytes_per_fuel) +
         items * uint64_t{schedule_.instantiate_item};
}

ChainExecution::End ChainExecution::RunFrame(Frame* frame, bool is_activated,
                                             uint64_t limit) {
  const ChainState state_before = state_;
  const std::vector<state::Event> events_before = events_;
  const std::set<Hash256> gone_before = gone_;
  End end = LoadAndRun(frame, is_activated, limit);
  if (end.klass != OutcomeClass::kReturned) {
    state_ = state_before;
    events_ = events_before;
    gone_ = gone_before;
  }
  frames_.pop_back();
  return end;
}

ChainExecution::End ChainExecution::LoadAndRun(Frame* frame, bool is_activated,
                                               uint64_t limit) {
  const Chain::Code& code = chain_.modules_.at(frame->code_hash);
  uint64_t used = is_activated
                      ? schedule_.activated_base
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
  Store store(config_);
  const InstantiateResult made =
      store.Instantiate(code.module, [&](const Import& import, Extern* out) {
        Link(*code.module, import, &store, out);
        return true;
      });
  if (made.trap != Trap::kNone) {
    return {OutcomeClass::kTrapped, made.trap, used};
  }
  const Result result =
      store.Invoke(*made.instance, frame->is_constructor ? "deploy" : "call",
                   {}, limit - used);
  used += result.fuel_used;
  if (result.kind == Result::kOutOfFuel) return out_of_fuel;
  if (result.kind == Result::kTrapped && !frame->is_over) {
    return {OutcomeClass::kTrapped, result.trap, used};
  }
  return {frame->flags != 0 ? OutcomeClass::kReverted : OutcomeClass::kReturned,
          Trap::kNone, used};
}

void ChainExecution::Link(const Module& module, const Import& import,
                          Store* store, Extern* out) {
  out->kind = import.kind;
  if (import.kind == Kind::kMemory) {
    out->memory = store->NewMemory(module.memories[import.index]);
    return;
  }
  const Handler handler = FindHandler(import);
  const FuncType& type = module.types[module.functions[import.index]];
  const bool has_result = !type.results.empty();
  out->func = store->NewHostFunc(
      type, [this, handler, has_result](HostContext& context) {
        Call call{context};
        stop_ = Trap::kNone;
        is_stopped_ = false;
        const uint64_t answer = (this->*handler)(call);
        if (is_stopped_) return stop_;
        if (has_result) context.results->push_back(answer);
        return Trap::kNone;
      });
}

uint64_t ChainExecution::Stop(Trap trap) {
  is_stopped_ = true;
  stop_ = trap;
  return 0;
}

uint64_t ChainExecution::Finish() {
  frames_.back()->is_over = true;
  return Stop(Trap::kHostError);
}

bool ChainExecution::Charge(Call& call, uint64_t fuel) {
  call.spent += fuel;
  if (call.context.charge(fuel)) return true;
  Stop(Trap::kNone);
  return false;
}

uint64_t ChainExecution::BytesFuel(uint64_t bytes) const {
  return Ceil(bytes, schedule_.host_bytes_per_fuel);
}

bool ChainExecution::IsIn(const Call& call, uint64_t at, uint64_t size) const {
  return at + size <= call.context.memory->bytes.size();
}

std::string ChainExecution::Input(Call& call, uint32_t at, uint32_t size) {
  if (!call.in_bounds || !IsIn(call, at, size)) {
    call.in_bounds = false;
    return "";
  }
  call.input_bytes += size;
  const auto begin = call.context.memory->bytes.begin() + at;
  return std::string(begin, begin + size);
}

Hash256 ChainExecution::InputHash(Call& call, uint32_t at) {
  Hash256 hash;
  const std::string bytes = Input(call, at, 32);
  std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
  return hash;
}

Balance ChainExecution::InputBalance(Call& call, uint32_t at) {
  return BalanceOf(Input(call, at, 16));
}

bool ChainExecution::Pay(Call& call) {
  if (!call.in_bounds) {
    Stop(Trap::kOutOfBoundsMemoryAccess);
    return false;
  }
  return Charge(call, schedule_.host_call + BytesFuel(call.input_bytes) +
                          call.reads * schedule_.state_read +
                          call.writes * schedule_.state_write +
                          call.recorded() * schedule_.state_byte + call.work);
}

void ChainExecution::Does(Call& call, uint64_t reads, uint64_t writes,
                          bool is_recorded) {
  call.reads += reads;
  call.writes += writes;
  call.is_recorded |= is_recorded;
}

bool ChainExecution::PayForModule(Call& call, const Hash256& hash) {
  return Charge(call, BytesFuel(chain_.modules_.at(hash).size_bytes));
}

bool ChainExecution::PayForValue(Call& call, uint64_t size_or_none) {
  return size_or_none == kNone ||
         Charge(call, size_or_none * schedule_.state_byte);
}

bool ChainExecution::CheckPair(Call& call, uint32_t at, uint32_t size_at,
                               uint64_t size) {
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

bool ChainExecution::WritePair(Call& call, uint32_t at, uint32_t size_at,
                               absl::string_view value) {
  if (!CheckPair(call, at, size_at, value.size())) return false;
  if (!Charge(call, BytesFuel(value.size()))) return false;
  StorePair(call, at, size_at, value);
  return true;
}

void ChainExecution::StorePair(Call& call, uint32_t at, uint32_t size_at,
                               absl::string_view value) {
  std::vector<uint8_t>& bytes = call.context.memory->bytes;
  std::copy(value.begin(), value.end(), bytes.begin() + at);
  const std::string size = Le(static_cast<uint32_t>(value.size()));
  std::copy(size.begin(), size.end(), bytes.begin() + size_at);
}

state::Key ChainExecution::KeyOf(const Hash256& account, state::Kind kind) {
  return {account, kind, {}};
}

std::optional<std::string> ChainExecution::Get(const state::Key& key) {
  const auto it = state_.find(key);
  if (it != state_.end()) return it->second;
  if (chain_.known_.has_value() && !chain_.known_->contains(key) &&
      !changed_.contains(key) && !removed_.contains(key.account)) {
    goes_beyond_ = true;
  }
  return std::nullopt;
}

void ChainExecution::Put(const state::Key& key, std::string value) {
  changed_.insert(key);
  state_[key] = std::move(value);
}

void ChainExecution::Erase(const state::Key& key) {
  changed_.insert(key);
  state_.erase(key);
}

const Chain::Code* ChainExecution::FindModule(const Hash256& hash) {
  const auto it = chain_.modules_.find(hash);
  if (it != chain_.modules_.end()) return &it->second;
  if (chain_.known_.has_value() && !chain_.absent_modules_.contains(hash)) {
    goes_beyond_ = true;
  }
  return nullptr;
}

Balance ChainExecution::GetBalance(const Hash256& account) {
  const auto bytes = Get(KeyOf(account, state::Kind::kBalance));
  return bytes.has_value() ? BalanceOf(*bytes) : 0;
}

void ChainExecution::SetBalance(const Hash256& account, Balance balance) {
  const state::Key key = KeyOf(account, state::Kind::kBalance);
  if (balance == 0) {
    Erase(key);
  } else {
    Put(key, Le(balance));
  }
}

std::optional<Hash256> ChainExecution::CodeOf(const Hash256& account) {
  const auto bytes = Get(KeyOf(account, state::Kind::kCode));
  if (!bytes.has_value()) return std::nullopt;
  return Hash256::FromBytes(*bytes).value();
}

void ChainExecution::SetCode(const Hash256& account, const Hash256& hash) {
  Put(KeyOf(account, state::Kind::kCode), std::string(hash.view()));
}

bool ChainExecution::Transfer(const Hash256& from, const Hash256& to,
                              Balance value) {
  if (value == 0) return true;
  const Balance has = GetBalance(from);
  if (has < value || has - value < request_.block.minimum_balance) {
    return false;
  }
  SetBalance(from, has - value);
  SetBalance(to, GetBalance(to) + value);
  return true;
}

Chain::Chain(engine::ExecuteRequest request, const base::Hash256& module,
             const engine::Profile& profile)
    : request_(std::move(request)), module_(module), profile_(profile) {}

void Chain::AddModule(const std::string& bytes, bool is_valid) {
  Code& code = modules_[engine::ModuleHash(bytes)];
  code.size_bytes = bytes.size();
  if (is_valid) {
    code.module =
        std::make_shared<const Module>(Decode({bytes.begin(), bytes.end()}));
  }
}

void Chain::SetKnown(std::set<state::Key> keys,
                     std::set<Hash256> absent_modules) {
  known_ = std::move(keys);
  absent_modules_ = std::move(absent_modules);
}

std::string Chain::UnknownImport() const {
  for (const auto& [hash, code] : modules_) {
    if (code.module == nullptr) continue;
    for (const Import& import : code.module->imports) {
      if (import.kind == Kind::kFunc &&
          ChainExecution::FindHandler(import) == nullptr) {
        return absl::StrCat(import.module, ".", import.name);
      }
    }
  }
  return "";
}

ChainOutcome Chain::Execute(ChainState before, uint64_t fuel_limit) const {
  return ChainExecution(*this, std::move(before)).Run(fuel_limit);
}

}  // namespace ashlar::naive
