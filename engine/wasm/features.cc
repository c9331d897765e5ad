#include "engine/wasm/features.h"

namespace ashlar::wasm {
namespace {

constexpr absl::string_view kTexts[] = {
#define FEATURE(name, text) text,
#include "engine/wasm/features.def"
};

}  // namespace

absl::string_view FeatureName(Feature feature) {
  return kTexts[static_cast<int>(feature)];
}

}  // namespace ashlar::wasm
