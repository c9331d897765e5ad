#include "engine/compile/descriptor.h"

#include "engine/interp/op.h"
#include "engine/wasm/opcode.h"

namespace ashlar::compile {
namespace {

using interp::Op;
using wasm::Opcode;
using enum Class;

constexpr uint8_t kI32 = 0x7f;
constexpr uint8_t kI64 = 0x7e;
constexpr uint8_t kF32 = 0x7d;
constexpr uint8_t kF64 = 0x7c;

constexpr Descriptor Make(Class klass, uint8_t in, uint8_t out, uint16_t op) {
  Descriptor d;
  d.klass = klass;
  d.in = in;
  d.out = out;
  d.op = op;
  return d;
}

// By signature: RESULT_PARAMETERS.
#define SIG_i_ii(n) Make(kBinary, kI32, kI32, interp::kOp##n##_SS)
#define SIG_l_ll(n) Make(kBinary, kI64, kI64, interp::kOp##n##_SS)
#define SIG_f_ff(n) Make(kFloatBinary, kF32, kF32, interp::kOp##n##_SS)
#define SIG_d_dd(n) Make(kFloatBinary, kF64, kF64, interp::kOp##n##_SS)
#define SIG_f_f(n) Make(kFloatUnary, kF32, kF32, interp::kOp##n##_S)
#define SIG_d_d(n) Make(kFloatUnary, kF64, kF64, interp::kOp##n##_S)
#define SIG_i_i(n) Make(kUnary, kI32, kI32, interp::kOp##n##_S)
#define SIG_l_l(n) Make(kUnary, kI64, kI64, interp::kOp##n##_S)
#define SIG_i_l(n) Make(kUnary, kI64, kI32, interp::kOp##n##_S)
#define SIG_l_i(n) Make(kUnary, kI32, kI64, interp::kOp##n##_S)
#define SIG_f_i(n) Make(kFloatUnary, kI32, kF32, interp::kOp##n##_S)
#define SIG_d_i(n) Make(kFloatUnary, kI32, kF64, interp::kOp##n##_S)
#define SIG_f_l(n) Make(kFloatUnary, kI64, kF32, interp::kOp##n##_S)
#define SIG_d_l(n) Make(kFloatUnary, kI64, kF64, interp::kOp##n##_S)
#define SIG_i_f(n) Make(kFloatUnary, kF32, kI32, interp::kOp##n##_S)
#define SIG_i_d(n) Make(kFloatUnary, kF64, kI32, interp::kOp##n##_S)
#define SIG_l_f(n) Make(kFloatUnary, kF32, kI64, interp::kOp##n##_S)
#define SIG_l_d(n) Make(kFloatUnary, kF64, kI64, interp::kOp##n##_S)
#define SIG_f_d(n) Make(kFloatUnary, kF64, kF32, interp::kOp##n##_S)
#define SIG_d_f(n) Make(kFloatUnary, kF32, kF64, interp::kOp##n##_S)
#define COMPARE_i_i(n) Make(kEqz, kI32, kI32, interp::kOp##n##_S)
#define COMPARE_i_l(n) Make(kEqz, kI64, kI32, interp::kOp##n##_S)
#define COMPARE_i_ii(n) Make(kCompare, kI32, kI32, interp::kOp##n##_SS)
#define COMPARE_i_ll(n) Make(kCompare, kI64, kI32, interp::kOp##n##_SS)
#define COMPARE_i_ff(n) Make(kFloatCompare, kF32, kI32, interp::kOp##n##_SS)
#define COMPARE_i_dd(n) Make(kFloatCompare, kF64, kI32, interp::kOp##n##_SS)
#define ACCESS_i_i(n) Make(kLoad, kI32, kI32, interp::kOp##n##_S)
#define ACCESS_l_i(n) Make(kLoad, kI32, kI64, interp::kOp##n##_S)
#define ACCESS_f_i(n) Make(kFloatLoad, kI32, kF32, interp::kOp##n##_S)
#define ACCESS_d_i(n) Make(kFloatLoad, kI32, kF64, interp::kOp##n##_S)
#define ACCESS___ii(n) Make(kStore, kI32, 0, interp::kOp##n##_SS)
#define ACCESS___il(n) Make(kStore, kI64, 0, interp::kOp##n##_SS)
#define ACCESS___if(n) Make(kFloatStore, kF32, 0, interp::kOp##n##_SS)
#define ACCESS___id(n) Make(kFloatStore, kF64, 0, interp::kOp##n##_SS)

// Without features and prices, which come later; indexed by Opcode.
constexpr Descriptor kRows[] = {
#define OP(name, code, text, sig, imm, cost, feature) Make(k##name, 0, 0, 0),
#define OP_COMPARE(name, code, text, sig, imm, cost, feature) \
  COMPARE_##sig(name),
#define OP_NUMERIC(name, code, text, sig, imm, cost, feature) SIG_##sig(name),
#define OP_CONVERT(name, code, text, sig, imm, cost, feature) SIG_##sig(name),
#define OP_LOAD(name, code, text, sig, imm, cost, feature) ACCESS_##sig(name),
#define OP_STORE(name, code, text, sig, imm, cost, feature) ACCESS_##sig(name),
#include "engine/wasm/opcodes.def"
};
static_assert(sizeof(kRows) / sizeof(kRows[0]) == wasm::kOpcodeCount);

uint8_t KindOfBinary(Opcode o) {
  switch (o) {
    case Opcode::kI32Add:
    case Opcode::kI32Mul:
    case Opcode::kI32And:
    case Opcode::kI32Or:
    case Opcode::kI32Xor:
    case Opcode::kI64Add:
    case Opcode::kI64Mul:
    case Opcode::kI64And:
    case Opcode::kI64Or:
    case Opcode::kI64Xor:
      return kCommutative;
    case Opcode::kI32Sub:
    case Opcode::kI64Sub:
      return kSubtraction;
    case Opcode::kI32DivU:
    case Opcode::kI32RemU:
      return kQuotient;
    default:
      return 0;
  }
}

bool IsRetype(Opcode o) {
  return o == Opcode::kI32ReinterpretF32 || o == Opcode::kI64ReinterpretF64 ||
         o == Opcode::kF32ReinterpretI32 || o == Opcode::kF64ReinterpretI64;
}

// eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u -> with operands swapped.
constexpr uint8_t kSwapped[10] = {0, 1, 4, 5, 2, 3, 8, 9, 6, 7};

uint8_t ExtraOf(Opcode o, const Descriptor& d) {
  switch (d.klass) {
    case kBinary:
      return KindOfBinary(o);
    case kCompare: {
      const uint32_t first =
          d.in == kI32 ? interp::kOpI32Eq_SS : interp::kOpI64Eq_SS;
      return kSwapped[(d.op - first) / interp::kBinForms];
    }
    case kLoad:
    case kStore:
    case kFloatLoad:
    case kFloatStore:
      return static_cast<uint8_t>(wasm::InfoOf(o).align_max());
    default:
      return 0;
  }
}

Descriptor RowFor(Opcode o, wasm::Features features,
                  const metering::Schedule& schedule) {
  const wasm::OpcodeInfo& info = wasm::InfoOf(o);
  if (!features.Has(info.feature)) return {};
  Descriptor d = kRows[static_cast<int>(o)];
  if (IsRetype(o)) d.klass = kRetype;
  d.extra = ExtraOf(o, d);
  d.price = static_cast<uint16_t>(schedule.price(info.cost_class));
  return d;
}

}  // namespace

void MakeDescriptors(wasm::Features features,
                     const metering::Schedule& schedule,
                     DescriptorTable* table) {
  *table = {};
  for (int i = 0; i < wasm::kOpcodeCount; ++i) {
    const auto o = static_cast<Opcode>(i);
    const wasm::OpcodeInfo& info = wasm::InfoOf(o);
    Descriptor& row = info.is_prefixed() ? table->prefixed[info.code & 0x1f]
                                         : table->one_byte[info.code];
    row = RowFor(o, features, schedule);
  }
  table->one_byte[wasm::kOpcodePrefix].klass = kPrefix;
}

}  // namespace ashlar::compile
