// Any bytes as an ExecuteRequest of the proto: it is refused with a status, or
// converted; what was converted is converted back to the same, executed, and
// the answer converted there and back.
#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ashlar/v1/execution.pb.h"
#include "engine/engine.h"
#include "engine/state/inline_state.h"
#include "rpc/convert.h"
#include "tests/fuzz/expect.h"

namespace ashlar::testing {
namespace {

constexpr uint64_t kFuelMax = 200'000;

// Fuzzers do not find digests: the first byte says which profile is meant.
void ChooseProfile(uint8_t choice, v1::ExecuteRequest* message) {
  const engine::ProfileSet& profiles = engine::ProfileSet::BuiltIn();
  const char* const names[] = {"seal-1", "strict-1", "relaxed-1"};
  if (choice % 4 == 3) return;
  message->set_profile(
      std::string(profiles.FindByName(names[choice % 4])->digest.view()));
}

void Execute(const rpc::ExecuteCall& call) {
  static engine::Engine engine({.profiles = nullptr, .cache_size_bytes = 0});
  engine::ExecuteRequest request = call.request;
  request.fuel_limit = std::min(request.fuel_limit, kFuelMax);
  state::InlineState none(state::MissingKeys::kAbsent);
  state::InlineState given(state::MissingKeys::kAbsent);
  state::Reader* reader = &none;
  if (const auto* state = std::get_if<rpc::InlineState>(&call.state)) {
    given = state->entries;
    reader = &given;
  }
  const auto result = engine.Execute(request, reader, nullptr);
  if (!result.ok()) return;
  v1::ExecuteResponse answer;
  rpc::ToProto(*result, &answer);
  const absl::StatusOr<engine::ExecuteResult> back = rpc::FromProto(answer);
  Expect(back.ok(), "the answer is malformed");
  v1::ExecuteResponse again;
  rpc::ToProto(*back, &again);
  Expect(answer.SerializeAsString() == again.SerializeAsString(),
         "the answer changes on the way");
  if (!result->completed.has_value()) return;
  const engine::Completed& completed = *result->completed;
  Expect(completed.fuel.used <= request.fuel_limit, "used more than allowed");
  Expect(completed.fuel.by.Sum() == completed.fuel.used, "fuel by category");
}

}  // namespace
}  // namespace ashlar::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;  // NOLINT: this function has no namespace
  if (size == 0) return 0;
  v1::ExecuteRequest message;
  if (!message.ParseFromArray(data + 1, static_cast<int>(size - 1))) return 0;
  testing::ChooseProfile(data[0], &message);
  const absl::StatusOr<rpc::ExecuteCall> call = rpc::FromProto(message);
  if (!call.ok()) {
    testing::Expect(absl::IsInvalidArgument(call.status()) ||
                        absl::IsUnimplemented(call.status()),
                    "refused with another status");
    return 0;
  }
  v1::ExecuteRequest once, twice;
  rpc::ToProto(*call, &once);
  const absl::StatusOr<rpc::ExecuteCall> back = rpc::FromProto(once);
  testing::Expect(back.ok(), "what was accepted is refused");
  rpc::ToProto(*back, &twice);
  testing::Expect(once.SerializeAsString() == twice.SerializeAsString(),
                  "the request changes on the way");
  testing::Execute(*call);
  return 0;
}
