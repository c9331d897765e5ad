// Rows of calibration that are modules and instances.

#include <string>

#include "absl/strings/str_cat.h"
#include "bench/calibrate/rows.h"
#include "bench/calibrate/workload.h"

namespace ashlar::bench {
namespace {

// Steps of a size, so that one step is enough work to be timed.
constexpr uint32_t kFunctions = 64;
constexpr uint32_t kElements = 4096;
constexpr uint32_t kSegmentBytes = 65536;

std::string Repeat(absl::string_view text, uint32_t times) {
  std::string all;
  for (uint32_t i = 0; i < times; ++i) absl::StrAppend(&all, text, "\n");
  return all;
}

// A function as compilers write them: locals, memory, a loop, calls.
constexpr char kFunction[] = R"((func (param i32 i32) (result i32) (local i32)
  (local.set 2 (i32.const 16))
  (block
    (loop
      (br_if 1 (i32.eqz (local.get 2)))
      (i32.store offset=8
        (i32.add (local.get 0) (local.get 2))
        (i32.xor (i32.load offset=16 (local.get 1))
          (i32.mul (local.get 2) (i32.const 1234567))))
      (if (i32.gt_u (local.get 0) (i32.const 40000))
        (then (return (i32.const -1)))
        (else (local.set 0 (i32.add (local.get 0) (i32.const 4)))))
      (local.set 2 (i32.sub (local.get 2) (i32.const 1)))
      (br 0)))
  (drop (call 0 (local.get 1) (local.get 0)))
  (i32.add (local.get 0) (local.get 1)))
)";

uint32_t SizeOf(absl::string_view one, absl::string_view two) {
  return static_cast<uint32_t>(Assemble(two).size() - Assemble(one).size());
}

// Modules of n x `step` units that `module` makes; a row of one unit.
Row ModuleRow(absl::string_view name, uint32_t step, uint32_t count_max,
              std::string (*module)(uint32_t)) {
  return {std::string(name), 1.0 / step,
          [=] {
            return NewModuleWorkload(
                [=](uint32_t n) { return Assemble(module(n * step)); });
          },
          nullptr, count_max};
}

std::string Functions(uint32_t n) {
  return absl::StrCat("(module (memory 1)", Repeat(kFunction, n), ")");
}
std::string Pages(uint32_t n) {
  return absl::StrCat("(module (memory ", n, "))");
}
std::string Elements(uint32_t n) {
  return absl::StrCat("(module (table ", n, " funcref))");
}
std::string Segment(uint32_t n) {
  return absl::StrCat("(module (memory 32) (data (i32.const 0) \"",
                      std::string(n, 'x'), "\"))");
}

}  // namespace

void AddModuleRows(std::vector<Row>* rows) {
  const uint32_t function_bytes = SizeOf(Functions(1000), Functions(1001));
  // The smallest module: what compiling costs before the first function. Its
  // instance is in it, as instantiate_base is in its fuel.
  rows->push_back(
      {"compile_base", 1,
       [] { return NewRepeatedModuleWorkload(Assemble("(module)")); },
       nullptr});
  rows->push_back(ModuleRow("compile_byte", kFunctions, 64, Functions));
  rows->back().scale = 1.0 / (kFunctions * function_bytes);
  rows->push_back(ModuleRow("instantiate_page", 64, 8, Pages));
  rows->push_back(
      ModuleRow("segment_bytes_per_fuel", kSegmentBytes, 16, Segment));
  rows->push_back(ModuleRow("instantiate_item", kElements, 512, Elements));
}

}  // namespace ashlar::bench
