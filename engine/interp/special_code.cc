#include "engine/interp/special_code.h"

#include "engine/interp/op.h"

namespace ashlar::interp {
namespace {

// One instruction each: {handler, unused}.
struct SpecialCode {
  uint64_t enter[2];
  uint64_t exit[2];
  uint64_t return_to_instance[2];
};

const SpecialCode& Get() {
  static const SpecialCode code = {{HandlerTable()[kOpEnterActivation], 0},
                                   {HandlerTable()[kOpExitActivation], 0},
                                   {HandlerTable()[kOpReturnToInstance], 0}};
  return code;
}

}  // namespace

const uint8_t* EnterActivationCode() {
  return reinterpret_cast<const uint8_t*>(Get().enter);
}
const uint8_t* ExitActivationCode() {
  return reinterpret_cast<const uint8_t*>(Get().exit);
}
const uint8_t* ReturnToInstanceCode() {
  return reinterpret_cast<const uint8_t*>(Get().return_to_instance);
}

}  // namespace ashlar::interp
