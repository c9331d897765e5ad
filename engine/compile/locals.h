// The types of a function's locals: parameters, then declared locals in groups
// of one type. What a group costs does not depend on how many it declares.
#ifndef ENGINE_COMPILE_LOCALS_H_
#define ENGINE_COMPILE_LOCALS_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/wasm/types.h"

namespace ashlar::compile {

class Locals {
 public:
  // The parameters of `type`, which outlives what is asked here.
  void Begin(const wasm::FuncType& type) {
    params_ = type.params_data;
    param_count_ = type.param_count;
    count_ = param_count_;
    groups_.clear();
  }
  // `count` more of `type`. REQUIRES: all of them together fit 32 bits.
  void Add(uint32_t count, uint8_t type) {
    if (count == 0) return;
    count_ += count;
    groups_.push_back({count_, type});
  }

  // Parameters included.
  uint32_t count() const { return count_; }
  // REQUIRES: index < count().
  uint8_t TypeOf(uint32_t index) const {
    if (index < param_count_) return static_cast<uint8_t>(params_[index]);
    return std::upper_bound(
               groups_.begin(), groups_.end(), index,
               [](uint32_t i, const Group& group) { return i < group.end; })
        ->type;
  }

 private:
  struct Group {
    uint32_t end;  // the index behind its last one
    uint8_t type;
  };

  const wasm::ValType* params_ = nullptr;
  uint32_t param_count_ = 0;
  uint32_t count_ = 0;
  std::vector<Group> groups_;
};

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_LOCALS_H_
