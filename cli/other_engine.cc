#include "cli/other_engine.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/standing.h"
#include "engine/base/status_macros.h"

namespace ashlar::cli {
namespace {

// What it wrote to stdout, once it has ended with 0.
absl::StatusOr<std::string> OutputOf(const std::vector<std::string>& command) {
  const auto unavailable = [&](absl::string_view why) {
    return absl::UnavailableError(absl::StrCat(command[0], ": ", why));
  };
  int ends[2];
  if (pipe(ends) != 0) return unavailable(strerror(errno));
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  pid_t child = 0;
  const int failed = posix_spawn(&child, arguments[0], &actions, nullptr,
                                 arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string output;
  char buffer[4096];
  ssize_t size = 0;
  while (failed == 0 && (size = read(ends[0], buffer, sizeof(buffer))) > 0) {
    output.append(buffer, static_cast<size_t>(size));
  }
  close(ends[0]);
  if (failed != 0) return unavailable(strerror(failed));
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
      WEXITSTATUS(status) != 0) {
    return unavailable("`replay --mark` failed there");
  }
  return output;
}

}  // namespace

absl::StatusOr<replay::Standing> OtherEngine::StandAt(uint64_t fuel) const {
  std::vector<std::string> command = {question_.engine, "replay",
                                      question_.record, "--json",
                                      "--mark",         absl::StrCat(fuel)};
  if (!question_.profile.empty()) {
    command.insert(command.end(), {"--profile", question_.profile});
  }
  for (const std::string& module : question_.modules) {
    command.insert(command.end(), {"--module", module});
  }
  ASSIGN_OR_RETURN(const std::string output, OutputOf(command));
  auto standing = ParseStanding(output);
  if (standing.ok()) return standing;
  return absl::UnavailableError(
      absl::StrCat(question_.engine, ": ", standing.status().message()));
}

}  // namespace ashlar::cli
