#include "engine/state/overlay.h"

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/hash.h"
#include "engine/state/inline_state.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"
#include "engine/state/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using U128 = unsigned __int128;

AccountId Account(char c) {
  AccountId account;
  account.bytes.fill(static_cast<uint8_t>(c));
  return account;
}

Key Storage(char account, const std::string& key) {
  return {Account(account), Kind::kStorage, key};
}

// "a/s/k" for key k in the storage of account a; b, c, n for the other kinds.
std::string Text(const Key& key) {
  return std::string(1, static_cast<char>(key.account.bytes[0])) + "/" +
         "?bcns"[static_cast<int>(key.kind)] + "/" + key.key;
}

std::vector<std::string> Text(const std::vector<Effect>& effects) {
  std::vector<std::string> texts;
  for (const Effect& e : effects) {
    texts.push_back(Text(e.key) + (e.value.has_value() ? "=" + *e.value : "-"));
  }
  return texts;
}

std::vector<std::string> Text(const std::vector<ReadRecord>& reads) {
  std::vector<std::string> texts;
  for (const ReadRecord& r : reads) {
    texts.push_back(Text(r.key) + (r.present ? "+" : "-"));
  }
  return texts;
}

std::string Read(Overlay& overlay, const Key& key) {
  const ReadView result = overlay.Get(key).value();
  if (result.found == Found::kUnknown) return "?";
  return result.found == Found::kAbsent ? "-" : "=" + base::Bytes(result.value);
}

// Counts what reaches the state below.
class CountingReader : public Reader {
 public:
  explicit CountingReader(Reader* below) : below_(below) {}
  absl::StatusOr<ReadResult> Read(const Key& key) override {
    asked.push_back(Text(key));
    return below_->Read(key);
  }
  absl::StatusOr<ModuleResult> Module(const base::Hash256& hash) override {
    return below_->Module(hash);
  }
  std::vector<std::string> asked;

 private:
  Reader* below_;
};

class OverlayTest : public ::testing::Test {
 protected:
  OverlayTest() {
    below_.SetBalance(Account('a'), 100);
    below_.SetStorage(Account('a'), "k", "v");
    below_.SetStorage(Account('a'), "l", "w");
  }

  InlineState below_{MissingKeys::kAbsent};
  CountingReader reader_{&below_};
  Overlay overlay_{&reader_};
};

TEST_F(OverlayTest, ReadsReachTheReaderOnceAKey) {
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=v");
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=v");
  EXPECT_EQ(Read(overlay_, Storage('a', "none")), "-");
  EXPECT_EQ(Read(overlay_, Storage('a', "none")), "-");
  EXPECT_THAT(reader_.asked, ElementsAre("a/s/k", "a/s/none"));
  EXPECT_THAT(Text(overlay_.Reads()), ElementsAre("a/s/k+", "a/s/none-"));
  EXPECT_EQ(overlay_.Reads()[0].value_hash, base::Blake2b256("v"));
  EXPECT_EQ(overlay_.Reads()[1].value_hash, base::Hash256());
  EXPECT_EQ(overlay_.resources().reads, 2u);
  EXPECT_EQ(overlay_.resources().read_bytes, 1u + 1u + 4u);
  EXPECT_THAT(overlay_.Effects(), IsEmpty());
}

TEST_F(OverlayTest, WritesAreSeenAndNeverReachTheReader) {
  overlay_.Put(Storage('a', "k"), "new");
  overlay_.Put(Storage('b', "x"), "");
  overlay_.Delete(Storage('a', "l"));
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=new");
  EXPECT_EQ(Read(overlay_, Storage('b', "x")), "=");
  EXPECT_EQ(Read(overlay_, Storage('a', "l")), "-");
  EXPECT_THAT(reader_.asked, IsEmpty());
  EXPECT_THAT(overlay_.Reads(), IsEmpty());
  EXPECT_THAT(Text(overlay_.Effects()),
              ElementsAre("a/s/k=new", "a/s/l-", "b/s/x="));
  EXPECT_EQ(overlay_.resources().writes, 3u);
  EXPECT_EQ(overlay_.resources().write_bytes, 4u + 1u + 1u);
}

TEST_F(OverlayTest, EffectsAreOrderedByAccountKindAndKey) {
  overlay_.Put(Storage('b', ""), "1");
  overlay_.Put(Storage('a', "\xff"), "2");
  overlay_.Put(Storage('a', "b"), "3");
  overlay_.Put(Storage('a', "ba"), "4");
  overlay_.SetBalance(Account('b'), 0);
  EXPECT_THAT(
      Text(overlay_.Effects()),
      ElementsAre("a/s/b=3", "a/s/ba=4", "a/s/\xff=2", "b/b/-", "b/s/=1"));
}

TEST_F(OverlayTest, AChangeThatRestoresWhatWasReadIsNone) {
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=v");
  EXPECT_EQ(Read(overlay_, Storage('a', "x")), "-");
  overlay_.Put(Storage('a', "k"), "other");
  overlay_.Put(Storage('a', "x"), "other");
  EXPECT_THAT(Text(overlay_.Effects()),
              ElementsAre("a/s/k=other", "a/s/x=other"));
  overlay_.Put(Storage('a', "k"), "v");
  overlay_.Delete(Storage('a', "x"));
  EXPECT_THAT(overlay_.Effects(), IsEmpty());
}

TEST_F(OverlayTest, AnUnreadKeyIsAnEffectWhateverIsBelow) {
  overlay_.Put(Storage('a', "k"), "v");
  overlay_.Delete(Storage('a', "none"));
  EXPECT_THAT(Text(overlay_.Effects()), ElementsAre("a/s/k=v", "a/s/none-"));
  EXPECT_THAT(reader_.asked, IsEmpty());
}

TEST_F(OverlayTest, BalancesOfZeroAreAbsence) {
  EXPECT_TRUE(overlay_.Balance(Account('a')).value() == U128{100});
  EXPECT_TRUE(overlay_.Balance(Account('b')).value() == U128{0});
  overlay_.SetBalance(Account('a'), 0);
  overlay_.SetBalance(Account('b'), ~U128{0});
  EXPECT_TRUE(overlay_.Balance(Account('a')).value() == U128{0});
  EXPECT_TRUE(overlay_.Balance(Account('b')).value() == ~U128{0});
  EXPECT_THAT(Text(overlay_.Effects()),
              ElementsAre("a/b/-", "b/b/=" + std::string(16, '\xff')));
}

TEST_F(OverlayTest, AMalformedBalanceIsDataLoss) {
  below_.Set({Account('a'), Kind::kBalance, ""}, "short");
  EXPECT_EQ(overlay_.Balance(Account('a')).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(OverlayMissingTest, UnknownKeysAreNotedOnceAndAreNoReads) {
  InlineState below(MissingKeys::kUnknown);
  Overlay overlay(&below);
  EXPECT_EQ(Read(overlay, Storage('b', "k")), "?");
  EXPECT_EQ(overlay.Balance(Account('a')).value(), std::nullopt);
  EXPECT_EQ(Read(overlay, Storage('b', "k")), "?");
  EXPECT_THAT(
      overlay.missing(),
      ElementsAre(Storage('b', "k"), Key{Account('a'), Kind::kBalance, ""}));
  EXPECT_THAT(overlay.Reads(), IsEmpty());
  EXPECT_EQ(overlay.resources().reads, 0u);
}

class FailingReader : public Reader {
 public:
  absl::StatusOr<ReadResult> Read(const Key& key) override {
    return absl::UnavailableError("disk");
  }
  absl::StatusOr<ModuleResult> Module(const base::Hash256& hash) override {
    return absl::UnavailableError("disk");
  }
};

TEST(OverlayFailureTest, TheReadersStatusIsPassedUp) {
  FailingReader below;
  Overlay overlay(&below);
  EXPECT_EQ(overlay.Get(Storage('a', "k")).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(overlay.Balance(Account('a')).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_THAT(overlay.Reads(), IsEmpty());
}

TEST_F(OverlayTest, RevertDropsChangesAndEventsAndKeepsReads) {
  overlay_.Put(Storage('a', "k"), "outer");
  overlay_.AddEvent({Account('a'), "t", "outer"});
  overlay_.Checkpoint();
  overlay_.Put(Storage('a', "k"), "inner");
  overlay_.Put(Storage('a', "new"), "inner");
  overlay_.AddEvent({Account('a'), "t", "inner"});
  EXPECT_EQ(Read(overlay_, Storage('a', "l")), "=w");
  EXPECT_EQ(overlay_.checkpoints(), 1u);
  overlay_.Revert();
  EXPECT_EQ(overlay_.checkpoints(), 0u);
  EXPECT_THAT(Text(overlay_.Effects()), ElementsAre("a/s/k=outer"));
  EXPECT_THAT(Text(overlay_.Reads()), ElementsAre("a/s/l+"));
  ASSERT_EQ(overlay_.events().size(), 1u);
  EXPECT_EQ(overlay_.events()[0].data, "outer");
  EXPECT_EQ(overlay_.resources().writes, 3u);
  EXPECT_EQ(overlay_.resources().events, 2u);
  EXPECT_EQ(overlay_.resources().event_bytes, 2u * (1 + 5));
}

TEST_F(OverlayTest, ACommittedCheckpointIsRevertedWithTheOneBelow) {
  overlay_.Checkpoint();
  overlay_.Put(Storage('a', "k"), "1");
  overlay_.Checkpoint();
  overlay_.Put(Storage('a', "k"), "2");
  overlay_.Put(Storage('a', "l"), "2");
  overlay_.Commit();
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=2");
  overlay_.Revert();
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=v");
  EXPECT_THAT(overlay_.Effects(), IsEmpty());
}

TEST_F(OverlayTest, RemovedAccountsReadAsAbsentWithoutTheReader) {
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=v");
  overlay_.Put(Storage('a', "x"), "written");
  overlay_.Put(Storage('b', "x"), "other account");
  reader_.asked.clear();
  overlay_.RemoveAccount(Account('a'));
  for (const char* key : {"k", "l", "x"}) {
    EXPECT_EQ(Read(overlay_, Storage('a', key)), "-") << key;
  }
  EXPECT_TRUE(overlay_.Balance(Account('a')).value() == U128{0});
  EXPECT_THAT(reader_.asked, IsEmpty());
  EXPECT_THAT(Text(overlay_.Effects()),
              ElementsAre("a/b/-", "a/c/-", "a/n/-", "a/s/k-", "a/s/x-",
                          "b/s/x=other account"));
  EXPECT_THAT(overlay_.removed_accounts(), ElementsAre(Account('a')));
}

TEST_F(OverlayTest, WhatIsKnownToBeAbsentIsNotDeletedByRemoval) {
  EXPECT_EQ(Read(overlay_, Storage('a', "none")), "-");
  EXPECT_EQ(Read(overlay_, {Account('a'), Kind::kNonce, ""}), "-");
  overlay_.Put(Storage('a', "none"), "written");
  overlay_.RemoveAccount(Account('a'));
  EXPECT_THAT(Text(overlay_.Effects()), ElementsAre("a/b/-", "a/c/-"));
}

TEST_F(OverlayTest, ARemovedAccountCanBeWrittenAgain) {
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=v");
  overlay_.RemoveAccount(Account('a'));
  // The same value as below: still an effect, because the storage is dropped.
  overlay_.Put(Storage('a', "k"), "v");
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=v");
  EXPECT_EQ(Read(overlay_, Storage('a', "l")), "-");
  EXPECT_THAT(Text(overlay_.Effects()),
              ElementsAre("a/b/-", "a/c/-", "a/n/-", "a/s/k=v"));
  overlay_.RemoveAccount(Account('a'));
  EXPECT_THAT(Text(overlay_.Effects()),
              ElementsAre("a/b/-", "a/c/-", "a/n/-", "a/s/k-"));
  EXPECT_THAT(overlay_.removed_accounts(), ElementsAre(Account('a')));
}

TEST_F(OverlayTest, ARevertedRemovalLeavesNothing) {
  overlay_.Put(Storage('a', "x"), "written");
  overlay_.Checkpoint();
  overlay_.RemoveAccount(Account('a'));
  overlay_.Checkpoint();
  overlay_.RemoveAccount(Account('a'));
  overlay_.Revert();
  EXPECT_THAT(overlay_.removed_accounts(), ElementsAre(Account('a')));
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "-");
  overlay_.Revert();
  EXPECT_THAT(overlay_.removed_accounts(), IsEmpty());
  EXPECT_EQ(Read(overlay_, Storage('a', "k")), "=v");
  EXPECT_EQ(Read(overlay_, Storage('a', "x")), "=written");
  EXPECT_TRUE(overlay_.Balance(Account('a')).value() == U128{100});
  EXPECT_THAT(Text(overlay_.Effects()), ElementsAre("a/s/x=written"));
}

TEST_F(OverlayTest, RevertWithoutACheckpointIsOurMistake) {
  EXPECT_DEATH(overlay_.Revert(), "checkpoints_");
  EXPECT_DEATH(overlay_.Commit(), "checkpoints_");
}

// The overlay as it is documented, made without cleverness: a checkpoint is a
// copy of everything.
class Model {
 public:
  explicit Model(std::map<Key, std::string> below) : below_(std::move(below)) {}

  std::optional<std::string> Get(const Key& key) {
    auto it = now_.changes.find(key);
    if (it != now_.changes.end()) return it->second;
    if (now_.removed.contains(key.account)) return std::nullopt;
    read_.insert(key);
    return Below(key);
  }
  void Set(const Key& key, std::optional<std::string> value) {
    now_.changes[key] = std::move(value);
  }
  void Event(const std::string& data) { now_.events.push_back(data); }
  void Remove(const AccountId& account) {
    std::set<Key> keys;
    for (Kind kind : {Kind::kBalance, Kind::kCode, Kind::kNonce}) {
      keys.insert({account, kind, ""});
    }
    for (const auto& [key, value] : now_.changes) keys.insert(key);
    if (!now_.removed.contains(account)) {
      for (const Key& key : read_) {
        if (Below(key).has_value()) keys.insert(key);
      }
    }
    for (const Key& key : keys) {
      if (key.account == account) now_.changes[key] = std::nullopt;
    }
    now_.removed.insert(account);
  }
  void Checkpoint() { stack_.push_back(now_); }
  void Revert() {
    now_ = stack_.back();
    stack_.pop_back();
  }
  void Commit() { stack_.pop_back(); }

  std::vector<Effect> Effects() const {
    std::vector<Effect> effects;
    for (const auto& [key, value] : now_.changes) {
      const bool restores = read_.contains(key) && Below(key) == value;
      if (restores && !(value && now_.removed.contains(key.account))) continue;
      effects.push_back({key, value});
    }
    return effects;
  }
  std::vector<ReadRecord> Reads() const {
    std::vector<ReadRecord> reads;
    for (const Key& key : read_) {
      reads.push_back({key, Below(key).has_value(), {}});
    }
    return reads;
  }
  const std::vector<std::string>& events() const { return now_.events; }
  std::vector<AccountId> removed() const {
    return {now_.removed.begin(), now_.removed.end()};
  }
  size_t checkpoints() const { return stack_.size(); }

 private:
  struct State {
    std::map<Key, std::optional<std::string>> changes;
    std::set<AccountId> removed;
    std::vector<std::string> events;
  };

  std::optional<std::string> Below(const Key& key) const {
    auto it = below_.find(key);
    if (it == below_.end()) return std::nullopt;
    return it->second;
  }

  std::map<Key, std::string> below_;
  std::set<Key> read_;
  State now_;
  std::vector<State> stack_;
};

class OverlayModelTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  uint32_t Pick(uint32_t below) { return random_() % below; }
  Key PickKey() {
    const AccountId account = Account(static_cast<char>('a' + Pick(3)));
    const uint32_t kind = Pick(6);
    if (kind < 3) return {account, static_cast<Kind>(1 + kind), ""};
    return {account, Kind::kStorage, std::string(Pick(4), 'k')};
  }
  // Few values, so that changes often restore what was there.
  std::string PickValue() { return std::string(1, "xyz"[Pick(3)]); }

  std::mt19937 random_{GetParam()};
};

TEST_P(OverlayModelTest, AgreesWithTheModel) {
  InlineState below(MissingKeys::kAbsent);
  std::map<Key, std::string> entries;
  for (int i = 0; i < 8; ++i) entries[PickKey()] = PickValue();
  for (const auto& [key, value] : entries) below.Set(key, value);
  Overlay overlay(&below);
  Model model(entries);
  for (int step = 0; step < 400; ++step) {
    const uint32_t action = Pick(100);
    if (action < 35) {
      const Key key = PickKey();
      const std::optional<std::string> value = model.Get(key);
      ASSERT_EQ(Read(overlay, key), value ? "=" + *value : "-");
    } else if (action < 60) {
      const Key key = PickKey();
      const std::string value = PickValue();
      overlay.Put(key, value);
      model.Set(key, value);
    } else if (action < 70) {
      const Key key = PickKey();
      overlay.Delete(key);
      model.Set(key, std::nullopt);
    } else if (action < 73) {
      const AccountId account = Account(static_cast<char>('a' + Pick(3)));
      overlay.RemoveAccount(account);
      model.Remove(account);
    } else if (action < 78) {
      overlay.AddEvent({Account('a'), "", std::to_string(step)});
      model.Event(std::to_string(step));
    } else if (action < 89 && model.checkpoints() < 12) {
      overlay.Checkpoint();
      model.Checkpoint();
    } else if (model.checkpoints() > 0 && action < 95) {
      overlay.Revert();
      model.Revert();
    } else if (model.checkpoints() > 0) {
      overlay.Commit();
      model.Commit();
    }
    ASSERT_EQ(Text(overlay.Effects()), Text(model.Effects())) << step;
    ASSERT_EQ(Text(overlay.Reads()), Text(model.Reads())) << step;
    ASSERT_EQ(overlay.removed_accounts(), model.removed()) << step;
    ASSERT_EQ(overlay.checkpoints(), model.checkpoints());
    std::vector<std::string> events;
    for (const Event& event : overlay.events()) events.push_back(event.data);
    ASSERT_EQ(events, model.events()) << step;
  }
}

// What a receiver of the effects makes of the state below is what a contract
// would have read at the end.
TEST_P(OverlayModelTest, EffectsAppliedBelowGiveWhatTheOverlayShows) {
  InlineState below(MissingKeys::kAbsent);
  for (int i = 0; i < 12; ++i) below.Set(PickKey(), PickValue());
  Overlay overlay(&below);
  for (int step = 0; step < 60; ++step) {
    const uint32_t action = Pick(20);
    const Key key = PickKey();
    if (action < 8) {
      overlay.Put(key, PickValue());
    } else if (action < 10) {
      overlay.Delete(key);
    } else if (action < 12) {
      overlay.RemoveAccount(key.account);
    } else if (action < 15) {
      overlay.Checkpoint();
    } else if (action < 17 && overlay.checkpoints() > 0) {
      overlay.Revert();
    } else {
      ASSERT_TRUE(overlay.Get(key).ok());
    }
  }
  InlineState after = below;
  after.Apply(overlay.Effects(), overlay.removed_accounts());
  Overlay fresh(&after);
  for (char account : {'a', 'b', 'c'}) {
    for (size_t length = 0; length < 4; ++length) {
      const Key key = Storage(account, std::string(length, 'k'));
      EXPECT_EQ(Read(fresh, key), Read(overlay, key)) << Text(key);
    }
    for (Kind kind : {Kind::kBalance, Kind::kCode, Kind::kNonce}) {
      const Key key{Account(account), kind, ""};
      EXPECT_EQ(Read(fresh, key), Read(overlay, key)) << Text(key);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, OverlayModelTest,
                         ::testing::Range(uint32_t{0}, uint32_t{100}));

}  // namespace
}  // namespace ashlar::state
