#include "engine/host/context.h"

namespace ashlar::host {
namespace {

void Write(uint64_t value, base::Writer* w) { w->U64(value); }
void Write(const base::Hash256& value, base::Writer* w) { w->Hash(value); }
void Write(unsigned __int128 value, base::Writer* w) { w->U128(value); }
void Write(bool value, base::Writer* w) { w->U8(value ? 1 : 0); }

bool Read(base::Reader* r, uint64_t* value) { return r->U64(value); }
bool Read(base::Reader* r, base::Hash256* value) { return r->Hash(value); }
bool Read(base::Reader* r, unsigned __int128* value) { return r->U128(value); }
bool Read(base::Reader* r, bool* value) {
  base::Reader ahead = *r;
  uint8_t number = 0;
  if (!ahead.U8(&number) || number > 1) return false;
  *r = ahead;
  *value = number == 1;
  return true;
}

}  // namespace

absl::string_view ContextFieldName(ContextField field) {
  static constexpr absl::string_view kNames[] = {
#define CONTEXT(field, type, initial, meaning) #field,
#include "engine/host/context.def"
  };
  return kNames[static_cast<int>(field)];
}

void WriteContextField(const BlockContext& context, ContextField field,
                       base::Writer* writer) {
  switch (field) {
#define CONTEXT(field, type, initial, meaning) \
  case ContextField::k_##field:                \
    return Write(context.field, writer);
#include "engine/host/context.def"
    case ContextField::kCount:
      return;
  }
}

bool ReadContextField(ContextField field, base::Reader* reader,
                      BlockContext* context) {
  switch (field) {
#define CONTEXT(field, type, initial, meaning) \
  case ContextField::k_##field:                \
    return Read(reader, &context->field);
#include "engine/host/context.def"
    case ContextField::kCount:
      break;
  }
  return false;
}

}  // namespace ashlar::host
