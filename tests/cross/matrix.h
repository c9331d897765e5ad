// The same executions in every way that this build can make them, as digests
// that other builds must give, too.
#ifndef TESTS_CROSS_MATRIX_H_
#define TESTS_CROSS_MATRIX_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/reader.h"

namespace ashlar::testing {

// What one way of executing came to.
struct ModeDigest {
  std::string mode;
  uint64_t executions = 0;
  // Over all answers in their order: outcome, fuel, effects, events, reads,
  // resources and digests of each (replay::EncodeAnswer).
  base::Hash256 digest;
};

class Matrix {
 public:
  Matrix();

  // Every record of a file of records, as it was recorded and with the other
  // activation. Aborts where the file is malformed.
  void AddRecords(absl::string_view file);
  // Programs of tests/contracts with seeds 0 to count - 1, fresh and activated.
  void AddContracts(uint64_t count);

  // A line for each mode. Ways that must answer alike are compared here, answer
  // by answer; so are records with what they recorded. What is wrong is added
  // to `wrong`.
  std::vector<ModeDigest> Run(size_t thread_count,
                              std::vector<std::string>* wrong);

 private:
  struct Item {
    std::string name;
    engine::ExecuteRequest request;
    // The state that it is executed over; may be called by many threads.
    std::function<std::unique_ptr<state::Reader>()> open;
    std::string recorded;  // the answer; empty where there is none
  };
  using Answers = std::vector<std::string>;
  using Way = std::function<absl::StatusOr<engine::ExecuteResult>(
      const engine::ExecuteRequest&, state::Reader*)>;

  void AddFreshAndActivated(const Item& item,
                            const std::vector<base::Hash256>& modules);
  static std::string Answer(const Item& item, const Way& way);
  // All items, one after the other, `rounds` times; the last answers.
  Answers Execute(const Way& way, int rounds = 1) const;
  void Compare(absl::string_view mode, const Answers& expected,
               const Answers& actual, std::vector<std::string>* wrong) const;
  Answers Marks(engine::Engine* engine, const Answers& answers) const;
  void RunOnThreads(size_t thread_count, const Answers& expected,
                    std::vector<std::string>* wrong) const;

  engine::ProfileSet profiles_;
  std::vector<Item> items_;
};

// Generated modules with all features, floats among them, below the facade:
// results, traps, fuel, memory, globals and tables of seeds 0 to count - 1.
ModeDigest RunModules(uint64_t count);

// The maxima of strict-1 and of relaxed-1 (tests/util/maxima.h).
ModeDigest RunMaxima();

// Over all lines.
base::Hash256 Total(const std::vector<ModeDigest>& lines);

}  // namespace ashlar::testing

#endif  // TESTS_CROSS_MATRIX_H_
