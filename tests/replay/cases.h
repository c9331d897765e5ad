// Calls that end in every way there is, for tests of replay records.
#ifndef TESTS_REPLAY_CASES_H_
#define TESTS_REPLAY_CASES_H_

#include <functional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "replay/archive.h"
#include "replay/recorder.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {

struct Case {
  std::string name;
  // How it is known to end: a case that ends otherwise tests something else.
  engine::OutcomeClass outcome;
  std::function<engine::ExecuteRequest(Chain&)> prepare;
};

// In an order that never changes; all under seal-1.
std::vector<Case> Cases();

// Executes and adds the record. Aborts where there is no outcome.
engine::Completed Record(Chain* chain, const engine::ExecuteRequest& request,
                         replay::ArchiveWriter* writer,
                         replay::Modules modules = replay::Modules::kAttached);

// A file of that record alone.
base::Bytes RecordOf(Chain* chain, const engine::ExecuteRequest& request,
                     replay::Modules modules = replay::Modules::kAttached);

}  // namespace ashlar::testing

#endif  // TESTS_REPLAY_CASES_H_
