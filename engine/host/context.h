// The block context of an execution, and which of its fields were read.
#ifndef ENGINE_HOST_CONTEXT_H_
#define ENGINE_HOST_CONTEXT_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/serial.h"

namespace ashlar::host {

namespace context_types {
using U64 = uint64_t;
using Hash = base::Hash256;
using Balance = unsigned __int128;
using Bool = bool;
}  // namespace context_types

// One field a row of context.def.
struct BlockContext {
#define CONTEXT(field, type, initial, meaning) \
  context_types::type field = initial;
#include "engine/host/context.def"

  friend bool operator==(const BlockContext&, const BlockContext&) = default;
};

// Rows of context.def, named by their fields.
enum class ContextField : uint8_t {
#define CONTEXT(field, type, initial, meaning) k_##field,
#include "engine/host/context.def"
  kCount
};

// "timestamp_ms".
absl::string_view ContextFieldName(ContextField field);

// Appends the value of one field: u64, 32 bytes, u128 or a u8 of 0 or 1.
void WriteContextField(const BlockContext& context, ContextField field,
                       base::Writer* writer);

// Reads what WriteContextField wrote; false, and nothing is read or changed,
// where there is no such value.
[[nodiscard]] bool ReadContextField(ContextField field, base::Reader* reader,
                                    BlockContext* context);

// A context that remembers which fields were looked at. Not thread-safe.
class TrackedContext {
 public:
  // `context` outlives this object.
  explicit TrackedContext(const BlockContext* context) : context_(context) {}

#define CONTEXT(field, type, initial, meaning)                 \
  context_types::type field() {                                \
    reads_ |= 1u << static_cast<int>(ContextField::k_##field); \
    return context_->field;                                    \
  }
#include "engine/host/context.def"

  bool was_read(ContextField field) const {
    return (reads_ >> static_cast<int>(field)) & 1;
  }
  const BlockContext& untracked() const { return *context_; }

 private:
  const BlockContext* context_;
  uint32_t reads_ = 0;
};

}  // namespace ashlar::host

#endif  // ENGINE_HOST_CONTEXT_H_
