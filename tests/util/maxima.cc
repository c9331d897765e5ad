#include "tests/util/maxima.h"

#include <algorithm>

#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

using Bytes = std::vector<uint8_t>;
using Types = ModuleBuilder::Types;

constexpr ValType kI32 = ValType::kI32;
constexpr ValType kI64 = ValType::kI64;
constexpr uint64_t kPageSizeBytes = 65536;

// Adds f: params -> results and builds.
Bytes Finish(ModuleBuilder* m, Types params, Types results, Types locals,
             const Code& code) {
  const uint32_t f = m->Func(m->Type(std::move(params), std::move(results)),
                             std::move(locals), Code(code).End());
  m->Export("f", ExternKind::kFunc, f);
  return m->Build();
}

// Selects the last label.
Maximum BranchTable(const base::Limits& limits) {
  const uint32_t n = limits.br_table_targets_max;
  std::vector<uint32_t> labels(n, 1);
  labels.back() = 0;
  Code code;
  code.Block().Block().Get(0).BrTable(labels, 1).End();
  code.I32(7).Return().End().I32(9);
  ModuleBuilder m;
  return {"br_table_targets_max",
          Finish(&m, {kI32}, {kI32}, {}, code),
          {n - 1},
          {7}};
}

// Sums all parameters, which are their own numbers.
Maximum Parameters(const base::Limits& limits) {
  const uint32_t n = limits.function_params_max;
  ModuleBuilder m;
  Code sum;
  sum.I64(0);
  for (uint32_t i = 0; i < n; ++i) sum.Get(i).Op(Op::kI64Add);
  const uint32_t callee = m.Func(m.Type(Types(n, kI64), {kI64}), {}, sum.End());
  Code code;
  for (uint32_t i = 0; i < n; ++i) code.I64(i);
  return {"function_params_max",
          Finish(&m, {}, {kI64}, {}, code.Call(callee)),
          {},
          {uint64_t{n} * (n - 1) / 2}};
}

Maximum Results(const base::Limits& limits) {
  const uint32_t n = limits.function_results_max;
  ModuleBuilder m;
  Code all;
  std::vector<uint64_t> results;
  for (uint32_t i = 0; i < n; ++i) {
    all.I64(i + 5);
    results.push_back(i + 5);
  }
  const Types types(n, kI64);
  const uint32_t callee = m.Func(m.Type({}, types), {}, all.End());
  return {"function_results_max",
          Finish(&m, {}, types, {}, Code().Call(callee)),
          {},
          results};
}

// Of a frame: two links, one operand, and locals as many as there may be.
Maximum Locals(const base::Limits& limits) {
  const uint32_t n =
      std::min(limits.function_locals_max, limits.frame_slots_max - 3);
  ModuleBuilder m;
  return {"function_locals_max",
          Finish(&m, {}, {kI64}, Types(n, kI64),
                 Code().I64(-3).Set(n - 1).Get(n - 1)),
          {},
          {~uint64_t{2}}};
}

// From the innermost block behind the outermost.
Maximum Nesting(const base::Limits& limits) {
  const uint32_t n = limits.nesting_max;
  Code code;
  for (uint32_t i = 0; i < n; ++i) code.Block();
  code.Get(0).BrIf(n - 1).Op(Op::kUnreachable);
  for (uint32_t i = 0; i < n; ++i) code.End();
  ModuleBuilder m;
  return {
      "nesting_max", Finish(&m, {kI32}, {kI32}, {}, code.I32(11)), {1}, {11}};
}

Maximum Globals(const base::Limits& limits) {
  const uint32_t n = limits.globals_max;
  ModuleBuilder m;
  for (uint32_t i = 0; i < n; ++i) {
    m.Global(kI32, true, Code().I32(static_cast<int32_t>(i % 64)).End());
  }
  const uint32_t last = n - 1;
  Code code;
  code.Op(Op::kGlobalGet, last).I32(100).Op(Op::kI32Add);
  code.Op(Op::kGlobalSet, last).Op(Op::kGlobalGet, last);
  return {
      "globals_max", Finish(&m, {}, {kI32}, {}, code), {}, {100 + last % 64}};
}

// Calls the last but one, which is far from f's own code.
Maximum Functions(const base::Limits& limits) {
  const uint32_t n = limits.functions_max;
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {kI32});
  for (uint32_t i = 0; i + 1 < n; ++i) {
    m.Func(type, {}, Code().I32(static_cast<int32_t>(i % 64)).End());
  }
  return {
      "functions_max",
      Finish(&m, {}, {kI32}, {}, Code().Call(0).Call(n - 2).Op(Op::kI32Sub)),
      {},
      {static_cast<uint32_t>(0 - (n - 2) % 64)}};
}

// Calls through the last element.
Maximum Elements(const base::Limits& limits) {
  const uint32_t n = limits.table_elements_max;
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {kI32});
  const uint32_t functions[] = {m.Func(type, {}, Code().I32(13).End())};
  m.Table(ValType::kFuncRef, {n, n});
  const auto last = static_cast<int32_t>(n - 1);
  m.ActiveElements(Code().I32(last).End(), functions);
  return {"table_elements_max",
          Finish(&m, {kI32}, {kI32}, {}, Code().Get(0).CallIndirect(type)),
          {n - 1},
          {13}};
}

// Grows to all pages, writes the last byte and reads the last word.
Maximum Pages(const base::Limits& limits) {
  const uint32_t n = limits.memory_pages_max;
  ModuleBuilder m;
  m.Memory({1, n});
  const auto end = static_cast<uint32_t>(n * kPageSizeBytes);
  Code code;
  code.I32(static_cast<int32_t>(n - 1)).MemoryGrow().Op(Op::kDrop);
  code.I32(static_cast<int32_t>(end - 1)).I32(0x5a).Mem(Op::kI32Store8, 0, 0);
  code.I32(static_cast<int32_t>(end - 8)).Mem(Op::kI64Load, 0, 0);
  return {"memory_pages_max",
          Finish(&m, {}, {kI64}, {}, code),
          {},
          {uint64_t{0x5a} << 56}};
}

// The last segment is the only one that is used.
Maximum DataSegments(const base::Limits& limits) {
  const uint32_t n = limits.data_segments_max;
  ModuleBuilder m;
  m.Memory({1, 1});
  const uint8_t byte[] = {0x77};
  for (uint32_t i = 0; i < n; ++i) m.PassiveData(byte);
  m.DataCount();
  Code code;
  code.I32(3).I32(0).I32(1).MemoryInit(n - 1);
  code.I32(0).Mem(Op::kI32Load, 0, 0);
  return {"data_segments_max",
          Finish(&m, {}, {kI32}, {}, code),
          {},
          {uint64_t{0x77} << 24}};
}

Maximum ElementSegments(const base::Limits& limits) {
  const uint32_t n = limits.element_segments_max;
  ModuleBuilder m;
  const uint32_t type = m.Type({}, {kI32});
  const uint32_t functions[] = {m.Func(type, {}, Code().I32(17).End())};
  m.Table(ValType::kFuncRef, {1, 1});
  for (uint32_t i = 0; i < n; ++i) m.PassiveElements(functions);
  Code code;
  code.I32(0).I32(0).I32(1).Op(Op::kTableInit, n - 1, 0);
  return {"element_segments_max",
          Finish(&m, {}, {kI32}, {}, code.I32(0).CallIndirect(type)),
          {},
          {17}};
}

// All nop, but for a constant at the end.
Maximum Body(const base::Limits& limits) {
  Bytes body(limits.body_size_bytes_max, static_cast<uint8_t>(Op::kNop));
  body[0] = 0;  // groups of locals
  const Bytes end = Code().I32(19).End().bytes();
  std::copy(end.begin(), end.end(),
            body.end() - static_cast<ptrdiff_t>(end.size()));
  ModuleBuilder m;
  m.Export("f", ExternKind::kFunc, m.RawBody(m.Type({}, {kI32}), body));
  return {"body_size_bytes_max", m.Build(), {}, {19}};
}

// f(n) calls itself n times. A call begins 3 slots above its caller's base
// (a parameter and two links), and needs 5: those, and two operands.
Maximum Stack(const base::Limits& limits) {
  Code code;
  code.Get(0).If(kI32).Get(0).I32(1).Op(Op::kI32Sub).Call(0);
  code.Else().I32(23).End();
  ModuleBuilder m;
  return {"stack_slots_max",
          Finish(&m, {kI32}, {kI32}, {}, code),
          {(limits.stack_slots_max - 5) / 3},
          {23}};
}

}  // namespace

std::vector<Maximum> Maxima(const base::Limits& limits) {
  return {BranchTable(limits),  Parameters(limits),      Results(limits),
          Locals(limits),       Nesting(limits),         Globals(limits),
          Functions(limits),    Elements(limits),        Pages(limits),
          DataSegments(limits), ElementSegments(limits), Body(limits),
          Stack(limits)};
}

}  // namespace ashlar::testing
