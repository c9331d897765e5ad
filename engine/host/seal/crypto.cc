// Hashes and signatures.

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <array>
#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/crypto_hash.h"
#include "engine/base/hash.h"
#include "engine/host/seal/handlers.h"
#include "engine/host/seal/invocation.h"
#include "engine/host/seal/sr25519.h"

namespace ashlar::host::seal {
namespace {

using interp::HostCall;
using interp::HostResult;
using interp::Trap;

constexpr uint32_t kSignatureSizeBytes = 65;  // r, s, recovery id
constexpr uint32_t kMessageSizeBytes = 32;
constexpr size_t kKeySizeBytes = 33;  // compressed
constexpr size_t kUncompressedKeySizeBytes = 65;
constexpr uint32_t kEthAddressSizeBytes = 20;

const uint8_t* Bytes(absl::string_view view) {
  return reinterpret_cast<const uint8_t*>(view.data());
}

template <size_t kSize>
absl::string_view View(const std::array<uint8_t, kSize>& bytes) {
  return absl::string_view(reinterpret_cast<const char*>(bytes.data()),
                           bytes.size());
}

template <size_t kSize>
HostResult AnswerHash(HostCall& call,
                      std::array<uint8_t, kSize> (*hash)(absl::string_view)) {
  Invocation in(call);
  const absl::string_view data = in.Input(0, 1);
  in.OutputFixed(2, kSize);
  if (!in.Pay()) return in.failed();
  const std::array<uint8_t, kSize> digest = hash(data);
  return in.WriteFixed(2, View(digest)) ? in.Done() : in.failed();
}

std::array<uint8_t, kKeySizeBytes> Serialize(const secp256k1_pubkey& key) {
  std::array<uint8_t, kKeySizeBytes> bytes{};
  size_t size = bytes.size();
  secp256k1_ec_pubkey_serialize(secp256k1_context_static, bytes.data(), &size,
                                &key, SECP256K1_EC_COMPRESSED);
  return bytes;
}

bool Recover(absl::string_view signature, absl::string_view message,
             secp256k1_pubkey* key) {
  // Ethereum's form of the recovery id is 27 higher.
  constexpr int kEthereumOffset = 27;
  int id = Bytes(signature)[kSignatureSizeBytes - 1];
  if (id >= kEthereumOffset) id -= kEthereumOffset;
  if (id > 3) return false;
  secp256k1_ecdsa_recoverable_signature parsed;
  return secp256k1_ecdsa_recoverable_signature_parse_compact(
             secp256k1_context_static, &parsed, Bytes(signature), id) == 1 &&
         secp256k1_ecdsa_recover(secp256k1_context_static, key, &parsed,
                                 Bytes(message)) == 1;
}

}  // namespace

HostResult HashSha2256(HostCall& call) {
  return AnswerHash<32>(
      call, +[](absl::string_view d) { return base::Sha256(d).bytes; });
}

HostResult HashKeccak256(HostCall& call) {
  return AnswerHash<32>(
      call, +[](absl::string_view d) { return base::Keccak256(d).bytes; });
}

HostResult HashBlake2256(HostCall& call) {
  return AnswerHash<32>(
      call, +[](absl::string_view d) { return base::Blake2b256(d).bytes; });
}

HostResult HashBlake2128(HostCall& call) {
  return AnswerHash<16>(
      call, +[](absl::string_view d) { return base::Blake2b128(d); });
}

HostResult EcdsaRecover(HostCall& call) {
  Invocation in(call);
  const absl::string_view signature = in.InputFixed(0, kSignatureSizeBytes);
  const absl::string_view message = in.InputFixed(1, kMessageSizeBytes);
  in.OutputFixed(2, kKeySizeBytes);
  if (!in.Pay()) return in.failed();
  secp256k1_pubkey key;
  if (!Recover(signature, message, &key)) {
    return in.Return(ReturnCode::kEcdsaRecoveryFailed);
  }
  if (!in.WriteFixed(2, View(Serialize(key)))) return in.failed();
  return in.Return(ReturnCode::kSuccess);
}

HostResult EcdsaToEthAddress(HostCall& call) {
  Invocation in(call);
  const absl::string_view compressed = in.InputFixed(0, kKeySizeBytes);
  in.OutputFixed(1, kEthAddressSizeBytes);
  if (!in.Pay()) return in.failed();
  secp256k1_pubkey key;
  if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &key,
                                Bytes(compressed), compressed.size()) != 1) {
    return in.Return(ReturnCode::kEcdsaRecoveryFailed);
  }
  std::array<uint8_t, kUncompressedKeySizeBytes> bytes{};
  size_t size = bytes.size();
  secp256k1_ec_pubkey_serialize(secp256k1_context_static, bytes.data(), &size,
                                &key, SECP256K1_EC_UNCOMPRESSED);
  // The address is the end of the hash of the key without its form byte.
  const base::Hash256 hash = base::Keccak256(View(bytes).substr(1));
  if (!in.WriteFixed(1, hash.view().substr(32 - kEthAddressSizeBytes))) {
    return in.failed();
  }
  return in.Return(ReturnCode::kSuccess);
}

HostResult Sr25519Verify(HostCall& call) {
  Invocation in(call);
  const absl::string_view signature = in.InputFixed(0, 64);
  const absl::string_view key = in.InputFixed(1, 32);
  const absl::string_view message = in.Input(3, 2);
  if (!in.Pay()) return in.failed();
  return in.Return(VerifySr25519(signature, key, message)
                       ? ReturnCode::kSuccess
                       : ReturnCode::kSr25519VerifyFailed);
}

}  // namespace ashlar::host::seal
