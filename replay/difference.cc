#include "replay/difference.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/interp/trap.h"
#include "engine/state/overlay.h"
#include "engine/state/types.h"
#include "engine/wasm/violation.h"

namespace ashlar::replay {
namespace {

using base::Hash256;
using engine::Completed;

// Long values are cut: a sentence is for people.
std::string Shown(absl::string_view bytes) {
  constexpr size_t kShown = 64;
  if (bytes.empty()) return "nothing";
  if (bytes.size() <= kShown) return base::HexEncode(bytes);
  return absl::StrCat(base::HexEncode(bytes.substr(0, kShown)), "... (",
                      bytes.size(), " bytes)");
}
std::string Shown(uint64_t number) { return absl::StrCat(number); }
std::string Shown(const Hash256& hash) { return hash.ToHex(); }
std::string Shown(const std::optional<base::Bytes>& value) {
  return value.has_value() ? Shown(absl::string_view(*value)) : "deleted";
}

std::string Named(const state::Key& key) {
  static constexpr absl::string_view kKinds[] = {"", "balance", "code", "nonce",
                                                 "storage "};
  return absl::StrCat(kKinds[static_cast<int>(key.kind)],
                      base::HexEncode(key.key), " of ", key.account.ToHex());
}

// Keeps the first difference that it meets.
class Comparison {
 public:
  bool found() const { return !sentence_.empty(); }
  std::string Take() { return std::move(sentence_); }

  void Differ(absl::string_view field, absl::string_view recorded,
              absl::string_view replayed) {
    if (found()) return;
    sentence_ =
        absl::StrCat(field, ": recorded ", recorded, ", replayed ", replayed);
  }
  template <typename T>
  void Compare(absl::string_view field, const T& recorded, const T& replayed) {
    if (!found() && recorded != replayed) {
      Differ(field, Shown(recorded), Shown(replayed));
    }
  }

 private:
  std::string sentence_;
};

absl::string_view ViolationOf(const engine::Outcome& outcome) {
  return outcome.violations.empty()
             ? absl::string_view("no violation")
             : wasm::CodeName(outcome.violations.front().code);
}

void CompareOutcomes(const engine::Outcome& a, const engine::Outcome& b,
                     Comparison* c) {
  if (a.klass != b.klass) {
    c->Differ("outcome", engine::OutcomeName(a.klass),
              engine::OutcomeName(b.klass));
  }
  if (a.trap != b.trap) {
    c->Differ("trap", interp::TrapName(a.trap), interp::TrapName(b.trap));
  }
  if (a.limit != b.limit) {
    c->Differ("limit", engine::ResourceName(a.limit),
              engine::ResourceName(b.limit));
  }
  if (ViolationOf(a) != ViolationOf(b)) {
    c->Differ("violation", ViolationOf(a), ViolationOf(b));
  }
  c->Compare<uint64_t>("flags", a.flags, b.flags);
  c->Compare<absl::string_view>("data", a.data, b.data);
}

void CompareFuel(const engine::Fuel& a, const engine::Fuel& b, Comparison* c) {
  static constexpr absl::string_view kCategories[] = {
      "compile", "instantiate", "compute", "memory", "host", "calls"};
  static_assert(std::size(kCategories) ==
                static_cast<size_t>(metering::Category::kCount));
  c->Compare("fuel.used", a.used, b.used);
  for (size_t i = 0; i < std::size(kCategories); ++i) {
    c->Compare(absl::StrCat("fuel.by.", kCategories[i]), a.by.by[i],
               b.by.by[i]);
  }
  c->Compare("fuel.minimum", a.minimum, b.minimum);
  c->Compare<uint64_t>("fuel.exactness", static_cast<uint64_t>(a.exactness),
                       static_cast<uint64_t>(b.exactness));
}

// Two lists that are ordered by key: the first key that only one has, or whose
// values differ.
template <typename T, typename Name, typename Compare>
void CompareByKey(absl::string_view field, const std::vector<T>& a,
                  const std::vector<T>& b, Name name, Compare compare,
                  Comparison* c) {
  size_t i = 0;
  while (!c->found() && (i < a.size() || i < b.size())) {
    const bool only_a = i == b.size();
    const bool only_b = i == a.size();
    if (only_a || only_b) {
      c->Differ(absl::StrCat(field, "[", i, "]"), only_a ? name(a[i]) : "none",
                only_b ? name(b[i]) : "none");
      return;
    }
    if (name(a[i]) != name(b[i])) {
      c->Differ(absl::StrCat(field, "[", i, "]"), name(a[i]), name(b[i]));
      return;
    }
    compare(absl::StrCat(field, "[", i, "] ", name(a[i])), a[i], b[i]);
    ++i;
  }
}

void CompareChanges(const Completed& a, const Completed& b, Comparison* c) {
  CompareByKey(
      "effects", a.effects, b.effects,
      [](const state::Effect& e) { return Named(e.key); },
      [c](const std::string& field, const state::Effect& x,
          const state::Effect& y) { c->Compare(field, x.value, y.value); },
      c);
  CompareByKey(
      "removed_accounts", a.removed_accounts, b.removed_accounts,
      [](const Hash256& account) { return account.ToHex(); },
      [](const std::string&, const Hash256&, const Hash256&) {}, c);
  CompareByKey(
      "events", a.events, b.events,
      [](const state::Event& e) { return "of " + e.account.ToHex(); },
      [c](const std::string& field, const state::Event& x,
          const state::Event& y) {
        c->Compare<absl::string_view>(field + " topics", x.topics, y.topics);
        c->Compare<absl::string_view>(field + " data", x.data, y.data);
      },
      c);
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    absl::StrAppend(&text, text.empty() ? "" : " ", name);
  }
  return text.empty() ? "none" : text;
}

void CompareReads(const Completed& a, const Completed& b, Comparison* c) {
  CompareByKey(
      "reads", a.reads, b.reads,
      [](const state::ReadRecord& r) { return Named(r.key); },
      [c](const std::string& field, const state::ReadRecord& x,
          const state::ReadRecord& y) {
        c->Compare(field, x.value_hash, y.value_hash);
      },
      c);
  const std::string context = Joined(a.context_reads);
  if (context != Joined(b.context_reads)) {
    c->Differ("context_reads", context, Joined(b.context_reads));
  }
  CompareByKey(
      "modules", a.modules, b.modules,
      [](const engine::ModuleRead& m) { return m.hash.ToHex(); },
      [c](const std::string& field, const engine::ModuleRead& x,
          const engine::ModuleRead& y) {
        c->Compare<uint64_t>(field, x.present, y.present);
      },
      c);
}

void CompareResources(const engine::Resources& a, const engine::Resources& b,
                      Comparison* c) {
  using engine::Resource;
  using engine::Resources;
  static constexpr struct {
    Resource resource;
    uint64_t Resources::* value;
  } kRows[] = {
      {Resource::kReads, &Resources::reads},
      {Resource::kReadBytes, &Resources::read_bytes},
      {Resource::kWrites, &Resources::writes},
      {Resource::kWriteBytes, &Resources::write_bytes},
      {Resource::kEvents, &Resources::events},
      {Resource::kEventBytes, &Resources::event_bytes},
      {Resource::kPeakPages, &Resources::peak_pages},
      {Resource::kCalls, &Resources::calls},
  };
  for (const auto& row : kRows) {
    c->Compare(absl::StrCat("resources.", engine::ResourceName(row.resource)),
               a.*row.value, b.*row.value);
  }
}

}  // namespace

std::string FirstDifference(const Completed& recorded,
                            const Completed& replayed) {
  Comparison c;
  CompareOutcomes(recorded.outcome, replayed.outcome, &c);
  CompareFuel(recorded.fuel, replayed.fuel, &c);
  CompareChanges(recorded, replayed, &c);
  CompareReads(recorded, replayed, &c);
  CompareResources(recorded.resources, replayed.resources, &c);
  c.Compare("digests.request", recorded.digests.request,
            replayed.digests.request);
  c.Compare("digests.reads", recorded.digests.reads, replayed.digests.reads);
  c.Compare("digests.effects", recorded.digests.effects,
            replayed.digests.effects);
  c.Compare("digests.receipt", recorded.digests.receipt,
            replayed.digests.receipt);
  return c.Take();
}

std::string UnknownReads(const engine::NeedsState& needs) {
  if (!needs.keys.empty()) {
    return absl::StrCat("reads: the replay reads ", Named(needs.keys.front()),
                        ", which was not recorded");
  }
  if (!needs.modules.empty()) {
    return absl::StrCat("modules: the replay looks for ",
                        needs.modules.front().ToHex(),
                        ", which was not recorded");
  }
  return "the replay has no outcome";
}

}  // namespace ashlar::replay
