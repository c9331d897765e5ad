"""The handlers' code where a compiler makes one function of all.

They are labels of it then (engine/interp/exec_threaded.cc), whose addresses
stand in a table in the order of the handlers. A handler's code is what its
label leads to before other labels; what two of them lead to is neither's own.
"""

import re

MEMBER = re.compile(r"^\S+:\s+file format.*$", re.MULTILINE)
TABLE = re.compile(r"^([0-9a-f]+) l\s+O (\S+)\s+([0-9a-f]+) \S*kLabels$",
                   re.MULTILINE)
RELOCATION = re.compile(r"^([0-9a-f]+) R_X86_64_64\s+\S+?(?:\+0x([0-9a-f]+))?$",
                        re.MULTILINE)
INSTRUCTION = re.compile(r"^\s+([0-9a-f]+):\t(.*)$")
# Jumps to other sections have their relocation in the line behind them.
IS_RELOCATION = re.compile(r"^\s+[0-9a-f]+: R_X86_64_")
DIRECT_JUMP = re.compile(r"(j\w+)\s+([0-9a-f]+)\b")
INDIRECT_JUMP = re.compile(r"jmp[q]?\s+\*")


def label_addresses(names, tables):
  """The handlers' addresses by name, from the text of `objdump -tr`."""
  for member in MEMBER.split(tables):
    table = TABLE.search(member)
    if table is None:
      continue
    first, size = int(table.group(1), 16), int(table.group(3), 16)
    records = member.split(f"RELOCATION RECORDS FOR [{table.group(2)}]:")[1]
    found = {int(offset, 16): int(address or "0", 16) for offset, address in
             RELOCATION.findall(records.split("\n\n")[0])}
    if size != 8 * len(names):
      raise ValueError(f"{size} bytes of labels for {len(names)} handlers")
    return {name: found[first + 8 * i] for i, name in enumerate(names)}
  raise ValueError("no table of labels")


def instructions_of(function, disassembly):
  """[(address, text)] of the function, without parts that were split off."""
  found = []
  inside = False
  for line in disassembly.split("\n"):
    if line.endswith(">:"):
      symbol = line.split("<")[1]
      inside = function in symbol and "." not in symbol
    elif inside:
      match = INSTRUCTION.match(line)
      if match:
        found.append((int(match.group(1), 16), match.group(2)))
      elif found and IS_RELOCATION.match(line):
        found[-1] = (found[-1][0], found[-1][1] + " elsewhere")
  return found


class Code:
  """What the labels of a function lead to."""

  def __init__(self, labels, instructions):
    self.labels = labels
    self.instructions = instructions
    self.index = {address: i for i, (address, _) in enumerate(instructions)}
    self.ends = set(labels.values())
    reached = {name: self.reach(start) for name, start in labels.items()}
    users = {}
    for jumps, _ in reached.values():
      for jump in jumps:
        users[jump] = users.get(jump, 0) + 1
    self.own_jumps = {
        name: sum(1 for jump in jumps if users[jump] == 1)
        for name, (jumps, _) in reached.items()}
    self.targets = {name: targets for name, (_, targets) in reached.items()}

  def reach(self, start):
    """Indirect jumps and other labels to which the code from `start` leads."""
    jumps, targets, seen, left = set(), set(), set(), [start]
    while left:
      address = left.pop()
      if address != start and address in self.ends:
        targets.add(address)
        continue
      if address in seen or address not in self.index:
        continue
      seen.add(address)
      i = self.index[address]
      text = self.instructions[i][1]
      if INDIRECT_JUMP.match(text):
        jumps.add(address)
        continue
      direct = DIRECT_JUMP.match(text)
      if direct and not text.endswith(" elsewhere"):
        left.append(int(direct.group(2), 16))
      if text.startswith(("jmp", "ret", "ud2")):
        continue
      if i + 1 < len(self.instructions):
        left.append(self.instructions[i + 1][0])
    return jumps, targets


def violations(handlers, function, tables, disassembly):
  """What is wrong, a line each. handlers: [(name, jumps, followers)].

  Args:
    handlers: as they stand in the table.
    function: what its symbol contains.
    tables: the text of `objdump -tr`.
    disassembly: the text of `objdump -dr`.
  """
  labels = label_addresses([name for name, _, _ in handlers], tables)
  code = Code(labels, instructions_of(function, disassembly))
  for name, wanted, followers in handlers:
    own = code.own_jumps[name]
    if own < wanted:
      yield f"{name}: {own} indirect jumps of its own, at least {wanted} expected"
    for follower in followers:
      if labels[follower] not in code.targets[name]:
        yield f"{name}: no branch to {follower}"
