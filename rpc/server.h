// The gRPC server: listens, serves, drains.
#ifndef RPC_SERVER_H_
#define RPC_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/server.h"
#include "rpc/admission.h"
#include "rpc/backend.h"
#include "rpc/memory_budget.h"
#include "rpc/metrics.h"
#include "rpc/services.h"
#include "rpc/shadow.h"

namespace ashlar::rpc {

struct ServerOptions {
  // Each "HOST:PORT", where port 0 takes a free one, or "unix:PATH".
  std::vector<std::string> listen;
  Backend backend;
  AdmissionOptions admission;
  // Of memory for contracts at once; a call that may need more than is free is
  // refused. 0: no bound but the workers'. Replaces backend.memory.
  uint64_t memory_bytes_max = 0;
};

// Speaks plain text: it belongs on a private network or behind a proxy.
class Server {
 public:
  // Serves from here on. INVALID_ARGUMENT (an address that is none),
  // UNAVAILABLE (an address that cannot be had).
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerOptions& options);
  // Ends at once: calls that run are cancelled and have no outcome.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // As given, with the ports that were taken.
  const std::vector<std::string>& addresses() const { return addresses_; }
  const std::shared_ptr<Metrics>& metrics() const { return metrics_; }
  // Calls that were taken on and are not finished.
  size_t calls_inside() const { return admission_.inside(); }

  // Says NOT_SERVING, refuses new calls with UNAVAILABLE and gives those
  // inside `grace` to finish. Those that do not are cancelled. Returns whether
  // all finished. May be called once.
  bool Drain(absl::Duration grace);

 private:
  explicit Server(const ServerOptions& options);
  // `shadow` outlives the server.
  void WatchShadow(const Shadow& shadow);
  absl::Status Listen(const std::vector<std::string>& addresses);

  std::shared_ptr<Metrics> metrics_;
  MemoryBudget memory_;
  Admission admission_;
  ServiceContext context_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::vector<std::string> addresses_;
  std::vector<std::string> socket_paths_;  // removed at the end
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace ashlar::rpc

#endif  // RPC_SERVER_H_
