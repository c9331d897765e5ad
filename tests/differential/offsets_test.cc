// A place in a function's code is found without translating what stands far
// behind it, which must change no offset: each place alone against all of its
// function at once, for which the whole function is translated.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "engine/compile/test_machine.h"
#include "engine/interp/code.h"
#include "gtest/gtest.h"
#include "tests/differential/generator.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

namespace fs = std::filesystem;
using interp::CodePlace;

// Every eighth byte from a function's code on to the next one's, since
// instructions begin with one.
std::vector<CodePlace> PlacesOf(const interp::Code& code, uint32_t function) {
  const uint8_t* const end = function + 1 < code.functions.size()
                                 ? code.functions[function + 1].entry
                                 : code.arena.base() + code.code_size_bytes;
  std::vector<CodePlace> places;
  for (const uint8_t* pc = code.functions[function].entry; pc < end; pc += 8) {
    places.push_back({function, pc, 0});
  }
  return places;
}

void Find(const interp::Code& code, absl::Span<CodePlace> places,
          std::shared_ptr<void>* kept) {
  std::vector<CodePlace*> asked;
  for (CodePlace& place : places) asked.push_back(&place);
  code.find_offsets(code, absl::MakeSpan(asked), kept);
}

// Looks at up to `count_max` places of each function alone; answers how many
// of them are not of the function's last instruction.
int ExpectSameAlone(const interp::Code& code, size_t count_max) {
  std::shared_ptr<void> kept;
  int inner = 0;
  for (uint32_t f = code.module->imported_functions; f < code.functions.size();
       ++f) {
    const std::vector<CodePlace> unknown = PlacesOf(code, f);
    std::vector<CodePlace> all = unknown;
    Find(code, absl::MakeSpan(all), &kept);
    const size_t step = unknown.size() / count_max + 1;
    for (size_t i = f % step; i < unknown.size(); i += step) {
      CodePlace alone = unknown[i];
      Find(code, absl::MakeSpan(&alone, 1), &kept);
      EXPECT_EQ(alone.offset, all[i].offset)
          << "function " << f << ", byte " << 8 * i << " of its code";
      inner += alone.offset != all.back().offset;
    }
  }
  return inner;
}

TEST(OffsetsTest, OfGeneratedModules) {
  int inner = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const CompiledModule module(Generate(seed, 100).bytes);
    ASSERT_TRUE(module.ok()) << seed << ": " << module.error();
    inner += ExpectSameAlone(module.code(), 1000);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
  EXPECT_GT(inner, 10'000);
}

// What a search works in is kept for the next, but not what a body took that is
// far larger than contracts' are.
TEST(OffsetsTest, LargeRoomIsGivenBack) {
  for (int size : {1000, 250'000}) {
    Code body;
    body.I32(1);
    for (int i = 0; i < size; ++i) body.Op(Op::kI32Clz);
    ModuleBuilder m;
    m.Func(m.Type({}, {}), {}, body.Op(Op::kDrop).End());
    const CompiledModule module(m.Build());
    ASSERT_EQ(module.error(), "");
    std::shared_ptr<void> kept;
    CodePlace place = {0, module.code().functions[0].entry, 0};
    Find(module.code(), absl::MakeSpan(&place, 1), &kept);
    EXPECT_EQ(kept == nullptr, size == 250'000);
  }
}

TEST(OffsetsTest, OfRealContracts) {
  const char* const folder = std::getenv("ASHLAR_DATA");
  const fs::path contracts =
      fs::path(folder != nullptr && *folder != 0 ? folder : "../shared") /
      "contracts";
  if (!fs::is_directory(contracts)) {
    GTEST_SKIP() << "ASHLAR_DATA names no folder with contracts";
  }
  int modules = 0;
  for (const auto& entry : fs::recursive_directory_iterator(contracts)) {
    if (entry.path().extension() != ".wasm") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const CompiledModule module(
        std::vector<uint8_t>{std::istreambuf_iterator<char>(file), {}});
    if (!module.ok()) continue;
    ++modules;
    ExpectSameAlone(module.code(), 10);
    ASSERT_FALSE(HasFailure()) << entry.path();
  }
  EXPECT_GT(modules, 0);
}

}  // namespace
}  // namespace ashlar::testing
