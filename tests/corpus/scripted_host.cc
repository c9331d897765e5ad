#include "tests/corpus/scripted_host.h"

namespace ashlar::testing {
namespace {

// One in this many calls traps.
constexpr uint64_t kTrapsOneIn = 100;
constexpr uint64_t kFuelBelow = 97;
// What C and Rust keep below their data is no place to write to.
constexpr uint64_t kAddressMin = 1024;

}  // namespace

Mixer& Mixer::Add(uint64_t number) {
  for (int i = 0; i < 8; ++i) {
    hash_ = (hash_ ^ ((number >> (8 * i)) & 0xff)) * 0x100000001b3;
  }
  return *this;
}

Mixer& Mixer::Add(absl::string_view text) {
  for (const char c : text) {
    hash_ = (hash_ ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }
  return Add(text.size());
}

uint64_t Mixer::Finish() const {
  uint64_t h = hash_;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
  h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
  return h ^ (h >> 31);
}

uint64_t PlausibleValue(uint64_t hash, wasm::ValType type,
                        uint64_t memory_size_bytes) {
  if (type == wasm::ValType::kFuncRef || type == wasm::ValType::kExternRef) {
    return 0;
  }
  const uint64_t bits = hash >> 4;
  uint64_t value = bits;
  switch (hash % 16) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
      value = 0;
      break;
    case 6:
    case 7:
    case 8:
      value = 1;
      break;
    case 9:
    case 10:
    case 11:
      value = bits % 256;
      break;
    case 12:
    case 13:
    case 14:
      value = memory_size_bytes == 0 ? 0 : bits % memory_size_bytes;
      break;
    default:
      break;
  }
  const bool is_32 = type == wasm::ValType::kI32 || type == wasm::ValType::kF32;
  return is_32 ? static_cast<uint32_t>(value) : value;
}

HostAnswer ScriptedHost::Answer(const HostQuery& query) {
  Mixer mixer;
  mixer.Add(query.module).Add(query.name).Add(calls_++);
  for (const uint64_t arg : query.args) mixer.Add(arg);
  const uint64_t hash = mixer.Finish();
  HostAnswer answer;
  answer.fuel = hash % kFuelBelow;
  for (const uint64_t arg : query.args) {
    const uint64_t poke = mixer.Add(answer.writes.size()).Finish();
    constexpr uint64_t kSize = 4;
    if (poke % 2 == 0 || arg < kAddressMin || arg > query.memory.size() ||
        query.memory.size() - arg < kSize) {
      continue;
    }
    const uint8_t low = static_cast<uint8_t>((poke >> 8) % 64);
    answer.writes.push_back({arg, {low, 0, 0, 0}});
  }
  if ((hash >> 16) % kTrapsOneIn == 0) {
    answer.trap = interp::Trap::kHostError;
    return answer;
  }
  for (const wasm::ValType type : query.results) {
    answer.results.push_back(PlausibleValue(
        mixer.Add(answer.results.size()).Finish(), type, query.memory.size()));
  }
  return answer;
}

}  // namespace ashlar::testing
