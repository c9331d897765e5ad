"""The list of faults fits the sources, and choices are put in as described."""

import collections
import os
import unittest

import schemata

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FAULTS_MIN = 100


def read(path):
  with open(os.path.join(ROOT, path), encoding="utf-8") as file:
    return file.read()


def fault(old, new):
  text = f"# --- Some.\n\n[name] a/file.cc\n- {old}\n+ {new}\n"
  return schemata.parse(text)[0]


def put_in(old, new, text):
  return " ".join(schemata.with_choices([fault(old, new)], text).split())


class FaultsTest(unittest.TestCase):

  def test_each_stands_once_and_can_be_a_choice(self):
    faults = schemata.parse(read("tests/faults/faults.txt"))
    self.assertGreaterEqual(len(faults), FAULTS_MIN)
    by_file = collections.defaultdict(list)
    for one in faults:
      self.assertEqual(schemata.places(one, read(one.file)), 1, one.name)
      by_file[one.file].append(one)
    for path, several in by_file.items():
      text = schemata.with_choices(several, read(path))
      for one in several:
        self.assertIn(f"ASHLAR_FAULT({one.number})", text, one.name)

  def test_every_accident_has_a_fault(self):
    faults = {one.name: one
              for one in schemata.parse(read("tests/faults/faults.txt"))}
    named = set()
    for line in read("tests/accidents/README.md").splitlines():
      cells = [cell.strip() for cell in line.strip("|").split("|")]
      if not line.startswith("|") or cells[0] in ("accident", "---"):
        continue
      self.assertEqual(len(cells), 4, line)
      for name in cells[3].split(", "):
        self.assertIn(name, faults, line)
        named.add(name)
    against = {name for name, one in faults.items()
               if one.category == "Accidents"}
    self.assertEqual(against - named, set())

  def test_expressions(self):
    self.assertEqual(put_in("a + b", "a - b", "f(a\n  + b);"),
                     "f( (ASHLAR_FAULT(1) ? (a - b) : (a + b)) );")

  def test_conditions_and_what_both_begin_with(self):
    self.assertEqual(
        put_in("g(); if (a < b) return;", "g(); if (a <= b) return;",
               "g();\nif (a < b) return;"),
        "g(); if (ASHLAR_FAULT(1) ? (a <= b) : (a < b)) return;")

  def test_statements(self):
    self.assertEqual(put_in("f(a);", "", "f(a); g();"),
                     "{ if (ASHLAR_FAULT(1)) { } else { f(a); } } g();")
    self.assertEqual(put_in("return a;", "return b;", "return a;"),
                     "return ASHLAR_FAULT(1) ? (b) : (a);")

  def test_macros(self):
    self.assertEqual(
        put_in("#define F(x) (x) + 1", "#define F(x) (x)",
               "#define F(x) \\\n  (x) + 1\n"),
        "#define F(x) (ASHLAR_FAULT(1) ? ((x)) : ((x) + 1))")

  def test_what_can_not_be_a_choice(self):
    with self.assertRaises(ValueError):
      put_in("f(a", "g(a", "f(a)")
    with self.assertRaises(ValueError):
      put_in("not there", "x", "text")
    for text in ("[name] file.cc\n- a\n+ b\n", "stray\n",
                 "# --- C.\n[n] f\n- a\n+ a\n",
                 "# --- C.\n[n] f\n- a\n+ b\n[n] f\n- c\n+ d\n"):
      with self.assertRaises(ValueError):
        schemata.parse(text)


if __name__ == "__main__":
  unittest.main()
