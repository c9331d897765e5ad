// Values as protobuf fields of type bytes and string take them.
#ifndef RPC_FIELD_H_
#define RPC_FIELD_H_

#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"

namespace ashlar::rpc {

// A u128 as 16 bytes, little endian.
inline std::string U128ToProto(unsigned __int128 value) {
  std::string bytes(sizeof(value), '\0');
  base::StoreLe<unsigned __int128>(bytes.data(), value);
  return bytes;
}

inline std::string ToString(absl::string_view view) {
  return std::string(view.data(), view.size());
}

}  // namespace ashlar::rpc

#endif  // RPC_FIELD_H_
