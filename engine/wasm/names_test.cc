#include "engine/wasm/names.h"

#include <vector>

#include "engine/wasm/test_bytes.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

// Names of a module of three functions with this name section.
class Fixture {
 public:
  explicit Fixture(absl::string_view section)
      : bytes_(Hex(section)), names_(Parse()) {}
  const Names* operator->() const { return &names_; }

 private:
  Names Parse() {
    Module module;
    module.functions = {0, 0, 0};
    module.name_section = Exactly(bytes_);
    return Names(module);
  }
  std::vector<uint8_t> bytes_;
  Names names_;
};

TEST(NamesTest, FindsNames) {
  const Fixture names("00 {{'mod'}} 01 {02 00 {'a'} 02 {'cc'}} 02 {00}");
  EXPECT_EQ(names->module_name(), "mod");
  EXPECT_EQ(names->FunctionName(0), "a");
  EXPECT_EQ(names->FunctionName(1), "");
  EXPECT_EQ(names->FunctionName(2), "cc");
  EXPECT_EQ(names->FunctionName(3), "");
  EXPECT_EQ(names->FunctionName(UINT32_MAX), "");
}

TEST(NamesTest, NoSectionHasNoNames) {
  const Fixture names("");
  EXPECT_EQ(names->module_name(), "");
  EXPECT_EQ(names->FunctionName(0), "");
}

TEST(NamesTest, PassesOverForeignIndicesAndRepetitions) {
  const Fixture names(
      "01 {04 07 {'x'} ff ff ff ff 0f {'y'} 01 {'b'} 01 {'c'}}");
  EXPECT_EQ(names->FunctionName(1), "b");
  EXPECT_EQ(names->FunctionName(0), "");
}

TEST(NamesTest, AMalformedSectionHasNone) {
  const char* const kMalformed[] = {
      "00 {{'mod'}} 01 {02 00 {'a'} 02}",           // an entry is cut
      "00 {{'mod'}} 01 {01 00 {'a'}} 02",           // a subsection is cut
      "00 {{'mod'}} 01 {01 00 01 ff}",              // not UTF-8
      "00 {{'mod'}} 01 {01 00 {'a'}} 07 05 00",     // beyond the section
      "00 {{'mod'}} 01 {ff ff ff ff 0f 00 {'a'}}",  // too many
  };
  for (const char* section : kMalformed) {
    const Fixture names(section);
    EXPECT_EQ(names->module_name(), "") << section;
    EXPECT_EQ(names->FunctionName(0), "") << section;
  }
}

}  // namespace
}  // namespace ashlar::wasm
