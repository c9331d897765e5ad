// Whatever writes to a memory, the next execution that gets it finds zeros: a
// memory is zeroed only where somebody noted that it was written.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/compile/test_machine.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "engine/interp/trap.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::interp {
namespace {

using testing::AsImport;
using testing::Code;
using testing::CompiledModule;
using testing::ExternKind;
using testing::Machine;
using testing::ModuleBuilder;
using testing::Op;
using testing::ValType;

constexpr ValType kI32 = ValType::kI32;
constexpr uint32_t kPages = 2;
constexpr uint32_t kEnd = kPages * kPageSizeBytes;
// At the edges of the steps in which writes are noted, and within them.
constexpr uint32_t kPlaces[] = {0,     1,     60,    4095,     4096,    8188,
                                61439, 65535, 65536, kEnd - 9, kEnd - 8};

class WrittenTest : public ::testing::Test {
 protected:
  WrittenTest() {
    ModuleBuilder m;
    m.Memory({kPages, 64});
    blank_bytes_ = m.Build();
  }

  // Gives the memory back and looks at what the next one of it finds.
  void ExpectNothingStays(absl::string_view what) {
    const CompiledModule blank(blank_bytes_);
    machine_.store().Clear();
    const Memory& memory = *machine_.Instantiate(blank)->memory;
    if (base_ == nullptr) base_ = memory.base();
    EXPECT_EQ(memory.base(), base_) << "it is another memory";
    EXPECT_TRUE(std::all_of(memory.base(), memory.base() + kEnd,
                            [](uint8_t byte) { return byte == 0; }))
        << what;
    machine_.store().Clear();
  }

  // Functions f0, f1, ... of a module whose active data is at 300 to 699, each
  // called in a fresh instance with each place and a number of bytes.
  void Run(const std::vector<Code>& codes, const std::vector<uint32_t>& sizes) {
    ModuleBuilder m;
    m.Memory({kPages, 64});
    const uint32_t type = m.Type({kI32, kI32}, {});
    // An edge before it: what is in the slice from there on pays for what
    // handlers do themselves.
    const Code edge = Code().Get(0).If().End();
    for (size_t i = 0; i < codes.size(); ++i) {
      m.Export(
          absl::StrCat("f", i), ExternKind::kFunc,
          m.Func(type, {kI32, kI32}, Code(edge).Raw(codes[i].bytes()).End()));
    }
    m.ActiveData(Code().I32(300).End(), std::vector<uint8_t>(400, 0xd1));
    m.PassiveData(std::vector<uint8_t>(7000, 0xd2));
    m.DataCount();
    const CompiledModule module(m.Build());
    ASSERT_TRUE(module.ok()) << module.error();
    for (size_t i = 0; i < codes.size(); ++i) {
      for (const uint64_t place : kPlaces) {
        for (const uint64_t size : sizes) {
          if (place + size > kEnd) continue;
          Instance* instance = machine_.Instantiate(module);
          EXPECT_EQ(
              machine_.Call(instance, absl::StrCat("f", i), {place, size}).exit,
              Exit::kDone);
          EXPECT_NE(instance->memory->base()[place], 0);
          ExpectNothingStays(absl::StrCat("f", i, " ", place, " ", size));
        }
      }
    }
  }

  Machine machine_;
  std::vector<uint8_t> blank_bytes_;
  const uint8_t* base_ = nullptr;  // of the one memory there is
};

struct StoreOp {
  Op op;
  uint32_t align_log2;
  ValType type;
};
constexpr StoreOp kStores[] = {
    {Op::kI32Store, 2, ValType::kI32},   {Op::kI64Store, 3, ValType::kI64},
    {Op::kF32Store, 2, ValType::kF32},   {Op::kF64Store, 3, ValType::kF64},
    {Op::kI32Store8, 0, ValType::kI32},  {Op::kI32Store16, 1, ValType::kI32},
    {Op::kI64Store8, 0, ValType::kI64},  {Op::kI64Store16, 1, ValType::kI64},
    {Op::kI64Store32, 2, ValType::kI64},
};

Code Value(ValType type) {
  switch (type) {
    case ValType::kI32:
      return Code().I32(0x77777777);
    case ValType::kI64:
      return Code().I64(0x7777777777777777);
    case ValType::kF32:
      return Code().F32(0x7777);
    default:
      return Code().F64(0x7777777777);
  }
}

Op Double(ValType type) {
  switch (type) {
    case ValType::kI32:
      return Op::kI32Or;
    case ValType::kI64:
      return Op::kI64Or;
    case ValType::kF32:
      return Op::kF32Abs;
    default:
      return Op::kF64Abs;
  }
}

// Every store, with every way in which a translator finds its operands: the
// address a slot, a sum, or what was just made; the value a constant, a slot,
// or what was just made.
TEST_F(WrittenTest, ByEveryStore) {
  for (const StoreOp& store : kStores) {
    SCOPED_TRACE(static_cast<int>(store.op));
    const bool is_float =
        store.type == ValType::kF32 || store.type == ValType::kF64;
    const auto made = [&] {
      Code code = Value(store.type);
      if (!is_float) code.Raw(Value(store.type).bytes());
      return code.Op(Double(store.type));
    };
    const Code values[] = {Value(store.type), made()};
    std::vector<Code> codes;
    for (const Code& value : values) {
      for (int address = 0; address < 3; ++address) {
        Code code;
        code.Get(0);
        if (address == 1) code.I32(1).Op(Op::kI32Mul);
        if (address == 2) code.Get(2).Op(Op::kI32Add);
        code.Raw(value.bytes()).Mem(store.op, store.align_log2, 0);
        codes.push_back(code);
      }
    }
    Run(codes, {8});
  }
}

TEST_F(WrittenTest, ByStoresToConstantAddresses) {
  for (const StoreOp& store : kStores) {
    for (const uint32_t place : kPlaces) {
      if (place + 8 > kEnd) continue;
      ModuleBuilder m;
      m.Memory({kPages, 64});
      Code code;
      code.I32(static_cast<int32_t>(place)).Raw(Value(store.type).bytes());
      m.Export("f", ExternKind::kFunc,
               m.Func(m.Type({}, {}), {},
                      code.Mem(store.op, store.align_log2, 0).End()));
      const CompiledModule module(m.Build());
      machine_.Call(machine_.Instantiate(module), "f");
      ExpectNothingStays(absl::StrCat(place));
    }
  }
}

// Those of few bytes are done by handlers, where a write there was noted.
TEST_F(WrittenTest, ByBulkInstructions) {
  const auto touch = [] {
    return Code().Get(0).I32(1).Mem(Op::kI32Store8, 0, 0);
  };
  const Code fill = Code().Get(0).I32(0x5a).Get(1).MemoryFill();
  const Code copy = Code().Get(0).I32(300).Get(1).MemoryCopy();
  const Code init = Code().Get(0).I32(0).Get(1).MemoryInit(1);
  std::vector<Code> codes;
  for (const Code& code : {fill, copy, init}) {
    codes.push_back(code);
    codes.push_back(touch().Raw(code.bytes()));
  }
  Run(codes, {1, 8, 9, 63, 64, 65, 400});
  Run({fill, touch().Raw(fill.bytes()), init}, {4096, 7000});
}

// for (i = 0; i != n; ++i) memory[place + i] = memory[300 + i]. The step may
// be a local, and then also be -1, from n - 1 on. It may end anywhere, so that
// nothing notes the last byte.
TEST_F(WrittenTest, ByLoopsThatCopy) {
  enum class Step { kConstant, kUp, kDown };
  for (const Step step : {Step::kConstant, Step::kUp, Step::kDown}) {
    Code code;
    code.I32(300).Set(3).I32(1).Set(4).Get(1).Set(5);
    if (step == Step::kDown) {
      code.I32(-1).Set(4).I32(-1).Set(5).Get(1).I32(-1).Op(Op::kI32Add).Set(2);
    }
    code.Loop().Get(2).Get(5).Op(Op::kI32Ne).If();
    code.Get(0).Get(2).Op(Op::kI32Add);
    code.Get(2).Get(3).Op(Op::kI32Add);
    code.Mem(Op::kI32Load8U, 0, 0).Mem(Op::kI32Store8, 0, 0);
    code.Get(2);
    step == Step::kConstant ? code.I32(1) : code.Get(4);
    code.Op(Op::kI32Add).Set(2).Br(1).End().End();
    ModuleBuilder m;
    m.Memory({kPages, 64});
    const uint32_t type = m.Type({kI32, kI32}, {});
    m.Export("f", ExternKind::kFunc,
             m.Func(type, {kI32, kI32, kI32, kI32}, code.End()));
    m.ActiveData(Code().I32(300).End(), std::vector<uint8_t>(400, 0xd1));
    const CompiledModule module(m.Build());
    ASSERT_TRUE(module.ok()) << module.error();
    for (const uint64_t place : kPlaces) {
      for (const uint64_t size : {1, 2, 3, 60, 66, 400}) {
        if (place + size > kEnd) continue;
        auto exit = Exit::kOutOfFuel;
        for (uint64_t fuel = 1; exit != Exit::kDone;
             fuel += size <= 66 ? 1 : 1000) {
          Instance* instance = machine_.Instantiate(module);
          exit = machine_.Call(instance, "f", {place, size}, fuel).exit;
          if (exit == Exit::kDone) {
            EXPECT_NE(instance->memory->base()[place + size - 1], 0);
          }
          ExpectNothingStays(absl::StrCat(place, " ", size, " ", fuel));
        }
      }
    }
  }
}

// Upwards, and downwards to 0, which counts first; the byte a constant and a
// local. It may end anywhere, so that nothing notes the last byte.
TEST_F(WrittenTest, ByLoopsThatFill) {
  for (const bool down : {false, true}) {
    for (const bool is_constant : {false, true}) {
      Code code;
      code.I32(0x77).Set(3);
      if (down) code.Get(1).Set(2);
      code.Loop().Get(2);
      down ? code.I32(0) : code.Get(1);
      code.Op(Op::kI32Ne).If();
      if (down) code.Get(2).I32(-1).Op(Op::kI32Add).Set(2);
      code.Get(0).Get(2).Op(Op::kI32Add);
      is_constant ? code.I32(0x77) : code.Get(3);
      code.Mem(Op::kI32Store8, 0, 0);
      if (!down) code.Get(2).I32(1).Op(Op::kI32Add).Set(2);
      code.Br(1).End().End();
      ModuleBuilder m;
      m.Memory({kPages, 64});
      m.Export("f", ExternKind::kFunc,
               m.Func(m.Type({kI32, kI32}, {}), {kI32, kI32}, code.End()));
      const CompiledModule module(m.Build());
      ASSERT_TRUE(module.ok()) << module.error();
      for (const uint64_t place : kPlaces) {
        for (const uint64_t size : {10, 66, 1000}) {
          if (place + size > kEnd) continue;
          auto exit = Exit::kOutOfFuel;
          for (uint64_t fuel = 1; exit != Exit::kDone;
               fuel += size <= 66 ? 1 : 1000) {
            Instance* instance = machine_.Instantiate(module);
            exit = machine_.Call(instance, "f", {place, size}, fuel).exit;
            ExpectNothingStays(absl::StrCat(place, " ", size, " ", fuel));
          }
        }
      }
    }
  }
}

// do { *to = *from or 0x77 } while (++to < end), of bytes and of words. It may
// end anywhere.
TEST_F(WrittenTest, ByLoopsThatCountPointers) {
  for (const uint32_t width : {1u, 4u}) {
    for (const bool copies : {false, true}) {
      const auto by = static_cast<int32_t>(width);
      Code code;
      // Its charge brings the first fuel: rounds at once are paid from that.
      code.Block().Br(0).End();
      code.I32(300).Set(2).Get(0).Get(1).Op(Op::kI32Add).Set(3);
      code.Loop().Get(0);
      if (copies) {
        code.Get(2).Mem(width == 1 ? Op::kI32Load8U : Op::kI32Load, 0, 0);
      } else {
        code.I32(0x7777);
      }
      code.Mem(width == 1 ? Op::kI32Store8 : Op::kI32Store, 0, 0);
      if (copies) code.Get(2).I32(by).Op(Op::kI32Add).Set(2);
      code.Get(0).I32(by).Op(Op::kI32Add).Tee(0).Get(3).Op(Op::kI32LtU);
      code.BrIf(0).End();
      ModuleBuilder m;
      m.Memory({kPages, 64});
      m.Export("f", ExternKind::kFunc,
               m.Func(m.Type({kI32, kI32}, {}), {kI32, kI32}, code.End()));
      m.ActiveData(Code().I32(300).End(), std::vector<uint8_t>(400, 0xd1));
      const CompiledModule module(m.Build());
      ASSERT_TRUE(module.ok()) << module.error();
      for (const uint64_t place : kPlaces) {
        // 68: a word that goes beyond the step that it notes, and 64 bytes.
        for (const uint64_t size : {8, 64, 68, 72, 400}) {
          if (place + size > kEnd) continue;
          auto exit = Exit::kOutOfFuel;
          for (uint64_t fuel = 20; exit != Exit::kDone; fuel += size * 2) {
            Instance* instance = machine_.Instantiate(module);
            exit = machine_.Call(instance, "f", {place, size}, fuel).exit;
            ExpectNothingStays(absl::StrCat(place, " ", size, " ", fuel));
          }
        }
      }
    }
  }
}

TEST_F(WrittenTest, ByDataSegments) {
  for (const uint32_t place : kPlaces) {
    for (const uint32_t size : {1u, 64u, 5000u}) {
      if (place + size > kEnd) continue;
      ModuleBuilder m;
      m.Memory({kPages, 64});
      m.ActiveData(Code().I32(static_cast<int32_t>(place)).End(),
                   std::vector<uint8_t>(size, 0xd1));
      const CompiledModule module(m.Build());
      const Instance* instance = machine_.Instantiate(module);
      EXPECT_EQ(instance->memory->base()[place + size - 1], 0xd1);
      ExpectNothingStays(absl::StrCat(place, " ", size));
    }
  }
}

// What was written before a memory grew is still noted, and so is what is
// written behind its old end.
TEST_F(WrittenTest, BeforeAndBehindAGrow) {
  for (const uint32_t more : {1, 2, 30}) {
    Code code;
    code.I32(100).I32(1).Mem(Op::kI32Store8, 0, 0);
    code.I32(kEnd - 1).I32(1).Mem(Op::kI32Store8, 0, 0);
    code.I32(static_cast<int32_t>(more)).MemoryGrow().Op(Op::kDrop);
    code.I32(kEnd).I32(1).Mem(Op::kI32Store8, 0, 0);
    ModuleBuilder m;
    m.Memory({kPages, 64});
    m.Export("f", ExternKind::kFunc, m.Func(m.Type({}, {}), {}, code.End()));
    const CompiledModule module(m.Build());
    Instance* instance = machine_.Instantiate(module);
    EXPECT_EQ(machine_.Call(instance, "f").exit, Exit::kDone);
    machine_.store().Clear();
    ModuleBuilder large;
    large.Memory({kPages + more, 64});
    const CompiledModule blank(large.Build());
    const Memory& memory = *machine_.Instantiate(blank)->memory;
    EXPECT_TRUE(std::all_of(memory.base(), memory.base() + memory.size_bytes(),
                            [](uint8_t byte) { return byte == 0; }))
        << more;
    machine_.store().Clear();
  }
}

TEST_F(WrittenTest, ByTheHost) {
  ModuleBuilder m;
  m.ImportFunc("env", "h", m.Type({kI32}, {}));
  m.Memory({kPages, 64});
  m.Export("f", ExternKind::kFunc,
           m.Func(m.Type({kI32}, {}), {}, Code().Get(0).Call(0).End()));
  const CompiledModule module(m.Build());
  for (const uint64_t place : kPlaces) {
    if (place + 8 > kEnd) continue;
    Func* const host = machine_.store().NewHostFunc(
        &module.module().func_type(0),
        [](HostCall& call) {
          for (uint8_t& byte : call.memory()->Slice(call.arg32(0), 8)) {
            byte = 0x33;
          }
          return HostResult::kDone;
        },
        nullptr);
    Instance* instance = machine_.Instantiate(module, {AsImport(host)});
    EXPECT_EQ(machine_.Call(instance, "f", {place}).exit, Exit::kDone);
    EXPECT_EQ(instance->memory->base()[place], 0x33);
    ExpectNothingStays(absl::StrCat(place));
  }
}

// A memory that was large is handed out as a smaller one: what may be written
// there is no more than its size.
TEST_F(WrittenTest, NothingBeyondASmallerMemory) {
  const auto module = [](uint32_t pages, uint32_t place) {
    ModuleBuilder m;
    m.Memory({pages, 64});
    Code code;
    code.I32(static_cast<int32_t>(place)).I32(1).Mem(Op::kI32Store8, 0, 0);
    m.Export("f", ExternKind::kFunc, m.Func(m.Type({}, {}), {}, code.End()));
    return m.Build();
  };
  const CompiledModule large(module(8, 8 * kPageSizeBytes - 1));
  EXPECT_EQ(machine_.Call(machine_.Instantiate(large), "f").exit, Exit::kDone);
  machine_.store().Clear();
  for (const uint32_t place : {65536u, 65537u, 300000u, 524287u}) {
    const CompiledModule small(module(1, place));
    EXPECT_EQ(machine_.Call(machine_.Instantiate(small), "f"),
              testing::Trapped(Trap::kOutOfBoundsMemoryAccess))
        << place;
    machine_.store().Clear();
  }
}

}  // namespace
}  // namespace ashlar::interp
