// The version of the software, for people. What matters to consensus is
// engine::kSemanticsVersion.
#ifndef RPC_VERSION_H_
#define RPC_VERSION_H_

namespace ashlar::rpc {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace ashlar::rpc

#endif  // RPC_VERSION_H_
