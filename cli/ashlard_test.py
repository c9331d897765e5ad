"""The server binary: what it says at start, its exit codes, its signals."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.request

ASHLARD = "cli/ashlard"
ASHLAR = "cli/ashlar"
TOKEN = "contracts/token/token.wasm"
DEPLOY = "9bae9d5e" + "01" + "00" * 15
TOTAL_SUPPLY = "db6375a8"


class Server:
  """A running ashlard; stopped at the end of `with`."""

  def __init__(self, *args):
    self.process = subprocess.Popen([ASHLARD, *args], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
    self.lines = []
    listeners = args.count("--listen")
    while len(self.addresses()) < listeners:
      line = self.process.stdout.readline()
      if not line:
        _, error = self.process.communicate()
        raise AssertionError("ended early: " + error)
      self.lines.append(line.rstrip("\n"))

  def addresses(self):
    return [line[len("listening on "):] for line in self.lines
            if line.startswith("listening on ")]

  def stop(self, sent=signal.SIGTERM):
    self.process.send_signal(sent)
    out, _ = self.process.communicate(timeout=60)
    return self.process.returncode, out

  def __enter__(self):
    return self

  def __exit__(self, *_):
    if self.process.poll() is None:
      self.process.kill()
    self.process.communicate()


def refused(*args):
  done = subprocess.run([ASHLARD, *args], capture_output=True, text=True,
                        timeout=60, check=False)
  return done.returncode, done.stderr


def execute(server, *args):
  done = subprocess.run(
      [ASHLAR, "execute", "--server", server, *args, "--json"],
      capture_output=True, text=True, timeout=60, check=False)
  assert done.returncode == 0, done.stderr
  return json.loads(done.stdout)


class AshlardTest(unittest.TestCase):

  def setUp(self):
    # Short, because a socket's path may have 107 bytes.
    self.folder = tempfile.TemporaryDirectory(dir="/tmp")
    self.addCleanup(self.folder.cleanup)

  def path(self, name):
    return os.path.join(self.folder.name, name)

  def test_says_what_it_is_and_drains(self):
    with Server("--listen", "127.0.0.1:0") as server:
      text = "\n".join(server.lines)
      for name in ("strict-1", "relaxed-1", "seal-1"):
        self.assertRegex(text, rf"(?m)^profile {name} [0-9a-f]{{64}}$")
      self.assertIn("state in memory", text)
      self.assertRegex(server.addresses()[0], r"^127\.0\.0\.1:[1-9][0-9]*$")
      code, out = server.stop()
      self.assertEqual(code, 0)
      self.assertTrue(out.endswith("drained\n"), out)

  def test_interrupt_drains_too(self):
    with Server("--listen", "127.0.0.1:0") as server:
      self.assertEqual(server.stop(signal.SIGINT)[0], 0)

  def test_a_stale_socket_is_replaced_and_a_live_one_is_not(self):
    address = "unix:" + self.path("socket")
    with Server("--listen", address) as server:
      code, error = refused("--listen", address)
      self.assertEqual(code, 3)
      self.assertIn("another server listens on " + address, error)
      server.stop(signal.SIGKILL)
    self.assertTrue(os.path.exists(self.path("socket")))
    with Server("--listen", address) as server:
      self.assertEqual(server.stop()[0], 0)
    self.assertFalse(os.path.exists(self.path("socket")))

  def test_refuses_with_sentences(self):
    with socket.socket() as taken:
      taken.bind(("127.0.0.1", 0))
      taken.listen()
      address = "127.0.0.1:%d" % taken.getsockname()[1]
      code, error = refused("--listen", address)
      self.assertEqual(code, 3)
      self.assertIn("cannot listen on " + address, error)
      code, error = refused("--listen", "127.0.0.1:0", "--metrics", address)
      self.assertEqual(code, 3)
      self.assertIn("cannot serve metrics on " + address, error)
    self.assertEqual(refused()[0], 2)
    self.assertEqual(refused("--listen", "nonsense")[0], 2)
    self.assertEqual(refused("--listen", "127.0.0.1:0", "--workers", "0")[0], 2)
    code, error = refused("--listen", "127.0.0.1:0", "--profile-file",
                          self.path("none"))
    self.assertEqual(code, 2)
    self.assertIn(self.path("none"), error)

  def test_a_profile_file_is_served(self):
    with open(self.path("profile"), "w", encoding="utf-8") as file:
      file.write("copy seal-1\nname house-1\nlimit memory_pages_max 8\n"
                 "limit memory_pages_initial_max 8\n")
    with Server("--listen", "127.0.0.1:0", "--profile-file",
                self.path("profile")) as server:
      self.assertRegex("\n".join(server.lines), r"(?m)^profile house-1 ")
      server.stop()

  def test_state_outlives_the_process(self):
    chain = ("--namespace", "chain", "--commit")
    args = ("--listen", "unix:" + self.path("s"), "--data-dir",
            self.path("data"))
    with Server(*args) as server:
      self.assertIn("state in " + self.path("data"), server.lines)
      deployed = execute(server.addresses()[0], TOKEN, "--entry", "deploy",
                         "--input", DEPLOY, "--base-version", "0", *chain)
      self.assertEqual(deployed["outcome"], "returned")
      code, error = refused(*args[2:], "--listen", "127.0.0.1:0")
      self.assertEqual(code, 3, error)
      self.assertEqual(server.stop()[0], 0)
    with Server(*args) as server:
      supply = execute(server.addresses()[0], TOKEN, "--entry", "call",
                       "--input", TOTAL_SUPPLY, "--base-version", "1", *chain)
      self.assertEqual(supply["data"], "01" + "00" * 15)
      server.stop()

  def test_metrics_are_served(self):
    with socket.socket() as free:
      free.bind(("127.0.0.1", 0))
      address = "127.0.0.1:%d" % free.getsockname()[1]
    with Server("--listen", "127.0.0.1:0", "--metrics", address) as server:
      execute(server.addresses()[0], TOKEN, "--entry", "deploy", "--input",
              DEPLOY)
      opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
      with opener.open(f"http://{address}/metrics", timeout=60) as answer:
        text = answer.read().decode()
      self.assertIn('ashlar_outcomes_total{outcome="returned"} 1\n', text)
      self.assertTrue(re.search(r"(?m)^ashlar_queue_calls 0$", text), text)
      server.stop()


if __name__ == "__main__":
  unittest.main()
