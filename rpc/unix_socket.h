// Paths of Unix sockets that a server is to listen on.
#ifndef RPC_UNIX_SOCKET_H_
#define RPC_UNIX_SOCKET_H_

#include <string>

#include "absl/status/status.h"

namespace ashlar::rpc {

// Makes the path free: a socket that nobody listens on, which a server that
// crashed left behind, is removed. INVALID_ARGUMENT (longer than a socket's
// path may be), UNAVAILABLE (another server listens there, or the path holds
// something that is no socket).
absl::Status FreeSocketPath(const std::string& path);

}  // namespace ashlar::rpc

#endif  // RPC_UNIX_SOCKET_H_
