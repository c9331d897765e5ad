#include "engine/machine_state.h"

#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/wasm/body.h"
#include "engine/wasm/module.h"
#include "engine/wasm/reader.h"
#include "engine/wasm/types.h"

namespace ashlar::engine {
namespace {

using wasm::ValType;

uint64_t FunctionReference(uint64_t cell, const interp::Instance& instance) {
  if (cell == 0) return 0;
  const auto* func = reinterpret_cast<const interp::Func*>(cell);
  return func->instance == &instance ? uint64_t{func->index} + 1 : UINT64_MAX;
}

void WriteValue(ValType type, uint64_t cell, const interp::Instance& instance,
                base::Writer* w) {
  switch (type) {
    case ValType::kI32:
    case ValType::kF32:
      w->U64(static_cast<uint32_t>(cell));
      return;
    case ValType::kI64:
    case ValType::kF64:
      w->U64(cell);
      return;
    case ValType::kFuncRef:
      w->U64(FunctionReference(cell, instance));
      return;
    case ValType::kExternRef:
      w->U64(cell == 0 ? 0 : 1);
      return;
  }
}

void WriteFrame(const interp::TraceFrame& frame, base::Writer* w) {
  const wasm::Module& module = *frame.instance->module;
  w->U32(frame.function);
  w->U32(frame.offset);
  const absl::Span<const ValType> params =
      module.func_type(frame.function).params();
  // Parameters stand below the two links, declared locals above them.
  const uint64_t* slot = frame.slots - 2 - params.size();
  for (const ValType type : params) {
    WriteValue(type, *slot++, *frame.instance, w);
  }
  slot = frame.slots;
  std::vector<wasm::LocalGroup> groups;
  const wasm::Body& body =
      module.bodies[frame.function - module.imported_functions];
  wasm::Reader reader(body.begin, body.end);
  CHECK(wasm::ReadLocals(&reader, &groups), "the body was validated");
  // Locals are zero before the first instruction, to which no branch leads.
  // Where its run could not be paid, their slots hold what was there before.
  const bool is_at_entry = frame.offset <= module.offset_of(reader.pos());
  for (const wasm::LocalGroup& group : groups) {
    for (uint32_t i = 0; i < group.count; ++i, ++slot) {
      WriteValue(group.type, is_at_entry ? 0 : *slot, *frame.instance, w);
    }
  }
}

}  // namespace

void WriteMachineState(const interp::Instance& instance,
                       absl::Span<const interp::TraceFrame> frames,
                       base::Writer* writer) {
  writer->Count(instance.global_pointers.size());
  for (const interp::GlobalCell* global : instance.global_pointers) {
    WriteValue(global->type.type, global->value, instance, writer);
  }
  const interp::Memory& memory = *instance.memory;
  writer->U64(memory.pages());
  writer->Hash(base::Blake2b256(
      absl::string_view(reinterpret_cast<const char*>(memory.base()),
                        static_cast<size_t>(memory.size_bytes()))));
  writer->Count(instance.table_pointers.size());
  for (const interp::Table* table : instance.table_pointers) {
    writer->Count(table->elements.size());
    for (const uint64_t cell : table->elements) {
      WriteValue(table->type.element, cell, instance, writer);
    }
  }
  writer->Count(frames.size());
  for (const interp::TraceFrame& frame : frames) WriteFrame(frame, writer);
}

}  // namespace ashlar::engine
