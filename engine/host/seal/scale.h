// The little of the SCALE codec that the ABI itself needs.
#ifndef ENGINE_HOST_SEAL_SCALE_H_
#define ENGINE_HOST_SEAL_SCALE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace ashlar::host::seal {

// The compact form of an integer, 1 to 9 bytes.
std::string ScaleCompact(uint64_t value);

// Whether `bytes` are exactly a vector of 32-byte topics; *count is how many.
// As in the original codec, a compact number that is longer than it needs to
// be is an error.
bool CountScaleTopics(absl::string_view bytes, uint32_t* count);

}  // namespace ashlar::host::seal

#endif  // ENGINE_HOST_SEAL_SCALE_H_
