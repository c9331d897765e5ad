"""Tests check_dispatch.py with object code that it must refuse."""

import unittest

import check_dispatch

SYMBOL = "_ZN6ashlar6interp12_GLOBAL__N_1{}EPKhPmPhmmPNS0_8InstanceE"


def function(name, *instructions):
  mangled = SYMBOL.format(f"{len(name) + 6}Handle{name}")
  lines = [f"0000000000000000 <{mangled}>:"]
  lines += [f"   {8 * i:x}:\t{text}" for i, text in enumerate(instructions)]
  return "\n".join(lines) + "\n\n"


HEADER = "exec_threaded.o:     file format elf64-x86-64\n\n"
LOAD = "mov    (%rdi),%rax"
JUMP = "jmp    *%rax"
COLD = "jmp    70 <_ZN6ashlar6interp12_GLOBAL__N_116HandleColdRefillE>"


class CheckDispatchTest(unittest.TestCase):

  def check(self, handlers, *code):
    handlers = [(name, jumps, list(followers))
                for name, jumps, *followers in handlers]
    return list(
        check_dispatch.violations(handlers, HEADER + "".join(code), HEADER))

  def test_fine(self):
    self.assertEqual(
        self.check([("Add_SS", 1), ("BrEq", 2), ("Grow", 0)],
                   function("Add_SS", LOAD, JUMP),
                   function("BrEq", "jne 28", LOAD, JUMP, LOAD, "jmp *(%rdi)"),
                   function("Grow", COLD)), [])

  def test_more_jumps_than_needed(self):
    self.assertEqual(
        self.check([("Select", 1)], function("Select", JUMP, JUMP)), [])

  def test_followers(self):
    mangled = SYMBOL.format("10HandleCall")
    def looking_by(jump):
      return function("Copy_S", LOAD, "cmp %r10,%rax", jump, JUMP)
    handlers = [("Copy_S", 1, "Call")]
    self.assertEqual(self.check(handlers, looking_by(f"je 40 <{mangled}>")), [])
    self.assertEqual(self.check(handlers, looking_by(f"jmp 40 <{mangled}>")),
                     [])
    moved = "jmp 24 <own>\n\t\t\t25: R_X86_64_PLT32\t.text."
    self.assertEqual(self.check(handlers, looking_by(moved + mangled)), [])
    elsewhere = mangled.replace("Call", "Zero")
    for jump in (moved + "common", f"jne 40 <{elsewhere}>", "jne 40",
                 "jne 40 <common>", f"jne 40 <{mangled}+0x40>"):
      self.assertEqual(self.check(handlers, looking_by(jump)),
                       ["Copy_S: no branch to Call"])

  def test_merged_dispatch(self):
    self.assertEqual(
        self.check([("Add_SS", 1), ("Sub_SS", 1)],
                   function("Add_SS", LOAD, JUMP),
                   function("Sub_SS", "jmp 10 <common>")),
        ["Sub_SS: 0 indirect jumps, at least 1 expected"])

  def test_merged_arms(self):
    self.assertEqual(
        self.check([("BrEq", 2)],
                   function("BrEq", "cmove  %rax,%rdi", LOAD, JUMP)),
        ["BrEq: 1 indirect jumps, at least 2 expected",
         "BrEq: a branch by cmov"])

  def test_cmov_beside_two_jumps(self):
    self.assertEqual(
        self.check([("BrEq", 2)],
                   function("BrEq", JUMP, "cmovb  %rax,%rdi", JUMP)),
        ["BrEq: a branch by cmov"])

  def test_cmov_elsewhere(self):
    self.assertEqual(
        self.check([("Select", 1)],
                   function("Select", "cmove  %rax,%rdi", JUMP)), [])

  def test_missing_handler(self):
    self.assertEqual(
        self.check([("Add_SS", 1)], function("Add_SI", JUMP)),
        ["Add_SS: has no code of its own"])

  def test_other_functions_and_members_do_not_count(self):
    other = "0000000000000000 <_ZN6ashlar6interp5OtherEv>:\n  0:\tjmp *%rax\n"
    self.assertEqual(
        self.check([("Add_SS", 1)], function("Add_SS", LOAD), other),
        ["Add_SS: 0 indirect jumps, at least 1 expected"])

  def test_call_is_no_dispatch(self):
    self.assertEqual(
        self.check([("Add_SS", 1)], function("Add_SS", "call   *%rax")),
        ["Add_SS: 0 indirect jumps, at least 1 expected"])

  def check_one_function(self, code):
    """Handlers begin where a line begins with a name."""
    handlers = [("Add_SS", 1, []), ("BrEq", 2, []), ("Copy_S", 1, ["Call"]),
                ("Call", 1, []), ("Grow", 0, [])]
    name = "_ZN6ashlar6interp12_GLOBAL__N_110RunOrTableEPKNS0_9RegistersEPm"
    table = ".data.rel.ro.local"
    disassembly = HEADER + f"0000000000000000 <{name}>:\n"
    labels = {}
    for i, line in enumerate(code.split("\n")):
      label, text = line.split(":")
      labels[label.strip()] = 8 * i
      disassembly += f"  {8 * i:x}:\t{text.strip()}\n"
    other = HEADER + f"RELOCATION RECORDS FOR [{table}]:\n"
    tables = other + f"""{"0" * 16} R_X86_64_64  .text+0x99

{HEADER}SYMBOL TABLE:
{16:016x} l     O {table}\t{8 * len(handlers):016x} _ZZN6{name}E7kLabels

RELOCATION RECORDS FOR [{table}]:
OFFSET           TYPE              VALUE
{0:016x} R_X86_64_64       .text+0x77
"""
    for i, (handler, _, _) in enumerate(handlers):
      at = labels[handler]
      value = f".text+{at:#018x}" if at else ".text"
      tables += f"{16 + 8 * i:016x} R_X86_64_64       {value}\n"
    return list(check_dispatch.violations(handlers, disassembly, tables))

  ONE_FUNCTION = """Add_SS: mov (%rdi),%rax
:  jmp *%rax
BrEq: jne 28
:  jmp *%rax
Grow: jmp 78
:  jmp *(%rdi)
Copy_S: cmp %rax,%rdx
:  je 48
:  jmp *%rax
Call: jb 58
:  jmp *%rax
:  jmp 0 <cold>"""

  def test_one_function(self):
    self.assertEqual(self.check_one_function(self.ONE_FUNCTION), [])
    for there, instead, wrong in [
        # Two arms, or two handlers, that go on at one jump.
        ("jne 28", "jne 18",
         ["BrEq: 1 indirect jumps of its own, at least 2 expected"]),
        (":  jmp *(%rdi)", ":  jmp 18",
         ["BrEq: 1 indirect jumps of its own, at least 2 expected"]),
        ("Call: jb 58\n:  jmp *%rax", "Call: jb 58\n:  jmp 40",
         [f"{name}: 0 indirect jumps of its own, at least 1 expected"
          for name in ("Copy_S", "Call")]),
        # A branch elsewhere, and none.
        ("je 48", "je 50", ["Copy_S: no branch to Call",
                            "Call: 0 indirect jumps of its own, at least 1 "
                            "expected"]),
        ("je 48", "nop", ["Copy_S: no branch to Call"])]:
      self.assertIn(there, self.ONE_FUNCTION)
      self.assertEqual(
          self.check_one_function(self.ONE_FUNCTION.replace(there, instead)),
          wrong, instead)

  def test_one_function_of_other_handlers(self):
    with self.assertRaisesRegex(ValueError, "no table of labels"):
      self.check([("Add_SS", 1)], "0000 <RunOrTable>:\n  0:\tjmp *%rax\n")

  def test_steps(self):
    name = "_ZN6ashlar7compile9ListOrRunILb{}EEEbPNS0_5StateE"
    def code(flag, jumps, part=""):
      return (f"0000000000000000 <{name.format(flag)}{part}>:\n"
              + f"  8:\t{JUMP}\n" * jumps)
    def check(*code):
      return list(check_dispatch.step_violations(3, HEADER + "".join(code)))
    self.assertEqual(check(code(0, 3), code(1, 4)), [])
    self.assertEqual(check(code(0, 2), code(0, 1, ".cold"), code(1, 3)), [])
    self.assertEqual(
        check(code(0, 3), code(1, 1)),
        ["ListOrRun: 1 indirect jumps, at least 3 expected"])
    self.assertEqual(check(function("Add_SS", JUMP)),
                     ["ListOrRun: has no code of its own"])


if __name__ == "__main__":
  unittest.main()
