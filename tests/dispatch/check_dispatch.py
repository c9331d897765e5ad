"""Checks that each handler of the interpreter has its own indirect jump.

And that it has a branch to each handler that it looks for first
(engine/interp/followers.h).

Usage: check_dispatch.py LIST_HANDLERS OBJECTS... [--steps OBJECTS...]

The interpreter's speed hangs on it: where a compiler merges the jumps of
several handlers, or turns the two arms of a branch into one jump behind a
cmov, the processor predicts them with one history. LIST_HANDLERS prints the
handlers and how often each dispatches; each of OBJECTS is an archive or an
object file that holds their code. With a compiler that makes one function of
them all, its labels are looked at (one_function.py). The objects behind --steps
hold such a function of the translator's steps (engine/compile/steps.h), whose
jumps are counted: each that is merged is missing. Prints what is wrong, with the
handler's name where there is one, and exits with 1.
"""

import re
import subprocess
import sys

import one_function

MEMBER = re.compile(r"^(\S+):\s+file format")
FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
# The mangled name of a handler: its own name behind its length.
HANDLER = re.compile(r"_GLOBAL__N_1(\d+)Handle(\w+)")
INDIRECT_JUMP = re.compile(r"\bjmp[q]?\s+\*")
# Where it leads is in a second line where each handler has its own section.
DIRECT_JUMP = re.compile(
    r"\bj\w+\s+[0-9a-f]+ <([^>]*)>(?:\n.*\bR_X86_64_\S+\s+(\S+))?")
CONDITIONAL_MOVE = re.compile(r"\bcmov")
# The function that holds all handlers, where they are no functions.
ONE_FUNCTION = "RunOrTable"
# The function that holds all steps of the translator. There are two of them,
# one for translations that note where instructions begin.
STEPS_FUNCTION = "ListOrRun"


def handler_of(symbol):
  """`BrI32Eq_SS` of a handler's mangled symbol, or None."""
  match = HANDLER.search(symbol)
  if match is None:
    return None
  length = int(match.group(1)) - len("Handle")
  return match.group(2)[:length]


def jumps_of(function, disassembly):
  """How many indirect jumps each function of that name has."""
  found = {}
  symbol = None
  for line in disassembly.split("\n"):
    match = FUNCTION.match(line)
    if match:
      # A part that was split off belongs to its function.
      symbol = match.group(1).split(".")[0]
      if function in symbol:
        found.setdefault(symbol, 0)
    elif symbol in found and INDIRECT_JUMP.search(line):
      found[symbol] += 1
  return list(found.values())


def step_violations(wanted, disassembly):
  """What is wrong with the translator's steps, a line each."""
  found = jumps_of(STEPS_FUNCTION, disassembly)
  if not found:
    yield f"{STEPS_FUNCTION}: has no code of its own"
  for jumps in found:
    if jumps < wanted:
      yield (f"{STEPS_FUNCTION}: {jumps} indirect jumps, at least {wanted} "
             "expected")


def functions(disassembly):
  """Instructions of the handlers, by name, from objdump's text."""
  found = {}
  lines = None
  for line in disassembly.split("\n"):
    if MEMBER.match(line):
      lines = None
    match = FUNCTION.match(line)
    if match:
      name = handler_of(match.group(1))
      # A part that was split off belongs to its handler.
      lines = None if name is None else found.setdefault(name, [])
    elif lines is not None and line.strip():
      lines.append(line)
  return found


def violations(handlers, disassembly, tables):
  """What is wrong, a line each. handlers: [(name, jumps, followers)]."""
  if jumps_of(ONE_FUNCTION, disassembly):
    yield from one_function.violations(handlers, ONE_FUNCTION, tables,
                                       disassembly)
    return
  found = functions(disassembly)
  for name, wanted, followers in handlers:
    if name not in found:
      yield f"{name}: has no code of its own"
      continue
    jumps = sum(1 for line in found[name] if INDIRECT_JUMP.search(line))
    if jumps < wanted:
      yield f"{name}: {jumps} indirect jumps, at least {wanted} expected"
    moves = sum(1 for line in found[name] if CONDITIONAL_MOVE.search(line))
    if wanted > 1 and moves > 0:
      yield f"{name}: a branch by cmov"
    # With an offset and no relocation it is a place within the handler itself.
    targets = {handler_of(second or first) for first, second in
               DIRECT_JUMP.findall("\n".join(found[name]))
               if second or "+" not in first}
    for follower in followers:
      if follower not in targets:
        yield f"{name}: no branch to {follower}"


def objdump(options, path):
  return subprocess.run(
      ["objdump", options, "--no-show-raw-insn", path], check=True,
      stdout=subprocess.PIPE, text=True).stdout


def report(path, what, wrong):
  """Says what is wrong with one object; how much that is."""
  for line in wrong:
    print(f"dispatch: {line}")
  print(f"dispatch: {path}: {what}, {len(wrong)} violations")
  return len(wrong)


def main(arguments):
  list_handlers, *paths = arguments
  split = paths.index("--steps") if "--steps" in paths else len(paths)
  listed = subprocess.run([list_handlers], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.splitlines()
  if listed[0].startswith("skip"):
    print(f"dispatch: {listed[0]}")
    return 0
  handlers = []
  for line in listed[1:]:
    name, jumps, *followers = line.split()
    handlers.append((name, int(jumps), followers))
  steps = handlers.pop(0)[1]
  count = 0
  for path in paths[:split]:
    if path.endswith((".a", ".o")):
      count += report(path, f"{len(handlers)} handlers",
                      list(violations(handlers, objdump("-dr", path),
                                      objdump("-tr", path))))
  for path in paths[split + 1:]:
    count += report(path, f"{steps} steps",
                    list(step_violations(steps, objdump("-dr", path))))
  return 1 if count else 0


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
