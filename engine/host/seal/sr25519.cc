#include "engine/host/seal/sr25519.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "engine/base/bytes.h"

namespace ashlar::host::seal {
namespace {

constexpr size_t kStateSizeBytes = 200;

// Keccak-f[1600] (FIPS 202, 3.3) on 25 lanes; lane x + 5 y.
void KeccakF1600(uint64_t (&a)[25]) {
  static constexpr uint64_t kRoundConstants[24] = {
      0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
      0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
      0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
      0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
      0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
      0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
      0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
      0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
  // In the order in which rho and pi visit the lanes.
  static constexpr int kRotations[24] = {1,  3,  6,  10, 15, 21, 28, 36,
                                         45, 55, 2,  14, 27, 41, 56, 8,
                                         25, 43, 62, 18, 39, 61, 20, 44};
  static constexpr int kLanes[24] = {10, 7,  11, 17, 18, 3,  5,  16,
                                     8,  21, 24, 4,  15, 23, 19, 13,
                                     12, 2,  20, 14, 22, 9,  6,  1};
  for (const uint64_t round_constant : kRoundConstants) {
    uint64_t c[5];
    for (int x = 0; x < 5; ++x) {
      c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    }
    for (int x = 0; x < 5; ++x) {
      const uint64_t d = c[(x + 4) % 5] ^ std::rotl(c[(x + 1) % 5], 1);
      for (int y = 0; y < 25; y += 5) a[x + y] ^= d;
    }
    uint64_t lane = a[1];
    for (int i = 0; i < 24; ++i) {
      std::swap(lane, a[kLanes[i]]);
      a[kLanes[i]] = std::rotl(a[kLanes[i]], kRotations[i]);
    }
    for (int y = 0; y < 25; y += 5) {
      uint64_t row[5];
      std::copy(a + y, a + y + 5, row);
      for (int x = 0; x < 5; ++x) {
        a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
      }
    }
    a[0] ^= round_constant;
  }
}

// STROBE-128 with the operations that Merlin needs.
class Strobe {
 public:
  explicit Strobe(absl::string_view protocol) {
    const uint8_t head[6] = {1, kRate + 2, 1, 0, 1, 96};
    std::memcpy(state_, head, sizeof(head));
    std::memcpy(state_ + sizeof(head), "STROBEv1.0.2", 12);
    Permute();
    MetaAd(protocol, /*more=*/false);
  }

  void MetaAd(absl::string_view data, bool more) {
    Begin(kMeta | kAssociated, more);
    Absorb(data);
  }
  void Ad(absl::string_view data) {
    Begin(kAssociated, /*more=*/false);
    Absorb(data);
  }
  void Prf(uint8_t* out, size_t size) {
    Begin(kInbound | kAssociated | kCipher, /*more=*/false);
    for (size_t i = 0; i < size; ++i) {
      out[i] = state_[position_];
      state_[position_] = 0;
      Advance();
    }
  }

 private:
  static constexpr uint8_t kRate = 166;
  enum Flag : uint8_t {
    kInbound = 1,
    kAssociated = 2,
    kCipher = 4,
    kTransport = 8,
    kMeta = 16,
    kKeyed = 32,
  };

  void Permute() {
    uint64_t lanes[25];
    std::memcpy(lanes, state_, kStateSizeBytes);
    KeccakF1600(lanes);
    std::memcpy(state_, lanes, kStateSizeBytes);
  }
  void RunF() {
    state_[position_] ^= begin_;
    state_[position_ + 1] ^= 0x04;
    state_[kRate + 1] ^= 0x80;
    Permute();
    position_ = 0;
    begin_ = 0;
  }
  void Advance() {
    if (++position_ == kRate) RunF();
  }
  void Absorb(absl::string_view data) {
    for (const char byte : data) {
      state_[position_] ^= static_cast<uint8_t>(byte);
      Advance();
    }
  }
  void Begin(uint8_t flags, bool more) {
    if (more) return;
    const char head[2] = {static_cast<char>(begin_), static_cast<char>(flags)};
    begin_ = position_ + 1;
    Absorb(absl::string_view(head, 2));
    const bool forces = (flags & (kCipher | kKeyed)) != 0;
    if (forces && position_ != 0) RunF();
  }

  uint8_t state_[kStateSizeBytes] = {};
  uint8_t position_ = 0;
  uint8_t begin_ = 0;
};

class Transcript {
 public:
  explicit Transcript(absl::string_view label) : strobe_("Merlin v1.0") {
    Append("dom-sep", label);
  }

  void Append(absl::string_view label, absl::string_view message) {
    Label(label, message.size());
    strobe_.Ad(message);
  }
  std::array<uint8_t, 64> Challenge(absl::string_view label) {
    std::array<uint8_t, 64> bytes;
    Label(label, bytes.size());
    strobe_.Prf(bytes.data(), bytes.size());
    return bytes;
  }

 private:
  void Label(absl::string_view label, size_t size) {
    char length[4];
    base::StoreLe<uint32_t>(length, static_cast<uint32_t>(size));
    strobe_.MetaAd(label, /*more=*/false);
    strobe_.MetaAd(absl::string_view(length, 4), /*more=*/true);
  }

  Strobe strobe_;
};

using Bytes32 = std::array<uint8_t, 32>;

Bytes32 ToBytes32(absl::string_view view) {
  Bytes32 bytes;
  std::memcpy(bytes.data(), view.data(), bytes.size());
  return bytes;
}

// A scalar below the group's order has one form.
bool IsCanonical(const Bytes32& scalar) {
  uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES] = {};
  std::memcpy(wide, scalar.data(), scalar.size());
  Bytes32 reduced;
  crypto_core_ristretto255_scalar_reduce(reduced.data(), wide);
  return reduced == scalar;
}

}  // namespace

bool VerifySr25519(absl::string_view signature, absl::string_view public_key,
                   absl::string_view message) {
  constexpr uint8_t kMark = 0x80;  // of a Schnorrkel signature, in its last bit
  const Bytes32 r = ToBytes32(signature);
  Bytes32 s = ToBytes32(signature.substr(32));
  const Bytes32 key = ToBytes32(public_key);
  if ((s[31] & kMark) == 0) return false;
  s[31] &= ~kMark;
  if (!IsCanonical(s) ||
      crypto_core_ristretto255_is_valid_point(key.data()) != 1) {
    return false;
  }
  Transcript transcript("SigningContext");
  transcript.Append("", "substrate");
  transcript.Append("sign-bytes", message);
  transcript.Append("proto-name", "Schnorr-sig");
  transcript.Append("sign:pk", public_key);
  transcript.Append("sign:R", signature.substr(0, 32));
  const std::array<uint8_t, 64> wide = transcript.Challenge("sign:c");
  Bytes32 challenge;
  crypto_core_ristretto255_scalar_reduce(challenge.data(), wide.data());
  // R = s B - c A. The products answer -1 for the identity, whose form is
  // zeros, as these are then.
  Bytes32 s_base{};
  Bytes32 c_key{};
  if (crypto_scalarmult_ristretto255_base(s_base.data(), s.data()) != 0) {
    s_base.fill(0);
  }
  if (crypto_scalarmult_ristretto255(c_key.data(), challenge.data(),
                                     key.data()) != 0) {
    c_key.fill(0);
  }
  Bytes32 expected;
  return crypto_core_ristretto255_sub(expected.data(), s_base.data(),
                                      c_key.data()) == 0 &&
         expected == r;
}

}  // namespace ashlar::host::seal
