#include "engine/base/crypto_hash.h"

#include <cryptopp/blake2.h>
#include <cryptopp/keccak.h>
#include <cryptopp/sha.h>

#include "engine/base/bytes.h"

namespace ashlar::base {
namespace {

template <typename Digest>
Hash256 Digest256(absl::string_view data) {
  static_assert(Digest::DIGESTSIZE == Hash256::kSizeBytes);
  Digest digest;
  Hash256 hash;
  ByteSpan span = AsSpan(data);
  digest.CalculateDigest(hash.bytes.data(), span.data(), span.size());
  return hash;
}

}  // namespace

Hash256 Sha256(absl::string_view data) {
  return Digest256<CryptoPP::SHA256>(data);
}

Hash256 Keccak256(absl::string_view data) {
  return Digest256<CryptoPP::Keccak_256>(data);
}

std::array<uint8_t, 16> Blake2b128(absl::string_view data) {
  std::array<uint8_t, 16> hash;
  CryptoPP::BLAKE2b blake(/*treeMode=*/false, hash.size());
  ByteSpan span = AsSpan(data);
  blake.CalculateDigest(hash.data(), span.data(), span.size());
  return hash;
}

}  // namespace ashlar::base
