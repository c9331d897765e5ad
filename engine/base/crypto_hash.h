// The digests that contract ABIs offer besides BLAKE2b-256. Pure functions.
#ifndef ENGINE_BASE_CRYPTO_HASH_H_
#define ENGINE_BASE_CRYPTO_HASH_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/base/hash.h"

namespace ashlar::base {

// FIPS 180-4.
Hash256 Sha256(absl::string_view data);

// Keccak with its original padding (as Ethereum has it), not FIPS 202's.
Hash256 Keccak256(absl::string_view data);

// BLAKE2b (RFC 7693) with a digest of 16 bytes and no key.
std::array<uint8_t, 16> Blake2b128(absl::string_view data);

}  // namespace ashlar::base

#endif  // ENGINE_BASE_CRYPTO_HASH_H_
