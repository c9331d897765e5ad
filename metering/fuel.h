// Fuel arithmetic: checked, never wraps (metering/README.md, rule 10).
#ifndef METERING_FUEL_H_
#define METERING_FUEL_H_

#include <cstdint>

namespace ashlar::metering {

// Limits are at most this much; every cost is far below 2^63 - kFuelMax.
inline constexpr uint64_t kFuelMax = uint64_t{1} << 56;

// ceil(amount / unit), without overflow. REQUIRES: unit > 0.
constexpr uint64_t CeilDiv(uint64_t amount, uint64_t unit) {
  return amount / unit + (amount % unit != 0);
}

// Saturates at 2^63, which no limit can pay.
constexpr uint64_t SaturatingMul(uint64_t a, uint64_t b) {
  uint64_t r = 0;
  constexpr uint64_t kTop = uint64_t{1} << 63;
  return __builtin_mul_overflow(a, b, &r) || r > kTop ? kTop : r;
}
constexpr uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  uint64_t r = 0;
  constexpr uint64_t kTop = uint64_t{1} << 63;
  return __builtin_add_overflow(a, b, &r) || r > kTop ? kTop : r;
}

// Where fuel went. The sum over all categories is the fuel used.
enum class Category : uint8_t {
  kCompile,
  kInstantiate,
  kCompute,  // prepaid runs
  kMemory,   // dynamic part of grow, copy, fill, init, table instructions
  kHost,     // host functions
  kCalls,    // used by nested contracts: everything of theirs
  kCount
};

struct FuelByCategory {
  uint64_t by[static_cast<int>(Category::kCount)] = {};
  uint64_t& operator[](Category c) { return by[static_cast<int>(c)]; }
  uint64_t operator[](Category c) const { return by[static_cast<int>(c)]; }
  uint64_t Sum() const {
    uint64_t sum = 0;
    for (uint64_t v : by) sum += v;
    return sum;
  }
};

}  // namespace ashlar::metering

#endif  // METERING_FUEL_H_
