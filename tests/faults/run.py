"""Puts faults into a copy of the sources and says which test notices each.

Usage: run.py [--work FOLDER] [--only NAME,...] [--report FILE] [--jobs N]

The copy (in --work) is built without Bazel, once, into one binary of all tests
that need no server; it holds every fault of faults.txt as a choice that the
environment makes (schemata.py). For each fault the stages of tests below run
in their order until one fails; a crash, a failed CHECK and a stage that does
not end within its time ("no end") are failures. Without a fault all of them
must pass.
Exit status 1: fewer than 95 % were noticed.
"""

import argparse
import concurrent.futures
import dataclasses
import fnmatch
import os
import re
import resource
import signal
import subprocess
import sys

import schemata

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
COMPILER = "clang++-19"
FLAGS = ("-std=c++20 -O1 -g0 -ffp-contract=off -fsigned-char "
         "-fomit-frame-pointer -w -I. -include fault.h").split()
LIBRARIES = ("absl_base absl_flat_hash_map absl_flat_hash_set absl_hash "
             "absl_inlined_vector absl_raw_hash_set absl_status absl_statusor "
             "absl_str_format absl_strings absl_synchronization gmock_main "
             "libsodium libsecp256k1 libcrypto++ libcrypto rocksdb").split()
NOTICED_MIN = 0.95
ERRORS_MAX = 30  # of the compiler, shown

# In one source file; elsewhere it is declared only.
FAULT_HEADER = """#pragma once
extern "C" int ashlar_fault;
#define ASHLAR_FAULT(number) \\
  (!__builtin_is_constant_evaluated() && ashlar_fault == (number))
"""
FAULT_SOURCE = """#include <stdlib.h>
extern "C" int ashlar_fault = 0;
__attribute__((constructor(101))) static void Choose() {
  const char* number = getenv("ASHLAR_FAULT");
  if (number != nullptr) ashlar_fault = atoi(number);
}
"""

FOLDERS = ("engine", "metering", "replay", "naive", "rpc", "cli", "contracts",
           "tests")
SOURCES = ("engine/*.cc", "metering/*.cc", "cli/files.cc", "cli/spectest.cc",
           "cli/value.cc", "cli/wast_runner.cc", "cli/wast_value.cc",
           "naive/*.cc", "replay/*.cc", "rpc/shadow*.cc", "tests/*.cc")
# Servers, tools, and tests of what has no fault in the list.
LEFT_OUT = ("engine/state/rocksdb_*_test.cc", "engine/*/make_*",
            "engine/*_page*", "engine/wasm/disasm*",
            "engine/wasm/names_test.cc", "engine/wasm/text_test.cc",
            "engine/wasm/decoder_data_test.cc",
            "engine/compile/linear_test.cc", "naive/spec_suite_test.cc",
            "tests/fuzz/*", "tests/dispatch/*", "tests/token/*",
            "tests/docs/*", "tests/golden/make_*",
            "tests/replay/vectors_test.cc", "tests/faults/*", "tests/cross/*",
            "tests/crash/*", "tests/resources/*", "tests/instrument/*",
            "tests/util/*_test.cc", "tests/fuel/make_*",
            "tests/fuel/scaling_test.cc",
            "tests/corpus/contract_corpus_test.cc")


@dataclasses.dataclass(frozen=True)
class Stage:
  name: str
  files: tuple  # whose tests it runs
  seconds: int  # of the processor, several times what it takes without a fault
  environment: tuple = ()


STAGES = (
    Stage("unit tests", ("engine/[!s]*_test.cc", "metering/*_test.cc"), 30),
    Stage("rules and accidents", ("tests/fuel/*", "tests/accidents/*"), 30),
    Stage("differential", ("tests/differential/*",), 90),
    Stage("seal", ("tests/seal/*",), 120),
    Stage("records and stores", ("tests/replay/*", "tests/golden/*",
                                 "replay/*", "naive/*", "rpc/*",
                                 "engine/state/*_test.cc"), 60),
    Stage("contracts", ("tests/contracts/*",), 120,
          (("ASHLAR_CONTRACTS_SEEDS", "1500"),)),
    Stage("corpora", ("tests/corpus/*",), 240),
    Stage("specification", ("tests/spec/*",), 120),
    Stage("mutation", ("tests/mutation/*",), 180,
          (("ASHLAR_MUTATION_SEEDS", "80"),)),
    Stage("more seeds", ("tests/differential/differential_test.cc",
                         "tests/contracts/*"), 600,
          (("ASHLAR_DIFFERENTIAL_FIRST", "1000"),
           ("ASHLAR_DIFFERENTIAL_SEEDS", "1500"),
           ("ASHLAR_CONTRACTS_FIRST", "20000"),
           ("ASHLAR_CONTRACTS_SEEDS", "3000"))),
)


def read_faults():
  with open(os.path.join(HERE, "faults.txt"), encoding="utf-8") as file:
    return schemata.parse(file.read())


def token_command(folder):
  """How the rule beside it makes the example contract."""
  with open(os.path.join(folder, "BUILD.bazel"), encoding="utf-8") as file:
    rule = re.search(r'cmd = " "\.join\(\[(.*?)\]\)', file.read(), re.S)[1]
  command = " ".join(re.findall(r'"(.*?)"', rule))
  command = command.replace("$(location token.c)", "token.c")
  return command.replace("$@", "token.wasm").split()


def matches(path, patterns):
  return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def write_if_other(path, data):
  """What is as it was need not be built again."""
  if os.path.exists(path):
    with open(path, "rb") as file:
      if file.read() == data:
        return
  with open(path, "wb") as file:
    file.write(data)


class Tree:
  """The copy, its objects and its one test binary."""

  def __init__(self, folder):
    self.folder = folder
    self.sources = ["fault.cc"]
    self.binary = os.path.join(folder, "all_tests")

  def copy(self, faults):
    by_file = {}
    for fault in faults:
      by_file.setdefault(fault.file, []).append(fault)
    for top in FOLDERS:
      for where, _, names in os.walk(os.path.join(ROOT, top)):
        folder = os.path.relpath(where, ROOT)
        os.makedirs(os.path.join(self.folder, folder), exist_ok=True)
        for name in sorted(names):
          self.copy_file(os.path.join(folder, name), by_file)
    for name, text in (("fault.h", FAULT_HEADER), ("fault.cc", FAULT_SOURCE)):
      write_if_other(os.path.join(self.folder, name), text.encode())
    for name, flags in (("kernels", ["--enable-tail-call"]), ("spectest", [])):
      stem = os.path.join(self.folder, "tests/corpus", name)
      subprocess.run(["wat2wasm", *flags, stem + ".wat", "-o", stem + ".wasm"],
                     check=True)
    token = os.path.join(self.folder, "contracts/token")
    subprocess.run(token_command(token), cwd=token, check=True)

  def copy_file(self, path, by_file):
    with open(os.path.join(ROOT, path), "rb") as file:
      data = file.read()
    if path in by_file:
      data = schemata.with_choices(by_file[path], data.decode()).encode()
    write_if_other(os.path.join(self.folder, path), data)
    if matches(path, SOURCES) and not matches(path, LEFT_OUT):
      self.sources.append(path)

  def object_of(self, source):
    return os.path.join(self.folder, "objects",
                        source.replace("/", "__") + ".o")

  def is_stale(self, source):
    made = self.object_of(source)
    if not os.path.exists(made):
      return True
    age = os.path.getmtime(made)
    with open(made[:-2] + ".d", encoding="utf-8") as file:
      needed = file.read().replace("\\\n", " ").split()[1:]
    return any(not os.path.exists(os.path.join(self.folder, path)) or
               os.path.getmtime(os.path.join(self.folder, path)) > age
               for path in needed if not path.startswith("/usr/"))

  def run(self, command, **kwargs):
    return subprocess.run(command, cwd=self.folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, **kwargs)

  def compile(self, source):
    made = self.object_of(source)
    result = self.run([COMPILER, *FLAGS, "-MMD", "-MF", made[:-2] + ".d",
                       "-c", source, "-o", made])
    if result.returncode != 0 and os.path.exists(made):
      os.remove(made)
    return result

  def build(self, jobs):
    """None, or what the compiler says."""
    os.makedirs(os.path.join(self.folder, "objects"), exist_ok=True)
    stale = [source for source in self.sources if self.is_stale(source)]
    errors = set()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
      for result in pool.map(self.compile, stale):
        if result.returncode != 0:
          errors.update(re.findall(r".* error: .*\n.*", result.stdout))
    if errors:
      return "\n".join(sorted(errors)[:ERRORS_MAX])
    packages = subprocess.run(
        ["pkg-config", "--libs", *LIBRARIES], stdout=subprocess.PIPE,
        text=True, check=True).stdout.split()
    result = self.run([COMPILER, "-fuse-ld=lld",
                       *map(self.object_of, self.sources), "-o", self.binary,
                       *packages])
    return result.stdout[-4000:] if result.returncode != 0 else None

  def tests_of(self, stage):
    names = set()
    for path in self.sources:
      if not path.endswith("_test.cc") or not matches(path, stage.files):
        continue
      with open(os.path.join(self.folder, path), encoding="utf-8") as file:
        text = file.read()
      names.update(re.findall(r"^(?:TEST|TEST_F)\((\w+),", text, re.M))
      names.update("*/" + name for name in
                   re.findall(r"^(?:TEST_P)\((\w+),", text, re.M))
    return ":".join(sorted(name + ".*" for name in names))

  def first_failure(self, stage, number):
    """None, or the name of a test that fails, or how the process ended."""
    environment = dict(os.environ, TEST_TMPDIR=self.folder,
                       ASHLAR_FAULT=str(number), **dict(stage.environment))
    environment.setdefault("ASHLAR_DATA", os.path.join(ROOT, "../shared"))
    # Of the processor, because others may use it, too.
    def limit():
      resource.setrlimit(resource.RLIMIT_CPU, (stage.seconds, stage.seconds))
      resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    result = self.run([self.binary, "--gtest_fail_fast", "--gtest_brief=0",
                       "--gtest_filter=" + self.tests_of(stage)],
                      env=environment, preexec_fn=limit)
    if result.returncode == 0:
      return None
    failed = re.search(r"\[  FAILED  \] ([\w/.]+)", result.stdout)
    if failed:
      return failed[1]
    begun = re.findall(r"\[ RUN      \] ([\w/.]+)", result.stdout)
    how = ("no end" if result.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
           else "crash")
    return f"{begun[-1] if begun else 'at start'} ({how})"


def seconds_of_children():
  usage = resource.getrusage(resource.RUSAGE_CHILDREN)
  return usage.ru_utime + usage.ru_stime


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument("--work", default="/tmp/ashlar-faults")
  parser.add_argument("--only", default="", help="names, with * and ?")
  parser.add_argument("--report", default="")
  parser.add_argument("--jobs", type=int, default=os.cpu_count())
  options = parser.parse_args()
  faults = read_faults()
  tree = Tree(options.work)
  tree.copy(faults)
  if message := tree.build(options.jobs):
    sys.exit(message)
  for stage in STAGES:
    begin = seconds_of_children()
    if failure := tree.first_failure(stage, 0):
      sys.exit(f"without any fault: {stage.name}: {failure}")
    print(f"# {stage.name}: {seconds_of_children() - begin:.0f} s", flush=True)
  if options.only:
    faults = [fault for fault in faults
              if matches(fault.name, options.only.split(","))]
  rows, missed = [], []
  for fault in faults:
    begin = seconds_of_children()
    noticed, test = "NOT NOTICED", ""
    for stage in STAGES:
      if failure := tree.first_failure(stage, fault.number):
        noticed, test = stage.name, failure
        break
    else:
      missed.append(fault.name)
    rows.append(f"| {fault.name} | {fault.file} | {fault.category} | {noticed} "
                f"| {test} | {seconds_of_children() - begin:.1f} |")
    print(rows[-1], flush=True)
  noticed = len(rows) - len(missed)
  print(f"{noticed} of {len(rows)} faults are noticed; not: {missed}")
  if options.report:
    with open(options.report, "w", encoding="utf-8") as file:
      file.write("\n".join([
          "| fault | in | category | noticed by | first test | seconds |",
          "|---|---|---|---|---|--:|", *rows, ""]))
  sys.exit(0 if noticed >= NOTICED_MIN * len(rows) else 1)


if __name__ == "__main__":
  main()
