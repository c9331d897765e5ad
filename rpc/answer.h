// What the sources that turn answers into messages share.
#ifndef RPC_ANSWER_H_
#define RPC_ANSWER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ashlar/v1/outcome.pb.h"
#include "engine/base/hash.h"
#include "engine/outcome.h"
#include "engine/state/types.h"
#include "metering/fuel.h"

namespace ashlar::rpc {

// Text for a string field: '?' for each byte that is no part of UTF-8.
std::string ToUtf8(absl::string_view text);

// INTERNAL: an answer that our server would not give.
absl::Status Malformed(absl::string_view what);
// A field of an answer; where it is wrong, that is the server's fault.
absl::StatusOr<base::Hash256> HashOfAnswer(absl::string_view bytes,
                                           absl::string_view field);
absl::StatusOr<state::Key> KeyOfAnswer(const v1::Key& from);

void ToProto(const metering::FuelByCategory& from, v1::FuelByCategory* to);
metering::FuelByCategory FromProto(const v1::FuelByCategory& from);

void ToProto(const engine::Diagnostics& from, v1::Diagnostics* to);
absl::StatusOr<engine::Diagnostics> FromProto(const v1::Diagnostics& from);

}  // namespace ashlar::rpc

#endif  // RPC_ANSWER_H_
