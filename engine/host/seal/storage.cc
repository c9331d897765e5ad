// The contract's own storage, lasting and transient.

#include <cstdint>
#include <optional>
#include <utility>

#include "engine/host/seal/handlers.h"
#include "engine/host/seal/invocation.h"

namespace ashlar::host::seal {
namespace {

using interp::HostCall;
using interp::HostResult;
using interp::Trap;

constexpr uint32_t kFixedKeySizeBytes = 32;

// One of the two storages, of the running account.
class Storage {
 public:
  Storage(Invocation* in, bool transient) : in_(*in), transient_(transient) {}

  // Reads a value and pays for it; false: the handler returns failed().
  // `*value` is valid until the next change.
  bool Get(const state::KeyView& key, std::optional<absl::string_view>* value) {
    if (transient_) {
      const base::Bytes* found = in_.tree().transient().Get(key);
      if (found != nullptr) *value = *found;
      return true;
    }
    state::ReadView read;
    if (!in_.tree().Read(key, &read)) {
      failed_ = in_.Stop();
      return false;
    }
    if (read.found != state::Found::kPresent) return true;
    if (!in_.PayForValue(read.value.size())) {
      failed_ = in_.failed();
      return false;
    }
    *value = read.value;
    return true;
  }
  HostResult failed() const { return failed_; }

  bool Put(const state::KeyView& key, absl::string_view value) {
    if (transient_) {
      in_.tree().transient().Put(key, base::Bytes(value));
      return true;
    }
    return in_.tree().Put(key, base::Bytes(value));
  }

  bool Delete(const state::KeyView& key) {
    if (transient_) {
      in_.tree().transient().Delete(key);
      return true;
    }
    return in_.tree().Delete(key);
  }

 private:
  Invocation& in_;
  bool transient_;
  HostResult failed_ = HostResult::kDone;
};

uint32_t LengthOrSentinel(const std::optional<absl::string_view>& value) {
  return value.has_value() ? static_cast<uint32_t>(value->size()) : kSentinel;
}

// Paid, and the key is one that storage can have; then `*key` is it,
// a view of `bytes`.
bool PayForKey(Invocation& in, absl::string_view bytes, state::KeyView* key,
               HostResult* failed) {
  if (!in.Pay()) {
    *failed = in.failed();
    return false;
  }
  const uint32_t size_max = in.tree().limits().storage_key_size_bytes_max;
  if (bytes.size() > size_max) {
    in.tree().NoteShortage("storage_key_size_bytes_max", size_max,
                           bytes.size());
    *failed = in.Trap(Trap::kDecodingFailed, "storage key is too long");
    return false;
  }
  *key = {in.frame().account, state::Kind::kStorage, bytes};
  return true;
}

HostResult Set(Invocation& in, absl::string_view key_bytes, int value_ptr,
               int value_len, bool answers, bool transient) {
  const absl::string_view value = in.Input(value_ptr, value_len);
  state::KeyView key;
  HostResult failed;
  if (!PayForKey(in, key_bytes, &key, &failed)) return failed;
  if (in.frame().read_only) return in.Trap(Trap::kStateChangeDenied);
  const uint32_t size_max = in.tree().limits().storage_value_size_bytes_max;
  if (value.size() > size_max) {
    return in.TrapBeyond(Trap::kValueTooLarge, "storage_value_size_bytes_max",
                         size_max, value.size());
  }
  Storage storage(&in, transient);
  std::optional<absl::string_view> old;
  if (answers && !storage.Get(key, &old)) return storage.failed();
  if (!storage.Put(key, value)) return in.Stop();
  return answers ? in.Return32(LengthOrSentinel(old)) : in.Done();
}

HostResult Clear(Invocation& in, absl::string_view key_bytes, bool answers,
                 bool transient) {
  state::KeyView key;
  HostResult failed;
  if (!PayForKey(in, key_bytes, &key, &failed)) return failed;
  if (in.frame().read_only) return in.Trap(Trap::kStateChangeDenied);
  Storage storage(&in, transient);
  std::optional<absl::string_view> old;
  if (answers && !storage.Get(key, &old)) return storage.failed();
  if (!storage.Delete(key)) return in.Stop();
  return answers ? in.Return32(LengthOrSentinel(old)) : in.Done();
}

// get_storage, and take_storage where `take`.
HostResult Get(Invocation& in, absl::string_view key_bytes, int out_ptr,
               int out_len_ptr, bool take, bool transient) {
  state::KeyView key;
  HostResult failed;
  if (!PayForKey(in, key_bytes, &key, &failed)) return failed;
  if (take && in.frame().read_only) return in.Trap(Trap::kStateChangeDenied);
  Storage storage(&in, transient);
  std::optional<absl::string_view> value;
  if (!storage.Get(key, &value)) return storage.failed();
  if (!value.has_value()) return in.Return(ReturnCode::kKeyNotFound);
  base::Bytes taken;
  if (take) {
    taken = base::Bytes(*value);
    value = taken;
    if (!storage.Delete(key)) return in.Stop();
  }
  if (!in.WritePair(out_ptr, out_len_ptr, *value)) return in.failed();
  return in.Return(ReturnCode::kSuccess);
}

HostResult Contains(Invocation& in, absl::string_view key_bytes,
                    bool transient) {
  state::KeyView key;
  HostResult failed;
  if (!PayForKey(in, key_bytes, &key, &failed)) return failed;
  std::optional<absl::string_view> value;
  Storage storage(&in, transient);
  if (!storage.Get(key, &value)) return storage.failed();
  return in.Return32(LengthOrSentinel(value));
}

}  // namespace

HostResult SetStorage0(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.InputFixed(0, kFixedKeySizeBytes);
  return Set(in, key, 1, 2, /*answers=*/false, /*transient=*/false);
}

HostResult SetStorage1(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.InputFixed(0, kFixedKeySizeBytes);
  return Set(in, key, 1, 2, /*answers=*/true, /*transient=*/false);
}

HostResult SetStorage2(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.Input(0, 1);
  return Set(in, key, 2, 3, /*answers=*/true, /*transient=*/false);
}

HostResult SetTransientStorage(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.Input(0, 1);
  return Set(in, key, 2, 3, /*answers=*/true, /*transient=*/true);
}

HostResult ClearStorage0(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.InputFixed(0, kFixedKeySizeBytes);
  return Clear(in, key, /*answers=*/false, /*transient=*/false);
}

HostResult ClearStorage1(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.Input(0, 1);
  return Clear(in, key, /*answers=*/true, /*transient=*/false);
}

HostResult ClearTransientStorage(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.Input(0, 1);
  return Clear(in, key, /*answers=*/true, /*transient=*/true);
}

HostResult GetStorage0(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.InputFixed(0, kFixedKeySizeBytes);
  return Get(in, key, 1, 2, /*take=*/false, /*transient=*/false);
}

HostResult GetStorage1(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.Input(0, 1);
  return Get(in, key, 2, 3, /*take=*/false, /*transient=*/false);
}

HostResult GetTransientStorage(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.Input(0, 1);
  return Get(in, key, 2, 3, /*take=*/false, /*transient=*/true);
}

HostResult TakeStorage(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.Input(0, 1);
  return Get(in, key, 2, 3, /*take=*/true, /*transient=*/false);
}

HostResult TakeTransientStorage(HostCall& call) {
  Invocation in(call);
  const absl::string_view key = in.Input(0, 1);
  return Get(in, key, 2, 3, /*take=*/true, /*transient=*/true);
}

HostResult ContainsStorage0(HostCall& call) {
  Invocation in(call);
  return Contains(in, in.InputFixed(0, kFixedKeySizeBytes),
                  /*transient=*/false);
}

HostResult ContainsStorage1(HostCall& call) {
  Invocation in(call);
  return Contains(in, in.Input(0, 1), /*transient=*/false);
}

HostResult ContainsTransientStorage(HostCall& call) {
  Invocation in(call);
  return Contains(in, in.Input(0, 1), /*transient=*/true);
}

}  // namespace ashlar::host::seal
