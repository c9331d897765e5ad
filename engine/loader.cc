#include "engine/loader.h"

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/base/check.h"
#include "engine/compile/compile.h"
#include "engine/host/seal/shape.h"
#include "engine/wasm/decoder.h"
#include "metering/fuel.h"

namespace ashlar::engine {
namespace {

using metering::CeilDiv;
using metering::SaturatingAdd;
using metering::SaturatingMul;

// Whether the module's tables can be trusted although it is refused: limits
// and features are collected, the other kinds stop the decoder.
bool IsWellFormed(const wasm::Violations& violations) {
  for (const wasm::Violation& violation : violations.list()) {
    const wasm::ViolationKind kind = wasm::KindOf(violation.code);
    if (kind == wasm::ViolationKind::kMalformed ||
        kind == wasm::ViolationKind::kInvalid) {
      return false;
    }
  }
  return true;
}

// Without an ABI there is nobody to give an import its meaning.
void CheckNoImports(const wasm::Module& module, wasm::Violations* violations) {
  for (const wasm::Import& import : module.imports) {
    violations->Add(wasm::ViolationCode::kAbiUnknownImport, import.offset,
                    absl::StrCat(import.module, ".", import.name));
  }
}

void CheckShape(const Profile& profile, CompiledModule* out,
                wasm::Violations* violations) {
  const wasm::Module& module = out->module;
  const bool reject = profile.unknown_imports == UnknownImports::kReject;
  switch (profile.abi) {
    case Abi::kNone:
      if (reject) CheckNoImports(module, violations);
      return;
    case Abi::kSeal:
      host::CheckSealShape(module, reject, profile.limits.memory_pages_max,
                           violations, &out->host_functions);
      return;
  }
}

}  // namespace

base::Hash256 ModuleHash(absl::string_view bytes) {
  return base::Blake2b256(bytes);
}

uint64_t CompileFuel(const metering::Schedule& schedule, uint64_t size_bytes) {
  return SaturatingAdd(schedule.compile_base,
                       SaturatingMul(schedule.compile_byte, size_bytes));
}

uint64_t ActivatedFuel(const metering::Schedule& schedule) {
  return schedule.activated_base;
}

uint64_t InstantiateFuel(const metering::Schedule& schedule,
                         const wasm::Module& module) {
  uint64_t pages = 0;
  for (const wasm::MemoryType& memory : module.memories) {
    pages += memory.limits.min;
  }
  uint64_t items = module.imports.size() +
                   (module.globals.size() - module.imported_globals) +
                   module.element_count;
  for (size_t i = module.imported_tables; i < module.tables.size(); ++i) {
    items += module.tables[i].limits.min;
  }
  uint64_t fuel = schedule.instantiate_base;
  fuel = SaturatingAdd(fuel, SaturatingMul(schedule.instantiate_page, pages));
  fuel = SaturatingAdd(fuel, CeilDiv(module.segment_size_bytes,
                                     schedule.segment_bytes_per_fuel));
  return SaturatingAdd(fuel, SaturatingMul(schedule.instantiate_item, items));
}

namespace {

// Whether what the translator may read behind the code are bytes, too.
bool HasPadding(const wasm::Module& module, absl::string_view bytes) {
  if (module.bodies.empty()) return true;
  const auto* end =
      reinterpret_cast<const uint8_t*>(bytes.data()) + bytes.size();
  return end - module.bodies.back().end >= wasm::Module::kReadablePadding;
}

absl::string_view CopyWithPadding(absl::string_view bytes, std::string* to) {
  to->clear();
  to->reserve(bytes.size() + wasm::Module::kReadablePadding);
  to->append(bytes.data(), bytes.size());
  to->append(wasm::Module::kReadablePadding, '\0');
  return absl::string_view(*to).substr(0, bytes.size());
}

bool DecodeInto(absl::string_view bytes, const Profile& profile,
                wasm::Module* module, wasm::Violations* violations) {
  module->Clear();
  return wasm::Decode(
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
      profile.limits, profile.features, module, violations);
}

}  // namespace

bool LoadInto(absl::string_view bytes, const Profile& profile,
              const LoadOptions& options, CompiledModule* out,
              wasm::Violations* violations) {
  // The decoder works with 31-bit offsets; beyond the limit nothing else of
  // the module matters.
  if (bytes.size() > profile.limits.module_size_bytes_max) {
    violations->Add(wasm::ViolationCode::kLimitModuleSize, 0,
                    absl::StrCat(bytes.size(), " bytes"));
    return false;
  }
  out->size_bytes = bytes.size();
  out->padded_bytes.clear();
  out->host_functions.clear();
  if (!options.borrows_bytes) {
    bytes = CopyWithPadding(bytes, &out->padded_bytes);
  }
  bool decoded = DecodeInto(bytes, profile, &out->module, violations);
  if (decoded && options.borrows_bytes && !HasPadding(out->module, bytes)) {
    bytes = CopyWithPadding(bytes, &out->padded_bytes);
    decoded = DecodeInto(bytes, profile, &out->module, violations);
  }
  if (decoded || IsWellFormed(*violations)) {
    CheckShape(profile, out, violations);
  }
  if (!decoded) return false;
  const compile::Options compile_options = {.features = profile.features,
                                            .limits = &profile.limits,
                                            .schedule = &profile.schedule,
                                            .profile = options.call_profile,
                                            .scratch = options.scratch};
  if (options.is_known_valid) {
    CHECK(violations->empty(), "a module that was valid is not any more");
    compile::CompileLazily(out->module, compile_options, &out->code);
    return true;
  }
  return compile::Compile(out->module, compile_options, &out->code,
                          violations) &&
         violations->empty();
}

std::shared_ptr<const CompiledModule> Load(absl::string_view bytes,
                                           const Profile& profile,
                                           wasm::Violations* violations,
                                           const LoadOptions& options) {
  auto compiled = std::make_shared<CompiledModule>();
  if (!LoadInto(bytes, profile, options, compiled.get(), violations))
    return nullptr;
  return compiled;
}

}  // namespace ashlar::engine
