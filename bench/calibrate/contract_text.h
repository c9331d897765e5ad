// Contracts of the seal ABI that do one thing many times, as text.
#ifndef BENCH_CALIBRATE_CONTRACT_TEXT_H_
#define BENCH_CALIBRATE_CONTRACT_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace ashlar::bench {

// Where things lie in the contract's memory of 16 pages.
inline constexpr int kEcdsaAt = 768;           // a signature of 65 bytes
inline constexpr int kEcdsaMessageAt = 1024;   // what it signs, 32 bytes
inline constexpr int kEcdsaKeyAt = 1280;       // a compressed key of 33 bytes
inline constexpr int kSr25519At = 256;         // a signature, then its key
inline constexpr int kSr25519MessageAt = 512;  // what it signs, 11 bytes
inline constexpr int kModuleAccountAt = 2048;  // the first of StateSpec.modules
inline constexpr int kOutAt = 65'536;
inline constexpr int kFreeAt = 131'072;  // as many bytes are free from here on

// Text of arguments. The key is 32 bytes long and begins with the number of the
// round, from the last one down to 0: the keys of StateSpec.
inline constexpr char kKeyAt[] = "(i32.const 64)";
inline constexpr char kKey[] = "(i32.const 64) (i32.const 32)";
// An out pair, and what makes room for it.
inline constexpr char kOut[] = "(i32.const 65536) (i32.const 0)";
inline constexpr char kRoomForOut[] =
    "(i32.store (i32.const 0) (i32.const 65536))";

// A contract whose `call` does `body` as often as its input says (u32 LE, at
// least 1). `functions` are module.name of abi.def, called by $name; local $n
// is the number of the round, $m is free.
std::string ContractText(const std::vector<std::string>& functions,
                         absl::string_view body);

}  // namespace ashlar::bench

#endif  // BENCH_CALIBRATE_CONTRACT_TEXT_H_
