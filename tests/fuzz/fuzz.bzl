"""Fuzz targets: for libFuzzer, and over their corpus as ordinary tests."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

def fuzz_target(name, deps, size = "small"):
    """Makes `name` (libFuzzer, by tools/fuzz) and `name`_corpus_test.

    Args:
      name: the target's; its source is `name`_fuzz.cc, its corpus the files of
        corpus/`name`.
      deps: of the source.
      size: of the test.
    """
    cc_library(
        name = name + "_target",
        testonly = True,
        srcs = [name + "_fuzz.cc"],
        deps = deps + [":expect"],
        alwayslink = True,
    )
    cc_binary(
        name = name,
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [":" + name + "_target"],
    )
    corpus = native.glob(["corpus/" + name + "/*"])
    cc_test(
        name = name + "_corpus_test",
        size = size,
        srcs = ["replay_main.cc"],
        args = ["$(location %s)" % file for file in corpus],
        data = corpus,
        tags = ["sanitize"],
        deps = [
            ":expect",
            ":" + name + "_target",
        ],
    )
