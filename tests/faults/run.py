"""Puts faults into a copy of the sources, one by one, and says what notices.

Usage: run.py [--work FOLDER] [--only NAME,...] [--report FILE] [--wrap COMMAND]
              [--part I/N] [--unchecked]

A fault is an entry of faults.txt. The copy (in --work) is built without Bazel,
into one binary of all tests that need no server, so that a fault costs the
compilation of what it touches and a link. The stages of tests below run in
their order until one fails; a crash, a failed CHECK and a stage that does not
end within its time are failures. Exit status 1: fewer than 95 % were noticed,
or an entry does not fit the sources any more.

--wrap is put before every command that takes long (`nice`, say).
"""

import argparse
import concurrent.futures
import dataclasses
import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = os.path.realpath(
    os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
COMPILER = "clang++-19"
FLAGS = ("-std=c++20 -O1 -g0 -ffp-contract=off -fsigned-char "
         "-fomit-frame-pointer -w -I.").split()
LIBRARIES = ("absl_base absl_flat_hash_map absl_flat_hash_set absl_hash "
             "absl_inlined_vector absl_raw_hash_set absl_status absl_statusor "
             "absl_str_format absl_strings absl_synchronization "
             "gmock_main").split()
OTHER_LIBRARIES = ("libsodium libsecp256k1 libcrypto++ libcrypto").split()
NOTICED_MIN = 0.95

SOURCES = ("engine/*.cc", "metering/*.cc", "cli/files.cc", "tests/*.cc")
# Servers, stores on disk, tools, and tests of what has no fault in the list.
LEFT_OUT = ("engine/state/rocksdb_*", "engine/state/*store*",
            "engine/state/*kv*", "engine/state/layout*", "engine/*/make_*",
            "engine/base/*_test.cc", "engine/*_page*", "engine/wasm/disasm*",
            "engine/wasm/report*", "engine/wasm/names_test.cc",
            "engine/wasm/text_test.cc", "engine/wasm/decoder_data_test.cc",
            "engine/compile/linear_test.cc", "tests/fuzz/*", "tests/dispatch/*",
            "tests/token/*", "tests/docs/*", "tests/replay/*", "tests/faults/*",
            "tests/util/*_test.cc", "tests/naive/*_test.cc",
            "tests/corpus/contract_corpus_test.cc",
            "tests/spec/spec_test.cc")


@dataclasses.dataclass(frozen=True)
class Stage:
  name: str
  files: tuple  # whose tests it runs
  seconds: int  # a sound tree needs a fraction of them
  environment: tuple = ()


# Most sources include these for the handlers' names only: a fault in a body
# changes the code of these alone.
USERS_OF_BODIES = {
    "engine/interp/ops_*.inc": ("engine/interp/exec_threaded.cc",),
}

STAGES = (
    Stage("unit tests", ("engine/*_test.cc", "metering/*_test.cc"), 60),
    Stage("differential", ("tests/differential/*", "tests/fuel/*"), 60),
    Stage("contracts", ("tests/contracts/*",), 60,
          (("ASHLAR_CONTRACTS_SEEDS", "1500"),)),
    Stage("mutation", ("tests/mutation/*",), 90,
          (("ASHLAR_MUTATION_SEEDS", "80"),)),
    Stage("seal", ("tests/seal/*",), 180),
    Stage("spec", ("tests/spec/*", "tests/corpus/spec*",
                   "tests/corpus/kernel*", "tests/corpus/seal*"), 180),
    Stage("V8", ("tests/instrument/*",), 240,
          (("ASHLAR_V8_SEEDS", "600"),)),
    Stage("more seeds", ("tests/differential/differential_test.cc",
                         "tests/contracts/*"), 300,
          (("ASHLAR_DIFFERENTIAL_FIRST", "1000"),
           ("ASHLAR_DIFFERENTIAL_SEEDS", "4000"),
           ("ASHLAR_CONTRACTS_FIRST", "20000"))),
)


@dataclasses.dataclass
class Fault:
  name: str
  file: str
  place: int
  old: str = ""
  new: str = ""

  def apply(self, text):
    """The text with the fault in it, or None where it does not fit."""
    pattern = r"\s+".join(re.escape(word) for word in self.old.split())
    places = list(re.finditer(pattern, text))
    if len(places) < self.place:
      return None
    match = places[self.place - 1]
    return text[:match.start()] + self.new + text[match.end():]


def read_faults():
  faults = []
  with open(os.path.join(ROOT, "tests/faults/faults.txt")) as file:
    for line in file.read().splitlines():
      head = re.fullmatch(r"\[([\w-]+)\] ([\w/.]+)(?:: (\d+))?", line)
      if head:
        faults.append(Fault(head[1], head[2], int(head[3] or 1)))
      elif line.startswith("- "):
        # A backslash stands for the end of a macro's line.
        faults[-1].old = line[2:]
      elif line.startswith("+"):
        faults[-1].new = line[2:]
  return faults


def matches(path, patterns):
  return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


class Tree:
  """The copy, its objects and its one test binary."""

  def __init__(self, folder, wrap):
    self.folder = folder
    self.wrap = wrap
    self.sources = []
    self.made_of_fault = []  # by the last build
    self.binary = os.path.join(folder, "all_tests")

  def copy(self):
    for top in ("engine", "metering", "cli", "tests"):
      for where, _, names in os.walk(os.path.join(ROOT, top)):
        target = os.path.join(self.folder, os.path.relpath(where, ROOT))
        os.makedirs(target, exist_ok=True)
        for name in names:
          self.refresh(os.path.join(where, name), os.path.join(target, name))
    for where, _, names in os.walk(self.folder):
      for name in sorted(names):
        path = os.path.relpath(os.path.join(where, name), self.folder)
        original = os.path.join(ROOT, path)
        if (os.path.exists(original) and matches(path, SOURCES) and
            not matches(path, LEFT_OUT)):
          self.sources.append(path)
    for name, flags in (("kernels", ["--enable-tail-call"]), ("spectest", [])):
      stem = os.path.join(self.folder, "tests/corpus", name)
      subprocess.run(["wat2wasm", *flags, stem + ".wat", "-o", stem + ".wasm"],
                     check=True)

  @staticmethod
  def refresh(source, target):
    """Copies only what differs: what is as it was need not be built again."""
    if os.path.exists(target):
      with open(source, "rb") as a, open(target, "rb") as b:
        if a.read() == b.read():
          return
    shutil.copyfile(source, target)

  def object_of(self, source):
    return os.path.join(self.folder, "objects", source.replace("/", "__") + ".o")

  def is_stale(self, source):
    made = self.object_of(source)
    if not os.path.exists(made):
      return True
    age = os.path.getmtime(made)
    with open(made[:-2] + ".d") as file:
      needed = file.read().replace("\\\n", " ").split()[1:]
    return any(not os.path.exists(os.path.join(self.folder, path)) or
               os.path.getmtime(os.path.join(self.folder, path)) > age
               for path in needed if not path.startswith("/usr/"))

  def run(self, command, **kwargs):
    return subprocess.run([*self.wrap, *command], cwd=self.folder,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False, **kwargs)

  def build(self, jobs, changed=""):
    """None, or what the compiler says. `changed`: only this file did."""
    os.makedirs(os.path.join(self.folder, "objects"), exist_ok=True)

    def compile_one(source):
      made = self.object_of(source)
      result = self.run([COMPILER, *FLAGS, "-MMD", "-MF", made[:-2] + ".d",
                         "-c", source, "-o", made])
      if result.returncode != 0 and os.path.exists(made):
        os.remove(made)
      return result

    candidates = self.sources
    for pattern, users in USERS_OF_BODIES.items():
      if fnmatch.fnmatch(changed, pattern):
        candidates = users
    stale = [source for source in candidates if self.is_stale(source)]
    self.made_of_fault = stale
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
      for result in pool.map(compile_one, stale):
        if result.returncode != 0:
          return result.stdout[-2000:]
    packages = subprocess.run(
        ["pkg-config", "--libs", *LIBRARIES, *OTHER_LIBRARIES],
        stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    result = self.run([COMPILER, "-fuse-ld=lld",
                       *map(self.object_of, self.sources), "-o", self.binary,
                       *packages])
    return result.stdout[-2000:] if result.returncode != 0 else None

  def tests_of(self, stage):
    names = set()
    for path in self.sources:
      if not path.endswith("_test.cc") or not matches(path, stage.files):
        continue
      with open(os.path.join(self.folder, path)) as file:
        text = file.read()
      names.update(re.findall(r"^(?:TEST|TEST_F)\((\w+),", text, re.M))
      names.update("*/" + name for name in
                   re.findall(r"^(?:TEST_P)\((\w+),", text, re.M))
    return ":".join(sorted(name + ".*" for name in names))

  def first_failure(self, stage):
    """None, or the name of a test that fails, or how the process ended."""
    environment = dict(os.environ, TEST_TMPDIR=self.folder, **dict(
        stage.environment))
    environment.setdefault("ASHLAR_DATA", os.path.join(ROOT, "../shared"))
    try:
      result = self.run([self.binary, "--gtest_fail_fast", "--gtest_brief=0",
                         "--gtest_filter=" + self.tests_of(stage)],
                        env=environment, timeout=stage.seconds)
    except subprocess.TimeoutExpired:
      return "does not end"
    if result.returncode == 0:
      return None
    failed = re.search(r"\[  FAILED  \] ([\w/.]+)", result.stdout)
    if failed:
      return failed[1]
    begun = re.findall(r"\[ RUN      \] ([\w/.]+)", result.stdout)
    return f"{begun[-1] if begun else '?'} (crash)"


def try_fault(tree, fault, jobs):
  """What notices the fault: (stage or None, test); None: it does not fit."""
  path = os.path.join(tree.folder, fault.file)
  with open(path) as file:
    sound = file.read()
  faulty = fault.apply(sound)
  if faulty is None:
    return None
  times = os.stat(path)
  try:
    with open(path, "w") as file:
      file.write(faulty)
    if message := tree.build(jobs, fault.file):
      print(f"{fault.name} does not compile:\n{message}", flush=True)
      return None
    for stage in STAGES:
      if failure := tree.first_failure(stage):
        return stage.name, failure
    return None, ""
  finally:
    with open(path, "w") as file:
      file.write(sound)
    # What was made of the faulty text is made again; nothing else is.
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    for source in tree.made_of_fault:
      if os.path.exists(tree.object_of(source)):
        os.remove(tree.object_of(source))


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument("--work", default="/tmp/ashlar-faults")
  parser.add_argument("--only", default="")
  parser.add_argument("--report", default="")
  parser.add_argument("--wrap", default="")
  parser.add_argument("--jobs", type=int, default=os.cpu_count())
  parser.add_argument("--part", default="0/1",
                      help="I/N: every N-th fault, from the I-th on")
  parser.add_argument("--unchecked", action="store_true",
                      help="without trying the stages on the sound tree first")
  options = parser.parse_args()
  faults = read_faults()
  if options.only:
    wanted = options.only.split(",")
    faults = [fault for fault in faults if matches(fault.name, wanted)]
  first, step = map(int, options.part.split("/"))
  faults = faults[first::step]
  tree = Tree(options.work, shlex.split(options.wrap))
  tree.copy()
  if message := tree.build(options.jobs):
    sys.exit(message)
  for stage in () if options.unchecked else STAGES:
    begin = time.monotonic()
    if failure := tree.first_failure(stage):
      sys.exit(f"without any fault: {stage.name}: {failure}")
    print(f"# {stage.name}: {time.monotonic() - begin:.0f} s", flush=True)
  rows, unfit, missed = [], [], []
  for fault in faults:
    begin = time.monotonic()
    found = try_fault(tree, fault, options.jobs)
    if found is None:
      unfit.append(fault.name)
      row = f"{fault.name}: does not fit the sources"
    else:
      stage, test = found
      if stage is None:
        missed.append(fault.name)
      row = f"| {fault.name} | {fault.file} | {stage or 'NOT NOTICED'} | {test} |"
      rows.append(row)
    print(f"{row}  {time.monotonic() - begin:.0f} s", flush=True)
  noticed = len(rows) - len(missed)
  summary = f"{noticed} of {len(rows)} faults are noticed"
  print(f"{summary}; not: {missed}; do not fit: {unfit}")
  if options.report:
    with open(options.report, "w") as file:
      file.write("\n".join(["| fault | in | noticed by | first test |",
                            "|---|---|---|---|", *rows, "", summary, ""]))
  sys.exit(0 if noticed >= NOTICED_MIN * len(rows) and not unfit else 1)


if __name__ == "__main__":
  main()
