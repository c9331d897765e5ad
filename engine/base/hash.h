// 256-bit digests and BLAKE2b-256, the digest of everything of ours.
#ifndef ENGINE_BASE_HASH_H_
#define ENGINE_BASE_HASH_H_

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ashlar::base {

// 32 bytes, ordered as bytes. All zero by default.
struct Hash256 {
  static constexpr size_t kSizeBytes = 32;

  std::array<uint8_t, kSizeBytes> bytes{};

  // INVALID_ARGUMENT unless there are 64 digits, or 32 bytes.
  static absl::StatusOr<Hash256> FromHex(absl::string_view hex);
  static absl::StatusOr<Hash256> FromBytes(absl::string_view bytes);

  // 64 lower-case digits.
  std::string ToHex() const;

  // The bytes, for as long as this object lives.
  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()),
                             bytes.size());
  }

  friend bool operator==(const Hash256&, const Hash256&) = default;
  friend auto operator<=>(const Hash256&, const Hash256&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Hash256& hash) {
    return H::combine_contiguous(std::move(state), hash.bytes.data(),
                                 hash.bytes.size());
  }
};

// BLAKE2b (RFC 7693) with a digest of 32 bytes and no key.
Hash256 Blake2b256(absl::string_view data);

// The same over data that comes in pieces; how it is cut does not matter.
class Blake2b256Hasher {
 public:
  Blake2b256Hasher();
  Blake2b256Hasher(Blake2b256Hasher&&) noexcept;
  Blake2b256Hasher& operator=(Blake2b256Hasher&&) noexcept;
  ~Blake2b256Hasher();

  void Update(absl::string_view data);
  // The digest of all pieces. The hasher then starts afresh.
  Hash256 Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ashlar::base

#endif  // ENGINE_BASE_HASH_H_
