// Names of state: accounts, kinds of entries, keys.
#ifndef ENGINE_STATE_TYPES_H_
#define ENGINE_STATE_TYPES_H_

#include <compare>
#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"

namespace ashlar::state {

using AccountId = base::Hash256;  // 32 opaque bytes

// What an entry of an account is. Numbers are stable: they order and digest
// effects. Values: kBalance u128 LE (16 bytes; absent = 0), kCode the code
// hash (32 bytes; absent = no contract), kNonce u64 LE (absent = 0), kStorage
// any bytes.
enum class Kind : uint8_t {
  kBalance = 1,
  kCode = 2,
  kNonce = 3,
  kStorage = 4,
};

struct Key {
  AccountId account;
  Kind kind = Kind::kStorage;
  base::Bytes key;  // empty but for kStorage

  friend bool operator==(const Key&, const Key&) = default;
  friend auto operator<=>(const Key&, const Key&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Key& k) {
    return H::combine(std::move(h), k.account, k.kind, k.key);
  }
};

}  // namespace ashlar::state

#endif  // ENGINE_STATE_TYPES_H_
