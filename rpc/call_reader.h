// The state of one call as its request states it, with the rule where modules
// are looked for.
#ifndef RPC_CALL_READER_H_
#define RPC_CALL_READER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/state/reader.h"
#include "engine/state/store.h"
#include "rpc/convert.h"

namespace ashlar::rpc {

// Reads entries from `entries`. A module is looked for, in this order: the
// call's own one, `entries`, the hashes stated to be absent, the store.
class CallReader : public state::Reader {
 public:
  // What it means that a module was found nowhere.
  enum class Missing { kAbsent, kUnknown };

  // `store` may be null: then it is not asked. All are borrowed.
  CallReader(state::Reader* entries, const InlineState* inline_state,
             state::VersionedStore* store, Missing missing)
      : entries_(entries),
        inline_state_(inline_state),
        store_(store),
        missing_(missing) {}

  // Makes the module known, whatever the rules above say.
  void SetOwnModule(const base::Hash256& hash,
                    std::shared_ptr<const base::Bytes> bytes) {
    own_hash_ = hash;
    own_module_ = std::move(bytes);
  }

  absl::StatusOr<state::ReadResult> Read(const state::Key& key) override {
    return entries_->Read(key);
  }
  absl::StatusOr<state::ModuleResult> Module(
      const base::Hash256& hash) override;

 private:
  state::Reader* const entries_;
  const InlineState* const inline_state_;  // null: none
  state::VersionedStore* const store_;
  const Missing missing_;
  base::Hash256 own_hash_;
  std::shared_ptr<const base::Bytes> own_module_;
};

}  // namespace ashlar::rpc

#endif  // RPC_CALL_READER_H_
