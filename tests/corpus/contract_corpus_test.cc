// Every contract of the data's contracts folder, linked to a scripted host: the
// engine and the naive interpreter agree on what its functions do. Contracts
// seldom get far with such a host, so functions that are not exported are
// called, too: what they run is still what compilers make.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "tests/corpus/lockstep.h"
#include "tests/corpus/scripted_host.h"
#include "tests/corpus/world.h"
#include "tests/spec/data.h"

namespace ashlar::testing {
namespace {

using std::filesystem::path;

constexpr uint64_t kFuelLimit = 300'000;
constexpr size_t kExportsPerModule = 24;
constexpr size_t kOthersPerModule = 40;
// Each with other arguments.
constexpr uint64_t kCallsPerFunction = 2;

const engine::Profile& Relaxed() {
  return *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
}

struct Corpus {
  const char* folder;
  size_t modules;           // that the engine accepts; the others are invalid
  uint64_t calls_at_least;  // made in all of them together

  friend void PrintTo(const Corpus& corpus, std::ostream* out) {
    *out << corpus.folder;
  }
};

// At most `count` of them, from all over the list.
void AppendSome(const std::vector<uint32_t>& all, size_t count,
                std::vector<uint32_t>* out) {
  const size_t stride = all.size() / count + 1;
  for (size_t i = 0; i < all.size(); i += stride) out->push_back(all[i]);
}

// Indices of exported functions and of others.
std::vector<uint32_t> SomeFunctions(const wasm::Module& module) {
  std::vector<uint32_t> exported;
  for (const wasm::Export& e : module.exports) {
    if (e.kind == wasm::ExternKind::kFunc) exported.push_back(e.index);
  }
  std::vector<uint32_t> others;
  for (uint32_t i = module.imported_functions; i < module.functions.size();
       ++i) {
    if (std::count(exported.begin(), exported.end(), i) == 0) {
      others.push_back(i);
    }
  }
  std::vector<uint32_t> some;
  AppendSome(exported, kExportsPerModule, &some);
  AppendSome(others, kOthersPerModule, &some);
  return some;
}

std::vector<uint64_t> Arguments(const wasm::Module& module, uint32_t function,
                                uint64_t round) {
  const uint64_t memory_size_bytes =
      module.memories.empty() ? 0 : module.memories[0].limits.min * 65536ull;
  std::vector<uint64_t> args;
  for (const wasm::ValType type : module.func_type(function).params()) {
    const uint64_t hash =
        Mixer().Add(function).Add(round).Add(args.size()).Finish();
    args.push_back(PlausibleValue(hash, type, memory_size_bytes));
  }
  return args;
}

class ContractCorpus : public ::testing::TestWithParam<Corpus> {
 protected:
  // Each call has a new instance, as calls of contracts have.
  void Run(const Subject& subject, Lockstep* lockstep) {
    for (const uint32_t function : SomeFunctions(subject.module())) {
      for (uint64_t round = 0; round < kCallsPerFunction; ++round) {
        SCOPED_TRACE(absl::StrCat("function ", function, ", call ", round));
        lockstep->Clear();
        const auto instance = lockstep->Instantiate(subject, kFuelLimit);
        ASSERT_TRUE(instance.has_value());
        lockstep->Invoke(Call{*instance, function,
                              Arguments(subject.module(), function, round),
                              kFuelLimit});
      }
    }
  }
};

TEST_P(ContractCorpus, Agrees) {
  const path folder = spec::DataFolder() / GetParam().folder;
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << spec::kNoData;
  Lockstep lockstep(Relaxed(), [] { return std::make_unique<ScriptedHost>(); });
  size_t modules = 0;
  for (const path& file : spec::FilesBelow(folder, ".wasm")) {
    SCOPED_TRACE(file.filename().string());
    const auto bytes = cli::ReadFile(file.string());
    ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
    const Subject subject = MakeSubject(*bytes, Relaxed());
    if (subject.compiled == nullptr) continue;
    ++modules;
    Run(subject, &lockstep);
    lockstep.Clear();
  }
  const Tally& tally = lockstep.tally();
  std::printf("%zu modules; %s\n", modules, tally.Describe().c_str());
  EXPECT_EQ(modules, GetParam().modules);
  EXPECT_GE(tally.returned + tally.trapped + tally.out_of_fuel,
            GetParam().calls_at_least);
}

INSTANTIATE_TEST_SUITE_P(
    All, ContractCorpus,
    ::testing::Values(
        Corpus{"contracts/cosmwasm", 36, 3000},
        Corpus{"contracts/near", 48, 4000}, Corpus{"contracts/ink", 85, 2000},
        Corpus{"contracts/soroban", 52, 1000},
        Corpus{"contracts/eosio", 5, 300}, Corpus{"contracts/ewasm", 26, 200},
        Corpus{"contracts/stylus", 2, 8}, Corpus{"contracts/generic", 21, 500},
        Corpus{"bench", 16, 1000}),
    [](const auto& info) {
      return path(info.param.folder).filename().string();
    });

}  // namespace
}  // namespace ashlar::testing
