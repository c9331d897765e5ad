#include "engine/profile.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace ashlar::engine {
namespace {

const Profile& BuiltIn(absl::string_view name) {
  return *ProfileSet::BuiltIn().FindByName(name);
}

// These digests are in history: a change means a new profile, not a new value
// here.
TEST(Profile, DigestsAreGolden) {
  EXPECT_EQ(BuiltIn("strict-1").digest.ToHex(),
            "db0e0e46aa9322ecc4cc616382a0d07aeebb5ced0b260af81f97bb70a46f289d");
  EXPECT_EQ(BuiltIn("relaxed-1").digest.ToHex(),
            "1325fc6fbad876b0f43590f62f9e88cba91bb8fcc6b75cffe0eaa635e700a330");
  EXPECT_EQ(BuiltIn("seal-1").digest.ToHex(),
            "80d8ebb0f613dd2afe87f7a661baf92e2a79acbe22423fefb2e3aea2b30fa1dd");
}

TEST(Profile, BuiltInOnesAreWhatTheyAreMeantToBe) {
  const Profile& strict = BuiltIn("strict-1");
  EXPECT_FALSE(strict.features.Has(wasm::Feature::kFloats));
  EXPECT_FALSE(strict.features.Has(wasm::Feature::kStartFunction));
  EXPECT_FALSE(strict.features.Has(wasm::Feature::kMultiValue));
  EXPECT_TRUE(strict.features.Has(wasm::Feature::kBulkMemory));
  EXPECT_EQ(strict.unknown_imports, UnknownImports::kReject);
  const Profile& relaxed = BuiltIn("relaxed-1");
  EXPECT_EQ(relaxed.features, wasm::Features::All());
  EXPECT_EQ(relaxed.float_rule, FloatRule::kCanonical);
  EXPECT_EQ(relaxed.limits, base::kRelaxedLimits);
  const Profile& seal = BuiltIn("seal-1");
  EXPECT_EQ(seal.abi, Abi::kSeal);
  EXPECT_EQ(seal.features, strict.features);
  EXPECT_EQ(seal.limits.memory_pages_max, 16u);
  EXPECT_EQ(seal.limits.storage_key_size_bytes_max, 128u);
  EXPECT_EQ(seal.limits.stack_slots_max, strict.limits.stack_slots_max);
}

TEST(Profile, EveryPartChangesTheDigest) {
  const Profile& base = BuiltIn("seal-1");
  const auto differs = [&](auto change) {
    Profile p = base;
    change(p);
    return Digest(p) != base.digest;
  };
  EXPECT_TRUE(differs([](Profile& p) { p.semantics_version = 2; }));
  EXPECT_TRUE(differs([](Profile& p) { p.abi = Abi::kNone; }));
  EXPECT_TRUE(differs([](Profile& p) { p.abi_version = 2; }));
  EXPECT_TRUE(differs([](Profile& p) { p.features = wasm::Features(); }));
  EXPECT_TRUE(
      differs([](Profile& p) { p.float_rule = FloatRule::kCanonical; }));
  EXPECT_TRUE(
      differs([](Profile& p) { p.unknown_imports = UnknownImports::kTrap; }));
  EXPECT_TRUE(differs([](Profile& p) { p.schedule.host_call += 1; }));
  for (const base::LimitField& field : base::kLimitFields) {
    EXPECT_TRUE(differs([&](Profile& p) { p.limits.*field.value -= 1; }))
        << std::string(field.name);
  }
  EXPECT_FALSE(differs([](Profile& p) { p.name = "another"; }));
}

TEST(Profile, TextFormReadsBack) {
  for (const Profile* profile : ProfileSet::BuiltIn().all()) {
    const auto parsed = ParseProfile(FormatProfile(*profile));
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_EQ(parsed->digest, profile->digest);
    EXPECT_EQ(parsed->name, profile->name);
  }
}

TEST(Profile, CopiesAndOverrides) {
  const auto parsed = ParseProfile(
      "# a chain\n"
      "copy seal-1\n"
      "name my-chain   # its name\n"
      "limit memory_pages_max 8\n"
      "feature bulk-memory off\n"
      "unknown-imports trap\n"
      "schedule copy ashlar-1\n"
      "schedule name my-prices\n"
      "schedule host_call 60\n");
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed->name, "my-chain");
  EXPECT_EQ(parsed->abi, Abi::kSeal);
  EXPECT_EQ(parsed->limits.memory_pages_max, 8u);
  EXPECT_EQ(parsed->schedule.host_call, 60u);
  EXPECT_FALSE(parsed->features.Has(wasm::Feature::kBulkMemory));
  EXPECT_EQ(parsed->digest, Digest(*parsed));
}

TEST(Profile, FloatsAreOneChoice) {
  const auto parsed =
      ParseProfile("copy strict-1\nname floats\nfloats canonical\n");
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->features.Has(wasm::Feature::kFloats));
  EXPECT_FALSE(
      ParseProfile("copy strict-1\nname floats\nfeature floats on\n").ok());
}

TEST(Profile, ErrorsNameTheLine) {
  for (const char* line :
       {"limit memory_pages_max 65537",  // above what the engine can
        "limit no_such_limit 1", "limit memory_pages_max x",
        "feature no-such on", "feature bulk-memory maybe", "feature mvp off",
        "abi cosmwasm", "floats sometimes", "semantics-version 2",
        "copy strict-1",  // not the first line
        "name two words", "something"}) {
    const auto parsed =
        ParseProfile(absl::StrCat("copy strict-1\nname n\n", line, "\n"));
    ASSERT_FALSE(parsed.ok()) << line;
    EXPECT_NE(std::string(parsed.status().message()).find("line 3"),
              std::string::npos)
        << parsed.status().message();
  }
  EXPECT_FALSE(ParseProfile("copy strict-1\n").ok());  // no name
  EXPECT_FALSE(ParseProfile("name n\n").ok());         // no schedule
  EXPECT_FALSE(
      ParseProfile("copy strict-1\nname n\nschedule no_such 1\n").ok());
}

TEST(ProfileSet, RefusesTheSameNameAndTheSameDigest) {
  ProfileSet set;
  ASSERT_TRUE(set.Add(BuiltIn("strict-1")).ok());
  const Profile* const strict = set.FindByName("strict-1");
  EXPECT_EQ(set.Add(BuiltIn("strict-1")).code(),
            absl::StatusCode::kAlreadyExists);
  Profile renamed = BuiltIn("strict-1");
  renamed.name = "renamed";
  EXPECT_EQ(set.Add(renamed).code(), absl::StatusCode::kAlreadyExists);
  renamed.limits.imports_max = 1;
  EXPECT_TRUE(set.Add(renamed).ok());
  EXPECT_EQ(set.FindByName("strict-1"), strict);
  EXPECT_EQ(set.Find(Digest(renamed))->name, "renamed");
  EXPECT_EQ(set.Find(base::Hash256{}), nullptr);
}

}  // namespace
}  // namespace ashlar::engine
