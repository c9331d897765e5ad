#include "engine/wasm/disasm.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/wasm/body.h"
#include "engine/wasm/const_expr.h"
#include "engine/wasm/instruction.h"
#include "engine/wasm/text.h"

namespace ashlar::wasm {
namespace {

// Deeper blocks are not indented further, or nesting would square the output.
constexpr uint32_t kIndentMax = 24;
// Locals that any body may have in its text, whatever its size.
constexpr uint64_t kLocalsSpelled = 64;

// For a comment: what could end one, or is not ASCII, becomes '?'.
std::string CommentText(absl::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c <= ' ' || c > '~' || c == ';' || c == '(' || c == ')') c = '?';
  }
  return text;
}

std::string BlockTypeText(int64_t value) {
  if (value >= 0) return absl::StrCat(" (type ", value, ")");
  if (value == kEmptyBlockType) return "";
  return absl::StrCat(" (result ", ValTypeName(BlockValType(value)), ")");
}

std::string MemArgText(const Instruction& i, uint32_t natural) {
  std::string text;
  if (i.index2 != 0) absl::StrAppend(&text, " offset=", i.index2);
  if (i.index != natural && i.index < 32) {
    absl::StrAppend(&text, " align=", uint32_t{1} << i.index);
  }
  return text;
}

std::string LabelsText(const Instruction& i, const uint8_t* end) {
  Reader labels(i.vector, end);
  std::string text;
  for (uint32_t n = 0; n < i.index; ++n) {
    absl::StrAppend(&text, " ", labels.U32());
  }
  absl::StrAppend(&text, " ", i.index2);
  return text;
}

std::string SelectTypesText(const Instruction& i) {
  std::string text = " (result";
  for (uint32_t n = 0; n < i.index; ++n) {
    absl::StrAppend(&text, " ", ValTypeName(static_cast<ValType>(i.vector[n])));
  }
  return text + ")";
}

// The immediates as text, with a blank before each. `end` is the end of what
// the instruction was read from.
std::string ImmediatesText(const Instruction& i, const uint8_t* end) {
  const OpcodeInfo& info = InfoOf(i.opcode);
  switch (info.immediate) {
    case Immediate::kNone:
    case Immediate::kMemory:
    case Immediate::kMemoryMemory:
    case Immediate::kCount:
      return "";
    case Immediate::kBlockType:
      return BlockTypeText(i.value);
    case Immediate::kLabelTable:
      return LabelsText(i, end);
    case Immediate::kSelectTypes:
      return SelectTypesText(i);
    case Immediate::kRefType:
      return i.index == static_cast<uint32_t>(ValType::kFuncRef) ? " func"
                                                                 : " extern";
    case Immediate::kLabel:
    case Immediate::kFunc:
    case Immediate::kLocal:
    case Immediate::kGlobal:
    case Immediate::kTable:
    case Immediate::kData:
    case Immediate::kElem:
    case Immediate::kDataMemory:
      return absl::StrCat(" ", i.index);
    case Immediate::kTypeTable:
      return absl::StrCat(" ", i.index2, " (type ", i.index, ")");
    case Immediate::kElemTable:
      return absl::StrCat(" ", i.index2, " ", i.index);
    case Immediate::kTableTable:
      return absl::StrCat(" ", i.index, " ", i.index2);
    case Immediate::kMemArg0:
    case Immediate::kMemArg1:
    case Immediate::kMemArg2:
    case Immediate::kMemArg3:
      return MemArgText(i, info.align_max());
    case Immediate::kI32:
    case Immediate::kI64:
      return absl::StrCat(" ", i.value);
    case Immediate::kF32:
      return absl::StrCat(" ", F32Text(static_cast<uint32_t>(i.value)));
    case Immediate::kF64:
      return absl::StrCat(" ", F64Text(static_cast<uint64_t>(i.value)));
  }
  return "";
}

// Instructions without their `end`, on one line.
std::string ConstExprText(absl::Span<const uint8_t> code) {
  const uint8_t* end = code.data() + code.size();
  Reader reader(code.data(), end);
  std::string text;
  Instruction i;
  while (ReadInstruction(&reader, &i) && i.opcode != Opcode::kEnd) {
    absl::StrAppend(&text, text.empty() ? "" : " ", InfoOf(i.opcode).text,
                    ImmediatesText(i, end));
  }
  return text;
}

// Prints the instructions of a body up to the `end` that closes it.
void PrintCode(const Module& module, Reader* reader, const uint8_t* body_end,
               std::string* out) {
  uint32_t depth = 0;
  Instruction i;
  while (ReadInstruction(reader, &i)) {
    const bool is_end = i.opcode == Opcode::kEnd;
    if (is_end && depth == 0) break;
    if (is_end) --depth;
    const bool is_out = i.opcode == Opcode::kElse && depth > 0;
    const uint32_t indent = std::min(depth - (is_out ? 1 : 0), kIndentMax);
    absl::StrAppend(out,
                    absl::StrFormat("    (;%06x;) ", module.offset_of(i.begin)),
                    std::string(2 * indent, ' '), InfoOf(i.opcode).text,
                    ImmediatesText(i, body_end), "\n");
    if (InfoOf(i.opcode).immediate == Immediate::kBlockType) ++depth;
  }
  if (!reader->ok()) {
    absl::StrAppend(
        out,
        absl::StrFormat("    ;; %06x: ", module.offset_of(reader->error_at())),
        Phrase(reader->error()), "\n");
  } else if (reader->remaining() != 0) {
    absl::StrAppend(
        out, absl::StrFormat("    ;; %06x: ", module.offset_of(reader->pos())),
        reader->remaining(), " bytes behind the end\n");
  }
}

class ModulePrinter {
 public:
  ModulePrinter(const Module& module, std::string* out)
      : module_(module), out_(*out) {}

  void Print() {
    absl::StrAppend(&out_, "(module ;; ", module_.bytes.size(), " bytes\n");
    Types();
    Imports();
    const Names names(module_);
    for (size_t i = 0; i < module_.bodies.size(); ++i) {
      DisassembleFunction(module_, names,
                          module_.imported_functions + static_cast<uint32_t>(i),
                          &out_);
    }
    Definitions();
    for (const Export& e : module_.exports) {
      absl::StrAppend(&out_, "  (export ", QuotedText(e.name), " (",
                      ExternKindName(e.kind), " ", e.index, "))\n");
    }
    if (module_.has_start) {
      absl::StrAppend(&out_, "  (start ", module_.start, ")\n");
    }
    Elements();
    Data();
    out_ += ")\n";
  }

 private:
  void Types() {
    for (size_t i = 0; i < module_.types.size(); ++i) {
      const std::string use = TypeUseText(module_.types[i]);
      absl::StrAppend(&out_, "  (type (;", i, ";) (func",
                      use.empty() ? "" : " ", use, "))\n");
    }
  }

  void Imports() {
    for (const Import& item : module_.imports) {
      absl::StrAppend(&out_, "  (import ", QuotedText(item.module), " ",
                      QuotedText(item.name), " (");
      // A function names its type; the others spell it.
      if (item.kind == ExternKind::kFunc) {
        absl::StrAppend(&out_, "func (;", item.index, ";) (type ",
                        module_.functions[item.index], ")");
      } else {
        out_ += ExternText(module_, item.kind, item.index);
      }
      out_ += "))\n";
    }
  }

  void Define(ExternKind kind, size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      absl::StrAppend(&out_, "  (",
                      ExternText(module_, kind, static_cast<uint32_t>(i)));
      if (kind == ExternKind::kGlobal) {
        absl::StrAppend(&out_, " ",
                        ConstExprText(module_.globals[i].init.code));
      }
      absl::StrAppend(&out_, ") ;; ", i, "\n");
    }
  }

  void Definitions() {
    Define(ExternKind::kTable, module_.imported_tables, module_.tables.size());
    Define(ExternKind::kMemory, module_.imported_memories,
           module_.memories.size());
    Define(ExternKind::kGlobal, module_.imported_globals,
           module_.globals.size());
  }

  void Elements() {
    for (const ElementSegment& s : module_.elements) {
      absl::StrAppend(&out_, "  (elem");
      if (s.mode == SegmentMode::kDeclarative) out_ += " declare";
      if (s.mode == SegmentMode::kActive) {
        absl::StrAppend(&out_, " (table ", s.table, ") (offset ",
                        ConstExprText(s.table_offset.code), ")");
      }
      absl::StrAppend(&out_, " ",
                      s.is_expressions ? ValTypeName(s.type) : "func");
      ElementItems items(s);
      ConstExpr item;
      while (items.Next(&item)) ElementItem(s, item);
      out_ += ")\n";
    }
  }

  void ElementItem(const ElementSegment& segment, const ConstExpr& item) {
    if (!segment.is_expressions) {
      absl::StrAppend(&out_, " ", item.index);
    } else if (item.kind == ConstExpr::Kind::kRefNull) {
      absl::StrAppend(&out_, segment.type == ValType::kFuncRef
                                 ? " (ref.null func)"
                                 : " (ref.null extern)");
    } else {
      absl::StrAppend(&out_,
                      item.kind == ConstExpr::Kind::kRefFunc ? " (ref.func "
                                                             : " (global.get ",
                      item.index, ")");
    }
  }

  void Data() {
    for (const DataSegment& s : module_.data) {
      out_ += "  (data";
      if (s.mode == SegmentMode::kActive) {
        absl::StrAppend(&out_, " (offset ", ConstExprText(s.memory_offset.code),
                        ")");
      }
      const absl::string_view bytes(
          reinterpret_cast<const char*>(s.bytes.data()), s.bytes.size());
      absl::StrAppend(&out_, " ", QuotedText(bytes), ")\n");
    }
  }

  const Module& module_;
  std::string& out_;
};

}  // namespace

void DisassembleFunction(const Module& module, const Names& names,
                         uint32_t function, std::string* out) {
  const Body& body = module.bodies[function - module.imported_functions];
  absl::StrAppend(out, "  (func (;", function, ";) (type ",
                  module.functions[function], ")");
  const absl::string_view name = names.FunctionName(function);
  if (!name.empty()) absl::StrAppend(out, " (;$", CommentText(name), ";)");
  *out += '\n';
  Reader reader(body.begin, body.end);
  std::vector<LocalGroup> groups;
  ReadLocals(&reader, &groups);
  // A group may stand for billions of locals: spell what a body of this size
  // may reasonably have, or the output would not be bounded by the module.
  uint64_t budget =
      kLocalsSpelled + static_cast<uint64_t>(body.end - body.begin);
  for (const LocalGroup& g : groups) {
    absl::StrAppend(out, "    (local");
    const auto count =
        static_cast<uint32_t>(std::min<uint64_t>(g.count, budget));
    budget -= count;
    for (uint32_t n = 0; n < count; ++n) {
      absl::StrAppend(out, " ", ValTypeName(g.type));
    }
    *out += ')';
    if (count < g.count) absl::StrAppend(out, " ;; of ", g.count);
    *out += '\n';
  }
  PrintCode(module, &reader, body.end, out);
  *out += "  )\n";
}

std::string Disassemble(const Module& module) {
  std::string out;
  ModulePrinter(module, &out).Print();
  return out;
}

}  // namespace ashlar::wasm
