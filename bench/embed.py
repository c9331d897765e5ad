"""Writes modules as rows of a C++ table: {"NAME", "BYTES", SIZE}, by file.

Usage: embed.py FILE.wasm... > OUTPUT
"""

import os
import sys

BYTES_IN_LINE = 18


def main(paths):
  for path in paths:
    with open(path, "rb") as file:
      data = file.read()
    name = os.path.splitext(os.path.basename(path))[0]
    print(f'{{"{name}",')
    for i in range(0, len(data), BYTES_IN_LINE):
      line = "".join(f"\\x{byte:02x}" for byte in data[i:i + BYTES_IN_LINE])
      print(f' "{line}"')
    print(f" , {len(data)}}},")


if __name__ == "__main__":
  main(sys.argv[1:])
