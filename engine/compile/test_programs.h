// Small programs for the tests of the translator.
#ifndef ENGINE_COMPILE_TEST_PROGRAMS_H_
#define ENGINE_COMPILE_TEST_PROGRAMS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/util/module_builder.h"

namespace ashlar::testing {

inline constexpr Op kComparisons32[] = {
    Op::kI32Eq,  Op::kI32Ne,  Op::kI32LtS, Op::kI32LtU, Op::kI32GtS,
    Op::kI32GtU, Op::kI32LeS, Op::kI32LeU, Op::kI32GeS, Op::kI32GeU};
inline constexpr Op kComparisons64[] = {
    Op::kI64Eq,  Op::kI64Ne,  Op::kI64LtS, Op::kI64LtU, Op::kI64GtS,
    Op::kI64GtU, Op::kI64LeS, Op::kI64LeU, Op::kI64GeS, Op::kI64GeU};

// The comparison of that number, as either array counts.
template <typename S, typename U>
bool Holds(int comparison, U x, U y) {
  const auto a = static_cast<S>(x);
  const auto b = static_cast<S>(y);
  switch (comparison) {
    case 0:
      return x == y;
    case 1:
      return x != y;
    case 2:
      return a < b;
    case 3:
      return x < y;
    case 4:
      return a > b;
    case 5:
      return x > y;
    case 6:
      return a <= b;
    case 7:
      return x <= y;
    case 8:
      return a >= b;
    default:
      return x >= y;
  }
}

// A module with functions of one type, exported as f0, f1, ...
class Functions {
 public:
  Functions(const std::vector<ValType>& params,
            const std::vector<ValType>& results, uint32_t pages = 1) {
    module_.Memory({pages, {}});
    module_.Global(ValType::kI32, true, Code().I32(40).End());
    module_.Global(ValType::kI32, true, Code().I32(50).End());
    module_.Global(ValType::kF64, true, Code().F64(0).End());
    type_ = module_.Type(params, results);
  }
  std::string Add(const std::vector<ValType>& locals, const Code& code) {
    const std::string name = "f" + std::to_string(count_++);
    module_.Export(name, ExternKind::kFunc,
                   module_.Func(type_, locals, Code(code).End()));
    return name;
  }
  std::vector<uint8_t> Build() { return module_.Build(); }

 private:
  ModuleBuilder module_;
  uint32_t type_ = 0;
  int count_ = 0;
};

}  // namespace ashlar::testing

#endif  // ENGINE_COMPILE_TEST_PROGRAMS_H_
