// A Kv in memory.
#ifndef ENGINE_STATE_MEMORY_KV_H_
#define ENGINE_STATE_MEMORY_KV_H_

#include <memory>

#include "engine/state/kv.h"

namespace ashlar::state {

std::unique_ptr<Kv> NewMemoryKv();

}  // namespace ashlar::state

#endif  // ENGINE_STATE_MEMORY_KV_H_
