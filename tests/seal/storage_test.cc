// Storage functions of the seal ABI.

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/seal/matchers.h"

namespace ashlar::testing {
namespace {

// Key "k" x 32 at 0, value "value" at 64, out buffer at 256 with its length
// word at 128.
std::string Data(absl::string_view more = "") {
  return absl::StrCat("(data (i32.const 0) \"", std::string(32, 'k'),
                      "\") (data (i32.const 64) \"value\")",
                      "(data (i32.const 128) \"\\40\\00\\00\\00\")", more);
}

// Returns the i32 at 512.
constexpr char kReturnWord[] =
    "(call $return (i32.const 0) (i32.const 512) (i32.const 4))";

TEST(Storage, Seal0WritesAndReads) {
  Chain chain;
  const std::string module = Contract(
      "seal0.set_storage seal0.get_storage",
      "(call $set_storage (i32.const 0) (i32.const 64) (i32.const 5))"
      "(if (call $get_storage (i32.const 0) (i32.const 256) (i32.const 128))"
      "  (then unreachable))"
      "(call $return (i32.const 0) (i32.const 256) (i32.load (i32.const 128)))",
      Data());
  const auto result = chain.Execute(chain.Request(module, "call"));
  EXPECT_THAT(result, Returns("value"));
  ASSERT_EQ(result.completed->effects.size(), 1u);
  EXPECT_EQ(result.completed->effects[0].key.key, std::string(32, 'k'));
  EXPECT_EQ(result.completed->effects[0].value, "value");
}

TEST(Storage, MissingKeyWritesNothing) {
  Chain chain;
  const std::string module =
      Contract("seal1.get_storage",
               "(i32.store (i32.const 512) (call $get_storage (i32.const 0)"
               " (i32.const 3) (i32.const 256) (i32.const 128)))"
               "(if (i32.ne (i32.load (i32.const 128)) (i32.const 64))"
               " (then unreachable))" +
                   std::string(kReturnWord),
               Data());
  const auto result = chain.Execute(chain.Request(module, "call"));
  EXPECT_THAT(result, Returns(Le32(3)));
  ASSERT_EQ(result.completed->reads.size(), 1u);
  EXPECT_FALSE(result.completed->reads[0].present);
}

TEST(Storage, AnswersTheOldLength) {
  Chain chain;
  const std::string set =
      Contract("seal2.set_storage",
               "(i32.store (i32.const 512) (call $set_storage (i32.const 0)"
               " (i32.const 3) (i32.const 64) (i32.const 5)))" +
                   std::string(kReturnWord),
               Data());
  EXPECT_THAT(chain.Execute(chain.Request(set, "call")),
              Returns(Le32(0xffffffff)));
  EXPECT_THAT(chain.Execute(chain.Request(set, "call")), Returns(Le32(5)));
  const std::string contains = Contract(
      "seal1.contains_storage",
      "(i32.store (i32.const 512) (call $contains_storage (i32.const 0)"
      " (i32.const 3)))" +
          std::string(kReturnWord),
      Data());
  EXPECT_THAT(chain.Execute(chain.Request(contains, "call")), Returns(Le32(5)));
  const std::string clear =
      Contract("seal1.clear_storage",
               "(i32.store (i32.const 512) (call $clear_storage (i32.const 0)"
               " (i32.const 3)))" +
                   std::string(kReturnWord),
               Data());
  EXPECT_THAT(chain.Execute(chain.Request(clear, "call")), Returns(Le32(5)));
  EXPECT_THAT(chain.Execute(chain.Request(contains, "call")),
              Returns(Le32(0xffffffff)));
}

TEST(Storage, TakeReadsAndDeletes) {
  Chain chain;
  chain.state().SetStorage(Account(0xc0), "kkk", "taken");
  const std::string module = Contract(
      "seal0.take_storage",
      "(drop (call $take_storage (i32.const 0) (i32.const 3)"
      " (i32.const 256) (i32.const 128)))"
      "(call $return (i32.const 0) (i32.const 256) (i32.load (i32.const 128)))",
      Data());
  const auto result = chain.Execute(chain.Request(module, "call"));
  EXPECT_THAT(result, Returns("taken"));
  ASSERT_EQ(result.completed->effects.size(), 1u);
  EXPECT_FALSE(result.completed->effects[0].value.has_value());
}

// `get` with these arguments of seal1.get_storage.
engine::ExecuteResult Get(Chain& chain, int key, int key_len, int out,
                          int out_len, absl::string_view data = "") {
  const std::string module =
      Contract("seal1.get_storage",
               absl::StrCat("(drop (call $get_storage (i32.const ", key,
                            ") (i32.const ", key_len, ") (i32.const ", out,
                            ") (i32.const ", out_len, ")))"),
               Data(data));
  return chain.Execute(chain.Request(module, "call"));
}

TEST(Storage, BoundsAreChecked) {
  Chain chain;
  chain.state().SetStorage(Account(0xc0), "kkk", "0123456789");
  constexpr int kEnd = 2 * 65536;
  using interp::Trap;
  EXPECT_THAT(Get(chain, 0, 3, 256, 128), Returns(""));
  EXPECT_THAT(Get(chain, kEnd - 2, 3, 256, 128),
              Traps(Trap::kOutOfBoundsMemoryAccess));
  EXPECT_THAT(Get(chain, -1, 3, 256, 128),
              Traps(Trap::kOutOfBoundsMemoryAccess));
  EXPECT_THAT(Get(chain, 0, -1, 256, 128),
              Traps(Trap::kOutOfBoundsMemoryAccess));
  EXPECT_THAT(Get(chain, 0, 3, 256, kEnd - 3),
              Traps(Trap::kOutOfBoundsMemoryAccess));
  EXPECT_THAT(Get(chain, 0, 3, kEnd - 9, 128),
              Traps(Trap::kOutOfBoundsMemoryAccess));
  EXPECT_THAT(Get(chain, 0, 3, kEnd - 10, 128), Returns(""));
  EXPECT_THAT(Get(chain, 0, 3, 256, 128, "(data (i32.const 128) \"\\09\")"),
              Traps(Trap::kOutputBufferTooSmall));
  EXPECT_THAT(Get(chain, 0, 3, 256, 128, "(data (i32.const 128) \"\\0a\")"),
              Returns(""));
  // The room is looked at before the place.
  EXPECT_THAT(Get(chain, 0, 3, kEnd, 128, "(data (i32.const 128) \"\\09\")"),
              Traps(Trap::kOutputBufferTooSmall));
}

TEST(Storage, KeysAndValuesHaveLimits) {
  Chain chain;
  const auto set = [&](int key_len, int value_len) {
    return chain.Execute(chain.Request(
        Contract("seal2.set_storage",
                 absl::StrCat("(drop (call $set_storage (i32.const 0)"
                              " (i32.const ",
                              key_len, ") (i32.const 64) (i32.const ",
                              value_len, ")))"),
                 Data()),
        "call"));
  };
  EXPECT_THAT(set(128, 16 * 1024), Returns(""));
  EXPECT_THAT(set(0, 0), Returns(""));
  EXPECT_THAT(set(129, 0), Traps(interp::Trap::kDecodingFailed));
  EXPECT_THAT(set(128, 16 * 1024 + 1), Traps(interp::Trap::kValueTooLarge));
}

TEST(Storage, PriceIsBasePlusBytesEachWay) {
  Chain chain;
  chain.state().SetStorage(Account(0xc0), "kkk", std::string(33, 'v'));
  const auto result = Get(chain, 0, 3, 256, 128);
  const metering::Schedule& s = chain.profile().schedule;
  // Three bytes in, 33 out, eight a fuel; one entry of 3 and 33 bytes.
  EXPECT_EQ(result.completed->fuel.by[metering::Category::kHost],
            s.host_call + 1 + 5 + s.state_read + 36 * s.state_byte);
}

TEST(Storage, TransientEndsWithTheExecution) {
  Chain chain;
  const std::string module = Contract(
      "seal0.set_transient_storage seal0.get_transient_storage",
      "(i32.store (i32.const 512) (call $get_transient_storage (i32.const 0)"
      " (i32.const 3) (i32.const 256) (i32.const 128)))"
      "(drop (call $set_transient_storage (i32.const 0) (i32.const 3)"
      " (i32.const 64) (i32.const 5)))"
      "(if (call $get_transient_storage (i32.const 0)"
      " (i32.const 3) (i32.const 256) (i32.const 128)) (then unreachable))" +
          std::string(kReturnWord),
      Data());
  for (int i = 0; i < 2; ++i) {
    const auto result = chain.Execute(chain.Request(module, "call"));
    EXPECT_THAT(result, Returns(Le32(3)));
    EXPECT_TRUE(result.completed->effects.empty());
  }
}

TEST(Storage, UnstableNamesAreTheNewestVersions) {
  Chain chain;
  const std::string module = Wat(absl::StrCat(
      "(module (import \"env\" \"memory\" (memory 2 16))"
      "(import \"__unstable__\" \"seal_set_storage\" (func $set"
      " (param i32 i32 i32 i32) (result i32)))"
      "(func (export \"deploy\"))"
      "(func (export \"call\") (drop (call $set (i32.const 0) (i32.const 3)"
      " (i32.const 64) (i32.const 5))))",
      Data(), ")"));
  const auto result = chain.Execute(chain.Request(module, "call"));
  EXPECT_THAT(result, Returns(""));
  EXPECT_EQ(result.completed->effects.size(), 1u);
}

}  // namespace
}  // namespace ashlar::testing
