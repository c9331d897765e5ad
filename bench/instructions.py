"""Counts the instructions of some workloads and compares with a baseline.

Usage: instructions.py PROGRAM BASELINE [--update] [NAME...]

Times on a shared machine vary by tens of per cent; the number of instructions
does not. PROGRAM (bench/instructions.cc) runs under callgrind. A workload that
needs over 3 % more instructions than BASELINE says fails. --update writes
what was counted to BASELINE instead; rows of workloads that were not counted
stay. From the checkout's root:

    bazel build //bench:instructions
    python3 bench/instructions.py bazel-bin/bench/instructions \\
        bench/instructions.txt --update
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOLERANCE = 0.03
# memset and memcpy of every machine alike: neither `rep stosb`, which would
# count as an instruction a byte, nor what only some processors have.
TUNABLES = ("glibc.cpu.x86_rep_stosb_threshold=1000000000:"
            "glibc.cpu.x86_rep_movsb_threshold=1000000000:"
            "glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM")
HEADER = """\
# Instructions of the processor, and indirect jumps among them, by workload:
# what bench/instructions.py counts. Written by its --update.
"""
BUILD = "build"  # the row that says by what the counted program was built
SKIPPED = re.compile(r"^skipped: (\S+):", re.M)


class Counted:
  """What a program was built by, and its rows; or what a baseline says."""

  def __init__(self, build="", rows=None, skipped=()):
    self.build = build
    self.rows = rows or {}  # {name: (instructions, indirect jumps)}
    self.skipped = set(skipped)


def parse_baseline(text):
  baseline = Counted()
  for line in text.splitlines():
    if not line.strip() or line.startswith("#"):
      continue
    name, *values = line.split()
    if name == BUILD:
      baseline.build = values[0]
    else:
      baseline.rows[name] = tuple(map(int, values))
  return baseline


def format_baseline(counted):
  lines = [f"{BUILD} {counted.build}"]
  lines += [f"{name} {instructions} {jumps}"
            for name, (instructions, jumps) in sorted(counted.rows.items())]
  return HEADER + "\n".join(lines) + "\n"


def parse_dump(text):
  """(name, instructions, indirect jumps) of one dump, or None."""
  name = re.search(r"^desc: Trigger: Client Request: (\S+)$", text, re.M)
  events = re.search(r"^events: (.*)$", text, re.M)
  totals = re.search(r"^(?:totals|summary): (.*)$", text, re.M)
  if not (name and events and totals):
    return None
  counts = dict(zip(events.group(1).split(),
                    map(int, totals.group(1).split())))
  return name.group(1), counts["Ir"], counts.get("Bi", 0)


def parse_build(text):
  return re.search(r"^build: (\S+)$", text, re.M).group(1)


def build_of(program):
  """Who built it; valgrind cannot load what has sanitizers."""
  return parse_build(subprocess.run([program, "no workload"], check=True,
                                    stdout=subprocess.PIPE, text=True).stdout)


def count(program, names):
  """Runs the workloads; those of `names`, or all."""
  folder = tempfile.mkdtemp()
  try:
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--instr-atstart=no",
         "--branch-sim=yes", "--callgrind-out-file=" + folder + "/out",
         program, *names],
        env={**os.environ, "GLIBC_TUNABLES": TUNABLES}, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode != 0:
      print(run.stderr)
      raise SystemExit(f"instructions: exit status {run.returncode}")
    counted = Counted(
        build=parse_build(run.stdout),
        skipped=SKIPPED.findall(run.stdout))
    print(run.stdout, end="")
    for path in glob.glob(folder + "/out*"):
      with open(path, encoding="utf-8") as file:
        dump = parse_dump(file.read())
      if dump:
        counted.rows[dump[0]] = dump[1:]
    return counted
  finally:
    shutil.rmtree(folder)


def compare(baseline, counted):
  """A line for each workload, and what is wrong, a line each."""
  lines = []
  wrong = []
  for name, (instructions, jumps) in sorted(counted.rows.items()):
    if name not in baseline.rows:
      wrong.append(f"{name}: the baseline does not have it")
      continue
    ratio = instructions / baseline.rows[name][0]
    if ratio > 1 + TOLERANCE:
      wrong.append(f"{name}: {ratio:.4f} times the baseline's instructions")
    fewer = "  fewer: update" if ratio < 1 - TOLERANCE else ""
    lines.append(f"{name:24} {instructions:>10} instructions {jumps:>9} "
                 f"indirect jumps {ratio:7.4f}{fewer}")
  return lines, wrong


def missing(baseline, counted):
  """Rows of the baseline that nobody counted."""
  return [f"{name}: was not counted"
          for name in sorted(baseline.rows.keys() - counted.rows.keys() -
                             counted.skipped)]


def main(arguments):
  program, path, *rest = [a for a in arguments if a != "--update"]
  if shutil.which("valgrind") is None:
    print("skipped: instructions: valgrind is not installed")
    return 0
  program = os.path.realpath(program)
  is_update = "--update" in arguments
  with open(path, encoding="utf-8") as file:
    baseline = parse_baseline(file.read())
  build = build_of(program)
  if build != baseline.build and not is_update:
    print(f"skipped: instructions: built by {build}, the baseline is of "
          f"{baseline.build}")
    return 0
  counted = count(program, rest)
  if is_update:
    counted.rows = {**baseline.rows, **counted.rows}
    with open(path, "w", encoding="utf-8") as file:
      file.write(format_baseline(counted))
    return 0
  lines, wrong = compare(baseline, counted)
  if not rest:
    wrong += missing(baseline, counted)
  print("\n".join(lines + wrong))
  print(f"instructions: {len(counted.rows)} workloads, {len(wrong)} violations")
  return 1 if wrong else 0


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
