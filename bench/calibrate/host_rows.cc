// Rows of calibration that are host functions, each called by a contract under
// seal-1 through the whole engine.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/calibrate/contract_text.h"
#include "bench/calibrate/rows.h"
#include "bench/calibrate/workload.h"

namespace ashlar::bench {
namespace {

constexpr uint32_t kEntries = 1'000'000;
// As many calls as there are entries: each one reads another.
constexpr uint32_t kCallsMax = 50'000;
constexpr int kValueBytes = 16'000;
constexpr int kHashBytes = 65'536;
// Of a block unit (engine/host/seal/work.h), and of the other two divisors.
constexpr double kBlockBytes = 64;
constexpr double kHostBytesPerFuel = 16;

std::function<std::unique_ptr<Workload>()> Contract(StateSource* state,
                                                    std::string function,
                                                    std::string body) {
  return [=] {
    return NewContractWorkload(Assemble(ContractText({function}, body)), state);
  };
}

std::string Hash(absl::string_view name, int size) {
  return absl::StrCat("(call $", name, " (i32.const ", kFreeAt, ") (i32.const ",
                      size, ") (i32.const ", kOutAt, "))");
}

}  // namespace

void AddHostRows(const std::string& directory, HostStates* states,
                 std::vector<Row>* rows) {
  states->memory = NewMemoryState({});
  states->disk = NewDiskState({.entries = kEntries}, directory + "/small");
  StateSource* const none = states->memory.get();
  StateSource* const disk = states->disk.get();
  const auto add = [&](absl::string_view unit, StateSource* state,
                       absl::string_view function, std::string body) {
    rows->push_back({std::string(unit), 1,
                     Contract(state, std::string(function), body), nullptr,
                     kCallsMax});
  };
  // What `bytes` more bytes cost, by units of `per` bytes.
  const auto add_bytes = [&](absl::string_view unit, StateSource* state,
                             absl::string_view function, std::string more,
                             std::string less, double units,
                             uint32_t count_max) {
    rows->push_back({std::string(unit), 1 / units,
                     Contract(state, std::string(function), more),
                     Contract(state, std::string(function), less), count_max});
  };
  add("host_call", none, "seal0.caller_is_origin",
      "(drop (call $caller_is_origin))");
  const auto transient = [](int size) {
    return absl::StrCat("(drop (call $set_transient_storage ", kKey,
                        " (i32.const ", kFreeAt, ") (i32.const ", size, ")))");
  };
  const auto same_transient = [&](int size) {
    return absl::StrCat("(i32.store ", kKeyAt, " (i32.const 7))",
                        transient(size));
  };
  add_bytes("host_bytes_per_fuel", none, "seal0.set_transient_storage",
            same_transient(kValueBytes), same_transient(0),
            kValueBytes / kHostBytesPerFuel, kCallsMax);
  add("state_read", disk, "seal1.get_storage",
      absl::StrCat(kRoomForOut, "(drop (call $get_storage ", kKey, kOut, "))"));
  add("state_write", disk, "seal0.set_storage",
      absl::StrCat("(call $set_storage ", kKeyAt, " (i32.const ", kFreeAt,
                   ") (i32.const 32))"));
  const auto set = [](int size) {
    return absl::StrCat("(call $set_storage ", kKeyAt, " (i32.const ", kFreeAt,
                        ") (i32.const ", size, "))");
  };
  add_bytes("state_byte", none, "seal0.set_storage", set(kValueBytes), set(0),
            kValueBytes, 1000);
  add("transient_access", none, "seal0.set_transient_storage", transient(32));
  const auto add_hash = [&](absl::string_view unit, absl::string_view name) {
    add_bytes(unit, none, absl::StrCat("seal0.", name), Hash(name, kHashBytes),
              Hash(name, 0), kHashBytes / kBlockBytes, kCallsMax);
  };
  add_hash("sha256_block", "hash_sha2_256");
  add_hash("keccak256_block", "hash_keccak_256");
  add_hash("blake2b_block", "hash_blake2_256");
  add("ecdsa_recover", none, "seal0.ecdsa_recover",
      absl::StrCat("(drop (call $ecdsa_recover (i32.const ", kEcdsaAt,
                   ") (i32.const ", kEcdsaMessageAt, ") (i32.const ", kOutAt,
                   ")))"));
  add("ecdsa_address", none, "seal0.ecdsa_to_eth_address",
      absl::StrCat("(drop (call $ecdsa_to_eth_address (i32.const ", kEcdsaKeyAt,
                   ") (i32.const ", kOutAt, ")))"));
  const auto verify = [](int size) {
    return absl::StrCat("(drop (call $sr25519_verify (i32.const ", kSr25519At,
                        ") (i32.const ", kSr25519At + 64, ") (i32.const ", size,
                        ") (i32.const ", kSr25519MessageAt, ")))");
  };
  add("sr25519_verify", none, "seal0.sr25519_verify", verify(11));
  add_bytes("sr25519_block", none, "seal0.sr25519_verify", verify(kHashBytes),
            verify(0), kHashBytes / kBlockBytes, kCallsMax);
}

}  // namespace ashlar::bench
