"""Checks that each handler of the interpreter has its own indirect jump.

Usage: check_dispatch.py LIST_HANDLERS LIBRARY

The interpreter's speed hangs on it: where a compiler merges the jumps of
several handlers, or turns the two arms of a branch into one jump behind a
cmov, the processor predicts them with one history. LIST_HANDLERS prints the
handlers and how often each dispatches; LIBRARY is the archive that holds their
code. Prints what is wrong with the handler's name, and exits with 1.
"""

import re
import subprocess
import sys

MEMBER = re.compile(r"^(\S+):\s+file format")
FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
# The mangled name of a handler: its own name behind its length.
HANDLER = re.compile(r"_GLOBAL__N_1(\d+)Handle(\w+)")
INDIRECT_JUMP = re.compile(r"\bjmp[q]?\s+\*")
CONDITIONAL_MOVE = re.compile(r"\bcmov")


def handler_of(symbol):
  """`BrI32Eq_SS` of a handler's mangled symbol, or None."""
  match = HANDLER.search(symbol)
  if match is None:
    return None
  length = int(match.group(1)) - len("Handle")
  return match.group(2)[:length]


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


def violations(handlers, disassembly):
  """What is wrong, a line each. handlers: [(name, jumps)]."""
  found = functions(disassembly)
  for name, wanted in handlers:
    if name not in found:
      yield f"{name}: has no code of its own"
      continue
    jumps = sum(1 for line in found[name] if INDIRECT_JUMP.search(line))
    if jumps < wanted:
      yield f"{name}: {jumps} indirect jumps, at least {wanted} expected"
    moves = sum(1 for line in found[name] if CONDITIONAL_MOVE.search(line))
    if wanted > 1 and moves > 0:
      yield f"{name}: a branch by cmov"


def main(arguments):
  list_handlers, *libraries = arguments
  listed = subprocess.run([list_handlers], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.splitlines()
  if listed[0].startswith("skip"):
    print(f"dispatch: {listed[0]}")
    return 0
  handlers = []
  for line in listed[1:]:
    name, jumps = line.split()
    handlers.append((name, int(jumps)))
  archive = next(path for path in libraries if path.endswith(".a"))
  disassembly = subprocess.run(
      ["objdump", "-d", "--no-show-raw-insn", archive], check=True,
      stdout=subprocess.PIPE, text=True).stdout
  wrong = list(violations(handlers, disassembly))
  for line in wrong:
    print(f"dispatch: {line}")
  print(f"dispatch: {len(handlers)} handlers, {len(wrong)} violations")
  return 1 if wrong else 0


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
