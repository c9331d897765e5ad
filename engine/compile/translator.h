// One function body -> internal code, in one pass: validate, price, emit.
//
// The object lives on the stack of Translate() and all its methods are inlined
// there, so that the compiler keeps its fields in registers: none of them may
// be handed out by address. What is rarely used stands in Context.
//
// A failed check answers false, without a reason: the validator then goes over
// the body again and finds what is wrong and where (validator.h).
#ifndef ENGINE_COMPILE_TRANSLATOR_H_
#define ENGINE_COMPILE_TRANSLATOR_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/compile/compile.h"
#include "engine/compile/leb.h"
#include "engine/compile/scratch.h"
#include "engine/interp/op.h"
#include "engine/wasm/module.h"
#include "engine/wasm/types.h"

namespace ashlar::compile {

#define ASHLAR_LIKELY(x) __builtin_expect(!!(x), 1)
#define ASHLAR_UNLIKELY(x) __builtin_expect(!!(x), 0)

using interp::Op;

// Where an instruction's code begins, for the offsets of backtraces.
struct CodeRecord {
  uint32_t code_offset;  // from the function's first byte of code
  uint32_t wasm_offset;  // from the body's first byte
};

// Per function; cold.
struct Context {
  const wasm::Module* module = nullptr;
  const Options* options = nullptr;
  Scratch* scratch = nullptr;
  const wasm::FuncType* type = nullptr;
  uint32_t function = 0;
  const uint8_t* begin = nullptr;
  const uint8_t* end = nullptr;
  uint8_t* code_base = nullptr;
  // Code of each function as far as it exists: entry, or nullptr.
  const interp::FuncCode* functions = nullptr;
  std::vector<CodeRecord>* records = nullptr;
  // Results.
  const uint8_t* entry = nullptr;
  uint8_t* code_end = nullptr;
  uint32_t declared_locals = 0;
};

// Type bytes of one value each, for block types.
extern const uint8_t kTypeBytes[256];

template <typename T>
ASHLAR_INLINE T Get(const void* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <typename T>
ASHLAR_INLINE void Put(void* p, T v) {
  std::memcpy(p, &v, sizeof v);
}

class Translator {
 public:
  explicit Translator(Context* context);
  template <bool kRecord>
  bool Run(uint8_t* out);

 private:
  // No slot.
  static constexpr int32_t kNone = 0x7fffffff;
  // The slot of a constant: equal to no real one and not kNone.
  static constexpr int32_t kNoSlot = 0x7ffffffe;
  // Scans for pending locals look at so many entries at most.
  static constexpr ptrdiff_t kHazardScanMax = 32;

  // --- cursor (translator.h)
  ASHLAR_INLINE uint32_t U32();
  ASHLAR_INLINE int64_t S32();
  ASHLAR_INLINE int64_t S64();
  ASHLAR_INLINE bool ZeroByte();

  // --- operand stack
  ASHLAR_INLINE bool Need(ptrdiff_t count) const {
    return sp_ - count >= base_;
  }
  ASHLAR_INLINE int32_t Temp(const Entry* e) const {
    return temps_ + static_cast<int32_t>(e - stack_);
  }
  ASHLAR_INLINE void NoteHeight() { max_sp_ = sp_ > max_sp_ ? sp_ : max_sp_; }
  ASHLAR_INLINE void PushSlot(int32_t slot, uint8_t type);
  ASHLAR_INLINE void PushConstant(int64_t value, uint8_t type);
  ASHLAR_INLINE bool PushTypes(const uint8_t* types, uint32_t count);
  ASHLAR_INLINE bool TopIs(const uint8_t* types, uint32_t count) const;

  // --- emission (emit.h)
  ASHLAR_INLINE void SetOp(uint8_t* p, uint32_t op) {
    Put<uint64_t>(p, handlers_[op]);
  }
  ASHLAR_INLINE void EmitCopy(int32_t dst, int32_t src);
  ASHLAR_INLINE void EmitConst(int32_t dst, int64_t value, uint8_t type);
  ASHLAR_INLINE void Materialise(Entry* e, int32_t dst);
  ASHLAR_INLINE void MaterialiseTop(uint32_t count);
  ASHLAR_INLINE void FlushLocals();
  ASHLAR_INLINE void Hazard(uint32_t local, int32_t slot);
  ASHLAR_INLINE void Emitted(uint32_t op, uint8_t* p, int32_t dst);
  ASHLAR_INLINE void ForgetLast();
  ASHLAR_INLINE void AccWritten(int32_t dst);
  ASHLAR_INLINE uint32_t FormOf(const Entry* x, const Entry* y) const;

  // --- charges
  ASHLAR_INLINE void OpenCharge(uint8_t* cost_field) {
    sites_[site_count_++] = {cost_field, cost_};
  }
  ASHLAR_INLINE void CloseCharges();

  // --- branches (branch.h)
  ASHLAR_INLINE bool IsFusable(const Entry* condition) const;
  ASHLAR_INLINE bool TakeOffCompare(const Entry* condition, uint64_t saved[3],
                                    int32_t* acc);
  ASHLAR_INLINE void PutBackCompare(const uint64_t saved[3], int32_t dst);
  ASHLAR_INLINE uint8_t* EmitConditional(Entry* condition, bool inverted);
  ASHLAR_INLINE uint8_t* EmitUnfused(Entry* condition, bool inverted);
  ASHLAR_INLINE void LinkBranch(uint8_t* insn, Control* target);
  ASHLAR_INLINE void LinkRow(uint8_t* row, Control* target);
  ASHLAR_INLINE void BindLabel(Control* c);
  ASHLAR_INLINE void BindElse(Control* c);
  ASHLAR_INLINE void EmitReturn();
  ASHLAR_INLINE void EmitProfileLeave();
  ASHLAR_INLINE void EmitMoveAndBranch(Control* target);

  // --- instructions: false where the body is not valid
  ASHLAR_INLINE bool Prologue();
  ASHLAR_INLINE bool Binary(Descriptor d);
  ASHLAR_INLINE bool Eqz(Descriptor d);
  ASHLAR_INLINE bool Unary(Descriptor d);
  ASHLAR_INLINE bool FloatBinary(Descriptor d);
  ASHLAR_INLINE bool FloatUnary(Descriptor d);
  ASHLAR_INLINE bool LoadOp(Descriptor d);
  ASHLAR_INLINE bool TryFuseLoad(Descriptor d, Entry* x, uint32_t offset);
  ASHLAR_INLINE bool StoreOp(Descriptor d);
  ASHLAR_INLINE bool LocalGet();
  ASHLAR_INLINE bool LocalSet(bool tee);
  ASHLAR_INLINE bool GlobalGet();
  ASHLAR_INLINE bool GlobalSet();
  ASHLAR_INLINE bool Select(bool typed);
  ASHLAR_INLINE bool BlockType(Control* c);
  ASHLAR_INLINE Control* PushControl();
  ASHLAR_INLINE bool EnterBlock(Control::Kind kind);
  ASHLAR_INLINE bool EnterIf();
  ASHLAR_INLINE bool Else();
  ASHLAR_INLINE bool End();
  ASHLAR_INLINE bool EndFunction();
  ASHLAR_INLINE bool FindLabel(Control** out);
  ASHLAR_INLINE bool Branch();
  ASHLAR_INLINE bool BranchIf();
  ASHLAR_INLINE bool BranchTable();
  ASHLAR_INLINE bool Return();
  ASHLAR_INLINE bool CallOp();
  ASHLAR_INLINE bool CallIndirect();
  ASHLAR_INLINE bool ReturnCall();
  ASHLAR_INLINE bool ReturnCallIndirect();
  ASHLAR_INLINE bool IndirectCallee(const wasm::FuncType** type,
                                    uint32_t* table, Entry** index);
  ASHLAR_INLINE void EmitCallTarget(uint8_t* field, uint32_t function);
  ASHLAR_INLINE bool TailResultsMatch(const wasm::FuncType& callee) const;
  ASHLAR_INLINE bool References(Class klass);
  ASHLAR_INLINE bool Memory(Class klass);
  ASHLAR_INLINE bool TableOp(Class klass);
  ASHLAR_INLINE bool TableAccess(Class klass, uint32_t table);
  ASHLAR_INLINE bool TableBulk(Class klass);
  ASHLAR_INLINE bool PopThree(uint8_t first, uint8_t second, uint8_t third);
  ASHLAR_INLINE bool KnownTable(uint32_t index) const;
  ASHLAR_INLINE void MarkDead();
  ASHLAR_INLINE bool SkipDeadCode();
  ASHLAR_INLINE bool Dispatch(Descriptor d);
  ASHLAR_INLINE bool DispatchControl(Descriptor d);
  ASHLAR_INLINE bool DispatchRest(Descriptor d);
  ASHLAR_INLINE bool Finish();

  Context* const c_;
  const uint64_t* const handlers_;
  const DescriptorTable* const table_;
  Entry* const stack_;
  Local* const locals_;
  Site* const sites_;
  Control* const controls_;
  const wasm::Module& module_;

  const uint8_t* ip_;
  const uint8_t* const end_;
  uint8_t* out_ = nullptr;
  Entry* sp_;
  Entry* base_;  // of the innermost block
  Entry* max_sp_;
  Entry* low_;  // no pending local stands below it
  Control* control_;
  uint32_t cost_ = 0;  // running sum of prices
  uint32_t site_count_ = 0;
  uint32_t local_count_ = 0;
  int32_t temps_ = 0;        // slot of the lowest temporary = declared locals
  int32_t result_slot_ = 0;  // slot of the first result = the base
  // The slot whose value acc mirrors, or kNone.
  int32_t acc_ = kNone;
  // The last instruction, if its destination may still be patched: that
  // destination, its operation, its place, what acc mirrored before it.
  int32_t last_dst_ = kNone;
  uint32_t last_op_ = 0;
  uint8_t* last_ = nullptr;
  int32_t acc_before_last_ = kNone;
  // The instruction before it, where the last one read its result from acc.
  uint8_t* before_last_ = nullptr;
  uint32_t before_last_op_ = 0;
  uint8_t* last_copy_ = nullptr;  // a copy that may become a double one
  // Locals (index modulo 64) that some entry still names.
  uint64_t pending_ = 0;
  bool dead_ = false;
  bool done_ = false;
};

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_TRANSLATOR_H_
