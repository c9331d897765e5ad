#include "engine/base/serial.h"

#include <algorithm>
#include <limits>

#include "engine/base/check.h"

namespace ashlar::base {

void Writer::Count(size_t count) {
  CHECK(count <= std::numeric_limits<uint32_t>::max());
  U32(static_cast<uint32_t>(count));
}

void Writer::Bytes(absl::string_view bytes) {
  Count(bytes.size());
  Raw(bytes);
}

void Writer::Grow() {
  constexpr size_t kRoomBytesMin = 512;
  out_.resize(std::max(kRoomBytesMin, 2 * size_bytes_));
}

bool Reader::Count(size_t element_size_bytes_min, uint32_t* count) {
  CHECK(element_size_bytes_min > 0);
  const absl::string_view start = rest_;
  uint32_t value;
  if (!U32(&value)) return false;
  if (value > rest_.size() / element_size_bytes_min) {
    rest_ = start;
    return false;
  }
  *count = value;
  return true;
}

bool Reader::Bytes(absl::string_view* bytes) {
  uint32_t size_bytes;
  const absl::string_view start = rest_;
  if (U32(&size_bytes) && Raw(size_bytes, bytes)) return true;
  rest_ = start;
  return false;
}

bool Reader::Raw(size_t size_bytes, absl::string_view* bytes) {
  if (rest_.size() < size_bytes) return false;
  *bytes = rest_.substr(0, size_bytes);
  rest_.remove_prefix(size_bytes);
  return true;
}

bool Reader::Hash(Hash256* hash) {
  if (rest_.size() < Hash256::kSizeBytes) return false;
  hash->bytes = LoadLe<decltype(hash->bytes)>(rest_.data());
  rest_.remove_prefix(Hash256::kSizeBytes);
  return true;
}

}  // namespace ashlar::base
