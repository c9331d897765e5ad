// The gRPC services: thin shells that admit a call, run it and count it.
#ifndef RPC_SERVICES_H_
#define RPC_SERVICES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "ashlar/v1/info.pb.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "rpc/admission.h"
#include "rpc/backend.h"
#include "rpc/metrics.h"

namespace ashlar::rpc {

// What all services share. Borrowed pointers outlive the services.
struct ServiceContext {
  Backend backend;
  Admission* admission = nullptr;
  Metrics* metrics = nullptr;
  v1::GetCapabilitiesResponse capabilities;  // the answer of Info
};

std::unique_ptr<grpc::Service> NewExecutionService(ServiceContext* context);
std::unique_ptr<grpc::Service> NewEstimationService(ServiceContext* context);
std::unique_ptr<grpc::Service> NewModulesService(ServiceContext* context);
std::unique_ptr<grpc::Service> NewStateService(ServiceContext* context);
std::unique_ptr<grpc::Service> NewReplayService(ServiceContext* context);
std::unique_ptr<grpc::Service> NewInfoService(ServiceContext* context);

// Methods that are served, by full name.
std::vector<std::string> ServedMethods();

}  // namespace ashlar::rpc

#endif  // RPC_SERVICES_H_
