#include "engine/wasm/decoder.h"

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/wasm/module_decoder.h"

namespace ashlar::wasm {
namespace {

constexpr uint8_t kMagic[] = {0x00, 'a', 's', 'm'};
constexpr uint8_t kVersion[] = {0x01, 0x00, 0x00, 0x00};

// What is known of a section before it is read. Positions are those of the
// order in a module (5.5.16): data count stands before code.
struct SectionInfo {
  uint8_t position;
  // The limit of its count and the index space it fills, where it has one.
  uint32_t base::Limits::* max;
  ViolationCode code;
};

constexpr SectionInfo kSections[static_cast<int>(SectionId::kCount)] = {
    /* custom */ {0, nullptr, ViolationCode::kCount},
    /* type */ {1, &base::Limits::types_max, ViolationCode::kLimitTypes},
    /* import */ {2, &base::Limits::imports_max, ViolationCode::kLimitImports},
    /* function */
    {3, &base::Limits::functions_max, ViolationCode::kLimitFunctions},
    /* table */ {4, &base::Limits::tables_max, ViolationCode::kLimitTables},
    /* memory */
    {5, &base::Limits::memories_max, ViolationCode::kMultipleMemories},
    /* global */ {6, &base::Limits::globals_max, ViolationCode::kLimitGlobals},
    /* export */ {7, &base::Limits::exports_max, ViolationCode::kLimitExports},
    /* start */ {8, nullptr, ViolationCode::kCount},
    /* element */
    {9, &base::Limits::element_segments_max,
     ViolationCode::kLimitElementSegments},
    /* code */ {11, nullptr, ViolationCode::kCount},
    /* data */
    {12, &base::Limits::data_segments_max, ViolationCode::kLimitDataSegments},
    /* data count */ {10, nullptr, ViolationCode::kCount},
};

const SectionInfo& InfoOf(SectionId id) {
  return kSections[static_cast<int>(id)];
}

// A second memory is invalid by the spec; a first one may be beyond a limit.
ViolationCode BeyondCode(const SectionInfo& info, uint32_t max) {
  return info.code == ViolationCode::kMultipleMemories && max == 0
             ? ViolationCode::kLimitMemories
             : info.code;
}

}  // namespace

void ModuleDecoder::Run() {
  if (!Preamble()) return;
  Sections();
  if (going()) CheckLengths();
  if (!reader_.ok()) Add(reader_.error(), reader_.error_at());
}

bool ModuleDecoder::Preamble() {
  const size_t size = reader_.remaining();
  // A module that is too large is not looked at: its size bounds the work.
  if (size > limits_.module_size_bytes_max) {
    violations_.Add(ViolationCode::kLimitModuleSize, 0,
                    Exceeds(size, limits_.module_size_bytes_max));
    return false;
  }
  const uint8_t* magic = reader_.Bytes(sizeof(kMagic));
  if (magic != nullptr && std::memcmp(magic, kMagic, sizeof(kMagic)) != 0) {
    reader_.Fail(ViolationCode::kMagicHeaderNotDetected, magic);
  }
  const uint8_t* version = reader_.Bytes(sizeof(kVersion));
  if (version != nullptr &&
      std::memcmp(version, kVersion, sizeof(kVersion)) != 0) {
    reader_.Fail(ViolationCode::kUnknownBinaryVersion, version);
  }
  return true;
}

void ModuleDecoder::Sections() {
  int position = 0;
  while (going() && reader_.remaining() != 0) {
    const uint8_t* at = reader_.pos();
    const uint8_t id = reader_.Byte();
    if (id >= static_cast<uint8_t>(SectionId::kCount)) {
      reader_.Fail(ViolationCode::kMalformedSectionId, at);
      return;
    }
    const uint32_t size = reader_.Length();
    if (size > reader_.remaining()) {
      reader_.Fail(ViolationCode::kUnexpectedEnd, end_);
    }
    if (!reader_.ok()) return;
    section_begin_ = reader_.pos();
    section_end_ = section_begin_ + size;
    const auto section = static_cast<SectionId>(id);
    if (section != SectionId::kCustom) {
      // Each section at most once, in order.
      if (InfoOf(section).position <= position) {
        reader_.Fail(ViolationCode::kUnexpectedContent, at);
        return;
      }
      position = InfoOf(section).position;
    }
    Section(section);
    if (going() && reader_.pos() != section_end_) {
      reader_.Fail(ViolationCode::kSectionSizeMismatch, section_begin_);
    }
  }
}

void ModuleDecoder::Section(SectionId id) {
  switch (id) {
    case SectionId::kCustom:
      return CustomSection(section_end_);
    case SectionId::kType:
      return TypeSection();
    case SectionId::kImport:
      return ImportSection();
    case SectionId::kFunction:
      return FunctionSection();
    case SectionId::kTable:
      return TableSection();
    case SectionId::kMemory:
      return MemorySection();
    case SectionId::kGlobal:
      return GlobalSection();
    case SectionId::kExport:
      return ExportSection();
    case SectionId::kStart:
      return StartSection();
    case SectionId::kElement:
      return ElementSection();
    case SectionId::kCode:
      return CodeSection();
    case SectionId::kData:
      return DataSection();
    case SectionId::kDataCount:
      return DataCountSection();
    case SectionId::kCount:
      return;
  }
}

void ModuleDecoder::CustomSection(const uint8_t* section_end) {
  const absl::string_view name = reader_.Name();
  if (!reader_.ok()) return;
  if (reader_.pos() > section_end) {
    reader_.Fail(ViolationCode::kUnexpectedEnd, section_end);
    return;
  }
  const size_t size = static_cast<size_t>(section_end - reader_.pos());
  const uint8_t* payload = reader_.Bytes(size);
  if (name == "name" && module_.name_section.data() == nullptr) {
    module_.name_section = {payload, size};
  }
}

void ModuleDecoder::CheckLengths() {
  const uint8_t* at = code_at_ != nullptr ? code_at_ : end_;
  if (module_.functions.size() - module_.imported_functions !=
      module_.bodies.size()) {
    reader_.Fail(ViolationCode::kFunctionCodeMismatch, at);
  }
  if (module_.has_data_count && module_.data_count != module_.data.size()) {
    reader_.Fail(ViolationCode::kDataCountMismatch, at);
  }
  // Where ref.func can occur the translator looks functions up in it.
  if (features_.Has(Feature::kReferenceTypes)) {
    module_.declared_refs.resize(module_.functions.size());
  }
}

uint32_t ModuleDecoder::ReadCount(SectionId id, size_t existing) {
  const SectionInfo& info = InfoOf(id);
  const uint8_t* at = reader_.pos();
  const uint32_t count = reader_.Length();
  const uint32_t max = limits_.*info.max;
  if (count <= max && existing <= max - count) return count;
  // Imports alone may have exceeded it; then that was said already.
  if (existing <= max) {
    Add(BeyondCode(info, max), at, Exceeds(existing + count, max));
  }
  StopAtCount(section_end_);
  return 0;
}

void ModuleDecoder::CheckSpace(SectionId id, size_t size, const uint8_t* at) {
  const SectionInfo& info = InfoOf(id);
  const uint32_t max = limits_.*info.max;
  if (size == size_t{max} + 1) Add(BeyondCode(info, max), at);
}

void ModuleDecoder::StopAtCount(const uint8_t* section_end) {
  stopped_ = true;
  // The rest is not decoded: indices into the refused section could not be
  // checked. Its counts can.
  Reader rest(section_end, end_);
  while (rest.remaining() != 0) {
    const uint8_t id = rest.Byte();
    const uint32_t size = rest.Length();
    if (!rest.ok() || size > rest.remaining() ||
        id >= static_cast<uint8_t>(SectionId::kCount)) {
      return;
    }
    const uint8_t* at = rest.Bytes(size);
    const SectionInfo& info = InfoOf(static_cast<SectionId>(id));
    if (info.max == nullptr) continue;
    Reader section(at, at + size);
    const uint32_t count = section.Length();
    const uint32_t max = limits_.*info.max;
    if (count > max) Add(BeyondCode(info, max), at, Exceeds(count, max));
  }
}

absl::string_view ModuleDecoder::ReadName() {
  const uint8_t* at = reader_.pos();
  const absl::string_view name = reader_.Name();
  if (name.size() > limits_.name_size_bytes_max) {
    Add(ViolationCode::kLimitNameSize, at,
        Exceeds(name.size(), limits_.name_size_bytes_max));
  }
  return name;
}

std::string ModuleDecoder::Exceeds(uint64_t have, uint64_t max) {
  return absl::StrCat("have ", have, ", at most ", max);
}

bool ModuleDecoder::CheckIndex(uint32_t index, size_t size,
                               ViolationCode unknown, const uint8_t* at) {
  if (index < size) return true;
  if (reader_.ok()) Add(unknown, at, absl::StrCat(index));
  return false;
}

void ModuleDecoder::DeclareRef(uint32_t function) {
  if (!features_.Has(Feature::kReferenceTypes)) return;
  if (module_.declared_refs.empty()) {
    module_.declared_refs.resize(module_.functions.size());
  }
  module_.declared_refs[function] = 1;
}

void ModuleDecoder::Use(Feature feature, const uint8_t* at) {
  const uint32_t bit = 1u << static_cast<int>(feature);
  if (features_.Has(feature) || (used_features_ & bit) != 0) return;
  used_features_ |= bit;
  Add(ViolationCode::kUnsupportedFeature, at, FeatureName(feature));
}

void ModuleDecoder::UseValType(ValType type, const uint8_t* at) {
  if (type == ValType::kF32 || type == ValType::kF64) Use(Feature::kFloats, at);
  if (IsRefType(static_cast<uint8_t>(type))) {
    Use(Feature::kReferenceTypes, at);
  }
}

bool Decode(absl::Span<const uint8_t> bytes, const base::Limits& limits,
            Features features, Module* module, Violations* violations) {
  module->Clear();
  module->bytes = bytes;
  ModuleDecoder(bytes, limits, features, module, violations).Run();
  return violations->empty();
}

}  // namespace ashlar::wasm
