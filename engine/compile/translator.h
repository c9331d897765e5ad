// One function body -> internal code, in one pass: validate, price, emit.
//
// Threaded like the interpreter: each opcode leads to a step, which handles its
// class of instructions and goes on with the next one (steps.h). What every
// step changes stands in registers, the rest in State. The rules are methods of
// Translator, inlined into the steps.
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

// A comparison that was taken off the code (branch.h).
struct SavedCompare {
  uint64_t words[3];
  uint32_t op;
  uint32_t size_bytes;
};

// A loop that ends with a branch back which does the work of its head: the
// branch's operation, the head, what follows it in a round, and what a round
// costs.
struct Rounds {
  uint32_t op;
  const uint8_t* head;
  const uint8_t* body;
  uint32_t cost;
};

ASHLAR_INLINE bool IsFloat(uint32_t type) {
  return type == 0x7d || type == 0x7c;
}

class Translator {
 public:
  ASHLAR_INLINE Translator(State* s, const uint8_t* ip, Entry* sp, uint8_t* out,
                           uint32_t cost)
      : s_(s), ip_(ip), sp_(sp), out_(out), cost_(cost) {}

  const uint8_t* ip() const { return ip_; }
  Entry* sp() const { return sp_; }
  uint8_t* out() const { return out_; }
  uint32_t cost() const { return cost_; }

  // Scans for pending locals look at so many entries at most.
  static constexpr ptrdiff_t kHazardScanMax = 32;

  // --- cursor (emit.h)
  template <bool kShort>
  ASHLAR_INLINE bool ReadU32(uint32_t* value);
  ASHLAR_INLINE uint32_t U32();
  template <bool kShort>
  ASHLAR_INLINE bool ReadS32(int64_t* value);
  ASHLAR_INLINE int64_t S64();
  ASHLAR_INLINE const uint8_t* BehindEnd() const;
  ASHLAR_INLINE bool ZeroByte();

  // --- operand stack
  ASHLAR_INLINE bool Need(ptrdiff_t count) const {
    return sp_ - count >= s_->base;
  }
  ASHLAR_INLINE int32_t Temp(const Entry* e) const {
    return static_cast<int32_t>(
        static_cast<uint32_t>(reinterpret_cast<uintptr_t>(e) - s_->origin) /
        sizeof(Entry));
  }
  ASHLAR_INLINE void NoteHeight() {
    if (ASHLAR_UNLIKELY(sp_ > s_->max_sp)) s_->max_sp = sp_;
  }
  ASHLAR_INLINE static void SetSlot(Entry* e, int32_t slot, uint8_t type) {
    Put<uint64_t>(&e->slot, static_cast<uint32_t>(slot) |
                                static_cast<uint64_t>(type) << 32);
  }
  ASHLAR_INLINE void PushSlot(int32_t slot, uint8_t type);
  ASHLAR_INLINE void PushConstant(int64_t value, uint8_t type);
  ASHLAR_INLINE bool PushTypes(const uint8_t* types, uint32_t count);
  ASHLAR_INLINE bool TopIs(const uint8_t* types, uint32_t count) const;

  // --- emission (emit.h)
  ASHLAR_INLINE void SetOp(uint8_t* p, uint32_t op) {
    Put<uint64_t>(p, s_->handlers[op]);
  }
  ASHLAR_INLINE void EmitCopy(int32_t dst, int32_t src);
  ASHLAR_INLINE void EmitConst(int32_t dst, int64_t value, uint8_t type);
  ASHLAR_INLINE void Materialise(Entry* e, int32_t dst);
  ASHLAR_INLINE void MaterialiseTop(uint32_t count);
  ASHLAR_INLINE void FlushLocals();
  ASHLAR_INLINE void Hazard(uint32_t local, int32_t slot);
  ASHLAR_INLINE void Emitted(uint32_t op, uint8_t* p, int32_t dst);
  ASHLAR_INLINE void ForgetLast();
  ASHLAR_INLINE void FloatEmitted(uint32_t op, uint8_t* p, int32_t dst);
  ASHLAR_INLINE void ForgetAcc();
  ASHLAR_INLINE void AccWritten(int32_t dst);
  ASHLAR_INLINE void FloatWritten(int32_t dst);
  ASHLAR_INLINE uint32_t FormOf(const Entry* x, const Entry* y) const;

  // --- charges
  ASHLAR_INLINE void OpenCharge(uint8_t* cost_field) {
    *s_->sites_end++ = {cost_field, cost_};
  }
  ASHLAR_INLINE void CloseCharges();

  // --- several instructions as one (fuse.h)
  ASHLAR_INLINE bool IsSmallShiftOf(const uint8_t* p, int32_t slot) const;
  template <bool kFloat>
  ASHLAR_INLINE bool TryFuseLoad(Descriptor d, Entry* x, uint32_t offset);
  ASHLAR_INLINE bool TryFuseAdd(uint8_t* p, uint32_t which, bool immediate,
                                int16_t rhs);
  ASHLAR_INLINE bool TryFuseLoadAdd(Descriptor d, uint32_t form);
  ASHLAR_INLINE bool TryFuseStore(uint32_t op, const Entry* x, const Entry* y,
                                  uint32_t offset);
  ASHLAR_INLINE bool TryFuseGlobalSet(uint32_t index, const Entry* v);
  ASHLAR_INLINE bool TryFuseGlobalGet(uint32_t index, int32_t dst);

  // --- branches (branch.h)
  ASHLAR_INLINE bool IsFusable(const Entry* condition) const;
  ASHLAR_INLINE bool TakeOffCompare(const Entry* condition,
                                    SavedCompare* saved);
  ASHLAR_INLINE void PutBackCompare(const SavedCompare& saved, int32_t dst);
  ASHLAR_INLINE uint8_t* EmitConditional(Entry* condition, bool inverted);
  ASHLAR_INLINE uint8_t* EmitUnfused(Entry* condition, bool inverted);
  ASHLAR_INLINE uint8_t* EmitFloatBranch(bool inverted);
  ASHLAR_INLINE void LinkBranch(uint8_t* insn, Control* target);
  ASHLAR_INLINE void LinkRow(uint8_t* row, Control* target);
  ASHLAR_INLINE void BindLabel(Control* c);
  ASHLAR_INLINE void BindElse(Control* c);
  ASHLAR_INLINE void EmitReturn();
  ASHLAR_INLINE void EmitProfileLeave();
  ASHLAR_INLINE void EmitMoveAndBranch(Control* target);

  // --- branches back (loops.h)
  ASHLAR_INLINE void NoteLoopHead(Control* c, const uint8_t* r);
  ASHLAR_INLINE void NoteLoopBody(Control* c);
  ASHLAR_INLINE bool GoesOnInElse(const Control* loop) const;
  ASHLAR_INLINE bool TryLoopBranch(const Control* loop);
  ASHLAR_INLINE uint8_t* EmitLoopBranch(uint32_t op, const uint8_t* head);
  ASHLAR_INLINE bool TryLoopCopy(const Rounds& rounds);
  ASHLAR_INLINE void TryLoopFill(const Rounds& rounds);
  ASHLAR_INLINE void EmitRounds(uint32_t op, int16_t counter, int32_t end,
                                const Rounds& rounds);

  // --- instructions: false where the body is not valid
  ASHLAR_INLINE bool Prologue();
  ASHLAR_INLINE void Replace2(uint32_t op, int32_t dst, Descriptor d);
  template <bool kCompare>
  ASHLAR_INLINE bool BinaryFast(Descriptor d);
  template <bool kCompare>
  ASHLAR_INLINE bool Binary(Descriptor d);
  ASHLAR_INLINE bool TryReciprocal(uint32_t op, Descriptor d);
  ASHLAR_INLINE bool TryBinaryConstant(uint32_t op, Descriptor d);
  ASHLAR_INLINE bool Eqz(Descriptor d);
  ASHLAR_INLINE bool Unary(Descriptor d);
  ASHLAR_INLINE bool FloatBinary(Descriptor d);
  ASHLAR_INLINE bool FloatUnary(Descriptor d);
  template <bool kShort>
  ASHLAR_INLINE bool MemArg(uint32_t* align, uint32_t* offset);
  ASHLAR_INLINE void EmitStore(uint32_t op, uint32_t immediate);
  template <bool kShort, bool kFloat = false>
  ASHLAR_INLINE bool LoadOp(Descriptor d);
  template <bool kShort, bool kFloat = false>
  ASHLAR_INLINE bool StoreOp(Descriptor d);
  ASHLAR_INLINE bool FloatLoad(Descriptor d);
  ASHLAR_INLINE bool FloatStore(Descriptor d);
  template <bool kShort>
  ASHLAR_INLINE uint32_t LocalCount() const;
  template <bool kShort>
  ASHLAR_INLINE Local LocalAt(uint32_t index) const;
  template <bool kShort>
  ASHLAR_INLINE bool LocalGet();
  template <bool kShort>
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
  template <bool kShort>
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
  ASHLAR_INLINE bool MarkDead();
  template <bool kShort>
  ASHLAR_INLINE bool ConstI32();
  ASHLAR_INLINE bool ConstI64();
  ASHLAR_INLINE bool ConstF32();
  ASHLAR_INLINE bool ConstF64();
  ASHLAR_INLINE bool Nop() { return true; }
  ASHLAR_INLINE bool Drop();
  ASHLAR_INLINE bool Retype(Descriptor d);
  ASHLAR_INLINE bool Unreachable();
  ASHLAR_INLINE bool Finish();

  State* const s_;
  const uint8_t* ip_;
  Entry* sp_;
  uint8_t* out_;
  uint32_t cost_;  // running sum of prices
};

}  // namespace ashlar::compile

#endif  // ENGINE_COMPILE_TRANSLATOR_H_
