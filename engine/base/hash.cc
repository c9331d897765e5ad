#include "engine/base/hash.h"

#include <cryptopp/blake2.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"

namespace ashlar::base {

absl::StatusOr<Hash256> Hash256::FromHex(absl::string_view hex) {
  if (hex.size() != 2 * kSizeBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a hash has 64 hexadecimal digits, not ", hex.size()));
  }
  ASSIGN_OR_RETURN(Bytes bytes, HexDecode(hex));
  return FromBytes(bytes);
}

absl::StatusOr<Hash256> Hash256::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kSizeBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a hash has 32 bytes, not ", bytes.size()));
  }
  Hash256 hash;
  std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
  return hash;
}

std::string Hash256::ToHex() const { return HexEncode(view()); }

struct Blake2b256Hasher::State {
  CryptoPP::BLAKE2b blake{/*treeMode=*/false, Hash256::kSizeBytes};
};

Blake2b256Hasher::Blake2b256Hasher() : state_(std::make_unique<State>()) {}
Blake2b256Hasher::Blake2b256Hasher(Blake2b256Hasher&&) noexcept = default;
Blake2b256Hasher& Blake2b256Hasher::operator=(Blake2b256Hasher&&) noexcept =
    default;
Blake2b256Hasher::~Blake2b256Hasher() = default;

void Blake2b256Hasher::Update(absl::string_view data) {
  ByteSpan span = AsSpan(data);
  state_->blake.Update(span.data(), span.size());
}

Hash256 Blake2b256Hasher::Finish() {
  Hash256 hash;
  state_->blake.Final(hash.bytes.data());
  return hash;
}

Hash256 Blake2b256(absl::string_view data) {
  CryptoPP::BLAKE2b blake(/*treeMode=*/false, Hash256::kSizeBytes);
  ByteSpan span = AsSpan(data);
  blake.Update(span.data(), span.size());
  Hash256 hash;
  blake.Final(hash.bytes.data());
  return hash;
}

}  // namespace ashlar::base
