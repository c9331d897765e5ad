#include "engine/state/value.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/status_macros.h"

namespace ashlar::state {
namespace {

absl::Status CheckSize(absl::string_view value, size_t size_bytes,
                       absl::string_view what) {
  if (value.size() == size_bytes) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "a stored ", what, " has ", value.size(), " bytes, not ", size_bytes));
}

template <typename T>
base::Bytes Encode(T number) {
  base::Bytes value(sizeof(T), '\0');
  base::StoreLe<T>(value.data(), number);
  return value;
}

}  // namespace

base::Bytes EncodeBalance(unsigned __int128 balance) { return Encode(balance); }

absl::StatusOr<unsigned __int128> DecodeBalance(absl::string_view value) {
  RETURN_IF_ERROR(CheckSize(value, sizeof(unsigned __int128), "balance"));
  return base::LoadLe<unsigned __int128>(value.data());
}

base::Bytes EncodeNonce(uint64_t nonce) { return Encode(nonce); }

absl::StatusOr<uint64_t> DecodeNonce(absl::string_view value) {
  RETURN_IF_ERROR(CheckSize(value, sizeof(uint64_t), "nonce"));
  return base::LoadLe<uint64_t>(value.data());
}

base::Bytes EncodeCode(const base::Hash256& hash) {
  return base::Bytes(hash.view());
}

absl::StatusOr<base::Hash256> DecodeCode(absl::string_view value) {
  RETURN_IF_ERROR(CheckSize(value, base::Hash256::kSizeBytes, "code hash"));
  return base::Hash256::FromBytes(value);
}

}  // namespace ashlar::state
