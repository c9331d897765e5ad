"""Tries every rule of tidy.py against what it must refuse and accept."""

import sys
import unittest

import tidy

GUARD = "#ifndef ENGINE_X_H_\n"


def names(path, text):
  """The names of the rules that `text` breaks as the file `path`."""
  return [what.rsplit("[", 1)[1].rstrip("]")
          for _, what in tidy.check_text(path, text)]


class RulesTest(unittest.TestCase):

  def test_every_rule_refuses_and_accepts_its_samples(self):
    for rule in tidy.RULES:
      path = "engine/x.h"
      self.assertTrue(rule.refused and rule.accepted, rule.name)
      for line in rule.refused:
        self.assertIn(rule.name, names(path, GUARD + line + "\n"), line)
      for line in rule.accepted:
        self.assertNotIn(rule.name, names(path, GUARD + line + "\n"), line)

  def test_violations_name_their_line(self):
    found = list(tidy.check_text("engine/x.cc", "// a\n\n#include <thread>\n"))
    self.assertEqual([number for number, _ in found], [3])

  def test_rooms_above_the_core_may_use_threads(self):
    self.assertEqual(names("rpc/server.cc", "#include <thread>\n"), [])

  def test_tests_of_the_core_may_use_threads(self):
    self.assertEqual(names("engine/cache_test.cc", "#include <thread>\n"), [])

  def test_only_state_and_module_cache_lock(self):
    text = "#include <mutex>\n"
    self.assertEqual(names("engine/state/memory_store.cc", text), [])
    self.assertEqual(names("engine/module_cache.cc", text), [])
    self.assertEqual(names("engine/interp/run.cc", text), ["no-locks"])

  def test_comments_and_strings_are_not_code(self):
    self.assertEqual(names("engine/x.cc", '/* assert(x)\n rand() */\n'), [])
    self.assertEqual(names("engine/x.cc", 'F("\\"assert(x)");\n'), [])
    self.assertEqual(names("engine/x.cc", '/* a\n b */ assert(x);\n'),
                     ["no-assert"])

  def test_columns(self):
    self.assertEqual(names("rpc/x.cc", "x" * 80 + "\n"), [])
    self.assertEqual(names("rpc/x.cc", "x" * 81 + "\n"), ["columns"])
    self.assertEqual(names("engine/x.def", "x" * 81 + "\n"), [])
    self.assertEqual(names("rpc/x.cc", "\u00fc" * 80 + "\n"), [])

  def test_file_lengths(self):
    self.assertEqual(names("engine/x.h", GUARD + "\n" * 299), [])
    self.assertEqual(names("engine/x.h", GUARD + "\n" * 300), ["file-length"])
    self.assertEqual(names("engine/x.cc", "\n" * 600), [])
    self.assertEqual(names("engine/x.cc", "\n" * 601), ["file-length"])
    self.assertEqual(names("engine/x.inc", "\n" * 601), [])
    self.assertEqual(names("engine/x_test.cc", "\n" * 601), [])

  def test_function_lengths(self):
    def function(lines, end="}"):
      return "namespace a {\n\nint F(\n    int x) {\n" + (
          "  ++x;\n" * (lines - 3)) + end + "\n\n}  // namespace a\n"

    self.assertEqual(names("engine/x.cc", function(70)), [])
    self.assertEqual(names("engine/x.cc", function(71)), ["function-length"])
    self.assertEqual(names("engine/x_test.cc", function(71)), [])
    # A type may be longer.
    self.assertEqual(names("engine/x.cc", function(71, end="};")), [])

  def test_guards(self):
    self.assertEqual(names("engine/x.h", "#ifndef ENGINE_Y_H_\n"), ["guard"])


if __name__ == "__main__":
  sys.exit(unittest.main())
