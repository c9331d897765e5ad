"""Targets with Abseil's canonical names that link Debian's shared libraries."""

def absl_stubs(names):
    for name in names:
        native.cc_library(
            name = name,
            visibility = ["//visibility:public"],
            deps = ["//:libs"],
        )
