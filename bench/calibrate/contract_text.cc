#include "bench/calibrate/contract_text.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/host/seal/functions.h"

namespace ashlar::bench {
namespace {

// By the secret key 1.
constexpr char kEcdsa[] =
    "a1eacb4a936033d405aee7098e3089c9a276c043ef1047d87d56a78b460756f1"
    "21579afb511da004b0ef58d3f4e8e834d3ea6473e62f502c98a63e32080d56af1c";
constexpr char kEcdsaMessage[] =
    "a21cf4b3604cf4b2bc53e6f88f6a4d75ef5ff4ab415f3e99aea6b61c8249c4d0";
constexpr char kEcdsaKey[] =
    "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
// By Substrate's development account "Alice", of "hello world".
constexpr char kSr25519[] =
    "b8314aee4ea566fc165c9cb07c76a874f763005e022d09aa49deb64a3c204b40"
    "62ae45375355b462d04be739cd3e04691a88ac117b635affe436733f1ecfcd83"
    "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
constexpr char kModuleAccount[] =
    "1010101010101010101010101010101010101010101010101010101010101010";

std::string Types(absl::string_view letters) {
  std::string types;
  for (const char letter : letters) types += letter == 'i' ? " i32" : " i64";
  return types;
}

std::string Import(absl::string_view full_name) {
  const std::pair<absl::string_view, absl::string_view> names =
      absl::StrSplit(full_name, absl::MaxSplits('.', 1));
  for (const host::SealFunction& f : host::SealFunctions()) {
    if (f.module != names.first || f.name != names.second) continue;
    const std::pair<absl::string_view, absl::string_view> type =
        absl::StrSplit(f.type, absl::MaxSplits('>', 1));
    return absl::StrCat("(import \"", f.module, "\" \"", f.name, "\" (func $",
                        f.name, " (param", Types(type.first), ") (result",
                        Types(type.second), ")))\n");
  }
  base::CheckFailed(__FILE__, __LINE__, "function is in abi.def", full_name);
}

std::string Data(int at, absl::string_view hex) {
  std::string text = absl::StrCat("(data (i32.const ", at, ") \"");
  for (size_t i = 0; i < hex.size(); i += 2) {
    absl::StrAppend(&text, "\\", hex.substr(i, 2));
  }
  return absl::StrCat(text, "\")\n");
}

}  // namespace

std::string ContractText(const std::vector<std::string>& functions,
                         absl::string_view body) {
  std::string imports;
  for (const std::string& name : functions) imports += Import(name);
  return absl::StrCat(
      "(module\n(import \"env\" \"memory\" (memory 16 16))\n"
      "(import \"seal0\" \"input\" (func $input (param i32 i32)))\n",
      imports, Data(kEcdsaAt, kEcdsa), Data(kEcdsaMessageAt, kEcdsaMessage),
      Data(kEcdsaKeyAt, kEcdsaKey), Data(kSr25519At, kSr25519),
      Data(kSr25519MessageAt, base::HexEncode("hello world")),
      Data(kModuleAccountAt, kModuleAccount),
      "(func (export \"deploy\"))\n"
      "(func (export \"call\") (local $n i32) (local $m i32)\n"
      "  (i32.store (i32.const 0) (i32.const 4))\n"
      "  (call $input (i32.const 4) (i32.const 0))\n"
      "  (local.set $n (i32.load (i32.const 4)))\n"
      "  (loop $again\n"
      "    (i32.store (i32.const 64)\n"
      "      (local.tee $n (i32.sub (local.get $n) (i32.const 1))))\n"
      "    ",
      body, "\n    (br_if $again (local.get $n)))))\n");
}

}  // namespace ashlar::bench
