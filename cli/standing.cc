#include "cli/standing.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/mark.h"
#include "engine/outcome.h"

namespace ashlar::cli {
namespace {

using engine::OutcomeClass;

// Zeros where the field is no hash.
base::Hash256 HashIn(const Json& json, const char* name) {
  const auto it = json.find(name);
  if (it == json.end() || !it->is_string()) return {};
  return base::Hash256::FromHex(it->get<std::string>())
      .value_or(base::Hash256{});
}

std::optional<OutcomeClass> ClassNamed(absl::string_view name) {
  for (uint8_t i = 1; i <= static_cast<uint8_t>(OutcomeClass::kModuleRejected);
       ++i) {
    const auto klass = static_cast<OutcomeClass>(i);
    if (engine::OutcomeName(klass) == name) return klass;
  }
  return std::nullopt;
}

engine::Mark MarkIn(const Json& json, uint64_t fuel) {
  engine::Mark mark;
  mark.fuel = fuel;
  mark.state = HashIn(json, "state");
  mark.account = HashIn(json, "account");
  if (!json["function"].is_number_unsigned()) return mark;
  engine::BacktraceFrame& frame = mark.backtrace.emplace_back();
  frame.account = mark.account;
  frame.function = json["function"].get<uint32_t>();
  if (json["offset"].is_number_unsigned()) {
    frame.offset = json["offset"].get<uint32_t>();
  }
  if (json["name"].is_string()) frame.name = json["name"].get<std::string>();
  return mark;
}

}  // namespace

std::string StandingText(const replay::Standing& standing) {
  if (standing.mark.has_value()) {
    const engine::Mark& mark = *standing.mark;
    std::string place = "before its first instruction";
    if (!mark.backtrace.empty()) {
      const engine::BacktraceFrame& frame = mark.backtrace.front();
      place = absl::StrCat("function ", frame.function,
                           frame.name.empty() ? "" : " " + frame.name,
                           ", byte ", frame.offset);
    }
    return absl::StrCat(place, " of ", mark.account.ToHex().substr(0, 8),
                        "..., fuel ", mark.fuel);
  }
  if (!standing.completed.has_value()) return "needs what was not recorded";
  return absl::StrCat(engine::OutcomeName(standing.completed->outcome.klass),
                      ", fuel ", standing.completed->fuel.used);
}

Json StandingJson(const replay::Standing& standing) {
  Json json = {{"outcome", nullptr},  {"fuel", nullptr},   {"account", nullptr},
               {"function", nullptr}, {"name", nullptr},   {"offset", nullptr},
               {"state", nullptr},    {"effects", nullptr}};
  if (standing.completed.has_value()) {
    const engine::Completed& completed = *standing.completed;
    json["outcome"] = std::string(engine::OutcomeName(completed.outcome.klass));
    json["fuel"] = completed.fuel.used;
    json["effects"] = completed.digests.effects.ToHex();
  }
  if (!standing.mark.has_value()) return json;
  json["fuel"] = standing.mark->fuel;
  json["account"] = standing.mark->account.ToHex();
  json["state"] = standing.mark->state.ToHex();
  if (standing.mark->backtrace.empty()) return json;
  json["function"] = standing.mark->backtrace.front().function;
  json["name"] = standing.mark->backtrace.front().name;
  json["offset"] = standing.mark->backtrace.front().offset;
  return json;
}

absl::StatusOr<replay::Standing> ParseStanding(absl::string_view text) {
  const absl::Status wrong =
      absl::InvalidArgumentError("it does not say where the record stands");
  Json json = Json::parse(text.begin(), text.end(), /*cb=*/nullptr,
                          /*allow_exceptions=*/false);
  if (!json.is_object()) return wrong;
  for (const char* name : {"outcome", "fuel", "account", "function", "name",
                           "offset", "state", "effects"}) {
    if (!json.contains(name)) return wrong;
  }
  replay::Standing standing;
  // It went beyond what was recorded.
  if (json["fuel"].is_null()) return standing;
  if (!json["fuel"].is_number_unsigned()) return wrong;
  const uint64_t fuel = json["fuel"].get<uint64_t>();
  if (json["state"].is_string()) {
    standing.mark = MarkIn(json, fuel);
    return standing;
  }
  if (!json["outcome"].is_string()) return wrong;
  const auto klass = ClassNamed(json["outcome"].get<std::string>());
  if (!klass.has_value()) return wrong;
  engine::Completed& completed = standing.completed.emplace();
  completed.outcome.klass = *klass;
  completed.fuel.used = fuel;
  completed.digests.effects = HashIn(json, "effects");
  return standing;
}

}  // namespace ashlar::cli
