// The module "spectest" that scripts of the specification suite import
// (its interpreter's spectest.ml): prints that print nothing, a global of each
// number type, a table and a memory.
#ifndef CLI_SPECTEST_H_
#define CLI_SPECTEST_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "engine/interp/instance.h"

namespace ashlar::cli {

// Exports of one script's spectest. They live in `store`, which must outlive
// this object.
class Spectest {
 public:
  Spectest(interp::Store* store, uint32_t memory_pages_max);

  // nullptr where there is none of that name.
  const interp::Extern* Find(absl::string_view name) const;

 private:
  absl::flat_hash_map<absl::string_view, interp::Extern> exports_;
};

}  // namespace ashlar::cli

#endif  // CLI_SPECTEST_H_
