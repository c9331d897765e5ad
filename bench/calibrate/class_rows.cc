// Rows of calibration that are wasm alone: cost classes and the units that
// price instructions.

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/calibrate/rows.h"
#include "bench/calibrate/workload.h"

namespace ashlar::bench {
namespace {

// How often a pattern stands in its loop, so that the loop is little of it.
constexpr int kUnroll = 64;

constexpr char kHead[] = R"((module
  (import "env" "host" (func $host))
  (memory 1 65536)
  (table $t 64 10000000 funcref)
  (elem (table $t) (i32.const 0) func $leaf)
  (global $g (mut i32) (i32.const 0))
  (type $leaf_type (func))
  (func $leaf (type $leaf_type))
)";

std::string Repeat(absl::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) absl::StrAppend(&all, text, "\n");
  return all;
}

// `run` does `pattern` kUnroll times in each of its rounds. `rest` holds
// further functions.
std::unique_ptr<Workload> Loop(absl::string_view pattern,
                               absl::string_view rest = "",
                               int unroll = kUnroll) {
  return NewExportWorkload(Assemble(
      absl::StrCat(kHead, rest,
                   R"((func (export "run") (param $n i32)
    (local $a i32) (local $b i32) (local $c i32) (local $x i64) (local $f f64)
    (local.set $b (i32.const 3)) (local.set $a (i32.const 123456789))
    (local.set $c (i32.const 1)) (local.set $f (f64.const 1.5))
    (loop $again
)",
                   Repeat(pattern, unroll),
                   R"((br_if $again (local.tee $n (i32.sub (local.get $n)
        (i32.const 1)))))))
)")));
}

Row ClassRow(absl::string_view name, std::string pattern, std::string rest) {
  return {std::string(name), 1.0 / kUnroll, [=] { return Loop(pattern, rest); },
          nullptr};
}

// The difference of two patterns, which is `units` units.
Row UnitRow(absl::string_view name, double units, std::string more,
            std::string less, std::string rest = "") {
  return {std::string(name), 1.0 / (units * kUnroll),
          [=] { return Loop(more, rest); }, [=] { return Loop(less, rest); }};
}

std::string Labels(int count) { return Repeat("0 ", count); }

}  // namespace

void AddClassRows(std::vector<Row>* rows) {
  const auto add = [&](absl::string_view name, absl::string_view pattern,
                       absl::string_view rest = "") {
    rows->push_back(ClassRow(name, std::string(pattern), std::string(rest)));
  };
  add("Parametric",
      "local.get $a local.get $b local.get $c select "
      "local.set $a");
  add("Const", "i32.const 77 local.set $a");
  add("Local", "local.get $b local.set $a");
  add("Alu", "local.get $a local.get $b i32.add local.set $a");
  add("Mul", "local.get $a local.get $b i32.mul local.set $a");
  add("Div", "local.get $a local.get $b i32.div_u local.set $c");
  add("Float", "local.get $f local.get $f f64.add local.set $f");
  add("FloatDiv", "local.get $f local.get $f f64.div local.set $f");
  add("Load", "local.get $c i32.load local.set $a");
  add("Store", "local.get $c local.get $b i32.store");
  add("GlobalGet", "global.get $g local.set $a");
  add("GlobalSet", "local.get $a global.set $g");
  add("Branch", "block local.get $a i32.eqz br_if 0 end");
  add("BranchTable", "block block local.get $c br_table 0 1 end end");
  add("Call", "call $leaf");
  add("CallIndirect", "i32.const 0 call_indirect (type $leaf_type)");
  add("MemorySize", "memory.size local.set $a");
  add("Grow", "i32.const 0 memory.grow local.set $a");
  add("Bulk", "local.get $c local.get $b local.get $c memory.fill");
  add("Table", "local.get $c local.get $c table.get $t table.set $t");
}

void AddInstructionUnitRows(std::vector<Row>* rows) {
  const std::string locals = absl::StrCat("(local ", Repeat("i64", 1024), ")");
  rows->push_back(UnitRow("locals_per_fuel", 1024.0 / 8, "call $wide",
                          "call $leaf",
                          absl::StrCat("(func $wide ", locals, ")")));
  rows->push_back(UnitRow(
      "call_parameter", 16,
      "local.get $a local.get $a local.get $a local.get $a local.get $a "
      "local.get $a local.get $a local.get $a local.get $a local.get $a "
      "local.get $a local.get $a local.get $a local.get $a local.get $a "
      "local.get $a call $take",
      "call $leaf",
      absl::StrCat("(func $take (param ", Repeat("i32", 16), "))")));
  rows->push_back(
      UnitRow("branch_table_targets_per_fuel", 160 / 16,
              absl::StrCat("block local.get $b br_table ", Labels(161), " end"),
              "block local.get $b br_table 0 end"));
  rows->push_back(UnitRow("bulk_bytes_per_fuel", 65536 / 32,
                          "i32.const 0 i32.const 7 i32.const 65536 memory.fill",
                          "i32.const 0 i32.const 7 i32.const 0 memory.fill"));
  rows->push_back(
      UnitRow("table_elements_per_fuel", 64 / 4,
              "i32.const 0 ref.null func i32.const 64 table.fill $t",
              "i32.const 0 ref.null func i32.const 0 table.fill $t"));
  // A page costs when it is touched. Each run has a memory of its own.
  rows->push_back({"memory_grow_page", 1,
                   [] {
                     return NewGrowWorkload(Assemble(R"((module (memory 0 65536)
  (func (export "run") (param $n i32) (local $p i32)
    (drop (memory.grow (local.get $n)))
    (local.set $n (i32.mul (local.get $n) (i32.const 65536)))
    (loop $again
      (i32.store (local.get $p) (i32.const 1))
      (local.set $p (i32.add (local.get $p) (i32.const 4096)))
      (br_if $again (i32.lt_u (local.get $p) (local.get $n)))))))"));
                   },
                   nullptr, 256});
}

}  // namespace ashlar::bench
