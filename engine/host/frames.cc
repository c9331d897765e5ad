#include "engine/host/frames.h"

#include <algorithm>
#include <utility>

#include "engine/state/value.h"

namespace ashlar::host {
namespace {

constexpr size_t kDebugSizeBytesMax = 64 * 1024;
constexpr size_t kFuelReadsMax = 16;

state::KeyView CodeKey(const state::AccountId& account) {
  return {account, state::Kind::kCode, {}};
}

}  // namespace

CallTree::CallTree(state::Overlay* overlay, state::Reader* reader,
                   const BlockContext* context, const base::Limits* limits,
                   const metering::Schedule* schedule,
                   const ResourceLimits* resource_limits,
                   std::pmr::memory_resource* memory)
    : overlay_(overlay),
      reader_(reader),
      context_(context),
      limits_(limits),
      schedule_(schedule),
      resource_limits_(resource_limits),
      frames_(memory),
      transient_(memory),
      modules_(memory) {}

void CallTree::Checkpoint() {
  overlay_->Checkpoint();
  transient_.Checkpoint();
}

void CallTree::Commit() {
  overlay_->Commit();
  transient_.Commit();
}

void CallTree::Revert() {
  overlay_->Revert();
  transient_.Revert();
}

bool CallTree::no_outcome() const {
  return !status_.ok() || !overlay_->missing().empty() ||
         !missing_modules_.empty();
}

Resources CallTree::resources() const {
  const state::Overlay::Resources& state = overlay_->resources();
  Resources r;
  r.reads = state.reads;
  r.read_bytes = state.read_bytes;
  r.writes = state.writes;
  r.write_bytes = state.write_bytes;
  r.events = state.events;
  r.event_bytes = state.event_bytes;
  r.peak_pages = peak_pages_;
  r.calls = calls_;
  return r;
}

bool CallTree::CheckResources() {
  const Resources now = resources();
  exceeded_ = FirstExceeded(checked_, now, *resource_limits_);
  checked_ = now;
  if (exceeded_ == Resource::kNone) return true;
  NoteShortage(ResourceName(exceeded_), LimitOf(*resource_limits_, exceeded_),
               AmountOf(now, exceeded_));
  return false;
}

void CallTree::SetExceeded(Resource resource, uint64_t limit, uint64_t needed) {
  exceeded_ = resource;
  NoteShortage(ResourceName(resource), limit, needed);
}

void CallTree::NoteShortage(absl::string_view name, uint64_t limit,
                            uint64_t needed) {
  shortage_ = LimitShortage{std::string(name), limit, needed};
}

std::optional<LimitShortage> CallTree::TakeShortage() {
  return std::exchange(shortage_, std::nullopt);
}

bool CallTree::Read(const state::KeyView& key, state::ReadView* result) {
  const absl::StatusOr<state::ReadView> read = overlay_->Get(key);
  if (!read.ok()) {
    status_ = read.status();
    return false;
  }
  *result = *read;
  return result->found != state::Found::kUnknown && CheckResources();
}

bool CallTree::Put(const state::KeyView& key, base::Bytes value) {
  overlay_->Put(key, std::move(value));
  return CheckResources();
}

bool CallTree::Delete(const state::KeyView& key) {
  overlay_->Delete(key);
  return CheckResources();
}

bool CallTree::Emit(state::Event event) {
  overlay_->AddEvent(std::move(event));
  const uint64_t events = overlay_->resources().events;
  if (events > limits_->events_max) {
    SetExceeded(Resource::kEvents, limits_->events_max, events);
    return false;
  }
  return CheckResources();
}

bool CallTree::CodeOf(const state::AccountId& account,
                      std::optional<base::Hash256>* code_hash) {
  state::ReadView read;
  if (!Read(CodeKey(account), &read)) return false;
  code_hash->reset();
  if (read.found == state::Found::kAbsent) return true;
  absl::StatusOr<base::Hash256> hash = state::DecodeCode(read.value);
  if (!hash.ok()) {
    status_ = std::move(hash).status();
    return false;
  }
  *code_hash = *hash;
  return true;
}

bool CallTree::SetCode(const state::AccountId& account,
                       const base::Hash256& code_hash) {
  return Put(CodeKey(account), state::EncodeCode(code_hash));
}

bool CallTree::Balance(const state::AccountId& account,
                       base::Balance* balance) {
  absl::StatusOr<std::optional<base::Balance>> read =
      overlay_->Balance(account);
  if (!read.ok()) {
    status_ = std::move(read).status();
    return false;
  }
  if (!read->has_value()) return false;
  *balance = **read;
  return CheckResources();
}

bool CallTree::FindModule(const base::Hash256& hash,
                          std::shared_ptr<const base::Bytes>* bytes) {
  absl::StatusOr<state::ModuleResult> module = reader_->Module(hash);
  if (!module.ok()) {
    status_ = std::move(module).status();
    return false;
  }
  if (module->found == state::Found::kUnknown) {
    missing_modules_.push_back(hash);
    return false;
  }
  *bytes = module->found == state::Found::kPresent ? std::move(module->bytes)
                                                   : nullptr;
  modules_[hash] = *bytes != nullptr;
  return true;
}

bool CallTree::Transfer(const state::AccountId& from,
                        const state::AccountId& to, base::Balance value,
                        bool* paid) {
  *paid = true;
  if (value == 0) return true;
  base::Balance from_balance = 0;
  if (!Balance(from, &from_balance)) return false;
  *paid = from_balance >= value &&
          from_balance - value >= context_.minimum_balance();
  if (!*paid || from == to) return true;
  base::Balance to_balance = 0;
  if (!Balance(to, &to_balance)) return false;
  *paid = to_balance <= base::kBalanceMax - value;
  if (!*paid) return true;
  overlay_->SetBalance(from, from_balance - value);
  overlay_->SetBalance(to, to_balance + value);
  return CheckResources();
}

bool CallTree::Terminate(const state::AccountId& account,
                         const state::AccountId& beneficiary, bool* paid) {
  base::Balance balance = 0;
  if (!Balance(account, &balance)) return false;
  base::Balance received = 0;
  if (beneficiary != account && !Balance(beneficiary, &received)) return false;
  *paid = received <= base::kBalanceMax - balance;
  if (!*paid) return true;
  // Removed first: a contract that names itself keeps its money, without code.
  overlay_->RemoveAccount(account);
  if (balance != 0) overlay_->SetBalance(beneficiary, received + balance);
  return CheckResources();
}

bool CallTree::CountCall() {
  ++calls_;
  return CheckResources();
}

void CallTree::SeePages(uint64_t pages) {
  peak_pages_ = std::max(peak_pages_, pages);
}

bool CallTree::NotePages(uint64_t pages) {
  SeePages(pages);
  if (resource_limits_->peak_pages != 0 &&
      pages > resource_limits_->peak_pages) {
    SetExceeded(Resource::kPeakPages, resource_limits_->peak_pages, pages);
    return false;
  }
  return true;
}

void CallTree::NoteFuelRead(uint32_t function, uint32_t offset) {
  if (!WantsFuelReads()) return;
  fuel_reads_.push_back({top().account, function, offset});
}

bool CallTree::WantsFuelReads() const {
  return fuel_reads_.size() < kFuelReadsMax;
}

uint32_t CallTree::CountFrames(const state::AccountId& account) const {
  uint32_t count = 0;
  for (const Frame& frame : frames_) {
    count += !frame.is_delegate && frame.account == account;
  }
  return count;
}

bool CallTree::IsOnStack(const state::AccountId& account, size_t below) const {
  for (size_t i = 0; i < below; ++i) {
    if (frames_[i].account == account) return true;
  }
  return false;
}

void CallTree::AddDebugMessage(absl::string_view message) {
  // Every message costs at least its own bookkeeping.
  constexpr size_t kOverhead = 64;
  if (debug_size_bytes_ + message.size() + kOverhead > kDebugSizeBytesMax) {
    return;
  }
  debug_size_bytes_ += message.size() + kOverhead;
  debug_messages_.emplace_back(message);
}

}  // namespace ashlar::host
