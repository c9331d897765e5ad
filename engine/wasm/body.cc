#include "engine/wasm/body.h"

namespace ashlar::wasm {

bool ReadLocals(Reader* reader, std::vector<LocalGroup>* groups) {
  groups->clear();
  const uint8_t* at = reader->pos();
  const uint32_t count = reader->Length();
  uint64_t total = 0;
  for (uint32_t i = 0; i < count && reader->ok(); ++i) {
    LocalGroup group;
    group.count = reader->U32();
    const uint8_t* type_at = reader->pos();
    const uint8_t byte = reader->Byte();
    if (!IsValType(byte)) {
      reader->FailForm(byte, ViolationCode::kMalformedValueType, type_at);
    }
    group.type = static_cast<ValType>(byte);
    total += group.count;
    if (total > UINT32_MAX) reader->Fail(ViolationCode::kTooManyLocals, at);
    if (reader->ok()) groups->push_back(group);
  }
  return reader->ok();
}

}  // namespace ashlar::wasm
