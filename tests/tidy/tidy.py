"""Enforces the rules of style that a compiler does not see.

Usage: tidy.py [--format] [FOLDER...]

Prints `file:line: what is wrong` for every violation below the checkout's
root (or only below the named folders) and exits with 1 where there is one.
--format also runs clang-format.

A rule is a row of RULES: where it holds, a pattern that a line must not have,
and why. tidy_test.py tries each row against lines that it must refuse and
lines that it must leave alone, so a row carries both.
"""

import dataclasses
import os
import re
import subprocess
import sys

ROOT = os.path.realpath(
    os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))

LINE_COLUMNS_MAX = 80
HEADER_LINES_MAX = 300
SOURCE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

# Below rpc/ nothing knows the network, threads, clocks or chance.
CORE = r"(engine|metering|naive|replay)/.*\.(h|cc|inc|def)"
CORE_BUT_TESTS = r"(engine|metering|naive|replay)/(?!.*_test\.cc$).*\.(h|cc|inc|def)"
# These two may lock: the store and the module cache.
CORE_WITHOUT_LOCKS = (
    r"(engine|metering|naive|replay)/(?!state/|module_cache)(?!.*_test\.cc$)"
    r".*\.(h|cc|inc|def)")
CODE = r".*\.(h|cc|inc|def)"
TEXT = r".*(\.(h|cc|inc|def|bzl|bazel|py|sh|md|proto|wat|txt|json)|/[^./]+)"


@dataclasses.dataclass(frozen=True)
class Rule:
  name: str
  files: str  # matches the whole path, from the root
  pattern: str
  why: str
  refused: tuple  # sample lines for the rule's test
  accepted: tuple
  in_comments: bool = False  # whether comments and strings are looked at, too


def include(names):
  return r'#\s*include\s*[<"](' + names + r')[>"]'


RULES = (
    Rule("no-grpc", CORE,
         include(r"grpc/.*|grpc\+\+/.*|grpcpp/.*|google/.*|.*\.pb\.h"),
         "no gRPC or protobuf below rpc/",
         ('#include <grpcpp/grpcpp.h>', '#include "ashlar/v1/modules.pb.h"',
          '#include <google/protobuf/message.h>'),
         ('#include "engine/profile.h"', '#include <string>')),
    Rule("no-threads", CORE_BUT_TESTS,
         include(r"thread|future|stop_token|barrier|latch|semaphore|"
                 r"condition_variable|execution|pthread\.h|threads\.h|"
                 r"absl/synchronization/(?!mutex).*"),
         "no threads below rpc/",
         ('#include <thread>', '#include <pthread.h>',
          '#include "absl/synchronization/notification.h"'),
         ('#include "engine/interp/execution.h"', '#include <atomic>')),
    Rule("no-locks", CORE_WITHOUT_LOCKS,
         include(r"mutex|shared_mutex|absl/synchronization/.*"),
         "only engine/state/ and the module cache may lock",
         ('#include <mutex>', '#include "absl/synchronization/mutex.h"'),
         ('#include <memory>',)),
    Rule("no-clocks", CORE_BUT_TESTS,
         include(r"chrono|ctime|time\.h|sys/time\.h|absl/time/.*") +
         r"|\b(clock_gettime|gettimeofday|__builtin_ia32_rdtsc)\b",
         "no clocks below rpc/",
         ('#include <chrono>', '#include "absl/time/time.h"',
          '  clock_gettime(CLOCK_MONOTONIC, &now);'),
         ('#include <compare>',)),
    Rule("no-chance", CORE_BUT_TESTS,
         include(r"random|absl/random/.*|sys/random\.h|cryptopp/osrng\.h") +
         r"|\b(s?rand|rand_r|getrandom|getentropy|getenv|secure_getenv)\s*\(",
         "no randomness and no environment below rpc/",
         ('#include <random>', 'int x = rand();', 'std::getenv("HOME")'),
         ('int operand();', 'context.random()')),
    Rule("no-throw", CORE_BUT_TESTS, r"\bthrow\b(?! std::bad_alloc\(\))",
         "nothing is thrown but bad_alloc: return a status or an outcome",
         ('  throw std::runtime_error("x");', '  throw;'),
         ('// We throw nothing.', 'Put("throw it away");',
          '  throw std::bad_alloc();')),
    Rule("no-assert", CORE, r"(?<!\w)assert\s*\(|#\s*include\s*<cassert>",
         "assert() is gone in optimised builds: use CHECK",
         ('  assert(x > 0);', '#include <cassert>'),
         ('static_assert(sizeof(Slot) == 8);', '// assert(x)')),
    Rule("no-std-string-view", CODE,
         r"\bstd::string_view\b|" + include("string_view"),
         "use absl::string_view; this Abseil's does not convert",
         ('void F(std::string_view s);', '#include <string_view>'),
         ('void F(absl::string_view s);',)),
    Rule("no-pragma-once", r".*\.h", r"#\s*pragma\s+once",
         "headers have guards named by their path",
         ('#pragma once',), ('#pragma GCC diagnostic pop',)),
    Rule("no-machine-path", TEXT,
         r"(?<![\w.~$}])/(?:work|home|root|Users)/",
         "no absolute path of one machine",
         tuple(f"open('{path}x')" for path in
               ("/ho" "me/", "/wo" "rk/", "/ro" "ot/")),
         ('https://a.org/work/x', 'design/home/x', '$HOME/x'),
         in_comments=True),
    Rule("no-tab", CODE, r"\t", "spaces, no tabs",
         ('\tint x;',), ('  int x;',), in_comments=True),
    Rule("no-trailing-space", TEXT, r"[ \t]+$", "blanks at the end of a line",
         ('int x; ',), ('int x;',), in_comments=True),
)

SKIPPED_FOLDERS = {".git", "node_modules", "__pycache__"}

STRING_OR_COMMENT = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'|//[^\n]*|/\*.*?\*/', re.DOTALL)


def blank(match):
  """Empties a comment or a string, and keeps its lines."""
  text = match.group(0)
  if text.startswith("/"):
    return "\n" * text.count("\n")
  return text[0] + text[-1]


def code_lines(text):
  """The lines of `text` without comments and without what strings hold."""
  kept = []
  # The name of an included file is no string.
  for part in re.split(r"(?m)^(\s*#\s*include[^\n]*)$", text):
    if re.match(r"\s*#\s*include", part):
      kept.append(part.split("//")[0])
    else:
      kept.append(STRING_OR_COMMENT.sub(blank, part))
  return "".join(kept).split("\n")


def check_rules(path, lines, code):
  for rule in RULES:
    if not re.fullmatch(rule.files, path):
      continue
    for number, line in enumerate(lines if rule.in_comments else code, 1):
      if re.search(rule.pattern, line):
        yield number, f"{rule.why} [{rule.name}]"


def check_lengths(path, lines):
  """Columns, lines of a file. Tables (.def, .inc) and tests may be longer."""
  if not path.endswith((".h", ".cc")):
    return
  for number, line in enumerate(lines, 1):
    unbreakable = "http" in line or line.startswith("#")
    if len(line) > LINE_COLUMNS_MAX and not unbreakable:
      yield number, f"{len(line)} columns, at most {LINE_COLUMNS_MAX} [columns]"
  if path.startswith("tests/") or path.endswith("_test.cc"):
    return
  lines_max = HEADER_LINES_MAX if path.endswith(".h") else SOURCE_LINES_MAX
  if len(lines) > lines_max:
    yield len(lines), f"{len(lines)} lines, at most {lines_max} [file-length]"


def check_functions(path, lines):
  """Lines of a function that is defined at namespace level.

  In clang-format's layout only a function's end is a `}` alone in column 0
  (a type ends with `};`, a namespace with a comment), and what stands in
  column 0 last before it is the function's first line.
  """
  is_code = path.endswith((".h", ".cc"))
  if not is_code or path.startswith("tests/") or path.endswith("_test.cc"):
    return
  start = 0
  for number, line in enumerate(lines, 1):
    if re.match(r"[A-Za-z_\[:~]", line):
      start = number
    elif line == "}" and number - start >= FUNCTION_LINES_MAX:
      yield start, (f"function of {number - start + 1} lines, at most "
                    f"{FUNCTION_LINES_MAX} [function-length]")


def check_guard(path, lines):
  if not path.endswith(".h"):
    return
  guard = re.sub(r"[^A-Za-z0-9]", "_", path).upper() + "_"
  if f"#ifndef {guard}" not in lines:
    yield 1, f"the header guard is not {guard} [guard]"


def check_text(path, text):
  """All violations of one file as (line number, text)."""
  lines = text.split("\n")
  if lines and not lines[-1]:
    lines.pop()
  code = code_lines(text) if re.fullmatch(CODE, path) else lines
  yield from check_rules(path, lines, code)
  yield from check_lengths(path, lines)
  yield from check_guard(path, lines)
  yield from check_functions(path, lines)


def files_below(folder):
  """Paths from the root, sorted."""
  found = []
  for parent, folders, files in os.walk(os.path.join(ROOT, folder)):
    folders[:] = [
        name for name in folders
        if name not in SKIPPED_FOLDERS and not name.startswith("bazel-")
    ]
    for name in files:
      full = os.path.join(parent, name)
      if not os.path.islink(full):
        found.append(os.path.relpath(full, ROOT))
  return sorted(found)


def check_format(paths):
  """Runs clang-format on all sources at once; its report is in its words."""
  sources = [path for path in paths if path.endswith((".h", ".cc"))]
  if not sources:
    return True
  return subprocess.run(
      ["clang-format-19", "--dry-run", "--Werror", *sources],
      cwd=ROOT, check=False).returncode == 0


def main(arguments):
  with_format = "--format" in arguments
  folders = [a for a in arguments if a != "--format"] or ["."]
  paths = [path for folder in folders for path in files_below(folder)]
  violations = 0
  for path in paths:
    if not re.fullmatch(TEXT, path):
      continue
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
      try:
        text = file.read()
      except UnicodeDecodeError:
        continue  # data, not text
    for number, what in check_text(path, text):
      print(f"{path}:{number}: {what}")
      violations += 1
  well_formatted = not with_format or check_format(paths)
  if violations:
    print(f"tidy: {violations} violations in {len(paths)} files")
  return 0 if violations == 0 and well_formatted else 1


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
