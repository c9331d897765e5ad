// What seal contracts may know, events, messages, hashes and signatures.

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "gtest/gtest.h"
#include "tests/seal/matchers.h"

namespace ashlar::testing {
namespace {

using interp::Trap;

// Calls one function that fills an out pair at 256 (length word 64 at 128)
// and returns what it wrote.
std::string Answer(absl::string_view function, absl::string_view arguments = "",
                   absl::string_view data = "") {
  const std::string name(function.substr(function.find('.') + 1));
  return Contract(function,
                  absl::StrCat("(call $", name, " ", arguments,
                               " (i32.const 256) (i32.const 128))"
                               "(call $return (i32.const 0) (i32.const 256)"
                               " (i32.load (i32.const 128)))"),
                  absl::StrCat("(data (i32.const 128) \"\\40\")", data));
}

// Calls one function that answers an i32 and returns that.
std::string Word(absl::string_view function, absl::string_view arguments = "",
                 absl::string_view data = "") {
  const std::string name(function.substr(function.find('.') + 1));
  return Contract(
      function,
      absl::StrCat("(i32.store (i32.const 512) (call $", name, " ", arguments,
                   ")) (call $return (i32.const 0)"
                   " (i32.const 512) (i32.const 4))"),
      data);
}

TEST(Context, Values) {
  Chain chain;
  const struct {
    const char* function;
    const char* arguments;
    std::string expected;
    const char* context;  // the field that counts as read
  } rows[] = {
      {"seal0.caller", "", std::string(32, '\x01'), ""},
      {"seal0.address", "", std::string(32, '\xc0'), ""},
      {"seal0.value_transferred", "", Le128(30), ""},
      {"seal0.balance", "", Le128(730), ""},
      {"seal0.input", "", "input", ""},
      {"seal0.now", "", Le64(1'700'000'000'000), "timestamp_ms"},
      {"seal0.block_number", "", Le32(1), "number"},
      {"seal0.minimum_balance", "", Le128(3), "minimum_balance"},
      {"seal0.weight_to_fee", "(i64.const 10)", Le128(70), "fee_per_fuel"},
      {"seal1.weight_to_fee", "(i64.const 10) (i64.const 99)", Le128(70),
       "fee_per_fuel"},
      {"seal0.random", "(i32.const 0) (i32.const 32)", std::string(32, '\x5a'),
       "random"},
      {"seal1.random", "(i32.const 0) (i32.const 0)",
       std::string(32, '\x5a') + Le32(1), "random"},
      {"seal0.tombstone_deposit", "", Le128(0), ""},
      {"seal0.rent_allowance", "", std::string(16, '\xff'), ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.function);
    auto request =
        chain.Request(Answer(row.function, row.arguments), "call", "input");
    chain.state().SetBalance(request.caller, 1000);
    chain.state().SetBalance(request.callee, 700);
    request.value = 30;
    request.block.minimum_balance = 3;
    request.block.fee_per_fuel = 7;
    request.block.random = Account(0x5a);
    const auto result = chain.Try(request);
    EXPECT_EQ(base::HexEncode(result.completed->outcome.data),
              base::HexEncode(row.expected))
        << result.diagnostics.message;
    // The transfer looks at the existential deposit in every row.
    std::vector<std::string> reads = result.completed->context_reads;
    std::erase(reads, "minimum_balance");
    if (*row.context != '\0' && std::string(row.context) != "minimum_balance") {
      ASSERT_FALSE(reads.empty());
      EXPECT_EQ(reads.back(), row.context);
    } else {
      EXPECT_TRUE(reads.empty());
    }
  }
}

TEST(Context, GasLeftAsAWeight) {
  Chain chain;
  auto request = chain.Request(Answer("seal1.gas_left"), "call");
  const auto result = chain.Try(request);
  const std::string data = result.completed->outcome.data;
  // 2^56 less some takes the long form with seven or eight bytes; the proof
  // size is u64::MAX.
  ASSERT_GE(data.size(), 9u);
  EXPECT_EQ(data.substr(data.size() - 9), "\x13" + std::string(8, '\xff'));
}

TEST(Context, Words) {
  Chain chain;
  const std::string data = absl::StrCat(
      "(data (i32.const 0) \"", Escaped(std::string(32, '\xdd')), "\")");
  const auto word = [&](absl::string_view function, absl::string_view arguments,
                        bool root = false) {
    auto request = chain.Request(Word(function, arguments, data), "call");
    request.block.caller_is_root = root;
    return chain.Try(request);
  };
  EXPECT_THAT(word("seal0.is_contract", "(i32.const 0)"), Returns(Le32(0)));
  chain.Deploy(Account(0xdd), "module");
  EXPECT_THAT(word("seal0.is_contract", "(i32.const 0)"), Returns(Le32(1)));
  EXPECT_THAT(word("seal0.caller_is_origin", ""), Returns(Le32(1)));
  EXPECT_THAT(word("seal0.caller_is_root", ""), Returns(Le32(0)));
  EXPECT_THAT(word("seal0.caller_is_root", "", true), Returns(Le32(1)));
  EXPECT_THAT(word("seal0.reentrance_count", ""), Returns(Le32(0)));
  EXPECT_THAT(word("seal0.account_reentrance_count", "(i32.const 0)"),
              Returns(Le32(0)));
  EXPECT_THAT(word("seal0.debug_message", "(i32.const 0) (i32.const 4)"),
              Returns(Le32(0)));
}

TEST(Context, CodeHashes) {
  Chain chain;
  const std::string own = Answer("seal0.own_code_hash");
  EXPECT_THAT(chain.Try(chain.Request(own, "call")),
              Returns(std::string(base::Blake2b256(own).view())));
  chain.state().SetCode(Account(0xc0), Account(0x77));
  EXPECT_THAT(chain.Try(chain.Request(own, "call")),
              Returns(std::string(32, '\x77')));
  const std::string other =
      Contract("seal0.code_hash",
               "(if (call $code_hash (i32.const 0) (i32.const 256)"
               " (i32.const 128)) (then unreachable))"
               "(call $return (i32.const 0) (i32.const 256) (i32.const 32))",
               absl::StrCat("(data (i32.const 128) \"\\20\")"
                            "(data (i32.const 0) \"",
                            Escaped(std::string(32, '\xc0')), "\")"));
  EXPECT_THAT(chain.Try(chain.Request(other, "call")),
              Returns(std::string(32, '\x77')));
}

TEST(Context, RandomSubjectTooLong) {
  Chain chain;
  EXPECT_THAT(
      chain.Try(chain.Request(
          Answer("seal0.random", "(i32.const 0) (i32.const 33)"), "call")),
      Traps(Trap::kRandomSubjectTooLong));
}

TEST(Context, WhatAChainMayAddTraps) {
  Chain chain;
  EXPECT_THAT(
      chain.Try(chain.Request(
          Word("seal0.call_runtime", "(i32.const 0) (i32.const 0)"), "call")),
      Traps(Trap::kNoChainExtension));
}

// deposit_event with topics at 0 and data at 256.
engine::ExecuteResult Emit(Chain& chain, absl::string_view topics,
                           int data_len) {
  return chain.Try(chain.Request(
      Contract("seal0.deposit_event",
               absl::StrCat("(call $deposit_event (i32.const 0) (i32.const ",
                            topics.size(), ") (i32.const 256) (i32.const ",
                            data_len, "))"),
               absl::StrCat("(data (i32.const 0) \"", Escaped(topics),
                            "\") (data (i32.const 256) \"data\")")),
      "call"));
}

TEST(Events, TopicsAreAVectorOfHashes) {
  Chain chain;
  const auto topics = [](int count) {
    return std::string(1, static_cast<char>(count << 2)) +
           std::string(32 * count, 't');
  };
  const auto result = Emit(chain, topics(2), 4);
  EXPECT_THAT(result, Returns(""));
  ASSERT_EQ(result.completed->events.size(), 1u);
  EXPECT_EQ(result.completed->events[0].account, Account(0xc0));
  EXPECT_EQ(result.completed->events[0].topics, topics(2));
  EXPECT_EQ(result.completed->events[0].data, "data");
  EXPECT_THAT(Emit(chain, "", 0), Returns(""));
  EXPECT_THAT(Emit(chain, topics(0), 0), Returns(""));
  EXPECT_THAT(Emit(chain, topics(4), 0), Returns(""));
  EXPECT_THAT(Emit(chain, topics(5), 0), Traps(Trap::kTooManyTopics));
  EXPECT_THAT(Emit(chain, topics(2) + "x", 0), Traps(Trap::kDecodingFailed));
  EXPECT_THAT(Emit(chain, topics(2).substr(1), 0),
              Traps(Trap::kDecodingFailed));
  // One topic, its count in the form for large numbers.
  EXPECT_THAT(Emit(chain, std::string("\x05\x00", 2) + std::string(32, 't'), 0),
              Traps(Trap::kDecodingFailed));
  EXPECT_THAT(Emit(chain, "", 16 * 1024), Returns(""));
  EXPECT_THAT(Emit(chain, "", 16 * 1024 + 1), Traps(Trap::kValueTooLarge));
}

TEST(Events, CountIsLimited) {
  Chain chain;
  const auto emit = [&](int count) {
    return chain.Try(chain.Request(
        Contract("seal0.deposit_event",
                 absl::StrCat("(local i32) (loop $l (call $deposit_event"
                              " (i32.const 0) (i32.const 0) (i32.const 0)"
                              " (i32.const 0)) (br_if $l (i32.lt_u (local.tee 0"
                              " (i32.add (local.get 0) (i32.const 1)))"
                              " (i32.const ",
                              count, "))))")),
        "call"));
  };
  EXPECT_EQ(emit(256).completed->events.size(), 256u);
  EXPECT_THAT(emit(257), Exceeds(engine::Resource::kEvents));
}

TEST(Events, DebugMessagesAreDiagnostics) {
  Chain chain;
  const std::string module =
      Contract("seal0.debug_message",
               "(drop (call $debug_message (i32.const 0) (i32.const 5)))",
               "(data (i32.const 0) \"hello\")");
  const auto result = chain.Try(chain.Request(module, "call"));
  EXPECT_THAT(result, Returns(""));
  EXPECT_EQ(result.diagnostics.debug_messages,
            std::vector<std::string>{"hello"});
}

// A function of (input_ptr, input_len, output_ptr) over "abc".
std::string Hash(Chain& chain, absl::string_view function, int size) {
  const std::string name(function.substr(function.find('.') + 1));
  return base::HexEncode(
      chain
          .Try(chain.Request(
              Contract(function,
                       absl::StrCat("(call $", name,
                                    " (i32.const 0) (i32.const 3)"
                                    " (i32.const 0)) (call $return"
                                    " (i32.const 0) (i32.const 0) (i32.const ",
                                    size, "))"),
                       "(data (i32.const 0) \"abc\")"),
              "call"))
          .completed->outcome.data);
}

TEST(Crypto, Hashes) {
  Chain chain;
  EXPECT_EQ(Hash(chain, "seal0.hash_sha2_256", 32),
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hash(chain, "seal0.hash_keccak_256", 32),
            "4e03657aea45a94fc7d47ba826c8d667"
            "c0d1e6e33a64a036ec44f58fa12d6c45");
  EXPECT_EQ(Hash(chain, "seal0.hash_blake2_256", 32),
            "bddd813c634239723171ef3fee98579b"
            "94964e3bb1cb3e427262c8c068d52319");
  EXPECT_EQ(Hash(chain, "seal0.hash_blake2_128", 16),
            "cf4ab791c62b8d2b2109c90275287816");
}

TEST(Crypto, HashPriceAndBounds) {
  Chain chain;
  const auto hash = [&](int len, int out) {
    return chain.Try(chain.Request(
        Contract("seal0.hash_sha2_256",
                 absl::StrCat("(call $hash_sha2_256 (i32.const 0) (i32.const ",
                              len, ") (i32.const ", out, "))")),
        "call"));
  };
  const metering::Schedule& s = chain.profile().schedule;
  EXPECT_EQ(hash(1000, 0).completed->fuel.by[metering::Category::kHost],
            s.host_call + 125 + 4 + (1000 / 64 + 1) * s.sha256_block);
  EXPECT_THAT(hash(0, 2 * 65536 - 32), Returns(""));
  // A failed bounds check costs nothing: it comes before the charge.
  const auto bad = hash(0, 2 * 65536 - 31);
  EXPECT_THAT(bad, Traps(Trap::kOutOfBoundsMemoryAccess));
  EXPECT_EQ(bad.completed->fuel.by[metering::Category::kHost], 0u);
}

// Example of https://github.com/ethereum/EIPs and of the SEC curve: the key
// with the secret 1 is the generator itself.
constexpr char kGenerator[] =
    "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

TEST(Crypto, EthAddressOfAKey) {
  Chain chain;
  const auto address = [&](absl::string_view key) {
    return chain.Try(chain.Request(
        Contract("seal0.ecdsa_to_eth_address",
                 "(i32.store (i32.const 512) (call $ecdsa_to_eth_address"
                 " (i32.const 0) (i32.const 64)))"
                 "(if (i32.load (i32.const 512)) (then (call $return"
                 " (i32.const 0) (i32.const 512) (i32.const 4))))"
                 "(call $return (i32.const 0) (i32.const 64) (i32.const 20))",
                 absl::StrCat("(data (i32.const 0) \"", Escaped(key), "\")")),
        "call"));
  };
  const std::string key = base::HexDecode(kGenerator).value();
  EXPECT_THAT(
      address(key),
      Returns(
          base::HexDecode("7e5f4552091a69125d5dfcb7b8c2659029395bdf").value()));
  EXPECT_THAT(address(std::string(33, '\x05')), Returns(Le32(11)));
}

}  // namespace
}  // namespace ashlar::testing
