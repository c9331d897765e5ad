// Another build of ashlar, asked for what it makes of a record.
#ifndef CLI_OTHER_ENGINE_H_
#define CLI_OTHER_ENGINE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "replay/bisect.h"

namespace ashlar::cli {

class OtherEngine {
 public:
  struct Question {
    std::string engine;   // the program's path
    std::string record;   // the file's
    std::string profile;  // a name or a file; empty: the record's
    std::vector<std::string> modules;
  };
  explicit OtherEngine(Question question) : question_(std::move(question)) {}

  // Starts the program as `replay --mark FUEL`. UNAVAILABLE: it cannot be
  // started, or did not answer.
  absl::StatusOr<replay::Standing> StandAt(uint64_t fuel) const;

 private:
  Question question_;
};

}  // namespace ashlar::cli

#endif  // CLI_OTHER_ENGINE_H_
