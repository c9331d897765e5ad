// The host functions that need no other contract.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/crypto_hash.h"
#include "naive/chain_execution.h"

namespace ashlar::naive {

using base::Hash256;
using engine::OutcomeClass;
using interp::Trap;
using Balance = ChainExecution::Balance;

namespace {

// SCALE's compact form of numbers from 2^30 on, which fuel need not be.
std::string Compact(uint64_t value) {
  if (value < 1u << 6) return Le(static_cast<uint8_t>(value << 2));
  if (value < 1u << 14) return Le(static_cast<uint16_t>(value << 2 | 1));
  if (value < 1u << 30) return Le(static_cast<uint32_t>(value << 2 | 2));
  std::string digits = Le(value);
  while (digits.back() == '\0') digits.pop_back();
  const size_t more = digits.size() - 4;
  return std::string(1, static_cast<char>(more << 2 | 3)) + digits;
}

// How many topics of 32 bytes stand behind their count, or -1: it is no such
// list. Only counts below 2^14 can be true of an event.
int64_t CountTopics(absl::string_view topics) {
  if (topics.empty()) return 0;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(topics[i]); };
  const uint32_t mode = byte(0) & 3;
  size_t size = 1;
  int64_t count = byte(0) >> 2;
  if (mode == 1 && topics.size() > 1) {
    size = 2;
    count |= int64_t{byte(1)} << 6;
    if (count < 64) return -1;  // has a shorter form
  } else if (mode != 0) {
    return -1;
  }
  return topics.size() - size == static_cast<size_t>(count) * 32 ? count : -1;
}

}  // namespace

ChainExecution::Handler ChainExecution::FindHandler(const Import& import) {
  using E = ChainExecution;
  static const std::map<std::string, Handler> kHandlers = {
      {"seal0.set_storage", &E::SetStorage0},
      {"seal1.set_storage", &E::SetStorage1},
      {"seal2.set_storage", &E::SetStorage2},
      {"__unstable__.set_storage", &E::SetStorage2},
      {"seal0.get_storage", &E::GetStorage0},
      {"seal1.get_storage", &E::GetStorage1},
      {"__unstable__.get_storage", &E::GetStorage1},
      {"seal0.clear_storage", &E::ClearStorage0},
      {"seal1.clear_storage", &E::ClearStorage1},
      {"__unstable__.clear_storage", &E::ClearStorage1},
      {"seal0.contains_storage", &E::ContainsStorage0},
      {"seal1.contains_storage", &E::ContainsStorage1},
      {"__unstable__.contains_storage", &E::ContainsStorage1},
      {"seal0.take_storage", &E::TakeStorage},
      {"seal0.transfer", &E::HostTransfer},
      {"seal0.call", &E::Call0},
      {"seal1.call", &E::Call1},
      {"seal0.delegate_call", &E::DelegateCall},
      {"seal0.instantiate", &E::Instantiate0},
      {"seal1.instantiate", &E::Instantiate1},
      {"seal0.terminate", &E::Terminate},
      {"seal1.terminate", &E::Terminate},
      {"seal0.set_code_hash", &E::SetCodeHash},
      {"seal0.return", &E::Return},
      {"seal0.input", &E::HostInput},
      {"seal0.deposit_event", &E::DepositEvent},
      {"seal0.debug_message", &E::DebugMessage},
      {"seal0.caller", &E::Caller},
      {"seal0.address", &E::Address},
      {"seal0.is_contract", &E::IsContract},
      {"seal0.code_hash", &E::CodeHash},
      {"seal0.gas_left", &E::GasLeft},
      {"seal1.gas_left", &E::GasLeftWeight},
      {"seal0.balance", &E::OwnBalance},
      {"seal0.value_transferred", &E::ValueTransferred},
      {"seal0.now", &E::Now},
      {"seal0.block_number", &E::BlockNumber},
      {"seal0.minimum_balance", &E::MinimumBalance},
      {"seal0.hash_sha2_256", &E::HashSha2256},
      {"seal0.hash_keccak_256", &E::HashKeccak256},
      {"seal0.hash_blake2_256", &E::HashBlake2256},
      {"seal0.hash_blake2_128", &E::HashBlake2128},
  };
  // Most functions are known by two names.
  constexpr absl::string_view kPrefix = "seal_";
  absl::string_view name = import.name;
  absl::ConsumePrefix(&name, kPrefix);
  const auto it = kHandlers.find(absl::StrCat(import.module, ".", name));
  return it == kHandlers.end() ? nullptr : it->second;
}

state::Key ChainExecution::StorageKey(const std::string& key) {
  return {frame().account, state::Kind::kStorage, key};
}

bool ChainExecution::IsChangeRefused() {
  if (frame().is_read_only) Stop(Trap::kStateChangeDenied);
  return frame().is_read_only;
}

uint64_t ChainExecution::SizeOrNone(const state::Key& key) {
  const auto value = Get(key);
  return value.has_value() ? value->size() : kNone;
}

// A key that is too long is found out when it has been paid for.
bool ChainExecution::PayForKey(Call& call, const std::string& key,
                               bool is_change) {
  if (!Pay(call)) return false;
  if (key.size() > limits_.storage_key_size_bytes_max) {
    return Stop(Trap::kDecodingFailed), false;
  }
  return !is_change || !IsChangeRefused();
}

std::string ChainExecution::FixedKey(Call& call) {
  return Input(call, call.Arg(0), 32);
}

std::string ChainExecution::LongKey(Call& call) {
  return Input(call, call.Arg(0), call.Arg(1));
}

uint64_t ChainExecution::Set(Call& call, const std::string& key, int at,
                             bool answers) {
  const std::string value = Input(call, call.Arg(at), call.Arg(at + 1));
  Does(call, answers ? 1 : 0, 1, true);
  if (!PayForKey(call, key, true)) return 0;
  if (value.size() > limits_.storage_value_size_bytes_max) {
    return Stop(Trap::kValueTooLarge);
  }
  const uint64_t old = answers ? SizeOrNone(StorageKey(key)) : kNone;
  if (!PayForValue(call, old)) return 0;
  Put(StorageKey(key), value);
  return old;
}

uint64_t ChainExecution::Clear(Call& call, const std::string& key,
                               bool answers) {
  Does(call, answers ? 1 : 0, 1, true);
  if (!PayForKey(call, key, true)) return 0;
  const uint64_t old = answers ? SizeOrNone(StorageKey(key)) : kNone;
  if (!PayForValue(call, old)) return 0;
  Erase(StorageKey(key));
  return old;
}

uint64_t ChainExecution::Contains(Call& call, const std::string& key) {
  Does(call, 1, 0, true);
  if (!PayForKey(call, key, false)) return 0;
  const uint64_t size = SizeOrNone(StorageKey(key));
  return PayForValue(call, size) ? size : 0;
}

uint64_t ChainExecution::GetOrTake(Call& call, const std::string& key, int at,
                                   bool takes) {
  Does(call, 1, takes ? 1 : 0, true);
  if (!PayForKey(call, key, takes)) return 0;
  const auto value = Get(StorageKey(key));
  if (!value.has_value()) return 3;
  if (!PayForValue(call, value->size())) return 0;
  if (takes) Erase(StorageKey(key));
  WritePair(call, call.Arg(at), call.Arg(at + 1), *value);
  return 0;
}

uint64_t ChainExecution::AnswerHash(Call& call, uint32_t block_price,
                                    uint32_t size,
                                    std::string (*hash)(absl::string_view)) {
  const std::string data = Input(call, call.Arg(0), call.Arg(1));
  call.in_bounds = call.in_bounds && IsIn(call, call.Arg(2), size);
  call.work = (data.size() / 64 + 1) * block_price;
  if (!Pay(call) || !Charge(call, BytesFuel(size))) return 0;
  const std::string digest = hash(data);
  std::copy(digest.begin(), digest.end(),
            call.context.memory->bytes.begin() + call.Arg(2));
  return 0;
}

uint64_t ChainExecution::HashSha2256(Call& call) {
  return AnswerHash(
      call, schedule_.sha256_block, 32,
      +[](absl::string_view d) { return std::string(base::Sha256(d).view()); });
}

uint64_t ChainExecution::HashKeccak256(Call& call) {
  return AnswerHash(
      call, schedule_.keccak256_block, 32, +[](absl::string_view d) {
        return std::string(base::Keccak256(d).view());
      });
}

uint64_t ChainExecution::HashBlake2256(Call& call) {
  return AnswerHash(
      call, schedule_.blake2b_block, 32, +[](absl::string_view d) {
        return std::string(base::Blake2b256(d).view());
      });
}

uint64_t ChainExecution::HashBlake2128(Call& call) {
  return AnswerHash(
      call, schedule_.blake2b_block, 16, +[](absl::string_view d) {
        const auto digest = base::Blake2b128(d);
        return std::string(digest.begin(), digest.end());
      });
}

uint64_t ChainExecution::DebugMessage(Call& call) {
  Input(call, call.Arg(0), call.Arg(1));
  Pay(call);
  return 0;
}

uint64_t ChainExecution::IsContract(Call& call) {
  const Hash256 account = InputHash(call, call.Arg(0));
  Does(call, 1, 0);
  return Pay(call) && CodeOf(account).has_value() ? 1 : 0;
}

uint64_t ChainExecution::CodeHash(Call& call) {
  const Hash256 account = InputHash(call, call.Arg(0));
  Does(call, 1, 0);
  if (!Pay(call)) return 0;
  const auto code = CodeOf(account);
  if (!code.has_value()) return 3;
  WritePair(call, call.Arg(1), call.Arg(2), code->view());
  return 0;
}

uint64_t ChainExecution::Now(Call& call) {
  return Answer(call, Le(request_.block.timestamp_ms));
}

uint64_t ChainExecution::BlockNumber(Call& call) {
  return Answer(call, Le(static_cast<uint32_t>(request_.block.number)));
}

uint64_t ChainExecution::MinimumBalance(Call& call) {
  return Answer(call, Le(request_.block.minimum_balance));
}

uint64_t ChainExecution::Return(Call& call) {
  const std::string data = Input(call, call.Arg(1), call.Arg(2));
  Does(call, 0, 0, true);
  if (!Pay(call)) return 0;
  if (call.Arg(0) > 1) return Stop(Trap::kInvalidCallFlags);
  frame().flags = call.Arg(0);
  frame().data = data;
  return Finish();
}

uint64_t ChainExecution::DepositEvent(Call& call) {
  const std::string topics = Input(call, call.Arg(0), call.Arg(1));
  const std::string data = Input(call, call.Arg(2), call.Arg(3));
  Does(call, 0, 0, true);
  if (!Pay(call) || IsChangeRefused()) return 0;
  if (topics.size() + data.size() > limits_.event_size_bytes_max) {
    return Stop(Trap::kValueTooLarge);
  }
  const int64_t topic_count = CountTopics(topics);
  if (topic_count < 0) return Stop(Trap::kDecodingFailed);
  if (topic_count > limits_.event_topics_max) {
    return Stop(Trap::kTooManyTopics);
  }
  events_.push_back({frame().account, topics, data});
  return 0;
}

uint64_t ChainExecution::Answer(Call& call, absl::string_view value) {
  if (Pay(call)) WritePair(call, call.Arg(0), call.Arg(1), value);
  return 0;
}

uint64_t ChainExecution::HostInput(Call& call) {
  if (!Pay(call)) return 0;
  if (frame().is_input_gone) return Stop(Trap::kInputForwarded);
  WritePair(call, call.Arg(0), call.Arg(1), frame().input);
  return 0;
}

uint64_t ChainExecution::OwnBalance(Call& call) {
  Does(call, 1, 0);
  if (!Pay(call)) return 0;
  WritePair(call, call.Arg(0), call.Arg(1), Le(GetBalance(frame().account)));
  return 0;
}

uint64_t ChainExecution::ValueTransferred(Call& call) {
  return Answer(call, Le(frame().value));
}

uint64_t ChainExecution::AnswerFuel(Call& call, uint64_t size, bool is_weight) {
  if (!Pay(call)) return 0;
  reads_fuel_ = true;
  const uint64_t price = BytesFuel(size);
  const uint64_t left = call.left() < price ? 0 : call.left() - price;
  const std::string value =
      is_weight ? Compact(left) + Compact(UINT64_MAX) : Le(left);
  if (CheckPair(call, call.Arg(0), call.Arg(1), value.size()) &&
      Charge(call, price)) {
    StorePair(call, call.Arg(0), call.Arg(1), value);
  }
  return 0;
}

}  // namespace ashlar::naive
