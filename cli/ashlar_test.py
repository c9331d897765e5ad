"""Runs the binary `ashlar` as scripts do: names, fields and exit codes."""

import json
import os
import subprocess
import tempfile
import time
import unittest

ASHLAR = "cli/ashlar"
ASHLARD = "cli/ashlard"
SAMPLE = "cli/testdata/sample.wasm"
TOKEN = "contracts/token/token.wasm"
WAST = "cli/testdata/script.wast"

COMMANDS = ("validate", "inspect", "run", "wast", "call", "execute", "put",
            "estimate", "profile", "replay", "reprice", "verify", "disasm",
            "bench")
OWNER = "01" * 32
OTHER = "02" * 32
CONTRACT = "c0" * 32


def amount(n):
  return n.to_bytes(16, "little").hex()


NEW = "9bae9d5e" + amount(1000)
TRANSFER = "84a15da1" + OTHER
BALANCE = {who: "01" + who for who in (OWNER, OTHER)}  # storage keys


def ashlar(*arguments):
  return subprocess.run((ASHLAR,) + arguments, capture_output=True, text=True,
                        check=False, timeout=60)


class CommandLineTest(unittest.TestCase):

  def setUp(self):
    folder = tempfile.TemporaryDirectory()
    self.addCleanup(folder.cleanup)
    self.folder = folder.name

  def path(self, name):
    return os.path.join(self.folder, name)

  def write(self, name, content):
    with open(self.path(name), "w", encoding="utf-8") as file:
      file.write(content)
    return self.path(name)

  def read_json(self, name):
    with open(self.path(name), encoding="utf-8") as file:
      return json.load(file)

  def json(self, *arguments, code=0):
    """The one object that a command prints with --json."""
    done = ashlar(*arguments, "--json")
    self.assertEqual(done.returncode, code, done.stderr)
    self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
    return json.loads(done.stdout)

  def assert_wrong_use(self, *arguments, says=""):
    done = ashlar(*arguments)
    self.assertEqual(done.returncode, 2, done.stderr)
    self.assertIn(says, done.stderr)
    self.assertNotEqual(done.stderr, "")
    self.assertEqual(done.stdout, "")


class UseTest(CommandLineTest):

  def test_every_command_explains_itself(self):
    text = ashlar("--help").stdout
    listed = text[text.index("Subcommands:"):].splitlines()[1:]
    commands = {line.split()[0] for line in listed if line.strip()}
    self.assertLessEqual(set(COMMANDS), commands)
    for command in commands:
      done = ashlar(command, "--help")
      self.assertEqual(done.returncode, 0, command)
      self.assertIn("--help", done.stdout)
    for kind in ("startup", "exec", "oneshot"):
      self.assertEqual(ashlar("bench", kind, "--help").returncode, 0)

  def test_wrong_use(self):
    self.assert_wrong_use()
    self.assert_wrong_use("dance")
    self.assert_wrong_use("validate")
    self.assert_wrong_use("validate", SAMPLE, "--loud")
    self.assert_wrong_use("validate", "absent.wasm", says="absent.wasm")
    self.assert_wrong_use("validate", SAMPLE, "--profile", "lax-1",
                          says="lax-1")
    self.assert_wrong_use("run", SAMPLE, "--invoke", "fib", "x", says='"x"')
    self.assert_wrong_use("run", SAMPLE, "--invoke", "fib", says="1 arguments")
    self.assert_wrong_use("run", SAMPLE, "--invoke", "fob", "1", says="fob")
    self.assert_wrong_use("run", SAMPLE, "--invoke", "fib", "1", "--fuel", "0")
    self.assert_wrong_use("call", TOKEN, "--entry", "call", "--input", "abc",
                          says="--input")
    self.assert_wrong_use("call", TOKEN, "--entry", "call", "--input", "",
                          "--caller", "01", says="--caller")
    self.assert_wrong_use("call", TOKEN, "--entry", "call", "--input", "",
                          "--value", "-1", says="--value")


class ValidateTest(CommandLineTest):

  def test_valid(self):
    self.assertEqual(
        self.json("validate", SAMPLE, "--profile", "relaxed-1"),
        {"file": SAMPLE, "valid": True, "violations": []})

  def test_all_violations_are_listed(self):
    answer = self.json("validate", SAMPLE, code=1)
    self.assertEqual(answer["valid"], False)
    for violation in answer["violations"]:
      self.assertEqual(list(violation), ["code", "message", "offset"])
    codes = {violation["code"] for violation in answer["violations"]}
    # An import that nobody gives, and floats: both, not the first alone.
    self.assertLessEqual({"abi.unknown_import", "unsupported.feature"}, codes)

  def test_an_object_a_module(self):
    done = ashlar("validate", TOKEN, SAMPLE, "--profile", "seal-1", "--json")
    self.assertEqual(done.returncode, 1)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    self.assertEqual([line["valid"] for line in lines], [True, False])

  def test_a_profile_from_a_file(self):
    profile = self.write("open", "copy relaxed-1\nname open-1\nfloats deny\n")
    answer = self.json("validate", SAMPLE, "--profile", profile, code=1)
    self.assertEqual({v["code"] for v in answer["violations"]},
                     {"unsupported.feature"})
    broken = self.write("broken", "copy relaxed-1\nname x\nlimit height 3\n")
    self.assert_wrong_use("validate", SAMPLE, "--profile", broken,
                          says="line 3")


class RunTest(CommandLineTest):

  FIELDS = ["outcome", "results", "trap", "fuel_used", "fuel_limit", "fuel_by"]
  CATEGORIES = ["compile", "instantiate", "compute", "memory", "host", "calls"]

  def run_sample(self, *arguments, code=0):
    answer = self.json("run", SAMPLE, "--invoke", *arguments, code=code)
    self.assertEqual(list(answer), self.FIELDS)
    self.assertEqual(list(answer["fuel_by"]), self.CATEGORIES)
    return answer

  def test_returned(self):
    answer = self.run_sample("fib", "30")
    self.assertEqual(answer["outcome"], "returned")
    self.assertEqual(answer["results"], ["i64:832040"])
    self.assertIsNone(answer["trap"])
    self.assertEqual(answer["fuel_limit"], 2**56)
    self.assertEqual(sum(answer["fuel_by"].values()), answer["fuel_used"])
    self.assertEqual(answer["fuel_by"]["compile"],
                     500 + 4 * os.path.getsize(SAMPLE))

  def test_arguments(self):
    self.assertEqual(self.run_sample("fib", "i64:5")["results"], ["i64:5"])
    self.assertEqual(self.run_sample("div", "-7", "2")["results"],
                     ["i32:4294967293"])

  def test_floats_are_bits(self):
    self.assertEqual(self.run_sample("nan")["results"], ["f32:0x7fc00000"])

  def test_trapped(self):
    answer = self.run_sample("div", "1", "0", code=1)
    self.assertEqual((answer["outcome"], answer["trap"], answer["results"]),
                     ("trapped", "IntegerDivideByZero", []))
    answer = self.run_sample("ask_the_host", code=1)
    self.assertEqual(answer["trap"], "UnknownHostFunction")

  def test_the_fuel_used_is_enough_and_not_one_less(self):
    used = self.run_sample("fib", "30")["fuel_used"]
    exact = self.run_sample("fib", "30", "--fuel", str(used))
    self.assertEqual(exact["outcome"], "returned")
    short = self.run_sample("fib", "30", "--fuel", str(used - 1), code=1)
    self.assertEqual(short["outcome"], "out_of_fuel")
    self.assertEqual(short["fuel_used"], used - 1)

  def test_rejected(self):
    answer = self.run_sample("fib", "1", "--profile", "strict-1", code=1)
    self.assertEqual(answer["outcome"], "module_rejected")


class WastTest(CommandLineTest):

  def script(self):
    path = self.path("script.json")
    subprocess.run(("wast2json", WAST, "-o", path), check=True)
    return path

  def test_passes(self):
    path = self.script()
    done = ashlar("wast", path)
    self.assertEqual(done.returncode, 0, done.stderr)
    self.assertEqual(done.stdout.splitlines()[-1],
                     "16 passed, 0 failed, 0 skipped")
    lines = ashlar("wast", path, "--json").stdout.splitlines()
    counts = {"passed": 16, "failed": 0, "skipped": 0}
    self.assertEqual([json.loads(line) for line in lines],
                     [{"file": path} | counts, {"file": "total"} | counts])

  def test_each_expectation_can_fail(self):
    # What a command of a type becomes, so that it must fail.
    def other_value(command):
      for value in command["expected"]:
        value["value"] = "12345"

    def other_text(command):
      command["text"] = "something else"

    def other_field(command):
      command["action"]["field"] = "absent"

    def other_file(command):
      command["filename"] = self.accepted

    breakers = {
        "assert_return": (other_value, other_field),
        "assert_trap": (other_text, other_field),
        "assert_exhaustion": (other_text, other_field),
        "assert_invalid": (other_text, other_file),
        "assert_malformed": (other_text, other_file),
        "assert_unlinkable": (other_text, other_file),
        "assert_uninstantiable": (other_text, other_file),
        "action": (other_field,),
    }
    path = self.script()
    script = self.read_json("script.json")
    self.accepted = script["commands"][-1]["filename"]
    for i, command in enumerate(script["commands"]):
      for breaker in breakers.get(command["type"], ()):
        if command.get("module_type") == "text":
          continue
        changed = json.loads(json.dumps(script))
        breaker(changed["commands"][i])
        self.write("script.json", json.dumps(changed))
        done = ashlar("wast", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"line {command['line']}:", done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1],
                         "15 passed, 1 failed, 0 skipped", command)

  def test_what_is_unknown_is_skipped(self):
    script = {"commands": [{"type": "assert_novel", "line": 1}]}
    done = ashlar("wast", self.write("new.json", json.dumps(script)))
    self.assertEqual(done.stdout.splitlines()[-1],
                     "0 passed, 0 failed, 1 skipped")

  def test_no_script(self):
    self.assert_wrong_use("wast", self.write("x.json", "[]"), says="x.json")
    self.assert_wrong_use("wast", self.write("y.json", "{"), says="y.json")


class CallTest(CommandLineTest):

  FIELDS = ["outcome", "trap", "flags", "data", "fuel", "writes", "deletes",
            "accounts", "events", "digests", "own", "limit", "violations",
            "reads", "context_reads", "module_reads", "resources", "failure",
            "nested_failures", "fuel_reads"]

  def call(self, entry, data, *more, code=0):
    answer = self.json("call", TOKEN, "--entry", entry, "--input", data, *more,
                       code=code)
    self.assertEqual(list(answer), self.FIELDS)
    self.assertEqual(list(answer["fuel"]),
                     ["limit", "used", "minimum", "exactness", "by"])
    self.assertEqual(list(answer["digests"]),
                     ["request", "reads", "effects", "receipt"])
    return answer

  def test_digests_are_recomputed_from_what_is_printed(self):
    for entry, fuel in (("deploy", 10**9), ("deploy", 3000), ("nope", 10**9)):
      answer = self.call(entry, NEW, "--fuel", str(fuel),
                         code=0 if (entry, fuel) == ("deploy", 10**9) else 1)
      file = self.write("answer.json", json.dumps(answer))
      self.assertEqual(self.verified(file).returncode, 0)
    answer["fuel"]["used"] += 1
    file = self.write("answer.json", json.dumps(answer))
    self.assertIn("MISMATCH", self.verified(file).stdout)

  def verified(self, file):
    return subprocess.run(("python3", "tools/verify_digest.py", file),
                          capture_output=True, text=True, check=False)

  def deployed(self):
    state = self.path("state.json")
    self.call("deploy", NEW, "--save-state", state)
    return state

  def test_deploy(self):
    answer = self.call("deploy", NEW)
    self.assertEqual((answer["outcome"], answer["flags"], answer["trap"]),
                     ("returned", 0, None))
    self.assertEqual(answer["writes"], {"00": amount(1000),
                                        BALANCE[OWNER]: amount(1000)})
    self.assertEqual(answer["deletes"], [])
    self.assertEqual(answer["accounts"], {})
    self.assertEqual(answer["events"][0]["account"], CONTRACT)
    self.assertEqual(answer["events"][0]["data"], amount(1000))
    self.assertTrue(answer["events"][0]["topics"].startswith(
        "0c" + b"Token::Transfer".hex()))

  def test_state_is_read_and_written(self):
    state = self.deployed()
    before = self.read_json("state.json")
    self.assertEqual(set(before), {"storage", "balance"})
    moved = self.call("call", TRANSFER + amount(1000), "--state", state,
                      "--save-state", self.path("after.json"))
    self.assertEqual(moved["data"], "00")
    self.assertEqual(moved["writes"], {BALANCE[OTHER]: amount(1000)})
    self.assertEqual(moved["deletes"], [BALANCE[OWNER]])
    self.assertEqual(self.read_json("state.json"), before)
    self.assertEqual(self.read_json("after.json")["storage"],
                     {"00": amount(1000), BALANCE[OTHER]: amount(1000)})

  def test_a_failed_call_leaves_the_state(self):
    state = self.deployed()
    before = self.read_json("state.json")
    reverted = self.call("call", TRANSFER + amount(1001), "--state", state,
                         "--save-state", state, code=1)
    self.assertEqual((reverted["outcome"], reverted["flags"],
                      reverted["data"], reverted["writes"]),
                     ("reverted", 1, "0100", {}))
    trapped = self.call("call", "00000000", "--state", state, "--save-state",
                        state, code=1)
    self.assertEqual((trapped["outcome"], trapped["trap"]),
                     ("trapped", "Unreachable"))
    self.assertEqual(self.read_json("state.json"), before)

  def test_value_is_credited_and_not_saved(self):
    state = self.path("state.json")
    answer = self.call("deploy", NEW, "--value", "500", "--save-state", state)
    self.assertEqual(answer["outcome"], "returned")
    self.assertEqual(self.read_json("state.json")["balance"], "500")
    self.assertEqual(set(self.read_json("state.json")), {"storage", "balance"})

  def test_the_full_form(self):
    state = self.write("full.json", json.dumps({
        "accounts": {OWNER: {"balance": "1000", "storage": {}}},
        "modules": {}}))
    answer = self.call("deploy", NEW, "--value", "400", "--state", state,
                       "--save-state", state)
    self.assertEqual(answer["accounts"], {OWNER: {"balance": "600"}})
    accounts = self.read_json("full.json")["accounts"]
    self.assertEqual(accounts[OWNER]["balance"], "600")
    self.assertEqual(accounts[CONTRACT]["balance"], "400")
    self.assertEqual(accounts[CONTRACT]["storage"]["00"], amount(1000))

  def test_fuel(self):
    whole = self.call("deploy", NEW)["fuel"]
    self.assertEqual(whole["minimum"], whole["used"])
    self.assertEqual(whole["exactness"], "PROVEN")
    self.assertEqual(sum(whole["by"].values()), whole["used"])
    short = self.call("deploy", NEW, "--fuel", str(whole["used"] - 1), code=1)
    self.assertEqual(short["outcome"], "out_of_fuel")
    self.assertEqual(short["events"], [])

  def test_digests_repeat(self):
    self.assertEqual(self.call("deploy", NEW)["digests"],
                     self.call("deploy", NEW)["digests"])
    self.assertNotEqual(
        self.call("deploy", NEW)["digests"]["request"],
        self.call("deploy", NEW, "--block", "2")["digests"]["request"])


class EstimateTest(CommandLineTest):

  CALL = (TOKEN, "--entry", "call", "--input", TRANSFER + amount(400))

  def deployed(self):
    state = self.path("state.json")
    self.json("call", TOKEN, "--entry", "deploy", "--input", NEW,
              "--save-state", state)
    return state

  def test_what_a_call_needs_and_touches(self):
    call = (*self.CALL, "--state", self.deployed())
    answer = self.json("estimate", *call)
    self.assertEqual(list(answer), CallTest.FIELDS + ["needs", "access"])
    plain = self.json("call", *call)
    self.assertEqual({field: answer[field] for field in plain}, plain)
    self.assertIsNone(answer["failure"])
    needs = answer["needs"]
    for name, used in answer["resources"].items():
      self.assertEqual(needs[name]["needed"], used)
    self.assertEqual(needs["input_size"]["limit"], 1 << 20)
    self.assertEqual([a["key"] for a in answer["access"] if a["written"]],
                     sorted(plain["writes"]))
    self.assertEqual([a["key"] for a in answer["access"] if a["read"]],
                     [read["key"] for read in plain["reads"]])
    # What is needed suffices, and one less does not.
    for name in ("read_bytes", "writes"):
      needed = needs[name]["needed"]
      self.json("call", *call, "--limit", f"{name}={needed}")
      short = self.json("estimate", *call, "--limit", f"{name}={needed - 1}",
                        code=1)
      self.assertEqual(short["limit"], name)
      self.assertTrue(short["needs"][name]["exceeded"])
      self.assertEqual(short["failure"]["bound"]["name"], name)
      self.assertLessEqual(short["needs"][name]["needed"], needed)

  def test_a_failed_call_says_where_and_why(self):
    call = (*self.CALL, "--state", self.deployed())
    used = self.json("estimate", *call)["fuel"]["used"]
    answer = self.json("estimate", *call, "--fuel", str(used - 1), code=1)
    self.assertEqual(answer["outcome"], "out_of_fuel")
    failure = answer["failure"]
    self.assertEqual(failure["phase"], "run")
    self.assertGreater(failure["charge"]["missing"], 0)
    self.assertEqual(sum(answer["fuel"]["by"].values()), used - 1)
    self.assertEqual(len(failure["call_path"]), 1)
    self.assertEqual(failure["call_path"][0]["fuel_by"], answer["fuel"]["by"])
    self.assertTrue(failure["backtrace"])
    self.assertTrue(answer["access"])
    done = ashlar("estimate", *call, "--fuel", str(used - 1))
    self.assertEqual(done.returncode, 1)
    self.assertIn("missing for", done.stderr)
    self.assertIn("contract c0c0c0c0", done.stderr)
    self.assertIn("needs       reads", done.stdout)

  def test_state_is_assumed(self):
    call = (*self.CALL, "--state", self.deployed())
    assumed = self.write("assumed.json", json.dumps(
        {"storage": {BALANCE[OWNER]: amount(399)}}))
    answer = self.json("estimate", *call, "--override", assumed, code=1)
    self.assertEqual(answer["outcome"], "reverted")
    self.assertEqual(self.json("estimate", *call)["outcome"], "returned")
    # Nothing else of the account's storage is left.
    rich = self.write("rich.json", json.dumps(
        {"storage": {BALANCE[OWNER]: amount(900)}}))
    supply = (TOKEN, "--entry", "call", "--input", "db6375a8", "--state",
              self.path("state.json"), "--override", rich)
    self.assertEqual(self.json("estimate", *supply)["data"], amount(1000))
    self.assertEqual(
        self.json("estimate", *supply, "--replace-storage")["data"], amount(0))

  def test_wrong_use(self):
    self.assert_wrong_use("estimate", *self.CALL, "--replace-storage",
                          says="--override")
    self.assert_wrong_use("estimate", *self.CALL, "--namespace", "n",
                          says="--server")
    self.assert_wrong_use("estimate", *self.CALL, "--limit", "reads",
                          says="NAME=N")
    self.assert_wrong_use("estimate", *self.CALL, "--limit", "input_size=3",
                          says="NAME=N")
    many = self.write("many.json", json.dumps(
        {"storage": {f"{i:04x}": "00" for i in range(1025)}}))
    self.assert_wrong_use("estimate", *self.CALL, "--override", many,
                          says="1024")


class ProfileTest(CommandLineTest):

  def profile(self, *arguments, code=0):
    done = ashlar("profile", *arguments)
    self.assertEqual(done.returncode, code, done.stderr)
    return done.stdout

  def test_formats(self):
    call = (TOKEN, "--entry", "deploy", "--input", NEW)
    used = self.json("call", *call)["fuel"]["used"]
    folded = self.profile(*call)
    self.assertEqual(sum(int(line.rsplit(" ", 1)[1])
                         for line in folded.splitlines()), used)
    table = self.profile(*call, "--format", "table")
    self.assertIn(f"{used}  100.00  all", table)
    speedscope = json.loads(self.profile(*call, "--format", "speedscope"))
    self.assertEqual(sum(speedscope["profiles"][0]["weights"]), used)
    self.assertIn(f"token.wasm: {used} fuel",
                  self.profile(*call, "--format", "svg"))

  def test_diff_of_two_profiles(self):
    before = self.write("a", "f 100\nf;g 10\n")
    after = self.write("b", "f 100\nf;g 13\n")
    answer = self.json("profile", "--diff", before, after)
    self.assertEqual(answer, {
        "before": 110, "after": 113, "delta": 3,
        "paths": [{"path": "f;g", "before": 10, "after": 13, "delta": 3}]})
    diff = ("--diff", before, after, "--threshold")
    self.profile(*diff, "2.8")
    done = ashlar("profile", *diff, "2.7")
    self.assertEqual(done.returncode, 1)
    self.assertIn("grew by more than 2.7 %", done.stderr)
    self.assertIn("+3", done.stdout)
    # Less is never too much.
    self.profile("--diff", after, before, "--threshold", "0")

  def test_diff_of_modules_and_records(self):
    call = ("--entry", "deploy", "--input", NEW)
    folded = self.path("folded")
    record = self.path("record")
    self.profile(TOKEN, *call, "-o", folded)
    self.json("call", TOKEN, *call, "--record", record)
    same = {"delta": 0, "paths": []}
    for before in (TOKEN, folded, record):
      for after in (TOKEN, folded, record):
        answer = self.json("profile", "--diff", before, after, *call,
                           "--threshold", "0")
        self.assertEqual({field: answer[field] for field in same}, same)
    answer = self.json("profile", "--diff", SAMPLE, SAMPLE, "--invoke", "fib",
                       "30")
    self.assertEqual(answer["delta"], 0)
    self.assertGreater(answer["after"], 0)

  def test_deep_recursion_stays_small(self):
    text = self.write("deep.wat", """(module (func $f (export "f") (param i32)
        (if (local.get 0) (then
          (call $f (i32.sub (local.get 0) (i32.const 1)))))))""")
    module = self.path("deep.wasm")
    subprocess.run(("wat2wasm", text, "-o", module), check=True)
    run = (module, "--invoke", "f", "100000")
    used = self.json("run", *run)["fuel_used"]
    folded = self.profile(*run)
    self.assertLess(len(folded), 1 << 20)
    self.assertEqual(sum(int(line.rsplit(" ", 1)[1])
                         for line in folded.splitlines()), used)
    self.assertLess(len(self.profile(*run, "--format", "svg")), 1 << 20)

  def test_wrong_use(self):
    good = self.write("good", "f 1\n")
    bad = self.write("bad", "f 1\nwords\n")
    self.assert_wrong_use("profile", "--diff", good, bad, says="bad: line 2")
    self.assert_wrong_use("profile", "--diff", good, self.path("none"))
    self.assert_wrong_use("profile", "--diff", good, TOKEN, says="--entry")
    self.assert_wrong_use("profile", "--entry", "call", "--input", "",
                          says="MODULE")
    self.assert_wrong_use("profile", TOKEN, "--entry", "call", "--input", "",
                          "--threshold", "1", says="--diff")


class ReplayTest(CommandLineTest):

  def setUp(self):
    super().setUp()
    self.deploy = self.path("deploy.rec")
    self.reverted = self.path("reverted.rec")
    state = self.path("state.json")
    plain = self.json("call", TOKEN, "--entry", "deploy", "--input", NEW)
    answer = self.json("call", TOKEN, "--entry", "deploy", "--input", NEW,
                       "--save-state", state, "--record", self.deploy)
    self.assertEqual(answer, plain)
    self.fuel = answer["fuel"]["used"]
    self.json("call", TOKEN, "--entry", "call", "--input",
              TRANSFER + amount(1001), "--state", state, "--record",
              self.reverted, code=1)

  def change(self, path, at):
    with open(path, "rb") as file:
      content = bytearray(file.read())
    content[at] ^= 1
    changed = self.path("changed.rec")
    with open(changed, "wb") as file:
      file.write(content)
    return changed

  def test_records_match(self):
    done = ashlar("replay", self.deploy, self.reverted, "--json", "--jobs",
                  "2")
    self.assertEqual(done.returncode, 0, done.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    self.assertEqual([line["file"] for line in lines],
                     [self.deploy, self.reverted])
    for line in lines:
      self.assertEqual(list(line), ["file", "verdict", "first_difference",
                                    "records", "matches", "record"])
      self.assertEqual(line["verdict"], "match")
      self.assertIsNone(line["first_difference"])
    text = ashlar("replay", self.deploy, self.reverted).stdout
    self.assertIn("2 of 2 records match", text)

  def test_one_file_of_many(self):
    packed = self.path("all.rec")
    many = [self.deploy, self.reverted] * 50
    self.assertEqual(ashlar("replay", *many, "--pack", packed).returncode, 0)
    self.assertLess(os.path.getsize(packed),
                    25 * os.path.getsize(self.deploy))
    line = self.json("replay", packed, "--jobs", "3")
    self.assertEqual((line["records"], line["matches"]), (100, 100))

  def test_what_was_changed_is_refused(self):
    for at in (0, 9, 3000, -100, -1):
      done = ashlar("replay", self.change(self.deploy, at))
      self.assertEqual(done.returncode, 2, done.stdout)
      self.assertIn("byte ", done.stderr)
    self.assert_wrong_use("replay", TOKEN, says="byte 0: this is no file")
    self.assert_wrong_use("replay", self.path("none"))

  def test_where_two_part(self):
    same = self.json("replay", "--bisect", self.deploy, self.deploy)
    self.assertFalse(same["parts"])
    dear = self.write("dear", "copy seal-1\nname dear\n"
                      "schedule copy ashlar-1\nschedule name dear\n"
                      "schedule Store 77\n")
    parting = self.json("replay", "--bisect", self.deploy, "--profile",
                        "seal-1", "--profile", dear, code=1)
    self.assertTrue(parting["parts"])
    self.assertIsNotNone(parting["common"])
    self.assertLess(parting["a"]["fuel"], self.fuel)
    self.assertNotEqual(parting["a"]["state"], parting["b"]["state"])
    done = ashlar("replay", "--bisect", self.deploy, self.reverted)
    self.assertEqual(done.returncode, 1)
    self.assertIn("fuel", done.stdout)
    self.assert_wrong_use("replay", "--bisect", self.deploy, self.deploy,
                          self.deploy, says="two")

  def test_where_two_engines_part(self):
    here = os.path.abspath(ASHLAR)
    for engines in ((here,), (here, here)):
      options = [x for path in engines for x in ("--engine", path)]
      same = self.json("replay", "--bisect", self.deploy, *options)
      self.assertFalse(same["parts"])
    stand = self.json("replay", self.deploy, "--mark", str(self.fuel // 2))
    self.assertGreater(stand["fuel"], self.fuel // 2)
    self.assertIsNotNone(stand["state"])
    end = self.json("replay", self.deploy, "--mark", str(self.fuel))
    self.assertEqual((end["outcome"], end["fuel"], end["state"]),
                     ("returned", self.fuel, None))
    # An engine that goes wrong at one charge, and ends otherwise, too.
    wrong_from = self.fuel * 2 // 3
    wrong = self.write("wrong", f"""#!/usr/bin/env python3
import json, subprocess, sys
line = subprocess.check_output(["{here}", *sys.argv[1:]])
answer = json.loads(line)
if int(sys.argv[sys.argv.index("--mark") + 1]) >= {wrong_from}:
  name = "state" if answer["state"] else "effects"
  answer[name] = "5a" * 32
print(json.dumps(answer))
""")
    os.chmod(wrong, 0o755)
    parting = self.json("replay", "--bisect", self.deploy, "--engine", wrong,
                        code=1)
    self.assertEqual(parting["fuel"], wrong_from)
    self.assertEqual(parting["b"]["state"], "5a" * 32)
    self.assertEqual(parting["a"]["function"], parting["b"]["function"])
    self.assertLessEqual(parting["common"]["fuel"], parting["a"]["fuel"])
    for broken, says in (("none", "No such file"), ("silent", "does not say"),
                         ("failing", "failed there")):
      path = self.path(broken)
      if broken != "none":
        with open(path, "w", encoding="ascii") as file:
          file.write("#!/bin/sh\n" + ("exit 1\n" if broken == "failing" else ""))
        os.chmod(path, 0o755)
      done = ashlar("replay", "--bisect", self.deploy, "--engine", path)
      self.assertEqual(done.returncode, 3, done.stderr)
      self.assertIn(says, done.stderr)
    self.assert_wrong_use("replay", "--mark", "1", self.deploy, self.deploy,
                          says="one record")

  def test_reprice(self):
    dear = self.write("dear", "copy seal-1\nname dear\n"
                      "schedule copy ashlar-1\nschedule name dear\n"
                      "schedule compile_base 5000\n")
    done = ashlar("reprice", self.deploy, self.reverted, "--profile", "seal-1",
                  "--profile", dear, "--json")
    self.assertEqual(done.returncode, 0, done.stderr)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    self.assertEqual(rows[0]["fuel_used"], self.fuel)
    self.assertEqual([row["outcome"] for row in rows],
                     ["returned", "reverted"])
    for row in rows:
      cell = row["profiles"]["seal-1"]
      self.assertEqual(cell["fuel_used"], row["fuel_used"])
      self.assertEqual(cell["outcome"], row["outcome"])
      self.assertGreater(row["profiles"]["dear"]["fuel_used"],
                         row["fuel_used"])
    table = ashlar("reprice", self.deploy, "--profile", dear, "--each").stdout
    self.assertIn("recorded (1)", table)
    self.assertIn("dear", table)
    self.assert_wrong_use("reprice", self.deploy, says="profile")
    self.assert_wrong_use("reprice", self.deploy, "--profile", "none",
                          says="none")


class ServerTest(CommandLineTest):
  """The same over gRPC, with a server in a folder of this test."""

  @classmethod
  def setUpClass(cls):
    # Not the test's own folder: a socket's path may have 107 bytes.
    cls.home = tempfile.TemporaryDirectory(dir="/tmp")
    cls.addClassCleanup(cls.home.cleanup)
    socket = os.path.join(cls.home.name, "socket")
    cls.server = ("--server", f"unix:{socket}")
    process = subprocess.Popen((ASHLARD, "--listen", f"unix:{socket}"),
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    cls.addClassCleanup(process.wait)
    cls.addClassCleanup(process.terminate)
    deadline = time.monotonic() + 30
    while not os.path.exists(socket):
      if time.monotonic() > deadline or process.poll() is not None:
        raise AssertionError("the server does not listen")
      time.sleep(0.05)

  def put(self, file=TOKEN):
    return self.json("put", *self.server, file)["hash"]

  def test_put_and_inspect(self):
    module = self.put()
    report = self.json("inspect", *self.server, module, "--profile", "seal-1")
    self.assertEqual(report["hash"], module)
    self.assertEqual(report["size_bytes"], os.path.getsize(TOKEN))
    self.assertTrue(report["accepted"])
    local = self.json("inspect", TOKEN, "--profile", "seal-1")
    for field in ("hash", "size_bytes", "compile_fuel", "instantiate_fuel"):
      self.assertEqual(report[field], local[field], field)
    for field in ("imports", "exports"):
      self.assertEqual([item["name"] for item in report[field]],
                       [item["name"] for item in local[field]])

  def test_a_refused_module_is_the_modules_failure(self):
    done = ashlar("put", *self.server, SAMPLE)
    self.assertEqual((done.returncode, done.stdout), (1, ""))
    self.assertIn("abi.unknown_import", done.stderr)

  def test_execute_answers_as_call_does(self):
    call = (TOKEN, "--entry", "deploy", "--input", NEW)
    self.assertEqual(self.json("execute", *self.server, *call),
                     self.json("call", *call))
    state = self.path("state.json")
    self.json("execute", *self.server, *call, "--save-state", state)
    call = (TOKEN, "--entry", "call", "--input", TRANSFER + amount(1001),
            "--state", state, "--value", "3")
    self.assertEqual(self.json("execute", *self.server, *call, code=1),
                     self.json("call", *call, code=1))

  def test_estimate_answers_as_it_does_here(self):
    state = self.path("state.json")
    self.json("call", TOKEN, "--entry", "deploy", "--input", NEW,
              "--save-state", state)
    call = ("estimate", TOKEN, "--entry", "call", "--input",
            TRANSFER + amount(400), "--state", state)
    assumed = self.write("assumed.json", json.dumps(
        {"storage": {BALANCE[OWNER]: amount(399)}}))
    for more, code in (((), 0), (("--override", assumed), 1),
                       (("--override", assumed, "--replace-storage"), 1),
                       (("--fuel", "4000"), 1), (("--limit", "reads=1"), 1)):
      self.assertEqual(self.json(*call, *more, *self.server, code=code),
                       self.json(*call, *more, code=code))
    many = self.write("many.json", json.dumps(
        {"storage": {f"{i:04x}": "00" for i in range(1025)}}))
    self.assert_wrong_use(*call, "--override", many, *self.server, says="1024")


  def test_a_record_of_the_server(self):
    record = self.path("server.rec")
    answer = self.json("execute", TOKEN, *self.server, "--entry", "deploy",
                       "--input", NEW, "--record", record)
    self.assertEqual(answer["outcome"], "returned")
    for command in (("replay", record), ("verify", record) + self.server):
      self.assertEqual(self.json(*command)["verdict"], "match")
    commit = ("execute", TOKEN, "--entry", "deploy", "--input", NEW,
              "--namespace", "recorded", "--base-version", "0", "--commit",
              "--record", record) + self.server
    self.json(*commit)
    self.assertEqual(self.json("replay", record)["verdict"], "match")
    done = ashlar(*commit)
    self.assertEqual(done.returncode, 2)
    self.assertIn("retry", done.stderr)

  def test_the_servers_store(self):
    module = self.put()
    store = ("--namespace", "test", "--base-version")
    call = ("execute", *self.server, module, "--entry")
    self.json(*call, "deploy", "--input", NEW, *store, "0", "--commit")
    transfer = (*call, "call", "--input", TRANSFER + amount(400), *store, "1")
    dry = self.json(*transfer)
    self.assertEqual(self.json(*transfer), dry)
    self.assertEqual(self.json(*transfer, "--commit"), dry)
    answer = self.json(*call, "call", "--input", "0f755a56" + OTHER, *store,
                       "2")
    self.assertEqual(answer["data"], amount(400))

  def test_wrong_use(self):
    call = ("execute", *self.server, TOKEN, "--entry", "deploy", "--input",
            NEW)
    self.assert_wrong_use(*call, "--namespace", "n", says="--base-version")
    self.assert_wrong_use(*call, "--commit", says="--namespace")
    self.assert_wrong_use(*call, "--profile", "lax-1", says="lax-1")
    self.assert_wrong_use(*call, "--namespace", "n", "--base-version", "7")
    self.assert_wrong_use("inspect", *self.server, "ab" * 32)

  def test_nobody_listens(self):
    done = ashlar("put", "--server", "unix:" + self.path("none"), TOKEN)
    self.assertEqual(done.returncode, 3)
    self.assertIn("none", done.stderr)


class OtherTest(CommandLineTest):

  def test_disasm_is_the_module_again(self):
    text = self.write("sample.wat", ashlar("disasm", SAMPLE).stdout)
    again = self.path("again.wasm")
    subprocess.run(("wat2wasm", text, "-o", again), check=True)
    for invocation in (("fib", "30"), ("nan",), ("div", "-9", "4")):
      arguments = ("--invoke",) + invocation
      self.assertEqual(self.json("run", again, *arguments)["results"],
                       self.json("run", SAMPLE, *arguments)["results"])

  def test_inspect(self):
    report = self.json("inspect", SAMPLE, "--profile", "relaxed-1")
    self.assertEqual(report["size_bytes"], os.path.getsize(SAMPLE))
    self.assertTrue(report["accepted"])
    self.assertEqual(report["imports"][0]["name"], "missing")
    functions = {f["name"]: f for f in report["functions"] if f["name"]}
    self.assertEqual(functions["fib"]["loops"], 1)
    self.assertEqual(functions["fib"]["locals"], 3)
    # A parameter, two links, three locals, and at most two operands.
    self.assertEqual(functions["fib"]["frame_slots"], 8)
    self.assertEqual(self.json("inspect", SAMPLE, code=1)["accepted"], False)

  def test_inspect_knows_the_abi_and_the_stack(self):
    report = self.json("inspect", SAMPLE, code=1)
    self.assertEqual([i["abi"] for i in report["imports"]], ["unknown"])
    self.assertIsNone(report["worst_stack"])
    report = self.json("inspect", TOKEN, "--profile", "seal-1")
    self.assertEqual({i["abi"] for i in report["imports"]}, {"known"})
    worst = report["worst_stack"]
    self.assertGreaterEqual(worst["slots"], report["worst_frame_slots"])
    # An export that takes the deepest path there is: as many slots are enough.
    report = self.json("inspect", SAMPLE, "--profile", "relaxed-1")
    slots = report["worst_stack"]["slots"]
    names = {f["index"]: f["name"] for f in report["functions"]}
    entry = names[report["worst_stack"]["path"][0]]
    self.assertEqual(entry, "unbounded")
    for limit, code in ((slots, 0), (slots - 1, 1)):
      profile = self.write("p", "copy relaxed-1\nname p\n"
                           f"limit stack_slots_max {limit}\n"
                           f"limit frame_slots_max {limit}\n")
      answer = self.json("run", SAMPLE, "--invoke", entry, "10", "--profile",
                         profile, code=code)
    self.assertEqual(answer["trap"], "CallStackExhausted")

  def test_the_fuel_bound_is_exact(self):
    report = self.json("inspect", SAMPLE, "--profile", "relaxed-1")
    bounds = {f["name"]: f["fuel_bound"] for f in report["functions"]}
    for name in ("fib", "sum", "ask_the_host", "unbounded"):
      self.assertIsNone(bounds[name], name)
    used = [self.json("run", SAMPLE, "--invoke", "bounded",
                      str(x))["fuel_by"]["compute"] for x in range(14)]
    self.assertGreater(len(set(used)), 3)
    self.assertEqual(max(used), bounds["bounded"])

  def test_disasm_code(self):
    text = ashlar("disasm", SAMPLE, "--code").stdout
    self.assertIn("first run", text)
    self.assertIn("Call ", text)
    self.assertEqual(
        ashlar("disasm", "--code", self.write("no.wasm", "text")).returncode,
        1)

  def test_disasm_of_what_is_no_module(self):
    self.assertEqual(
        ashlar("disasm", self.write("no.wasm", "text")).returncode, 1)

  def test_bench(self):
    answer = self.json("bench", "startup", SAMPLE, "--iters", "3")
    self.assertEqual(list(answer), ["file", "min_ns", "median_ns",
                                    "code_bytes"])
    self.assertGreater(answer["code_bytes"], 0)
    for kind in ("exec", "oneshot"):
      answer = self.json("bench", kind, SAMPLE, "--invoke", "fib", "30",
                         "--iters", "3")
      self.assertEqual(list(answer), ["min_ns", "median_ns", "results"])
      self.assertEqual(answer["results"], ["i64:832040"])
      self.assertGreater(answer["min_ns"], 0)
      self.assertGreaterEqual(answer["median_ns"], answer["min_ns"])

  def test_bench_with_setup_and_input(self):
    data = self.write("input", "abc")
    answer = self.json("bench", "exec", SAMPLE, "--invoke", "sum", "--input",
                       data, "--iters", "2")
    self.assertEqual(answer["results"], [f"i64:{sum(b'abc')}"])
    answer = self.json("bench", "exec", SAMPLE, "--invoke", "sum", "--setup",
                       "5", "--iters", "2")
    self.assertEqual(answer["results"], ["i64:0"])

  def test_bench_of_what_fails(self):
    done = ashlar("bench", "exec", SAMPLE, "--invoke", "div", "1", "0")
    self.assertEqual(done.returncode, 1)
    self.assertIn("trapped", done.stderr)


if __name__ == "__main__":
  unittest.main()
