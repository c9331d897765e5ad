#include "engine/inspection.h"

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/host/seal/functions.h"
#include "engine/wasm/decoder.h"
#include "engine/wasm/features.h"
#include "engine/wasm/fuel_bound.h"

namespace ashlar::engine {
namespace {

ImportStatus StatusInSeal(const wasm::Module& module,
                          const wasm::Import& import) {
  switch (import.kind) {
    case wasm::ExternKind::kMemory:
      return import.module == "env" && import.name == "memory"
                 ? ImportStatus::kKnown
                 : ImportStatus::kUnknown;
    case wasm::ExternKind::kFunc: {
      // A module that was not decoded to its end may lack the type.
      if (import.index >= module.functions.size() ||
          module.functions[import.index] >= module.types.size()) {
        return ImportStatus::kUnknown;
      }
      bool name_is_known = false;
      const host::SealFunction* const function = host::FindSealFunction(
          import.module, import.name, module.func_type(import.index),
          &name_is_known);
      if (function != nullptr) return ImportStatus::kKnown;
      return name_is_known ? ImportStatus::kOtherType : ImportStatus::kUnknown;
    }
    case wasm::ExternKind::kTable:
    case wasm::ExternKind::kGlobal:
      return ImportStatus::kUnknown;
  }
  return ImportStatus::kUnknown;
}

// A module that the profile refuses is still reported on: it is decoded
// without the profile.
void ReportOn(absl::string_view bytes, const Profile& profile,
              Inspection* inspection) {
  if (bytes.size() > base::kRelaxedLimits.module_size_bytes_max) return;
  std::string padded(bytes);
  padded.append(wasm::Module::kReadablePadding, '\0');
  wasm::Module module;
  wasm::Violations violations;
  wasm::Decode(base::AsSpan(padded).first(bytes.size()), base::kRelaxedLimits,
               wasm::Features::All(), &module, &violations);
  inspection->report = wasm::MakeReport(module, profile.schedule);
  for (const wasm::Import& import : module.imports) {
    inspection->imports.push_back(StatusOf(profile, module, import));
  }
}

}  // namespace

absl::string_view ImportStatusName(ImportStatus status) {
  switch (status) {
    case ImportStatus::kKnown:
      return "known";
    case ImportStatus::kOtherType:
      return "other_type";
    case ImportStatus::kUnknown:
      return "unknown";
  }
  return "";
}

ImportStatus StatusOf(const Profile& profile, const wasm::Module& module,
                      const wasm::Import& import) {
  switch (profile.abi) {
    case Abi::kNone:
      return ImportStatus::kUnknown;
    case Abi::kSeal:
      return StatusInSeal(module, import);
  }
  return ImportStatus::kUnknown;
}

Inspection Inspect(absl::string_view bytes, const Profile& profile) {
  Inspection inspection;
  inspection.hash = ModuleHash(bytes);
  inspection.compile_fuel = CompileFuel(profile.schedule, bytes.size());
  inspection.activated_fuel = ActivatedFuel(profile.schedule);
  wasm::Violations violations;
  const auto compiled = Load(bytes, profile, &violations);
  inspection.violations = violations.list();
  ReportOn(bytes, profile, &inspection);
  if (compiled == nullptr) return inspection;
  const wasm::Module& module = compiled->module;
  inspection.accepted = {
      .module = compiled,
      .instantiate_fuel = InstantiateFuel(profile.schedule, module),
      .stack = wasm::MeasureStack(module),
      .fuel_bounds = wasm::FuelBounds(module, profile.schedule)};
  return inspection;
}

}  // namespace ashlar::engine
