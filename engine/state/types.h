// Names of state: accounts, kinds of entries, keys.
#ifndef ENGINE_STATE_TYPES_H_
#define ENGINE_STATE_TYPES_H_

#include <compare>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
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

// A key to look for; its bytes belong to somebody else.
struct KeyView {
  AccountId account;
  Kind kind = Kind::kStorage;
  absl::string_view key;

  KeyView() = default;
  KeyView(const AccountId& of, Kind what, absl::string_view bytes)
      : account(of), kind(what), key(bytes) {}
  KeyView(const Key& whole)  // NOLINT: a key is also a view of itself
      : KeyView(whole.account, whole.kind, whole.key) {}
  Key ToKey() const { return {account, kind, base::Bytes(key)}; }
};

// The order of keys, also of views among them.
struct KeyLess {
  using is_transparent = void;
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    if (a.account != b.account) return a.account < b.account;
    if (a.kind != b.kind) return a.kind < b.kind;
    return absl::string_view(a.key) < absl::string_view(b.key);
  }
};

}  // namespace ashlar::state

#endif  // ENGINE_STATE_TYPES_H_
