#include "cli/state_file.h"

#include <filesystem>
#include <initializer_list>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/files.h"
#include "cli/text_tree.h"
#include "engine/base/int128.h"
#include "engine/base/status_macros.h"
#include "engine/state/value.h"
#include "nlohmann/json.hpp"

namespace ashlar::cli {
namespace {

using state::AccountId;
using state::Kind;

constexpr char kAccounts[] = "accounts";
constexpr char kBalance[] = "balance";
constexpr char kCode[] = "code";
constexpr char kModules[] = "modules";
constexpr char kNonce[] = "nonce";
constexpr char kStorage[] = "storage";

// Names each error's place, "FILE: /member/path: text".
class Place {
 public:
  explicit Place(absl::string_view file) : text_(absl::StrCat(file, ": ")) {}
  Place Member(absl::string_view name) const {
    Place place = *this;
    absl::StrAppend(&place.text_, "/", name);
    return place;
  }
  absl::Status Error(absl::string_view text) const {
    return absl::InvalidArgumentError(
        absl::StrCat(text_, text_.ends_with(' ') ? "" : ": ", text));
  }
  // Puts the place in front of what a parser of texts says.
  template <typename T>
  absl::StatusOr<T> Located(absl::StatusOr<T> result) const {
    if (result.ok()) return result;
    return Error(std::string(result.status().message()));
  }

 private:
  std::string text_;
};

absl::Status CheckNames(const TextTree& tree, const Place& place,
                        std::initializer_list<absl::string_view> names) {
  if (!tree.is_object) return place.Error("an object is expected");
  for (const TextTree& member : tree.members) {
    bool known = false;
    for (absl::string_view name : names) known |= name == member.name;
    if (!known) {
      return place.Error(
          absl::StrCat("unknown name \"", member.name,
                       "\"; known here: ", absl::StrJoin(names, ", ")));
    }
  }
  return absl::OkStatus();
}

const TextTree* Find(const TextTree& tree, absl::string_view name) {
  for (const TextTree& member : tree.members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

absl::StatusOr<std::string> Text(const TextTree& tree, const Place& place) {
  if (tree.is_object) {
    return place.Error("a string is expected, not an object");
  }
  return tree.text;
}

absl::StatusOr<uint64_t> ParseNonce(absl::string_view text) {
  ASSIGN_OR_RETURN(base::Balance wide, base::ParseBalance(text));
  if (wide > ~uint64_t{0}) {
    return absl::OutOfRangeError("the number is 2^64 or more");
  }
  return static_cast<uint64_t>(wide);
}

absl::Status ParseStorage(const TextTree& tree, const Place& place,
                          const AccountId& account, state::InlineState* state) {
  if (!tree.is_object) return place.Error("an object is expected");
  for (const TextTree& value : tree.members) {
    const Place member = place.Member(value.name);
    ASSIGN_OR_RETURN(base::Bytes key,
                     member.Located(base::HexDecode(value.name)));
    ASSIGN_OR_RETURN(std::string text, Text(value, member));
    ASSIGN_OR_RETURN(base::Bytes bytes, member.Located(base::HexDecode(text)));
    // Hex has two spellings of a letter, so names of one key may differ.
    if (state->entries().contains({account, Kind::kStorage, key})) {
      return member.Error("the key is given twice");
    }
    state->SetStorage(account, key, std::move(bytes));
  }
  return absl::OkStatus();
}

// The parts that both forms have.
absl::Status ParseAccount(const TextTree& tree, const Place& place,
                          const AccountId& account, state::InlineState* state) {
  if (const TextTree* value = Find(tree, kBalance)) {
    const Place member = place.Member(kBalance);
    ASSIGN_OR_RETURN(std::string text, Text(*value, member));
    ASSIGN_OR_RETURN(base::Balance balance,
                     member.Located(base::ParseBalance(text)));
    state->SetBalance(account, balance);
  }
  if (const TextTree* value = Find(tree, kNonce)) {
    const Place member = place.Member(kNonce);
    ASSIGN_OR_RETURN(std::string text, Text(*value, member));
    ASSIGN_OR_RETURN(uint64_t nonce, member.Located(ParseNonce(text)));
    state->SetNonce(account, nonce);
  }
  if (const TextTree* value = Find(tree, kCode)) {
    const Place member = place.Member(kCode);
    ASSIGN_OR_RETURN(std::string text, Text(*value, member));
    ASSIGN_OR_RETURN(base::Hash256 hash,
                     member.Located(base::Hash256::FromHex(text)));
    state->SetCode(account, hash);
  }
  if (const TextTree* value = Find(tree, kStorage)) {
    return ParseStorage(*value, place.Member(kStorage), account, state);
  }
  return absl::OkStatus();
}

absl::Status ParseAccounts(const TextTree& tree, const Place& place,
                           state::InlineState* state) {
  if (!tree.is_object) return place.Error("an object is expected");
  absl::btree_set<AccountId> seen;
  for (const TextTree& value : tree.members) {
    const Place member = place.Member(value.name);
    ASSIGN_OR_RETURN(AccountId account,
                     member.Located(base::Hash256::FromHex(value.name)));
    if (!seen.insert(account).second) {
      return member.Error("the account is given twice");
    }
    RETURN_IF_ERROR(
        CheckNames(value, member, {kBalance, kCode, kNonce, kStorage}));
    RETURN_IF_ERROR(ParseAccount(value, member, account, state));
  }
  return absl::OkStatus();
}

std::filesystem::path Absolute(absl::string_view path) {
  std::error_code error;
  const std::filesystem::path given{std::string(path)};
  const std::filesystem::path absolute =
      std::filesystem::absolute(given, error);
  return (error ? given : absolute).lexically_normal();
}

nlohmann::json StorageJson(const state::InlineState& state,
                           const AccountId& account) {
  nlohmann::json storage = nlohmann::json::object();
  const auto& entries = state.entries();
  for (auto it = entries.lower_bound({account, Kind::kStorage, {}});
       it != entries.end() && it->first.account == account; ++it) {
    if (!it->second.has_value()) continue;
    storage[base::HexEncode(it->first.key)] = base::HexEncode(*it->second);
  }
  return storage;
}

// The entry's bytes; nullptr: absent.
const base::Bytes* Entry(const state::InlineState& state,
                         const AccountId& account, Kind kind) {
  auto it = state.entries().find({account, kind, {}});
  if (it == state.entries().end() || !it->second.has_value()) return nullptr;
  return &*it->second;
}

absl::StatusOr<nlohmann::json> AccountJson(const state::InlineState& state,
                                           const AccountId& account) {
  nlohmann::json json = {{kBalance, "0"},
                         {kStorage, StorageJson(state, account)}};
  if (const base::Bytes* value = Entry(state, account, Kind::kBalance)) {
    ASSIGN_OR_RETURN(base::Balance balance, state::DecodeBalance(*value));
    json[kBalance] = base::FormatBalance(balance);
  }
  if (const base::Bytes* value = Entry(state, account, Kind::kNonce)) {
    ASSIGN_OR_RETURN(uint64_t nonce, state::DecodeNonce(*value));
    json[kNonce] = absl::StrCat(nonce);
  }
  if (const base::Bytes* value = Entry(state, account, Kind::kCode)) {
    ASSIGN_OR_RETURN(base::Hash256 hash, state::DecodeCode(*value));
    json[kCode] = hash.ToHex();
  }
  return json;
}

absl::StatusOr<nlohmann::json> AccountsJson(const state::InlineState& state) {
  nlohmann::json accounts = nlohmann::json::object();
  for (const auto& [key, value] : state.entries()) {
    if (!value.has_value()) continue;
    const std::string name = key.account.ToHex();
    if (accounts.contains(name)) continue;
    ASSIGN_OR_RETURN(accounts[name], AccountJson(state, key.account));
  }
  return accounts;
}

}  // namespace

absl::StatusOr<StateFile> StateFile::Read(absl::string_view path,
                                          const AccountId& contract) {
  ASSIGN_OR_RETURN(std::string json, ReadFile(path));
  const Place place(path);
  ASSIGN_OR_RETURN(TextTree tree, place.Located(ParseTextTree(json)));
  const TextTree* accounts = Find(tree, kAccounts);
  const TextTree* modules = Find(tree, kModules);
  if (accounts == nullptr && modules == nullptr) {
    StateFile file(Form::kShort, contract);
    RETURN_IF_ERROR(CheckNames(tree, place, {kBalance, kNonce, kStorage}));
    RETURN_IF_ERROR(ParseAccount(tree, place, contract, &file.state_));
    return file;
  }
  StateFile file(Form::kFull, contract);
  RETURN_IF_ERROR(CheckNames(tree, place, {kAccounts, kModules}));
  if (accounts != nullptr) {
    RETURN_IF_ERROR(
        ParseAccounts(*accounts, place.Member(kAccounts), &file.state_));
  }
  if (modules == nullptr) return file;
  const Place modules_place = place.Member(kModules);
  if (!modules->is_object) return modules_place.Error("an object is expected");
  const std::filesystem::path folder = Absolute(path).parent_path();
  for (const TextTree& value : modules->members) {
    const Place member = modules_place.Member(value.name);
    ASSIGN_OR_RETURN(base::Hash256 hash,
                     member.Located(base::Hash256::FromHex(value.name)));
    ASSIGN_OR_RETURN(std::string module_file, Text(value, member));
    const std::string module_path = (folder / module_file).string();
    ASSIGN_OR_RETURN(std::string bytes, member.Located(ReadFile(module_path)));
    const base::Hash256 actual = file.AddModule(std::move(bytes), module_path);
    if (actual != hash) {
      return member.Error(
          absl::StrCat(module_file, " has the hash ", actual.ToHex()));
    }
  }
  return file;
}

base::Hash256 StateFile::AddModule(base::Bytes bytes, absl::string_view path) {
  const base::Hash256 hash = state_.AddModule(std::move(bytes));
  module_paths_[hash] = Absolute(path).string();
  return hash;
}

absl::Status StateFile::Write(absl::string_view path) const {
  nlohmann::json json;
  if (form_ == Form::kShort) {
    ASSIGN_OR_RETURN(json, AccountJson(state_, contract_));
    json.erase(kCode);
  } else {
    const std::filesystem::path folder = Absolute(path).parent_path();
    ASSIGN_OR_RETURN(json[kAccounts], AccountsJson(state_));
    json[kModules] = nlohmann::json::object();
    for (const auto& [hash, file] : module_paths_) {
      json[kModules][hash.ToHex()] =
          std::filesystem::path(file).lexically_proximate(folder).string();
    }
  }
  // Only a module's path may be other than UTF-8, which JSON can't hold.
  constexpr int kIndent = 2;
  return WriteFile(path, json.dump(kIndent, ' ', /*ensure_ascii=*/false,
                                   nlohmann::json::error_handler_t::replace) +
                             "\n");
}

}  // namespace ashlar::cli
