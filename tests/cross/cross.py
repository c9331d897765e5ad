"""Builds tests/cross:digests for each compiler and machine and compares what
they print. See tools/cross."""

import argparse
import concurrent.futures
import dataclasses
import functools
import hashlib
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

# How much each build executes, beside all records.
PROGRAMS, MODULES, THREADS = 500, 1000, 8
TARGET = "//tests/cross:digests"

# What an arm64 program needs, and the machine that runs it here.
PACKAGES = (
    # Of this machine's architecture.
    "qemu-user-static", "g++-12-aarch64-linux-gnu", "gcc-12-aarch64-linux-gnu",
    "cpp-12-aarch64-linux-gnu", "binutils-aarch64-linux-gnu",
    # Of the other one.
    "libc6:arm64", "libc6-dev:arm64", "linux-libc-dev:arm64",
    "libcrypt1:arm64", "libgcc-s1:arm64", "libgcc-12-dev:arm64",
    "libstdc++6:arm64", "libstdc++-12-dev:arm64", "libabsl20220623:arm64",
    "libabsl-dev:arm64", "libcrypto++8:arm64", "libcrypto++-dev:arm64",
    "libsodium23:arm64", "libsodium-dev:arm64", "libsecp256k1-1:arm64",
    "libsecp256k1-dev:arm64")


@dataclasses.dataclass(frozen=True)
class Build:
  name: str
  compiler: str
  flags: tuple
  is_arm: bool = False


BUILDS = (
    Build("clang-19", "clang++-19", ("-O2",)),
    Build("clang-19-O0", "clang++-19", ("-O0",)),
    Build("clang-19-O3", "clang++-19", ("-O3",)),
    Build("clang-14", "clang++-14", ("-O2",)),
    Build("clang-14-O0", "clang++-14", ("-O0",)),
    Build("clang-14-O3", "clang++-14", ("-O3",)),
    Build("gcc-12", "g++-12", ("-O2",)),
    Build("gcc-12-O0", "g++-12", ("-O0",)),
    Build("gcc-12-O3", "g++-12", ("-O3",)),
    Build("aarch64-clang-19", "clang++-19", ("-O2",), is_arm=True),
    Build("aarch64-clang-19-O0", "clang++-19", ("-O0",), is_arm=True),
    Build("aarch64-clang-19-O3", "clang++-19", ("-O3",), is_arm=True),
    Build("aarch64-gcc-12", "aarch64-linux-gnu-g++-12", ("-O2",), is_arm=True),
    Build("aarch64-gcc-12-O0", "aarch64-linux-gnu-g++-12", ("-O0",),
          is_arm=True),
    Build("aarch64-gcc-12-O3", "aarch64-linux-gnu-g++-12", ("-O3",),
          is_arm=True),
)


def run(command, **options):
  return subprocess.run(command, check=True, text=True,
                        stdout=subprocess.PIPE, **options).stdout


def fetch(folder):
  """Unpacks the packages into folder/root, once."""
  root = folder / "root"
  if (folder / "root.done").exists():
    return root
  state = folder / "apt"
  for name in ("lists/partial", "cache/archives/partial", "debs"):
    (state / name).mkdir(parents=True, exist_ok=True)
  # A configuration of its own: the system's lists and architectures stay.
  status = state / "status"
  status.write_text("")
  config = state / "apt.conf"
  config.write_text(
      f'APT::Architectures {{"amd64";"arm64";}};\n'
      f'Dir::State "{state}";\nDir::State::status "{status}";\n'
      f'Dir::Cache "{state}/cache";\nAPT::Sandbox::User "root";\n')
  environment = dict(os.environ, APT_CONFIG=str(config))
  run(["apt-get", "-qq", "update"], env=environment)
  run(["apt-get", "-qq", "download", *PACKAGES], env=environment,
      cwd=state / "debs")
  for package in (state / "debs").glob("*.deb"):
    run(["dpkg-deb", "-x", str(package), str(root)])
  # Where the merged /usr of Debian has links, these packages have folders.
  for loader in (root / "lib").glob("ld-linux-aarch64*"):
    loader.chmod(0o755)
  (folder / "root.done").touch()
  return root


def bazel(*arguments):
  return run(["bazel", *os.environ.get("ASHLAR_BAZEL_FLAGS", "").split(),
              *arguments], stderr=subprocess.DEVNULL)


def sources():
  """The source files of TARGET, as Bazel knows them."""
  query = (f'kind("source file", labels(srcs, deps({TARGET})))'
           ' except filter("^@", deps(%s))' % TARGET)
  labels = bazel("query", query).split()
  return sorted(label[2:].replace(":", "/") for label in labels
                if label.endswith(".cc"))


def flags_of_bazelrc():
  """What Bazel gives every compiler that is about code, not about warnings."""
  text = pathlib.Path(".bazelrc").read_text()
  flags = re.findall(r"^build --(?:copt|cxxopt)=(\S+)$", text, re.M)
  return [flag for flag in flags if not flag.startswith("-W")]


def libraries():
  """The libraries of third_party/absl that this machine links, and ours."""
  text = pathlib.Path("third_party/absl/BUILD.bazel").read_text()
  names = re.search(r"_LIBS = \[(.*?)\]", text, re.S).group(1)
  absl = ["-labsl_" + name for name in re.findall(r'"(\w+)"', names)]
  return ["-Wl,--start-group", *absl, "-Wl,--end-group", "-lsodium",
          "-lsecp256k1", "-lcryptopp", "-lpthread"]


@functools.cache
def content(name):
  """The hash of a file, which is read once; empty where there is none."""
  try:
    return hashlib.sha256(pathlib.Path(name).read_bytes()).digest()
  except OSError:
    return b""


def made_of(notes):
  """The files that a compiler noted."""
  return notes.read_text().replace("\\\n", " ").split(":", 1)[1].split()


class Maker:
  """Compiles and links one build, object by object."""

  def __init__(self, build, folder, root):
    self.build = build
    self.folder = folder / build.name
    self.command = [build.compiler, *flags_of_bazelrc(), *build.flags, "-w",
                    "-DNDEBUG", "-I."]
    self.environment = dict(os.environ)
    self.link = []
    self.compiled = []  # what had to be compiled
    if "clang" in build.compiler:
      self.link.append("-fuse-ld=lld-19")
    if not build.is_arm:
      return
    libraries_here = f"{root}/usr/lib/x86_64-linux-gnu"
    self.environment["LD_LIBRARY_PATH"] = libraries_here
    self.environment["PATH"] = f"{root}/usr/bin:" + os.environ["PATH"]
    self.command.append(f"--sysroot={root}")
    self.command += [f"-isystem{root}/usr/include/aarch64-linux-gnu"]
    target = f"{root}/usr/lib/aarch64-linux-gnu"
    self.link += [f"-L{target}", f"-L{root}/lib/aarch64-linux-gnu",
                  f"-Wl,-rpath-link,{target}:{root}/lib/aarch64-linux-gnu"]
    if "clang" in build.compiler:
      gcc = f"{root}/usr/lib/gcc/aarch64-linux-gnu/12"
      self.command += ["--target=aarch64-linux-gnu",
                       f"--gcc-install-dir={gcc}"]
    else:
      headers = f"{root}/usr/include"
      gcc = f"{root}/usr/lib/gcc/aarch64-linux-gnu/12"
      self.command += [
          "-nostdinc", "-nostdinc++",
          "-isystem", f"{headers}/c++/12",
          "-isystem", f"{headers}/aarch64-linux-gnu/c++/12",
          "-isystem", f"{gcc}/include",
          "-isystem", f"{headers}/aarch64-linux-gnu", "-isystem", headers]
      self.link += [f"-B{gcc}", f"-B{target}", f"-L{gcc}"]

  def key(self, object_file):
    """A hash of all that the object was made of, as it is now; None where
    that is not known."""
    notes = object_file.with_suffix(".d")
    if not object_file.exists() or not notes.exists():
      return None
    key = hashlib.sha256(repr((self.command, self.version)).encode())
    for name in made_of(notes):
      key.update(name.encode() + content(name))
    return key.hexdigest()

  def compile(self, source):
    """Makes the object, unless one was made of the same bytes."""
    object_file = self.folder / source.replace("/", "_").replace(".cc", ".o")
    noted = object_file.with_suffix(".key")
    key = self.key(object_file)
    if key is not None and noted.exists() and noted.read_text() == key:
      return str(object_file)
    noted.unlink(missing_ok=True)
    begin = time.time()
    notes = object_file.with_suffix(".d")
    run([*self.command, "-MD", "-MF", str(notes), "-c", source,
         "-o", str(object_file)], env=self.environment)
    key = self.key(object_file)
    # What was edited meanwhile may be newer than what was compiled.
    if all(os.stat(name).st_mtime < begin for name in made_of(notes)):
      noted.write_text(key)
    self.compiled.append(source)
    return str(object_file)

  def make(self, files, pool):
    self.folder.mkdir(parents=True, exist_ok=True)
    self.version = run([self.build.compiler, "--version"],
                       env=self.environment)
    objects = list(pool.map(self.compile, files))
    program = self.folder / "digests"
    run([*self.command, *objects, "-o", str(program), *self.link,
         *libraries()], env=self.environment)
    return str(program)


def execute(build, program, root, records):
  command = [program, str(PROGRAMS), str(MODULES), str(THREADS), *records]
  if build.is_arm and platform.machine() != "aarch64":
    command = [f"{root}/usr/bin/qemu-aarch64-static", "-L", str(root), *command]
  result = subprocess.run(command, text=True, stdout=subprocess.PIPE)
  lines = result.stdout.splitlines()
  digests = dict(line.split(maxsplit=1) for line in lines)
  return result.returncode, digests


def main():
  parser = argparse.ArgumentParser(prog="tools/cross")
  parser.add_argument("--folder", type=pathlib.Path,
                      default=pathlib.Path(tempfile.gettempdir())
                      / "ashlar-cross")
  parser.add_argument("--jobs", type=int, default=os.cpu_count())
  parser.add_argument("--only", default="")
  parser.add_argument("records", nargs="*",
                      help="beside those of tests/golden")
  options = parser.parse_args()
  folder = options.folder.resolve()
  folder.mkdir(parents=True, exist_ok=True)
  only = set(filter(None, options.only.split(",")))
  unknown = only - {build.name for build in BUILDS}
  if unknown:
    parser.error(f"no such build: {', '.join(sorted(unknown))}")
  builds = [b for b in BUILDS if not only or b.name in only]
  root = fetch(folder) if any(b.is_arm for b in builds) else folder / "root"
  records = sorted(map(str, pathlib.Path("tests/golden").glob("*.rec")))
  records += options.records
  files = sources()

  first, failed = None, 0
  with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
    for build in builds:
      start = time.monotonic()
      maker = Maker(build, folder, root)
      program = maker.make(files, pool)
      built = time.monotonic()
      status, digests = execute(build, program, root, records)
      done = time.monotonic()
      name = digests.pop("build", "nothing")
      print(f"{build.name:19} {name}; {len(maker.compiled)} of {len(files)} "
            f"files compiled in {built - start:.0f} s, "
            f"ran {done - built:.0f} s", flush=True)
      if first is None:
        first = digests
        for mode, digest in digests.items():
          print(f"  {mode:10} {digest}")
      differing = [mode for mode in first.keys() | digests.keys()
                   if first.get(mode) != digests.get(mode)]
      for mode in sorted(differing):
        print(f"  {mode:10} {digests.get(mode)}  DIFFERS")
      if status != 0:
        print(f"  exit status {status}: see above")
      if status == 0 and not differing:
        print(f"  equal: total {digests['total']}", flush=True)
      failed += status != 0 or bool(differing)
  print(f"{len(builds) - failed} of {len(builds)} builds give the same digests")
  return 1 if failed or first is None else 0


if __name__ == "__main__":
  sys.exit(main())
