// The decoder's state, private to its files: decoder.cc (order of sections,
// counts), decoder_items.cc (types to start), decoder_code.cc (constant
// expressions, segments, code).
#ifndef ENGINE_WASM_MODULE_DECODER_H_
#define ENGINE_WASM_MODULE_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/base/limits.h"
#include "engine/wasm/features.h"
#include "engine/wasm/instruction.h"
#include "engine/wasm/module.h"
#include "engine/wasm/reader.h"
#include "engine/wasm/violation.h"

namespace ashlar::wasm {

// Section ids (5.5.2).
enum class SectionId : uint8_t {
  kCustom = 0,
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kGlobal,
  kExport,
  kStart,
  kElement,
  kCode,
  kData,
  kDataCount,
  kCount
};

// One decoding. A section is read as far as the module's end, not its own: it
// is malformed if it does not end where its size says, and reading on gives
// the errors that the official suite words.
class ModuleDecoder {
 public:
  ModuleDecoder(absl::Span<const uint8_t> bytes, const base::Limits& limits,
                Features features, Module* module, Violations* violations)
      : limits_(limits),
        features_(features),
        module_(*module),
        violations_(*violations),
        reader_(bytes.data(), bytes.data() + bytes.size()),
        end_(bytes.data() + bytes.size()) {}

  void Run();

 private:
  bool Preamble();
  void Sections();
  void Section(SectionId id);
  void CustomSection(const uint8_t* section_end);
  void CheckLengths();
  // Adds what the remaining sections' counts exceed, then stops.
  void StopAtCount(const uint8_t* section_end);

  void TypeSection();
  void FunctionType(FuncType* type);
  const ValType* ValTypes(uint32_t* count);
  void Canonicalize();
  void ImportSection();
  void ImportItem();
  void FunctionSection();
  void TableSection();
  void MemorySection();
  void GlobalSection();
  void ExportSection();
  void CheckDuplicateExports();
  void StartSection();

  void ElementSection();
  void Element(ElementSegment* segment);
  void ElementKind(uint32_t flags, ElementSegment* segment);
  void ElementList(ElementSegment* segment);
  void DataCountSection();
  void DataSection();
  void Data(DataSegment* segment);
  void CodeSection();

  TableType ReadTableType();
  MemoryType ReadMemoryType();
  GlobalType ReadGlobalType();
  Limits ReadLimits();
  ValType ReadValType();
  ValType ReadRefType();
  void AddFunction(uint32_t type, const uint8_t* at);
  // Adds a violation when an index space grows beyond its section's limit.
  void CheckSpace(SectionId id, size_t size, const uint8_t* at);

  void ReadConstExpr(ValType type, ConstExpr* out);
  // An i32.const of one byte, the most common one. False: nothing consumed.
  bool ReadShortConstExpr(ValType type, ConstExpr* out);
  void ReadLongConstExpr(ValType type, ConstExpr* out);

  // The count that opens a section, checked against the limit of its index
  // space, which holds `existing` already. 0 where decoding stops.
  uint32_t ReadCount(SectionId id, size_t existing);
  // A name of an import or an export.
  absl::string_view ReadName();
  // True if index < size, else a violation.
  bool CheckIndex(uint32_t index, size_t size, ViolationCode unknown,
                  const uint8_t* at);
  void DeclareRef(uint32_t function);
  // Notes the use of a feature; a refused one is reported once.
  void Use(Feature feature, const uint8_t* at);
  void UseValType(ValType type, const uint8_t* at);

  // "have 3, at most 2": the detail of a limit's violation.
  static std::string Exceeds(uint64_t have, uint64_t max);
  uint32_t OffsetOf(const uint8_t* at) const { return module_.offset_of(at); }
  void Add(ViolationCode code, const uint8_t* at,
           absl::string_view detail = {}) {
    violations_.Add(code, OffsetOf(at), detail);
  }
  bool going() const { return reader_.ok() && !stopped_; }

  const base::Limits& limits_;
  const Features features_;
  Module& module_;
  Violations& violations_;
  Reader reader_;
  const uint8_t* const end_;
  const uint8_t* section_begin_ = nullptr;  // of the payload
  const uint8_t* section_end_ = nullptr;
  const uint8_t* code_at_ = nullptr;  // where the lengths are compared
  uint32_t used_features_ = 0;        // refused ones that were reported
  uint64_t params_total_ = 0;
  bool stopped_ = false;
};

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_MODULE_DECODER_H_
