"""Reads faults.txt and puts faults into text: one, or all as choices.

As choices, all faults stand in one build, and a process has the one whose
number is in the environment (ASHLAR_FAULT), or none:

  expression     (ASHLAR_FAULT(7) ? (new) : (old))
  if (old) ...   if (ASHLAR_FAULT(7) ? (new) : (old)) ...
  statements     { if (ASHLAR_FAULT(7)) { new } else { old } }
  #define f old  #define f (ASHLAR_FAULT(7) ? (new) : (old))

What old and new text share at both ends stays outside of the choice.
"""

import dataclasses
import re

HEAD = re.compile(r"\[([\w-]+)\] ([\w/.]+)")


@dataclasses.dataclass
class Fault:
  number: int  # from 1
  name: str
  file: str
  category: str
  old: str = ""
  new: str = ""  # with FAULT in it where is_choice
  is_choice: bool = False


def parse(text):
  """The faults; ValueError where the text is not of the form."""
  faults = []
  category = ""
  for number, line in enumerate(text.splitlines(), 1):
    head = HEAD.fullmatch(line)
    if line.startswith("# --- "):
      category = line[len("# --- "):].rstrip(".")
    elif head:
      faults.append(Fault(len(faults) + 1, head[1], head[2], category))
    elif line[:1] == "-" and faults:
      faults[-1].old = line[2:]
    elif line[:1] in ("+", "!") and faults:
      faults[-1].new = line[2:]
      faults[-1].is_choice = line[0] == "!"
    elif line and not line.startswith("#"):
      raise ValueError(f"line {number} is of no kind")
  names = [fault.name for fault in faults]
  if len(set(names)) != len(names):
    raise ValueError("a name stands twice")
  for fault in faults:
    if not fault.old or fault.old == fault.new or not fault.category:
      raise ValueError(f"{fault.name} changes nothing, or has no category")
  return faults


def _pattern(text):
  # Blanks, line ends and those of a macro's lines do not matter.
  words = (word for word in text.split() if word != "\\")
  return r"(?:\s|\\\n)+".join(re.escape(word) for word in words)


def places(fault, text):
  """How often the old text stands there."""
  return len(re.findall(_pattern(fault.old), text))


def _is_whole(text):
  """Whether no bracket is open."""
  depth = 0
  for c in text:
    depth += (c in "([{") - (c in ")]}")
    if depth < 0:
      return False
  return depth == 0


def _shared_statements(a, b):
  """The length of the longest prefix of whole statements of both."""
  longest = 0
  for i, (x, y) in enumerate(zip(a, b), 1):
    if x != y:
      break
    if x in ";{}" and _is_whole(a[:i].replace("{", "").replace("}", "")):
      longest = i
  return longest


def _shared_end(a, b):
  """Likewise at the end, behind a semicolon or a brace."""
  longest = 0
  for i in range(1, min(len(a), len(b))):
    if a[-i] != b[-i]:
      break
    if a[-i - 1] in ";}" and b[-i - 1] in ";}" and _is_whole(a[-i:]):
      longest = i
  return longest


def _condition(text):
  """Splits at the parentheses of the `if` in it: before, inside, after."""
  found = re.search(r"\bif \(", text)
  if not found:
    return None
  for end in range(found.end(), len(text) + 1):
    if _is_whole(text[found.end() - 1:end]):
      return text[:found.end()], text[found.end():end - 1], text[end - 1:]
  return None


def _assigned(text):
  """Splits one statement before the expression that it assigns or returns."""
  found = re.fullmatch(r"(return |[^=<>!;{}]*[^=<>!;{}]= )([^;{}]*);", text)
  return (found[1], found[2]) if found else None


def choice(fault):
  """What comes instead of the old text, with the new one as a choice."""
  chosen = f"ASHLAR_FAULT({fault.number})"
  if fault.is_choice:
    return fault.new.replace("FAULT", chosen)
  old, new = (" ".join(word for word in text.split() if word != "\\")
              for text in (fault.old, fault.new))
  define = re.match(r"#define \w+\([^)]*\) ", old)
  if define:
    body = len(define[0])
    return f"{define[0]}({chosen} ? ({new[body:]}) : ({old[body:]}))"
  begin = _shared_statements(old, new)
  head, old, new = old[:begin], old[begin:].strip(), new[begin:].strip()
  end = _shared_end(old, new)
  tail = old[len(old) - end:] if end else ""
  old, new = old[:len(old) - end], new[:len(new) - end]
  a, b = _condition(old), _condition(new)
  x, y = _assigned(old), _assigned(new)
  if x and y and x[0] == y[0]:
    middle = f"{x[0]}{chosen} ? ({y[1]}) : ({x[1]});"
  elif a and b and a[0] == b[0] and a[2] == b[2]:
    middle = f"{a[0]}{chosen} ? ({b[1]}) : ({a[1]}){a[2]}"
  elif (old[-1:] in (";", "}") and _is_whole(old) and _is_whole(new)):
    middle = f"{{ if ({chosen}) {{ {new} }} else {{ {old} }} }}"
  elif _is_whole(old) and _is_whole(new):
    middle = f"({chosen} ? ({new}) : ({old}))"
  else:
    raise ValueError(f"{fault.name} can not be a choice: {old} / {new}")
  return f"{head} {middle} {tail}"


def with_choices(faults, text):
  """The text of a file with all of `faults`, which stand in it, as choices."""
  # Longer ones first: what they contain is still found in them.
  for fault in sorted(faults, key=lambda f: -len(" ".join(f.old.split()))):
    pieces = re.split(_pattern(fault.old), text)
    if len(pieces) < 2:
      raise ValueError(f"{fault.name} overlaps with another fault")
    text = choice(fault).join(pieces)
  return text
