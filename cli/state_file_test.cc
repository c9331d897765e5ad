#include "cli/state_file.h"

#include <filesystem>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "engine/base/hash.h"
#include "engine/state/inline_state.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"
#include "engine/state/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::cli {
namespace {

using state::AccountId;
using state::Kind;
using ::testing::HasSubstr;

AccountId Account(uint8_t byte) {
  AccountId account;
  account.bytes.fill(byte);
  return account;
}

class StateFileTest : public ::testing::Test {
 protected:
  StateFileTest() : folder_(absl::StrCat(::testing::TempDir(), "/state_file")) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/sub");
  }
  ~StateFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) { return folder_ + "/" + name; }
  std::string Save(const std::string& name, const std::string& text) {
    EXPECT_TRUE(WriteFile(Path(name), text).ok());
    return Path(name);
  }
  absl::StatusOr<StateFile> Parse(const std::string& json) {
    return StateFile::Read(Save("state.json", json), contract_);
  }
  static std::string Entry(StateFile& file, const state::Key& key) {
    const state::ReadResult result = file.state().Read(key).value();
    EXPECT_NE(result.found, state::Found::kUnknown);
    return result.found == state::Found::kAbsent ? "-" : "=" + result.value;
  }

  static std::map<state::Key, std::string> Present(
      const state::InlineState& state) {
    std::map<state::Key, std::string> present;
    for (const auto& [key, value] : state.entries()) {
      if (value.has_value()) present[key] = *value;
    }
    return present;
  }

  const AccountId contract_ = Account(0xc0);
  const std::string c0_ = contract_.ToHex();
  const std::string folder_;
};

TEST_F(StateFileTest, TheShortFormIsTheContract) {
  StateFile file =
      Parse(R"({"storage":{"6b":"76","":"00FF"},"balance":"300"})").value();
  EXPECT_EQ(file.form(), StateFile::Form::kShort);
  EXPECT_EQ(Entry(file, {contract_, Kind::kStorage, "k"}), "=v");
  EXPECT_EQ(Entry(file, {contract_, Kind::kStorage, ""}),
            "=" + std::string("\0\xff", 2));
  EXPECT_EQ(Entry(file, {contract_, Kind::kBalance, ""}),
            "=" + state::EncodeBalance(300));
  EXPECT_EQ(Entry(file, {contract_, Kind::kStorage, "other"}), "-");
  EXPECT_EQ(Entry(file, {Account(1), Kind::kBalance, ""}), "-");
}

TEST_F(StateFileTest, TheFullFormHasAccountsAndModules) {
  Save("sub/module.wasm", "module");
  const std::string hash = base::Blake2b256("module").ToHex();
  StateFile file =
      Parse(absl::StrCat(R"({"accounts":{")", c0_,
                         R"(":{"balance":"1","nonce":"2","code":")", hash,
                         R"(","storage":{"6b":"76"}},")", Account(1).ToHex(),
                         R"(":{}},"modules":{")", hash,
                         R"(":"sub/module.wasm"}})"))
          .value();
  EXPECT_EQ(file.form(), StateFile::Form::kFull);
  EXPECT_EQ(Entry(file, {contract_, Kind::kBalance, ""}),
            "=" + state::EncodeBalance(1));
  EXPECT_EQ(Entry(file, {contract_, Kind::kNonce, ""}),
            "=" + state::EncodeNonce(2));
  EXPECT_EQ(Entry(file, {contract_, Kind::kCode, ""}),
            "=" + state::EncodeCode(base::Blake2b256("module")));
  EXPECT_EQ(Entry(file, {contract_, Kind::kStorage, "k"}), "=v");
  EXPECT_EQ(Entry(file, {Account(1), Kind::kBalance, ""}), "-");
  EXPECT_EQ(*file.state().Module(base::Blake2b256("module")).value().bytes,
            "module");
}

TEST_F(StateFileTest, AllPartsAreOptional) {
  EXPECT_EQ(Parse("{}").value().form(), StateFile::Form::kShort);
  EXPECT_EQ(Parse(R"({"balance":"0"})").value().form(),
            StateFile::Form::kShort);
  EXPECT_EQ(Parse(R"({"modules":{}})").value().form(), StateFile::Form::kFull);
  EXPECT_EQ(Parse(R"({"accounts":{}})").value().form(), StateFile::Form::kFull);
}

TEST_F(StateFileTest, ErrorsNameTheFileAndThePlace) {
  Save("module.wasm", "module");
  const std::string hash = base::Blake2b256("module").ToHex();
  const std::string other = base::Blake2b256("other").ToHex();
  std::string upper = c0_;
  upper[0] = 'C';
  const struct {
    std::string json;
    std::string message;
  } rows[] = {
      {"", "line 1, column 1"},
      {"{\n}}", "line 2, column 2"},
      {R"("text")", "an object is expected"},
      {R"({"balance":5})", "/balance: a string or an object is expected"},
      {R"({"balance":{}})", "/balance: a string is expected"},
      {R"({"balance":"-1"})", "/balance: "},
      {R"({"balance":""})", "/balance: "},
      {R"({"balance":"340282366920938463463374607431768211456"})",
       "/balance: "},
      {R"({"nonce":"18446744073709551616"})", "/nonce: the number is 2^64"},
      {R"({"Balance":"5"})", "unknown name \"Balance\""},
      {R"({"code":"00"})", "unknown name \"code\""},
      {R"({"storage":"6b"})", "/storage: an object is expected"},
      {R"({"storage":{"6":"76"}})", "/storage/6: "},
      {R"({"storage":{"6b":"7x"}})", "/storage/6b: "},
      {R"({"storage":{"6b":{}}})", "/storage/6b: a string is expected"},
      {R"({"storage":{"6b":"","6b":""}})",
       "/storage/6b: the name is given twice"},
      {R"({"storage":{"6b":"","6B":""}})", "/storage/6B: the key is given twi"},
      {R"({"accounts":{},"storage":{}})", "unknown name \"storage\""},
      {R"({"accounts":"x"})", "/accounts: an object is expected"},
      {R"({"accounts":{"c0":{}}})", "/accounts/c0: "},
      {absl::StrCat(R"({"accounts":{")", c0_, R"(":"x"}})"),
       absl::StrCat("/accounts/", c0_, ": an object is expected")},
      {absl::StrCat(R"({"accounts":{")", c0_, R"(":{"code":"00"}}})"),
       absl::StrCat("/accounts/", c0_, "/code: ")},
      {absl::StrCat(R"({"accounts":{")", c0_, R"(":{"age":"00"}}})"),
       "unknown name \"age\""},
      {absl::StrCat(R"({"accounts":{")", c0_, R"(":{},")", upper, R"(":{}}})"),
       "the account is given twice"},
      {R"({"modules":"x"})", "/modules: an object is expected"},
      {R"({"modules":{"00":"module.wasm"}})", "/modules/00: "},
      {absl::StrCat(R"({"modules":{")", hash, R"(":"none.wasm"}})"),
       "none.wasm"},
      {absl::StrCat(R"({"modules":{")", other, R"(":"module.wasm"}})"),
       absl::StrCat("module.wasm has the hash ", hash)},
  };
  for (const auto& row : rows) {
    const absl::Status status = Parse(row.json).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.json;
    const std::string message(status.message());
    EXPECT_THAT(message, HasSubstr(Path("state.json"))) << row.json;
    EXPECT_THAT(message, HasSubstr(row.message)) << row.json;
  }
  EXPECT_EQ(StateFile::Read(Path("none.json"), contract_).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(StateFileTest, IsWrittenInTheFormInWhichItWasRead) {
  StateFile file =
      Parse(R"({"storage":{"6b":"76","6c":"00"},"balance":"300"})").value();
  file.Apply({{{contract_, Kind::kStorage, "k"}, "\x01\x02"},
              {{contract_, Kind::kStorage, "l"}, std::nullopt},
              {{contract_, Kind::kStorage, ""}, ""},
              {{contract_, Kind::kCode, ""}, std::string(32, 'x')},
              {{Account(1), Kind::kBalance, ""}, state::EncodeBalance(1)}},
             {});
  ASSERT_TRUE(file.Write(Path("out.json")).ok());
  EXPECT_EQ(ReadFile(Path("out.json")).value(),
            R"({
  "balance": "300",
  "storage": {
    "": "",
    "6b": "0102"
  }
}
)");
}

TEST_F(StateFileTest, TheFullFormHasAllAccountsThatHaveEntries) {
  StateFile file =
      Parse(absl::StrCat(R"({"accounts":{")", c0_, R"(":{"balance":"5"}}})"))
          .value();
  const base::Hash256 hash =
      file.AddModule("module", Path("sub/../module.wasm"));
  file.Apply({{{Account(1), Kind::kCode, ""}, state::EncodeCode(hash)},
              {{Account(1), Kind::kNonce, ""}, state::EncodeNonce(7)},
              {{Account(1), Kind::kStorage, "k"}, "v"},
              {{contract_, Kind::kBalance, ""}, std::nullopt}},
             {});
  ASSERT_TRUE(file.Write(Path("sub/out.json")).ok());
  EXPECT_EQ(ReadFile(Path("sub/out.json")).value(),
            absl::StrCat(R"({
  "accounts": {
    ")",
                         Account(1).ToHex(), R"(": {
      "balance": "0",
      "code": ")",
                         hash.ToHex(), R"(",
      "nonce": "7",
      "storage": {
        "6b": "76"
      }
    }
  },
  "modules": {
    ")",
                         hash.ToHex(), R"(": "../module.wasm"
  }
}
)"));
  Save("module.wasm", "module");
  EXPECT_TRUE(StateFile::Read(Path("sub/out.json"), contract_).ok());
}

TEST_F(StateFileTest, WritingWhatWasReadKeepsTheState) {
  Save("module.wasm", "module");
  const std::string hash = base::Blake2b256("module").ToHex();
  for (const std::string& json :
       {std::string("{}"),
        std::string(R"({"storage":{"00":"ff"},"nonce":"3","balance":
            "340282366920938463463374607431768211455"})"),
        absl::StrCat(R"({"accounts":{")", c0_, R"(":{"code":")", hash,
                     R"("}},"modules":{")", hash, R"(":"module.wasm"}})")}) {
    StateFile file = Parse(json).value();
    ASSERT_TRUE(file.Write(Path("copy.json")).ok());
    StateFile copy = StateFile::Read(Path("copy.json"), contract_).value();
    EXPECT_EQ(copy.form(), file.form());
    EXPECT_EQ(Present(copy.state()), Present(file.state()));
    EXPECT_EQ(copy.state().modules().size(), file.state().modules().size());
  }
}

TEST_F(StateFileTest, AFailedWriteLeavesTheFileAsItWas) {
  StateFile file = Parse(R"({"balance":"1"})").value();
  std::filesystem::create_directory(Path("state.json.new"));
  file.state().SetBalance(contract_, 2);
  EXPECT_EQ(file.Write(Path("state.json")).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReadFile(Path("state.json")).value(), R"({"balance":"1"})");
  // What can't be said is refused before anything is touched.
  file.state().Set({contract_, Kind::kBalance, ""}, "short");
  EXPECT_EQ(file.Write(Path("other.json")).code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(std::filesystem::exists(Path("other.json")));
}

}  // namespace
}  // namespace ashlar::cli
