#include "engine/digests.h"

#include <algorithm>
#include <vector>

#include "engine/base/serial.h"
#include "engine/loader.h"

namespace ashlar::engine {
namespace {

using base::Hash256;
using base::Writer;

std::vector<Hash256> Sorted(std::vector<Hash256> hashes) {
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

void WriteHashes(const std::vector<Hash256>& hashes, Writer* w) {
  w->Count(hashes.size());
  for (const Hash256& hash : hashes) w->Hash(hash);
}

void WriteKey(const state::Key& key, Writer* w) {
  w->Hash(key.account);
  w->U8(static_cast<uint8_t>(key.kind));
  w->Bytes(key.key);
}

void WriteLimits(const ResourceLimits& limits, Writer* w) {
  w->U64(limits.reads);
  w->U64(limits.read_bytes);
  w->U64(limits.writes);
  w->U64(limits.write_bytes);
  w->U64(limits.events);
  w->U64(limits.event_bytes);
  w->U64(limits.peak_pages);
  w->U64(limits.calls);
}

void WriteContext(const Completed& completed, const BlockContext& block,
                  Writer* w) {
  w->Count(completed.context_reads.size());
  for (int i = 0; i < static_cast<int>(host::ContextField::kCount); ++i) {
    const host::ContextField field = static_cast<host::ContextField>(i);
    const absl::string_view name = host::ContextFieldName(field);
    for (const std::string& read : completed.context_reads) {
      if (name != absl::string_view(read)) continue;
      w->Bytes(name);
      host::WriteContextField(block, field, w);
    }
  }
}

void WriteOutcome(const Outcome& outcome, Writer* w) {
  w->U8(static_cast<uint8_t>(outcome.klass));
  w->U8(static_cast<uint8_t>(outcome.trap));
  w->U8(static_cast<uint8_t>(outcome.limit));
  w->Bytes(outcome.violations.empty()
               ? absl::string_view()
               : wasm::CodeName(outcome.violations.front().code));
  w->U32(outcome.flags);
  w->Bytes(outcome.data);
}

// Each of these starts `w` afresh.
Hash256 RequestDigestOf(const ExecuteRequest& request,
                        const Hash256& bytes_hash, Writer* out) {
  Writer& w = *out;
  w.Clear();
  w.Bytes("ashlar.request");
  w.Hash(request.profile);
  w.Hash(IsGivenByBytes(request) ? bytes_hash : request.module_hash);
  w.U8(static_cast<uint8_t>(request.activation));
  WriteHashes(Sorted(request.activated), &w);
  w.Bytes(request.entry);
  w.Bytes(request.input);
  w.U64(request.fuel_limit);
  w.Hash(request.caller);
  w.Hash(request.callee);
  w.U128(request.value);
  for (int i = 0; i < static_cast<int>(host::ContextField::kCount); ++i) {
    host::WriteContextField(request.block, static_cast<host::ContextField>(i),
                            &w);
  }
  WriteLimits(request.limits, &w);
  return base::Blake2b256(w.data());
}

Hash256 ReadsDigestOf(const Completed& completed, const BlockContext& block,
                      Writer* out) {
  Writer& w = *out;
  w.Clear();
  w.Bytes("ashlar.reads");
  w.Count(completed.reads.size());
  for (const state::ReadRecord& read : completed.reads) {
    WriteKey(read.key, &w);
    w.U8(read.present ? 1 : 0);
    if (read.present) w.Hash(read.value_hash);
  }
  WriteContext(completed, block, &w);
  w.Count(completed.modules.size());
  for (const ModuleRead& module : completed.modules) {
    w.Hash(module.hash);
    w.U8(module.present ? 1 : 0);
  }
  return base::Blake2b256(w.data());
}

Hash256 EffectsDigestOf(const Completed& completed, Writer* out) {
  Writer& w = *out;
  w.Clear();
  w.Bytes("ashlar.effects");
  WriteOutcome(completed.outcome, &w);
  w.Count(completed.effects.size());
  for (const state::Effect& effect : completed.effects) {
    WriteKey(effect.key, &w);
    w.U8(effect.value.has_value() ? 1 : 0);
    if (effect.value.has_value()) w.Bytes(*effect.value);
  }
  WriteHashes(Sorted(completed.removed_accounts), &w);
  w.Count(completed.events.size());
  for (const state::Event& event : completed.events) {
    w.Hash(event.account);
    w.Bytes(event.topics);
    w.Bytes(event.data);
  }
  return base::Blake2b256(w.data());
}

Hash256 ReceiptDigestOf(uint32_t semantics_version, const Hash256& request,
                        const Hash256& effects, uint64_t fuel_used,
                        Writer* out) {
  Writer& w = *out;
  w.Clear();
  w.Bytes("ashlar.receipt");
  w.U32(semantics_version);
  w.Hash(request);
  w.Hash(effects);
  w.U64(fuel_used);
  return base::Blake2b256(w.data());
}

}  // namespace

Hash256 RequestDigest(const ExecuteRequest& request) {
  Writer w;
  return RequestDigestOf(
      request,
      IsGivenByBytes(request) ? ModuleHash(request.module_bytes) : Hash256{},
      &w);
}

Hash256 ReadsDigest(const Completed& completed, const BlockContext& block) {
  Writer w;
  return ReadsDigestOf(completed, block, &w);
}

Hash256 EffectsDigest(const Completed& completed) {
  Writer w;
  return EffectsDigestOf(completed, &w);
}

Hash256 ReceiptDigest(uint32_t semantics_version, const Hash256& request,
                      const Hash256& effects, uint64_t fuel_used) {
  Writer w;
  return ReceiptDigestOf(semantics_version, request, effects, fuel_used, &w);
}

Digests ComputeDigests(const ExecuteRequest& request, const Hash256& bytes_hash,
                       uint32_t semantics_version, const Completed& completed,
                       Writer* scratch) {
  Writer own;
  Writer* const w = scratch != nullptr ? scratch : &own;
  Digests digests;
  digests.request = RequestDigestOf(request, bytes_hash, w);
  digests.reads = ReadsDigestOf(completed, request.block, w);
  digests.effects = EffectsDigestOf(completed, w);
  digests.receipt = ReceiptDigestOf(semantics_version, digests.request,
                                    digests.effects, completed.fuel.used, w);
  return digests;
}

}  // namespace ashlar::engine
