// The calls that golden records are made of.
#ifndef TESTS_GOLDEN_CORPUS_H_
#define TESTS_GOLDEN_CORPUS_H_

#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"

namespace ashlar::testing {

// Executes all of them with this build; a file of their records. `token` is
// the module of contracts/token.
base::Bytes MakeCorpus(absl::string_view token);

}  // namespace ashlar::testing

#endif  // TESTS_GOLDEN_CORPUS_H_
