"""A server that is killed, and one whose disk fails, over a store on disk.

Clients repeat what got no answer. Each call that was answered is there whole,
and each one that was repeated is there once.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

ASHLARD = "cli/ashlard"
ASHLAR = "cli/ashlar"
TOKEN = "contracts/token/token.wasm"
SHIM = os.path.join(os.getcwd(), "tests/crash/disk_shim.so")

OWNER, OTHER, CONTRACT = "aa" * 32, "bb" * 32, "c0" * 32
SUPPLY = 1_000_000
DEPLOY, TRANSFER, BALANCE_OF = "9bae9d5e", "84a15da1", "0f755a56"


# The command line shows a status by its sentence. The store's say this where
# they are UNAVAILABLE or INTERNAL (engine/state/rocksdb_kv.cc, rpc/status.cc).
STORE_ERROR = r"^ashlar: state store: (read|seek|write|make a view): "


def amount(value):
  return value.to_bytes(16, "little").hex()


class Server:
  """ashlard over a folder, with orders for its disk (disk_shim.cc)."""

  def __init__(self, folder, disk=""):
    self.address = "unix:" + os.path.join(folder, "s")
    environment = dict(os.environ)
    if disk:
      environment.update(LD_PRELOAD=SHIM, ASHLAR_DISK=disk)
    self.process = subprocess.Popen(
        [ASHLARD, "--listen", self.address, "--data-dir",
         os.path.join(folder, "data")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment)
    self.is_listening = any(line.startswith("listening on ") for line in
                            iter(self.process.stdout.readline, ""))

  def kill(self):
    self.process.kill()

  def wait(self):
    self.process.communicate(timeout=60)
    return self.process.returncode

  def drain(self):
    self.process.send_signal(signal.SIGTERM)
    return self.wait()


class Chain:
  """The calls that a client makes, and what they were answered."""

  def __init__(self, folder):
    self.folder = folder
    self.answers = {}  # by base version

  def call(self, address, version):
    """Call number `version`, the same each time: its answer, or the error."""
    if version == 0:
      call = ("--entry", "deploy", "--input", DEPLOY + amount(SUPPLY))
    else:
      call = ("--entry", "call", "--input", TRANSFER + OTHER + amount(version))
    return self.execute(address, version, *call, "--commit")

  def execute(self, address, version, *args):
    done = subprocess.run(
        [ASHLAR, "execute", "--server", address, TOKEN, "--namespace", "ns",
         "--base-version", str(version), "--caller", OWNER, "--contract",
         CONTRACT, *args, "--json"],
        capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 0:
      return json.loads(done.stdout), ""
    return None, done.stderr

  def go_on(self, address, count):
    """Makes new calls until `count` are answered or one is not: its error."""
    for version in range(len(self.answers), len(self.answers) + count):
      answer, error = self.call(address, version)
      if answer is None:
        return error
      self.answers[version] = answer
    return ""

  def balance(self, address, account):
    answer, error = self.execute(address, len(self.answers), "--entry", "call",
                                 "--input", BALANCE_OF + account)
    assert answer is not None, error
    return int.from_bytes(bytes.fromhex(answer["data"]), "little")


class CrashTest(unittest.TestCase):

  def setUp(self):
    # Short, because a socket's path may have 107 bytes.
    self.folder = tempfile.mkdtemp(dir="/tmp")
    self.addCleanup(shutil.rmtree, self.folder)
    self.chain = Chain(self.folder)

  def check(self):
    """After a restart: all that was answered is answered so again, what was
    not is made now, and every transfer counts once."""
    server = Server(self.folder)
    self.addCleanup(server.kill)
    chain = self.chain
    self.assertTrue(server.is_listening)
    for version, expected in chain.answers.items():
      answer, error = chain.call(server.address, version)
      self.assertEqual(answer, expected, error)
    # The one that had no answer may have been made: it is, once.
    self.assertEqual(chain.go_on(server.address, 1), "")
    last = len(chain.answers) - 1
    self.assertEqual(chain.call(server.address, last)[0], chain.answers[last])
    sent = sum(range(len(chain.answers)))
    self.assertEqual(chain.balance(server.address, OTHER), sent)
    self.assertEqual(chain.balance(server.address, OWNER), SUPPLY - sent)
    self.assertEqual(server.drain(), 0)

  def test_killed_at_any_time(self):
    dice = random.Random(5)
    for _ in range(3):
      server = Server(self.folder)
      killer = threading.Timer(dice.uniform(0, 0.3), server.kill)
      killer.start()
      error = self.chain.go_on(server.address, 1000)
      self.assertNotEqual(error, "")
      killer.join()
      self.assertEqual(server.wait(), -signal.SIGKILL)
      self.check()

  def test_killed_around_each_write_of_a_commit(self):
    for when in ("kill-before", "kill-after"):
      # A commit is written and forced; the first two calls make a namespace.
      for n in range(1, 5):
        with self.subTest(when=when, n=n):
          server = Server(self.folder, f"{when}:{n}")
          error = self.chain.go_on(server.address, 10)
          self.assertNotEqual(error, "", "it was not killed")
          self.assertEqual(server.wait(), -signal.SIGKILL)
          self.check()

  def test_full_disk(self):
    server = Server(self.folder, "full:6")
    self.addCleanup(server.kill)
    error = self.chain.go_on(server.address, 10)
    self.assertRegex(error, STORE_ERROR)
    self.assertGreater(len(self.chain.answers), 0)
    # It has no outcome, however often one asks.
    version = len(self.chain.answers)
    for _ in range(3):
      answer, error = self.chain.call(server.address, version)
      self.assertIsNone(answer)
      self.assertRegex(error, STORE_ERROR)
    # What was answered still is.
    self.assertEqual(self.chain.call(server.address, version - 1)[0],
                     self.chain.answers[version - 1])
    server.kill()
    server.wait()
    self.check()

  def test_unreadable_disk(self):
    server = Server(self.folder)
    self.assertEqual(self.chain.go_on(server.address, 3), "")
    server.kill()
    server.wait()
    # Recovery writes what the log held into a table, and later reads that.
    server = Server(self.folder)
    self.assertEqual(server.drain(), 0)
    failed = 0
    for n in range(1, 40):
      server = Server(self.folder, f"unreadable:{n}")
      if not server.is_listening:
        failed += 1
        self.assertNotEqual(server.wait(), 0)
        continue
      answer, error = self.chain.call(server.address, 3)
      if answer is None:
        failed += 1
        self.assertRegex(error, STORE_ERROR)
      server.kill()
      server.wait()
      if answer is not None:
        self.chain.answers[3] = answer
        break
    self.assertGreater(failed, 0)
    self.check()

  def test_goes_on_when_nobody_reads_its_output(self):
    server = Server(self.folder)
    server.process.stdout.close()
    server.process.send_signal(signal.SIGPIPE)
    self.assertEqual(self.chain.go_on(server.address, 3), "")
    server.process.send_signal(signal.SIGTERM)
    self.assertEqual(server.process.wait(60), 0)
    self.check()

  def test_terminated_while_it_commits(self):
    server = Server(self.folder)
    terminator = threading.Timer(0.2, server.process.send_signal,
                                 (signal.SIGTERM,))
    terminator.start()
    error = self.chain.go_on(server.address, 1000)
    self.assertNotEqual(error, "")
    terminator.join()
    self.assertEqual(server.wait(), 0)
    self.check()


if __name__ == "__main__":
  unittest.main()
