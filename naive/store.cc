#include "naive/store.h"

#include <algorithm>
#include <utility>

#include "naive/machine.h"
#include "naive/numeric.h"

namespace ashlar::naive {
namespace {

using interp::Trap;

constexpr uint64_t kPageSize = 65536;
constexpr char kIncompatible[] = "incompatible import type";

// Import matching (spec 2.0, 4.5.3): `size` is the present one.
bool LimitsMatch(uint64_t size, const Limits& actual, const Limits& wanted) {
  if (size < wanted.min) return false;
  if (!wanted.has_max) return true;
  return actual.has_max && actual.max <= wanted.max;
}

bool Fits(uint64_t offset, uint64_t count, uint64_t size) {
  return offset + count <= size;
}

}  // namespace

bool Instance::FindExport(absl::string_view name, Kind kind,
                          Extern* out) const {
  for (const Export& e : module_->exports) {
    if (e.kind != kind || absl::string_view(e.name) != name) continue;
    out->kind = kind;
    switch (kind) {
      case Kind::kFunc:
        out->func = functions_[e.index];
        break;
      case Kind::kTable:
        out->table = tables_[e.index];
        break;
      case Kind::kMemory:
        out->memory = memories_[e.index];
        break;
      case Kind::kGlobal:
        out->global = globals_[e.index];
        break;
    }
    return true;
  }
  return false;
}

Func* Store::NewHostFunc(FuncType type, HostFunction host) {
  funcs_.push_back(std::make_unique<Func>());
  funcs_.back()->type = std::move(type);
  funcs_.back()->host = std::move(host);
  return funcs_.back().get();
}

Memory* Store::NewMemory(Limits limits) {
  memories_.push_back(std::make_unique<Memory>());
  memories_.back()->bytes.resize(limits.min * kPageSize);
  memories_.back()->limits = limits;
  return memories_.back().get();
}

Table* Store::NewTable(TableType type, uint64_t init) {
  tables_.push_back(std::make_unique<Table>());
  tables_.back()->elements.assign(type.limits.min, init);
  tables_.back()->type = type;
  return tables_.back().get();
}

Cell* Store::NewGlobal(GlobalType type, uint64_t value) {
  globals_.push_back(std::make_unique<Cell>(Cell{value, type}));
  return globals_.back().get();
}

std::string Store::Link(const Resolver& resolver, Instance* instance) {
  const Module& module = instance->module();
  for (const Import& import : module.imports) {
    Extern e;
    if (!resolver(import, &e)) return "unknown import";
    if (e.kind != import.kind) return kIncompatible;
    switch (import.kind) {
      case Kind::kFunc:
        if (e.func->type != module.types[module.functions[import.index]]) {
          return kIncompatible;
        }
        instance->functions_.push_back(e.func);
        break;
      case Kind::kTable: {
        const TableType& wanted = module.tables[import.index];
        if (e.table->type.element != wanted.element ||
            !LimitsMatch(e.table->elements.size(), e.table->type.limits,
                         wanted.limits)) {
          return kIncompatible;
        }
        instance->tables_.push_back(e.table);
        break;
      }
      case Kind::kMemory:
        if (!LimitsMatch(e.memory->bytes.size() / kPageSize, e.memory->limits,
                         module.memories[import.index])) {
          return kIncompatible;
        }
        instance->memories_.push_back(e.memory);
        break;
      case Kind::kGlobal: {
        const GlobalType& wanted = module.globals[import.index].type;
        if (e.global->type.type != wanted.type ||
            e.global->type.is_mutable != wanted.is_mutable) {
          return kIncompatible;
        }
        instance->globals_.push_back(e.global);
        break;
      }
    }
  }
  return "";
}

uint64_t Store::Evaluate(const Instance& instance, size_t pos) const {
  std::vector<uint64_t> stack;
  for (;;) {
    const Instr instr = DecodeInstr(instance.module(), pos);
    switch (instr.op) {
      case Op::kEnd:
        return stack.back();
      case Op::kGlobalGet:
        stack.push_back(instance.globals_[instr.a]->value);
        break;
      case Op::kRefFunc:
        stack.push_back(
            reinterpret_cast<uint64_t>(instance.functions_[instr.a]));
        break;
      case Op::kRefNull:
        stack.push_back(0);
        break;
      default:
        if (IsNumeric(instr.op)) {
          RunNumeric(instr.op, &stack);
        } else {
          stack.push_back(instr.value);
        }
    }
    pos = instr.next;
  }
}

// Active segments in order, elements first (spec 2.0, 4.5.4): what was copied
// before one that does not fit stays.
Trap Store::CopySegments(Instance* instance) {
  const Module& module = instance->module();
  for (size_t i = 0; i < module.elements.size(); ++i) {
    const ElementSegment& segment = module.elements[i];
    if (segment.is_active) {
      const uint64_t offset =
          static_cast<uint32_t>(Evaluate(*instance, segment.offset));
      const std::vector<uint64_t>& refs = instance->elements_[i];
      std::vector<uint64_t>& to = instance->tables_[segment.table]->elements;
      if (!Fits(offset, refs.size(), to.size())) {
        return Trap::kOutOfBoundsTableAccess;
      }
      std::copy(refs.begin(), refs.end(), to.begin() + offset);
    }
    if (segment.is_active || segment.is_declarative) {
      instance->elements_[i].clear();
    }
  }
  for (size_t i = 0; i < module.data.size(); ++i) {
    const DataSegment& segment = module.data[i];
    if (!segment.is_active) continue;
    const uint64_t offset =
        static_cast<uint32_t>(Evaluate(*instance, segment.offset));
    std::vector<uint8_t>& to = instance->memories_[segment.memory]->bytes;
    if (!Fits(offset, segment.bytes.size(), to.size())) {
      return Trap::kOutOfBoundsMemoryAccess;
    }
    std::copy(segment.bytes.begin(), segment.bytes.end(), to.begin() + offset);
    instance->data_[i].clear();
  }
  return Trap::kNone;
}

InstantiateResult Store::Instantiate(std::vector<uint8_t> bytes,
                                     const Resolver& resolver) {
  return Instantiate(std::make_shared<const Module>(Decode(std::move(bytes))),
                     resolver);
}

InstantiateResult Store::Instantiate(std::shared_ptr<const Module> decoded,
                                     const Resolver& resolver) {
  InstantiateResult result;
  instances_.push_back(std::make_unique<Instance>());
  Instance* instance = instances_.back().get();
  instance->module_ = std::move(decoded);
  const Module& module = instance->module();
  result.link_error = Link(resolver, instance);
  if (!result.link_error.empty()) return result;

  for (size_t i = module.imported[0]; i < module.functions.size(); ++i) {
    Func* func = NewHostFunc(module.types[module.functions[i]], nullptr);
    func->instance = instance;
    func->index = static_cast<uint32_t>(i - module.imported[0]);
    instance->functions_.push_back(func);
  }
  for (size_t i = module.imported[1]; i < module.tables.size(); ++i) {
    instance->tables_.push_back(NewTable(module.tables[i], 0));
  }
  for (size_t i = module.imported[2]; i < module.memories.size(); ++i) {
    instance->memories_.push_back(NewMemory(module.memories[i]));
  }
  for (size_t i = module.imported[3]; i < module.globals.size(); ++i) {
    const Global& global = module.globals[i];
    instance->globals_.push_back(
        NewGlobal(global.type, Evaluate(*instance, global.init)));
  }
  for (const ElementSegment& segment : module.elements) {
    std::vector<uint64_t>& refs = instance->elements_.emplace_back();
    for (uint32_t f : segment.functions) {
      refs.push_back(reinterpret_cast<uint64_t>(instance->functions_[f]));
    }
    for (size_t pos : segment.expressions) {
      refs.push_back(Evaluate(*instance, pos));
    }
  }
  for (const DataSegment& segment : module.data) {
    instance->data_.push_back(segment.bytes);
  }
  instance->infos_.resize(module.bodies.size());
  result.trap = CopySegments(instance);
  if (result.trap == Trap::kNone) result.instance = instance;
  return result;
}

Result Store::Invoke(Func* func, std::vector<uint64_t> args,
                     uint64_t fuel_limit) {
  return Machine(config_, fuel_limit).Run(func, std::move(args));
}

Result Store::Invoke(const Instance& instance, absl::string_view name,
                     std::vector<uint64_t> args, uint64_t fuel_limit) {
  Extern e;
  instance.FindExport(name, Kind::kFunc, &e);
  return Invoke(e.func, std::move(args), fuel_limit);
}

}  // namespace ashlar::naive
