// Runs loops that make many rounds at once, and the same loops that do not.
#ifndef ENGINE_COMPILE_TEST_LOOPS_H_
#define ENGINE_COMPILE_TEST_LOOPS_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/compile/test_machine.h"
#include "engine/compile/test_programs.h"
#include "engine/interp/code_text.h"
#include "engine/interp/instance.h"
#include "gtest/gtest.h"

namespace ashlar::testing {

using Values = std::vector<uint64_t>;

// Two functions that make the same loop, of which only the first makes many
// rounds at once, by the operation named.
class LoopPair {
 public:
  LoopPair(Functions* functions, const Code& fast, const Code& slow,
           absl::string_view operation, const std::vector<ValType>& locals = {})
      : fast_(functions->Add(locals, fast)),
        slow_(functions->Add(locals, slow)),
        module_(functions->Build()) {
    EXPECT_EQ(module_.error(), "");
    EXPECT_TRUE(Has(0, operation)) << operation;
    EXPECT_FALSE(Has(1, operation)) << operation;
    instance_ = machine_.Instantiate(module_);
    want_.resize(Memory().size());
    for (uint64_t i = 0; i < want_.size(); ++i) {
      before_.push_back(static_cast<uint8_t>(i * 7 + i / 256));
    }
  }

  // Both leave the same behind, whatever fuel there is.
  void ExpectSame(const Values& args, absl::Span<const uint64_t> fuels) {
    for (const uint64_t fuel : fuels) ExpectSame(args, fuel);
  }
  // Answers the fuel used.
  uint64_t ExpectSame(const Values& args, uint64_t fuel) {
    const Left want = Run(slow_, args, fuel);
    const absl::Span<uint8_t> memory = Memory();
    std::memcpy(want_.data(), memory.data(), memory.size());
    const Left got = Run(fast_, args, fuel);
    EXPECT_EQ(got.ending, want.ending) << fuel;
    EXPECT_EQ(got.ending.fuel_used, want.ending.fuel_used) << fuel;
    EXPECT_EQ(got.params, want.params) << fuel;
    EXPECT_EQ(std::memcmp(want_.data(), memory.data(), memory.size()), 0)
        << fuel;
    return want.ending.fuel_used;
  }

 private:
  // How a loop ended, and the parameters where the function did not return.
  struct Left {
    Ending ending;
    Values params;
  };

  absl::Span<uint8_t> Memory() {
    return instance_->memory->Slice(0, instance_->memory->size_bytes());
  }

  Left Run(const std::string& name, const Values& args, uint64_t fuel) {
    std::memcpy(Memory().data(), before_.data(), before_.size());
    Left left;
    left.ending = machine_.Call(instance_, name, args, fuel);
    if (!left.ending.trace.empty()) {
      const uint64_t* const end = left.ending.trace[0].slots - 2;
      left.params.assign(end - args.size(), end);
    }
    return left;
  }

  bool Has(uint32_t function, absl::string_view operation) const {
    return absl::StrContains(interp::CodeText(module_.code(), function),
                             operation);
  }

  const std::string fast_;
  const std::string slow_;
  const CompiledModule module_;
  Machine machine_ = Machine(1000);
  interp::Instance* instance_ = nullptr;
  std::vector<uint8_t> before_;  // what memory holds before each run
  std::vector<uint8_t> want_;    // and what behind the single rounds
};

}  // namespace ashlar::testing

#endif  // ENGINE_COMPILE_TEST_LOOPS_H_
