#include "engine/compile/compile.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/compile/scratch.h"
#include "engine/compile/translate.h"
#include "engine/compile/validator.h"
#include "engine/interp/op.h"

namespace ashlar::compile {
namespace {

// How the code was translated: what find_offsets needs to translate functions
// again, and lazy code to translate one at all.
struct KeptOptions {
  Options options;
  interp::LazyCode lazy;
};

// What find_offsets works in is kept, unless it took more room for code than
// any body does under the strict limits.
constexpr uint64_t kKeptCodeBytesMax = uint64_t{8} << 20;
static_assert(kKeptCodeBytesMax >=
              base::kStrictLimits.body_size_bytes_max * kCodeBytesPerByte +
                  kCodeBytesPerFunction);
struct OffsetFinder {
  Scratch scratch;
  interp::Arena arena;
  std::vector<CodeRecord> records;
};

uint64_t BodySize(const wasm::Body& body) {
  return static_cast<uint64_t>(body.end - body.begin);
}

// The code of imported functions: a header that always fits the stack and
// costs nothing, and one instruction.
uint8_t* EmitImportStubs(const wasm::Module& module, interp::Code* code,
                         uint8_t* out) {
  for (uint32_t i = 0; i < module.imported_functions; ++i) {
    Put<int32_t>(out, -2);
    Put<uint32_t>(out + 4, 0);
    out += interp::kEntryHeaderBytes;
    code->functions[i].entry = out;
    Put<uint64_t>(out, interp::HandlerTable()[interp::kOpImport]);
    Put<uint16_t>(out + 8,
                  static_cast<uint16_t>(module.func_type(i).param_count));
    Put<uint16_t>(out + 10, 0);
    Put<uint32_t>(out + 12, i);
    out += 16;
  }
  return out;
}

// Calls that were translated before their callee get its entry.
void LinkCalls(uint8_t* chain, const uint8_t* entry) {
  while (chain != nullptr) {
    uint8_t* next = Get<uint8_t*>(chain);
    Put<const uint8_t*>(chain, entry);
    chain = next;
  }
}

Context MakeContext(const wasm::Module& module, const Options& options,
                    Scratch* scratch, const interp::Code& code,
                    uint32_t function) {
  const wasm::Body& body = module.bodies[function - module.imported_functions];
  Context context;
  context.module = &module;
  context.options = &options;
  context.scratch = scratch;
  context.type = &module.func_type(function);
  context.function = function;
  context.begin = body.begin;
  context.end = body.end;
  context.functions = code.functions.data();
  return context;
}

// Makes `context` translate the copy of its body that stands among the copies
// of all bodies of the module, as in its code section, with zeros behind them.
// A translation may run past its body's end before it looks at the cursor,
// through the bodies behind it. Whatever its last instruction swallows of the
// zeros, the next one is `unreachable`, where the cursor is checked; in the
// module itself it could go on through what follows the code section, beyond
// all that memory was reserved for.
void UseCopy(const wasm::Module& module, const Scratch& scratch,
             Context* context) {
  const uint8_t* const first = module.bodies.front().begin;
  context->end = scratch.bodies.data() + (context->end - first);
  context->begin = scratch.bodies.data() + (context->begin - first);
}

void CopyBodies(const wasm::Module& module, Scratch* scratch) {
  if (module.bodies.empty()) return;
  scratch->bodies.assign(module.bodies.front().begin, module.bodies.back().end);
  scratch->bodies.resize(
      scratch->bodies.size() + wasm::Module::kReadablePadding, 0);
}

const uint8_t* FirstByte(const interp::Code& code, uint32_t function) {
  return code.functions[function].entry - interp::kEntryHeaderBytes;
}

// Fills in the offsets of places in one function. Wasm instructions may share
// their first byte of code: the last one of them has it, as it emits it.
// REQUIRES: places and records are in the order of their code.
void FindOffsetsInFunction(const interp::Code& code, const Context& context,
                           absl::Span<const CodeRecord> records,
                           absl::Span<interp::CodePlace* const> places) {
  const uint8_t* const begin = FirstByte(code, context.function);
  const uint32_t body_offset = code.module->offset_of(context.begin);
  // What zeroes the locals belongs to the first instruction.
  size_t last = 0;
  for (interp::CodePlace* const place : places) {
    while (last + 1 < records.size() &&
           begin + records[last + 1].code_offset <= place->pc) {
      ++last;
    }
    place->offset = body_offset + records[last].wasm_offset;
  }
}

void FindOffsets(const interp::Code& code,
                 absl::Span<interp::CodePlace*> places,
                 std::shared_ptr<void>* kept_finder) {
  const auto& kept = *static_cast<const KeptOptions*>(code.options.get());
  const wasm::Module& module = *code.module;
  std::sort(places.begin(), places.end(),
            [](const interp::CodePlace* a, const interp::CodePlace* b) {
              return std::pair(a->function, a->pc) <
                     std::pair(b->function, b->pc);
            });
  if (*kept_finder == nullptr) *kept_finder = std::make_shared<OffsetFinder>();
  auto& [scratch, arena, records] =
      *static_cast<OffsetFinder*>(kept_finder->get());
  scratch.Reserve(module, *kept.options.limits);
  scratch.UseSteps(kept.options.features, *kept.options.schedule,
                   /*record=*/true);
  for (size_t i = 0; i < places.size();) {
    const uint32_t function = places[i]->function;
    size_t end = i + 1;
    while (end < places.size() && places[end]->function == function) ++end;
    const wasm::Body& body =
        module.bodies[function - module.imported_functions];
    arena.Reserve(BodySize(body) * kCodeBytesPerByte + kCodeBytesPerFunction);
    records.clear();
    Context context =
        MakeContext(module, kept.options, &scratch, code, function);
    context.code_base = arena.base();
    context.records = &records;
    context.last_place =
        arena.base() + (places[end - 1]->pc - FirstByte(code, function));
    CHECK(Translate(&context, arena.base()), "translated before");
    FindOffsetsInFunction(code, context, records, places.subspan(i, end - i));
    i = end;
  }
  if (arena.size_bytes() > kKeptCodeBytesMax) kept_finder->reset();
}

// Makes `code` one of `module`, without functions; keeps its memory.
KeptOptions* Begin(const wasm::Module& module, const Options& options,
                   uint64_t bytes_per_function, interp::Code* code) {
  const uint64_t size = module.functions.size() * bytes_per_function +
                        module.code_size_bytes * kCodeBytesPerByte;
  code->module = &module;
  code->schedule = options.schedule;
  code->limits = options.limits;
  code->find_offsets = &FindOffsets;
  code->lazy = nullptr;
  if (code->options.use_count() != 1) {
    code->options = std::make_shared<KeptOptions>();
  }
  auto* const kept = static_cast<KeptOptions*>(code->options.get());
  kept->options = options;
  kept->options.scratch = nullptr;
  code->functions.assign(module.functions.size(), {});
  code->arena.Reserve(size);
  return kept;
}

// A stub for each function that has a body: nothing but its header.
uint8_t* EmitLazyStubs(const wasm::Module& module, interp::Code* code,
                       uint8_t* out) {
  const uint32_t count = static_cast<uint32_t>(module.functions.size());
  for (uint32_t i = module.imported_functions; i < count; ++i) {
    Put<int32_t>(out, interp::kLazyFrameSlots);
    Put<uint32_t>(out + 4, i);
    out += interp::kEntryHeaderBytes;
    code->functions[i].entry = out;
  }
  return out;
}

const uint8_t* TranslateNow(interp::LazyCode* lazy, uint32_t function) {
  interp::Code* const code = lazy->code;
  const auto& kept = *static_cast<const KeptOptions*>(code->options.get());
  const Options& options = kept.options;
  // Other modules may have been translated in between, none of another
  // profile.
  Context context =
      MakeContext(*code->module, options, options.scratch, *code, function);
  context.code_base = code->arena.base();
  CHECK(Translate(&context, code->arena.base() + code->code_size_bytes),
        "a module that was valid is not any more");
  lazy->translated.push_back(function);
  code->functions[function].entry = context.entry;
  code->code_size_bytes =
      static_cast<uint64_t>(context.code_end - code->arena.base());
  return context.entry;
}

}  // namespace

void CompileLazily(const wasm::Module& module, const Options& options,
                   interp::Code* code) {
  CHECK(options.scratch != nullptr);
  options.scratch->Reserve(module, *options.limits);
  options.scratch->UseSteps(options.features, *options.schedule,
                            /*record=*/false);
  KeptOptions* const kept = Begin(
      module, options, kCodeBytesPerFunction + interp::kEntryHeaderBytes, code);
  kept->options.scratch = options.scratch;
  uint8_t* out = EmitImportStubs(module, code, code->arena.base());
  out = EmitLazyStubs(module, code, out);
  code->code_size_bytes = static_cast<uint64_t>(out - code->arena.base());
  interp::LazyCode& lazy = kept->lazy;
  lazy.translate = &TranslateNow;
  lazy.code = code;
  lazy.translated.clear();
  lazy.translated.reserve(module.bodies.size());
  code->lazy = &lazy;
}

bool Compile(const wasm::Module& module, const Options& options,
             interp::Code* code, wasm::Violations* violations) {
  std::unique_ptr<Scratch> own;
  Scratch* scratch = options.scratch;
  if (scratch == nullptr) {
    own = std::make_unique<Scratch>();
    scratch = own.get();
  }
  scratch->Reserve(module, *options.limits);
  scratch->UseSteps(options.features, *options.schedule, /*record=*/false);
  scratch->pending_calls.assign(module.functions.size(), nullptr);
  Begin(module, options, kCodeBytesPerFunction, code);
  CopyBodies(module, scratch);

  uint8_t* out = EmitImportStubs(module, code, code->arena.base());
  const size_t before = violations->list().size();
  uint64_t locals = 0;
  for (uint32_t i = 0; i < module.bodies.size(); ++i) {
    const uint32_t function = module.imported_functions + i;
    Context context = MakeContext(module, options, scratch, *code, function);
    context.code_base = code->arena.base();
    UseCopy(module, *scratch, &context);
    // Only one translation runs past its body's end: once a body was refused,
    // the rest is validated only.
    const bool refused = violations->list().size() != before;
    if (!refused && Translate(&context, out)) {
      code->functions[function].entry = context.entry;
      LinkCalls(scratch->pending_calls[function], context.entry);
      locals += context.declared_locals;
      out = context.code_end;
      if (locals > options.limits->function_locals_total_max) {
        violations->Add(wasm::ViolationCode::kLimitLocalsTotal,
                        module.offset_of(module.bodies[i].begin));
        return false;
      }
      continue;
    }
    CHECK(!ValidateBody(module, options, function, violations) || refused,
          "translator and validator disagree");
    if (violations->full()) break;
  }
  code->code_size_bytes = static_cast<uint64_t>(out - code->arena.base());
  return violations->list().size() == before;
}

}  // namespace ashlar::compile
