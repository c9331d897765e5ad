// Reads untrusted bytes and remembers where it first went wrong, so that the
// code that knows a format reads like its description.
#ifndef REPLAY_PARSER_H_
#define REPLAY_PARSER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/serial.h"

namespace ashlar::replay {

// After the first failure every method gives zero or nothing and reads no
// more; `what` names what was expected. The input must outlive the parser and
// the views that it gives.
class Parser {
 public:
  // `offset` is where `input` begins in its file.
  Parser(absl::string_view input, uint64_t offset)
      : reader_(input), end_(offset + input.size()) {}

  uint8_t U8(absl::string_view what);
  uint32_t U32(absl::string_view what);
  uint64_t U64(absl::string_view what);
  unsigned __int128 U128(absl::string_view what);
  base::Hash256 Hash(absl::string_view what);
  absl::string_view Bytes(absl::string_view what);
  absl::string_view Raw(size_t size_bytes, absl::string_view what);
  // Of elements of at least `element_size_bytes_min` bytes, which is not 0: no
  // more than the rest can hold.
  uint32_t Count(size_t element_size_bytes_min, absl::string_view what);
  // A u8 of 0 or 1.
  bool Bool(absl::string_view what);
  // A u8 of first to last.
  uint8_t Choice(uint8_t first, uint8_t last, absl::string_view what);
  // A field in another form, by `read`, which leaves the reader unchanged where
  // it fails.
  template <typename Read>
  void Field(absl::string_view what, Read read) {
    if (ok() && !read(&reader_)) FailAt(offset(), what);
  }
  void End(absl::string_view what);

  // Refuses what was read well but says something impossible, at the byte
  // `at`. The first failure holds.
  void Refuse(uint64_t at, absl::string_view why);

  // Of the next byte.
  uint64_t offset() const { return end_ - reader_.rest().size(); }
  bool ok() const { return status_.ok(); }
  // INVALID_ARGUMENT "byte OFFSET: ...".
  const absl::Status& status() const { return status_; }

 private:
  void FailAt(uint64_t at, absl::string_view what);

  base::Reader reader_;
  uint64_t end_;
  absl::Status status_;
};

}  // namespace ashlar::replay

#endif  // REPLAY_PARSER_H_
