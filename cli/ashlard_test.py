"""The server binary: what it says at start, its exit codes, its signals."""

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

ASHLARD = "cli/ashlard"
ASHLAR = "cli/ashlar"
TOKEN = "contracts/token/token.wasm"
SPIN = "cli/spin.wasm"
# A few seconds of a loop, so that the server can be met in it.
SPIN_ARGS = (SPIN, "--entry", "call", "--input", "", "--fuel", "5000000000")
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
    return self.wait()

  def wait(self):
    out, self.error = self.process.communicate(timeout=60)
    return self.process.returncode, out

  def busiest_thread(self):
    """The thread that works, once one has used a tenth of a second."""
    folder = f"/proc/{self.process.pid}/task"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
      for thread in os.listdir(folder):
        with open(f"{folder}/{thread}/stat", encoding="ascii") as file:
          fields = file.read().rpartition(")")[2].split()
        # Fields 3 (state) and 14 (time in user mode) of proc(5).
        ticks = os.sysconf("SC_CLK_TCK") // 10
        if fields[0] == "R" and int(fields[11]) >= ticks:
          return int(thread)
      time.sleep(0.01)
    raise AssertionError("no thread of the server works")

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

  def die_of_a_request(self, server):
    """What the kernel does where a thread breaks: a signal for that thread."""
    client = subprocess.Popen(
        [ASHLAR, "execute", "--server", server.addresses()[0], *SPIN_ARGS],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    thread = server.busiest_thread()
    self.assertEqual(ctypes.CDLL(None).tgkill(
        server.process.pid, thread, signal.SIGABRT), 0)
    self.assertEqual(server.wait()[0], -signal.SIGABRT)
    self.assertEqual(client.wait(timeout=60), 3)

  def test_a_request_that_ends_the_server_twice_is_refused(self):
    flight = self.path("flight")
    args = ("--listen", "unix:" + self.path("s"), "--flight-recorder", flight)
    with Server(*args) as server:
      self.die_of_a_request(server)
    with Server(*args) as server:
      self.die_of_a_request(server)
      self.assertIn("ended this server 1 times; see ", server.error)
    # What the server was doing is executed again from the file that it left; it
    # was no fault of the contract, so here it comes to its end.
    replay = subprocess.run([ASHLAR, "replay", flight], capture_output=True,
                            text=True, timeout=300, check=False)
    self.assertEqual(replay.returncode, 1, replay.stderr)
    self.assertIn("recorded the death of the process, replayed out_of_fuel",
                  replay.stdout)
    with Server(*args) as server:
      address = server.addresses()[0]
      begin = time.monotonic()
      done = subprocess.run(
          [ASHLAR, "execute", "--server", address, *SPIN_ARGS],
          capture_output=True, text=True, timeout=60, check=False)
      self.assertEqual(done.returncode, 3, done.stderr)
      self.assertIn("ended this server 2 times and is not executed again",
                    done.stderr)
      self.assertLess(time.monotonic() - begin, 2)
      # The same contract with other fuel is another request; so is any other.
      other = subprocess.run(
          [ASHLAR, "execute", "--server", address, *SPIN_ARGS[:-1], "1000000",
           "--json"], capture_output=True, text=True, timeout=60, check=False)
      self.assertEqual(json.loads(other.stdout)["outcome"], "out_of_fuel")
      self.assertEqual(execute(address, TOKEN, "--entry", "deploy", "--input",
                               DEPLOY)["outcome"], "returned")
      self.assertEqual(server.stop()[0], 0)
      self.assertIn("ended this server 2 times; it is refused", server.error)

  def metrics(self, address):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{address}/metrics", timeout=60) as answer:
      return answer.read().decode()

  def free_address(self):
    with socket.socket() as free:
      free.bind(("127.0.0.1", 0))
      return "127.0.0.1:%d" % free.getsockname()[1]

  def test_a_shadow_executes_again(self):
    address = self.free_address()
    with Server("--listen", "127.0.0.1:0", "--metrics", address, "--shadow",
                "100", "--data-dir", self.path("data")) as server:
      for version in range(3):
        execute(server.addresses()[0], TOKEN, "--entry",
                "deploy" if version == 0 else "call", "--input",
                DEPLOY if version == 0 else TOTAL_SUPPLY, "--namespace", "n",
                "--base-version", str(version), "--commit")
      deadline = time.monotonic() + 60
      while ("ashlar_shadow_executions 3\n" not in self.metrics(address)
             and time.monotonic() < deadline):
        time.sleep(0.05)
      text = self.metrics(address)
      self.assertIn("ashlar_shadow_executions 3\n", text)
      for name in ("mismatches", "skipped", "dropped"):
        self.assertIn(f"ashlar_shadow_{name} 0\n", text)
      self.assertEqual(server.stop()[0], 0)
      self.assertNotIn("shadow", server.error)

  def test_metrics_are_served(self):
    address = self.free_address()
    with Server("--listen", "127.0.0.1:0", "--metrics", address) as server:
      execute(server.addresses()[0], TOKEN, "--entry", "deploy", "--input",
              DEPLOY)
      text = self.metrics(address)
      self.assertIn('ashlar_outcomes_total{outcome="returned"} 1\n', text)
      self.assertTrue(re.search(r"(?m)^ashlar_queue_calls 0$", text), text)
      server.stop()


if __name__ == "__main__":
  unittest.main()
