#include "cli/spectest.h"

#include <bit>

#include "engine/interp/execution.h"

namespace ashlar::cli {
namespace {

using interp::Extern;
using wasm::ExternKind;
using wasm::ValType;

constexpr ValType kI32[] = {ValType::kI32};
constexpr ValType kI64[] = {ValType::kI64};
constexpr ValType kF32[] = {ValType::kF32};
constexpr ValType kF64[] = {ValType::kF64};
constexpr ValType kI32F32[] = {ValType::kI32, ValType::kF32};
constexpr ValType kF64F64[] = {ValType::kF64, ValType::kF64};

template <size_t n>
constexpr wasm::FuncType Taking(const ValType (&params)[n]) {
  wasm::FuncType type;
  type.params_data = params;
  type.param_count = n;
  return type;
}

struct Print {
  absl::string_view name;
  wasm::FuncType type;
};
constexpr Print kPrints[] = {
    {"print", {}},
    {"print_i32", Taking(kI32)},
    {"print_i64", Taking(kI64)},
    {"print_f32", Taking(kF32)},
    {"print_f64", Taking(kF64)},
    {"print_i32_f32", Taking(kI32F32)},
    {"print_f64_f64", Taking(kF64F64)},
};

struct Constant {
  absl::string_view name;
  ValType type;
  uint64_t bits;
};
constexpr Constant kConstants[] = {
    {"global_i32", ValType::kI32, 666},
    {"global_i64", ValType::kI64, 666},
    {"global_f32", ValType::kF32, std::bit_cast<uint32_t>(666.6f)},
    {"global_f64", ValType::kF64, std::bit_cast<uint64_t>(666.6)},
};

// What is printed is no part of any expectation, and a test's output should
// not drown in it.
interp::HostResult PrintNothing(interp::HostCall&) {
  return interp::HostResult::kDone;
}

}  // namespace

Spectest::Spectest(interp::Store* store, uint32_t memory_pages_max) {
  for (const Print& print : kPrints) {
    exports_[print.name] = {
        .kind = ExternKind::kFunc,
        .func = store->NewHostFunc(&print.type, &PrintNothing, nullptr)};
  }
  for (const Constant& constant : kConstants) {
    exports_[constant.name] = {
        .kind = ExternKind::kGlobal,
        .global = store->NewGlobal({constant.type, false}, constant.bits)};
  }
  exports_["table"] = {
      .kind = ExternKind::kTable,
      .table = store->NewTable({ValType::kFuncRef, {10, 20, true}}, 0)};
  exports_["memory"] = {
      .kind = ExternKind::kMemory,
      .memory = store->NewMemory({{1, 2, true}}, memory_pages_max)};
}

const Extern* Spectest::Find(absl::string_view name) const {
  const auto it = exports_.find(name);
  return it == exports_.end() ? nullptr : &it->second;
}

}  // namespace ashlar::cli
