// Any bytes as the body of a replay record, and as a file of records: what is
// accepted is written back to the same bytes.
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/outcome.h"
#include "replay/archive.h"
#include "replay/record.h"
#include "tests/fuzz/expect.h"

namespace ashlar::testing {
namespace {

void ExpectInvalid(const absl::Status& status) {
  Expect(absl::IsInvalidArgument(status), "refused with another status");
}

void AsFile(absl::string_view bytes) {
  const absl::StatusOr<replay::Archive> archive =
      replay::Archive::Parse(base::Bytes(bytes));
  if (!archive.ok()) return ExpectInvalid(archive.status());
  const absl::Status status = archive->Check();
  if (!status.ok()) ExpectInvalid(status);
}

}  // namespace
}  // namespace ashlar::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;  // NOLINT: this function has no namespace
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  testing::AsFile(bytes);
  const absl::StatusOr<replay::Record> record =
      replay::DecodeRecord(bytes, /*offset=*/0);
  if (!record.ok()) {
    testing::ExpectInvalid(record.status());
    return 0;
  }
  testing::Expect(absl::string_view(replay::EncodeRecord(*record)) == bytes,
                  "a record changes on the way");
  const absl::StatusOr<engine::Completed> answer =
      replay::DecodeAnswer(*record);
  if (!answer.ok()) {
    testing::ExpectInvalid(answer.status());
    return 0;
  }
  testing::Expect(replay::EncodeAnswer(*answer) == record->answer,
                  "an answer changes on the way");
  return 0;
}
