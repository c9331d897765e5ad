// The methods of Modules without gRPC. Statuses: modules.proto. Thread-safe.
#ifndef RPC_MODULES_H_
#define RPC_MODULES_H_

#include "absl/status/status.h"
#include "ashlar/v1/modules.pb.h"
#include "rpc/backend.h"

namespace ashlar::rpc {

absl::Status Inspect(const Backend& backend, const v1::InspectRequest& request,
                     v1::InspectResponse* response);
absl::Status Put(const Backend& backend, const v1::PutRequest& request,
                 v1::PutResponse* response);
absl::Status Get(const Backend& backend, const v1::GetModuleRequest& request,
                 v1::GetModuleResponse* response);
absl::Status Activate(const Backend& backend,
                      const v1::ActivateRequest& request,
                      v1::ActivateResponse* response);

}  // namespace ashlar::rpc

#endif  // RPC_MODULES_H_
