#include "naive/module.h"

#include <utility>

namespace ashlar::naive {
namespace {

constexpr size_t kHeaderSize = 8;

Limits ReadLimits(Cursor* in) {
  Limits limits;
  limits.has_max = in->U8() & 1;
  limits.min = in->Unsigned();
  if (limits.has_max) limits.max = in->Unsigned();
  return limits;
}

TableType ReadTable(Cursor* in) {
  TableType type;
  type.element = in->U8();
  type.limits = ReadLimits(in);
  return type;
}

GlobalType ReadGlobalType(Cursor* in) {
  GlobalType type;
  type.type = in->U8();
  type.is_mutable = in->U8() != 0;
  return type;
}

// Returns where the expression began and moves behind its end.
size_t SkipExpr(const Module& module, Cursor* in) {
  const size_t begin = in->pos();
  size_t pos = begin;
  Instr instr;
  do {
    instr = DecodeInstr(module, pos);
    pos = instr.next;
  } while (instr.op != Op::kEnd);
  in->Skip(pos - begin);
  return begin;
}

void ReadTypes(Cursor* in, Module* module) {
  const uint32_t count = in->U32();
  for (uint32_t i = 0; i < count; ++i) {
    in->U8();  // 0x60
    FuncType type;
    for (uint32_t n = in->U32(); n > 0; --n) type.params.push_back(in->U8());
    for (uint32_t n = in->U32(); n > 0; --n) type.results.push_back(in->U8());
    module->types.push_back(std::move(type));
  }
}

void ReadImports(Cursor* in, Module* module) {
  const uint32_t count = in->U32();
  for (uint32_t i = 0; i < count; ++i) {
    Import import;
    import.module = in->Name();
    import.name = in->Name();
    import.kind = static_cast<Kind>(in->U8());
    import.index = module->imported[static_cast<int>(import.kind)]++;
    switch (import.kind) {
      case Kind::kFunc:
        module->functions.push_back(in->U32());
        break;
      case Kind::kTable:
        module->tables.push_back(ReadTable(in));
        break;
      case Kind::kMemory:
        module->memories.push_back(ReadLimits(in));
        break;
      case Kind::kGlobal:
        module->globals.push_back({ReadGlobalType(in), 0});
        break;
    }
    module->imports.push_back(std::move(import));
  }
}

void ReadExports(Cursor* in, Module* module) {
  const uint32_t count = in->U32();
  for (uint32_t i = 0; i < count; ++i) {
    Export e;
    e.name = in->Name();
    e.kind = static_cast<Kind>(in->U8());
    e.index = in->U32();
    module->exports.push_back(std::move(e));
  }
}

// Spec 2.0, 5.5.12: bit 0: not active; bit 1: explicit table index, or
// declarative; bit 2: expressions.
void ReadElements(Cursor* in, Module* module) {
  const uint32_t count = in->U32();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t flags = in->U32();
    ElementSegment segment;
    segment.is_active = !(flags & 1);
    segment.is_declarative = (flags & 3) == 3;
    if (segment.is_active) {
      if (flags & 2) segment.table = in->U32();
      segment.offset = SkipExpr(*module, in);
    }
    if (flags & 3) in->U8();  // element kind or type
    for (uint32_t n = in->U32(); n > 0; --n) {
      if (flags & 4) {
        segment.expressions.push_back(SkipExpr(*module, in));
      } else {
        segment.functions.push_back(in->U32());
      }
    }
    module->elements.push_back(std::move(segment));
  }
}

void ReadCode(Cursor* in, Module* module) {
  const uint32_t count = in->U32();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t size = in->U32();
    Body body;
    body.end = in->pos() + size;
    for (uint32_t groups = in->U32(); groups > 0; --groups) {
      body.local_count += in->U32();
      in->U8();  // the type; every local starts as zero bits
    }
    body.begin = in->pos();
    in->Skip(body.end - body.begin);
    module->bodies.push_back(body);
  }
}

void ReadData(Cursor* in, Module* module) {
  const uint32_t count = in->U32();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t flags = in->U32();
    DataSegment segment;
    segment.is_active = !(flags & 1);
    if (flags & 2) segment.memory = in->U32();
    if (segment.is_active) segment.offset = SkipExpr(*module, in);
    for (uint32_t n = in->U32(); n > 0; --n) {
      segment.bytes.push_back(in->U8());
    }
    module->data.push_back(std::move(segment));
  }
}

void ReadSection(uint8_t id, Cursor in, Module* module) {
  switch (id) {
    case 1:
      return ReadTypes(&in, module);
    case 2:
      return ReadImports(&in, module);
    case 3:
      for (uint32_t n = in.U32(); n > 0; --n) {
        module->functions.push_back(in.U32());
      }
      return;
    case 4:
      for (uint32_t n = in.U32(); n > 0; --n) {
        module->tables.push_back(ReadTable(&in));
      }
      return;
    case 5:
      for (uint32_t n = in.U32(); n > 0; --n) {
        module->memories.push_back(ReadLimits(&in));
      }
      return;
    case 6:
      for (uint32_t n = in.U32(); n > 0; --n) {
        Global global;
        global.type = ReadGlobalType(&in);
        global.init = SkipExpr(*module, &in);
        module->globals.push_back(global);
      }
      return;
    case 7:
      return ReadExports(&in, module);
    case 8:
      module->has_start = true;
      module->start = in.U32();
      return;
    case 9:
      return ReadElements(&in, module);
    case 10:
      return ReadCode(&in, module);
    case 11:
      return ReadData(&in, module);
    default:  // custom, data count
      return;
  }
}

void ReadBlockType(const Module& module, Cursor* in, Instr* instr) {
  const int64_t type = in->Signed();
  if (type >= 0) {
    instr->params = static_cast<uint32_t>(module.types[type].params.size());
    instr->results = static_cast<uint32_t>(module.types[type].results.size());
  } else {
    instr->results = type == -64 ? 0 : 1;  // 0x40 as one signed byte
  }
}

// Immediates of opcodes behind the prefix 0xfc.
void ReadPrefixedImmediate(Cursor* in, Instr* instr) {
  switch (instr->op) {
    case Op::kMemoryInit:
    case Op::kMemoryCopy:
    case Op::kTableInit:
    case Op::kTableCopy:
      instr->a = in->U32();
      instr->b = in->U32();
      return;
    case Op::kDataDrop:
    case Op::kMemoryFill:
    case Op::kElemDrop:
    case Op::kTableGrow:
    case Op::kTableSize:
    case Op::kTableFill:
      instr->a = in->U32();
      return;
    default:
      return;
  }
}

void ReadImmediate(const Module& module, Cursor* in, Instr* instr) {
  const uint16_t code = static_cast<uint16_t>(instr->op);
  if (code > 0xff) return ReadPrefixedImmediate(in, instr);
  if (code >= 0x28 && code <= 0x3e) {  // loads and stores
    in->U32();                         // alignment: a hint
    instr->a = in->U32();
    return;
  }
  if (code >= 0x20 && code <= 0x26) {  // variables, table.get, table.set
    instr->a = in->U32();
    return;
  }
  switch (instr->op) {
    case Op::kBlock:
    case Op::kLoop:
    case Op::kIf:
      return ReadBlockType(module, in, instr);
    case Op::kBr:
    case Op::kBrIf:
    case Op::kCall:
    case Op::kReturnCall:
    case Op::kRefFunc:
    case Op::kMemorySize:
    case Op::kMemoryGrow:
      instr->a = in->U32();
      return;
    case Op::kCallIndirect:
    case Op::kReturnCallIndirect:
      instr->a = in->U32();
      instr->b = in->U32();
      return;
    case Op::kBrTable:
      for (uint64_t n = uint64_t{in->U32()} + 1; n > 0; --n) {
        instr->labels.push_back(in->U32());
      }
      return;
    case Op::kSelectT:
      for (uint32_t n = in->U32(); n > 0; --n) in->U8();
      return;
    case Op::kRefNull:
      in->U8();
      return;
    case Op::kI32Const:
      instr->value = static_cast<uint32_t>(in->Signed());
      return;
    case Op::kI64Const:
      instr->value = static_cast<uint64_t>(in->Signed());
      return;
    case Op::kF32Const:
      instr->value = in->Fixed(4);
      return;
    case Op::kF64Const:
      instr->value = in->Fixed(8);
      return;
    default:
      return;
  }
}

}  // namespace

uint64_t Cursor::Unsigned() {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t byte = U8();
    if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
    if (!(byte & 0x80)) return value;
  }
}

int64_t Cursor::Signed() {
  uint64_t value = 0;
  for (int shift = 0;;) {
    const uint8_t byte = U8();
    if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
    shift += 7;
    if (byte & 0x80) continue;
    if (shift < 64 && (byte & 0x40)) value |= ~uint64_t{0} << shift;
    return static_cast<int64_t>(value);
  }
}

uint64_t Cursor::Fixed(int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; ++i) value |= uint64_t{U8()} << (8 * i);
  return value;
}

std::string Cursor::Name() {
  std::string name;
  for (uint32_t n = U32(); n > 0; --n) name.push_back(static_cast<char>(U8()));
  return name;
}

Module Decode(std::vector<uint8_t> bytes) {
  Module module;
  module.bytes = std::move(bytes);
  size_t pos = kHeaderSize;
  while (pos < module.bytes.size()) {
    Cursor in(module.bytes, pos);
    const uint8_t id = in.U8();
    const uint32_t size = in.U32();
    pos = in.pos() + size;
    ReadSection(id, in, &module);
  }
  return module;
}

Instr DecodeInstr(const Module& module, size_t pos) {
  Cursor in(module.bytes, pos);
  Instr instr;
  uint16_t code = in.U8();
  if (code == 0xfc) code = static_cast<uint16_t>(code << 8 | in.U32());
  instr.op = static_cast<Op>(code);
  ReadImmediate(module, &in, &instr);
  instr.next = in.pos();
  return instr;
}

}  // namespace ashlar::naive
