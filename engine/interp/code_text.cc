#include "engine/interp/code_text.h"

#include <cstring>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/interp/op.h"

namespace ashlar::interp {
namespace {

constexpr const char* kNames[] = {
#define HANDLER(name, ...) #name,
#include "engine/interp/ops.inc"
};

template <typename T>
T Field(const uint8_t* pc, int offset) {
  T value;
  std::memcpy(&value, pc + offset, sizeof value);
  return value;
}

bool IsConditional(uint32_t op) {
  return op >= kOpBrI32Eq_SS && op < kOpLoopCopyNe;
}

// Whether a float constant stands in the instruction: its form has a K.
bool HasConstant(uint32_t op) {
  const char* form = std::strrchr(kNames[op], '_');
  return form != nullptr && std::strchr(form, 'K') != nullptr;
}

// In bytes; layouts stand beside the handlers (ops_*.inc).
uint64_t SizeOf(uint32_t op, const uint8_t* pc) {
  if (op >= kOpLoopAddBrI32Eq_S && op <= kOpLoopAddBrI64GeU_I) return 40;
  if (IsConditional(op)) return HasConstant(op) ? 40 : 32;
  if (HasConstant(op)) return 24;
  if (op >= kOpLoopCopyNe && op <= kOpLoopFillDown_I) return 24;
  switch (op) {
    case kOpBr:
    case kOpConst64:
    case kOpCall:
    case kOpCallIndirect:
    case kOpReturnCall:
    case kOpReturnCallSame:
    case kOpReturnCallIndirect:
    case kOpMemoryInit:
    case kOpTableGrow:
    case kOpTableFill:
    case kOpTableCopy:
    case kOpTableInit:
      return 24;
    case kOpBrMove:
      return 32;
    case kOpBrTable_S:
    case kOpBrTable_A:
      return 16 + 16 * (uint64_t{Field<uint32_t>(pc, 12)} + 1);
    case kOpBrTableMove:
      return 24 + 16 * (uint64_t{Field<uint32_t>(pc, 12)} + 1);
    default:
      return 16;
  }
}

std::string Target(const uint8_t* entry, const uint8_t* pc, int offset) {
  return absl::StrFormat("-> %d", Field<const uint8_t*>(pc, offset) - entry);
}

std::string Rows(const uint8_t* entry, const uint8_t* pc, int first) {
  std::string text;
  const uint64_t rows = uint64_t{Field<uint32_t>(pc, 12)} + 1;
  for (uint64_t i = 0; i < rows; ++i) {
    const uint8_t* row = pc + first + 16 * i;
    absl::StrAppend(&text, " [", Target(entry, row, 0), " cost ",
                    Field<uint32_t>(row, 8), "]");
  }
  return text;
}

std::string Fields(uint32_t op, const uint8_t* entry, const uint8_t* pc) {
  const auto a = Field<int16_t>(pc, 8);
  const auto b = Field<int16_t>(pc, 10);
  if (op == kOpBr || op == kOpBrMove || IsConditional(op)) {
    std::string text =
        absl::StrFormat("a=%d b=%d %s cost %d", a, b, Target(entry, pc, 16),
                        Field<uint32_t>(pc, 12));
    if (IsConditional(op)) {
      absl::StrAppend(&text, " else cost ", Field<uint32_t>(pc, 24));
    }
    return text;
  }
  if (op == kOpBrTable_S || op == kOpBrTable_A || op == kOpBrTableMove) {
    return absl::StrFormat("a=%d%s", a,
                           Rows(entry, pc, op == kOpBrTableMove ? 24 : 16));
  }
  if (op == kOpConst64) {
    return absl::StrFormat("a=%d 0x%x", a, Field<uint64_t>(pc, 16));
  }
  if (op == kOpCall || op == kOpReturnCall || op == kOpReturnCallSame) {
    return absl::StrFormat("a=%d %s", a, Target(entry, pc, 16));
  }
  if (HasConstant(op)) {
    return absl::StrFormat("a=%d b=%d 0x%x", a, b, Field<uint64_t>(pc, 16));
  }
  return absl::StrFormat("a=%d b=%d c=%d d=%d imm=%d", a, b,
                         Field<int16_t>(pc, 12), Field<int16_t>(pc, 14),
                         Field<int32_t>(pc, 12));
}

}  // namespace

std::string CodeText(const Code& code, uint32_t function) {
  std::map<uint64_t, uint32_t> ops;
  for (uint32_t op = 0; op < kOpCount; ++op) ops[HandlerTable()[op]] = op;
  const uint8_t* const entry = code.functions[function].entry;
  const uint8_t* const end =
      function + 1 < code.functions.size()
          ? code.functions[function + 1].entry - kEntryHeaderBytes
          : code.arena.base() + code.code_size_bytes;
  std::string text =
      absl::StrFormat("function %d: frame %d slots, first run %d fuel\n",
                      function, Field<int32_t>(entry - kEntryHeaderBytes, 0),
                      Field<uint32_t>(entry - kEntryHeaderBytes, 4));
  for (const uint8_t* pc = entry; pc < end;) {
    const uint32_t op = ops.at(Field<uint64_t>(pc, 0));
    absl::StrAppend(&text, absl::StrFormat("%6d %-18s %s\n", pc - entry,
                                           kNames[op], Fields(op, entry, pc)));
    pc += SizeOf(op, pc);
  }
  return text;
}

}  // namespace ashlar::interp
