#include "tests/differential/generator.h"

#include <string>
#include <utility>

#include "tests/differential/body_generator.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

constexpr uint32_t kPageMask = 0xffff;
constexpr uint64_t kHostPrice = 50;

constexpr ValType kNumTypes[] = {ValType::kI32, ValType::kI64, ValType::kF32,
                                 ValType::kF64};

ModuleBuilder::Types RandomTypes(uint32_t count_max, Rng* rng) {
  ModuleBuilder::Types types;
  for (uint32_t n = rng->Below(count_max + 1); n > 0; --n) {
    if (rng->Chance(6)) {
      types.push_back(rng->Chance(50) ? ValType::kFuncRef
                                      : ValType::kExternRef);
    } else {
      types.push_back(rng->Chance(50) ? ValType::kI32
                                      : kNumTypes[rng->Below(4)]);
    }
  }
  return types;
}

Code ConstOf(ValType type, Rng* rng) {
  Code code;
  const uint64_t value = InterestingValue(type, rng);
  switch (type) {
    case ValType::kI32:
      code.I32(static_cast<int32_t>(value));
      break;
    case ValType::kI64:
      code.I64(static_cast<int64_t>(value));
      if (rng->Chance(20)) code.I64(3).Op(Op::kI64Mul);
      break;
    case ValType::kF32:
      code.F32(static_cast<uint32_t>(value));
      break;
    case ValType::kF64:
      code.F64(value);
      break;
    default:
      code.RefNull(type);
      break;
  }
  return code.End();
}

constexpr uint32_t kLibraryTableSize = 4;

// Declares everything but the bodies.
class ModuleGenerator {
 public:
  ModuleGenerator(Rng* rng, uint32_t size)
      : rng_(*rng), size_(size), has_library_(rng_.Chance(35)) {}

  GeneratedModule Run() {
    DeclareTypesAndFunctions();
    DeclareTables();
    DeclareMemory();
    DeclareGlobals();
    GeneratedModule out;
    out.has_library = has_library_;
    for (size_t i = 0; i < plan_.functions.size(); ++i) {
      const PlannedFunction& f = plan_.functions[i];
      if (f.is_import) continue;
      // Of its own, so that a body of another size leaves the others alone.
      Rng body_rng(rng_.Next());
      BodyGenerator body(&plan_, static_cast<uint32_t>(i), size_,
                         rng_.has_tape() ? &rng_ : &body_rng);
      body.Run();
      builder_.SetBody(static_cast<uint32_t>(i), body.locals(), body.code());
      builder_.Export("f" + std::to_string(i), ExternKind::kFunc,
                      static_cast<uint32_t>(i));
      out.functions.push_back({static_cast<uint32_t>(i),
                               plan_.types[f.type].params,
                               plan_.types[f.type].results});
    }
    out.bytes = builder_.Build();
    return out;
  }

 private:
  uint32_t AddType(ModuleBuilder::Types params, ModuleBuilder::Types results) {
    plan_.types.push_back({params, results});
    return builder_.AddType(std::move(params), std::move(results));
  }

  void AddImport(const char* name, uint32_t type) {
    builder_.ImportFunc(kHostModule, name, type);
    plan_.functions.push_back({type, true});
  }

  void ImportLibrary() {
    const uint32_t unary = AddType({ValType::kI32}, {ValType::kI32});
    const uint32_t binary =
        AddType({ValType::kI32, ValType::kI32}, {ValType::kI32});
    for (const auto& [name, type] :
         {std::pair<const char*, uint32_t>("inc", unary), {"apply", binary}}) {
      builder_.ImportFunc(kLibraryModule, name, type);
      plan_.functions.push_back({type, true});
    }
    builder_.ImportTable(kLibraryModule, "t", ValType::kFuncRef,
                         {kLibraryTableSize, {}});
    plan_.func_table = 1;
    plan_.extern_table = 2;
    builder_.ImportGlobal(kLibraryModule, "g", ValType::kI32, true);
    plan_.globals.push_back({ValType::kI32, true});
    // A function of the type that `apply` calls.
    builder_.DeclareFunc(unary);
    plan_.functions.push_back({unary, false});
  }

  // The library's table gets a function of ours, of any type.
  void FillLibraryTable() {
    ByteWriter segment;
    segment.U32(2).U32(0).Raw(
        Code().I32(static_cast<int32_t>(1 + rng_.Below(2))).End().bytes());
    segment.U8(0).U32(2);
    const uint32_t own = 4;  // behind two host and two library functions
    segment.U32(own).U32(
        rng_.Below(static_cast<uint32_t>(plan_.functions.size())));
    builder_.RawElements(segment.bytes());
  }

  void DeclareTypesAndFunctions() {
    AddImport(kHostMix,
              AddType({ValType::kI32, ValType::kI64}, {ValType::kI64}));
    AddImport(kHostPoke, AddType({ValType::kI32}, {}));
    if (has_library_) ImportLibrary();
    for (uint32_t n = 3 + rng_.Below(6); n > 0; --n) {
      const bool is_wide = rng_.Chance(8);
      // One after the other: compilers differ in the order of arguments.
      const ModuleBuilder::Types params = RandomTypes(is_wide ? 20 : 4, &rng_);
      AddType(params, RandomTypes(is_wide ? 10 : 3, &rng_));
    }
    plan_.may_recurse = rng_.Chance(15);
    for (uint32_t n = 2 + rng_.Below(5); n > 0; --n) {
      const uint32_t type =
          rng_.Below(static_cast<uint32_t>(plan_.types.size()));
      builder_.DeclareFunc(type);
      plan_.functions.push_back({type, false});
    }
  }

  void DeclareTables() {
    const uint32_t size = 2 + rng_.Below(10);
    plan_.func_table_size = size;
    builder_.Table(ValType::kFuncRef, {size, size + rng_.Below(6)});
    plan_.extern_table_size = 1 + rng_.Below(5);
    LimitsSpec limits;
    limits.min = plan_.extern_table_size;
    if (rng_.Chance(50)) limits.max = limits.min + rng_.Below(4);
    builder_.Table(ValType::kExternRef, limits);

    plan_.slots.assign(size, kNoFunction);
    std::vector<uint32_t> filled;
    for (uint32_t i = 0; i + 1 < size; ++i) {
      plan_.slots[i] =
          rng_.Below(static_cast<uint32_t>(plan_.functions.size()));
      filled.push_back(plan_.slots[i]);
    }
    ByteWriter segment;
    segment.U32(2).U32(plan_.func_table).Raw(Code().I32(0).End().bytes());
    segment.U8(0).U32(static_cast<uint32_t>(filled.size()));
    for (uint32_t function : filled) segment.U32(function);
    builder_.RawElements(segment.bytes());
    plan_.passive_elements = builder_.PassiveElements(filled);
    plan_.passive_element_count = static_cast<uint32_t>(filled.size());
    std::vector<uint32_t> all;
    for (uint32_t i = 0; i < plan_.functions.size(); ++i) all.push_back(i);
    builder_.DeclarativeElements(all);
    if (has_library_) FillLibraryTable();
  }

  void DeclareMemory() {
    plan_.has_memory = rng_.Chance(90);
    if (!plan_.has_memory) return;
    LimitsSpec limits;
    limits.min = 1;
    if (rng_.Chance(70)) limits.max = 1 + rng_.Below(4);
    builder_.Memory(limits);
    std::vector<uint8_t> bytes;
    for (uint32_t n = rng_.Below(64); n > 0; --n) {
      bytes.push_back(static_cast<uint8_t>(rng_.Next()));
    }
    builder_.ActiveData(Code().I32(static_cast<int32_t>(rng_.Below(300))).End(),
                        bytes);
    builder_.PassiveData(bytes);
    plan_.passive_data = 1;
    plan_.passive_data_size = static_cast<uint32_t>(bytes.size());
    builder_.DataCount();
  }

  void DeclareGlobals() {
    for (uint32_t n = 1 + rng_.Below(6); n > 0; --n) {
      const ValType type =
          rng_.Chance(10) ? ValType::kExternRef : kNumTypes[rng_.Below(4)];
      const bool is_mutable = rng_.Chance(80);
      builder_.Global(type, is_mutable, ConstOf(type, &rng_));
      plan_.globals.push_back({type, is_mutable});
    }
  }

  Rng& rng_;
  uint32_t size_;
  bool has_library_;
  ModuleBuilder builder_;
  ModulePlan plan_;
};

}  // namespace

uint64_t Rng::Next() {
  if (!tape_.empty()) {
    const uint8_t byte = tape_.front();
    tape_.remove_prefix(1);
    if (byte != UINT8_MAX) return byte;
  }
  state_ += 0x9e3779b97f4a7c15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

HostOutcome HostMix(uint32_t a, uint64_t b) {
  return {kHostPrice + (a & 15), (a & 0xff) == 0xab, b * 31 + a};
}

PokeOutcome HostPoke(uint32_t a) {
  return {kHostPrice, a & kPageMask, static_cast<uint8_t>(a >> 16)};
}

uint64_t InterestingValue(wasm::ValType type, Rng* rng) {
  static constexpr uint64_t kIntegers[] = {
      0,          1,          2,          7,          31,
      32,         63,         64,         127,        128,
      255,        256,        65535,      65536,      0x7fffffff,
      0x80000000, 0xffffffff, 0xfffffffe, 0x55555555, uint64_t{1} << 32};
  static constexpr uint32_t kFloats[] = {
      0,          0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0x40200000,
      0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fa00001, 0x00000001,
      0x7f7fffff, 0x4f000000, 0xcf000000, 0x4f800000, 0x5f000000, 0x4b7fffff};
  static constexpr uint64_t kDoubles[] = {0,
                                          0x8000000000000000u,
                                          0x3ff0000000000000u,
                                          0xbfe0000000000000u,
                                          0x4004000000000000u,
                                          0x7ff0000000000000u,
                                          0xfff0000000000000u,
                                          0x7ff8000000000000u,
                                          0xfff8000000000001u,
                                          0x7ff4000000000001u,
                                          1,
                                          0x7fefffffffffffffu,
                                          0x41e0000000000000u,
                                          0xc1e0000000200000u,
                                          0x41f0000000000000u,
                                          0x43e0000000000000u,
                                          0x43f0000000000000u,
                                          0x36a0000000000000u};
  const bool is_random = rng->Chance(25);
  const uint64_t random = rng->Next();
  const uint32_t pick = rng->Below(1000);
  switch (type) {
    case ValType::kI32: {
      const uint64_t value = is_random ? random : kIntegers[pick % 19];
      return static_cast<uint32_t>(value);
    }
    case ValType::kI64:
      if (is_random) return random;
      if (pick < 200) return uint64_t{1} << 63;
      if (pick < 300) return UINT64_MAX;
      return kIntegers[pick % 20];
    case ValType::kF32:
      return is_random ? random & 0xffffffff : kFloats[pick % 18];
    case ValType::kF64:
      return is_random ? random : kDoubles[pick % 18];
    case ValType::kExternRef:
      return pick % 4;
    case ValType::kFuncRef:
      return 0;
  }
  return 0;
}

std::vector<uint8_t> LibraryBytes() {
  ModuleBuilder b;
  const uint32_t unary = b.Type({ValType::kI32}, {ValType::kI32});
  const uint32_t binary =
      b.Type({ValType::kI32, ValType::kI32}, {ValType::kI32});
  b.Memory({1, 1});
  const uint32_t global = b.Global(ValType::kI32, true, Code().I32(7).End());
  const uint32_t table = b.Table(ValType::kFuncRef, {kLibraryTableSize, {}});
  // Adds to the global and to a word of the library's own memory.
  const uint32_t inc = b.Func(unary, {ValType::kI64},
                              Code()
                                  .I32(8)
                                  .I32(8)
                                  .Mem(Op::kI32Load, 2, 0)
                                  .Get(0)
                                  .Op(Op::kI32Add)
                                  .Mem(Op::kI32Store, 2, 0)
                                  .Op(Op::kGlobalGet, global)
                                  .Get(0)
                                  .Op(Op::kI32Add)
                                  .Op(Op::kGlobalSet, global)
                                  .I32(8)
                                  .Mem(Op::kI32Load, 2, 0)
                                  .End());
  // apply(slot, x) calls t[slot & 3](x), as a tail call where x is odd.
  const uint32_t apply = b.Func(binary, {},
                                Code()
                                    .Get(1)
                                    .I32(1)
                                    .Op(Op::kI32And)
                                    .If()
                                    .Get(1)
                                    .Get(0)
                                    .I32(3)
                                    .Op(Op::kI32And)
                                    .ReturnCallIndirect(unary, table)
                                    .End()
                                    .Get(1)
                                    .Get(0)
                                    .I32(3)
                                    .Op(Op::kI32And)
                                    .CallIndirect(unary, table)
                                    .I32(8)
                                    .Mem(Op::kI32Load8U, 0, 0)
                                    .Op(Op::kI32Add)
                                    .End());
  b.ActiveElements(Code().I32(0).End(), {inc});
  b.Export("inc", ExternKind::kFunc, inc);
  b.Export("apply", ExternKind::kFunc, apply);
  b.Export("g", ExternKind::kGlobal, global);
  b.Export("t", ExternKind::kTable, table);
  b.Export("m", ExternKind::kMemory, 0);
  return b.Build();
}

GeneratedModule Generate(uint64_t seed, uint32_t size) {
  Rng rng(seed);
  return ModuleGenerator(&rng, size).Run();
}

GeneratedModule Generate(Rng* rng, uint32_t size) {
  return ModuleGenerator(rng, size).Run();
}

}  // namespace ashlar::testing
