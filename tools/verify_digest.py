#!/usr/bin/env python3
"""Recomputes digests of an execution from the JSON of `ashlar call --json`.

Usage: verify_digest.py [--contract HEX] [FILE...]      (stdin without FILE)

Written from engine/DIGESTS.md alone. Prints a line per digest and exits with 1
where one differs. `reads` is computed where no field of the context was read:
the JSON names those without their values, which are in the request.
"""

import argparse
import hashlib
import json
import os
import re
import sys

SEMANTICS_VERSION = 1
CLASSES = ("returned", "reverted", "trapped", "out_of_fuel", "limit_exceeded",
           "module_rejected")  # from 1
BALANCE, CODE, NONCE, STORAGE = 1, 2, 3, 4
ENGINE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..",
                      "engine")


def number_of(table, name, column):
  """The number of a row of one of the engine's tables; 0 for no name."""
  if not name:
    return 0
  with open(os.path.join(ENGINE, table), encoding="utf-8") as file:
    for row in re.findall(r'^[A-Z]+\((\w+), (\d+), "(.*)"\)$', file.read(),
                          re.MULTILINE):
      if row[column] == name:
        return int(row[1])
  raise ValueError(f"{table} has no row {name}")


def u(size, value):
  return int(value).to_bytes(size, "little")


def raw(text):
  return bytes.fromhex(text)


def data(value):
  return u(4, len(value)) + value


def listing(items):
  return u(4, len(items)) + b"".join(items)


def digest(*parts):
  return hashlib.blake2b(b"".join(parts), digest_size=32).hexdigest()


def key_bytes(key):
  account, kind, name = key
  return account + u(1, kind) + data(name)


def account_changes(account, changes):
  """Yields (key, value or None) of one account's object."""
  if "balance" in changes:
    balance = int(changes["balance"])
    yield (account, BALANCE, b""), u(16, balance) if balance else None
  if "code" in changes:
    code = changes["code"]
    yield (account, CODE, b""), raw(code) if code else None
  if "nonce" in changes:
    nonce = int(changes["nonce"])
    yield (account, NONCE, b""), u(8, nonce) if nonce else None
  for name, value in changes.get("writes", {}).items():
    yield (account, STORAGE, raw(name)), raw(value)
  for name in changes.get("deletes", []):
    yield (account, STORAGE, raw(name)), None


def effects_digest(call, contract):
  own = dict(call["own"], writes=call["writes"], deletes=call["deletes"])
  changes = list(account_changes(contract, own))
  removed = [contract] if own.get("removed") else []
  for name, account in call["accounts"].items():
    changes += account_changes(raw(name), account)
    if account.get("removed"):
      removed.append(raw(name))
  effects = [key_bytes(key) + (b"\0" if value is None else b"\1" + data(value))
             for key, value in sorted(changes, key=lambda change: change[0])]
  events = [raw(e["account"]) + data(raw(e["topics"])) + data(raw(e["data"]))
            for e in call["events"]]
  violations = call["violations"]
  outcome = (u(1, CLASSES.index(call["outcome"]) + 1) +
             u(1, number_of("interp/trap.def", call["trap"], 0)) +
             u(1, number_of("host/resource.def", call["limit"], 2)) +
             data(violations[0]["code"].encode() if violations else b"") +
             u(4, call["flags"]) + data(raw(call["data"])))
  return digest(data(b"ashlar.effects"), outcome, listing(effects),
                listing(sorted(removed)), listing(events))


def reads_digest(call):
  reads = [key_bytes((raw(r["account"]), r["kind"], raw(r["key"]))) +
           (b"\1" + raw(r["value_hash"]) if r["value_hash"] else b"\0")
           for r in call["reads"]]
  modules = [raw(m["hash"]) + u(1, m["present"])
             for m in call["module_reads"]]
  return digest(data(b"ashlar.reads"), listing(reads), listing([]),
                listing(modules))


def receipt_digest(call, effects):
  return digest(data(b"ashlar.receipt"), u(4, SEMANTICS_VERSION),
                raw(call["digests"]["request"]), raw(effects),
                u(8, call["fuel"]["used"]))


def verify(call, contract):
  """Prints the verdict on each digest; whether all agree."""
  computed = {"effects": effects_digest(call, contract)}
  if not call["context_reads"]:
    computed["reads"] = reads_digest(call)
  computed["receipt"] = receipt_digest(call, computed["effects"])
  for name, value in computed.items():
    same = value == call["digests"][name]
    print(name, value, "match" if same else "MISMATCH")
  return all(call["digests"][name] == value
             for name, value in computed.items())


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--contract", default="c0" * 32)
  parser.add_argument("files", nargs="*", default=["-"])
  options = parser.parse_args()
  good = True
  for name in options.files:
    with sys.stdin if name == "-" else open(name, encoding="utf-8") as file:
      good &= verify(json.load(file), raw(options.contract))
  return 0 if good else 1


if __name__ == "__main__":
  sys.exit(main())
