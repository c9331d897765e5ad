// Protobuf messages to engine types and back: the only place that does it.
//
// Statuses: INVALID_ARGUMENT (a request's field is missing, of a wrong length,
// unspecified or out of range; the sentence names the field), UNIMPLEMENTED
// (an option that is not served), INTERNAL (a server's answer is malformed).
#ifndef RPC_CONVERT_H_
#define RPC_CONVERT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ashlar/v1/estimation.pb.h"
#include "ashlar/v1/execution.pb.h"
#include "ashlar/v1/info.pb.h"
#include "ashlar/v1/outcome.pb.h"
#include "ashlar/v1/state.pb.h"
#include "ashlar/v1/types.pb.h"
#include "engine/base/hash.h"
#include "engine/estimation.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/inline_state.h"
#include "engine/state/overlay.h"
#include "engine/state/overrides.h"
#include "engine/state/types.h"
#include "engine/wasm/violation.h"

namespace ashlar::rpc {

// The three ways of stating state (ARCHITECTURE.md decision 8).
struct NoState {};

struct InlineState {
  state::MissingKeys missing_keys = state::MissingKeys::kAbsent;
  // Built with missing_keys.
  state::InlineState entries{state::MissingKeys::kAbsent};
  absl::flat_hash_set<base::Hash256> absent_modules;
};

struct StoreState {
  std::string name_space;
  uint64_t base_version = 0;
  bool commit = false;
};

using StateSpec = std::variant<NoState, InlineState, StoreState>;

// An ExecuteRequest. Where the module was given as no bytes at all, which the
// engine takes for a module that is not given, `request` names the hash of the
// empty string.
struct ExecuteCall {
  engine::ExecuteRequest request;
  StateSpec state;
  bool replay_record = false;  // is asked for
};

absl::StatusOr<ExecuteCall> FromProto(const v1::ExecuteRequest& from);
void ToProto(const ExecuteCall& from, v1::ExecuteRequest* to);

// An EstimateRequest.
struct EstimateCall {
  ExecuteCall call;
  state::Overrides overrides;
};

absl::StatusOr<EstimateCall> FromProto(const v1::EstimateRequest& from);
void ToProto(const EstimateCall& from, v1::EstimateRequest* to);

// An ExecuteResponse, or an EstimateResponse. Text that is not UTF-8 gets '?'
// for the bytes that are not, because a string field could not carry it.
void ToProto(const engine::ExecuteResult& from, v1::ExecuteResponse* to);
void ToProto(const engine::Estimation& from, v1::EstimateResponse* to);
absl::StatusOr<engine::ExecuteResult> FromProto(
    const v1::ExecuteResponse& from);
absl::StatusOr<engine::Estimation> FromProto(const v1::EstimateResponse& from);

void ToProto(const wasm::Violation& from, v1::Violation* to);
absl::StatusOr<wasm::Violation> FromProto(const v1::Violation& from);

void ToProto(const state::Key& from, v1::Key* to);
// `field` is the name that an error gives it.
absl::StatusOr<state::Key> FromProto(const v1::Key& from,
                                     absl::string_view field);

// The effects of a Write, ordered by key; values are of their kind's form.
absl::StatusOr<std::vector<state::Effect>> FromProto(
    const v1::WriteStateRequest& from);

void ToProto(const engine::Profile& from,
             v1::GetCapabilitiesResponse::Profile* to);

// A hash, digest or account of a request. `what` completes the sentence
// "FIELD must be the 32 bytes of WHAT".
absl::StatusOr<base::Hash256> HashFromProto(absl::string_view bytes,
                                            absl::string_view field,
                                            absl::string_view what);

}  // namespace ashlar::rpc

#endif  // RPC_CONVERT_H_
