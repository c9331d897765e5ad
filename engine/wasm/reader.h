// A bounds-checked cursor over bytes of the binary format (spec 2.0, 5.2).
//
// Errors are sticky: the first one is kept with its place, every later read
// gives 0 and nothing is ever read beyond the end, so a caller reads a whole
// item and asks ok() once. Loops over a count that came from the bytes must
// ask each time round. Errors and their precedence are those of the spec's
// reference decoder, whose wording the official suite tests.
#ifndef ENGINE_WASM_READER_H_
#define ENGINE_WASM_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/wasm/violation.h"

namespace ashlar::wasm {

class Reader {
 public:
  // REQUIRES: begin <= end; the bytes outlive the reader.
  Reader(const uint8_t* begin, const uint8_t* end) : pos_(begin), end_(end) {}

  bool ok() const { return error_ == ViolationCode::kCount; }
  // The first error and where it was found. REQUIRES: !ok().
  ViolationCode error() const { return error_; }
  const uint8_t* error_at() const { return error_at_; }

  const uint8_t* pos() const { return pos_; }
  size_t remaining() const { return static_cast<size_t>(end_ - pos_); }

  // Notes an error unless there was one, and makes every later read give 0.
  void Fail(ViolationCode code, const uint8_t* at) {
    if (!ok()) return;
    error_ = code;
    error_at_ = at;
    end_ = pos_;
  }

  uint8_t Byte() {
    if (pos_ == end_) {
      Fail(ViolationCode::kUnexpectedEnd, pos_);
      return 0;
    }
    return *pos_++;
  }
  // The next byte without consuming it; 0 at the end, which is no error.
  uint8_t Peek() const { return pos_ == end_ ? 0 : *pos_; }

  // LEB128 (5.2.2). One byte is by far the most common length.
  uint32_t U32() {
    if (pos_ != end_ && *pos_ < 0x80) return *pos_++;
    return static_cast<uint32_t>(LongLeb<32, false>());
  }
  int32_t S32() {
    if (pos_ != end_ && *pos_ < 0x80) return SignExtend7(*pos_++);
    return static_cast<int32_t>(LongLeb<32, true>());
  }
  int64_t S33() {
    if (pos_ != end_ && *pos_ < 0x80) return SignExtend7(*pos_++);
    return static_cast<int64_t>(LongLeb<33, true>());
  }
  int64_t S64() {
    if (pos_ != end_ && *pos_ < 0x80) return SignExtend7(*pos_++);
    return static_cast<int64_t>(LongLeb<64, true>());
  }

  // Little-endian, as floats are stored (5.2.3).
  uint32_t Fixed32() { return static_cast<uint32_t>(Fixed<4>()); }
  uint64_t Fixed64() { return Fixed<8>(); }

  // A u32 that counts items or bytes which follow: more than there are bytes
  // (its own included) is "length out of bounds".
  uint32_t Length() {
    const uint8_t* at = pos_;
    const size_t available = remaining();
    const uint32_t length = U32();
    if (length > available) {
      Fail(ViolationCode::kLengthOutOfBounds, at);
      return 0;
    }
    return length;
  }

  // Consumes `size` bytes and gives their start; nullptr on error.
  const uint8_t* Bytes(size_t size) {
    if (size > remaining()) {
      Fail(ViolationCode::kUnexpectedEnd, pos_);
      return nullptr;
    }
    const uint8_t* at = pos_;
    pos_ += size;
    return at;
  }

  // A name (5.2.4): length, then UTF-8. Borrows from the bytes.
  absl::string_view Name();

  // A byte that stands where the format has a one-byte LEB128: `code`, or
  // "integer representation too long" if the byte would go on.
  void FailForm(uint8_t byte, ViolationCode code, const uint8_t* at) {
    Fail(byte < 0x80 ? code : ViolationCode::kIntegerRepresentationTooLong, at);
  }

 private:
  static int32_t SignExtend7(uint8_t byte) {
    return static_cast<int32_t>(static_cast<uint32_t>(byte) << 25) >> 25;
  }

  template <int kBits, bool kSigned>
  uint64_t LongLeb();

  template <int kSize>
  uint64_t Fixed() {
    const uint8_t* at = Bytes(kSize);
    if (at == nullptr) return 0;
    uint64_t value = 0;
    for (int i = kSize - 1; i >= 0; --i) value = value << 8 | at[i];
    return value;
  }

  const uint8_t* pos_;
  const uint8_t* end_;
  ViolationCode error_ = ViolationCode::kCount;
  const uint8_t* error_at_ = nullptr;
};

extern template uint64_t Reader::LongLeb<32, false>();
extern template uint64_t Reader::LongLeb<32, true>();
extern template uint64_t Reader::LongLeb<33, true>();
extern template uint64_t Reader::LongLeb<64, true>();

// RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
bool IsUtf8(absl::string_view text);

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_READER_H_
