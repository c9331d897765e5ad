#include "engine/host/seal/scale.h"

#include "engine/base/bytes.h"

namespace ashlar::host::seal {
namespace {

constexpr uint64_t kTopicSizeBytes = 32;
// The values that fit each of the short forms.
constexpr uint64_t kOneByteMax = (1u << 6) - 1;
constexpr uint64_t kTwoBytesMax = (1u << 14) - 1;
constexpr uint64_t kFourBytesMax = (1u << 30) - 1;

// The first `size` little-endian bytes of `value`.
std::string LeBytes(uint64_t value, size_t size) {
  char bytes[sizeof(value)];
  base::StoreLe<uint64_t>(bytes, value);
  return std::string(bytes, size);
}

// A compact u32 in front of `bytes`: its value and its size.
bool ReadCompact32(absl::string_view bytes, uint64_t* value, size_t* size) {
  if (bytes.empty()) return false;
  const int mode = bytes[0] & 3;
  if (mode == 3) {
    // Of the long form, a u32 is the one with four bytes behind the prefix.
    constexpr char kFourBytesFollow = 3;
    if (bytes[0] != kFourBytesFollow || bytes.size() < 5) return false;
    *value = base::LoadLe<uint32_t>(bytes.data() + 1);
    *size = 5;
    return *value > kFourBytesMax;
  }
  *size = size_t{1} << mode;
  if (bytes.size() < *size) return false;
  uint64_t raw = 0;
  for (size_t i = *size; i-- > 0;) {
    raw = raw << 8 | static_cast<uint8_t>(bytes[i]);
  }
  *value = raw >> 2;
  return mode == 0 || *value > (mode == 1 ? kOneByteMax : kTwoBytesMax);
}

}  // namespace

std::string ScaleCompact(uint64_t value) {
  if (value <= kOneByteMax) return LeBytes(value << 2, 1);
  if (value <= kTwoBytesMax) return LeBytes(value << 2 | 1, 2);
  if (value <= kFourBytesMax) return LeBytes(value << 2 | 2, 4);
  size_t size = 4;
  while (size < 8 && value >> (8 * size) != 0) ++size;
  return LeBytes((size - 4) << 2 | 3, 1) + LeBytes(value, size);
}

bool CountScaleTopics(absl::string_view bytes, uint32_t* count) {
  uint64_t value = 0;
  size_t size = 0;
  if (!ReadCompact32(bytes, &value, &size)) return false;
  *count = static_cast<uint32_t>(value);
  return bytes.size() - size == value * kTopicSizeBytes;
}

}  // namespace ashlar::host::seal
