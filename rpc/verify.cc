#include "rpc/verify.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "metering/fuel.h"
#include "replay/archive.h"
#include "replay/flight.h"
#include "replay/record.h"
#include "replay/verify.h"
#include "rpc/memory_budget.h"

namespace ashlar::rpc {
namespace {

absl::StatusOr<replay::Verdict> VerifyOne(const Backend& backend,
                                          const replay::Archive& archive,
                                          size_t index,
                                          const std::atomic<bool>* cancelled) {
  ASSIGN_OR_RETURN(const replay::Record record, archive.Read(index));
  ASSIGN_OR_RETURN(const engine::Profile* profile,
                   replay::ProfileOf(record, backend.engine->profiles()));
  std::optional<MemoryBudget::Reservation> reservation;
  if (backend.memory != nullptr) {
    ASSIGN_OR_RETURN(
        MemoryBudget::Reservation reserved,
        backend.memory->Reserve(BytesOf(record.request, *profile)));
    reservation.emplace(std::move(reserved));
  }
  const auto execute =
      [&](const engine::ExecuteRequest& checked,
          state::Reader* reader) -> absl::StatusOr<engine::ExecuteResult> {
    if (backend.flight == nullptr) {
      return backend.engine->Execute(checked, reader, cancelled);
    }
    RETURN_IF_ERROR(backend.flight->Admit(checked));
    replay::Flight flight(backend.flight, checked, reader);
    return backend.engine->Execute(checked, &flight, cancelled);
  };
  return replay::Verify(
      archive, record, backend.engine->profiles(),
      [&backend](
          const base::Hash256& hash) -> std::shared_ptr<const base::Bytes> {
        auto stored = backend.store->GetModule(hash);
        return stored.ok() ? *std::move(stored) : nullptr;
      },
      execute);
}

}  // namespace

absl::Status Verify(const Backend& backend, const v1::VerifyRequest& request,
                    const std::atomic<bool>* cancelled,
                    v1::VerifyResponse* response) {
  ASSIGN_OR_RETURN(const replay::Archive archive,
                   replay::Archive::Parse(request.record()));
  response->set_verdict(v1::VERDICT_MATCH);
  response->set_record_count(archive.size());
  uint64_t matches = 0;
  uint64_t fuel_used = 0;
  for (size_t i = 0; i < archive.size(); ++i) {
    if (cancelled != nullptr && *cancelled) {
      return absl::CancelledError("cancelled between two records");
    }
    const auto verdict = VerifyOne(backend, archive, i, cancelled);
    if (!verdict.ok()) {
      return absl::Status(
          verdict.status().code(),
          absl::StrCat("record ", i, ": ", verdict.status().message()));
    }
    fuel_used = metering::SaturatingAdd(fuel_used, verdict->fuel_used);
    response->set_fuel_used(fuel_used);
    if (verdict->is_match) {
      ++matches;
    } else if (!response->has_first_mismatch()) {
      response->set_verdict(v1::VERDICT_MISMATCH);
      response->set_first_mismatch(i);
      response->set_first_difference(verdict->first_difference);
    }
  }
  response->set_match_count(matches);
  return CheckAnswerSize(backend, *response);
}

}  // namespace ashlar::rpc
