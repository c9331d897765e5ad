#include "bench/calibrate/workload.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/overlay.h"
#include "engine/state/rocksdb_store.h"
#include "engine/state/store.h"
#include "metering/fuel.h"

namespace ashlar::bench {
namespace {

using engine::OutcomeClass;
using engine::Profile;
using engine::ProfileSet;

constexpr uint8_t kContract = 0xc0;
constexpr uint8_t kFirstModuleAccount = 16;
constexpr char kNamespace[] = "calibrate";

state::AccountId Account(uint8_t byte) {
  state::AccountId account;
  account.bytes.fill(byte);
  return account;
}

const Profile& ProfileNamed(absl::string_view name) {
  const Profile* profile = ProfileSet::BuiltIn().FindByName(name);
  CHECK(profile != nullptr, name);
  return *profile;
}

interp::HostResult DoNothing(interp::HostCall& call) {
  return interp::HostResult::kDone;
}

class ExportWorkload : public Workload {
 public:
  ExportWorkload(absl::string_view wasm, absl::string_view profile) {
    const engine::HostImport host = {"env", "host", {}, {}, DoNothing, nullptr};
    const engine::RunResult result = instance_.Prepare(
        wasm, ProfileNamed(profile), metering::kFuelMax,
        profile == "relaxed-1" ? absl::MakeConstSpan(&host, 1)
                               : absl::Span<const engine::HostImport>());
    CHECK(result.klass == OutcomeClass::kReturned, result.message);
  }

  uint64_t Run(uint32_t count) override {
    const engine::Value argument = {wasm::ValType::kI32, count};
    const engine::RunResult result =
        instance_.Call("run", {&argument, 1}, metering::kFuelMax);
    CHECK(result.klass == OutcomeClass::kReturned, result.message);
    return result.fuel_used;
  }

 private:
  engine::PreparedInstance instance_;
};

class GrowWorkload : public Workload {
 public:
  explicit GrowWorkload(std::string wasm) : wasm_(std::move(wasm)) {}

  uint64_t Run(uint32_t count) override {
    const engine::Value argument = {wasm::ValType::kI32, count};
    const engine::RunResult result =
        engine::RunExport(wasm_, ProfileNamed("relaxed-1"), "run",
                          {&argument, 1}, metering::kFuelMax);
    CHECK(result.klass == OutcomeClass::kReturned, result.message);
    return result.fuel_used;
  }

 private:
  std::string wasm_;
};

class ModuleWorkload : public Workload {
 public:
  ModuleWorkload(std::function<std::string(uint32_t)> make,
                 absl::string_view profile)
      : make_(std::move(make)), profile_(ProfileNamed(profile)) {}

  uint64_t Run(uint32_t count) override {
    // Made once: making it is no work of the engine.
    std::string& wasm = made_[count];
    if (wasm.empty()) wasm = make_(count);
    const engine::RunResult result =
        instance_.Prepare(wasm, profile_, metering::kFuelMax);
    CHECK(result.klass == OutcomeClass::kReturned, result.message);
    return result.fuel_used;
  }

 private:
  std::function<std::string(uint32_t)> make_;
  const Profile& profile_;
  std::map<uint32_t, std::string> made_;
  engine::PreparedInstance instance_;
};

class RepeatedModuleWorkload : public Workload {
 public:
  explicit RepeatedModuleWorkload(std::string wasm) : wasm_(std::move(wasm)) {}

  uint64_t Run(uint32_t count) override {
    uint64_t fuel = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const engine::RunResult result = instance_.Prepare(
          wasm_, ProfileNamed("relaxed-1"), metering::kFuelMax);
      CHECK(result.klass == OutcomeClass::kReturned, result.message);
      fuel += result.fuel_used;
    }
    return fuel;
  }

 private:
  std::string wasm_;
  engine::PreparedInstance instance_;
};

std::string EntryKey(uint32_t number) {
  std::string key(32, '\0');
  base::StoreLe<uint32_t>(key.data(), number);
  return key;
}

// A reader that lives on: the engine only borrows one.
class BorrowedReader : public state::Reader {
 public:
  explicit BorrowedReader(state::Reader* reader) : reader_(reader) {}
  absl::StatusOr<state::ReadResult> Read(const state::Key& key) override {
    return reader_->Read(key);
  }
  absl::StatusOr<state::ModuleResult> Module(
      const base::Hash256& hash) override {
    return reader_->Module(hash);
  }

 private:
  state::Reader* reader_;
};

class MemoryState : public StateSource {
 public:
  explicit MemoryState(const StateSpec& spec)
      : state_(state::MissingKeys::kAbsent) {
    for (uint32_t i = 0; i < spec.entries; ++i) {
      state_.SetStorage(Account(kContract), EntryKey(i),
                        base::Bytes(spec.value_size_bytes, 'v'));
    }
    for (size_t i = 0; i < spec.modules.size(); ++i) {
      state_.SetCode(Account(static_cast<uint8_t>(kFirstModuleAccount + i)),
                     state_.AddModule(base::Bytes(spec.modules[i])));
    }
    state_.SetBalance(Account(kContract), 1'000'000'000'000);
  }
  std::unique_ptr<state::Reader> NewReader() override {
    return std::make_unique<BorrowedReader>(&state_);
  }

 private:
  state::InlineState state_;
};

class DiskState : public DiskStateSource {
 public:
  DiskState(const StateSpec& spec, const std::string& directory) {
    auto store = state::OpenRocksDbStore(
        directory, {.versions_kept = 2, .sync_writes = false});
    CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
    Namespace own;
    own.name = kNamespace;
    CHECK(store_->OpenNamespace(own.name).ok());
    constexpr uint32_t kBatch = 50'000;
    for (uint32_t i = 0; i < spec.entries; i += kBatch) {
      std::vector<state::Effect> effects;
      for (uint32_t k = i; k < i + kBatch && k < spec.entries; ++k) {
        effects.push_back(
            {{Account(kContract), state::Kind::kStorage, EntryKey(k)},
             base::Bytes(spec.value_size_bytes, 'v')});
      }
      Commit(effects, &own);
    }
    std::vector<state::Effect> effects;
    for (size_t i = 0; i < spec.modules.size(); ++i) {
      const auto hash = store_->PutModule(spec.modules[i]);
      CHECK(hash.ok());
      effects.push_back(
          {{Account(static_cast<uint8_t>(kFirstModuleAccount + i)),
            state::Kind::kCode, base::Bytes()},
           base::Bytes(hash->view())});
    }
    Commit(effects, &own);
    namespaces_.push_back(own);
  }

  std::unique_ptr<state::Reader> NewReader() override { return NewReaderOf(0); }

  uint32_t Add(const state::InlineState& state) override {
    const auto number = static_cast<uint32_t>(namespaces_.size());
    Namespace added;
    added.name = absl::StrCat(kNamespace, number);
    CHECK(store_->OpenNamespace(added.name).ok());
    std::vector<state::Effect> effects;
    for (const auto& [key, value] : state.entries()) {
      if (value.has_value()) effects.push_back({key, *value});
    }
    for (const auto& [hash, bytes] : state.modules()) {
      CHECK(store_->PutModule(*bytes).ok());
    }
    Commit(effects, &added);
    namespaces_.push_back(added);
    return number;
  }

  std::unique_ptr<state::Reader> NewReaderOf(uint32_t number) override {
    const Namespace& of = namespaces_[number];
    auto reader = store_->Snapshot(of.name, of.version);
    CHECK(reader.ok());
    return *std::move(reader);
  }

 private:
  struct Namespace {
    std::string name;
    uint64_t version = 0;
  };

  void Commit(const std::vector<state::Effect>& effects, Namespace* to) {
    state::CommitRequest request;
    request.name_space = to->name;
    request.base_version = to->version;
    request.request_digest.bytes.fill(static_cast<uint8_t>(to->version));
    request.effects = effects;
    const auto result = store_->Commit(request);
    CHECK(result.ok(), result.status().message());
    to->version = result->version;
  }

  std::unique_ptr<state::VersionedStore> store_;
  std::vector<Namespace> namespaces_;  // the first is the spec's
};

class ContractWorkload : public Workload {
 public:
  ContractWorkload(std::string wasm, StateSource* state)
      : engine_({.profiles = nullptr, .cache_size_bytes = 64 << 20}),
        state_(state) {
    request_.profile = ProfileNamed("seal-1").digest;
    request_.module_bytes = std::move(wasm);
    request_.entry = "call";
    request_.fuel_limit = metering::kFuelMax;
    request_.caller = Account(1);
    request_.callee = Account(kContract);
    request_.block.number = 1;
  }

  uint64_t Run(uint32_t count) override {
    request_.input.assign(sizeof count, '\0');
    base::StoreLe<uint32_t>(request_.input.data(), count);
    const std::unique_ptr<state::Reader> reader = state_->NewReader();
    const auto result = engine_.Execute(request_, reader.get(), nullptr);
    CHECK(result.ok(), result.status().message());
    CHECK(result->completed.has_value());
    CHECK(result->completed->outcome.klass == OutcomeClass::kReturned,
          result->diagnostics.message);
    return result->completed->fuel.used;
  }

 private:
  engine::Engine engine_;
  StateSource* state_;
  engine::ExecuteRequest request_;
};

}  // namespace

std::string Assemble(absl::string_view wat) {
  char folder[] = "/tmp/calibrateXXXXXX";
  CHECK(mkdtemp(folder) != nullptr);
  const std::string path = absl::StrCat(folder, "/module");
  std::ofstream(path + ".wat") << std::string(wat);
  const std::string command = absl::StrCat("wat2wasm --enable-tail-call ", path,
                                           ".wat -o ", path, ".wasm");
  CHECK(std::system(command.c_str()) == 0, "wat2wasm refused the module");
  std::ifstream file(path + ".wasm", std::ios::binary);
  std::string wasm(std::istreambuf_iterator<char>(file), {});
  std::filesystem::remove_all(folder);
  return wasm;
}

std::unique_ptr<Workload> NewExportWorkload(absl::string_view wasm,
                                            absl::string_view profile) {
  return std::make_unique<ExportWorkload>(wasm, profile);
}

std::unique_ptr<Workload> NewGrowWorkload(std::string wasm) {
  return std::make_unique<GrowWorkload>(std::move(wasm));
}

std::unique_ptr<Workload> NewModuleWorkload(
    std::function<std::string(uint32_t)> make, absl::string_view profile) {
  return std::make_unique<ModuleWorkload>(std::move(make), profile);
}

std::unique_ptr<Workload> NewRepeatedModuleWorkload(std::string wasm) {
  return std::make_unique<RepeatedModuleWorkload>(std::move(wasm));
}

std::unique_ptr<StateSource> NewMemoryState(const StateSpec& spec) {
  return std::make_unique<MemoryState>(spec);
}

std::unique_ptr<DiskStateSource> NewDiskState(const StateSpec& spec,
                                              const std::string& directory) {
  return std::make_unique<DiskState>(spec, directory);
}

std::unique_ptr<Workload> NewContractWorkload(std::string wasm,
                                              StateSource* state) {
  return std::make_unique<ContractWorkload>(std::move(wasm), state);
}

}  // namespace ashlar::bench
