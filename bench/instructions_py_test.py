"""Tests what instructions.py makes of counts."""

import unittest

import instructions
from instructions import Counted

DUMP = """\
# callgrind format
desc: Trigger: Client Request: startup/token
events: Ir Bc Bcm Bi Bim
summary: 1000 5 4 30 2

fn=(1) f
+1 1000 5 4 30 2
totals: 1000 5 4 30 2
"""


class InstructionsTest(unittest.TestCase):

  def compare(self, before, now):
    return instructions.compare(Counted(rows={"a": (before, 1)}),
                                Counted(rows={"a": (now, 1)}))

  def test_dump(self):
    self.assertEqual(instructions.parse_dump(DUMP), ("startup/token", 1000, 30))

  def test_dump_at_exit_is_no_workload(self):
    text = DUMP.replace("Client Request: startup/token", "Program termination")
    self.assertIsNone(instructions.parse_dump(text))

  def test_within_tolerance(self):
    lines, wrong = self.compare(1000, 1030)
    self.assertEqual(wrong, [])
    self.assertIn("1.0300", lines[0])

  def test_more(self):
    _, wrong = self.compare(1000, 1031)
    self.assertEqual(wrong, ["a: 1.0310 times the baseline's instructions"])

  def test_fewer_is_said(self):
    lines, wrong = self.compare(1000, 900)
    self.assertEqual(wrong, [])
    self.assertIn("fewer: update", lines[0])

  def test_unknown_workload(self):
    _, wrong = instructions.compare(Counted(), Counted(rows={"a": (1, 1)}))
    self.assertEqual(wrong, ["a: the baseline does not have it"])

  def test_missing(self):
    baseline = Counted(rows={"a": (1, 1), "b": (1, 1), "c": (1, 1)})
    counted = Counted(rows={"a": (1, 1)}, skipped=["b"])
    self.assertEqual(instructions.missing(baseline, counted),
                     ["c: was not counted"])

  def test_baseline_is_read_as_written(self):
    text = instructions.format_baseline(
        Counted(build="clang-19", rows={"b": (2, 3), "a": (1, 0)}))
    read = instructions.parse_baseline(text)
    self.assertEqual((read.build, read.rows),
                     ("clang-19", {"a": (1, 0), "b": (2, 3)}))


if __name__ == "__main__":
  unittest.main()
