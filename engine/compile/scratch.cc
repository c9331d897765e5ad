#include "engine/compile/scratch.h"

#include <algorithm>

namespace ashlar::compile {

void Scratch::Reserve(const wasm::Module& module, const base::Limits& limits) {
  uint64_t body = 0;
  for (const wasm::Body& b : module.bodies) {
    body = std::max(body, static_cast<uint64_t>(b.end - b.begin));
  }
  // One value an instruction takes two bytes at least; several at once are
  // checked against the frame limit when they are pushed. A body without
  // control instructions may run on to the end of the code section, where the
  // zeros behind Scratch::bodies stop it.
  const uint64_t values = module.code_size_bytes / 2 + limits.frame_slots_max +
                          limits.function_results_max +
                          limits.function_params_max + 64;
  const uint64_t blocks = std::min<uint64_t>(limits.nesting_max, body / 2) + 8;
  // Every byte of a body opens one charge at most.
  const uint64_t charges = body + 64;
  entries_arena_.Reserve(values * sizeof(Entry));
  controls_arena_.Reserve(blocks * sizeof(Control));
  sites_arena_.Reserve(charges * sizeof(Site));
  state.stack = reinterpret_cast<Entry*>(entries_arena_.base());
  state.controls = reinterpret_cast<Control*>(controls_arena_.base());
  state.sites = reinterpret_cast<Site*>(sites_arena_.base());
  state.local_types = &locals_;
}

}  // namespace ashlar::compile
