#include "engine/compile/body_validator.h"

#include "engine/compile/validator.h"

namespace ashlar::compile {

bool Validator::Pop(uint8_t wanted, uint8_t* found) {
  const Frame& frame = frames_.back();
  uint8_t type = kUnknown;
  if (stack_.size() > frame.height) {
    type = stack_.back();
    stack_.pop_back();
  } else if (!frame.unreachable) {
    return Fail(ViolationCode::kTypeMismatch,
                "operand expected, but the stack is empty");
  }
  if (wanted != kUnknown && type != kUnknown && type != wanted) {
    return Mismatch(wanted, type);
  }
  if (found != nullptr) *found = type;
  return true;
}

bool Validator::PopAll(Types types) {
  for (size_t i = types.size(); i-- > 0;) {
    if (!Pop(types[i])) return false;
  }
  return true;
}

void Validator::PushFrame(Opcode opcode, Types params, Types results) {
  frames_.push_back({opcode, params, results, stack_.size(), false});
  PushAll(params);
}

bool Validator::PopFrame() {
  if (!PopAll(frames_.back().results)) return false;
  if (stack_.size() != frames_.back().height) {
    return Fail(ViolationCode::kTypeMismatch,
                "values remain on the stack at the end of the block");
  }
  frames_.pop_back();
  return true;
}

bool Validator::Label(uint32_t depth, Types* types) {
  if (depth < frames_.size()) {
    *types = frames_[frames_.size() - 1 - depth].label_types();
    return true;
  }
  // frames_[0] stands for outer_[outer_depth_].
  const uint64_t further = uint64_t{depth} - frames_.size() + 1;
  if (outer_ == nullptr || further > outer_depth_) {
    return Fail(ViolationCode::kUnknownLabel, absl::StrCat(depth));
  }
  const struct Control& c = outer_[outer_depth_ - further];
  *types = {c.label_types(), c.arity()};
  return true;
}

bool Validator::BlockTypes(int64_t value, Types* params, Types* results) {
  *params = {};
  *results = {};
  // The shorthands are bytes (5.3.8 s33 is for indices): no longer form.
  constexpr int kShorthandBytes = 2;  // with the opcode
  if (value < 0 && reader_.pos() - at_ != kShorthandBytes) {
    return Fail(ViolationCode::kIntegerRepresentationTooLong);
  }
  if (value == wasm::kEmptyBlockType) return true;
  if (value < 0) {
    const auto type = static_cast<uint8_t>(wasm::BlockValType(value));
    if (!IsTypeEnabled(type, options_.features)) {
      return Fail(ViolationCode::kUnsupportedFeature, "block type");
    }
    *results = {&kTypeBytes[type], 1};
    return true;
  }
  if (!options_.features.Has(Feature::kMultiValue)) {
    return Fail(ViolationCode::kUnsupportedFeature, "multi-value");
  }
  if (static_cast<uint64_t>(value) >= module_.types.size()) {
    return Fail(ViolationCode::kUnknownType, absl::StrCat(value));
  }
  const wasm::FuncType& type = module_.types[static_cast<size_t>(value)];
  *params = Bytes(type.params());
  *results = Bytes(type.results());
  return true;
}

bool Validator::DeclareLocals() {
  at_ = reader_.pos();
  own_locals_.Begin(type_);
  uint64_t declared = 0;
  const uint32_t groups = reader_.U32();
  for (uint32_t g = 0; g < groups && reader_.ok(); ++g) {
    at_ = reader_.pos();
    const uint32_t count = reader_.U32();
    const uint8_t* type_at = reader_.pos();
    const uint8_t type = reader_.Byte();
    if (!reader_.ok()) break;
    if (!wasm::IsValType(type)) {
      at_ = type_at;
      return Fail(type < 0x80 ? ViolationCode::kMalformedValueType
                              : ViolationCode::kIntegerRepresentationTooLong);
    }
    if (!IsTypeEnabled(type, options_.features)) {
      return Fail(ViolationCode::kUnsupportedFeature, "type of a local");
    }
    declared += count;
    if (declared > UINT32_MAX) return Fail(ViolationCode::kTooManyLocals);
    if (declared > options_.limits->function_locals_max) continue;
    own_locals_.Add(count, type);
  }
  if (!reader_.ok()) {
    at_ = reader_.error_at();
    return Fail(reader_.error());
  }
  if (declared > options_.limits->function_locals_max) {
    return Fail(ViolationCode::kLimitLocals, absl::StrCat(declared));
  }
  return true;
}

bool Validator::Next() {
  at_ = reader_.pos();
  wasm::Instruction i;
  if (!wasm::ReadInstruction(&reader_, &i)) {
    at_ = reader_.error_at();
    return Fail(reader_.error());
  }
  const wasm::OpcodeInfo& info = wasm::InfoOf(i.opcode);
  if (!options_.features.Has(info.feature)) {
    return Fail(
        ViolationCode::kUnsupportedFeature,
        absl::StrCat(wasm::FeatureName(info.feature), " (", info.text, ")"));
  }
  // Dead code too: a call can push many values for two bytes.
  if (stack_.size() > options_.limits->frame_slots_max) {
    return Fail(ViolationCode::kLimitFrameSlots, absl::StrCat(stack_.size()));
  }
  return Step(i);
}

bool Validator::Step(const wasm::Instruction& i) {
  const wasm::OpcodeInfo& info = wasm::InfoOf(i.opcode);
  if (i.opcode >= Opcode::kUnreachable && i.opcode <= Opcode::kBrTable) {
    return Control(i);
  }
  if (i.opcode >= Opcode::kReturn && i.opcode <= Opcode::kReturnCallIndirect) {
    return Calls(i);
  }
  if (i.opcode >= Opcode::kDrop && i.opcode <= Opcode::kRefFunc) {
    return Variables(i);
  }
  if (wasm::IsMemArg(info.immediate) && !MemArg(i, info)) return false;
  if (i.opcode >= Opcode::kMemorySize && i.opcode <= Opcode::kTableFill &&
      !Bulk(i)) {
    return false;
  }
  if (!info.is_typed) return Tables(i);
  if (!PopAll(Bytes(info.params()))) return false;
  PushAll(Bytes(info.results()));
  return true;
}

bool Validator::Control(const wasm::Instruction& i) {
  Types params;
  Types results;
  switch (i.opcode) {
    case Opcode::kUnreachable:
      Unreachable();
      return true;
    case Opcode::kNop:
      return true;
    case Opcode::kIf:
      if (!Pop(kI32)) return false;
      [[fallthrough]];
    case Opcode::kBlock:
    case Opcode::kLoop:
      if (!BlockTypes(i.value, &params, &results) || !PopAll(params)) {
        return false;
      }
      if (outer_depth_ + frames_.size() > options_.limits->nesting_max) {
        return Fail(ViolationCode::kLimitNesting);
      }
      PushFrame(i.opcode, params, results);
      return true;
    case Opcode::kElse: {
      if (frames_.back().opcode != Opcode::kIf) {
        return Fail(ViolationCode::kMisplacedElse);
      }
      const Frame frame = frames_.back();
      if (!PopFrame()) return false;
      PushFrame(Opcode::kElse, frame.params, frame.results);
      return true;
    }
    case Opcode::kEnd: {
      const Frame frame = frames_.back();
      if (!PopFrame()) return false;
      if (frame.opcode == Opcode::kIf && frame.params != frame.results) {
        return Fail(ViolationCode::kTypeMismatch,
                    "if without else must have equal parameters and results");
      }
      PushAll(frame.results);
      return true;
    }
    case Opcode::kBr:
      if (!Label(i.index, &params) || !PopAll(params)) return false;
      Unreachable();
      return true;
    case Opcode::kBrIf:
      if (!Pop(kI32) || !Label(i.index, &params) || !PopAll(params)) {
        return false;
      }
      PushAll(params);
      return true;
    default:
      return BranchTable(i);
  }
}

bool Validator::BranchTable(const wasm::Instruction& i) {
  if (i.index > options_.limits->br_table_targets_max) {
    return Fail(ViolationCode::kLimitBranchTableTargets, absl::StrCat(i.index));
  }
  Types last;
  if (!Pop(kI32) || !Label(i.index2, &last)) return false;
  wasm::Reader labels(i.vector, reader_.pos());
  std::vector<uint8_t> popped(last.size());
  for (uint32_t n = 0; n < i.index; ++n) {
    Types types;
    if (!Label(labels.U32(), &types)) return false;
    if (types.size() != last.size()) {
      return Fail(ViolationCode::kTypeMismatch,
                  "labels of br_table differ in arity");
    }
    for (size_t k = types.size(); k-- > 0;) {
      if (!Pop(types[k], &popped[k])) return false;
    }
    for (uint8_t t : popped) Push(t);
  }
  if (!PopAll(last)) return false;
  Unreachable();
  return true;
}

bool Validator::Calls(const wasm::Instruction& i) {
  if (i.opcode == Opcode::kReturn) {
    if (!PopAll(Bytes(type_.results()))) return false;
    Unreachable();
    return true;
  }
  const wasm::FuncType* callee = nullptr;
  if (i.opcode == Opcode::kCall || i.opcode == Opcode::kReturnCall) {
    if (i.index >= module_.functions.size()) {
      return Fail(ViolationCode::kUnknownFunction, absl::StrCat(i.index));
    }
    callee = &module_.func_type(i.index);
  } else {
    uint8_t element;
    if (!Table(i.index2, &element)) return false;
    if (element != kFuncRef) return Mismatch(kFuncRef, element);
    if (i.index >= module_.types.size()) {
      return Fail(ViolationCode::kUnknownType, absl::StrCat(i.index));
    }
    callee = &module_.types[i.index];
    if (!Pop(kI32)) return false;
  }
  if (!PopAll(Bytes(callee->params()))) return false;
  if (i.opcode == Opcode::kCall || i.opcode == Opcode::kCallIndirect) {
    PushAll(Bytes(callee->results()));
    return true;
  }
  if (callee->results() != type_.results()) {
    return Fail(ViolationCode::kTypeMismatch,
                "results of a tail call differ from the function's");
  }
  Unreachable();
  return true;
}

bool Validator::Body() {
  if (!DeclareLocals()) return false;
  frames_.push_back({Opcode::kBlock, {}, Bytes(type_.results()), 0, false});
  while (!frames_.empty()) {
    if (!Next()) return false;
  }
  at_ = reader_.pos();
  if (reader_.remaining() != 0) return Fail(ViolationCode::kEndExpected);
  const uint64_t slots = uint64_t{own_locals_.count()} + 2 + highest_;
  if (slots > options_.limits->frame_slots_max) {
    return Fail(ViolationCode::kLimitFrameSlots, absl::StrCat(slots));
  }
  return true;
}

const uint8_t* Validator::DeadBlock() {
  for (;;) {
    const uint8_t* at = reader_.pos();
    const uint8_t next = reader_.Peek();
    if (frames_.size() == 1 && (next == 0x0b || next == 0x05)) {
      // The block's results, from a polymorphic stack.
      return PopFrame() ? at : nullptr;
    }
    if (!Next()) return nullptr;
  }
}

}  // namespace ashlar::compile
