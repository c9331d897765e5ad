#include "tests/util/hostile_modules.h"

#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;

}  // namespace

void Repeat(uint32_t n, const Code& piece, Code* code) {
  for (uint32_t i = 0; i < n; ++i) code->Raw(piece.bytes());
}

Bytes OneFunction(const std::vector<ValType>& params,
                  const std::vector<ValType>& locals, const Code& code) {
  ModuleBuilder m;
  m.Func(m.Type(params, {}), locals, code);
  return m.Build();
}

Bytes WideModule(const Code& code) {
  ModuleBuilder m;
  const std::vector<ValType> many(1000, kI32);
  m.AddType(many, many);
  m.AddType({}, many);
  m.AddType({}, {});
  m.Func(0, {}, Code().Op(Op::kUnreachable).End());
  m.Func(1, {}, Code().Op(Op::kUnreachable).End());
  m.Func(2, {}, code);
  return m.Build();
}

namespace {

Bytes EmptyFunctions(uint32_t n) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  for (uint32_t i = 0; i < n; ++i) m.Func(type, {}, Code().End());
  return m.Build();
}

// Each calls the last: n links wait for one function.
Bytes CallsForward(uint32_t n) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  for (uint32_t i = 0; i < n; ++i) m.Func(type, {}, Code().Call(n).End());
  m.Func(type, {}, Code().End());
  return m.Build();
}

// A pending local and an alias of it at every depth.
Bytes NestedWithPending(uint32_t n) {
  Code code;
  Repeat(n, Code().Get(0).Tee(1).Get(1).Block(), &code);
  Repeat(n, Code().End().Op(Op::kDrop).Op(Op::kDrop), &code);
  return OneFunction({kI32}, {kI32}, code.End());
}

Bytes SmallBranchTables(uint32_t n) {
  Code code;
  Repeat(n, Code().Block().Get(0).BrTable({0, 1, 0}, 1).End(), &code);
  return OneFunction({kI32}, {}, code.End());
}

// Every label carries 1000 values, elsewhere than where they stand.
Bytes WideBranchTable(uint32_t n) {
  Code code;
  code.BlockType(1).I32(0).Call(1).I32(0).BrTable(std::vector<uint32_t>(n, 0),
                                                  0);
  code.End();
  Repeat(1000, Code().Op(Op::kDrop), &code);
  return WideModule(code.End());
}

Bytes BranchesToOneLabel(uint32_t n) {
  Code code;
  code.Block();
  Repeat(n, Code().Get(0).BrIf(0), &code);
  return OneFunction({kI32}, {}, code.End().End());
}

// The dearest instruction: a br_if that must move its value. A wide call
// makes the conditions.
Bytes MovingBranches(uint32_t n) {
  Code code;
  code.Block(kI32);
  for (uint32_t i = 0; i < n; ++i) {
    code.Call(1);
    Repeat(999, Code().BrIf(0), &code);
    code.Op(Op::kDrop);
  }
  code.I32(0).End().Op(Op::kDrop);
  return WideModule(code.End());
}

// The same to the function's label, where each branch returns.
Bytes ReturningBranches(uint32_t n) {
  ModuleBuilder m;
  m.AddType({}, std::vector<ValType>(1000, kI32));
  m.AddType({}, {kI64, kI32});
  m.Func(0, {}, Code().Op(Op::kUnreachable).End());
  Code code;
  for (uint32_t i = 0; i < n; ++i) {
    code.I64(-1).Call(0);
    Repeat(998, Code().Op(Op::kDrop), &code);
    code.BrIf(0).Op(Op::kDrop).Op(Op::kDrop);
  }
  m.Func(1, {}, code.I64(1).I32(1).End());
  return m.Build();
}

// Long chains of gets above which locals change.
Bytes Hazards(uint32_t n) {
  Code code;
  const Code sets = Code().I32(1).Set(0).Get(1).Set(64).Get(0).Tee(128);
  for (uint32_t i = 0; i < n; ++i) {
    Repeat(40, Code().Get(0).Get(64).Get(128), &code);
    Repeat(40, Code(sets).Op(Op::kDrop), &code);
    Repeat(120, Code().Op(Op::kDrop), &code);
  }
  return OneFunction({}, std::vector<ValType>(130, kI32), code.End());
}

// Local 64 is pending in the mask's bit of local 0, for ever.
Bytes HazardMaskCollisions(uint32_t n) {
  Code code;
  Repeat(30, Code().Get(64), &code);
  Repeat(n, Code().I32(1).Set(0), &code);
  Repeat(30, Code().Op(Op::kDrop), &code);
  return OneFunction({}, std::vector<ValType>(65, kI32), code.End());
}

Bytes AddChain(uint32_t n) {
  Code code;
  code.Get(0);
  Repeat(n, Code().Get(0).Op(Op::kI32Add), &code);
  return OneFunction({kI32}, {}, code.Op(Op::kDrop).End());
}

// Deep first, added up from the top.
Bytes DeepAdds(uint32_t n) {
  Code code;
  for (uint32_t i = 0; i < n; ++i) {
    Repeat(1000, Code().Get(0), &code);
    Repeat(999, Code().Op(Op::kI32Add), &code);
    code.Op(Op::kDrop);
  }
  return OneFunction({kI32}, {}, code.End());
}

Bytes WideCalls(uint32_t n) {
  Code code;
  code.Call(1);
  Repeat(n, Code().Call(0), &code);
  Repeat(1000, Code().Op(Op::kDrop), &code);
  return WideModule(code.End());
}

Bytes WideCallsInDeadCode(uint32_t n) {
  Code code;
  code.Op(Op::kUnreachable);
  Repeat(n, Code().Call(0), &code);
  code.Return();
  return WideModule(code.End());
}

Bytes WideBlocks(uint32_t n) {
  Code code;
  code.Call(1);
  Repeat(n, Code().BlockType(0).LoopType(0).Get(0).BrIf(1).End().End(), &code);
  Repeat(1000, Code().Op(Op::kDrop), &code);
  ModuleBuilder m;
  const std::vector<ValType> many(1000, kI32);
  m.AddType(many, many);
  m.AddType({}, many);
  m.AddType({kI32}, {});
  m.Func(0, {}, Code().Op(Op::kUnreachable).End());
  m.Func(1, {}, Code().Op(Op::kUnreachable).End());
  m.Func(2, {}, code.End());
  return m.Build();
}

Bytes DeadRegions(uint32_t n) {
  Code code;
  Repeat(n, Code().Block().Br(0).Get(29999).Op(Op::kDrop).End(), &code);
  return OneFunction({}, std::vector<ValType>(30000, kI32), code.End());
}

Bytes DeadRegionsAtDepth(uint32_t n) {
  Code code;
  Repeat(n, Code().Block(), &code);
  Repeat(n, Code().Op(Op::kUnreachable).Get(0).BrIf(0).End(), &code);
  return OneFunction({kI32}, {}, code.End());
}

Bytes OneArmedIfs(uint32_t n) {
  Code code;
  Repeat(n, Code().Get(0).If().End(), &code);
  return OneFunction({kI32}, {}, code.End());
}

Bytes IfElses(uint32_t n) {
  Code code;
  code.I32(0);
  Repeat(n, Code().If(kI32).I32(0).Else().I32(1).End(), &code);
  return OneFunction({}, {}, code.Op(Op::kDrop).End());
}

// Distinct types, each used by a block.
Bytes ManyTypes(uint32_t n) {
  ModuleBuilder m;
  m.AddType({}, {});
  Code code;
  for (uint32_t i = 0; i < n; ++i) {
    std::vector<ValType> params;
    for (uint32_t bit = 0; bit < 18; ++bit) {
      params.push_back(i >> bit & 1 ? kI32 : kI64);
    }
    m.AddType({}, params);
    code.BlockType(i + 1).Op(Op::kUnreachable).End();
    Repeat(18, Code().Op(Op::kDrop), &code);
  }
  m.Func(0, {}, code.End());
  return m.Build();
}

// Alike but for their last parameter.
Bytes LongTypes(uint32_t n) {
  ModuleBuilder m;
  m.AddType({}, {});
  for (uint32_t i = 0; i < n; ++i) {
    std::vector<ValType> params(1000, kI32);
    for (uint32_t bit = 0; bit < 18; ++bit) {
      if (i >> bit & 1) params[999 - bit] = kI64;
    }
    m.AddType(params, {});
  }
  m.Func(0, {}, Code().End());
  return m.Build();
}

// All one type, which is looked up n times.
Bytes EqualTypes(uint32_t n) {
  ModuleBuilder m;
  for (uint32_t i = 0; i < n; ++i) m.AddType({kI32, kI64}, {kI32});
  m.Func(n - 1, {}, Code().I32(0).End());
  return m.Build();
}

// The cheapest instruction with the dearest code.
Bytes Accesses(uint32_t n) {
  ModuleBuilder m;
  m.Memory({1, 1});
  Code code;
  Repeat(n, Code().Get(0).Get(0).Mem(Op::kI32Store, 2, 0), &code);
  m.Func(m.Type({kI32}, {}), {}, code.End());
  return m.Build();
}

// As many as strict-1 takes in one function, in a few bytes.
Bytes SomeLocals(uint32_t n) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  for (uint32_t i = 0; i < n; ++i) {
    m.Func(type, std::vector<ValType>(1024, kI64), Code().End());
  }
  return m.Build();
}

// As many arguments as strict-1 takes.
Bytes FullCalls(uint32_t n) {
  ModuleBuilder m;
  const uint32_t type = m.Type(std::vector<ValType>(32, kI32), {});
  Code code;
  for (uint32_t i = 0; i < n; ++i) {
    Repeat(32, Code().Get(0), &code);
    code.Call(0);
  }
  m.Func(type, {}, code.End());
  return m.Build();
}

Bytes Globals(uint32_t n) {
  ModuleBuilder m;
  m.Global(kI32, true, Code().I32(0).End());
  Code code;
  Repeat(n, Code().Op(Op::kGlobalGet, 0).Op(Op::kGlobalSet, 0), &code);
  m.Func(m.Type({}, {}), {}, code.End());
  return m.Build();
}

Bytes Drops(uint32_t n) {
  Code code;
  Repeat(n, Code().Get(0).Op(Op::kI32Eqz).Op(Op::kDrop), &code);
  return OneFunction({kI32}, {}, code.End());
}

Bytes Nops(uint32_t n) {
  Code code;
  Repeat(n, Code().Op(Op::kNop), &code);
  return OneFunction({}, {}, code.End());
}

Bytes Returns(uint32_t n) {
  Code code;
  Repeat(n, Code().Get(0).If().Return().End(), &code);
  return OneFunction({kI32}, {}, code.End());
}

}  // namespace

Bytes NestedBlocks(uint32_t n) {
  Code code;
  for (uint32_t i = 0; i < n; ++i) {
    switch (i % 3) {
      case 0:
        code.Block();
        break;
      case 1:
        code.Loop();
        break;
      default:
        code.Get(0).If();
    }
    code.Get(0).BrIf(i);
  }
  Repeat(n + 1, Code().End(), &code);
  return OneFunction({kI32}, {}, code);
}

Bytes BranchTableFlood(uint32_t n) {
  Code code;
  Repeat(50, Code().Block(), &code);
  std::vector<uint32_t> labels(n);
  for (uint32_t i = 0; i < n; ++i) labels[i] = i % 51;
  code.Get(0).BrTable(labels, 50);
  Repeat(51, Code().End(), &code);
  return OneFunction({kI32}, {}, code);
}

Bytes DeepDeadBlocks(uint32_t n) {
  Code code;
  code.Op(Op::kUnreachable);
  Repeat(n, Code().Block().Get(0).BrIf(0), &code);
  Repeat(n, Code().End(), &code);
  return OneFunction({kI32}, {}, code.End());
}

Bytes ManyLocals(uint32_t n) {
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {});
  for (uint32_t i = 0; i < n; ++i) {
    m.Func(type, std::vector<ValType>(30000, kI64),
           Code().Get(29999).Op(Op::kDrop).End());
  }
  return m.Build();
}

void PrintTo(const HostileModule& module, std::ostream* out) {
  *out << module.name;
}

absl::Span<const HostileModule> HostileModules() {
  static constexpr HostileModule kModules[] = {
      {"EmptyFunctions", EmptyFunctions, 8000, 8000},
      {"CallsForward", CallsForward, 8000, 8000},
      {"NestedBlocks", NestedBlocks, 25000, 500},
      {"NestedWithPending", NestedWithPending, 3500, 500},
      {"BranchTableFlood", BranchTableFlood, 4000, 4000},
      {"SmallBranchTables", SmallBranchTables, 20000, 10000},
      {"WideBranchTable", WideBranchTable, 3000, 0},
      {"BranchesToOneLabel", BranchesToOneLabel, 50000, 30000},
      {"MovingBranches", MovingBranches, 50, 0},
      {"ReturningBranches", ReturningBranches, 200, 0},
      {"Hazards", Hazards, 200, 100},
      {"HazardMaskCollisions", HazardMaskCollisions, 30000, 30000},
      {"AddChain", AddChain, 25000, 25000},
      {"DeepAdds", DeepAdds, 30, 30},
      {"WideCalls", WideCalls, 1000, 0},
      {"WideCallsInDeadCode", WideCallsInDeadCode, 20, 0},
      {"WideBlocks", WideBlocks, 1000, 0},
      {"DeadRegions", DeadRegions, 20000, 0},
      {"DeadRegionsAtDepth", DeadRegionsAtDepth, 20000, 500},
      {"DeepDeadBlocks", DeepDeadBlocks, 20000, 500},
      {"OneArmedIfs", OneArmedIfs, 30000, 25000},
      {"IfElses", IfElses, 30000, 12000},
      {"ManyLocals", ManyLocals, 100, 0},
      {"ManyTypes", ManyTypes, 10000, 0},
      {"LongTypes", LongTypes, 15, 0},
      {"EqualTypes", EqualTypes, 50000, 1000},
      {"Accesses", Accesses, 30000, 15000},
      {"Globals", Globals, 40000, 30000},
      {"Drops", Drops, 50000, 30000},
      {"Nops", Nops, 100000, 100000},
      {"SomeLocals", SomeLocals, 90, 90},
      {"FullCalls", FullCalls, 1500, 1500},
      {"Returns", Returns, 30000, 20000},
  };
  return kModules;
}

}  // namespace ashlar::testing
