// Encodings of the entries of an account whose form is fixed (types.h).
#ifndef ENGINE_STATE_VALUE_H_
#define ENGINE_STATE_VALUE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"

namespace ashlar::state {

// kBalance: 16 bytes, little endian. 0 is stored as absence, not as zeros.
base::Bytes EncodeBalance(unsigned __int128 balance);
// DATA_LOSS: not 16 bytes.
absl::StatusOr<unsigned __int128> DecodeBalance(absl::string_view value);

// kNonce: 8 bytes, little endian. 0 is stored as absence.
base::Bytes EncodeNonce(uint64_t nonce);
// DATA_LOSS: not 8 bytes.
absl::StatusOr<uint64_t> DecodeNonce(absl::string_view value);

// kCode: the 32 bytes of the code hash.
base::Bytes EncodeCode(const base::Hash256& hash);
// DATA_LOSS: not 32 bytes.
absl::StatusOr<base::Hash256> DecodeCode(absl::string_view value);

}  // namespace ashlar::state

#endif  // ENGINE_STATE_VALUE_H_
