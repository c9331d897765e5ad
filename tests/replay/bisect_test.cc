// Fuel marks stop an execution without changing it, and two executions that
// part are found at the run where they do.
#include "replay/bisect.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/mark.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "replay/archive.h"
#include "tests/replay/cases.h"

namespace ashlar::testing {
namespace {

using replay::Archive;
using replay::Parting;

engine::ExecuteResult StopAt(Chain& chain,
                             const engine::ExecuteRequest& request,
                             uint64_t fuel, std::optional<engine::Mark>* mark) {
  auto result = chain.engine().ExecuteToMark(request, &chain.state(), fuel,
                                             mark, nullptr);
  EXPECT_TRUE(result.ok()) << result.status();
  return *std::move(result);
}

TEST(Mark, StopsBeforeTheChargeThatGoesBeyondIt) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.name);
    Chain chain;
    Chain cold("seal-1", 0);
    const engine::ExecuteRequest request = c.prepare(chain);
    c.prepare(cold);
    const engine::Completed whole = *chain.Try(request).completed;
    // What costs nothing has no charge to stop at.
    if (whole.fuel.used == 0) continue;
    uint64_t last = 0;
    std::set<base::Hash256> states;
    for (int i = 0; i < 40; ++i) {
      const uint64_t fuel = whole.fuel.used * i / 40;
      std::optional<engine::Mark> mark;
      StopAt(chain, request, fuel, &mark);
      ASSERT_TRUE(mark.has_value()) << fuel;
      EXPECT_GT(mark->fuel, fuel);
      EXPECT_GE(mark->fuel, last);
      last = mark->fuel;
      states.insert(mark->state);
      // Neither a cache nor what the memory held before is seen.
      std::optional<engine::Mark> other;
      StopAt(cold, request, fuel, &other);
      ASSERT_TRUE(other.has_value());
      EXPECT_EQ(other->state, mark->state);
      EXPECT_EQ(other->fuel, mark->fuel);
    }
    if (whole.fuel.by[metering::Category::kCompute] > 100) {
      EXPECT_GT(states.size(), 3u);
    }
    // Behind the end there is no mark, and nothing has changed.
    std::optional<engine::Mark> none;
    const auto result = StopAt(chain, request, whole.fuel.used, &none);
    EXPECT_FALSE(none.has_value());
    EXPECT_EQ(result.completed->digests.receipt, whole.digests.receipt);
  }
}

// A charge that comes to the mark exactly is made: the next one stops. The
// charges are those of runs, of memory, of host functions and of callees.
TEST(Mark, NextOneIsBehindWhatWasReached) {
  for (const char* name : {"returned", "nested", "loop"}) {
    const std::vector<Case> cases = Cases();
    const auto c = std::find_if(cases.begin(), cases.end(),
                                [&](const Case& x) { return x.name == name; });
    Chain chain;
    const engine::ExecuteRequest request = c->prepare(chain);
    const uint64_t used = chain.Try(request).completed->fuel.used;
    uint64_t fuel = 0;
    for (int marks = 0; fuel < used && marks < 200; ++marks) {
      std::optional<engine::Mark> mark;
      StopAt(chain, request, fuel, &mark);
      ASSERT_TRUE(mark.has_value()) << name << " " << fuel;
      ASSERT_GT(mark->fuel, fuel) << name;
      // One less than what is reached there stops there, too.
      std::optional<engine::Mark> same;
      StopAt(chain, request, mark->fuel - 1, &same);
      ASSERT_TRUE(same.has_value());
      EXPECT_EQ(same->fuel, mark->fuel);
      fuel = mark->fuel;
    }
  }
}

// What the stack held before is not seen where a function is entered.
TEST(Mark, LocalsAreZeroAtTheEntry) {
  Chain chain;
  const auto request = [&](absl::string_view value) {
    std::string sets;
    for (int i = 0; i < 16; ++i) {
      absl::StrAppend(&sets, "(local.set ", i, " (i64.const ", value, "))");
    }
    return chain.Request(
        Contract("", "(call $dirty) (call $fresh)",
                 absl::StrCat("(func $dirty (local i64 i64 i64 i64 i64 i64 i64 "
                              "i64 i64 i64 i64 i64 i64 i64 i64 i64)",
                              sets, ") (func $fresh (local i64 i64))")),
        "call");
  };
  const engine::ExecuteRequest used = request("5");
  const engine::ExecuteRequest other = request("-7");
  const uint64_t end = chain.Try(used).completed->fuel.used;
  uint32_t marks = 0;
  std::optional<engine::Mark> mark;
  for (uint64_t fuel = 0; fuel < end; fuel = mark->fuel) {
    chain.Try(other);
    StopAt(chain, used, fuel, &mark);
    ASSERT_TRUE(mark.has_value());
    const base::Hash256 state = mark->state;
    chain.Try(used);
    StopAt(chain, used, fuel, &mark);
    EXPECT_EQ(mark->state, state) << fuel;
    ++marks;
  }
  EXPECT_GT(marks, 4u);
}

// The built-in profile with another price of one class.
engine::ProfileSet WithDearer(const char* class_name, int price) {
  engine::ProfileSet set;
  EXPECT_TRUE(
      set.Add(*engine::ProfileSet::BuiltIn().FindByName("seal-1")).ok());
  auto dear = engine::ParseProfile(absl::StrCat(
      "copy seal-1\nname dear\nschedule copy ashlar-1\nschedule name dear\n"
      "schedule ",
      class_name, " ", price, "\n"));
  EXPECT_TRUE(dear.ok()) << dear.status();
  EXPECT_TRUE(set.Add(*std::move(dear)).ok());
  return set;
}

// Bisects a call of `module` under seal-1 and under the dearer profile.
Parting BisectPrices(Chain& chain, const engine::ExecuteRequest& request,
                     const char* class_name, int price) {
  const engine::ProfileSet set = WithDearer(class_name, price);
  engine::Engine engine({.profiles = &set});
  const Archive archive = *Archive::Parse(RecordOf(&chain, request));
  const replay::Record record = *archive.Read(0);
  const replay::Side a = {&archive, &record, &engine, {}};
  replay::Side b = a;
  b.profile = set.FindByName("dear")->digest;
  auto parting = replay::Bisect(a, b, replay::NoModules, nullptr);
  EXPECT_TRUE(parting.ok()) << parting.status();
  if (parting->common.has_value()) {
    // There is no earlier mark: with one less they stand alike.
    const auto less_a =
        replay::StandAt(a, parting->fuel - 1, replay::NoModules, nullptr);
    const auto less_b =
        replay::StandAt(b, parting->fuel - 1, replay::NoModules, nullptr);
    EXPECT_EQ(less_a->mark->state, less_b->mark->state);
  }
  return *std::move(parting);
}

// The division stands in the second run of $f, behind a branch.
const char kDivides[] =
    "(func $f (param i32) (result i32)"
    " (if (i32.eqz (local.get 0)) (then (return (i32.const 9))))"
    " (i32.div_u (i32.const 100) (local.get 0)))";

TEST(Bisect, FindsTheRunWithAnotherPrice) {
  const std::string module = Contract(
      "", "(i32.store (i32.const 0) (call $f (i32.const 7)))", kDivides);
  Chain chain;
  const Parting parting =
      BisectPrices(chain, chain.Request(module, "call"), "Div", 60);
  ASSERT_TRUE(parting.is_found);
  ASSERT_TRUE(parting.common.has_value() && parting.common->mark.has_value());
  ASSERT_TRUE(parting.a.mark.has_value() && parting.b.mark.has_value());
  // $return is function 0, $f function 1.
  ASSERT_FALSE(parting.b.mark->backtrace.empty());
  EXPECT_EQ(parting.b.mark->backtrace[0].function, 1u);
  EXPECT_EQ(parting.b.mark->backtrace.size(), 2u);
  // Both were alike before, and it is this charge that differs.
  EXPECT_LE(parting.common->mark->fuel, parting.fuel + 1);
  EXPECT_GT(parting.b.mark->fuel, parting.common->mark->fuel - 1);
}

TEST(Bisect, FindsItInANestedContract) {
  Chain chain;
  chain.Deploy(Account(0xdd),
               Contract("", "(i32.store (i32.const 0) (call $f (i32.const 7)))",
                        kDivides));
  const std::string caller =
      Contract("seal1.call",
               "(drop (call $call (i32.const 0) (i32.const 0) (i64.const 0)"
               " (i32.const 32) (i32.const 64) (i32.const 2) (i32.const -1)"
               " (i32.const 128)))",
               absl::StrCat("(data (i32.const 0) \"",
                            Escaped(std::string(32, '\xdd')), "\")"));
  const Parting parting =
      BisectPrices(chain, chain.Request(caller, "call"), "Div", 60);
  ASSERT_TRUE(parting.is_found && parting.b.mark.has_value());
  EXPECT_EQ(parting.b.mark->account, Account(0xdd));
  ASSERT_FALSE(parting.b.mark->backtrace.empty());
  EXPECT_EQ(parting.b.mark->backtrace[0].function, 1u);
}

TEST(Bisect, FindsTheFirstCharge) {
  Chain chain;
  const Parting parting = BisectPrices(
      chain, chain.Request(Contract("", ""), "call"), "compile_base", 77777);
  ASSERT_TRUE(parting.is_found);
  EXPECT_FALSE(parting.common.has_value());
  EXPECT_EQ(parting.fuel, 0u);
  EXPECT_TRUE(parting.a.mark->backtrace.empty());
}

TEST(Bisect, FindsNothingWhereNothingDiffers) {
  Chain chain;
  // Nothing divides here.
  const Parting parting =
      BisectPrices(chain, chain.Request(Contract("", ""), "call"), "Div", 60);
  EXPECT_FALSE(parting.is_found);
}

// Two records: what they read differs, so memory does.
TEST(Bisect, FindsWhereTwoInputsShow) {
  const std::string module =
      Contract("seal0.input",
               "(drop (call $f (i32.const 3)))"
               "(call $input (i32.const 0) (i32.const 128))"
               "(i32.store (i32.const 4) (call $f (i32.load8_u (i32.const 0))))"
               "(call $return (i32.const 0) (i32.const 4) (i32.const 4))",
               absl::StrCat(kDivides, "(data (i32.const 128) \"\\40\")"));
  Chain chain;
  const Archive archives[] = {
      *Archive::Parse(RecordOf(&chain, chain.Request(module, "call", "\x05"))),
      *Archive::Parse(RecordOf(&chain, chain.Request(module, "call", "\x06")))};
  const replay::Record records[] = {*archives[0].Read(0), *archives[1].Read(0)};
  const replay::Side a = {&archives[0], &records[0], &chain.engine(), {}};
  const replay::Side b = {&archives[1], &records[1], &chain.engine(), {}};
  const auto parting = replay::Bisect(a, b, replay::NoModules, nullptr);
  ASSERT_TRUE(parting.ok()) << parting.status();
  ASSERT_TRUE(parting->is_found && parting->a.mark && parting->b.mark);
  EXPECT_EQ(parting->a.mark->fuel, parting->b.mark->fuel);
  EXPECT_NE(parting->a.mark->state, parting->b.mark->state);
  // At the first charge after the input was read: in $f's second call, whose
  // parameter differs. Functions: $return, $input, $f, deploy, call.
  ASSERT_EQ(parting->a.mark->backtrace.size(), 2u);
  EXPECT_EQ(parting->a.mark->backtrace[0].function, 2u);
  EXPECT_EQ(parting->a.mark->backtrace[1].function, 4u);
}

}  // namespace
}  // namespace ashlar::testing
