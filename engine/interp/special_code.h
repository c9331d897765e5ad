// Code that belongs to no module: where activations begin and end, and where
// calls from another instance return to.
#ifndef ENGINE_INTERP_SPECIAL_CODE_H_
#define ENGINE_INTERP_SPECIAL_CODE_H_

#include <cstdint>

namespace ashlar::interp {

const uint8_t* EnterActivationCode();
const uint8_t* ExitActivationCode();
const uint8_t* ReturnToInstanceCode();

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_SPECIAL_CODE_H_
