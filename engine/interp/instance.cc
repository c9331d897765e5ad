#include "engine/interp/instance.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/wasm/const_expr.h"

namespace ashlar::interp {
namespace {

using wasm::ExternKind;

bool LimitsMatch(uint64_t size, uint32_t max, bool has_max,
                 const wasm::Limits& wanted) {
  if (size < wanted.min) return false;
  return !wanted.has_max || (has_max && max <= wanted.max);
}

// Spec 2.0, 3.4.10 "Import Subtyping", against what is there now.
bool Matches(const Extern& given, const wasm::Module& module,
             const wasm::Import& import) {
  if (given.kind != import.kind) return false;
  switch (import.kind) {
    case ExternKind::kFunc:
      return wasm::SameType(*given.func->type, module.func_type(import.index));
    case ExternKind::kTable: {
      const wasm::TableType& wanted = module.tables[import.index];
      const wasm::TableType& is = given.table->type;
      return is.element == wanted.element &&
             LimitsMatch(given.table->elements.size(), is.limits.max,
                         is.limits.has_max, wanted.limits);
    }
    case ExternKind::kMemory: {
      const uint32_t max = given.memory->declared_max();
      return LimitsMatch(given.memory->pages(), max, max != UINT32_MAX,
                         module.memories[import.index].limits);
    }
    case ExternKind::kGlobal: {
      const wasm::GlobalType& wanted = module.globals[import.index].type;
      const wasm::GlobalType& is = given.global->type;
      return is.type == wanted.type && is.is_mutable == wanted.is_mutable;
    }
  }
  return false;
}

bool IsThere(const Extern& e) {
  switch (e.kind) {
    case ExternKind::kFunc:
      return e.func != nullptr;
    case ExternKind::kTable:
      return e.table != nullptr;
    case ExternKind::kMemory:
      return e.memory != nullptr;
    case ExternKind::kGlobal:
      return e.global != nullptr;
  }
  return false;
}

uint64_t Evaluate(const Instance& instance, const wasm::ConstExpr& expr) {
  switch (expr.kind) {
    case wasm::ConstExpr::Kind::kValue:
      return expr.bits;
    case wasm::ConstExpr::Kind::kRefNull:
      return 0;
    case wasm::ConstExpr::Kind::kGlobalGet:
      return instance.globals[expr.index]->value;
    case wasm::ConstExpr::Kind::kRefFunc:
      return reinterpret_cast<uint64_t>(&instance.functions[expr.index]);
    case wasm::ConstExpr::Kind::kExtended:
      break;
  }
  return wasm::EvaluateConstExpr(
      expr, [&](uint32_t global) { return instance.globals[global]->value; },
      [&](uint32_t function) {
        return reinterpret_cast<uint64_t>(&instance.functions[function]);
      });
}

// Binds one import; false: it does not match.
bool Bind(const Extern& given, const wasm::Import& import, Instance* instance) {
  if (!Matches(given, *instance->module, import)) return false;
  switch (import.kind) {
    case ExternKind::kFunc: {
      // A copy; its code is this module's stub, so that direct calls find it
      // by index. References to it go to the owner's code all the same.
      instance->funcs[import.index] = *given.func;
      if (given.func->host != nullptr) {
        instance->funcs[import.index].index = import.index;
      }
      break;
    }
    case ExternKind::kTable:
      instance->table_pointers[import.index] = given.table;
      break;
    case ExternKind::kMemory:
      instance->memory = given.memory;
      break;
    case ExternKind::kGlobal:
      instance->global_pointers[import.index] = given.global;
      break;
  }
  return true;
}

void BindFunctions(Instance* instance) {
  const wasm::Module& module = *instance->module;
  const uint32_t count = static_cast<uint32_t>(module.functions.size());
  for (uint32_t i = module.imported_functions; i < count; ++i) {
    Func& f = instance->funcs[i];
    f.type = &module.func_type(i);
    f.entry = instance->code->functions[i].entry;
    f.type_id = f.type->canonical_id;
    f.index = i;
    f.instance = instance;
  }
}

// References of all items of a segment, in order.
void EvaluateElements(const Instance& instance,
                      const wasm::ElementSegment& segment, uint64_t* to) {
  wasm::ElementItems items(segment);
  wasm::ConstExpr item;
  while (items.Next(&item)) *to++ = Evaluate(instance, item);
}

void MakePassiveElements(Instance* instance) {
  const wasm::Module& module = *instance->module;
  for (size_t i = 0; i < module.elements.size(); ++i) {
    const wasm::ElementSegment& segment = module.elements[i];
    if (segment.mode != wasm::SegmentMode::kPassive) continue;
    instance->passive_elements.resize(module.elements.size());
    instance->passive_elements[i].resize(segment.count);
    EvaluateElements(*instance, segment, instance->passive_elements[i].data());
  }
}

Trap CopyActiveElements(Instance* instance) {
  const wasm::Module& module = *instance->module;
  for (uint32_t i = 0; i < module.elements.size(); ++i) {
    const wasm::ElementSegment& segment = module.elements[i];
    if (segment.mode == wasm::SegmentMode::kPassive) continue;
    if (segment.mode == wasm::SegmentMode::kActive) {
      Table* table = instance->tables[segment.table];
      const uint64_t at =
          static_cast<uint32_t>(Evaluate(*instance, segment.table_offset));
      if (at + segment.count > table->elements.size()) {
        return Trap::kOutOfBoundsTableAccess;
      }
      EvaluateElements(*instance, segment, table->elements.data() + at);
    }
    instance->dropped_elements[i] = 1;
  }
  return Trap::kNone;
}

Trap CopyActiveData(Instance* instance) {
  const wasm::Module& module = *instance->module;
  for (uint32_t i = 0; i < module.data.size(); ++i) {
    const wasm::DataSegment& segment = module.data[i];
    if (segment.mode != wasm::SegmentMode::kActive) continue;
    const uint64_t at =
        static_cast<uint32_t>(Evaluate(*instance, segment.memory_offset));
    if (!instance->memory->Contains(at, segment.bytes.size())) {
      return Trap::kOutOfBoundsMemoryAccess;
    }
    if (!segment.bytes.empty()) {
      std::memcpy(instance->memory->Slice(at, segment.bytes.size()).data(),
                  segment.bytes.data(), segment.bytes.size());
    }
    instance->dropped_data[i] = 1;
  }
  return Trap::kNone;
}

}  // namespace

bool Instance::FindExport(absl::string_view name, ExternKind kind,
                          Extern* out) {
  const wasm::Export* e = module->FindExport(name, kind);
  if (e == nullptr) return false;
  out->kind = kind;
  switch (kind) {
    case ExternKind::kFunc:
      out->func = &functions[e->index];
      break;
    case ExternKind::kTable:
      out->table = tables[e->index];
      break;
    case ExternKind::kMemory:
      out->memory = memory;
      break;
    case ExternKind::kGlobal:
      out->global = globals[e->index];
      break;
  }
  return true;
}

namespace {

// Empties it; what is larger than this is not worth keeping.
template <typename T>
void ClearVector(std::vector<T>* v) {
  constexpr size_t kKeptBytesMax = 256 * 1024;
  if (v->capacity() * sizeof(T) > kKeptBytesMax) *v = std::vector<T>();
  v->clear();
}

}  // namespace

void Table::Clear() {
  ClearVector(&elements);
  type = wasm::TableType();
  elements_max = UINT32_MAX;
}

void Instance::Clear() {
  Instance empty;
  empty.dropped_data.swap(dropped_data);
  empty.dropped_elements.swap(dropped_elements);
  empty.global_cells.swap(global_cells);
  empty.global_pointers.swap(global_pointers);
  empty.table_pointers.swap(table_pointers);
  empty.funcs.swap(funcs);
  ClearVector(&empty.dropped_data);
  ClearVector(&empty.dropped_elements);
  ClearVector(&empty.global_cells);
  ClearVector(&empty.global_pointers);
  ClearVector(&empty.table_pointers);
  ClearVector(&empty.funcs);
  *this = std::move(empty);
}

Store::~Store() { Clear(); }

void Store::Clear() {
  instances_.Clear();
  host_funcs_.Clear();
  tables_.Clear();
  globals_.Clear();
  while (!memories_.empty()) {
    pool_->Release(std::move(memories_.back()));
    memories_.pop_back();
  }
}

Func* Store::NewHostFunc(const wasm::FuncType* type, HostFunction host,
                         void* host_data) {
  Func* f = host_funcs_.New();
  f->type = type;
  f->host = host;
  f->host_data = host_data;
  return f;
}

Memory* Store::NewMemory(wasm::MemoryType type, uint32_t memory_pages_max) {
  const uint32_t max = std::min(memory_pages_max, type.limits.max);
  memories_.push_back(pool_->Acquire(type.limits.min, max, type.limits.max));
  return memories_.back().get();
}

Table* Store::NewTable(wasm::TableType type, uint64_t init) {
  Table* table = tables_.New();
  table->type = type;
  table->elements.assign(type.limits.min, init);
  table->elements_max = type.limits.max;
  return table;
}

GlobalCell* Store::NewGlobal(wasm::GlobalType type, uint64_t value) {
  GlobalCell* global = globals_.New();
  global->value = value;
  global->type = type;
  return global;
}

void Store::MakeTables(Instance* instance) {
  const wasm::Module& module = *instance->module;
  for (size_t i = module.imported_tables; i < module.tables.size(); ++i) {
    Table* table = NewTable(module.tables[i], 0);
    table->elements_max = std::min<uint64_t>(
        table->elements_max, instance->code->limits->table_elements_max);
    instance->table_pointers[i] = table;
  }
}

InstantiateError Store::Instantiate(const Code* code,
                                    absl::Span<const Extern> imports,
                                    uint32_t memory_pages_max,
                                    Instance** instance) {
  const wasm::Module& module = *code->module;
  InstantiateError error;
  Instance* in = instances_.New();
  in->code = code;
  in->module = &module;
  in->memory = Memory::Empty();
  in->funcs.resize(module.functions.size());
  in->table_pointers.resize(module.tables.size());
  in->global_pointers.resize(module.globals.size());
  in->global_cells.resize(module.globals.size() - module.imported_globals);
  in->dropped_data.assign(module.data.size(), 0);
  in->dropped_elements.assign(module.elements.size(), 0);
  in->functions = in->funcs.data();
  in->tables = in->table_pointers.data();
  in->globals = in->global_pointers.data();
  in->own_globals = in->global_cells.data();

  for (size_t i = 0; i < module.imports.size(); ++i) {
    const wasm::Import& import = module.imports[i];
    const bool there = i < imports.size() && IsThere(imports[i]);
    if (there && Bind(imports[i], import, in)) continue;
    error.link_error =
        absl::StrCat(there ? "incompatible import type" : "unknown import", " ",
                     import.module, ".", import.name);
    return error;
  }
  BindFunctions(in);
  if (module.memories.size() > module.imported_memories) {
    in->memory = NewMemory(module.memories.back(), memory_pages_max);
  }
  MakeTables(in);
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i) {
    GlobalCell& cell = in->global_cells[i - module.imported_globals];
    in->global_pointers[i] = &cell;
    cell.type = module.globals[i].type;
    cell.value = Evaluate(*in, module.globals[i].init);
  }
  MakePassiveElements(in);
  error.trap = CopyActiveElements(in);
  if (error.trap == Trap::kNone) error.trap = CopyActiveData(in);
  if (error.trap == Trap::kNone) *instance = in;
  return error;
}

}  // namespace ashlar::interp
