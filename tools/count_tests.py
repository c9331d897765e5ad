"""Counts test cases in what `bazel test` wrote.

Usage: count_tests.py [BUILD_EVENTS_JSON BAZEL_EXIT_STATUS]...

Prints the skipped cases with their reasons, the failed ones, and, as the last
line, `N passed, N failed, N skipped`. A test target that failed without naming
a case counts as one failure. Exits with 1 where anything failed.
"""

import collections
import json
import sys
import urllib.parse
import xml.etree.ElementTree

TESTS_PASSED = 0
NO_TESTS_FOUND = 4


class Count:

  def __init__(self):
    self.passed = 0
    self.failed = []
    self.skipped = collections.defaultdict(list)  # reason -> names

  def add_xml(self, label, text):
    """Adds a test.xml and returns how many cases of it failed."""
    failed_before = len(self.failed)
    for case in xml.etree.ElementTree.fromstring(text).iter("testcase"):
      group = case.get("classname") or ""
      name = f"{label} {group}{'.' if group else ''}{case.get('name')}"
      skipped = case.find("skipped")
      if case.find("failure") is not None or case.find("error") is not None:
        self.failed.append(name)
      elif skipped is not None:
        self.skipped[reason(skipped)].append(name)
      elif case.get("status") == "notrun":  # DISABLED_ or filtered out
        self.skipped["disabled"].append(name)
      else:
        self.passed += 1
    return len(self.failed) - failed_before

  def add_event(self, event):
    event_id = event["id"]
    if "testResult" in event_id and "testResult" in event:
      result = event["testResult"]
      label = event_id["testResult"]["label"]
      failed = 0
      for output in result.get("testActionOutput", []):
        if output["name"] == "test.xml" and "uri" in output:
          path = urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
          with open(path, encoding="utf-8", errors="replace") as file:
            try:
              failed += self.add_xml(label, file.read())
            except xml.etree.ElementTree.ParseError:
              pass  # the process died while it wrote
      if result.get("status") != "PASSED" and failed == 0:
        self.failed.append(f"{label} ({result.get('status')})")
    elif "targetCompleted" in event_id:
      built = event.get("completed", {}).get("success", False)
      incompatible = event.get("aborted", {}).get("reason") == "SKIPPED"
      if not built and not incompatible:
        self.failed.append(event_id["targetCompleted"]["label"] +
                           " (does not build)")


def reason(skipped):
  """The text of GTEST_SKIP() without the place that gTest puts before it."""
  text = skipped.get("message") or skipped.text or ""
  lines = [line for line in text.splitlines() if line.strip()]
  if len(lines) > 1:
    lines = lines[1:]
  return " ".join(lines) or "no reason given"


def main():
  count = Count()
  for path, status in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
    failed_before = len(count.failed)
    with open(path, encoding="utf-8") as events:
      for line in events:
        count.add_event(json.loads(line))
    if (status not in (TESTS_PASSED, NO_TESTS_FOUND) and
        len(count.failed) == failed_before):
      count.failed.append(f"bazel (exit status {status})")

  print()
  for why, names in sorted(count.skipped.items()):
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    print(f"skipped: {names[0]}{more}: {why}")
  for name in count.failed:
    print(f"failed: {name}")
  skipped = sum(len(names) for names in count.skipped.values())
  print(f"{count.passed} passed, {len(count.failed)} failed, "
        f"{skipped} skipped", flush=True)
  sys.exit(1 if count.failed else 0)


if __name__ == "__main__":
  main()
