#include "engine/base/hash.h"

#include <sodium.h>

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

namespace {

// Lets libsodium choose the fastest code for this processor. All of them
// compute the same, and without it the portable one is used, so its answer
// does not matter.
void ChooseCode() { [[maybe_unused]] static const int chosen = sodium_init(); }

}  // namespace

struct Blake2b256Hasher::State {
  crypto_generichash_blake2b_state blake;

  State() {
    ChooseCode();
    Init();
  }
  void Init() {
    crypto_generichash_blake2b_init(&blake, nullptr, 0, Hash256::kSizeBytes);
  }
};

Blake2b256Hasher::Blake2b256Hasher() : state_(std::make_unique<State>()) {}
Blake2b256Hasher::Blake2b256Hasher(Blake2b256Hasher&&) noexcept = default;
Blake2b256Hasher& Blake2b256Hasher::operator=(Blake2b256Hasher&&) noexcept =
    default;
Blake2b256Hasher::~Blake2b256Hasher() = default;

void Blake2b256Hasher::Update(absl::string_view data) {
  ByteSpan span = AsSpan(data);
  crypto_generichash_blake2b_update(&state_->blake, span.data(), span.size());
}

Hash256 Blake2b256Hasher::Finish() {
  Hash256 hash;
  crypto_generichash_blake2b_final(&state_->blake, hash.bytes.data(),
                                   hash.bytes.size());
  state_->Init();
  return hash;
}

Hash256 Blake2b256(absl::string_view data) {
  ChooseCode();
  ByteSpan span = AsSpan(data);
  Hash256 hash;
  crypto_generichash_blake2b(hash.bytes.data(), hash.bytes.size(), span.data(),
                             span.size(), nullptr, 0);
  return hash;
}

}  // namespace ashlar::base
