#include "engine/compile/validator.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/wasm/instruction.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/reader.h"

namespace ashlar::compile {
namespace {

using wasm::Feature;
using wasm::Opcode;
using wasm::ViolationCode;

using Types = absl::Span<const uint8_t>;

constexpr uint8_t kUnknown = 0;  // the type of an operand of dead code
constexpr uint8_t kI32 = 0x7f;
constexpr uint8_t kFuncRef = 0x70;

Types Bytes(absl::Span<const wasm::ValType> types) {
  return {reinterpret_cast<const uint8_t*>(types.data()), types.size()};
}

class Validator {
 public:
  Validator(const wasm::Module& module, const Options& options,
            const wasm::FuncType& type, const uint8_t* begin,
            const uint8_t* end)
      : module_(module), options_(options), type_(type), reader_(begin, end) {}

  // The labels around dead code: controls[0 .. depth].
  void SetOuter(const struct Control* controls, uint32_t depth) {
    outer_ = controls;
    outer_depth_ = depth;
    const struct Control& own = controls[depth];
    frames_.push_back(
        {own.kind == compile::Control::kLoop ? Opcode::kLoop : Opcode::kBlock,
         {own.params, own.param_count},
         {own.results, own.result_count},
         0,
         true});
  }

  bool Body();
  const uint8_t* DeadBlock();

  // Borrowed, not copied: a body may have many dead places.
  void SetLocals(const Local* locals, uint32_t count) {
    outer_locals_ = locals;
    local_count_ = count;
  }
  ViolationCode error() const { return error_; }
  const uint8_t* error_at() const { return error_at_; }
  const std::string& detail() const { return detail_; }

 private:
  struct Frame {
    Opcode opcode;
    Types params;
    Types results;
    size_t height;
    bool unreachable;
    Types label_types() const {
      return opcode == Opcode::kLoop ? params : results;
    }
  };

  bool Fail(ViolationCode code, std::string detail = {}) {
    if (error_ == ViolationCode::kCount) {
      error_ = code;
      error_at_ = at_;
      detail_ = std::move(detail);
    }
    return false;
  }
  bool Mismatch(uint8_t wanted, uint8_t found) {
    return Fail(
        ViolationCode::kTypeMismatch,
        absl::StrCat(
            "expected ", wasm::ValTypeName(static_cast<wasm::ValType>(wanted)),
            ", found ", wasm::ValTypeName(static_cast<wasm::ValType>(found))));
  }

  bool Locals();
  void Push(uint8_t type) {
    stack_.push_back(type);
    highest_ = std::max(highest_, stack_.size());
  }
  void PushAll(Types types) {
    for (uint8_t t : types) Push(t);
  }
  bool Pop(uint8_t wanted, uint8_t* found = nullptr);
  bool PopAll(Types types);
  void PushFrame(Opcode opcode, Types params, Types results);
  bool PopFrame();
  void Unreachable() {
    stack_.resize(frames_.back().height);
    frames_.back().unreachable = true;
  }
  bool Label(uint32_t depth, Types* types);
  bool BlockTypes(int64_t value, Types* params, Types* results);
  bool Next();
  bool Step(const wasm::Instruction& i);
  bool Control(const wasm::Instruction& i);
  bool Calls(const wasm::Instruction& i);
  bool BranchTable(const wasm::Instruction& i);
  bool Variables(const wasm::Instruction& i);
  bool Select(const wasm::Instruction& i);
  bool Bulk(const wasm::Instruction& i);
  bool Tables(const wasm::Instruction& i);
  bool Table(uint32_t index, uint8_t* type);
  bool MemArg(const wasm::Instruction& i, const wasm::OpcodeInfo& info);
  bool HasMemory() {
    return !module_.memories.empty() ||
           Fail(ViolationCode::kUnknownMemory, "0");
  }

  const wasm::Module& module_;
  const Options& options_;
  const wasm::FuncType& type_;
  wasm::Reader reader_;
  const struct Control* outer_ = nullptr;
  uint32_t outer_depth_ = 0;
  uint8_t LocalType(uint32_t index) const {
    return outer_locals_ != nullptr
               ? static_cast<uint8_t>(outer_locals_[index].type)
               : locals_[index];
  }

  const Local* outer_locals_ = nullptr;
  uint32_t local_count_ = 0;
  std::vector<uint8_t> locals_;
  std::vector<uint8_t> stack_;
  std::vector<Frame> frames_;
  size_t highest_ = 0;
  const uint8_t* at_ = nullptr;
  ViolationCode error_ = ViolationCode::kCount;
  const uint8_t* error_at_ = nullptr;
  std::string detail_;
};

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

bool Validator::Locals() {
  at_ = reader_.pos();
  locals_.assign(Bytes(type_.params()).begin(), Bytes(type_.params()).end());
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
    locals_.insert(locals_.end(), count, type);
  }
  if (!reader_.ok()) {
    at_ = reader_.error_at();
    return Fail(reader_.error());
  }
  if (declared > options_.limits->function_locals_max) {
    return Fail(ViolationCode::kLimitLocals, absl::StrCat(declared));
  }
  local_count_ = static_cast<uint32_t>(locals_.size());
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

bool Validator::MemArg(const wasm::Instruction& i,
                       const wasm::OpcodeInfo& info) {
  if (!HasMemory()) return false;
  if (i.index > info.align_max()) {
    return Fail(ViolationCode::kInvalidAlignment);
  }
  return true;
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

bool Validator::Select(const wasm::Instruction& i) {
  if (i.opcode == Opcode::kSelectT) {
    if (i.index != 1) return Fail(ViolationCode::kInvalidResultArity);
    const uint8_t type = *i.vector;
    if (!IsTypeEnabled(type, options_.features)) {
      return Fail(ViolationCode::kUnsupportedFeature, "type of select");
    }
    if (!Pop(kI32) || !Pop(type) || !Pop(type)) return false;
    Push(type);
    return true;
  }
  uint8_t x;
  uint8_t y;
  if (!Pop(kI32) || !Pop(kUnknown, &y) || !Pop(kUnknown, &x)) return false;
  if (wasm::IsRefType(x) || wasm::IsRefType(y)) {
    return Fail(ViolationCode::kTypeMismatch,
                "select of references must name its type");
  }
  if (x != y && x != kUnknown && y != kUnknown) return Mismatch(x, y);
  Push(x == kUnknown ? y : x);
  return true;
}

bool Validator::Variables(const wasm::Instruction& i) {
  uint8_t type = kUnknown;
  switch (i.opcode) {
    case Opcode::kDrop:
      return Pop(kUnknown);
    case Opcode::kSelect:
    case Opcode::kSelectT:
      return Select(i);
    case Opcode::kLocalGet:
    case Opcode::kLocalSet:
    case Opcode::kLocalTee:
      if (i.index >= local_count_) {
        return Fail(ViolationCode::kUnknownLocal, absl::StrCat(i.index));
      }
      type = LocalType(i.index);
      if (i.opcode != Opcode::kLocalGet && !Pop(type)) return false;
      if (i.opcode != Opcode::kLocalSet) Push(type);
      return true;
    case Opcode::kGlobalGet:
    case Opcode::kGlobalSet: {
      if (i.index >= module_.globals.size()) {
        return Fail(ViolationCode::kUnknownGlobal, absl::StrCat(i.index));
      }
      const wasm::GlobalType& global = module_.globals[i.index].type;
      type = static_cast<uint8_t>(global.type);
      if (i.opcode == Opcode::kGlobalGet) {
        Push(type);
        return true;
      }
      if (!global.is_mutable) return Fail(ViolationCode::kImmutableGlobal);
      return Pop(type);
    }
    case Opcode::kTableGet:
    case Opcode::kTableSet:
      if (!Table(i.index, &type)) return false;
      if (i.opcode == Opcode::kTableSet) return Pop(type) && Pop(kI32);
      if (!Pop(kI32)) return false;
      Push(type);
      return true;
    case Opcode::kRefNull:
      Push(static_cast<uint8_t>(i.index));
      return true;
    case Opcode::kRefIsNull:
      if (!Pop(kUnknown, &type)) return false;
      if (type != kUnknown && !wasm::IsRefType(type)) {
        return Fail(ViolationCode::kTypeMismatch, "expected a reference");
      }
      Push(kI32);
      return true;
    default:  // kRefFunc
      if (i.index >= module_.functions.size()) {
        return Fail(ViolationCode::kUnknownFunction, absl::StrCat(i.index));
      }
      if (i.index >= module_.declared_refs.size() ||
          !module_.declared_refs[i.index]) {
        return Fail(ViolationCode::kUndeclaredFunctionReference);
      }
      Push(kFuncRef);
      return true;
  }
}

bool Validator::Table(uint32_t index, uint8_t* type) {
  if (index >= module_.tables.size()) {
    return Fail(ViolationCode::kUnknownTable, absl::StrCat(index));
  }
  if (index != 0 && !options_.features.Has(Feature::kReferenceTypes)) {
    return Fail(ViolationCode::kUnsupportedFeature, "multiple tables");
  }
  *type = static_cast<uint8_t>(module_.tables[index].element);
  return true;
}

// Indices of memory and table instructions; their operands, where typed, are
// popped by the caller.
bool Validator::Bulk(const wasm::Instruction& i) {
  switch (i.opcode) {
    case Opcode::kDataDrop:
    case Opcode::kMemoryInit:
      if (i.opcode == Opcode::kMemoryInit && !HasMemory()) return false;
      if (!module_.has_data_count) {
        return Fail(ViolationCode::kDataCountRequired);
      }
      return i.index < module_.data_count ||
             Fail(ViolationCode::kUnknownDataSegment, absl::StrCat(i.index));
    case Opcode::kMemorySize:
    case Opcode::kMemoryGrow:
    case Opcode::kMemoryCopy:
    case Opcode::kMemoryFill:
      return HasMemory();
    case Opcode::kElemDrop:
      return i.index < module_.elements.size() ||
             Fail(ViolationCode::kUnknownElemSegment, absl::StrCat(i.index));
    case Opcode::kTableInit: {
      uint8_t type;
      if (!Table(i.index2, &type)) return false;
      if (i.index >= module_.elements.size()) {
        return Fail(ViolationCode::kUnknownElemSegment, absl::StrCat(i.index));
      }
      const auto segment = static_cast<uint8_t>(module_.elements[i.index].type);
      return segment == type || Mismatch(type, segment);
    }
    case Opcode::kTableCopy: {
      uint8_t to;
      uint8_t from;
      if (!Table(i.index, &to) || !Table(i.index2, &from)) return false;
      return to == from || Mismatch(to, from);
    }
    default: {
      uint8_t type;
      return Table(i.index, &type);
    }
  }
}

// The ones whose operands depend on the table's type.
bool Validator::Tables(const wasm::Instruction& i) {
  const auto type = static_cast<uint8_t>(module_.tables[i.index].element);
  if (i.opcode == Opcode::kTableFill) {
    return Pop(kI32) && Pop(type) && Pop(kI32);
  }
  if (!Pop(kI32) || !Pop(type)) return false;  // table.grow
  Push(kI32);
  return true;
}

bool Validator::Body() {
  if (!Locals()) return false;
  frames_.push_back({Opcode::kBlock, {}, Bytes(type_.results()), 0, false});
  while (!frames_.empty()) {
    if (!Next()) return false;
  }
  at_ = reader_.pos();
  if (reader_.remaining() != 0) return Fail(ViolationCode::kEndExpected);
  const uint64_t slots = uint64_t{type_.param_count} + 2 +
                         (locals_.size() - type_.param_count) + highest_;
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

}  // namespace

bool IsTypeEnabled(uint8_t type, wasm::Features features) {
  if (type == 0x7d || type == 0x7c) return features.Has(Feature::kFloats);
  if (wasm::IsRefType(type)) return features.Has(Feature::kReferenceTypes);
  return true;
}

const uint8_t* ValidateDeadCode(const Context& context, const uint8_t* ip,
                                const struct Control* controls,
                                uint32_t depth) {
  if (ip > context.end) return nullptr;
  Validator validator(*context.module, *context.options, *context.type, ip,
                      context.end);
  validator.SetOuter(controls, depth);
  validator.SetLocals(context.scratch->locals,
                      context.type->param_count + context.declared_locals);
  return validator.DeadBlock();
}

bool ValidateBody(const wasm::Module& module, const Options& options,
                  uint32_t function, wasm::Violations* violations) {
  const wasm::Body& body = module.bodies[function - module.imported_functions];
  Validator validator(module, options, module.func_type(function), body.begin,
                      body.end);
  if (validator.Body()) return true;
  violations->Add(
      validator.error(), module.offset_of(validator.error_at()),
      absl::StrCat(validator.detail(), validator.detail().empty() ? "" : " ",
                   "(function ", function, ")"));
  return false;
}

}  // namespace ashlar::compile
