#include "rpc/modules.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ashlar/v1/status.pb.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/inspection.h"
#include "engine/loader.h"
#include "engine/wasm/module.h"
#include "engine/wasm/report.h"
#include "engine/wasm/stack_use.h"
#include "engine/wasm/types.h"
#include "engine/wasm/violation.h"
#include "rpc/convert.h"
#include "rpc/field.h"

namespace ashlar::rpc {
namespace {

using StoredModule = std::shared_ptr<const base::Bytes>;

// gRPC metadata holds 8 KiB with all of the status; the rest is left to
// Inspect.
constexpr size_t kDetailsSizeMax = 4096;
constexpr size_t kViolationsInMessage = 3;

absl::StatusOr<StoredModule> FindModule(const Backend& backend,
                                        const base::Hash256& hash) {
  auto stored = backend.store->GetModule(hash);
  if (absl::IsNotFound(stored.status())) {
    return absl::NotFoundError(absl::StrCat("module ", hash.ToHex(),
                                            " is not stored here; store it "
                                            "with Modules.Put"));
  }
  return stored;
}

absl::StatusOr<base::Hash256> ModuleHash(absl::string_view bytes) {
  return HashFromProto(bytes, "module_hash", "a module's BLAKE2b-256 hash");
}

absl::Status Rejected(const std::vector<wasm::Violation>& violations,
                      absl::string_view profile) {
  std::string message = absl::StrCat("the module violates profile ", profile,
                                     " ", violations.size(), " times: ");
  v1::ModuleViolations details;
  details.set_total(static_cast<uint32_t>(violations.size()));
  for (size_t i = 0; i < violations.size(); ++i) {
    if (i < kViolationsInMessage) {
      absl::StrAppend(&message, i == 0 ? "" : "; ", violations[i].message, " (",
                      wasm::CodeName(violations[i].code), ") at byte ",
                      violations[i].offset);
    }
    ToProto(violations[i], details.add_violations());
    if (details.ByteSizeLong() > kDetailsSizeMax) {
      details.mutable_violations()->RemoveLast();
      break;
    }
  }
  if (violations.size() > kViolationsInMessage) {
    absl::StrAppend(&message, "; Modules.Inspect lists all");
  }
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(absl::StrCat("type.googleapis.com/", details.GetTypeName()),
                    absl::Cord(absl::string_view(details.SerializeAsString())));
  return status;
}

std::string Join(absl::Span<const wasm::ValType> types) {
  return absl::StrJoin(types, " ", [](std::string* out, wasm::ValType type) {
    absl::StrAppend(out, wasm::ValTypeName(type));
  });
}

std::string Describe(const wasm::Limits& limits) {
  return limits.has_max ? absl::StrCat(limits.min, " to ", limits.max)
                        : absl::StrCat(limits.min, " or more");
}

// A type for people: "func (i32 i32) -> (i32)", "memory 2 to 16".
std::string TypeOf(const wasm::Module& module, wasm::ExternKind kind,
                   uint32_t index) {
  const absl::string_view name = wasm::ExternKindName(kind);
  switch (kind) {
    case wasm::ExternKind::kFunc: {
      const wasm::FuncType& type = module.func_type(index);
      return absl::StrCat(name, " (", Join(type.params()), ") -> (",
                          Join(type.results()), ")");
    }
    case wasm::ExternKind::kTable:
      return absl::StrCat(name, " ", Describe(module.tables[index].limits), " ",
                          wasm::ValTypeName(module.tables[index].element));
    case wasm::ExternKind::kMemory:
      return absl::StrCat(name, " ", Describe(module.memories[index].limits));
    case wasm::ExternKind::kGlobal: {
      const wasm::GlobalType& type = module.globals[index].type;
      return absl::StrCat(name, type.is_mutable ? " mut " : " ",
                          wasm::ValTypeName(type.type));
    }
  }
  return ToString(name);
}

static_assert(v1::IMPORT_STATUS_KNOWN ==
              static_cast<int>(engine::ImportStatus::kKnown));
static_assert(v1::IMPORT_STATUS_OTHER_TYPE ==
              static_cast<int>(engine::ImportStatus::kOtherType));
static_assert(v1::IMPORT_STATUS_UNKNOWN ==
              static_cast<int>(engine::ImportStatus::kUnknown));
static_assert(v1::ImportStatus_MAX == v1::IMPORT_STATUS_UNKNOWN);

// More than a module of any contract profile has; what is over is left out.
constexpr size_t kFunctionsMax = 10'000;

void Report(const engine::Inspection& from, v1::InspectResponse* to) {
  const wasm::Report& report = from.report;
  const wasm::Module& module = from.accepted->module->module;
  for (size_t i = 0; i < module.imports.size(); ++i) {
    const wasm::Import& import = module.imports[i];
    v1::InspectResponse::Import* to_import = to->add_imports();
    to_import->set_module(ToString(import.module));
    to_import->set_name(ToString(import.name));
    to_import->set_type(TypeOf(module, import.kind, import.index));
    to_import->set_status(static_cast<v1::ImportStatus>(from.imports[i]));
  }
  for (const wasm::Export& item : module.exports) {
    v1::InspectResponse::Export* to_export = to->add_exports();
    to_export->set_name(ToString(item.name));
    to_export->set_type(TypeOf(module, item.kind, item.index));
  }
  to->set_function_count(static_cast<uint32_t>(report.functions.size()));
  const engine::Inspection::Accepted& accepted = *from.accepted;
  to->set_instantiate_fuel(accepted.instantiate_fuel);
  const size_t count = std::min(report.functions.size(), kFunctionsMax);
  for (size_t i = 0; i < count; ++i) {
    const wasm::FunctionReport& f = report.functions[i];
    v1::FunctionReport* function = to->add_functions();
    function->set_index(f.index);
    function->set_name(f.name);
    function->set_body_size_bytes(f.body_size_bytes);
    function->set_run_count(f.runs.run_count);
    function->set_dearest_run_fuel(f.runs.dearest_run_fuel);
    function->set_dearest_run_offset(f.runs.dearest_run_offset);
    function->set_frame_slots(
        static_cast<uint32_t>(accepted.stack.frame_slots[i]));
    if (accepted.fuel_bounds[i]) {
      function->set_fuel_bound(*accepted.fuel_bounds[i]);
    }
  }
  const wasm::WorstStack& worst = accepted.stack.worst;
  v1::WorstStack* to_worst = to->mutable_worst_stack();
  if (worst.slots) to_worst->set_slots(*worst.slots);
  to_worst->mutable_path()->Add(worst.path.begin(), worst.path.end());
  to_worst->set_by_table(worst.by_table);
}

}  // namespace

absl::Status Inspect(const Backend& backend, const v1::InspectRequest& request,
                     v1::InspectResponse* response) {
  ASSIGN_OR_RETURN(const engine::Profile* profile,
                   FindProfile(backend, request.profile()));
  StoredModule stored;  // keeps the bytes of a module given by hash
  absl::string_view bytes;
  base::Hash256 hash;
  switch (request.module_case()) {
    case v1::InspectRequest::kModuleBytes: {
      bytes = request.module_bytes();
      hash = base::Blake2b256(bytes);
      auto found = backend.store->GetModule(hash);
      if (found.ok()) {
        stored = *std::move(found);
      } else if (!absl::IsNotFound(found.status())) {
        return found.status();
      }
      break;
    }
    case v1::InspectRequest::kModuleHash: {
      ASSIGN_OR_RETURN(hash, ModuleHash(request.module_hash()));
      ASSIGN_OR_RETURN(stored, FindModule(backend, hash));
      bytes = *stored;
      break;
    }
    case v1::InspectRequest::MODULE_NOT_SET:
      return absl::InvalidArgumentError(
          "module is missing; set module_bytes or module_hash");
  }
  response->set_module_hash(ToString(hash.view()));
  response->set_size_bytes(bytes.size());
  response->set_stored(stored != nullptr);
  if (stored != nullptr) {
    ASSIGN_OR_RETURN(const bool activated,
                     backend.store->IsActivated(profile->digest, hash));
    response->set_activated(activated);
  }
  ASSIGN_OR_RETURN(const engine::Inspection inspection,
                   backend.engine->Inspect(bytes, profile->digest));
  response->set_compile_fuel(inspection.compile_fuel);
  response->set_activated_fuel(inspection.activated_fuel);
  for (const wasm::Violation& violation : inspection.violations) {
    ToProto(violation, response->add_violations());
  }
  response->set_accepted(inspection.accepted.has_value());
  if (inspection.accepted) Report(inspection, response);
  return CheckAnswerSize(backend, *response);
}

absl::Status Put(const Backend& backend, const v1::PutRequest& request,
                 v1::PutResponse* response) {
  ASSIGN_OR_RETURN(const engine::Profile* profile,
                   FindProfile(backend, request.profile()));
  ASSIGN_OR_RETURN(
      const auto violations,
      backend.engine->ValidateModule(request.module_bytes(), profile->digest));
  if (!violations.empty()) return Rejected(violations, profile->name);
  ASSIGN_OR_RETURN(const base::Hash256 hash,
                   backend.store->PutModule(request.module_bytes()));
  response->set_module_hash(ToString(hash.view()));
  return absl::OkStatus();
}

absl::Status Get(const Backend& backend, const v1::GetModuleRequest& request,
                 v1::GetModuleResponse* response) {
  ASSIGN_OR_RETURN(const base::Hash256 hash, ModuleHash(request.module_hash()));
  ASSIGN_OR_RETURN(const StoredModule stored, FindModule(backend, hash));
  response->set_module_bytes(*stored);
  return CheckAnswerSize(backend, *response);
}

absl::Status Activate(const Backend& backend,
                      const v1::ActivateRequest& request,
                      v1::ActivateResponse* response) {
  ASSIGN_OR_RETURN(const engine::Profile* profile,
                   FindProfile(backend, request.profile()));
  ASSIGN_OR_RETURN(const base::Hash256 hash, ModuleHash(request.module_hash()));
  ASSIGN_OR_RETURN(const StoredModule stored, FindModule(backend, hash));
  ASSIGN_OR_RETURN(const auto violations,
                   backend.engine->ValidateModule(*stored, profile->digest));
  response->set_compile_fuel(
      engine::CompileFuel(profile->schedule, stored->size()));
  response->set_activated_fuel(engine::ActivatedFuel(profile->schedule));
  response->set_accepted(violations.empty());
  for (const wasm::Violation& violation : violations) {
    ToProto(violation, response->add_violations());
  }
  if (!violations.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool was_activated,
                   backend.store->IsActivated(profile->digest, hash));
  response->set_was_activated(was_activated);
  if (was_activated) return absl::OkStatus();
  return backend.store->Activate(profile->digest, hash);
}

}  // namespace ashlar::rpc
