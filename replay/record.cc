#include "replay/record.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/serial.h"
#include "engine/host/context.h"
#include "engine/host/resources.h"
#include "engine/interp/trap.h"
#include "engine/wasm/violation.h"
#include "metering/fuel.h"
#include "replay/parser.h"

namespace ashlar::replay {
namespace {

using base::Hash256;
using base::Writer;
using engine::Completed;
using host::ContextField;
using state::Kind;

constexpr int kContextFields = static_cast<int>(ContextField::kCount);
constexpr int kCategories = static_cast<int>(metering::Category::kCount);
// The least bytes of an element of each list.
constexpr size_t kKeySizeMin = 32 + 1 + 4;
constexpr size_t kEventSizeMin = 32 + 4 + 4;

// The last row of a table whose numbers have no gaps.
constexpr uint8_t kTrapMax = std::max({
#define TRAP(name, number, text) number,
#include "engine/interp/trap.def"
});
constexpr uint8_t kResourceMax = std::max({
#define RESOURCE(name, number, text) number,
#include "engine/host/resource.def"
});

// The fields of resource limits and of resources used, in one order.
template <typename Resources, typename Function>
void ForEachResource(Resources& r, Function function) {
  for (auto* field : {&r.reads, &r.read_bytes, &r.writes, &r.write_bytes,
                      &r.events, &r.event_bytes, &r.peak_pages, &r.calls}) {
    function(field);
  }
}

void WriteKey(const state::Key& key, Writer* w) {
  w->Hash(key.account);
  w->U8(static_cast<uint8_t>(key.kind));
  w->Bytes(key.key);
}

void WriteEntry(const state::Key& key, const std::optional<base::Bytes>& value,
                Writer* w) {
  WriteKey(key, w);
  w->U8(value.has_value() ? 1 : 0);
  if (value.has_value()) w->Bytes(*value);
}

// Elements of a sorted list, each greater than the one before.
class Ascending {
 public:
  explicit Ascending(absl::string_view what) : what_(what) {}
  template <typename T>
  void Check(const std::vector<T>& list, uint64_t at, Parser* p,
             bool (*is_less)(const T&, const T&)) {
    const size_t n = list.size();
    if (n < 2 || is_less(list[n - 2], list[n - 1])) return;
    p->Refuse(at, absl::StrCat(what_, " are not in ascending order"));
  }

 private:
  absl::string_view what_;
};

state::Key ReadKey(Parser* p) {
  state::Key key;
  key.account = p->Hash("account");
  key.kind = static_cast<Kind>(p->Choice(1, 4, "kind"));
  const uint64_t at = p->offset();
  key.key = base::Bytes(p->Bytes("storage key"));
  if (key.kind != Kind::kStorage && !key.key.empty()) {
    p->Refuse(at, "a storage key of an entry that has none");
  }
  return key;
}

// The size that a value of this kind has, or 0.
size_t ValueSizeOf(Kind kind) {
  switch (kind) {
    case Kind::kBalance:
      return 16;
    case Kind::kCode:
      return 32;
    case Kind::kNonce:
      return 8;
    case Kind::kStorage:
      return 0;
  }
  return 0;
}

std::optional<base::Bytes> ReadValue(Kind kind, Parser* p) {
  if (!p->Bool("presence of a value")) return std::nullopt;
  const uint64_t at = p->offset();
  base::Bytes value(p->Bytes("value"));
  const size_t size = ValueSizeOf(kind);
  if (size != 0 && value.size() != size) {
    p->Refuse(at, "a value that is not of its kind's size");
  }
  return value;
}

std::vector<Hash256> ReadHashes(absl::string_view what, Parser* p) {
  std::vector<Hash256> hashes;
  const uint32_t count = p->Count(Hash256::kSizeBytes, what);
  hashes.reserve(count);
  Ascending ascending(what);
  for (uint32_t i = 0; i < count && p->ok(); ++i) {
    const uint64_t at = p->offset();
    hashes.push_back(p->Hash(what));
    ascending.Check<Hash256>(
        hashes, at, p,
        [](const Hash256& a, const Hash256& b) { return a < b; });
  }
  return hashes;
}

// The hash that the module is named by, of the way in which it was given.
Hash256 GivenHash(const Record& record) {
  switch (record.module_given) {
    case ModuleGiven::kBytes:
      return record.module;
    case ModuleGiven::kHash:
      return record.request.module_hash;
    case ModuleGiven::kCallee:
      return Hash256{};
  }
  return Hash256{};
}

void WriteRequest(const Record& record, Writer* w) {
  const engine::ExecuteRequest& request = record.request;
  w->Hash(request.profile);
  w->U8(static_cast<uint8_t>(record.module_given));
  w->Hash(GivenHash(record));
  w->U8(static_cast<uint8_t>(request.activation));
  std::vector<Hash256> activated = request.activated;
  std::sort(activated.begin(), activated.end());
  activated.erase(std::unique(activated.begin(), activated.end()),
                  activated.end());
  w->Count(activated.size());
  for (const Hash256& hash : activated) w->Hash(hash);
  w->Bytes(request.entry);
  w->Bytes(request.input);
  w->U64(request.fuel_limit);
  w->Hash(request.caller);
  w->Hash(request.callee);
  w->U128(request.value);
  for (int i = 0; i < kContextFields; ++i) {
    host::WriteContextField(request.block, static_cast<ContextField>(i), w);
  }
  ForEachResource(request.limits,
                  [w](const uint64_t* field) { w->U64(*field); });
}

void ReadModule(Record* record, Parser* p) {
  record->module_given =
      static_cast<ModuleGiven>(p->Choice(1, 3, "way of giving the module"));
  const uint64_t at = p->offset();
  const Hash256 hash = p->Hash("module hash");
  const bool is_zero = hash == Hash256{};
  if (is_zero != (record->module_given == ModuleGiven::kCallee)) {
    p->Refuse(at, "a module hash that the way of giving it does not allow");
  }
  if (record->module_given == ModuleGiven::kBytes) {
    record->module = hash;
  } else {
    record->request.module_hash = hash;
  }
}

void ReadRequest(Record* record, Parser* p) {
  engine::ExecuteRequest& request = record->request;
  request.profile = p->Hash("profile digest");
  ReadModule(record, p);
  request.activation =
      static_cast<engine::Activation>(p->Choice(1, 2, "activation"));
  request.activated = ReadHashes("activated modules", p);
  request.entry = base::Bytes(p->Bytes("entry"));
  request.input = base::Bytes(p->Bytes("input"));
  const uint64_t at = p->offset();
  request.fuel_limit = p->U64("fuel limit");
  if (request.fuel_limit == 0 || request.fuel_limit > metering::kFuelMax) {
    p->Refuse(at, "a fuel limit that is not in 1..2^56");
  }
  request.caller = p->Hash("caller");
  request.callee = p->Hash("callee");
  request.value = p->U128("value");
  for (int i = 0; i < kContextFields; ++i) {
    const ContextField field = static_cast<ContextField>(i);
    p->Field(host::ContextFieldName(field), [&](base::Reader* r) {
      return host::ReadContextField(field, r, &request.block);
    });
  }
  ForEachResource(request.limits,
                  [p](uint64_t* field) { *field = p->U64("resource limit"); });
}

void ReadReads(Record* record, Parser* p) {
  const uint32_t count = p->Count(kKeySizeMin + 1, "reads");
  record->reads.reserve(count);
  Ascending ascending("reads");
  for (uint32_t i = 0; i < count && p->ok(); ++i) {
    const uint64_t at = p->offset();
    Read read;
    read.key = ReadKey(p);
    read.value = ReadValue(read.key.kind, p);
    record->reads.push_back(std::move(read));
    ascending.Check<Read>(
        record->reads, at, p,
        [](const Read& a, const Read& b) { return a.key < b.key; });
  }
}

void ReadModules(Record* record, Parser* p) {
  using engine::ModuleRead;
  const uint32_t count = p->Count(Hash256::kSizeBytes + 1, "modules read");
  record->modules.reserve(count);
  Ascending ascending("modules read");
  for (uint32_t i = 0; i < count && p->ok(); ++i) {
    const uint64_t at = p->offset();
    ModuleRead read;
    read.hash = p->Hash("module read");
    read.present = p->Bool("presence of a module");
    record->modules.push_back(read);
    ascending.Check<ModuleRead>(record->modules, at, p,
                                [](const ModuleRead& a, const ModuleRead& b) {
                                  return a.hash < b.hash;
                                });
  }
}

void WriteOutcome(const engine::Outcome& outcome, Writer* w) {
  w->U8(static_cast<uint8_t>(outcome.klass));
  w->U8(static_cast<uint8_t>(outcome.trap));
  w->U8(static_cast<uint8_t>(outcome.limit));
  w->Bytes(outcome.violations.empty()
               ? absl::string_view()
               : wasm::CodeName(outcome.violations.front().code));
  w->U32(outcome.flags);
  w->Bytes(outcome.data);
}

void ReadOutcome(engine::Outcome* outcome, Parser* p) {
  outcome->klass =
      static_cast<engine::OutcomeClass>(p->Choice(1, 6, "outcome class"));
  outcome->trap = static_cast<interp::Trap>(p->Choice(0, kTrapMax, "trap"));
  outcome->limit =
      static_cast<engine::Resource>(p->Choice(0, kResourceMax, "limit"));
  const uint64_t at = p->offset();
  const absl::string_view name = p->Bytes("violation");
  for (int i = 0; i < static_cast<int>(wasm::ViolationCode::kCount); ++i) {
    const wasm::ViolationCode code = static_cast<wasm::ViolationCode>(i);
    if (name.empty() || wasm::CodeName(code) != name) continue;
    wasm::Violations violations;
    violations.Add(code, 0);
    outcome->violations = violations.list();
  }
  if (!name.empty() && outcome->violations.empty()) {
    p->Refuse(at, "a violation that is not known");
  }
  outcome->flags = p->U32("flags");
  outcome->data = base::Bytes(p->Bytes("data"));
}

void WriteFuel(const engine::Fuel& fuel, Writer* w) {
  w->U64(fuel.used);
  w->U64(fuel.minimum);
  w->U8(static_cast<uint8_t>(fuel.exactness));
  for (uint64_t part : fuel.by.by) w->U64(part);
}

void ReadFuel(uint64_t limit, engine::Fuel* fuel, Parser* p) {
  fuel->limit = limit;
  fuel->used = p->U64("fuel used");
  fuel->minimum = p->U64("minimum of fuel");
  fuel->exactness =
      static_cast<engine::Exactness>(p->Choice(1, 2, "exactness"));
  static_assert(std::size(decltype(fuel->by.by){}) == kCategories);
  for (uint64_t& part : fuel->by.by) part = p->U64("fuel of a category");
}

uint32_t ContextMask(const Completed& completed) {
  uint32_t mask = 0;
  for (const std::string& name : completed.context_reads) {
    for (int i = 0; i < kContextFields; ++i) {
      if (host::ContextFieldName(static_cast<ContextField>(i)) ==
          absl::string_view(name)) {
        mask |= uint32_t{1} << i;
      }
    }
  }
  return mask;
}

void ReadContextMask(Completed* completed, Parser* p) {
  const uint64_t at = p->offset();
  const uint32_t mask = p->U32("context fields read");
  if (mask >> kContextFields != 0) {
    p->Refuse(at, "a context field that is not known");
  }
  for (int i = 0; i < kContextFields; ++i) {
    if ((mask >> i & 1) == 0) continue;
    completed->context_reads.emplace_back(
        host::ContextFieldName(static_cast<ContextField>(i)));
  }
}

void ReadEffects(Completed* completed, Parser* p) {
  const uint32_t count = p->Count(kKeySizeMin + 1, "effects");
  completed->effects.reserve(count);
  Ascending ascending("effects");
  for (uint32_t i = 0; i < count && p->ok(); ++i) {
    const uint64_t at = p->offset();
    state::Effect effect;
    effect.key = ReadKey(p);
    effect.value = ReadValue(effect.key.kind, p);
    completed->effects.push_back(std::move(effect));
    ascending.Check<state::Effect>(
        completed->effects, at, p,
        [](const state::Effect& a, const state::Effect& b) {
          return a.key < b.key;
        });
  }
}

void ReadEvents(Completed* completed, Parser* p) {
  const uint32_t count = p->Count(kEventSizeMin, "events");
  completed->events.reserve(count);
  for (uint32_t i = 0; i < count && p->ok(); ++i) {
    state::Event event;
    event.account = p->Hash("account of an event");
    event.topics = base::Bytes(p->Bytes("topics"));
    event.data = base::Bytes(p->Bytes("data of an event"));
    completed->events.push_back(std::move(event));
  }
}

}  // namespace

base::Bytes EncodeAnswer(const Completed& completed) {
  Writer w;
  WriteOutcome(completed.outcome, &w);
  WriteFuel(completed.fuel, &w);
  ForEachResource(completed.resources,
                  [&w](const uint64_t* field) { w.U64(*field); });
  w.Count(completed.effects.size());
  for (const state::Effect& effect : completed.effects) {
    WriteEntry(effect.key, effect.value, &w);
  }
  w.Count(completed.removed_accounts.size());
  for (const Hash256& account : completed.removed_accounts) w.Hash(account);
  w.Count(completed.events.size());
  for (const state::Event& event : completed.events) {
    w.Hash(event.account);
    w.Bytes(event.topics);
    w.Bytes(event.data);
  }
  w.U32(ContextMask(completed));
  w.Hash(completed.digests.request);
  w.Hash(completed.digests.reads);
  w.Hash(completed.digests.effects);
  w.Hash(completed.digests.receipt);
  return std::move(w).Take();
}

absl::StatusOr<Completed> DecodeAnswer(const Record& record) {
  Parser p(record.answer, record.answer_offset);
  Completed completed;
  ReadOutcome(&completed.outcome, &p);
  ReadFuel(record.request.fuel_limit, &completed.fuel, &p);
  ForEachResource(completed.resources,
                  [&p](uint64_t* field) { *field = p.U64("resource used"); });
  ReadEffects(&completed, &p);
  completed.removed_accounts = ReadHashes("removed accounts", &p);
  ReadEvents(&completed, &p);
  ReadContextMask(&completed, &p);
  completed.digests.request = p.Hash("request digest");
  completed.digests.reads = p.Hash("reads digest");
  completed.digests.effects = p.Hash("effects digest");
  completed.digests.receipt = p.Hash("receipt");
  p.End("the answer");
  if (!p.ok()) return p.status();
  for (const Read& read : record.reads) {
    state::ReadRecord& to = completed.reads.emplace_back();
    to.key = read.key;
    to.present = read.value.has_value();
    if (to.present) to.value_hash = base::Blake2b256(*read.value);
  }
  completed.modules = record.modules;
  return completed;
}

base::Bytes EncodeRecord(const Record& record) {
  CHECK(record.request.module_bytes.empty(), "`module` names the bytes");
  Writer w;
  w.U32(record.semantics_version);
  WriteRequest(record, &w);
  w.Count(record.reads.size());
  for (const Read& read : record.reads) WriteEntry(read.key, read.value, &w);
  w.Count(record.modules.size());
  for (const engine::ModuleRead& read : record.modules) {
    w.Hash(read.hash);
    w.U8(read.present ? 1 : 0);
  }
  w.Bytes(record.answer);
  return std::move(w).Take();
}

absl::StatusOr<Record> DecodeRecord(absl::string_view body, uint64_t offset) {
  Parser p(body, offset);
  Record record;
  record.semantics_version = p.U32("semantics version");
  ReadRequest(&record, &p);
  ReadReads(&record, &p);
  ReadModules(&record, &p);
  record.answer_offset = p.offset() + sizeof(uint32_t);
  record.answer = base::Bytes(p.Bytes("answer"));
  p.End("the record");
  if (!p.ok()) return p.status();
  return record;
}

std::vector<Hash256> ModulesOf(const Record& record) {
  std::vector<Hash256> hashes;
  if (record.module_given == ModuleGiven::kBytes) {
    hashes.push_back(record.module);
  }
  for (const engine::ModuleRead& read : record.modules) {
    if (read.present) hashes.push_back(read.hash);
  }
  return hashes;
}

}  // namespace ashlar::replay
