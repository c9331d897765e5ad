// Replay records: complete, exact, and proof against changes.
#include "replay/record.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/digests.h"
#include "gtest/gtest.h"
#include "replay/archive.h"
#include "replay/verify.h"
#include "tests/replay/cases.h"

namespace ashlar::testing {
namespace {

using replay::Archive;
using replay::ArchiveWriter;

Archive Parsed(base::Bytes file) {
  auto archive = Archive::Parse(std::move(file));
  EXPECT_TRUE(archive.ok()) << archive.status();
  return *std::move(archive);
}

replay::Verdict Verified(const Archive& archive, engine::Engine* engine,
                         size_t index = 0) {
  auto verdict =
      replay::Verify(archive, index, engine, replay::NoModules, nullptr);
  EXPECT_TRUE(verdict.ok()) << verdict.status();
  return *std::move(verdict);
}

// A file with the record as `change` leaves it, its digests made anew.
Archive Changed(const Archive& from,
                void (*change)(replay::Record*, engine::Completed*)) {
  replay::Record record = from.Read(0).value();
  engine::Completed completed = replay::DecodeAnswer(record).value();
  const base::Bytes answer = record.answer;
  change(&record, &completed);
  // Where the change was made to the bytes of the answer, they stay.
  if (record.answer == answer) record.answer = replay::EncodeAnswer(completed);
  ArchiveWriter writer;
  EXPECT_TRUE(writer.Add(from).ok());
  ArchiveWriter changed;
  for (const Archive::Profile& profile : from.profiles()) {
    changed.AddProfile(profile.digest, profile.text);
  }
  for (const base::Hash256& hash : replay::ModulesOf(record)) {
    if (auto bytes = from.FindModule(hash)) changed.AddModule(hash, bytes);
  }
  changed.AddRecord(record);
  return Parsed(changed.Finish());
}

TEST(Record, EveryWayToEndIsReplayed) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.name);
    Chain chain;
    const engine::ExecuteRequest request = c.prepare(chain);
    ArchiveWriter writer;
    const engine::Completed recorded = Record(&chain, request, &writer);
    EXPECT_EQ(recorded.outcome.klass, c.outcome);
    // Recording changed nothing.
    const engine::Completed plain = *chain.Try(request).completed;
    EXPECT_EQ(recorded.digests.receipt, plain.digests.receipt);
    EXPECT_EQ(replay::EncodeAnswer(recorded), replay::EncodeAnswer(plain));
    const Archive archive = Parsed(writer.Finish());
    EXPECT_TRUE(archive.Check().ok());
    // An engine that has seen nothing yet, and one without a cache.
    for (uint64_t cache : {uint64_t{64} << 20, uint64_t{0}}) {
      Chain other("seal-1", cache);
      const replay::Verdict verdict = Verified(archive, &other.engine());
      EXPECT_TRUE(verdict.is_match) << verdict.first_difference;
      EXPECT_EQ(verdict.fuel_used, recorded.fuel.used);
    }
  }
}

TEST(Record, RequestAndAnswerComeBack) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.name);
    Chain chain;
    const engine::ExecuteRequest request = c.prepare(chain);
    ArchiveWriter writer;
    const engine::Completed recorded = Record(&chain, request, &writer);
    const Archive archive = Parsed(writer.Finish());
    const replay::Record record = archive.Read(0).value();
    EXPECT_EQ(replay::EncodeRecord(record), archive.body(0));
    const auto again =
        replay::RequestOf(record, archive, replay::NoModules).value();
    EXPECT_EQ(engine::RequestDigest(again), recorded.digests.request);
    const engine::Completed answer = replay::DecodeAnswer(record).value();
    EXPECT_EQ(engine::EffectsDigest(answer), recorded.digests.effects);
    EXPECT_EQ(engine::ReadsDigest(answer, again.block), recorded.digests.reads);
    EXPECT_EQ(answer.fuel.used, recorded.fuel.used);
    EXPECT_EQ(answer.fuel.by.Sum(), recorded.fuel.used);
  }
}

base::Bytes SmallRecord() {
  Chain chain;
  chain.state().SetStorage(Account(0xc0), "x", "old");
  chain.Deploy(Account(0xc0), Cases().front().prepare(chain).module_bytes);
  return RecordOf(&chain, chain.Request("", "call", "x"));
}

TEST(Record, EveryChangedBitIsNoticed) {
  const base::Bytes file = SmallRecord();
  Chain chain;
  EXPECT_TRUE(Verified(Parsed(file), &chain.engine()).is_match);
  for (size_t bit = 0; bit < file.size() * 8; ++bit) {
    base::Bytes changed = file;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto archive = Archive::Parse(std::move(changed));
    const absl::Status status =
        archive.ok() ? archive->Check() : archive.status();
    ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bit;
    ASSERT_TRUE(absl::StartsWith(status.message(), "byte ")) << status;
  }
}

TEST(Record, EveryPrefixIsRefusedAtAByte) {
  const base::Bytes file = SmallRecord();
  for (size_t size = 0; size < file.size(); ++size) {
    const auto archive = Archive::Parse(file.substr(0, size));
    ASSERT_EQ(archive.status().code(), absl::StatusCode::kInvalidArgument);
    ASSERT_TRUE(absl::StartsWith(archive.status().message(), "byte "))
        << archive.status();
  }
  EXPECT_FALSE(Archive::Parse(file + "x").ok());
}

TEST(Record, EveryPrefixOfABodyIsRefusedAtAByte) {
  const Archive archive = Parsed(SmallRecord());
  const absl::string_view body = archive.body(0);
  for (size_t size = 0; size < body.size(); ++size) {
    const auto record = replay::DecodeRecord(body.substr(0, size), 1000);
    ASSERT_EQ(record.status().code(), absl::StatusCode::kInvalidArgument);
    ASSERT_TRUE(absl::StartsWith(record.status().message(), "byte 1"))
        << record.status();
  }
  replay::Record record = archive.Read(0).value();
  const base::Bytes answer = record.answer;
  for (size_t size = 0; size < answer.size(); ++size) {
    record.answer = answer.substr(0, size);
    ASSERT_FALSE(replay::DecodeAnswer(record).ok());
  }
}

// Lists in their order, values of their size, nothing behind the end: what two
// bodies could say alike, one of them may not say.
TEST(Record, ABodyIsReadInOneWayOnly) {
  const Archive archive = Parsed(SmallRecord());
  const replay::Record good = archive.Read(0).value();
  ASSERT_FALSE(good.reads.empty() || good.modules.empty());
  const auto is_refused = [&](void (*change)(replay::Record*)) {
    replay::Record record = good;
    change(&record);
    return !replay::DecodeRecord(replay::EncodeRecord(record), 0).ok();
  };
  EXPECT_FALSE(is_refused([](replay::Record*) {}));
  EXPECT_FALSE(is_refused([](replay::Record* r) {
    r->reads = {{{Account(1), state::Kind::kBalance, ""}, Le128(5)}};
  }));
  EXPECT_TRUE(is_refused(
      [](replay::Record* r) { r->reads.push_back(r->reads.back()); }));
  EXPECT_TRUE(is_refused([](replay::Record* r) {
    r->reads.push_back({{Account(0), state::Kind::kStorage, "x"}, "1"});
  }));
  EXPECT_TRUE(is_refused(
      [](replay::Record* r) { r->modules.push_back(r->modules.back()); }));
  EXPECT_TRUE(is_refused([](replay::Record* r) {
    r->reads = {{{Account(1), state::Kind::kBalance, ""}, Le64(5)}};
  }));
  EXPECT_TRUE(is_refused([](replay::Record* r) {
    r->reads = {{{Account(1), state::Kind::kBalance, "x"}, Le128(5)}};
  }));
  EXPECT_FALSE(replay::DecodeRecord(replay::EncodeRecord(good) + "x", 0).ok());
}

// What somebody may change who can make the digests anew: the replay names it.
struct Change {
  const char* difference;  // how the sentence begins
  void (*make)(replay::Record*, engine::Completed*);
};

const Change kChanges[] = {
    {"outcome: recorded trapped, replayed returned",
     [](replay::Record*, engine::Completed* c) {
       c->outcome.klass = engine::OutcomeClass::kTrapped;
     }},
    {"trap: recorded Unreachable, replayed None",
     [](replay::Record*, engine::Completed* c) {
       c->outcome.trap = interp::Trap::kUnreachable;
     }},
    {"limit: recorded writes, replayed ",
     [](replay::Record*, engine::Completed* c) {
       c->outcome.limit = engine::Resource::kWrites;
     }},
    {"violation: recorded ",
     [](replay::Record*, engine::Completed* c) {
       c->outcome.violations.push_back({wasm::ViolationCode{}, 0, ""});
     }},
    {"flags: recorded 2, replayed 0",
     [](replay::Record*, engine::Completed* c) { c->outcome.flags = 2; }},
    {"data: recorded 7879ff, replayed 7879",
     [](replay::Record*, engine::Completed* c) { c->outcome.data += '\xff'; }},
    {"fuel.used: recorded ",
     [](replay::Record*, engine::Completed* c) { ++c->fuel.used; }},
    {"fuel.by.host: recorded ",
     [](replay::Record*, engine::Completed* c) {
       ++c->fuel.by[metering::Category::kHost];
     }},
    {"fuel.minimum: recorded ",
     [](replay::Record*, engine::Completed* c) { ++c->fuel.minimum; }},
    {"fuel.exactness: recorded 2, replayed 1",
     [](replay::Record*, engine::Completed* c) {
       c->fuel.exactness = engine::Exactness::kConditional;
     }},
    {"effects[0] storage 78 of c0c0c0c0",
     [](replay::Record*, engine::Completed* c) {
       c->effects[0].value = std::nullopt;
     }},
    {"effects[0]: recorded none, replayed storage 78 of c0c0c0c0",
     [](replay::Record*, engine::Completed* c) { c->effects.clear(); }},
    {"removed_accounts[0]: recorded 0000",
     [](replay::Record*, engine::Completed* c) {
       c->removed_accounts.emplace_back();
     }},
    {"events[0]: recorded of 0000",
     [](replay::Record*, engine::Completed* c) { c->events.emplace_back(); }},
    {"reads[1]: recorded storage 79 of c0c0c0c0",
     [](replay::Record* r, engine::Completed* c) {
       r->reads.push_back({{Account(0xc0), state::Kind::kStorage, "y"}, "1"});
       ++c->resources.reads;
     }},
    {"context_reads: recorded number, replayed none",
     [](replay::Record*, engine::Completed* c) {
       c->context_reads = {"number"};
     }},
    {"modules[0]: recorded 0909",
     [](replay::Record* r, engine::Completed*) {
       r->modules.push_back({Account(9), false});
       r->answer.back() ^= 1;
     }},
    {"resources.peak_pages: recorded 3, replayed 2",
     [](replay::Record*, engine::Completed* c) { ++c->resources.peak_pages; }},
    {"digests.request: recorded ",
     [](replay::Record*, engine::Completed* c) {
       c->digests.request.bytes[31] ^= 1;
     }},
    {"digests.reads: recorded ",
     [](replay::Record*, engine::Completed* c) {
       c->digests.reads.bytes[0] ^= 1;
     }},
    {"digests.effects: recorded ",
     [](replay::Record*, engine::Completed* c) {
       c->digests.effects.bytes[0] ^= 1;
     }},
    {"digests.receipt: recorded ",
     [](replay::Record*, engine::Completed* c) {
       c->digests.receipt.bytes[0] ^= 1;
     }},
    {"digests.request: recorded ",
     [](replay::Record* r, engine::Completed*) { ++r->request.block.number; }},
    {"reads: the replay reads storage 7a of c0c0c0c0",
     [](replay::Record* r, engine::Completed*) { r->request.input = "z"; }},
};

TEST(Verify, NamesTheFirstDifference) {
  Chain chain;
  // Writes "xy" to key "x" and returns it.
  const Archive archive =
      Parsed(RecordOf(&chain, Cases().front().prepare(chain)));
  for (const Change& change : kChanges) {
    SCOPED_TRACE(change.difference);
    const replay::Verdict verdict =
        Verified(Changed(archive, change.make), &chain.engine());
    EXPECT_FALSE(verdict.is_match);
    EXPECT_TRUE(absl::StartsWith(verdict.first_difference, change.difference))
        << verdict.first_difference;
  }
}

TEST(Verify, ReadsThatAreMissingOrOther) {
  Chain chain;
  chain.Deploy(Account(0xc0), Cases().front().prepare(chain).module_bytes);
  const Archive archive = Parsed(RecordOf(&chain, chain.Request("", "call")));
  const auto missing = Changed(
      archive, [](replay::Record* r, engine::Completed*) { r->reads.clear(); });
  EXPECT_TRUE(
      absl::StartsWith(Verified(missing, &chain.engine()).first_difference,
                       "reads: the replay reads code of c0c0c0c0"));
  const auto module = Changed(
      archive,
      [](replay::Record* r, engine::Completed*) { r->modules.clear(); });
  EXPECT_TRUE(
      absl::StartsWith(Verified(module, &chain.engine()).first_difference,
                       "modules: the replay looks for "));
  // The code is said to be another one, which nobody has.
  const auto other =
      Changed(archive, [](replay::Record* r, engine::Completed*) {
        r->reads[0].value = std::string(32, '\x09');
      });
  EXPECT_TRUE(
      absl::StartsWith(Verified(other, &chain.engine()).first_difference,
                       "modules: the replay looks for 0909"));
}

TEST(Verify, NeedsTheModuleThatIsOnlyNamed) {
  Chain chain;
  const engine::ExecuteRequest request = Cases().front().prepare(chain);
  const Archive archive =
      Parsed(RecordOf(&chain, request, replay::Modules::kByHash));
  EXPECT_EQ(archive.FindModule(engine::Digests{}.request), nullptr);
  EXPECT_EQ(
      replay::Verify(archive, 0, &chain.engine(), replay::NoModules, nullptr)
          .status()
          .code(),
      absl::StatusCode::kNotFound);
  const auto verdict = replay::Verify(
      archive, 0, &chain.engine(),
      [&](const base::Hash256& hash) {
        EXPECT_EQ(hash, base::Blake2b256(request.module_bytes));
        return std::make_shared<const base::Bytes>(request.module_bytes);
      },
      nullptr);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_TRUE(verdict->is_match);
}

TEST(Verify, NeedsProfileAndSemantics) {
  Chain chain;
  const Archive archive =
      Parsed(RecordOf(&chain, Cases().front().prepare(chain)));
  const auto code = [&](void (*change)(replay::Record*, engine::Completed*)) {
    return replay::Verify(Changed(archive, change), 0, &chain.engine(),
                          replay::NoModules, nullptr)
        .status()
        .code();
  };
  EXPECT_EQ(code([](replay::Record* r, engine::Completed*) {
              ++r->semantics_version;
            }),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code([](replay::Record* r, engine::Completed*) {
              r->request.profile.bytes[0] ^= 1;
            }),
            absl::StatusCode::kFailedPrecondition);
}

// A profile of nobody but the record: it travels in the file.
TEST(Archive, BringsItsProfiles) {
  engine::Profile profile = *engine::ProfileSet::BuiltIn().FindByName("seal-1");
  profile.limits.events_max = 7;
  engine::ProfileSet set;
  ASSERT_TRUE(set.Add(profile).ok());
  const engine::Profile& added = *set.all().front();
  engine::Engine engine({.profiles = &set});
  Chain chain;
  engine::ExecuteRequest request = Cases().front().prepare(chain);
  request.profile = added.digest;
  replay::Recorder recorder(&chain.state());
  const auto result = engine.Execute(request, &recorder, nullptr);
  ASSERT_TRUE(result.ok());
  ArchiveWriter writer;
  recorder.AddTo(request, added, *result->completed, replay::Modules::kAttached,
                 &writer);
  const Archive archive = Parsed(writer.Finish());
  // The name is taken; the digest is what counts.
  engine::ProfileSet known;
  ASSERT_TRUE(
      known.Add(*engine::ProfileSet::BuiltIn().FindByName("seal-1")).ok());
  ASSERT_TRUE(archive.AddProfiles(&known).ok());
  ASSERT_TRUE(archive.AddProfiles(&known).ok());
  EXPECT_EQ(known.all().size(), 2u);
  engine::Engine other({.profiles = &known});
  EXPECT_TRUE(Verified(archive, &other).is_match);
  // A text that is not the profile's.
  ArchiveWriter lying;
  lying.AddProfile(Account(1), engine::FormatProfile(added));
  EXPECT_FALSE(Parsed(lying.Finish()).AddProfiles(&known).ok());
}

TEST(Archive, HoldsEveryModuleOnce) {
  ArchiveWriter writer;
  size_t size = 0;
  std::vector<base::Bytes> files;
  for (const Case& c : Cases()) {
    for (int i = 0; i < 3; ++i) {
      Chain chain;
      const engine::ExecuteRequest request = c.prepare(chain);
      files.push_back(RecordOf(&chain, request));
      size += files.back().size();
      ASSERT_TRUE(writer.Add(Parsed(files.back())).ok());
    }
  }
  const base::Bytes file = writer.Finish();
  const Archive archive = Parsed(file);
  ASSERT_EQ(archive.size(), files.size());
  EXPECT_LT(file.size(), size / 3);
  Chain chain;
  for (size_t i = 0; i < archive.size(); ++i) {
    EXPECT_EQ(archive.body(i), Parsed(files[i]).body(0));
    EXPECT_TRUE(Verified(archive, &chain.engine(), i).is_match);
  }
  // One file of files is the file of all.
  ArchiveWriter again;
  ASSERT_TRUE(again.Add(archive).ok());
  EXPECT_EQ(again.Finish(), file);
  EXPECT_EQ(Parsed(ArchiveWriter().Finish()).size(), 0u);
}

}  // namespace
}  // namespace ashlar::testing
