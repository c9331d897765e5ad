// instantiate/NAME: a module that is code already, to a ready instance and
// back: linked, its memory taken from the pool and filled, and given back.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/data.h"
#include "bench/harness.h"
#include "bench/startup_modules.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "engine/linker.h"
#include "engine/loader.h"
#include "engine/profile.h"

namespace ashlar::bench {
namespace {

void Instantiate(const StartupModule& module, benchmark::State& state) {
  const auto bytes = ReadData(module.path);
  if (!bytes.ok()) return FailOrSkip(state, bytes.status());
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  wasm::Violations violations;
  const auto compiled = engine::Load(*bytes, profile, &violations);
  if (compiled == nullptr) {
    return Fail(state, violations.list().front().message);
  }
  interp::MemoryPool pool;
  interp::Store store(&pool);
  std::vector<interp::Extern> imports;
  for (auto _ : state) {
    engine::LinkImports(
        compiled->module, profile.limits, &store,
        [&](const wasm::Import& import) {
          return engine::NewUnknownFunction(compiled->module, import, &store);
        },
        &imports);
    interp::Instance* instance = nullptr;
    const interp::InstantiateError error = store.Instantiate(
        &compiled->code, imports, profile.limits.memory_pages_max, &instance);
    if (!error.ok()) return Fail(state, error.link_error);
    store.Clear();
  }
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  using namespace ashlar::bench;
  for (const StartupModule& module : kStartupModules) {
    Register(
        absl::StrCat("instantiate/", module.name),
        [&module](benchmark::State& state) { Instantiate(module, state); });
  }
  return Main(argc, argv);
}
