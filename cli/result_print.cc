#include "cli/result_print.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/int128.h"
#include "engine/host/resources.h"
#include "engine/interp/trap.h"
#include "engine/state/value.h"

namespace ashlar::cli {
namespace {

using engine::OutcomeClass;
using metering::Category;
using state::Kind;

struct CategoryRow {
  Category category;
  const char* name;
};
constexpr CategoryRow kCategories[] = {
    {Category::kCompile, "compile"}, {Category::kInstantiate, "instantiate"},
    {Category::kCompute, "compute"}, {Category::kMemory, "memory"},
    {Category::kHost, "host"},       {Category::kCalls, "calls"},
};
static_assert(std::size(kCategories) == static_cast<size_t>(Category::kCount));

const char* ExactnessName(engine::Exactness exactness) {
  return exactness == engine::Exactness::kProven ? "PROVEN" : "CONDITIONAL";
}

// A balance is text: JSON numbers do not hold 128 bits.
std::string BalanceText(const std::optional<base::Bytes>& value) {
  if (!value) return "0";
  const auto balance = state::DecodeBalance(*value);
  return balance.ok() ? base::FormatBalance(*balance) : base::HexEncode(*value);
}

// Puts one change of another account than the contract into its object.
void AddToAccount(const state::Effect& effect, Json* account) {
  const auto hex = [&]() -> Json {
    if (!effect.value) return nullptr;
    return base::HexEncode(*effect.value);
  };
  switch (effect.key.kind) {
    case Kind::kBalance:
      (*account)["balance"] = BalanceText(effect.value);
      return;
    case Kind::kCode:
      (*account)["code"] = hex();
      return;
    case Kind::kNonce:
      (*account)["nonce"] =
          effect.value ? base::LoadLe<uint64_t>(effect.value->data()) : 0;
      return;
    case Kind::kStorage: {
      const std::string key = base::HexEncode(effect.key.key);
      if (effect.value) {
        (*account)["writes"][key] = hex();
      } else {
        (*account)["deletes"].push_back(key);
      }
      return;
    }
  }
}

std::string EffectText(const state::Effect& effect) {
  if (effect.key.kind == Kind::kBalance) {
    return absl::StrCat("balance = ", BalanceText(effect.value));
  }
  const std::string name = KeyText(effect.key);
  if (!effect.value) return name + " deleted";
  return absl::StrCat(name, " = ", base::HexEncode(*effect.value));
}

std::string OutcomeText(const engine::Outcome& outcome) {
  const absl::string_view name = engine::OutcomeName(outcome.klass);
  switch (outcome.klass) {
    case OutcomeClass::kReturned:
    case OutcomeClass::kReverted:
      return absl::StrCat(name, ", flags ", outcome.flags);
    case OutcomeClass::kTrapped:
      return absl::StrCat(name, ": ", interp::TrapText(outcome.trap));
    case OutcomeClass::kLimitExceeded:
      return absl::StrCat(name, ": ", engine::ResourceName(outcome.limit));
    case OutcomeClass::kModuleRejected:
    case OutcomeClass::kOutOfFuel:
      return std::string(name);
  }
  return std::string(name);
}

}  // namespace

namespace {

// What was read: keys with the hash of what was found (null: absent), names of
// context fields, modules.
void AddReads(const engine::Completed& completed, Json* json) {
  Json reads = Json::array();
  for (const state::ReadRecord& read : completed.reads) {
    reads.push_back({{"account", read.key.account.ToHex()},
                     {"kind", static_cast<int>(read.key.kind)},
                     {"key", base::HexEncode(read.key.key)},
                     {"value_hash", read.present ? Json(read.value_hash.ToHex())
                                                 : Json(nullptr)}});
  }
  Json modules = Json::array();
  for (const engine::ModuleRead& read : completed.modules) {
    modules.push_back({{"hash", read.hash.ToHex()}, {"present", read.present}});
  }
  (*json)["reads"] = std::move(reads);
  (*json)["context_reads"] = completed.context_reads;
  (*json)["module_reads"] = std::move(modules);
}

}  // namespace

Json CallJson(const engine::Completed& completed,
              const state::AccountId& contract) {
  const engine::Outcome& outcome = completed.outcome;
  Json writes = Json::object();
  Json deletes = Json::array();
  Json accounts = Json::object();
  Json own = Json::object();
  for (const state::Effect& effect : completed.effects) {
    if (effect.key.account != contract) {
      AddToAccount(effect, &accounts[effect.key.account.ToHex()]);
    } else if (effect.key.kind == Kind::kStorage) {
      const std::string key = base::HexEncode(effect.key.key);
      if (effect.value) {
        writes[key] = base::HexEncode(*effect.value);
      } else {
        deletes.push_back(key);
      }
    } else {
      AddToAccount(effect, &own);
    }
  }
  for (const state::AccountId& account : completed.removed_accounts) {
    (account == contract ? own : accounts[account.ToHex()])["removed"] = true;
  }
  Json events = Json::array();
  for (const state::Event& event : completed.events) {
    events.push_back({{"account", event.account.ToHex()},
                      {"topics", base::HexEncode(event.topics)},
                      {"data", base::HexEncode(event.data)}});
  }
  const engine::Fuel& fuel = completed.fuel;
  const engine::Digests& digests = completed.digests;
  Json json;
  json["outcome"] = std::string(engine::OutcomeName(outcome.klass));
  json["trap"] = nullptr;
  if (outcome.klass == OutcomeClass::kTrapped) {
    json["trap"] = std::string(interp::TrapName(outcome.trap));
  }
  json["flags"] = outcome.flags;
  json["data"] = base::HexEncode(outcome.data);
  json["fuel"] = {{"limit", fuel.limit},
                  {"used", fuel.used},
                  {"minimum", fuel.minimum},
                  {"exactness", ExactnessName(fuel.exactness)},
                  {"by", FuelJson(fuel.by)}};
  json["writes"] = std::move(writes);
  json["deletes"] = std::move(deletes);
  json["accounts"] = std::move(accounts);
  json["events"] = std::move(events);
  json["digests"] = {{"request", digests.request.ToHex()},
                     {"reads", digests.reads.ToHex()},
                     {"effects", digests.effects.ToHex()},
                     {"receipt", digests.receipt.ToHex()}};
  json["own"] = std::move(own);
  json["limit"] = nullptr;
  if (outcome.klass == OutcomeClass::kLimitExceeded) {
    json["limit"] = std::string(engine::ResourceName(outcome.limit));
  }
  json["violations"] = ViolationsJson(outcome.violations);
  AddReads(completed, &json);
  Json used = Json::object();
  for (const engine::Resource resource : host::BoundedResources()) {
    used[std::string(engine::ResourceName(resource))] =
        host::AmountOf(completed.resources, resource);
  }
  json["resources"] = std::move(used);
  return json;
}

std::string CallText(const engine::Completed& completed,
                     const state::AccountId& contract) {
  const engine::Fuel& fuel = completed.fuel;
  std::string text =
      absl::StrCat("outcome     ", OutcomeText(completed.outcome), "\n");
  if (!completed.outcome.data.empty()) {
    absl::StrAppend(&text, "data        ",
                    base::HexEncode(completed.outcome.data), "\n");
  }
  absl::StrAppend(&text, "fuel        ", fuel.used, " of ", fuel.limit,
                  "; minimum ", fuel.minimum, " (",
                  ExactnessName(fuel.exactness), ")\n            ",
                  FuelText(fuel.by), "\n");
  for (const state::Effect& effect : completed.effects) {
    const std::string account = effect.key.account.ToHex();
    absl::StrAppend(&text, "effect      ",
                    effect.key.account == contract
                        ? ""
                        : absl::StrCat(account.substr(0, 8), "... "),
                    EffectText(effect), "\n");
  }
  for (const state::AccountId& account : completed.removed_accounts) {
    absl::StrAppend(&text, "removed     ", account.ToHex(), "\n");
  }
  for (const state::Event& event : completed.events) {
    absl::StrAppend(&text, "event       of ", event.account.ToHex(),
                    "\n            topics ", base::HexEncode(event.topics),
                    "\n            data   ", base::HexEncode(event.data), "\n");
  }
  absl::StrAppend(&text, "receipt     ", completed.digests.receipt.ToHex(),
                  "\n");
  return text;
}

absl::string_view CategoryName(Category category) {
  for (const CategoryRow& row : kCategories) {
    if (row.category == category) return row.name;
  }
  return "";
}

std::string KeyText(const state::Key& key) {
  switch (key.kind) {
    case Kind::kBalance:
      return "balance";
    case Kind::kCode:
      return "code";
    case Kind::kNonce:
      return "nonce";
    case Kind::kStorage:
      return absl::StrCat("storage ", base::HexEncode(key.key));
  }
  return "";
}

Json FuelJson(const metering::FuelByCategory& by) {
  Json json = Json::object();
  for (const CategoryRow& row : kCategories) json[row.name] = by[row.category];
  return json;
}

std::string FuelText(const metering::FuelByCategory& by) {
  std::string text;
  for (const CategoryRow& row : kCategories) {
    if (by[row.category] == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", row.name, " ",
                    by[row.category]);
  }
  return text;
}

std::string OneLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json ViolationsJson(const std::vector<wasm::Violation>& violations) {
  Json list = Json::array();
  for (const wasm::Violation& violation : violations) {
    list.push_back({{"code", std::string(wasm::CodeName(violation.code))},
                    {"message", violation.message},
                    {"offset", violation.offset}});
  }
  return list;
}

std::string ViolationsText(const std::vector<wasm::Violation>& violations) {
  std::string text;
  for (const wasm::Violation& violation : violations) {
    absl::StrAppend(&text, "  ", wasm::CodeName(violation.code), " at byte ",
                    violation.offset, ": ", violation.message, "\n");
  }
  return text;
}

std::string NeedsStateText(const engine::NeedsState& needs) {
  std::string text = "the call needs state that the request does not hold:\n";
  for (const state::Key& key : needs.keys) {
    absl::StrAppend(&text, "  account ", key.account.ToHex(), " kind ",
                    static_cast<int>(key.kind), " key ",
                    base::HexEncode(key.key), "\n");
  }
  for (const base::Hash256& hash : needs.modules) {
    absl::StrAppend(&text, "  module ", hash.ToHex(), "\n");
  }
  return text;
}

}  // namespace ashlar::cli
