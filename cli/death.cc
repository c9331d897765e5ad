#include "cli/death.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/outcome.h"

namespace ashlar::cli {
namespace {

// What the child answers where it lives: the outcome's number above this, or
// this where it has none.
constexpr int kLived = 64;

int Execute(const replay::Archive& archive, const replay::Record& record,
            const engine::ExecuteRequest& request, engine::Engine* engine,
            replay::ModuleSource modules) {
  replay::RecordedState state(record, archive, modules);
  const auto result = engine->Execute(request, &state, /*cancel=*/nullptr);
  if (!result.ok() || !result->completed.has_value()) return kLived;
  return kLived + static_cast<int>(result->completed->outcome.klass);
}

}  // namespace

absl::StatusOr<replay::Verdict> ReplayDeath(const replay::Archive& archive,
                                            const replay::Record& record,
                                            engine::Engine* engine,
                                            replay::ModuleSource modules) {
  RETURN_IF_ERROR(replay::ProfileOf(record, engine->profiles()).status());
  ASSIGN_OR_RETURN(const engine::ExecuteRequest request,
                   replay::RequestOf(record, archive, modules));
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot start a process: ", strerror(errno)));
  }
  if (child == 0) _exit(Execute(archive, record, request, engine, modules));
  int status = 0;
  if (waitpid(child, &status, 0) != child) {
    return absl::UnavailableError(
        absl::StrCat("the process was lost: ", strerror(errno)));
  }
  replay::Verdict verdict;
  verdict.is_match = WIFSIGNALED(status);
  if (verdict.is_match) return verdict;
  const int answer = WIFEXITED(status) ? WEXITSTATUS(status) - kLived : 0;
  verdict.first_difference = absl::StrCat(
      "outcome: recorded the death of the process, replayed ",
      answer > 0
          ? engine::OutcomeName(static_cast<engine::OutcomeClass>(answer))
          : absl::string_view("no outcome"));
  return verdict;
}

}  // namespace ashlar::cli
