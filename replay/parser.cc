#include "replay/parser.h"

#include "absl/strings/str_cat.h"

namespace ashlar::replay {

uint8_t Parser::U8(absl::string_view what) {
  uint8_t value = 0;
  Field(what, [&](base::Reader* r) { return r->U8(&value); });
  return value;
}

uint32_t Parser::U32(absl::string_view what) {
  uint32_t value = 0;
  Field(what, [&](base::Reader* r) { return r->U32(&value); });
  return value;
}

uint64_t Parser::U64(absl::string_view what) {
  uint64_t value = 0;
  Field(what, [&](base::Reader* r) { return r->U64(&value); });
  return value;
}

unsigned __int128 Parser::U128(absl::string_view what) {
  unsigned __int128 value = 0;
  Field(what, [&](base::Reader* r) { return r->U128(&value); });
  return value;
}

base::Hash256 Parser::Hash(absl::string_view what) {
  base::Hash256 value;
  Field(what, [&](base::Reader* r) { return r->Hash(&value); });
  return value;
}

absl::string_view Parser::Bytes(absl::string_view what) {
  absl::string_view value;
  Field(what, [&](base::Reader* r) { return r->Bytes(&value); });
  return value;
}

absl::string_view Parser::Raw(size_t size_bytes, absl::string_view what) {
  absl::string_view value;
  Field(what, [&](base::Reader* r) { return r->Raw(size_bytes, &value); });
  return value;
}

uint32_t Parser::Count(size_t element_size_bytes_min, absl::string_view what) {
  uint32_t value = 0;
  Field(what, [&](base::Reader* r) {
    return r->Count(element_size_bytes_min, &value);
  });
  return value;
}

bool Parser::Bool(absl::string_view what) { return Choice(0, 1, what) != 0; }

uint8_t Parser::Choice(uint8_t first, uint8_t last, absl::string_view what) {
  const uint64_t at = offset();
  const uint8_t value = U8(what);
  if (ok() && (value < first || value > last)) {
    Refuse(at,
           absl::StrCat(what, " is ", value, ", not ", first, " to ", last));
  }
  return ok() ? value : 0;
}

void Parser::End(absl::string_view what) {
  if (ok() && !reader_.AtEnd()) {
    Refuse(offset(), absl::StrCat("bytes behind the end of ", what));
  }
}

void Parser::Refuse(uint64_t at, absl::string_view why) {
  if (!ok()) return;
  status_ = absl::InvalidArgumentError(absl::StrCat("byte ", at, ": ", why));
}

void Parser::FailAt(uint64_t at, absl::string_view what) {
  Refuse(at, absl::StrCat(what, " does not fit into what is left"));
}

}  // namespace ashlar::replay
