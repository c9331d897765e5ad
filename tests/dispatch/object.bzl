"""One source compiled by a named compiler, whichever builds the rest."""

def _object_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".o")
    headers = [
        dep[CcInfo].compilation_context.headers
        for dep in ctx.attr.deps
    ]
    ctx.actions.run_shell(
        inputs = depset(ctx.files.src, transitive = headers),
        outputs = [out],
        command = "exec \"$@\"",
        arguments = [ctx.attr.compiler] + ctx.attr.copts + [
            "-iquote.",
            "-c",
            ctx.file.src.path,
            "-o",
            out.path,
        ],
        mnemonic = "CompileApart",
        use_default_shell_env = True,
    )
    return [DefaultInfo(
        files = depset([out]),
        runfiles = ctx.runfiles(files = [out]),
    )]

object_of = rule(
    implementation = _object_impl,
    attrs = {
        "compiler": attr.string(mandatory = True),
        "copts": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "src": attr.label(mandatory = True, allow_single_file = [".cc"]),
    },
)
