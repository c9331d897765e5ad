// Validates one body, or one dead stretch of it, by the spec's algorithm
// (spec 2.0, appendix "Validation Algorithm"). See validator.h.
#ifndef ENGINE_COMPILE_BODY_VALIDATOR_H_
#define ENGINE_COMPILE_BODY_VALIDATOR_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/compile/compile.h"
#include "engine/compile/scratch.h"
#include "engine/wasm/instruction.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/reader.h"
#include "engine/wasm/violation.h"

namespace ashlar::compile {

using wasm::Feature;
using wasm::Opcode;
using wasm::ViolationCode;

using Types = absl::Span<const uint8_t>;

inline constexpr uint8_t kUnknown = 0;  // the type of an operand of dead code
inline constexpr uint8_t kI32 = 0x7f;
inline constexpr uint8_t kFuncRef = 0x70;

inline Types Bytes(absl::Span<const wasm::ValType> types) {
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
  void SetLocals(const Locals* locals) { locals_ = locals; }
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

  bool DeclareLocals();
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
  Locals own_locals_;
  const Locals* locals_ = &own_locals_;
  std::vector<uint8_t> stack_;
  std::vector<Frame> frames_;
  size_t highest_ = 0;
  const uint8_t* at_ = nullptr;
  ViolationCode error_ = ViolationCode::kCount;
  const uint8_t* error_at_ = nullptr;
  std::string detail_;
};

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_BODY_VALIDATOR_H_
