#include "tests/instrument/recorder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crypto_hash.h"

namespace ashlar::testing {
namespace {

using nlohmann::json;

json Bits(absl::Span<const uint64_t> values) {
  json list = json::array();
  for (const uint64_t value : values) list.push_back(std::to_string(value));
  return list;
}

std::string Hex(absl::Span<const uint8_t> bytes) {
  return base::HexEncode(absl::string_view(
      reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

json HostCallsOf(const std::vector<HostRecord>& records) {
  json list = json::array();
  for (const HostRecord& record : records) {
    json writes = json::array();
    for (const HostAnswer::Write& write : record.answer.writes) {
      writes.push_back({write.address, Hex(write.bytes)});
    }
    list.push_back({{"name", absl::StrCat(record.module, ".", record.name)},
                    {"args", Bits(record.args)},
                    {"writes", writes},
                    {"trap", static_cast<int>(record.answer.trap)},
                    {"results", Bits(record.answer.results)}});
  }
  return list;
}

json MemoryOf(absl::Span<const uint8_t> memory) {
  const absl::string_view bytes(reinterpret_cast<const char*>(memory.data()),
                                memory.size());
  return {{"memory_size", memory.size()},
          {"memory", base::Sha256(bytes).ToHex()}};
}

// A function of the only instance by its index; a host function's number is 1
// + its index as it is.
uint64_t FuncBits(wasm::ValType type, uint64_t value) {
  const bool is_own = type == wasm::ValType::kFuncRef && value >> 32 != 0;
  return is_own ? (value & UINT32_MAX) + 1 : value;
}

}  // namespace

HostAnswer RecordingHost::Answer(const HostQuery& query) {
  HostRecord& record = records_.emplace_back();
  record.module = std::string(query.module);
  record.name = std::string(query.name);
  record.args.assign(query.args.begin(), query.args.end());
  record.answer = host_->Answer(query);
  return record.answer;
}

std::vector<HostRecord> RecordingHost::TakeRecords() {
  return std::exchange(records_, {});
}

Recorder::Recorder(std::filesystem::path folder, const engine::Profile& profile,
                   std::unique_ptr<Host> host)
    : folder_(std::move(folder)), profile_(profile), host_(std::move(host)) {
  std::filesystem::create_directories(folder_);
  out_.open(file());
  CHECK(out_.is_open());
  world_ = MakeEngineWorld(profile_, &host_, /*is_lazy=*/false);
}

bool Recorder::SetModule(absl::string_view bytes) {
  world_->Clear();
  subject_ = MakeSubject(bytes, profile_);
  if (subject_.compiled == nullptr) return false;
  module_file_ = absl::StrCat(modules_++, ".wasm");
  std::ofstream(folder_ / module_file_, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return true;
}

void Recorder::NewCase(const std::string& name) {
  case_ = {{"name", name},
           {"module", module_file_},
           {"most",
            {{"pages_max", profile_.limits.memory_pages_max},
             {"elements_max", profile_.limits.table_elements_max}}},
           {"steps", json::array()}};
  is_broken_ = false;
}

bool Recorder::Begin(const std::string& name) {
  world_->Clear();
  host_.TakeRecords();
  if (world_->Instantiate(subject_).kind != End::Kind::kReturned) return false;
  NewCase(name);
  return true;
}

json Recorder::CallOf(uint32_t function, const std::vector<uint64_t>& args,
                      const End& end, const std::vector<HostRecord>& records) {
  uint64_t fuel = end.fuel_used;
  for (const HostRecord& record : records) fuel -= record.answer.fuel;
  ++calls_;
  fuel_ += fuel;
  const wasm::FuncType& type = subject_.module().func_type(function);
  json results = json::array();
  for (size_t i = 0; i < end.results.size(); ++i) {
    results.push_back(
        std::to_string(FuncBits(type.results()[i], end.results[i])));
  }
  return {{"function", function},         {"args", Bits(args)},
          {"host", HostCallsOf(records)}, {"trap", static_cast<int>(end.trap)},
          {"results", results},           {"fuel", std::to_string(fuel)}};
}

End Recorder::Invoke(uint32_t function, const std::vector<uint64_t>& args,
                     uint64_t fuel_limit) {
  const End end = world_->Invoke({0, function, args, fuel_limit});
  const std::vector<HostRecord> records = host_.TakeRecords();
  if (end.kind == End::Kind::kOutOfFuel ||
      end.trap == interp::Trap::kCallStackExhausted) {
    is_broken_ = true;
  }
  if (is_broken_) return end;
  json step = CallOf(function, args, end, records);
  const wasm::Module& module = subject_.module();
  const View view = world_->Look(0);
  json seen = MemoryOf(view.memory);
  seen["globals"] = json::array();
  for (size_t i = 0; i < view.globals.size(); ++i) {
    seen["globals"].push_back(
        std::to_string(FuncBits(module.globals[i].type.type, view.globals[i])));
  }
  seen["tables"] = json::array();
  for (size_t i = 0; i < view.tables.size(); ++i) {
    json elements = json::array();
    for (const uint64_t element : view.tables[i]) {
      elements.push_back(
          std::to_string(FuncBits(module.tables[i].element, element)));
    }
    seen["tables"].push_back(std::move(elements));
  }
  step["view"] = std::move(seen);
  case_["steps"].push_back(std::move(step));
  return end;
}

void Recorder::Poke(uint64_t address, absl::string_view bytes) {
  world_->Poke(0, address, bytes);
  case_["steps"].push_back({{"poke", {address, base::HexEncode(bytes)}}});
}

void Recorder::WriteRecorded(const std::string& name, uint32_t function,
                             const RecordedCall& call) {
  NewCase(name);
  json step = CallOf(function, {}, call.end, call.host_calls);
  step["view"] = MemoryOf(call.memory);
  case_["steps"].push_back(std::move(step));
  Finish();
}

void Recorder::Finish() {
  if (!case_["steps"].empty()) out_ << case_.dump() << "\n";
  out_.flush();
}

}  // namespace ashlar::testing
