"""Builds wasm from text with Debian's wabt."""

def wat_module(name, src, flags = [], **kwargs):
    """Makes `name`.wasm from the text module `src`.

    Args:
      name: of the rule; the output is `name`.wasm.
      src: the .wat file.
      flags: further flags of wat2wasm, e.g. --enable-tail-call.
      **kwargs: of the genrule: testonly, visibility, ...
    """
    native.genrule(
        name = name,
        srcs = [src],
        outs = [name + ".wasm"],
        cmd = "wat2wasm %s $< -o $@" % " ".join(flags),
        **kwargs
    )
