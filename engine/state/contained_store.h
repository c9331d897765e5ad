// A store whose calls end with RESOURCE_EXHAUSTED where memory ran out.
#ifndef ENGINE_STATE_CONTAINED_STORE_H_
#define ENGINE_STATE_CONTAINED_STORE_H_

#include <memory>

#include "engine/state/store.h"

namespace ashlar::state {

// Does what `store` does; readers that it gives out, too. REQUIRES: `store`
// changes nothing by a call that std::bad_alloc ends.
std::unique_ptr<VersionedStore> NewContainedStore(
    std::unique_ptr<VersionedStore> store);

}  // namespace ashlar::state

#endif  // ENGINE_STATE_CONTAINED_STORE_H_
