// Names of a module's functions, for people. Never part of an outcome.
#ifndef ENGINE_FUNCTION_NAMES_H_
#define ENGINE_FUNCTION_NAMES_H_

#include <cstdint>
#include <string>

#include "engine/wasm/module.h"
#include "engine/wasm/names.h"

namespace ashlar::engine {

// Borrows the module and its bytes.
class FunctionNames {
 public:
  explicit FunctionNames(const wasm::Module& module)
      : module_(module), names_(module) {}

  // By the name section; else an imported function's both names joined by a
  // point, or an exported one's; else empty.
  std::string Find(uint32_t function) const;
  // The same, and "func[INDEX]" where there is none.
  std::string Display(uint32_t function) const;

 private:
  const wasm::Module& module_;
  wasm::Names names_;
};

}  // namespace ashlar::engine

#endif  // ENGINE_FUNCTION_NAMES_H_
