// The set of wasm features that a profile accepts.
#ifndef ENGINE_WASM_FEATURES_H_
#define ENGINE_WASM_FEATURES_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace ashlar::wasm {

enum class Feature : uint8_t {
#define FEATURE(name, text) k##name,
#include "engine/wasm/features.def"
  kCount
};

absl::string_view FeatureName(Feature feature);

class Features {
 public:
  constexpr Features() = default;
  constexpr explicit Features(uint32_t bits) : bits_(bits | 1) {}
  static constexpr Features All() {
    return Features((1u << static_cast<int>(Feature::kCount)) - 1);
  }
  constexpr bool Has(Feature f) const {
    return (bits_ >> static_cast<int>(f)) & 1;
  }
  constexpr Features With(Feature f) const {
    return Features(bits_ | 1u << static_cast<int>(f));
  }
  constexpr Features Without(Feature f) const {
    return Features(bits_ & ~(1u << static_cast<int>(f)));
  }
  constexpr uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(Features, Features) = default;

 private:
  uint32_t bits_ = 1;  // Mvp
};

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_FEATURES_H_
