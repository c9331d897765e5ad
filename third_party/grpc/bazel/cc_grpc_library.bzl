"""cc_grpc_library: C++ gRPC services of one proto_library."""

def _grpc_codegen_impl(ctx):
    proto = ctx.attr.proto[ProtoInfo]
    root = proto.proto_source_root
    prefix = "" if root in ("", ".") else root + "/"
    names = []
    headers = []
    sources = []
    for src in proto.direct_sources:
        path = src.path
        if not path.startswith(prefix):
            path = path[len(ctx.bin_dir.path) + 1:]
        names.append(path[len(prefix):])
        stem = ctx.label.name + "/" + names[-1][:-len(".proto")]
        headers.append(ctx.actions.declare_file(stem + ".grpc.pb.h"))
        sources.append(ctx.actions.declare_file(stem + ".grpc.pb.cc"))
    out_dir = [
        ctx.bin_dir.path,
        ctx.label.workspace_root,
        ctx.label.package,
        ctx.label.name,
    ]

    args = ctx.actions.args()
    args.add("--plugin=protoc-gen-grpc=" + ctx.executable._plugin.path)
    args.add("--grpc_out=" + "/".join([part for part in out_dir if part]))
    args.add_all(proto.transitive_proto_path, format_each = "-I%s")
    args.add("-I" + ctx.bin_dir.path)
    args.add("-I.")
    args.add_all(names)
    ctx.actions.run(
        executable = ctx.executable._protoc,
        tools = [ctx.executable._plugin],
        arguments = [args],
        inputs = proto.transitive_sources,
        outputs = headers + sources,
        mnemonic = "GrpcCodegen",
    )
    return [
        DefaultInfo(files = depset(headers + sources)),
        OutputGroupInfo(headers = depset(headers), sources = depset(sources)),
    ]

_grpc_codegen = rule(
    implementation = _grpc_codegen_impl,
    attrs = {
        "proto": attr.label(mandatory = True, providers = [ProtoInfo]),
        "_plugin": attr.label(
            default = "//:grpc_cpp_plugin",
            cfg = "host",
            executable = True,
        ),
        "_protoc": attr.label(
            default = "@com_google_protobuf//:protoc",
            cfg = "host",
            executable = True,
        ),
    },
)

def cc_grpc_library(name, srcs, deps, **kwargs):
    """Stubs and service classes.

    Args:
      name: name of the cc_library.
      srcs: one proto_library whose services are generated.
      deps: the cc_proto_library of the same proto_library.
      **kwargs: visibility and the like.
    """
    codegen = "_%s_codegen" % name
    _grpc_codegen(name = codegen, proto = srcs[0])
    for group in ("headers", "sources"):
        native.filegroup(
            name = codegen + "_" + group,
            srcs = [codegen],
            output_group = group,
        )
    native.cc_library(
        name = name,
        srcs = [codegen + "_sources"],
        hdrs = [codegen + "_headers"],
        includes = [codegen],
        deps = deps + ["@com_github_grpc_grpc//:grpc++"],
        **kwargs
    )
