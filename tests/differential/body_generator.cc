#include "tests/differential/body_generator.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ashlar::testing {
namespace {

constexpr int kDepthMax = 3;
constexpr size_t kFramesMax = 12;
constexpr size_t kStackMax = 120;
constexpr uint32_t kNoType = UINT32_MAX;
constexpr int32_t kAddressMask = 0xffff;

enum class Group { kNumeric, kLoad, kStore };

// The rows of the opcode table that have a typed signature.
struct TypedOp {
  Op op;
  Group group;
  ValType result;  // unused for stores
  std::vector<ValType> params;
};

ValType TypeOfLetter(char letter) {
  switch (letter) {
    case 'i':
      return ValType::kI32;
    case 'l':
      return ValType::kI64;
    case 'f':
      return ValType::kF32;
    default:
      return ValType::kF64;
  }
}

TypedOp Row(Op op, Group group, const char* signature) {
  TypedOp row = {op, group, TypeOfLetter(signature[0]), {}};
  for (const char* p = std::strrchr(signature, '_') + 1; *p != 0; ++p) {
    row.params.push_back(TypeOfLetter(*p));
  }
  return row;
}

const std::vector<TypedOp>& TypedOps() {
  static const std::vector<TypedOp>& rows = *new std::vector<TypedOp>{
#define OP_IGNORED(...)
#define OP_CONTROL OP_IGNORED
#define OP_VARIABLE OP_IGNORED
#define OP_CONST OP_IGNORED
#define OP_BULK OP_IGNORED
#define OP_LOAD(name, code, text, signature, ...) \
  Row(Op::k##name, Group::kLoad, #signature),
#define OP_STORE(name, code, text, signature, ...) \
  Row(Op::k##name, Group::kStore, #signature),
#define OP(name, code, text, signature, ...) \
  Row(Op::k##name, Group::kNumeric, #signature),
#include "engine/wasm/opcodes.def"
  };
  return rows;
}

const TypedOp& RandomOp(Group group, Rng* rng) {
  const std::vector<TypedOp>& rows = TypedOps();
  for (;;) {
    const TypedOp& row = rows[rng->Below(static_cast<uint32_t>(rows.size()))];
    if (row.group == group) return row;
  }
}

bool IsIntegerDivision(Op op) {
  return (op >= Op::kI32DivS && op <= Op::kI32RemU) ||
         (op >= Op::kI64DivS && op <= Op::kI64RemU);
}

bool IsTrappingTruncation(Op op) {
  return (op >= Op::kI32TruncF32S && op <= Op::kI32TruncF64U) ||
         (op >= Op::kI64TruncF32S && op <= Op::kI64TruncF64U);
}

bool IsNum(ValType type) {
  return type != ValType::kFuncRef && type != ValType::kExternRef;
}

// log2 of an access's size, the largest alignment that is valid.
uint32_t AlignMax(Op op) {
  switch (op) {
#define OP_IGNORED(...)
#define OP_CONTROL OP_IGNORED
#define OP_VARIABLE OP_IGNORED
#define OP_CONST OP_IGNORED
#define OP_BULK OP_IGNORED
#define OP_ALIGN(name, code, text, signature, immediate, ...) \
  case Op::k##name:                                           \
    return static_cast<uint32_t>(#immediate[6] - '0');
#define OP_LOAD OP_ALIGN
#define OP_STORE OP_ALIGN
#define OP OP_IGNORED
#include "engine/wasm/opcodes.def"
    default:
      return 0;
  }
}

}  // namespace

BodyGenerator::BodyGenerator(const ModulePlan* plan, uint32_t function,
                             uint32_t size, Rng* rng)
    : plan_(plan),
      function_(function),
      size_(size),
      rng_(rng),
      budget_(size * 4) {
  locals_ = type().params;
  const uint32_t most = rng_->Chance(8) ? 150 : 6;
  for (uint32_t n = rng_->Below(most); n > 0; --n) {
    static constexpr ValType kTypes[] = {
        ValType::kI32, ValType::kI32, ValType::kI64,     ValType::kI64,
        ValType::kF32, ValType::kF64, ValType::kFuncRef, ValType::kExternRef};
    locals_.push_back(kTypes[rng_->Below(8)]);
  }
  is_reserved_.resize(locals_.size());
}

std::vector<ValType> BodyGenerator::locals() const {
  return {locals_.begin() + static_cast<ptrdiff_t>(type().params.size()),
          locals_.end()};
}

// Alignment first: compilers differ in the order of arguments.
void BodyGenerator::Mem(Op op) {
  const uint32_t align = rng_->Below(AlignMax(op) + 1);
  code_.Mem(op, align, rng_->Below(20));
}

void BodyGenerator::Run() {
  PushFrame(type().results, type().results, 0, false);
  Steps(1 + rng_->Below(size_));
  Coerce();
  code_.End();
}

void BodyGenerator::Steps(uint32_t count) {
  for (; count > 0 && budget_ > 0; --count) {
    --budget_;
    Step();
    if (frame().is_dead && rng_->Chance(60)) return;
    while (stack_.size() > kStackMax && stack_.size() > frame().height) {
      code_.Op(Op::kDrop);
      PopTypes(1);
    }
  }
}

void BodyGenerator::Step() {
  const uint32_t pick = rng_->Below(100);
  if (pick < 2) return StepArray();
  if (pick < 4) return rng_->Chance(50) ? StepByteLoop() : StepPointerLoop();
  if (pick < 5) return StepLoadAndAdd();
  if (pick < 8) return StepIncrement();
  if (pick < 16) return StepNumeric();
  if (pick < 28) return StepLocal();
  if (pick < 36) return StepHazard();
  if (pick < 38) return StepDeepStack();
  if (pick < 41) return StepSelect();
  if (pick < 45) return StepGlobalSet();
  if (pick < 51) return StepStore();
  if (pick < 54) return StepMemoryBulk();
  if (pick < 59) return StepTable();
  if (pick < 65) return StepBlock();
  if (pick < 70) return StepLoop();
  if (pick < 76) return StepIf();
  if (pick < 82) return StepBranchIf();
  if (pick < 85) return StepBranchTable();
  if (pick < 86) return StepBranch();
  if (pick < 87) return StepTerminal();
  if (pick < 92) return StepCall(false);
  if (pick < 95) return StepCallIndirect(false);
  if (pick < 96) return StepCall(true);
  if (pick < 97) return StepCallIndirect(true);
  if (pick < 98) {
    code_.Op(Op::kNop);
    return;
  }
  if (stack_.size() > frame().height || frame().is_dead) {
    code_.Op(Op::kDrop);
    PopTypes(1);
  }
}

void BodyGenerator::StepNumeric() {
  const TypedOp& row = RandomOp(Group::kNumeric, rng_);
  if (IsTrappingTruncation(row.op) && rng_->Chance(80)) return;
  Need(row.params);
  Tame(row.op);
  code_.Op(row.op);
  PopTypes(row.params.size());
  PushTypes({row.result});
}

void BodyGenerator::StepLocal() {
  static constexpr ValType kTypes[] = {ValType::kI32, ValType::kI64,
                                       ValType::kF32, ValType::kF64};
  ValType wanted = kTypes[rng_->Below(4)];
  if (stack_.size() > frame().height && rng_->Chance(60)) {
    wanted = stack_.back();
  }
  const uint32_t pick = rng_->Below(3);
  if (pick == 0) {
    if (!ProduceLocal(wanted)) Produce(wanted, 1);
    return;
  }
  const uint32_t local = RandomLocal(wanted, true);
  if (local == kNoFunction) return;
  Need({wanted});
  if (pick == 1) {
    code_.Set(local);
    PopTypes(1);
  } else {
    code_.Tee(local);
    PopTypes(1);
    PushTypes({wanted});
  }
}

// An old value of a local stays on the stack while the local changes.
void BodyGenerator::StepHazard() {
  const uint32_t local =
      RandomLocal(rng_->Chance(60) ? ValType::kI32 : ValType::kI64, true);
  if (local == kNoFunction) return;
  const ValType type = locals_[local];
  const Op add = type == ValType::kI32 ? Op::kI32Add : Op::kI64Add;
  const Op sub = type == ValType::kI32 ? Op::kI32Sub : Op::kI64Sub;
  const uint32_t copies = 1 + rng_->Below(3);
  for (uint32_t i = 0; i < copies; ++i) {
    code_.Get(local);
    PushTypes({type});
  }
  switch (rng_->Below(3)) {
    case 0:
      Produce(type, 1);
      code_.Set(local);
      PopTypes(1);
      break;
    case 1:
      Produce(type, 1);
      code_.Tee(local).Op(sub);
      PopTypes(1);
      break;
    default:
      code_.Get(local).Get(local).Op(add).Set(local);
      break;
  }
  if (rng_->Chance(50)) {
    code_.Get(local).Op(sub);
  }
}

void BodyGenerator::StepDeepStack() {
  const uint32_t count = 5 + rng_->Below(45);
  for (uint32_t i = 0; i < count; ++i) Produce(ValType::kI32, kDepthMax);
  if (rng_->Chance(70)) StepBranchIf();
  for (uint32_t i = 1; i < count; ++i) {
    if (!TopIs({ValType::kI32, ValType::kI32})) break;
    code_.Op(rng_->Chance(50) ? Op::kI32Add : Op::kI32Xor);
    PopTypes(1);
  }
}

// An element of an array is read or written, addressed as compilers do it:
// base + (index << shift) with a constant offset, or base + constant.
void BodyGenerator::StepArray() {
  if (!plan_->has_memory) return;
  static constexpr uint32_t kOffsets[] = {0,     4,     100,   16383,
                                          16384, 32767, 65535, 65536};
  const uint32_t base = RandomLocal(ValType::kI32, true);
  if (base == kNoFunction) return;
  Produce(ValType::kI32, 2);
  code_.I32(0xfff).Op(Op::kI32And).Set(base);
  PopTypes(1);
  const bool base_first = rng_->Chance(50);
  if (base_first) code_.Get(base);
  switch (rng_->Below(3)) {
    case 0:
      code_.I32(static_cast<int32_t>(rng_->Below(70000)) - 100);
      break;
    case 1:
      Produce(ValType::kI32, 2);
      PopTypes(1);
      code_.I32(0xff).Op(Op::kI32And);
      break;
    default:
      code_.Get(base);
      code_.I32(static_cast<int32_t>(rng_->Below(5))).Op(Op::kI32Shl);
      break;
  }
  if (!base_first) code_.Get(base);
  code_.Op(Op::kI32Add);
  if (rng_->Chance(10)) code_.Tee(base);
  PushTypes({ValType::kI32});
  const uint32_t offset = kOffsets[rng_->Below(rng_->Chance(70) ? 3 : 8)];
  const TypedOp& row =
      RandomOp(rng_->Chance(70) ? Group::kLoad : Group::kStore, rng_);
  if (row.group == Group::kStore) ProduceSimple(row.params[1]);
  code_.Mem(row.op, rng_->Below(AlignMax(row.op) + 1), offset);
  PopTypes(row.params.size());
  if (row.group == Group::kLoad) PushTypes({row.result});
}

// A loop over bytes as compilers make of memcpy, memmove and memset, and loops
// that nearly are: two roles are played by one local, or the step is another.
void BodyGenerator::StepByteLoop() {
  if (!plan_->has_memory) return;
  enum Role { kCounter, kEnd, kTo, kFrom, kStep, kRoles };
  uint32_t local[kRoles];
  for (uint32_t role = 0; role < kRoles; ++role) {
    local[role] =
        role > 0 && rng_->Chance(3) ? local[rng_->Below(role)] : NewCounter();
  }
  const bool down = rng_->Chance(50);
  const bool counts_first = rng_->Chance(down ? 60 : 5);
  const auto length =
      static_cast<int32_t>(rng_->Below(rng_->Chance(80) ? 25 : 300));
  const int32_t up_from = static_cast<int32_t>(rng_->Below(40));
  const int32_t end = !down ? up_from + length : counts_first ? 0 : -1;
  int32_t step = down ? -1 : 1;
  if (rng_->Chance(3)) step = static_cast<int32_t>(rng_->Below(4)) - 1;
  const auto set = [&](Role role, int32_t value) {
    code_.I32(value).Set(local[role]);
  };
  set(kStep, step);
  for (Role role : {kTo, kFrom}) {
    const uint32_t place = rng_->Below(4);
    const auto distance =
        static_cast<int32_t>(rng_->Below(place < 2 ? 3000 : 330));
    set(role, place < 2    ? distance
              : place == 2 ? 65536 - distance
                           : -distance / 8);
  }
  set(kEnd, end);
  set(kCounter, down ? end + length : up_from);

  const uint32_t place = rng_->Below(4);
  code_.Block().Loop();
  if (place == 3) code_.Block();
  const bool end_first = rng_->Chance(20);
  const bool end_is_constant = rng_->Chance(down ? 70 : 10);
  const auto get_end = [&] {
    end_is_constant ? code_.I32(end) : code_.Get(local[kEnd]);
  };
  if (end_first) get_end();
  code_.Get(local[kCounter]);
  if (!end_first) get_end();
  const bool is_less = rng_->Chance(down ? 5 : 40);
  const Op goes_on = is_less ? Op::kI32LtU : Op::kI32Ne;
  const Op ends = is_less ? Op::kI32GeU : Op::kI32Eq;
  switch (place) {
    case 0:
      code_.Op(goes_on).If();
      break;
    case 1:
      code_.Op(ends).If().Else();
      break;
    case 2:
      code_.Op(ends).If().Br(2).End().Block();
      break;
    default:
      code_.Op(goes_on).BrIf(0).Br(2).End().Block();
      break;
  }
  const bool by_local = rng_->Chance(50);
  const auto count = [&] {
    code_.Get(local[kCounter]);
    by_local ? code_.Get(local[kStep]) : code_.I32(step);
    code_.Op(Op::kI32Add).Set(local[kCounter]);
  };
  const auto address = [&](Role base) {
    const bool base_first = rng_->Chance(50);
    if (base_first) code_.Get(local[base]);
    code_.Get(local[kCounter]);
    if (!base_first) code_.Get(local[base]);
    code_.Op(Op::kI32Add);
    if (rng_->Chance(3)) code_.Tee(local[base]);
  };
  if (counts_first) count();
  address(kTo);
  switch (rng_->Below(4)) {
    case 0:
      code_.I32(static_cast<int32_t>(rng_->Below(400)) - 100);
      break;
    case 1:
      code_.Get(local[kFrom]);
      break;
    default:
      address(kFrom);
      Mem(rng_->Chance(95) ? Op::kI32Load8U : Op::kI32Load8S);
      break;
  }
  Mem(rng_->Chance(97) ? Op::kI32Store8 : Op::kI32Store16);
  if (!counts_first) count();
  code_.Br(1).End().End().End();
}

// The same of loops that count pointers, and words.
void BodyGenerator::StepPointerLoop() {
  if (!plan_->has_memory) return;
  enum Role { kTo, kFrom, kCounter, kEnd, kRoles };
  uint32_t local[kRoles];
  for (uint32_t role = 0; role < kRoles; ++role) {
    local[role] =
        role > 0 && rng_->Chance(3) ? local[rng_->Below(role)] : NewCounter();
  }
  struct Access {
    Op load;
    Op store;
    int32_t width;
  };
  static constexpr Access kAccesses[] = {
      {Op::kI32Load8U, Op::kI32Store8, 1}, {Op::kI32Load8U, Op::kI32Store8, 1},
      {Op::kI32Load, Op::kI32Store, 4},    {Op::kI64Load, Op::kI64Store, 8},
      {Op::kI32Load8S, Op::kI32Store8, 1}, {Op::kI32Load, Op::kI32Store16, 2}};
  const Access& access = kAccesses[rng_->Below(rng_->Chance(95) ? 4 : 6)];
  const bool is_wide = access.width == 8;
  const bool copies = rng_->Chance(60);
  const Role compared = rng_->Chance(40)             ? kCounter
                        : copies && rng_->Chance(30) ? kFrom
                                                     : kTo;
  const bool is_less = rng_->Chance(compared == kCounter ? 30 : 90);
  static constexpr int32_t kSteps[] = {-1, -1, -1, 1, 4, -8, 3, 0};
  const int32_t step = compared == kCounter
                           ? kSteps[rng_->Below(rng_->Chance(90) ? 6 : 8)]
                           : access.width;

  const auto set = [&](Role role, int32_t value) {
    code_.I32(value).Set(local[role]);
  };
  int32_t starts[kRoles] = {};
  for (const Role role : {kTo, kFrom}) {
    const uint32_t place = rng_->Below(8);
    const auto distance =
        static_cast<int32_t>(rng_->Below(place < 6 ? 3000 : 330));
    starts[role] = place < 6    ? distance
                   : place == 6 ? 65536 - distance
                                : -distance / 8;
  }
  if (rng_->Chance(30)) {
    starts[kTo] = starts[kFrom] + static_cast<int32_t>(rng_->Below(25)) - 12;
  }
  const auto rounds =
      static_cast<int32_t>(rng_->Below(rng_->Chance(80) ? 25 : 300));
  int32_t end = static_cast<int32_t>(rng_->Below(3)) - 1;
  if (compared == kCounter) {
    starts[kCounter] = end - rounds * step;
  } else {
    end = starts[compared] + rounds * step;
    if (rng_->Chance(10)) end += static_cast<int32_t>(rng_->Below(5)) - 2;
  }
  set(kTo, starts[kTo]);
  set(kFrom, starts[kFrom]);
  set(kCounter, starts[kCounter]);
  set(kEnd, end);

  const auto add = [&](Role role, int32_t by) {
    code_.Get(local[role]);
    code_.I32(rng_->Chance(1) ? by + 1 : by).Op(Op::kI32Add);
  };
  code_.Loop().Get(local[kTo]);
  if (copies) {
    code_.Get(local[kFrom]);
    Mem(access.load);
    if (!is_wide && rng_->Chance(3)) code_.Tee(NewCounter());
  } else {
    const uint32_t value =
        is_wide ? RandomLocal(ValType::kI64, false) : local[kFrom];
    if (value != kNoFunction && rng_->Chance(50)) {
      code_.Get(value);
    } else {
      const auto constant = static_cast<int32_t>(rng_->Below(400)) - 100;
      is_wide ? code_.I64(constant) : code_.I32(constant);
    }
  }
  Mem(access.store);
  const bool from_first = rng_->Chance(50);
  for (const Role role : {from_first ? kFrom : kTo, from_first ? kTo : kFrom}) {
    if (role == compared || (role == kFrom && !copies)) continue;
    add(role, access.width);
    code_.Set(local[role]);
  }
  add(compared, step);
  code_.Tee(local[compared]);
  if (is_less || end != 0) {
    is_less || rng_->Chance(10) ? code_.Get(local[kEnd]) : code_.I32(end);
    code_.Op(is_less ? Op::kI32LtU : Op::kI32Ne);
  }
  code_.BrIf(0).End();
}

// A sum with one operand right out of memory.
void BodyGenerator::StepLoadAndAdd() {
  const uint32_t other = RandomLocal(ValType::kI64, true);
  if (!plan_->has_memory || other == kNoFunction) return;
  const uint32_t address = NewCounter();
  ProduceAddress(1);
  code_.Set(address);
  PopTypes(1);
  Produce(ValType::kI64, 1);
  code_.Set(other);
  PopTypes(1);
  const bool is_left = rng_->Chance(50);
  if (!is_left) code_.Get(other);
  code_.Get(address);
  Mem(Op::kI64Load);
  if (rng_->Chance(20)) code_.Tee(other);
  if (is_left) code_.Get(other);
  code_.Op(Op::kI64Add);
  PushTypes({ValType::kI64});
}

void BodyGenerator::StepIncrement() {
  const bool is_wide = rng_->Chance(40);
  const ValType type = is_wide ? ValType::kI64 : ValType::kI32;
  const uint32_t local = RandomLocal(type, true);
  if (local == kNoFunction) return;
  static constexpr Op kOps[] = {Op::kI32Add, Op::kI32Sub, Op::kI32And,
                                Op::kI32Xor, Op::kI32Shl, Op::kI32ShrU};
  static constexpr Op kWideOps[] = {Op::kI64Add, Op::kI64Sub, Op::kI64And,
                                    Op::kI64Xor, Op::kI64Shl, Op::kI64ShrU};
  const uint32_t which = rng_->Below(6);
  const bool local_first = rng_->Chance(70);
  if (local_first) code_.Get(local);
  ProduceSimple(type);
  if (!local_first) code_.Get(local);
  code_.Op(is_wide ? kWideOps[which] : kOps[which]);
  if (rng_->Chance(70)) {
    code_.Set(local);
    PopTypes(1);
  } else {
    code_.Tee(local);
  }
}

void BodyGenerator::StepSelect() {
  static constexpr ValType kTypes[] = {ValType::kI32,     ValType::kI64,
                                       ValType::kF32,     ValType::kF64,
                                       ValType::kFuncRef, ValType::kExternRef};
  const ValType type = kTypes[rng_->Below(6)];
  if (!TopIs({type})) Produce(type, 1);
  Produce(type, 1);
  ProduceCondition();
  if (IsNum(type) && rng_->Chance(70)) {
    code_.Op(Op::kSelect);
  } else {
    code_.SelectT(type);
  }
  PopTypes(3);
  PushTypes({type});
}

void BodyGenerator::StepGlobalSet() {
  const uint32_t global =
      rng_->Below(static_cast<uint32_t>(plan_->globals.size()));
  if (!plan_->globals[global].is_mutable) return;
  Need({plan_->globals[global].type});
  code_.Op(Op::kGlobalSet, global);
  PopTypes(1);
}

void BodyGenerator::StepStore() {
  if (!plan_->has_memory) return;
  const TypedOp& row = RandomOp(Group::kStore, rng_);
  ProduceAddress(1);
  Produce(row.params[1], 1);
  Mem(row.op);
  PopTypes(2);
}

void BodyGenerator::StepMemoryBulk() {
  if (!plan_->has_memory) return;
  switch (rng_->Below(7)) {
    case 0:
    case 1:
      ProduceAddress(1);
      Produce(ValType::kI32, 1);
      ProduceSmall(300, 1);
      code_.MemoryFill();
      break;
    case 2:
    case 3:
      ProduceAddress(1);
      ProduceAddress(1);
      ProduceSmall(300, 1);
      code_.MemoryCopy();
      break;
    case 4:
      ProduceAddress(1);
      ProduceSmall(8, 1);
      ProduceSmall(plan_->passive_data_size + 1, 1);
      code_.MemoryInit(plan_->passive_data);
      break;
    case 5:
      ProduceSmall(3, 1);
      code_.MemoryGrow();
      PopTypes(1);
      PushTypes({ValType::kI32});
      return;
    default:
      if (rng_->Chance(30)) code_.Op(Op::kDataDrop, plan_->passive_data);
      return;
  }
  PopTypes(3);
}

void BodyGenerator::StepTable() {
  const bool is_func = rng_->Chance(50);
  const uint32_t table = is_func ? plan_->func_table : plan_->extern_table;
  const ValType type = is_func ? ValType::kFuncRef : ValType::kExternRef;
  const uint32_t size =
      is_func ? plan_->func_table_size : plan_->extern_table_size;
  switch (rng_->Below(9)) {
    case 0:
      ProduceSmall(size, 1);
      Produce(type, 1);
      code_.Op(Op::kTableSet, table);
      return PopTypes(2);
    case 1:
      Produce(type, 1);
      ProduceSmall(4, 1);
      code_.Op(Op::kTableGrow, table);
      PopTypes(2);
      return PushTypes({ValType::kI32});
    case 2:
      ProduceSmall(size, 1);
      Produce(type, 1);
      ProduceSmall(4, 1);
      code_.Op(Op::kTableFill, table);
      return PopTypes(3);
    case 3:
      ProduceSmall(size, 1);
      ProduceSmall(size, 1);
      ProduceSmall(4, 1);
      // The library's table holds funcrefs, too.
      code_.Op(Op::kTableCopy, is_func && rng_->Chance(30) ? 0 : table, table);
      return PopTypes(3);
    case 4:
      ProduceSmall(plan_->func_table_size, 1);
      ProduceSmall(3, 1);
      ProduceSmall(plan_->passive_element_count + 1, 1);
      code_.Op(Op::kTableInit, plan_->passive_elements, plan_->func_table);
      return PopTypes(3);
    case 5:
      if (rng_->Chance(30)) code_.Op(Op::kElemDrop, plan_->passive_elements);
      return;
    case 6:
      code_.Op(Op::kTableSize, table);
      return PushTypes({ValType::kI32});
    case 7:
      Produce(type, 1);
      code_.Op(Op::kRefIsNull);
      PopTypes(1);
      return PushTypes({ValType::kI32});
    default:
      ProduceSmall(size, 1);
      code_.Op(Op::kTableGet, table);
      PopTypes(1);
      return PushTypes({type});
  }
}

void BodyGenerator::ChooseBlockType(Types* params, Types* results,
                                    uint32_t* type_index) {
  *type_index = kNoType;
  const uint32_t pick = rng_->Below(3);
  if (pick == 0) return;
  if (pick == 1) {
    static constexpr ValType kTypes[] = {ValType::kI32, ValType::kI64,
                                         ValType::kF32, ValType::kF64};
    results->push_back(kTypes[rng_->Below(4)]);
    return;
  }
  *type_index = rng_->Below(static_cast<uint32_t>(plan_->types.size()));
  *params = plan_->types[*type_index].params;
  *results = plan_->types[*type_index].results;
}

void BodyGenerator::EmitOpening(Op op, const Types& params,
                                const Types& results, uint32_t type_index) {
  if (type_index != kNoType) {
    if (op == Op::kBlock) code_.BlockType(type_index);
    if (op == Op::kLoop) code_.LoopType(type_index);
    if (op == Op::kIf) code_.IfType(type_index);
  } else if (results.empty()) {
    if (op == Op::kBlock) code_.Block();
    if (op == Op::kLoop) code_.Loop();
    if (op == Op::kIf) code_.If();
  } else {
    if (op == Op::kBlock) code_.Block(results[0]);
    if (op == Op::kLoop) code_.Loop(results[0]);
    if (op == Op::kIf) code_.If(results[0]);
  }
  PushFrame(op == Op::kLoop ? params : results, results, params.size(),
            op == Op::kLoop);
}

void BodyGenerator::StepBlock() {
  if (frames_.size() >= kFramesMax) return;
  Types params, results;
  uint32_t type_index;
  ChooseBlockType(&params, &results, &type_index);
  Need(params);
  EmitOpening(Op::kBlock, params, results, type_index);
  Steps(1 + rng_->Below(8));
  Coerce();
  code_.End();
  PopFrame();
}

void BodyGenerator::StepLoop() {
  if (frames_.size() >= kFramesMax) return;
  Types params, results;
  uint32_t type_index;
  ChooseBlockType(&params, &results, &type_index);
  Need(params);
  const uint32_t counter = NewCounter();
  code_.I32(static_cast<int32_t>(1 + rng_->Below(5))).Set(counter);
  EmitOpening(Op::kLoop, params, results, type_index);
  Steps(1 + rng_->Below(8));
  if (!frame().is_dead) {
    Need(params);
    code_.Get(counter).I32(1).Op(Op::kI32Sub).Tee(counter).BrIf(0);
  }
  Coerce();
  code_.End();
  PopFrame();
}

void BodyGenerator::StepIf() {
  if (frames_.size() >= kFramesMax) return;
  Types params, results;
  uint32_t type_index;
  ChooseBlockType(&params, &results, &type_index);
  Need(params);
  ProduceCondition();
  PopTypes(1);
  EmitOpening(Op::kIf, params, results, type_index);
  Steps(1 + rng_->Below(6));
  Coerce();
  if (params != results || rng_->Chance(50)) {
    code_.Else();
    frame().is_dead = false;
    stack_.resize(frame().height);
    PushTypes(params);
    Steps(rng_->Below(6));
    Coerce();
  }
  code_.End();
  PopFrame();
}

uint32_t BodyGenerator::RandomLabel() {
  const uint32_t count = static_cast<uint32_t>(frames_.size());
  uint32_t label = rng_->Below(count);
  // Branches back are rare: only a loop's own counter bounds it.
  while (frames_[count - 1 - label].is_loop && !rng_->Chance(10)) {
    label = rng_->Below(count);
  }
  return label;
}

void BodyGenerator::StepBranch() {
  const uint32_t label = RandomLabel();
  Need(frames_[frames_.size() - 1 - label].label);
  code_.Br(label);
  MarkDead();
}

void BodyGenerator::StepBranchIf() {
  const uint32_t label = RandomLabel();
  const Types types = frames_[frames_.size() - 1 - label].label;
  Need(types);
  ProduceCondition();
  code_.BrIf(label);
  PopTypes(1 + types.size());
  PushTypes(types);
}

void BodyGenerator::StepBranchTable() {
  const uint32_t count = static_cast<uint32_t>(frames_.size());
  const uint32_t fallback = RandomLabel();
  const Types types = frames_[count - 1 - fallback].label;
  std::vector<uint32_t> labels;
  const uint32_t wanted = rng_->Chance(10) ? 40 : rng_->Below(6);
  for (uint32_t i = 0; i < wanted; ++i) {
    const uint32_t label = RandomLabel();
    if (frames_[count - 1 - label].label == types) labels.push_back(label);
  }
  Need(types);
  ProduceSmall(static_cast<uint32_t>(labels.size()) + 2, 1);
  code_.BrTable(labels, fallback);
  MarkDead();
}

void BodyGenerator::StepTerminal() {
  if (rng_->Chance(10)) {
    code_.Op(Op::kUnreachable);
  } else {
    Need(type().results);
    code_.Return();
  }
  MarkDead();
}

bool BodyGenerator::FindCallee(bool is_tail, uint32_t* function) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    const uint32_t f =
        rng_->Below(static_cast<uint32_t>(plan_->functions.size()));
    const PlannedFunction& callee = plan_->functions[f];
    if (!callee.is_import && f <= function_ && !plan_->may_recurse) continue;
    if (is_tail && plan_->types[callee.type].results != type().results) {
      continue;
    }
    *function = f;
    return true;
  }
  return false;
}

void BodyGenerator::StepCall(bool is_tail) {
  uint32_t function;
  if (!FindCallee(is_tail, &function)) return;
  const PlannedType& callee = plan_->types[plan_->functions[function].type];
  Need(callee.params);
  if (is_tail) {
    code_.ReturnCall(function);
    return MarkDead();
  }
  code_.Call(function);
  PopTypes(callee.params.size());
  PushTypes(callee.results);
}

void BodyGenerator::StepCallIndirect(bool is_tail) {
  uint32_t slot = rng_->Below(plan_->func_table_size);
  const uint32_t function = plan_->slots[slot];
  uint32_t type_index = rng_->Below(static_cast<uint32_t>(plan_->types.size()));
  if (function != kNoFunction && !rng_->Chance(3)) {
    const bool goes_up =
        plan_->functions[function].is_import || function > function_;
    if (!goes_up && !plan_->may_recurse) return;
    type_index = plan_->functions[function].type;
  } else if (!rng_->Chance(20)) {
    return;
  }
  const PlannedType& callee = plan_->types[type_index];
  if (is_tail && callee.results != type().results) return;
  Need(callee.params);
  if (rng_->Chance(90)) {
    code_.I32(static_cast<int32_t>(slot));
    PushTypes({ValType::kI32});
  } else {
    ProduceSmall(plan_->func_table_size, 1);
  }
  PopTypes(1);
  if (is_tail) {
    code_.ReturnCallIndirect(type_index, plan_->func_table);
    return MarkDead();
  }
  code_.CallIndirect(type_index, plan_->func_table);
  PopTypes(callee.params.size());
  PushTypes(callee.results);
}

void BodyGenerator::Produce(ValType type, int depth) {
  if (!IsNum(type)) return ProduceReference(type);
  const uint32_t pick = rng_->Below(100);
  if (depth >= kDepthMax || budget_ == 0) {
    if (pick < 50 && ProduceLocal(type)) return;
    return ProduceConst(type);
  }
  if (pick < 35 && ProduceLocal(type)) return;
  if (pick < 42 && ProduceGlobal(type)) return;
  if (pick < 55) return ProduceConst(type);
  if (pick < 85) return ProduceNumeric(type, depth);
  if (pick < 93 && plan_->has_memory) return ProduceLoad(type, depth);
  if (pick < 96) return ProduceBlock(type, depth);
  if (type == ValType::kI32 && plan_->has_memory) {
    code_.Op(Op::kMemorySize, 0);
    return PushTypes({type});
  }
  ProduceConst(type);
}

void BodyGenerator::ProduceConst(ValType type) {
  const uint64_t value = InterestingValue(type, rng_);
  switch (type) {
    case ValType::kI32:
      code_.I32(static_cast<int32_t>(value));
      break;
    case ValType::kI64:
      code_.I64(static_cast<int64_t>(value));
      break;
    case ValType::kF32:
      code_.F32(static_cast<uint32_t>(value));
      break;
    default:
      code_.F64(value);
      break;
  }
  PushTypes({type});
}

bool BodyGenerator::ProduceLocal(ValType type) {
  const uint32_t local = RandomLocal(type, false);
  if (local == kNoFunction) return false;
  code_.Get(local);
  PushTypes({type});
  return true;
}

bool BodyGenerator::ProduceGlobal(ValType type) {
  const uint32_t global =
      rng_->Below(static_cast<uint32_t>(plan_->globals.size()));
  if (plan_->globals[global].type != type) return false;
  code_.Op(Op::kGlobalGet, global);
  PushTypes({type});
  return true;
}

void BodyGenerator::ProduceNumeric(ValType type, int depth) {
  for (;;) {
    const TypedOp& row = RandomOp(Group::kNumeric, rng_);
    if (row.result != type) continue;
    if (IsTrappingTruncation(row.op) && rng_->Chance(95)) continue;
    for (ValType param : row.params) Produce(param, depth + 1);
    Tame(row.op);
    code_.Op(row.op);
    PopTypes(row.params.size());
    return PushTypes({type});
  }
}

void BodyGenerator::ProduceLoad(ValType type, int depth) {
  for (;;) {
    const TypedOp& row = RandomOp(Group::kLoad, rng_);
    if (row.result != type) continue;
    ProduceAddress(depth + 1);
    Mem(row.op);
    PopTypes(1);
    return PushTypes({type});
  }
}

void BodyGenerator::ProduceBlock(ValType type, int depth) {
  if (frames_.size() >= kFramesMax) return ProduceConst(type);
  if (rng_->Chance(50)) {
    EmitOpening(Op::kBlock, {}, {type}, kNoType);
    Produce(type, depth + 1);
    if (rng_->Chance(60)) {
      ProduceCondition();
      code_.BrIf(0);
      PopTypes(1);
    }
  } else {
    ProduceCondition();
    PopTypes(1);
    EmitOpening(Op::kIf, {}, {type}, kNoType);
    Produce(type, depth + 1);
    Coerce();
    code_.Else();
    stack_.resize(frame().height);
    Produce(type, depth + 1);
  }
  Coerce();
  code_.End();
  PopFrame();
}

void BodyGenerator::ProduceReference(ValType type) {
  const bool is_func = type == ValType::kFuncRef;
  const uint32_t pick = rng_->Below(100);
  if (pick < 40 && ProduceLocal(type)) return;
  if (pick < 70 && is_func) {
    code_.Op(Op::kRefFunc,
             rng_->Below(static_cast<uint32_t>(plan_->functions.size())));
  } else if (pick < 80) {
    code_.I32(0).Op(Op::kTableGet,
                    is_func ? plan_->func_table : plan_->extern_table);
  } else {
    code_.RefNull(type);
  }
  PushTypes({type});
}

void BodyGenerator::ProduceAddress(int depth) {
  if (rng_->Chance(40)) {
    code_.I32(static_cast<int32_t>(rng_->Below(400)));
    return PushTypes({ValType::kI32});
  }
  Produce(ValType::kI32, depth);
  if (rng_->Chance(97)) code_.I32(kAddressMask).Op(Op::kI32And);
}

void BodyGenerator::ProduceSimple(ValType type) {
  if (!rng_->Chance(50) || !ProduceLocal(type)) Produce(type, kDepthMax);
}

void BodyGenerator::ProduceCondition() {
  const uint32_t pick = rng_->Below(100);
  if (pick < 25) return Produce(ValType::kI32, 1);
  if (pick < 35) {
    ProduceSimple(ValType::kI32);
    ProduceSimple(ValType::kI32);
    code_.Op(Op::kI32And);
    return PopTypes(1);
  }
  const bool is_wide = pick >= 75;
  const ValType type = is_wide ? ValType::kI64 : ValType::kI32;
  if (rng_->Chance(15)) {
    Produce(type, 2);
    code_.Op(is_wide ? Op::kI64Eqz : Op::kI32Eqz);
    PopTypes(1);
  } else {
    rng_->Chance(30) ? Produce(type, 2) : ProduceSimple(type);
    rng_->Chance(15) ? Produce(type, 2) : ProduceSimple(type);
    const Op first = is_wide ? Op::kI64Eq : Op::kI32Eq;
    code_.Op(static_cast<Op>(static_cast<uint32_t>(first) + rng_->Below(10)));
    PopTypes(2);
  }
  PushTypes({ValType::kI32});
  if (rng_->Chance(15)) code_.Op(Op::kI32Eqz);
}

void BodyGenerator::ProduceSmall(uint32_t below, int depth) {
  const uint32_t pick = rng_->Below(100);
  if (pick < 85) {
    code_.I32(static_cast<int32_t>(rng_->Below(below + (pick < 5))));
    return PushTypes({ValType::kI32});
  }
  Produce(ValType::kI32, depth);
  if (pick < 98) {
    code_.I32(static_cast<int32_t>(std::max(below, 1u))).Op(Op::kI32RemU);
  }
}

void BodyGenerator::Tame(Op op) {
  if (!IsIntegerDivision(op) || rng_->Chance(3)) return;
  if (op <= Op::kI32RemU) {
    code_.I32(1).Op(Op::kI32Or);
  } else {
    code_.I64(1).Op(Op::kI64Or);
  }
}

void BodyGenerator::Need(const Types& types) {
  // In dead code any operand is there already; a typed one is wanted below.
  if (frame().is_dead && stack_.size() == frame().height && rng_->Chance(30)) {
    return PushTypes(types);
  }
  if (TopIs(types) && rng_->Chance(80)) return;
  for (ValType type : types) Produce(type, 1);
}

void BodyGenerator::Coerce() {
  const Frame f = frame();
  size_t kept = 0;
  if (!f.is_dead) {
    while (kept < f.results.size() && f.height + kept < stack_.size() &&
           stack_[f.height + kept] == f.results[kept]) {
      ++kept;
    }
  }
  while (stack_.size() > f.height + kept) {
    const uint32_t local = RandomLocal(stack_.back(), true);
    if (local != kNoFunction && rng_->Chance(50)) {
      code_.Set(local);
    } else {
      code_.Op(Op::kDrop);
    }
    PopTypes(1);
  }
  if (f.is_dead && rng_->Chance(50)) return PushTypes(f.results);
  for (; kept < f.results.size(); ++kept) {
    const ValType type = f.results[kept];
    Produce(type, kDepthMax - 1);
  }
}

void BodyGenerator::PushFrame(Types label, Types results, size_t params,
                              bool is_loop) {
  Frame f;
  f.label = std::move(label);
  f.results = std::move(results);
  f.height = stack_.size() - params;
  f.is_loop = is_loop;
  frames_.push_back(std::move(f));
}

void BodyGenerator::PopFrame() {
  const Frame f = std::move(frames_.back());
  frames_.pop_back();
  stack_.resize(f.height);
  PushTypes(f.results);
}

void BodyGenerator::MarkDead() {
  frame().is_dead = true;
  stack_.resize(frame().height);
}

void BodyGenerator::PopTypes(size_t count) {
  for (; count > 0 && stack_.size() > frame().height; --count) {
    stack_.pop_back();
  }
}

void BodyGenerator::PushTypes(const Types& types) {
  stack_.insert(stack_.end(), types.begin(), types.end());
}

bool BodyGenerator::TopIs(const Types& types) const {
  const size_t available = stack_.size() - frames_.back().height;
  return available >= types.size() &&
         std::equal(types.rbegin(), types.rend(), stack_.rbegin());
}

uint32_t BodyGenerator::RandomLocal(ValType type, bool is_written) {
  if (locals_.empty()) return kNoFunction;
  const uint32_t count = static_cast<uint32_t>(locals_.size());
  const uint32_t first = rng_->Below(count);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t local = (first + i) % count;
    if (locals_[local] == type && !(is_written && is_reserved_[local])) {
      return local;
    }
  }
  return kNoFunction;
}

uint32_t BodyGenerator::NewCounter() {
  locals_.push_back(ValType::kI32);
  is_reserved_.push_back(true);
  return static_cast<uint32_t>(locals_.size() - 1);
}

}  // namespace ashlar::testing
