"""A benchmark program and the test that runs each of its benchmarks once."""

load("@rules_cc//cc:defs.bzl", "cc_binary")

def ashlar_benchmark(name, srcs = None, deps = []):
    """Makes the program `name` of NAME.cc and its smoke test.

    Args:
      name: of the program; the test is NAME_smoke_test.
      srcs: its sources; NAME.cc where none are given.
      deps: what they use beside :harness and Google Benchmark.
    """
    cc_binary(
        name = name,
        testonly = True,
        srcs = srcs or [name + ".cc"],
        deps = [":harness"] + deps,
    )
    native.sh_test(
        name = name + "_smoke_test",
        size = "small",
        srcs = ["python_test.sh"],
        args = [
            "$(location smoke_test.py)",
            "$(location :%s)" % name,
        ],
        data = [
            "smoke_test.py",
            ":" + name,
        ],
    )
