// The canonical serialisation that digests are taken over. Normative:
//
// - integers are little-endian, of the width that the format states;
// - a byte string is its length as u32, then its bytes;
// - a list is its count as u32, then its elements;
// - a hash is its 32 bytes; nothing is padded or aligned.
//
// So a value has one serialisation, and a serialisation with a known shape one
// value.
#ifndef ENGINE_BASE_SERIAL_H_
#define ENGINE_BASE_SERIAL_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"

namespace ashlar::base {

class Writer {
 public:
  void U8(uint8_t value) { Number(value); }
  void U16(uint16_t value) { Number(value); }
  void U32(uint32_t value) { Number(value); }
  void U64(uint64_t value) { Number(value); }
  void U128(unsigned __int128 value) { Number(value); }
  // The count in front of a list. REQUIRES: count < 2^32, as in Bytes.
  void Count(size_t count);
  void Bytes(absl::string_view bytes);
  // Bytes without a length, where the format states it.
  void Raw(absl::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(Extend(bytes.size()), bytes.data(), bytes.size());
  }
  void Hash(const Hash256& hash) {
    std::memcpy(Extend(Hash256::kSizeBytes), hash.bytes.data(),
                Hash256::kSizeBytes);
  }

  // What was written, until the next change.
  absl::string_view data() const { return {out_.data(), size_bytes_}; }
  std::string Take() && {
    out_.resize(size_bytes_);
    size_bytes_ = 0;
    return std::move(out_);
  }
  // Starts afresh; keeps its memory.
  void Clear() { size_bytes_ = 0; }

 private:
  template <typename T>
  void Number(T value) {
    StoreLe<T>(Extend(sizeof(T)), value);
  }

  // Room for so many more bytes.
  char* Extend(size_t size_bytes) {
    const size_t at = size_bytes_;
    size_bytes_ += size_bytes;
    if (size_bytes_ > out_.size()) Grow();
    return out_.data() + at;
  }
  void Grow();

  // The first size_bytes_ of it are written; the rest is room.
  std::string out_;
  size_t size_bytes_ = 0;
};

// Reads what a Writer wrote. Every method answers whether there were bytes
// enough; where it answers false, the reader and the output are unchanged. The
// input must outlive the reader and the views that it gives.
class Reader {
 public:
  explicit Reader(absl::string_view input) : rest_(input) {}

  [[nodiscard]] bool U8(uint8_t* value) { return Number(value); }
  [[nodiscard]] bool U16(uint16_t* value) { return Number(value); }
  [[nodiscard]] bool U32(uint32_t* value) { return Number(value); }
  [[nodiscard]] bool U64(uint64_t* value) { return Number(value); }
  [[nodiscard]] bool U128(unsigned __int128* value) { return Number(value); }
  // A count of elements that have at least `element_size_bytes_min` bytes
  // each: false also where the rest can't hold them, so that a list may be
  // reserved. REQUIRES: element_size_bytes_min > 0.
  [[nodiscard]] bool Count(size_t element_size_bytes_min, uint32_t* count);
  [[nodiscard]] bool Bytes(absl::string_view* bytes);
  [[nodiscard]] bool Raw(size_t size_bytes, absl::string_view* bytes);
  [[nodiscard]] bool Hash(Hash256* hash);

  bool AtEnd() const { return rest_.empty(); }
  absl::string_view rest() const { return rest_; }

 private:
  template <typename T>
  bool Number(T* value) {
    if (rest_.size() < sizeof(T)) return false;
    *value = LoadLe<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return true;
  }

  absl::string_view rest_;
};

}  // namespace ashlar::base

#endif  // ENGINE_BASE_SERIAL_H_
