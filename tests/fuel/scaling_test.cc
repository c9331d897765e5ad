// Every charge that depends on a size doubles with it: host calls, modules,
// instances. (Those of single instructions are in rules_test.) And what a host
// function is charged for beside its bytes is what metering/README.md and
// HOST_FUNCTIONS.md say, under any schedule.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/runner.h"
#include "gtest/gtest.h"
#include "metering/fuel.h"
#include "metering/schedule.h"
#include "tests/fuel/golden.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using engine::OutcomeClass;
using metering::Category;
using metering::Schedule;

constexpr int kKeySize = 32;

// What a contract's host calls cost, under one of the golden profiles.
class HostFuel {
 public:
  explicit HostFuel(const engine::Profile& profile) : profile_(profile) {
    for (const engine::Profile& p : GoldenProfiles()) {
      EXPECT_TRUE(profiles_.Add(p).ok());
    }
    engine_ = std::make_unique<engine::Engine>(
        engine::EngineOptions{.profiles = &profiles_});
  }

  uint64_t Of(absl::string_view function, absl::string_view body,
              absl::string_view data = "") {
    engine::ExecuteRequest request = chain_.Request(
        Contract(
            function, body,
            absl::StrCat("(data (i32.const 0) \"0123456789abcdef\")", data)),
        "call");
    request.profile = profile_.digest;
    const auto result = engine_->Execute(request, &chain_.state(), nullptr);
    EXPECT_TRUE(result.ok() && result->completed.has_value());
    EXPECT_EQ(result->completed->outcome.klass, OutcomeClass::kReturned)
        << result->diagnostics.message;
    return result->completed->fuel.by[Category::kHost];
  }

  state::InlineState& state() { return chain_.state(); }
  const Schedule& schedule() const { return profile_.schedule; }

 private:
  const engine::Profile& profile_;
  engine::ProfileSet profiles_;
  std::unique_ptr<engine::Engine> engine_;
  Chain chain_;
};

class HostScalingTest : public ::testing::TestWithParam<int> {
 protected:
  HostScalingTest() : fuel_(GoldenProfiles()[GetParam()]) {}

  uint64_t Bytes(uint64_t n) const {
    return metering::CeilDiv(n, s().host_bytes_per_fuel);
  }
  const Schedule& s() const { return fuel_.schedule(); }

  HostFuel fuel_;
};

TEST_P(HostScalingTest, InputBytes) {
  const auto message = [&](uint64_t n) {
    return fuel_.Of("seal0.debug_message",
                    absl::StrCat("(drop (call $debug_message (i32.const 0) "
                                 "(i32.const ",
                                 n, ")))"));
  };
  const uint64_t base = message(0);
  EXPECT_EQ(base, s().host_call);
  for (const uint64_t n : {1u, 15u, 16u, 17u, 1000u, 65536u}) {
    EXPECT_EQ(message(n), s().host_call + Bytes(n)) << n;
  }
  constexpr uint64_t kEven = 16 * 9 * 100;
  EXPECT_EQ(message(2 * kEven) - base, 2 * (message(kEven) - base));
}

TEST_P(HostScalingTest, HashedBlocks) {
  const std::vector<std::pair<std::string, uint32_t>> hashes = {
      {"hash_sha2_256", s().sha256_block},
      {"hash_keccak_256", s().keccak256_block},
      {"hash_blake2_256", s().blake2b_block},
      {"hash_blake2_128", s().blake2b_block}};
  for (const auto& [name, price] : hashes) {
    const uint64_t output = name == "hash_blake2_128" ? 16 : 32;
    const auto hash = [&, &function = name](uint64_t n) {
      return fuel_.Of(absl::StrCat("seal0.", function),
                      absl::StrCat("(call $", function,
                                   " (i32.const 0) "
                                   "(i32.const ",
                                   n, ") (i32.const 100))"));
    };
    for (const uint64_t n : {0u, 63u, 64u, 65u, 127u, 128u, 40000u, 80000u}) {
      EXPECT_EQ(hash(n),
                s().host_call + Bytes(n) + Bytes(output) + (n / 64 + 1) * price)
          << name << n;
    }
  }
}

TEST_P(HostScalingTest, SignaturesHaveTheirOwnPrices) {
  EXPECT_EQ(fuel_.Of("seal0.ecdsa_recover",
                     "(drop (call $ecdsa_recover (i32.const 0) (i32.const 65) "
                     "(i32.const 200)))"),
            s().host_call + Bytes(65 + 32) + s().ecdsa_recover);
  EXPECT_EQ(fuel_.Of("seal0.ecdsa_to_eth_address",
                     "(drop (call $ecdsa_to_eth_address (i32.const 0) "
                     "(i32.const 200)))"),
            s().host_call + Bytes(33) + s().ecdsa_address);
  for (const uint64_t n : {0u, 31u, 32u, 1000u, 2000u}) {
    EXPECT_EQ(fuel_.Of("seal0.sr25519_verify",
                       absl::StrCat("(drop (call $sr25519_verify (i32.const 0)"
                                    " (i32.const 64) (i32.const ",
                                    n, ") (i32.const 0)))")),
              s().host_call + Bytes(96 + n) + s().sr25519_verify +
                  ((96 + n) / 64 + 1) * s().sr25519_block)
        << n;
  }
}

TEST_P(HostScalingTest, EntriesAreReadAndWrittenByTheByte) {
  const auto key = [](int size) {
    return absl::StrCat("(i32.const 0) (i32.const ", size, ")");
  };
  const auto set = [&](uint64_t n) {
    return fuel_.Of("seal2.set_storage",
                    absl::StrCat("(drop (call $set_storage ", key(kKeySize),
                                 " (i32.const 0) (i32.const ", n, ")))"));
  };
  const std::string name =
      "0123456789abcdef" + std::string(kKeySize - 16, '\0');
  const auto give = [&](uint64_t n) {
    fuel_.state().SetStorage(Account(0xc0), name, base::Bytes(n, 'v'));
  };
  const uint64_t both = s().host_call + s().state_read + s().state_write;
  for (const uint64_t n : {0u, 1u, 100u, 8192u, 16384u}) {
    EXPECT_EQ(set(n),
              both + Bytes(kKeySize + n) + (kKeySize + n) * s().state_byte)
        << n;
  }
  for (const uint64_t n : {0u, 1u, 100u, 8192u, 16384u}) {
    give(n);
    // What it replaces was read.
    EXPECT_EQ(set(5),
              both + Bytes(kKeySize + 5) + (kKeySize + 5 + n) * s().state_byte);
    EXPECT_EQ(fuel_.Of("seal1.clear_storage",
                       absl::StrCat("(drop (call $clear_storage ",
                                    key(kKeySize), "))")),
              both + Bytes(kKeySize) + (kKeySize + n) * s().state_byte);
    EXPECT_EQ(fuel_.Of("seal1.contains_storage",
                       absl::StrCat("(drop (call $contains_storage ",
                                    key(kKeySize), "))")),
              s().host_call + s().state_read + Bytes(kKeySize) +
                  (kKeySize + n) * s().state_byte);
    const std::string out = " (i32.const 4096) (i32.const 60)";
    const std::string room = "(i32.store (i32.const 60) (i32.const 20000))";
    EXPECT_EQ(fuel_.Of("seal1.get_storage",
                       absl::StrCat(room, "(drop (call $get_storage ",
                                    key(kKeySize), out, "))")),
              s().host_call + s().state_read + Bytes(kKeySize) + Bytes(n) +
                  (kKeySize + n) * s().state_byte);
    EXPECT_EQ(
        fuel_.Of("seal0.take_storage",
                 absl::StrCat(room, "(drop (call $take_storage ", key(kKeySize),
                              out, "))")),
        both + Bytes(kKeySize) + Bytes(n) + (kKeySize + n) * s().state_byte);
  }
  // Without an answer nothing is read.
  EXPECT_EQ(
      fuel_.Of("seal0.set_storage",
               "(call $set_storage (i32.const 0) (i32.const 0) "
               "(i32.const 100))"),
      s().host_call + s().state_write + Bytes(132) + 132 * s().state_byte);
}

TEST_P(HostScalingTest, EventsAndReturnedDataAreRecorded) {
  for (const uint64_t n : {0u, 1u, 4000u, 8000u}) {
    EXPECT_EQ(fuel_.Of("seal0.deposit_event",
                       absl::StrCat("(call $deposit_event (i32.const 0) "
                                    "(i32.const 0) (i32.const 0) (i32.const ",
                                    n, "))")),
              s().host_call + Bytes(n) + n * s().state_byte);
    EXPECT_EQ(fuel_.Of("", absl::StrCat("(call $return (i32.const 0) "
                                        "(i32.const 0) (i32.const ",
                                        n, "))")),
              s().host_call + Bytes(n) + n * s().state_byte);
  }
}

TEST_P(HostScalingTest, LookUpsOfAccountsAndModules) {
  const std::string account = "(i32.const 1000)";
  EXPECT_EQ(fuel_.Of("seal0.is_contract",
                     absl::StrCat("(drop (call $is_contract ", account, "))")),
            s().host_call + Bytes(32) + s().state_read);
  EXPECT_EQ(
      fuel_.Of("seal0.transfer",
               absl::StrCat("(drop (call $transfer ", account,
                            " (i32.const 32) (i32.const 0) (i32.const 16)))")),
      s().host_call + Bytes(48) + 2 * s().state_read + 2 * s().state_write);
  // A module that is there is charged by its size; one that is not, is not.
  for (const uint64_t n : {100u, 50'000u, 100'000u}) {
    const base::Hash256 hash = fuel_.state().AddModule(base::Bytes(n, 'm'));
    const auto set = [&](absl::string_view bytes) {
      return fuel_.Of(
          "seal0.set_code_hash",
          "(drop (call $set_code_hash (i32.const 2000)))",
          absl::StrCat("(data (i32.const 2000) \"", Escaped(bytes), "\")"));
    };
    const uint64_t absent =
        s().host_call + Bytes(32) + s().state_read + s().state_write;
    EXPECT_EQ(set(std::string(32, '\7')), absent);
    EXPECT_EQ(set(hash.view()), absent + Bytes(n)) << n;
  }
  // A value adds a transfer.
  const auto call = [&](uint64_t value_at) {
    return fuel_.Of("seal1.call",
                    absl::StrCat("(drop (call $call (i32.const 0) ", account,
                                 " (i64.const 0) (i32.const ", value_at,
                                 ") (i32.const 0) (i32.const 0) "
                                 "(i32.const -1) (i32.const 0)))"));
  };
  const uint64_t plain = s().host_call + Bytes(48) + 2 * s().state_read;
  EXPECT_EQ(call(1000), plain);
  EXPECT_EQ(call(0), plain + 2 * s().state_read + 2 * s().state_write);
}

TEST_P(HostScalingTest, TransientStorageIsPricedByTheAccess) {
  for (const uint64_t n : {0u, 64u, 128u, 16000u}) {
    EXPECT_EQ(fuel_.Of("seal0.set_transient_storage",
                       absl::StrCat("(drop (call $set_transient_storage "
                                    "(i32.const 0) (i32.const 32) "
                                    "(i32.const 0) (i32.const ",
                                    n, ")))")),
              s().host_call + s().transient_access + Bytes(32 + n));
  }
}

INSTANTIATE_TEST_SUITE_P(Schedules, HostScalingTest, ::testing::Values(0, 1));

// --- Modules and instances.

std::string Module(absl::string_view fields) {
  return Wat(absl::StrCat("(module ", fields, ")"));
}

uint64_t FuelFor(const std::string& bytes, const Schedule& schedule,
                 Category category) {
  engine::Profile profile =
      *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  profile.schedule = schedule;
  engine::PreparedInstance instance;
  const engine::RunResult result =
      instance.Prepare(bytes, profile, metering::kFuelMax);
  EXPECT_EQ(result.klass, OutcomeClass::kReturned) << result.message;
  return result.fuel_by[category];
}

TEST(ModuleScaling, CompilingIsChargedByTheByte) {
  for (const Schedule& s : GoldenSchedules()) {
    for (const uint64_t n : {0u, 10u, 5000u, 10'000u}) {
      const std::string bytes = Module(absl::StrCat(
          "(memory 1) (data (i32.const 0) \"", std::string(n, 'x'), "\")"));
      EXPECT_EQ(FuelFor(bytes, s, Category::kCompile),
                s.compile_base + bytes.size() * s.compile_byte);
    }
  }
}

TEST(ModuleScaling, InstancesAreChargedByWhatTheyHold) {
  for (const Schedule& s : GoldenSchedules()) {
    const auto fuel = [&](const std::string& fields) {
      return FuelFor(Module(fields), s, Category::kInstantiate);
    };
    EXPECT_EQ(fuel(""), s.instantiate_base);
    for (const uint64_t n : {1u, 7u, 14u}) {
      EXPECT_EQ(fuel(absl::StrCat("(memory ", n, ")")),
                s.instantiate_base + n * s.instantiate_page);
    }
    for (const uint64_t n : {0u, 1u, 31u, 32u, 33u, 704u, 1408u}) {
      EXPECT_EQ(
          fuel(absl::StrCat("(memory 0) (data \"", std::string(n, 'x'), "\")")),
          s.instantiate_base + metering::CeilDiv(n, s.segment_bytes_per_fuel));
    }
    for (const uint64_t n : {1u, 1000u, 2000u}) {
      EXPECT_EQ(fuel(absl::StrCat("(table ", n, " funcref)")),
                s.instantiate_base + n * s.instantiate_item);
      std::string globals;
      std::string elements;
      std::string imports;
      for (uint64_t i = 0; i < n; ++i) {
        globals += "(global i32 (i32.const 0))";
        elements += " $f";
        imports += "(import \"a\" \"b\" (func))";
      }
      EXPECT_EQ(fuel(globals), s.instantiate_base + n * s.instantiate_item);
      EXPECT_EQ(fuel(absl::StrCat("(func $f) (elem func", elements, ")")),
                s.instantiate_base + n * s.instantiate_item);
      EXPECT_EQ(fuel(imports), s.instantiate_base + n * s.instantiate_item);
    }
  }
}

// --- The parts of an instruction's price.

TEST(InstructionScaling, LocalsParametersAndTargets) {
  for (const Schedule& s : GoldenSchedules()) {
    engine::Profile profile =
        *engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
    profile.schedule = s;
    const auto fuel = [&](const std::string& fields) {
      const engine::RunResult result = engine::RunExport(
          Module(fields), profile, "run", {}, metering::kFuelMax);
      EXPECT_EQ(result.klass, OutcomeClass::kReturned) << result.message;
      return result.fuel_by[Category::kCompute];
    };
    const auto many = [](absl::string_view text, uint64_t n) {
      std::string all;
      for (uint64_t i = 0; i < n; ++i) absl::StrAppend(&all, text, " ");
      return all;
    };
    using metering::CostClass;
    const uint64_t end = s.price(CostClass::kMarker);
    for (const uint64_t n : {0u, 1u, 24u, 48u, 960u}) {
      EXPECT_EQ(fuel(absl::StrCat("(func (export \"run\") (local ",
                                  many("i64", n), "))")),
                end + metering::CeilDiv(n, s.locals_per_fuel));
      EXPECT_EQ(fuel(absl::StrCat("(func $f (param ", many("i32", n),
                                  ")) (func (export \"run\") ",
                                  many("i32.const 1", n), " call $f)")),
                n * s.price(CostClass::kConst) + s.price(CostClass::kCall) +
                    n * s.call_parameter + 2 * end);
      EXPECT_EQ(
          fuel(absl::StrCat("(func (export \"run\") i32.const 0 br_table ",
                            many("0", n + 1), ")")),
          s.price(CostClass::kConst) + s.price(CostClass::kBranchTable) +
              metering::CeilDiv(n + 1, s.branch_table_targets_per_fuel));
    }
  }
}

}  // namespace
}  // namespace ashlar::testing
