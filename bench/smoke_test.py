"""Runs each benchmark of a program once and looks at its answer.

Usage: smoke_test.py PROGRAM

Writes a test case for each benchmark to the file XML_OUTPUT_FILE, where Bazel
sets one. Exits with 1 where a benchmark failed.
"""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

SKIPPED = "skipped: "


def test_suite(name, benchmarks):
  """The element of a JUnit report, and how many failed."""
  failures = 0
  suite = ElementTree.Element("testsuite", name=name)
  for benchmark in benchmarks:
    case = ElementTree.SubElement(
        suite, "testcase", name=benchmark["name"], status="run",
        time=f"{benchmark.get('real_time', 0) * 1e-6:.6f}")
    if not benchmark.get("error_occurred"):
      continue
    message = benchmark["error_message"]
    if message.startswith(SKIPPED):
      ElementTree.SubElement(case, "skipped", message=message[len(SKIPPED):])
      continue
    failures += 1
    ElementTree.SubElement(case, "failure", message=message)
    print(f"{benchmark['name']}: {message}")
  return suite, failures


def main(program):
  run = subprocess.run(
      [program, "--benchmark_min_time=0", "--benchmark_format=json"],
      check=False, stdout=subprocess.PIPE, text=True)
  benchmarks = json.loads(run.stdout)["benchmarks"] if run.stdout else []
  suite, failures = test_suite(os.path.basename(program), benchmarks)
  if "XML_OUTPUT_FILE" in os.environ:
    ElementTree.ElementTree(suite).write(os.environ["XML_OUTPUT_FILE"])
  if not benchmarks or (run.returncode != 0) != (failures > 0):
    print(f"{program}: {len(benchmarks)} benchmarks, {failures} failed, "
          f"exit status {run.returncode}")
    return 1
  return 1 if failures else 0


if __name__ == "__main__":
  sys.exit(main(sys.argv[1]))
