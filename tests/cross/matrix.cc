#include "tests/cross/matrix.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/serial.h"
#include "engine/compile/test_machine.h"
#include "engine/fuel_profile.h"
#include "engine/loader.h"
#include "engine/mark.h"
#include "engine/outcome.h"
#include "engine/state/inline_state.h"
#include "engine/wasm/features.h"
#include "metering/fuel.h"
#include "replay/archive.h"
#include "replay/record.h"
#include "replay/recorder.h"
#include "replay/verify.h"
#include "tests/contracts/generator.h"
#include "tests/contracts/naive_chain.h"
#include "tests/differential/engine_run.h"
#include "tests/differential/generator.h"
#include "tests/differential/run.h"
#include "tests/util/maxima.h"

namespace ashlar::testing {
namespace {

using engine::Activation;
using engine::Engine;
using engine::ExecuteRequest;
using engine::ExecuteResult;

constexpr uint64_t kContractFuel = 400'000;
constexpr uint64_t kModuleFuel = 60'000;
constexpr uint64_t kCacheBytes = uint64_t{64} << 20;
// Marks at which the state of the machine is compared, in eighths of the fuel.
constexpr uint64_t kMarkEighths[] = {3, 5, 7};

base::Hash256 DigestOf(const std::vector<std::string>& answers) {
  base::Writer writer;
  for (const std::string& answer : answers) writer.Bytes(answer);
  return base::Blake2b256(writer.data());
}

std::unique_ptr<state::InlineState> StateOf(const ContractProgram& program) {
  auto state =
      std::make_unique<state::InlineState>(state::MissingKeys::kAbsent);
  for (const auto& [key, value] : InitialState(program)) {
    state->Set(key, value);
  }
  for (const std::string& bytes : program.modules) state->AddModule(bytes);
  state->AddModule(program.broken_module);
  return state;
}

// One that other readers are made of without a copy.
class Forwarding : public state::Reader {
 public:
  explicit Forwarding(std::shared_ptr<state::InlineState> below)
      : below_(std::move(below)) {}
  absl::StatusOr<state::ReadResult> Read(const state::Key& key) override {
    return below_->Read(key);
  }
  absl::StatusOr<state::ModuleResult> Module(
      const base::Hash256& hash) override {
    return below_->Module(hash);
  }

 private:
  const std::shared_ptr<state::InlineState> below_;
};

void Observe(const Observation& seen, base::Writer* writer) {
  writer->U8(static_cast<uint8_t>(seen.kind));
  writer->U8(static_cast<uint8_t>(seen.trap));
  writer->U64(seen.fuel_used);
  const auto words = [&](const std::vector<uint64_t>& values) {
    writer->U32(static_cast<uint32_t>(values.size()));
    for (const uint64_t value : values) writer->U64(value);
  };
  words(seen.results);
  words(seen.globals);
  for (const auto& table : seen.tables) words(table);
  for (const auto* memory : {&seen.memory, &seen.library_memory}) {
    writer->Bytes(
        {reinterpret_cast<const char*>(memory->data()), memory->size()});
  }
}

}  // namespace

Matrix::Matrix() {
  for (const engine::Profile* profile : engine::ProfileSet::BuiltIn().all()) {
    CHECK(profiles_.Add(*profile).ok());
  }
}

void Matrix::AddFreshAndActivated(const Item& item,
                                  const std::vector<base::Hash256>& modules) {
  items_.push_back(item);
  Item other = item;
  other.recorded.clear();
  ExecuteRequest& request = other.request;
  const bool was_fresh = request.activation == Activation::kFresh;
  absl::StrAppend(&other.name, was_fresh ? " activated" : " fresh");
  request.activation = was_fresh ? Activation::kActivated : Activation::kFresh;
  request.activated.clear();
  if (was_fresh) request.activated = modules;
  items_.push_back(std::move(other));
}

void Matrix::AddRecords(absl::string_view file) {
  auto parsed = replay::Archive::Parse(base::Bytes(file));
  CHECK(parsed.ok(), std::string(parsed.status().message()));
  const auto archive =
      std::make_shared<const replay::Archive>(*std::move(parsed));
  CHECK(archive->AddProfiles(&profiles_).ok());
  for (size_t i = 0; i < archive->size(); ++i) {
    const auto record =
        std::make_shared<const replay::Record>(archive->Read(i).value());
    Item item;
    item.name = absl::StrCat("record ", i);
    item.request =
        replay::RequestOf(*record, *archive, replay::NoModules).value();
    item.open = [archive, record] {
      return std::make_unique<replay::RecordedState>(*record, *archive,
                                                     replay::NoModules);
    };
    item.recorded = record->answer;
    std::vector<base::Hash256> modules;
    for (const engine::ModuleRead& read : record->modules) {
      if (read.present) modules.push_back(read.hash);
    }
    AddFreshAndActivated(item, modules);
  }
}

void Matrix::AddContracts(uint64_t count) {
  for (uint64_t seed = 0; seed < count; ++seed) {
    const ContractProgram program = GenerateContracts(seed);
    const std::shared_ptr<state::InlineState> state = StateOf(program);
    Item item;
    item.name = absl::StrCat("program ", seed);
    item.request = program.request;
    item.request.profile = profiles_.FindByName("seal-1")->digest;
    item.request.fuel_limit = kContractFuel;
    item.open = [state] { return std::make_unique<Forwarding>(state); };
    std::vector<base::Hash256> modules;
    for (const std::string& bytes : program.modules) {
      modules.push_back(engine::ModuleHash(bytes));
    }
    std::sort(modules.begin(), modules.end());
    modules.erase(std::unique(modules.begin(), modules.end()), modules.end());
    AddFreshAndActivated(item, modules);
  }
}

std::string Matrix::Answer(const Item& item, const Way& way) {
  const std::unique_ptr<state::Reader> reader = item.open();
  const absl::StatusOr<ExecuteResult> result = way(item.request, reader.get());
  CHECK(result.ok(), absl::StrCat(item.name, ": ", result.status().ToString()));
  if (result->completed.has_value()) {
    return replay::EncodeAnswer(*result->completed);
  }
  // Other fuel made a record read what was not recorded: which keys is as fixed
  // as an outcome.
  base::Writer writer;
  for (const state::Key& key : result->needs_state->keys) {
    writer.Hash(key.account);
    writer.U8(static_cast<uint8_t>(key.kind));
    writer.Bytes(key.key);
  }
  for (const base::Hash256& hash : result->needs_state->modules) {
    writer.Hash(hash);
  }
  return std::move(writer).Take();
}

Matrix::Answers Matrix::Execute(const Way& way, int rounds) const {
  Answers answers;
  for (int i = 0; i < rounds; ++i) {
    answers.clear();
    for (const Item& item : items_) answers.push_back(Answer(item, way));
  }
  return answers;
}

void Matrix::Compare(absl::string_view mode, const Answers& expected,
                     const Answers& actual,
                     std::vector<std::string>* wrong) const {
  for (size_t i = 0; i < items_.size(); ++i) {
    if (actual[i] == expected[i]) continue;
    wrong->push_back(
        absl::StrCat(items_[i].name, ", ", mode, ": another answer"));
  }
}

Matrix::Answers Matrix::Marks(Engine* engine, const Answers& answers) const {
  Answers marks;
  for (size_t i = 0; i < items_.size(); ++i) {
    // The fuel that was used stands in the answer; asking the engine is simpler
    // than reading it.
    uint64_t used = 0;
    const Way plain = [&](const ExecuteRequest& request, state::Reader* r) {
      auto result = engine->Execute(request, r, nullptr);
      if (result.ok() && result->completed.has_value()) {
        used = result->completed->fuel.used;
      }
      return result;
    };
    CHECK(Answer(items_[i], plain) == answers[i], items_[i].name);
    std::string states;
    for (const uint64_t eighths : kMarkEighths) {
      const Way to_mark = [&](const ExecuteRequest& request, state::Reader* r) {
        std::optional<engine::Mark> mark;
        auto result = engine->ExecuteToMark(request, r, used / 8 * eighths,
                                            &mark, nullptr);
        if (mark.has_value()) absl::StrAppend(&states, mark->state.view());
        if (result.ok() && mark.has_value()) {
          result->completed.reset();
          result->needs_state = engine::NeedsState{};
        }
        return result;
      };
      states += Answer(items_[i], to_mark);
    }
    marks.push_back(states);
  }
  return marks;
}

void Matrix::RunOnThreads(size_t thread_count, const Answers& expected,
                          std::vector<std::string>* wrong) const {
  Engine engine({.profiles = &profiles_, .cache_size_bytes = kCacheBytes});
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      // Every thread executes all, so that threads meet on every module.
      for (size_t k = 0; k < items_.size(); ++k) {
        const size_t i = (k + t * 3) % items_.size();
        const std::string answer = Answer(
            items_[i], [&](const ExecuteRequest& request, state::Reader* r) {
              return engine.Execute(request, r, nullptr);
            });
        if (answer == expected[i]) continue;
        const std::lock_guard<std::mutex> lock(mutex);
        wrong->push_back(
            absl::StrCat(items_[i].name, ", thread ", t, ": another answer"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

std::vector<ModeDigest> Matrix::Run(size_t thread_count,
                                    std::vector<std::string>* wrong) {
  Engine cold({.profiles = &profiles_,
               .cache_size_bytes = 0,
               .remembers_valid_modules = false});
  Engine lazy({.profiles = &profiles_, .cache_size_bytes = 0});
  Engine cached({.profiles = &profiles_, .cache_size_bytes = kCacheBytes});
  const auto plain = [](Engine* engine) {
    return [engine](const ExecuteRequest& request, state::Reader* reader) {
      return engine->Execute(request, reader, nullptr);
    };
  };
  const Way profiled = [&](const ExecuteRequest& request, state::Reader* r) {
    engine::FuelProfile profile;
    auto result = cached.ExecuteProfiled(request, r, nullptr, &profile);
    if (result.ok() && result->completed.has_value() &&
        profile.Total() != result->completed->fuel.used) {
      wrong->push_back("a profile does not sum to the fuel used");
    }
    return result;
  };
  const Way traced = [&](const ExecuteRequest& request, state::Reader* reader) {
    std::optional<engine::Mark> mark;
    auto result = cached.ExecuteToMark(request, reader, metering::kFuelMax,
                                       &mark, nullptr);
    CHECK(!mark.has_value(), "there is no more fuel than that");
    return result;
  };
  const Way recorded = [&](const ExecuteRequest& request, state::Reader* r) {
    replay::Recorder recorder(r);
    return cached.Execute(request, &recorder, nullptr);
  };

  const Answers expected = Execute(plain(&cold));
  std::vector<ModeDigest> lines;
  const auto add = [&](const char* mode, const Answers& answers) {
    lines.push_back({mode, answers.size(), DigestOf(answers)});
  };
  const auto must_be_equal = [&](const char* mode, const Answers& answers) {
    Compare(mode, expected, answers, wrong);
    add(mode, answers);
  };
  add("cold", expected);
  must_be_equal("lazy", Execute(plain(&lazy), 2));
  must_be_equal("cached", Execute(plain(&cached), 2));
  must_be_equal("profiled", Execute(profiled));
  must_be_equal("traced", Execute(traced));
  must_be_equal("recorded", Execute(recorded));
  RunOnThreads(thread_count, expected, wrong);
  const Answers marks = Marks(&cold, expected);
  if (Marks(&cached, expected) != marks) {
    wrong->push_back("at a mark, cached code stands elsewhere than cold code");
  }
  add("marks", marks);
  add("estimated",
      Execute([&](const ExecuteRequest& request,
                  state::Reader* reader) -> absl::StatusOr<ExecuteResult> {
        auto estimation = cached.Estimate(request, reader, nullptr);
        if (!estimation.ok()) return estimation.status();
        return std::move(estimation->result);
      }));
  for (size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].recorded.empty() || items_[i].recorded == expected[i]) {
      continue;
    }
    wrong->push_back(absl::StrCat(items_[i].name, ": not what was recorded"));
  }
  return lines;
}

ModeDigest RunModules(uint64_t count) {
  ModeDigest line = {"modules", 0, {}};
  std::vector<std::string> answers;
  for (uint64_t seed = 0; seed < count; ++seed) {
    static constexpr uint32_t kSizes[] = {4, 10, 25, 60};
    const GeneratedModule module = Generate(seed, kSizes[seed % 4]);
    std::string error;
    const std::unique_ptr<Runner> runner =
        MakeEngineRunner(module.bytes, &error);
    CHECK(runner != nullptr, error);
    Rng rng(~seed);
    Call call;
    call.fuel_limit = kModuleFuel;
    call.memory_pages_max = 1 + rng.Below(4);
    call.stack_slots_max = rng.Chance(30) ? rng.Below(300) : 65536;
    for (const GeneratedFunction& function : module.functions) {
      call.function = function.index;
      call.args.clear();
      for (const wasm::ValType type : function.params) {
        call.args.push_back(InterestingValue(type, &rng));
      }
      base::Writer writer;
      Observe(runner->Run(call), &writer);
      answers.push_back(std::move(writer).Take());
      ++line.executions;
    }
  }
  line.digest = DigestOf(answers);
  return line;
}

ModeDigest RunMaxima() {
  std::vector<std::string> answers;
  for (const base::Limits& limits :
       {base::kStrictLimits, base::kRelaxedLimits}) {
    for (const Maximum& maximum : Maxima(limits)) {
      const CompiledModule module(maximum.module, wasm::Features::All(),
                                  limits);
      CHECK(module.ok(), module.error());
      Machine machine(limits.stack_slots_max);
      const Ending ending =
          machine.Call(machine.Instantiate(module, {}, limits.memory_pages_max),
                       "f", maximum.args);
      CHECK(ending == Returned(maximum.results), maximum.limit);
      base::Writer writer;
      writer.U64(ending.fuel_used);
      for (const uint64_t result : ending.results) writer.U64(result);
      answers.push_back(std::move(writer).Take());
    }
  }
  return {"maxima", answers.size(), DigestOf(answers)};
}

base::Hash256 Total(const std::vector<ModeDigest>& lines) {
  base::Writer writer;
  for (const ModeDigest& line : lines) {
    writer.Bytes(line.mode);
    writer.U64(line.executions);
    writer.Hash(line.digest);
  }
  return base::Blake2b256(writer.data());
}

}  // namespace ashlar::testing
